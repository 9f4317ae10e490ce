"""The Filter family: functions of a neighbourhood, with weights that may be drawn."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import aligned
from jaxaug.core.plan_wording import number, numbers
from jaxaug.core.types import Scalar
from jaxaug.kernels.dtype import round_to
from jaxaug.kernels.filters import (
    convolve_interleaved,
    convolve_sparse,
    convolve_sparse_uint8,
    convolve_square,
    convolve_uint8,
)
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp
from jaxaug.sampling.borders import border_index

#: Side of the largest square of weights; what is wider is two passes, or a branch.
WIDEST_SQUARE = 7


@struct.struct
class Separable(FittedOp):
    """A filter with one kernel down the rows and one along the columns, both symmetric and of a sum of at most one.

    Args:
        rows: (K,) weights of at least zero, K odd.
        columns: (K',) weights of at least zero, K' odd.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    rows: Array
    columns: Array
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Separable")

    def apply(self, image: FloatImage) -> FloatImage:
        def filtered(part: Array) -> Array:
            return materialize(convolve_interleaved(part, self.rows, self.columns, image.step))

        return FloatImage(tuple(mirrored(filtered, part, image.step, self) for part in image.parts), image.step)

    @property
    def apply_uint8(self) -> Change | None:
        def filtered(image: FloatImage) -> FloatImage:
            def one(part: Array) -> Array:
                return materialize(convolve_uint8(part, self.rows, self.columns, image.step))

            return FloatImage(tuple(mirrored(one, part, image.step, self) for part in image.parts), image.step)

        return filtered

    def describe(self) -> str:
        widths = [_spread(kernel) for kernel in (self.rows, self.columns)]
        return f"blurred, with a standard deviation of {number(widths[0])} x {number(widths[1])} px"

    @property
    def reach(self) -> int:
        """Weights along the longer kernel."""
        return max(self.rows.shape[0], self.columns.shape[0])

    def square(self, side: int) -> Square:
        """The same filter as a square of weights, whose results are not cut to [0, 1]."""
        weights = _centred(self.rows, side)[:, None] * _centred(self.columns, side)
        return Square(weights, jnp.array([-jnp.inf, jnp.inf]), self.active, name=self.name)

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        filters = [self, *others]
        if all(isinstance(other, Separable) for other in filters):
            rows, columns = (max(getattr(f, n).shape[0] for f in filters) for n in ("rows", "columns"))
            return aligned(
                [struct.replace(f, rows=_centred(f.rows, rows), columns=_centred(f.columns, columns)) for f in filters]
            )
        return _squares(filters)


@struct.struct
class Square(FittedOp):
    """A filter with a square of weights.

    Args:
        weights: (K, K), K odd and at most 7.
        limits: (2,) between which results are cut.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    weights: Array
    limits: Array
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Square")

    def apply(self, image: FloatImage) -> FloatImage:
        def filtered(part: Array) -> Array:
            return jnp.clip(convolve_square(part, self.weights, image.step), self.limits[0], self.limits[1])

        parts = (materialize(mirrored(filtered, part, image.step, self)) for part in image.parts)
        return FloatImage(tuple(parts), image.step)

    @property
    def apply_uint8(self) -> Change | None:
        def filtered(image: FloatImage) -> FloatImage:
            def one(part: Array) -> Array:
                levels = convolve_square(part, self.weights, image.step)
                return round_to(jnp.clip(levels, *(self.limits * np.float32(255))), jnp.uint8)

            return FloatImage(tuple(mirrored(one, part, image.step, self) for part in image.parts), image.step)

        return filtered

    def describe(self) -> str:
        return f"weights {numbers(self.weights)}"

    @property
    def reach(self) -> int:
        """Weights along a side."""
        return self.weights.shape[0]

    def square(self, side: int) -> Square:
        """The same filter with more weights around it, all zero."""
        margin = (side - self.weights.shape[0]) // 2
        return struct.replace(self, weights=jnp.pad(self.weights, margin))

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        return _squares([self, *others])


@struct.struct
class Sparse(FittedOp):
    """A filter with weights at a few drawn places.

    Args:
        places: (N, 2) int32 rows and columns, counted from the pixel that is filtered.
        weights: (N,) of at least zero, with a sum of at most one.
        reach: odd, side of the square in which the places lie.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    places: Array
    weights: Array
    reach: int = static()
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Sparse")

    def apply(self, image: FloatImage) -> FloatImage:
        return self._through(convolve_sparse, image)

    @property
    def apply_uint8(self) -> Change | None:
        return functools.partial(self._through, convolve_sparse_uint8)

    def _through(self, convolve: Callable[..., Array], image: FloatImage) -> FloatImage:
        def filtered(part: Array) -> Array:
            return materialize(convolve(part, self.places, self.weights, self.reach // 2, image.step))

        return FloatImage(tuple(mirrored(filtered, part, image.step, self) for part in image.parts), image.step)

    def describe(self) -> str:
        return f"averaged over {int((np.asarray(self.weights) > 0).sum())} pixels"

    def square(self, side: int) -> Square:
        """The same filter as a square of weights."""
        weights = jnp.zeros((side, side)).at[tuple((self.places + side // 2).T)].add(self.weights)
        return Square(weights, jnp.array([-jnp.inf, jnp.inf]), self.active, name=self.name)

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        filters = [self, *others]
        if not all(isinstance(other, Sparse) for other in filters):
            return _squares(filters)
        count, reach = max(f.weights.shape[0] for f in filters), max(f.reach for f in filters)
        return aligned([f.padded(count, reach) for f in filters])

    def padded(self, count: int, reach: int) -> Sparse:
        """The same filter with more places, which weigh nothing."""
        more = (0, count - self.weights.shape[0])
        return struct.replace(
            self, places=jnp.pad(self.places, (more, (0, 0))), weights=jnp.pad(self.weights, more), reach=reach
        )


def _squares(filters: Sequence[Any]) -> list[Any] | None:
    """Filters as squares of one size, if all fit."""
    if not all(isinstance(f, Separable | Square | Sparse) for f in filters):
        return None
    side = max(f.reach for f in filters)
    return None if side > WIDEST_SQUARE else aligned([f.square(side) for f in filters])


class Reaching(Protocol):
    """A filter that is fitted to a picture."""

    @property
    def canvas(self) -> Canvas | None: ...

    @property
    def reach(self) -> int: ...


def mirrored(
    change: Callable[[Array], Array], part: Array, step: int, op: Reaching, border: str = "reflect_101"
) -> Array:
    """Rows through a filter, which goes on beyond the ends of an array by a border's rule, at those of the picture."""
    canvas, more = op.canvas, op.reach // 2
    if canvas is None or canvas.extent is None or not more:
        return change(part)
    rows, columns = part.shape[0], part.shape[1] // step
    height, width = (v.astype(jnp.int32) for v in canvas.extent)
    down, across = (border_index(jnp.arange(n + more), m, border) for n, m in ((rows, height), (columns, width)))
    part = jnp.take(part, down, axis=0, mode="clip").reshape(rows + more, columns, step)
    part = jnp.take(part, across, axis=1, mode="clip").reshape(rows + more, (columns + more) * step)
    return change(part)[:rows, : columns * step]


def _spread(kernel: Array) -> float:
    """Standard deviation of a symmetric kernel, in pixels."""
    weights = np.asarray(kernel, np.float64)
    place = np.arange(weights.shape[-1]) - weights.shape[-1] // 2
    return float(np.sqrt((weights * place**2).sum() / weights.sum()))


def _centred(kernel: Array, length: int) -> Array:
    return jnp.pad(kernel, (length - kernel.shape[0]) // 2)
