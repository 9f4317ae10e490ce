"""The Morphology family: what is bright or dark grows, in images, masks and boxes alike."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import kinds_without
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo, over_frames
from jaxaug.core.plan_wording import sides
from jaxaug.core.types import Scalar
from jaxaug.kernels.morphology import dilate_or_erode, ellipse, loser

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View


@struct.struct
class Morph(Op):
    """An op of the family: a grey dilation or erosion with an ellipse.

    Args:
        active: whether it is applied.
        canvas: of the reference, once the op is prepared.
        size: (width, height) of the ellipse, anchored at its middle pixel.
        operation: dilation or erosion.
        name: what drew it.
    """

    family = "morphology"

    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    size: tuple[int, int] = static(default=(1, 1))
    operation: str = static(default="dilation")
    name: str = static(default="Morph")

    def refused(self) -> frozenset[str]:
        return kinds_without("morph")

    def prepare(self, view: View) -> Morph:
        return struct.replace(self, canvas=view.canvas)

    def for_picture(self, info: PictureInfo) -> Morph | None:
        # Depth, flow and normals stay: the largest of them is not the nearest.
        return self if info.kind in ("image", "mask") else None

    def on_annotation(self, rows: Annotation) -> Annotation:
        assert self.canvas is not None, "a dilation is prepared before it is applied"
        y, x = (side - n // 2 for side, n in zip(np.nonzero(ellipse(*self.size)), self.size[::-1], strict=True))
        reach = np.array([x.max(), y.max(), x.min(), y.min()], np.float32)
        if self.operation == "erosion":
            reach = reach[[2, 3, 0, 1]]
        return rows.morph(-reach, self.active, self.canvas.size)

    def describe(self) -> str:
        return f"{self.operation} with an ellipse of {sides(self.size[::-1])} px"

    def on_picture(self, picture: Array, canvas: Canvas) -> Array:
        """A picture (height, width, channels), of which only what its canvas fills counts."""
        grows = self.operation == "dilation"

        def change(picture: Array) -> Array:
            seen = canvas.blanked(picture, loser(picture.dtype, grows=grows))
            return dilate_or_erode(seen, self.size, grows=grows)

        return branch(self.active, change, lambda same: same, picture)


def morph(picture: Array, ops: Sequence[Morph], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) after neighbouring dilations and erosions, one after another."""
    for i, op in enumerate(ops):
        change = functools.partial(op.on_picture, canvas=info.canvas)
        picture = over_frames(change, materialize(picture) if i else picture)
    return picture
