"""Zoom blur: the mean of an image at growing sizes about its middle."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import matrix_warp
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp
from jaxaug.sampling.chain import resample


@struct.struct
class ZoomMean(FittedOp):
    """The mean of an image, of the same again, and of it enlarged by 1 + step, 1 + 2 step, ... about its middle.

    Args:
        step: of the factors, above 0.
        count: how many copies there are besides the image itself, the first of them as large as it.
        most: a bound of `count`.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    step: Scalar
    count: Scalar
    most: int = static()
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="ZoomMean")

    def apply(self, image: FloatImage) -> FloatImage:
        return image.like(self._mean(image.image()))

    @property
    def apply_uint8(self) -> Change | None:
        def mean(image: FloatImage) -> FloatImage:
            picture = image.image()
            # Words hold four channels.
            planes = picture if pixel_packing.fits(picture) else picture.astype(jnp.float32)
            return FloatImage((round_to(self._mean(planes), jnp.uint8).reshape(image.parts[0].shape),), image.step)

        return mean

    def _mean(self, picture: Array) -> Array:
        canvas = self.canvas_of((picture.shape[0], picture.shape[1]))

        def enlarged(factor: Array) -> Array:
            down, across = (_window(jnp.asarray(n, jnp.float32), factor) for n in canvas.size)
            rows = [[across[0], 0, across[1]], [0, down[0], down[1]], [0, 0, 1]]
            warp = matrix_warp(
                rows,
                canvas,
                canvas,
                Structure.SCALE,
                interpolation="linear",
                border_mode="replicate",
                reads_inside=True,
            )
            return resample(picture, [warp])

        total = 2 * picture.astype(jnp.float32)
        if self.most == 1:
            return total / 2

        def add(total: Array, place: Array) -> tuple[Array, None]:
            return branch(
                place < self.count, lambda t: t + enlarged(1 + place * self.step).astype(t.dtype), lambda t: t, total
            ), None

        total, _ = jax.lax.scan(add, total, jnp.arange(1, self.most, dtype=jnp.float32))
        return total / (self.count + 1)

    def describe(self) -> str:
        return f"{number(self.count)} copies, up to {number(1 + (self.count - 1) * self.step)} times as large"


def _window(length: Array, factor: Array) -> tuple[Array, Array]:
    """How far apart the pixels of an enlarged picture lie along a side, and where it begins: a window of whole pixels.

    Args:
        length: of the side, in pixels.
        factor: by which it is enlarged.
    """
    pixels = jnp.ceil(length / factor - 1e-3)
    large = jnp.maximum(jnp.floor(pixels * factor + 1e-3), length)
    step = pixels / large
    return step, jnp.floor((length - pixels) / 2) + jnp.floor((large - length) / 2) * step
