"""The contract of a kind of annotation: targets that are no pictures, such as boxes, points and cameras."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core.canvas import Canvas, pixel_ratio
from jaxaug.kernels.dtype import round_to

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a set of rows stands in its sample.

    Args:
        label: the entry's place in the sample, for messages.
        params: what the pipeline says about this kind, such as `BboxParams`; None if nothing.
        own: the canvas of the picture whose pixels the rows count.
        reference: the canvas of the reference picture, in whose pixels the rows are moved.
        batched: the rows are those of a batch, whose axis comes first; only for looking at them on the host.
    """

    label: str
    params: Any
    own: Canvas
    reference: Canvas
    batched: bool = False

    def size_of_rows(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Height and width of the picture of each of the rows of a shape, on the host."""
        sizes = np.asarray(self.own.measured(), np.float64)
        sizes = sizes.reshape(*sizes.shape[:-1], *(1,) * (len(shape) + 1 - sizes.ndim), 2)
        height, width = np.moveaxis(np.broadcast_to(sizes, (*shape, 2)), -1, 0)
        return height, width

    def row(self, index: tuple[int, ...]) -> str:
        """A row in words, for messages."""
        sample = f" of sample {index[0]}," if self.batched else ""
        place = index[self.batched :]
        return f"{self.label!r}{sample} row {place[0] if len(place) == 1 else place}"

    @property
    def zoom(self) -> Any:
        """(2,) pixels of the reference per pixel of the rows' own picture, along x and y."""
        return pixel_ratio(self.reference, self.own)


class Annotation:
    """A set of rows under way, in edge coordinates of the reference picture.

    A kind is a `struct` in a file of its own, registered by `jaxaug.core.kinds.annotation`. The engine calls `start`,
    then `warp`, `erase`, `show`, `join`, `morph` and `flip_voxels` in the order of the ops, then `finish`. A kind says
    how it follows each by overriding that method, perhaps with one that leaves the rows as they are; what it does not
    override is refused.
    """

    #: Name of the kind.
    kind: ClassVar[str]
    #: What a pipeline says about this kind: the class of its params, whether there is no default, the argument of
    #: `Compose` for it, and the kind whose params count where it has none of its own.
    params_type: ClassVar[Any] = None
    params_needed: ClassVar[bool] = False
    params_argument: ClassVar[str] = "target_params"
    params_kind: ClassVar[str] = ""
    #: Its rows are instances of their own; rows that are not, such as points, follow these in a `valid` entry.
    instances: ClassVar[bool] = True
    #: It has rows, which validity entries tell of.
    has_rows: ClassVar[bool] = True
    #: Axes that an entry has at least.
    rank: ClassVar[int] = 2
    #: Leading columns that say where a row is, all zero in one that is gone; None for all of them.
    place_columns: ClassVar[int | None] = None
    #: An axis that is a capacity: a row that needs less of it repeats its last item.
    capacity_axis: ClassVar[int | None] = None

    valid: Any

    @classmethod
    def check_dtype(cls, label: str, dtype: Any) -> None:
        """Refuses a dtype that the kind cannot have.

        Raises:
            TypeError: the dtype is wrong; the message says what to cast to.
        """

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        """Refuses an array that cannot be of this kind.

        Raises:
            ValueError: its shape is wrong.
        """

    @classmethod
    def no_rows(cls, params: Any) -> tuple[int, ...]:
        """The shape of an entry without rows, for the params of the kind or None."""
        return (0, cls.place_columns or 2)

    @classmethod
    def refuses(cls, op: Any) -> bool:
        """Whether an op, once it is prepared, does what rows of this kind cannot follow, such as bending a camera."""
        return False

    @classmethod
    def rows_shape(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one flag per row of an entry."""
        return shape[:-1]

    @classmethod
    def instance_axis(cls, ndim: int) -> int:
        """Along which axis of an entry its instances lie."""
        return 0

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Any:
        """Rows that enter a pipeline; bad ones become invalid and harmless.

        Args:
            rows: the entry.
            valid: flags of the rows that are in use.
            at: where they stand.
        """
        raise NotImplementedError

    def warp(self, warp: Any) -> Any:
        """The rows after a warp of the reference, a `jaxaug.geometry.warp.Warp`."""
        raise NotImplementedError

    def follow(self, chain: Any) -> Any:
        """The rows after matrix warps of the reference one after another, a `jaxaug.geometry.matrix_chain.MatrixChain`.

        A kind that can takes all of them at once, so that its program does not grow with their number.
        """
        rows = self
        for warp in chain.warps:
            rows = rows.warp(warp)
        return rows

    def erase(self, region: Array, how: str) -> Any:
        """The rows after a cut-out.

        Args:
            region: (height, width) bool, pixels of the reference that are gone.
            how: `cut` (rows shrink to what is left of them), `thin` (they keep their shape and have less to show) or
                `keep` (they stay as they are).
        """
        raise NotImplementedError

    def show(self, edges: Array) -> Any:
        """The rows of a picture of which only a window still shows.

        Args:
            edges: (4,) x_min, y_min, x_max, y_max of the window, in pixels of the reference.
        """
        raise NotImplementedError

    def keep_centred(self, edges: Array, active: Any) -> Any:
        """The rows without boxes whose centres lie outside a window; what is no box stays as it is.

        Args:
            edges: (4,) x_min, y_min, x_max, y_max of the window, in pixels of the reference.
            active: whether any are dropped.
        """
        return self

    def join(self, other: Any, sets: int) -> Any:
        """The rows, and behind them those of another sample of the same layout.

        Args:
            other: the same entry of the other sample.
            sets: how many sets of rows the entry holds, such as one for each frame.
        """
        raise NotImplementedError

    def morph(self, reach: Any, active: Any, size: tuple[Any, Any]) -> Any:
        """The rows after a dilation or erosion.

        Args:
            reach: (4,) how far the sides x_min, y_min, x_max and y_max of a filled rectangle move.
            active: whether they do.
            size: (height, width) of the reference.
        """
        raise NotImplementedError

    def flip_voxels(self, flips: Array, size: tuple[Any, Any, Any]) -> Any:
        """The rows after flips of a volume.

        Args:
            flips: (3,) bool, whether z, y and x are turned round.
            size: (depth, height, width) of the reference.
        """
        raise NotImplementedError

    def mapped(self, fn: Callable[[Array], Array], active: Any, size: tuple[Any, Any]) -> Any:
        """The rows after a function of a user's own, which takes their places in the form that `Lambda` documents.

        Args:
            fn: the function.
            active: whether it is applied.
            size: (height, width) of the reference.
        """
        raise NotImplementedError

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        """The rows as an entry again, of the shape and dtype of the one that came in, and the flags of those left.

        Args:
            like: the entry that came in, whose further columns are carried along.
            at: where they stand now.
        """
        raise NotImplementedError

    @property
    def zeroes_dead(self) -> bool:
        """Whether rows that are gone become zeros where no validity entry tells of them."""
        return True

    def relabelled(self, name: str, labels: Array) -> Array:
        """A label entry beside the rows, where a mirror image is called otherwise."""
        return labels

    @classmethod
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        """Looks at the values of an entry, or of those of a batch at once, on the host.

        Args:
            rows: the entry, perhaps with a batch axis in front.
            used: flags of the rows whose values mean something.
            at: where they stand.

        Raises:
            ValueError: a row that cannot be moved, by target and number.
        """


def rows_like(columns: Array, like: Array) -> Array:
    """New leading columns in the dtype of an entry (..., columns), with its further columns."""
    cast = round_to(columns, like.dtype)
    return jnp.concatenate([cast, like[..., columns.shape[-1] :]], axis=-1)


def concatenated(one: T, other: T, sets: int) -> T:
    """Rows, and others behind them, set by set.

    Args:
        one, other: pytrees of arrays (sets * N, ...) and (sets * M, ...). Where their last axes differ, that is a
            capacity, and the shorter one repeats its last item.
        sets: how many there are of both.
    """

    def both(*sides: Array) -> Array:
        most = max(side.shape[-1] for side in sides)
        parts = []
        for side in sides:
            if side.ndim > 1:
                side = jnp.pad(side, [(0, 0)] * (side.ndim - 1) + [(0, most - side.shape[-1])], mode="edge")
            parts.append(side.reshape(sets, side.shape[0] // sets, *side.shape[1:]))
        joined = jnp.concatenate(parts, axis=1)
        return joined.reshape(sets * joined.shape[1], *joined.shape[2:])

    return jax.tree.map(both, one, other)


def first_row(flags: np.ndarray) -> tuple[int, ...] | None:
    """The index of the first row that a flag is set for, if any is."""
    found = np.argwhere(flags)
    return tuple(int(i) for i in found[0]) if len(found) else None


def rounding(dtype: Any, size: float) -> float:
    """How far off a coordinate up to a size may be by rounding, in pixels."""
    return max(1e-3, 2.0 * float(jnp.finfo(dtype).eps) * size) if jnp.issubdtype(dtype, jnp.floating) else 1e-3
