"""Pixels that trade places with others nearby: a filter that keeps values and breaks shapes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.random_numbers import uniform_field
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp


@struct.struct
class LocalShuffle(FittedOp):
    """Every pixel, but those near the edge, trades places with one that lies at most some pixels away.

    Args:
        key: raw key data of the distances.
        distance: the largest one along x and y, in pixels; the upper end is left out.
        iterations: how often it is done.
        in_turn: pixels swap one after another, from the last to the first, instead of all at once.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    key: Array
    distance: int = static()
    iterations: int = static(default=1)
    in_turn: bool = static(default=False)
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="LocalShuffle")

    @property
    def apply_uint8(self) -> Change | None:
        return self.apply

    @property
    def exact_uint8(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        places = self._places(image.size)

        def read(part: Array) -> Array:
            return jnp.take(part.reshape(-1, image.step), places, axis=0, mode="clip").reshape(part.shape)

        return FloatImage(tuple(read(materialize(part)) for part in image.parts), image.step)

    def _places(self, size: tuple[int, int]) -> Array:
        """(height * width,) which pixel each one shows at last."""
        height, width = self.canvas_of(size).size
        rows, columns = jnp.arange(size[0])[:, None], jnp.arange(size[1])
        reach = self.distance
        inside = (rows > reach) & (rows <= height - reach) & (columns > reach) & (columns <= width - reach)
        share = uniform_field(self.key, 2 * self.iterations, *size).reshape(self.iterations, 2, *size)
        away = jnp.minimum(jnp.floor(share * (2 * reach)), 2 * reach - 1).astype(jnp.int32) - reach
        away = jnp.where(inside, away[:, 0] * size[1] + away[:, 1], 0).reshape(self.iterations, -1)
        shown = jnp.arange(size[0] * size[1], dtype=jnp.int32)
        for step in away:
            shown = materialize(
                _swapped(shown, step) if self.in_turn else _traded(shown, step, inside.reshape(-1), size)
            )
        return shown

    def describe(self) -> str:
        return f"pixels moved by up to {self.distance} px, {self.iterations} times"


def _traded(shown: Array, away: Array, moves: Array, size: tuple[int, int]) -> Array:
    """Every element shows that so far away, unless another one comes to it from there: of several, the first column's.

    Args:
        shown: (height * width,).
        away: distances of the same shape.
        moves: which elements trade, of the same shape.
        size: (height, width).
    """
    here = jnp.arange(shown.shape[0], dtype=jnp.int32)
    rank = here % size[1] * size[0] + here // size[1]
    never = jnp.int32(shown.shape[0])
    target = jnp.where(moves, here + away, never)
    first = jnp.full_like(here, never).at[target].min(rank, mode="drop")
    comes = first // size[0] + first % size[0] * size[1]
    return jnp.take(shown, jnp.where(first < never, comes, here + away), mode="clip")


def _swapped(shown: Array, away: Array) -> Array:
    """Swaps each element with the one so far away, the last element first."""
    count = shown.shape[0]

    def swap(i: Array, shown: Array) -> Array:
        one = count - 1 - i
        other = one + away[one]
        pair = jnp.stack([shown[other], shown[one]])
        return shown.at[jnp.stack([one, other])].set(pair)

    return jax.lax.fori_loop(0, count, swap, shown)
