"""An image of floats on its way through a pass, laid out for who reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import from_unit, to_unit


@struct.struct
class FloatImage:
    """One image (height, width, channels) of floats, full brightness being 1.

    Loops over the two or three channels of each pixel are slow, so there are none: an image is either one array of rows
    in which channels alternate, or one array per channel.

    Args:
        parts: arrays (height, width * step).
        step: channels in each part.
    """

    parts: tuple[Array, ...]
    step: int = static(default=1)

    @staticmethod
    def read(picture: Array, *, planes: bool, table: Array | None = None, max_value: float = 1.0) -> FloatImage:
        """An image (height, width, channels) of any dtype.

        Args:
            picture: the image.
            planes: one array per channel, else rows.
            table: (256,) floats for the levels of an 8-bit image, in place of level / 255.
            max_value: full brightness, if it holds floats.
        """
        height, width, channels = picture.shape

        def unit(values: Array) -> Array:
            return (
                to_unit(values, max_value) if table is None else jnp.take(table, values.astype(jnp.int32), mode="clip")
            )

        if not planes or channels == 1:
            return FloatImage((unit(picture.reshape(height, width * channels)),), channels)
        if pixel_packing.fits(picture):
            packed = materialize(pixel_packing.pack(picture))
            return FloatImage(tuple(unit(pixel_packing.plane(packed, c)) for c in range(channels)))
        apart = materialize(jnp.moveaxis(picture, -1, 0))
        return FloatImage(tuple(unit(apart[c]) for c in range(channels)))

    @property
    def channels(self) -> int:
        return len(self.parts) * self.step

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.parts[0].shape
        return height, width // self.step

    def image(self) -> Array:
        """Floats (height, width, channels)."""
        if len(self.parts) == 1:
            return self.parts[0].reshape(*self.size, self.step)
        return jnp.stack(materialize(self.parts), axis=-1)

    def write(self, dtype: Any, max_value: float = 1.0) -> Array:
        """The image (height, width, channels) in a dtype; of floats, with this full brightness."""
        if len(self.parts) == 1 or np.dtype(dtype) != np.uint8 or self.channels > pixel_packing.BYTES:
            return from_unit(self.image(), dtype, max_value)
        levels = [part * np.float32(255) for part in self.parts]
        return pixel_packing.unpack(materialize(pixel_packing.join(levels)), self.channels)

    def like(self, image: Array) -> FloatImage:
        """Another image of floats (height, width, channels) in the layout of this one."""
        return FloatImage.read(image, planes=len(self.parts) > 1)

    @staticmethod
    def rows_of(image: Array) -> FloatImage:
        """An image (height, width, channels), also one of 8-bit levels, as rows in which channels alternate."""
        height, width, channels = image.shape
        return FloatImage((image.reshape(height, width * channels),), channels)

    def each(self, fn: Callable[..., Array], **params: Any) -> FloatImage:
        """A function of each value, whose parameters are numbers or hold one number per channel."""
        return FloatImage(tuple(fn(part, **self._spread(params, i)) for i, part in enumerate(self.parts)), self.step)

    def _spread(self, params: dict[str, Any], place: int) -> dict[str, Any]:
        """Parameters for one part: those per channel along the row, or that of the plane."""

        def one(value: Any) -> Any:
            if jnp.size(value) == 1:
                return jnp.reshape(value, ())
            per_channel = jnp.asarray(value)
            if per_channel.shape != (self.channels,):
                raise ValueError(
                    f"A parameter for each channel has shape {per_channel.shape}, but the image has {self.channels} "
                    "channels: give one number, or one for each."
                )
            return per_channel[place] if self.step == 1 else materialize(jnp.tile(per_channel, self.size[1]))

        return {name: one(value) for name, value in params.items()}
