"""The median of a neighbourhood: a filter without weights."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import aligned
from jaxaug.core.types import Scalar
from jaxaug.kernels.median import median
from jaxaug.ops.filter import mirrored
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp


@struct.struct
class Median(FittedOp):
    """The median of a square around every value, each channel by itself.

    Args:
        index: which of the sizes.
        sizes: sides of squares, odd.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    index: Scalar
    sizes: tuple[int, ...] = static()
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Median")

    @property
    def reach(self) -> int:
        """Side of the largest square."""
        return max(self.sizes)

    @property
    def apply_uint8(self) -> Change | None:
        return self.apply

    @property
    def exact_uint8(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        sides = [functools.partial(median, side=side, step=image.step) for side in self.sizes]

        def filtered(part: Array) -> Array:
            return sides[0](part) if len(sides) == 1 else jax.lax.switch(self.index, sides, part)

        parts = (mirrored(filtered, part, image.step, self, "replicate") for part in image.parts)
        return FloatImage(tuple(parts), image.step)

    def describe(self) -> str:
        return f"median of {self.sizes[int(self.index)]} x {self.sizes[int(self.index)]} px"

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        ops = [self, *others]
        if not all(isinstance(op, Median) for op in ops):
            return None
        sizes = tuple(sorted({side for op in ops for side in op.sizes}))
        return aligned([op.among(sizes) for op in ops])

    def among(self, sizes: tuple[int, ...]) -> Median:
        """The same filter as one of more sizes."""
        place = jnp.asarray([sizes.index(side) for side in self.sizes])
        return struct.replace(self, index=place[self.index], sizes=sizes)
