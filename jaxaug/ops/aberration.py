"""Chromatic aberration: a filter that reads the red and the blue of an image through lenses of their own."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.picture import PictureInfo
from jaxaug.core.plan_wording import numbers
from jaxaug.core.types import Reading, Scalar
from jaxaug.geometry.lenses import Radial
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import map_warp
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp
from jaxaug.sampling.chain import resample


@struct.struct
class Aberration(FittedOp):
    """Red and blue read where the lens `r (1 + a r^2 + b r^4)` puts them; r counts sides of the picture.

    Args:
        red, blue: (2,) a and b of each.
        interpolation: how they are read.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    red: Array
    blue: Array
    interpolation: Reading = static(default="linear")
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Aberration")

    def for_picture(self, info: PictureInfo) -> Aberration | None:
        if info.kind != "image":
            return None
        if info.channels != 3:
            raise ValueError(
                f"{self.name} moves red and blue, and needs images of 3 channels; {info.label!r} has {info.channels}."
            )
        return super().for_picture(info)

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        red, green, blue = image.parts
        return FloatImage((self._moved(red, self.red), green, self._moved(blue, self.blue)), image.step)

    @property
    def apply_uint8(self) -> Change | None:
        def moved(image: FloatImage) -> FloatImage:
            apart = materialize(jnp.moveaxis(image.parts[0].reshape(*image.size, 3), -1, 0))
            parts = materialize((self._moved(apart[0], self.red), apart[1], self._moved(apart[2], self.blue)))
            return FloatImage((jnp.stack(parts, axis=-1).reshape(image.parts[0].shape),), 3)

        return moved

    def _moved(self, plane: Array, coefficients: Array) -> Array:
        canvas = self.canvas_of((plane.shape[0], plane.shape[1]))
        height, width = canvas.size
        lens = Radial(vector(width, height) / 2, vector(width, height), coefficients[0], coefficients[1])
        warp = map_warp(lens, canvas, canvas, interpolation=self.interpolation, border_mode="replicate")
        return resample(plane[..., None], [warp])[..., 0]

    def describe(self) -> str:
        return f"red read through a lens of {numbers(self.red)}, blue through one of {numbers(self.blue)}"
