"""Functions of a user's own, one for each kind of target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo, over_frames
from jaxaug.core.types import Scalar

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View


@struct.struct
class Functions(Op):
    """An op of the family: targets as functions make them. What has no function stays as it is.

    Args:
        active: whether it is applied.
        canvas: of the reference, once the op is prepared.
        functions: names of kinds and the function for each, of one picture or of rows.
        name: what drew it.
    """

    family = "functions"

    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    functions: tuple[tuple[str, Importable], ...] = static(default=())
    name: str = static(default="Functions")

    def prepare(self, view: View) -> Functions:
        return struct.replace(self, canvas=view.canvas)

    def for_picture(self, info: PictureInfo) -> Functions | None:
        return self if info.kind in dict(self.functions) else None

    def after(self, info: PictureInfo) -> PictureInfo:
        shape = (*info.canvas.buffer, info.channels)
        made = jax.eval_shape(lambda p: self._called(p, info), jax.ShapeDtypeStruct(shape, info.dtype))
        if made.shape[:2] != info.canvas.buffer:
            raise ValueError(
                f"{self.name}({info.kind}=...) made a picture of {made.shape[0]} x {made.shape[1]} of one of "
                f"{shape[0]} x {shape[1]}: a function keeps the size, because nothing else would follow. Put a Resize, "
                "Crop or Pad into the pipeline instead."
            )
        if self.active is not True and (made.shape, made.dtype) != (shape, info.dtype):
            raise ValueError(
                f"{self.name}({info.kind}=...) turns {np.dtype(info.dtype)} of {info.channels} channels into "
                f"{made.dtype} of {made.shape[2]}, but is applied at random: shapes and dtypes cannot be random. Use "
                f"{self.name}(p=1)."
            )
        return info.replace(dtype=made.dtype, channels=made.shape[2])

    def on_annotation(self, rows: Annotation) -> Annotation:
        fn = dict(self.functions).get(rows.kind)
        if fn is None:
            return rows
        assert self.canvas is not None, "functions are prepared before they are applied"
        return rows.mapped(fn(), self.active, self.canvas.size)

    def describe(self) -> str:
        return ", ".join(f"{kind} by {fn.qualname}" for kind, fn in self.functions)

    def _called(self, picture: Array, info: PictureInfo) -> Array:
        """The function of one picture (height, width, channels), which sees it as the user holds it."""
        flat = info.channels == 1 and not info.has_channels
        made = dict(self.functions)[info.kind]()(picture[..., 0] if flat else picture)
        if not hasattr(made, "ndim") or made.ndim not in (2, 3):
            raise ValueError(
                f"{self.name}({info.kind}=...) must return an array (height, width) or (height, width, channels), got "
                f"{getattr(made, 'shape', type(made).__name__)}."
            )
        return made if made.ndim == 3 else made[..., None]

    def on_picture(self, picture: Array, info: PictureInfo) -> Array:
        """A picture (frames, height, width, channels)."""

        def each(picture: Array) -> Array:
            return over_frames(lambda frame: self._called(frame, info), picture)

        return each(picture) if self.active is True else branch(self.active, each, lambda same: same, picture)


def call_functions(picture: Array, ops: Sequence[Functions], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) through functions one after another."""
    for op in ops:
        picture, info = op.on_picture(picture, info), op.after(info)
    return picture


def functions_of(**given: Any) -> Functions:
    """The op of functions by kind; None stands for none.

    Raises:
        ValueError: one of them cannot be imported by its name.
    """
    named = tuple((kind, Importable.of(fn)) for kind, fn in given.items() if fn is not None)
    return Functions(functions=named)
