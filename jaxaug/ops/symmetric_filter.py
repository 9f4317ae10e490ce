"""Wide filters whose weights are mirrored left and right, and top and bottom: discs and rings."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.kernels.filters import convolve_symmetric
from jaxaug.ops.filter import mirrored
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp


@struct.struct
class Symmetric(FittedOp):
    """A filter with a symmetric square of weights, whose results are cut to limits.

    Args:
        quarter: (K, K) weights of the pixel itself and of those to its right and below; the others mirror them.
        limits: (2,) between which results are cut.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    quarter: Array
    limits: Array
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Symmetric")

    @property
    def reach(self) -> int:
        """Weights along a side."""
        return 2 * self.quarter.shape[0] - 1

    def apply(self, image: FloatImage) -> FloatImage:
        def filtered(part: Array) -> Array:
            return jnp.clip(convolve_symmetric(part, self.quarter, image.step), self.limits[0], self.limits[1])

        parts = (materialize(mirrored(filtered, part, image.step, self)) for part in image.parts)
        return FloatImage(tuple(parts), image.step)

    def describe(self) -> str:
        return f"weights over {self.reach} x {self.reach} px, {number(self.quarter[0, 0])} in the middle"
