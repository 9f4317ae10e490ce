"""The most frequent value of a neighbourhood: a filter without weights."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.mode import LEVELS, most_frequent
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp


@struct.struct
class Mode(FittedOp):
    """The most frequent of 256 levels in a square around every value, each channel by itself.

    Args:
        index: which of the sizes.
        sizes: sides of squares in pixels, odd.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    index: Scalar
    sizes: tuple[int, ...] = static()
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Mode")

    @property
    def apply_uint8(self) -> Change | None:
        def filtered(image: FloatImage) -> FloatImage:
            return FloatImage((self._found(image.parts[0], image),), image.step)

        return filtered

    @property
    def exact_uint8(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        most = np.float32(LEVELS - 1)

        def one(part: Array) -> Array:
            levels = jnp.round(jnp.clip(part, 0.0, 1.0) * most).astype(jnp.uint8)
            found = self._found(levels, image)
            return jnp.where(found == levels, part, found.astype(jnp.float32) / most)

        return FloatImage(tuple(one(part) for part in image.parts), image.step)

    def _found(self, levels: Array, image: FloatImage) -> Array:
        size = self.canvas_of(image.size).size
        sides = [functools.partial(most_frequent, side=side, step=image.step, size=size) for side in self.sizes]
        return sides[0](levels) if len(sides) == 1 else jax.lax.switch(self.index, sides, levels)

    def describe(self) -> str:
        return f"most frequent level of {self.sizes[int(self.index)]} x {self.sizes[int(self.index)]} px"
