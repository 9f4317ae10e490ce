"""A choice among ops on pixels that do not align: of numbers where their forms allow it, else a branch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op, joint_name, select
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour_matrix import ColourMatrix, mix_channels
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, PixelOp, gated, where_active


@struct.struct
class PixelChoice(PixelOp):
    """One of several ops of different kinds, chosen by an index.

    For each picture it becomes what costs least: a choice of values where all treat every value by itself, a choice of
    matrices where all have one, else a branch of which only the chosen side runs.

    Args:
        index: which of the ops.
        ops: the ops.
        active: whether any is applied.
        name: what drew it.
    """

    family = "choice"

    index: Array
    ops: tuple[Any, ...]
    active: Scalar = static_if_true(default=True)
    name: str = static(default="PixelChoice")

    @classmethod
    def among(cls, index: Scalar, ops: Sequence[Any]) -> PixelChoice:
        """The choice of one of some ops."""
        return cls(jnp.asarray(index), tuple(ops), name=joint_name(ops))

    def prepare(self, view: Any) -> PixelChoice:
        return struct.replace(self, ops=tuple(op.prepare(view) for op in self.ops))

    def for_picture(self, info: PictureInfo) -> Op | None:
        ops = [op.for_picture(info) for op in self.ops]
        if any(op is None for op in ops):
            return None
        fitted = struct.replace(self, ops=tuple(ops))
        fitted.after(info)
        if all(op.by_value for op in fitted.ops):
            return ValueChoice(self.index, fitted.ops, self.active, self.name)
        matrices = [_gated_matrix(op) for op in fitted.ops] if info.channels in (1, 3) else [None]
        if all(matrix is not None for matrix in matrices):
            return MatrixChoice(select(self.index, matrices), self.active, self.name)
        return fitted

    def describe(self) -> str:
        if jnp.ndim(self.index):
            return super().describe()
        chosen = self.ops[int(self.index)]
        off = not isinstance(chosen.active, bool) and not bool(chosen.active)
        return f"{chosen.name}, {'off' if off else chosen.describe()}"

    def after(self, info: PictureInfo) -> PictureInfo:
        found = [_after(op, info) for op in self.ops]
        if len({one.channels for one in found}) > 1:
            raise ValueError(
                f"{self.name}: the options make images of different numbers of channels, "
                f"{[one.channels for one in found]}. Put the transform that changes them behind the choice."
            )
        return either(info, found, self.name)

    @property
    def planes(self) -> bool:
        return any(op.planes for op in self.ops)

    def apply(self, image: FloatImage) -> FloatImage:
        return self.branch([functools.partial(gated, op) for op in self.ops], image)

    def branch(self, branches: Sequence[Callable[[Any], Any]], operand: Any) -> Any:
        """The chosen one of some functions of an operand."""
        return jax.lax.switch(self.index, branches, operand)


@struct.struct
class ValueChoice(PixelOp):
    """A choice among ops that treat every value by itself: all are computed, or one table of the chosen one.

    Args:
        index: which of the ops.
        ops: the ops, fitted to the picture.
        active: whether any is applied.
        name: what drew it.
    """

    family = "choice"

    index: Array
    ops: tuple[Any, ...]
    active: Scalar = static_if_true(default=True)
    name: str = static(default="ValueChoice")

    def after(self, info: PictureInfo) -> PictureInfo:
        return either(info, [_after(op, info) for op in self.ops], self.name)

    @property
    def by_value(self) -> bool:
        return True

    @property
    def uniform(self) -> bool:
        return all(op.uniform for op in self.ops)

    @property
    def dear(self) -> bool:
        return any(op.dear for op in self.ops)

    @property
    def cheap(self) -> bool:
        return not self.dear

    @property
    def exact_uint8(self) -> bool:
        return all(op.exact_uint8 for op in self.ops)

    @property
    def apply_uint8(self) -> Change | None:
        changes = [op.apply_uint8 for op in self.ops]
        if any(change is None for change in changes):
            return None
        return lambda image: self._chosen([change(image) for change in changes], image)

    def apply(self, image: FloatImage) -> FloatImage:
        return self._chosen([op.apply(image) for op in self.ops], image)

    def _chosen(self, after: Sequence[FloatImage], before: FloatImage) -> FloatImage:
        results = [where_active(op, one, before) for op, one in zip(self.ops, after, strict=True)]
        out = results[0]
        for i, result in enumerate(results[1:], 1):
            out = jax.tree.map(lambda a, b, i=i: jnp.where(self.index == i, a, b), result, out)
        return out


@struct.struct
class MatrixChoice(PixelOp):
    """The colour matrix that was chosen.

    Args:
        chosen: its numbers.
        active: whether it is applied.
        name: what drew it.
    """

    family = "choice"

    chosen: ColourMatrix
    active: Scalar = static_if_true(default=True)
    name: str = static(default="MatrixChoice")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        return FloatImage(tuple(mix_channels.traits.kernel(image.parts, *self.chosen)))


def either(before: PictureInfo, after: Sequence[PictureInfo], name: str) -> PictureInfo:
    """A picture that stays as it was or becomes one of several: floats if any of them has made it floats.

    Args:
        before: the picture.
        after: what it may become.
        name: what makes the difference.

    Raises:
        ValueError: it would be one of two dtypes of which not the first counts and the second is of floats.
    """
    by_dtype = {np.dtype(info.dtype): info for info in (before, *after)}
    if len(by_dtype) == 1:
        return after[0]
    if jnp.issubdtype(before.dtype, jnp.integer) and len(by_dtype) == 2:
        floats = by_dtype[list(by_dtype)[1]]
        if jnp.issubdtype(floats.dtype, jnp.floating):
            return floats
    raise ValueError(
        f"{name} leaves {' or '.join(map(str, by_dtype))} at random, and under jit dtypes cannot be random. Use p=1 "
        "for the transform that changes the dtype, and put it behind the choice if it stands in one."
    )


def _after(op: Any, info: PictureInfo) -> PictureInfo:
    after: PictureInfo = op.after(info)
    return after if op.active is True else either(info, [after], op.name)


def _gated_matrix(op: PixelOp) -> ColourMatrix | None:
    """The colour matrix of an op, that of doing nothing where it is not active; None if it has none."""
    matrix = op.matrix()
    if matrix is None or op.active is True:
        return matrix
    same = ColourMatrix(jnp.eye(3), jnp.zeros(3), jnp.array([-jnp.inf, jnp.inf]))
    return select(jnp.asarray(op.active).astype(jnp.int32), [same, matrix])
