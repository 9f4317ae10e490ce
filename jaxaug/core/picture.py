"""What is known of a picture while ops are fitted to it, and how its axes are laid out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core.canvas import Canvas
from jaxaug.kernels.dtype import full_brightness


@dataclasses.dataclass(frozen=True)
class PictureInfo:
    """A picture as it is when an op reaches it, known without looking at its values.

    Args:
        label: the entry's place in the sample, for messages.
        kind: image, mask, depth, flow or normals.
        dtype: of its values.
        channels: of each pixel.
        canvas: where it is kept.
        leading: axes before (height, width), such as frames or slices.
        depth_axis: which of the leading axes is the depth of a volume, if one is.
        on_reference: it lies on the canvas of the reference picture, so that what is drawn for that one fits as it is.
        mask_interpolation: how masks are read, in place of each warp's own setting.
        max_value: full brightness of the image, if it holds floats.
        unit: full brightness of the images in whose units fills are given: of the sample's images of whole numbers,
            if it has any. None are those of each image itself.
        has_channels: it came in with an axis of channels.
        channel_axis: before which of its axes the channels come out, if they do not come last.
    """

    label: str
    kind: str
    dtype: Any
    channels: int
    canvas: Canvas
    leading: tuple[int, ...] = ()
    depth_axis: int | None = None
    on_reference: bool = True
    mask_interpolation: str | None = None
    max_value: float = 1.0
    unit: float | None = None
    has_channels: bool = True
    channel_axis: int | None = None

    @property
    def full_brightness(self) -> float:
        """The value that stands for white: 255 for uint8, 65535 for uint16, `max_value` for floats."""
        return full_brightness(self.dtype, self.max_value)

    def own_units(self, fill: Any) -> Any:
        """A fill in the units of this image: 128 beside an image of bytes is 128 / 255 in one of floats."""
        if self.unit is None or self.unit == self.full_brightness:
            return fill
        return jnp.asarray(fill, jnp.float32) * np.float32(self.full_brightness / self.unit)

    def replace(self, **changes: Any) -> PictureInfo:
        """The same picture with some of this changed."""
        return dataclasses.replace(self, **changes)


def canonical(value: Array, leading: int) -> Array:
    """A picture as (frames, height, width, channels).

    Args:
        value: (..., height, width) or (..., height, width, channels).
        leading: how many axes stand before (height, width).
    """
    height, width = value.shape[leading : leading + 2]
    frames = int(np.prod(value.shape[:leading], dtype=int))
    channels = value.shape[-1] if value.ndim == leading + 3 else 1
    return value.reshape(frames, height, width, channels)


def restored(picture: Array, like: Array, leading: int, channel_axis: int | None = None) -> Array:
    """The inverse of `canonical`, for a picture whose size or channels may have changed since it was `like`.

    Args:
        picture: (frames, height, width, channels).
        like: the picture as it came in.
        leading: how many axes stand before (height, width).
        channel_axis: before which axis the channels come out; None leaves them last, and out where they were none.
    """
    shape = (*like.shape[:leading], *picture.shape[1:3])
    if channel_axis is not None:
        return jnp.moveaxis(picture.reshape(*shape, picture.shape[3]), -1, channel_axis)
    if like.ndim == leading + 3 or picture.shape[3] > 1:
        shape = (*shape, picture.shape[3])
    return picture.reshape(shape)


def over_frames(fn: Callable[[Array], Array], picture: Array) -> Array:
    """A function of (height, width, channels) over all frames of a picture (frames, height, width, channels)."""
    return fn(picture[0])[None] if picture.shape[0] == 1 else jax.vmap(fn)(picture)


def nearest_index(length: int, reference: int, channels: int = 1) -> np.ndarray:
    """(length * channels,) where in the reference the values along a side of a picture of another size lie."""
    place = np.arange(length * channels) // channels
    return np.minimum((place + 0.5) * reference / length, reference - 1).astype(np.int32)


def resize_nearest(grid: Array, size: tuple[int, ...]) -> Array:
    """A grid (height, width) that belongs to the reference, for a picture stored at another size."""
    if grid.shape == tuple(size):
        return grid
    rows, columns = (nearest_index(n, m) for n, m in zip(size, grid.shape, strict=True))
    return grid[rows][:, columns]
