"""A picture made small and large again: a filter that reads along rows and columns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import exact_ratio, materialize
from jaxaug.backend.gather import take_columns, take_rows
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp
from jaxaug.sampling.interpolation import kernel_matrix, taps


@struct.struct
class Rescale(FittedOp):
    """An image at a fraction of its size, enlarged to it again.

    Args:
        scale: the fraction, above 0 and at most 1; a side of the small picture has at least one pixel.
        most: a bound of `scale`, which fixes the buffer of the small picture.
        down, up: interpolations; nearest reads the pixel around the centre.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    scale: Scalar
    most: float = static(default=1.0)
    down: str = static(default="nearest")
    up: str = static(default="nearest")
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Rescale")

    @property
    def apply_uint8(self) -> Change | None:
        return self.apply if self.down == self.up == "nearest" else None

    @property
    def exact_uint8(self) -> bool:
        return self.apply_uint8 is not None

    def apply(self, image: FloatImage) -> FloatImage:
        parts = (self._through(part.reshape(*image.size, image.step)) for part in image.parts)
        return FloatImage(tuple(part.reshape(part.shape[0], -1) for part in parts), image.step)

    def _through(self, picture: Array) -> Array:
        canvas = self.canvas_of((picture.shape[0], picture.shape[1]))
        size = canvas.size
        small = [jnp.clip(jnp.round(jnp.asarray(n, jnp.float32) * self.scale), 1, n) for n in size]
        buffer = [min(n, int(np.ceil(n * self.most)) + 1) for n in picture.shape[:2]]
        for axis in (0, 1):
            # OpenCV spreads whole pixels over the picture, and reads all else at the scale as it is before rounding.
            at = pixel_centres(buffer[axis], 1 / self.scale)
            if self.down == "nearest":
                at = nearest_pixels(buffer[axis], size[axis], small[axis])
            picture = materialize(read_axis(picture, axis, at, 1 / self.scale, size[axis], self.down))
        for axis in (1, 0):
            length = canvas.buffer[axis]
            step = exact_ratio(small[axis], size[axis])
            at = (
                pixel_centres(length, step) if self.up != "nearest" else nearest_pixels(length, small[axis], size[axis])
            )
            picture = materialize(read_axis(picture, axis, at, step, small[axis], self.up))
        return picture

    def describe(self) -> str:
        return f"read at {number(self.scale)} of its size"


def pixel_centres(count: int, step: Any) -> Array:
    """Edge coordinates of the centres of pixels that are `step` apart."""
    return (jnp.arange(count, dtype=jnp.float32) + 0.5) * step


def nearest_pixels(count: int, source: Any, target: Any) -> Array:
    """Which pixels of a side lie around the centres of those that share it evenly, in whole numbers.

    Args:
        count: of results; those beyond `target` mean nothing.
        source, target: how many pixels the side has, and how many share it.
    """
    source, target = (jnp.asarray(n).astype(jnp.int32) for n in (source, target))
    return jnp.clip((2 * jnp.arange(count) + 1) * source // (2 * target), 0, source - 1)


def read_axis(picture: Array, axis: int, at: Array, step: Any, extent: Any, method: str) -> Array:
    """A picture (H, W, C) read at coordinates along one axis; its last pixels go on.

    Args:
        picture: floats, or anything where `method` is nearest.
        axis: 0 or 1.
        at: (n,) edge coordinates, or indices where `method` is nearest.
        step: how far apart they are.
        extent: pixels along the axis that count.
        method: nearest, linear, cubic, lanczos or area.
    """

    def take(index: Array) -> Array:
        if axis == 1:
            return take_columns(picture, index)
        flat = picture.reshape(picture.shape[0], -1)
        return take_rows(flat, index).reshape(-1, *picture.shape[1:])

    if method == "nearest":
        return take(materialize(at))
    if method == "area":
        weights = kernel_matrix(at, step, picture.shape[axis], method, (0, extent))
        subscripts = "ij,jkc->ikc" if axis == 0 else "ij,kjc->kic"
        return jnp.einsum(subscripts, weights, picture, precision=jax.lax.Precision.HIGHEST)
    whole = jnp.asarray(extent).astype(jnp.int32)
    shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
    pairs = taps(at, whole, method, "replicate").pairs
    read = [take(index) * weight.reshape(shape) for index, weight in pairs]
    return sum(read[1:], read[0])
