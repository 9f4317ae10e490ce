"""The contract of an op: what a transform draws, and all that the engine asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import jax
import jax.numpy as jnp

from jaxaug.backend import struct
from jaxaug.backend.compiler import both
from jaxaug.core.canvas import Canvas
from jaxaug.core.picture import PictureInfo
from jaxaug.core.plan_wording import few, told
from jaxaug.core.types import Scalar, Size

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View

Self = TypeVar("Self", bound="Op")


class Op:
    """A small immutable value that says what to do to a sample: numbers are leaves, everything else is hashable data.

    A subclass is a `struct` with the fields `active` and `name`, of one family. It overrides what its family needs;
    what is written here is the answer of an op that changes pictures and moves nothing. An op that is not active is
    the identity of its family.
    """

    #: Which row of `jaxaug.ops.families` runs it on pictures; neighbours that one function runs are run together.
    family: ClassVar[str]
    #: Kinds of targets that it cannot move, so that a sample that holds one is refused.
    refuses: ClassVar[frozenset[str]] = frozenset()

    active: Any
    name: Any

    def refused(self) -> frozenset[str]:
        """Kinds of targets that this very op cannot move."""
        return self.refuses

    def prepare(self: Self, view: View) -> Self:
        """The op with what depends on the sample resolved, once for all targets: a field, a region, statistics."""
        return self

    def for_picture(self, info: PictureInfo) -> Op | None:
        """The op as it is for one picture, or None if it leaves such pictures alone.

        Fills, levels, numbers of channels, scale and true size are settled here: two pictures of another dtype, number
        of channels or size in one sample each get what is right for them.
        """
        return self if info.kind == "image" else None

    def after(self, info: PictureInfo) -> PictureInfo:
        """What is known of a picture once the op, fitted to it, has been applied."""
        return info

    def canvas_after(self, canvas: Canvas) -> Canvas:
        """Where the reference picture is kept afterwards."""
        return canvas

    def on_annotation(self, rows: Annotation) -> Annotation:
        """A set of rows, in pixels of the reference, afterwards."""
        return rows

    @property
    def moves_annotations(self) -> bool:
        """Whether `on_annotation` does anything."""
        return type(self).on_annotation is not Op.on_annotation

    @property
    def joins_chains(self) -> bool:
        """Whether annotations follow it by a matrix, as part of a `jaxaug.geometry.matrix_chain.MatrixChain`."""
        return False

    @property
    def resizes(self) -> tuple[Size, Size] | None:
        """The sizes before and after of an op that changes them statically, so that it cannot be applied at random."""
        return None

    @property
    def tells_size(self) -> bool:
        """Whether a change of size is told by the extent of a canvas, so that it may be drawn."""
        return False

    def describe(self) -> str:
        """What it does, by its numbers, in a short line for people; it is active, and its numbers are known."""
        return few(list(told(self))) or "on"

    def gate(self: Self, on: Scalar) -> Self:
        """The same op, applied only where `on` holds."""
        return struct.replace(self, active=both(self.active, on))

    def align(self: Self, others: Sequence[Any]) -> list[Any] | None:
        """This op and others in forms that differ only in numbers, so that a choice among them is a choice of numbers.

        Returns:
            The forms, this op's first, or None if there are none.
        """
        return aligned([self, *others])


def joint_name(ops: Sequence[Any]) -> str:
    """The name of a choice among ops."""
    return "|".join(dict.fromkeys(op.name for op in ops))


def aligned(ops: Sequence[Any]) -> list[Any] | None:
    """Ops with one name, if then all have one structure and one shape for each number.

    Flags that are all known to hold stay so; others become arrays.
    """
    name, sure = joint_name(ops), all(op.active is True for op in ops)
    out = [struct.replace(op, active=True if sure else jnp.asarray(op.active), name=name) for op in ops]
    return out if all(same_shapes(op, out[0]) for op in out) else None


def same_shapes(one: Any, other: Any) -> bool:
    """Whether two pytrees differ only in the values of their leaves."""

    def described(tree: Any) -> tuple[Any, list[Any]]:
        leaves, structure = jax.tree.flatten(tree)
        return structure, [(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]

    return described(one) == described(other)


def select(index: Scalar, alike: Sequence[Any]) -> Any:
    """The one of some pytrees of one structure that an index names, as a choice of numbers."""
    return jax.tree.map(
        lambda *leaves: jnp.take(jnp.stack([jnp.asarray(leaf) for leaf in leaves]), index, axis=0, mode="clip"), *alike
    )


def same_fills(ops: Sequence[Any], *fields: str) -> list[Any]:
    """Ops whose fills have one shape: single numbers are repeated where another op has one per channel."""
    out = list(ops)
    for field in fields:
        values = [jnp.asarray(getattr(op, field), jnp.float32).reshape(-1) for op in out]
        length = max(value.size for value in values)
        out = [struct.replace(op, **{field: jnp.broadcast_to(v, (length,))}) for op, v in zip(out, values, strict=True)]
    return out
