"""Closed outlines of a static number of vertices: cutting, thinning, subdividing, and what is left under cut-outs."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.core.types import Scalar
from jaxaug.geometry.matrices import vector

#: A polygon has no area if it is less than this share of the square around it, which float32 cannot tell from none.
FLAT = 1e-6


@struct.struct
class Rings:
    """N closed outlines of up to M vertices each.

    Args:
        x, y: (N, M) vertices in order, in pixels; beyond the last one they repeat it.
        count: (N,) how many there are.
    """

    x: Array
    y: Array
    count: Array

    @classmethod
    def through(cls, x: Array, y: Array) -> Rings:
        """Rings through vertices (N, M), of which the last may be repeated."""
        differs = (x != x[:, -1:]) | (y != y[:, -1:])
        return cls(x, y, jnp.where(differs, jnp.arange(x.shape[1], dtype=jnp.int32), -1).max(axis=1) + 2)

    @property
    def used(self) -> Array:
        """(N, M) which vertices there are."""
        return jnp.arange(self.x.shape[1]) < self.count[:, None]

    @property
    def area(self) -> Array:
        """(N,) square pixels, by the shoelace formula."""
        # From the first vertex, because products of large coordinates differ by less than their rounding; and so the
        # zeros behind the last vertex close the ring.
        x, y = self.x - self.x[:, :1], self.y - self.y[:, :1]
        twice = (x * _shifted(y) - _shifted(x) * y).sum(axis=1)
        return jnp.where(self.count > 2, jnp.abs(twice) / 2, 0.0)

    @property
    def exists(self) -> Array:
        """(N,) whether anything is left."""
        side = jnp.maximum(jnp.ptp(self.x, axis=1), jnp.ptp(self.y, axis=1))
        return self.area > FLAT * side * side

    def following(self, c: Array) -> Array:
        """(N, M) the coordinate of the next vertex around, for a coordinate of each."""
        last = jnp.arange(c.shape[1]) == self.count[:, None] - 1
        return jnp.where(last, c[:, :1], _shifted(c))

    def preceding(self, c: Array) -> Array:
        """The same of the vertex before."""
        last = jnp.take_along_axis(c, jnp.maximum(self.count - 1, 0)[:, None], axis=1)
        return jnp.concatenate([last, c[:, :-1]], axis=1)

    def widened(self, size: int) -> Rings:
        """The same rings with room for more vertices."""
        extra = ((0, 0), (0, size - self.x.shape[1]))
        return struct.replace(self, x=jnp.pad(self.x, extra, mode="edge"), y=jnp.pad(self.y, extra, mode="edge"))

    def clipped(self, size: tuple[Scalar, Scalar]) -> Rings:
        """What of the rings lies on a canvas (height, width)."""
        height, width = size
        return self.within((0.0, 0.0, width, height))

    def within(self, edges: Any) -> Rings:
        """What of the rings lies in a window (4,): x_min, y_min, x_max, y_max."""
        left, top, right, bottom = edges
        outside = (self.x < left) | (self.x > right) | (self.y < top) | (self.y > bottom)
        sides = vector(1, 0, -left, -1, 0, right, 0, 1, -top, 0, -1, bottom).reshape(4, 3)

        def cut(given: tuple[Rings, Array]) -> Rings:
            rings = cut_rings(*given)
            # Sides are met exactly, so that what only touches them has no area.
            return struct.replace(rings, x=jnp.clip(rings.x, left, right), y=jnp.clip(rings.y, top, bottom))

        return branch((outside & self.used).any(), cut, lambda given: given[0], (self, sides))


@functools.partial(jax.jit, static_argnames="size")
def packed(x: Array, y: Array, keep: Array, size: int) -> Rings:
    """Rings of some of the points (N, M), in order, with room for a number of them."""
    points = jnp.arange(keep.shape[1], dtype=jnp.int32)
    chosen = jnp.sort(jnp.where(keep, points, points[-1]), axis=1, stable=False)
    return _picked(x, y, chosen[:, :size], keep.sum(axis=1, dtype=jnp.int32))


def _shifted(c: Array) -> Array:
    """(N, M) each column in the place of the one before, and zeros in the last."""
    return jnp.pad(c[:, 1:], ((0, 0), (0, 1)))


def _picked(x: Array, y: Array, chosen: Array, count: Array) -> Rings:
    """Rings of the first few of chosen points, (N, M) numbers of points, the last of them repeated."""
    place = jnp.minimum(jnp.arange(chosen.shape[1]), jnp.maximum(count - 1, 0)[:, None])
    chosen = jnp.take_along_axis(chosen, place, axis=1)
    return Rings(jnp.take_along_axis(x, chosen, axis=1), jnp.take_along_axis(y, chosen, axis=1), count)


@jax.jit
def cut_rings(rings: Rings, planes: Array) -> Rings:
    """What of each ring lies on the near side of every line, with room for as many vertices as before.

    A concave ring that falls into pieces becomes one that holds them all, joined along the lines; its area is theirs.

    Args:
        rings: N of M vertices.
        planes: (P, 3) lines a, b, c; points with a x + b y + c >= 0 stay.

    After Sutherland and Hodgman, "Reentrant polygon clipping", Communications of the ACM 17, 1974.
    """
    # An edge meets a convex region in two points at most, and a vertex beyond it may show one of its corners.
    room = 3 * rings.x.shape[1]

    def cut(rings: Rings, plane: Array) -> tuple[Rings, None]:
        side = plane[0] * rings.x + plane[1] * rings.y + plane[2]
        x, y, other = (rings.following(c) for c in (rings.x, rings.y, side))
        crosses = rings.used & (jnp.minimum(side, other) < 0) & (jnp.maximum(side, other) > 0)
        t = side / jnp.where(crosses, side - other, 1.0)
        each = (rings.x, rings.x + t * (x - rings.x)), (rings.y, rings.y + t * (y - rings.y))
        keep = rings.used & (side >= 0), crosses
        # Each vertex that stays, and behind it the point where its edge crosses the line.
        slots = (side.shape[0], 2 * room)
        return packed(*(jnp.stack(pair, axis=2).reshape(slots) for pair in (*each, keep)), room), None

    return reduce_rings(jax.lax.scan(cut, rings.widened(room), planes)[0], rings.x.shape[1])


@functools.partial(jax.jit, static_argnames="size")
def reduce_rings(rings: Rings, size: int) -> Rings:
    """Rings with room for fewer vertices; where there are more, those go first whose triangles are smallest.

    After Visvalingam and Whyatt, "Line generalisation by repeated elimination of points", The Cartographic Journal 30,
    1993.
    """
    place = jnp.arange(rings.x.shape[1], dtype=jnp.int32)

    def drop(state: tuple[Rings, Array]) -> tuple[Rings, Array]:
        rings, chosen = state
        ax, bx, ay, by = (side(c) - c for c in (rings.x, rings.y) for side in (rings.preceding, rings.following))
        least = jnp.argmin(jnp.where(rings.used, jnp.abs(ax * by - ay * bx), jnp.inf), axis=1)[:, None]
        moves = (rings.count[:, None] > size) & (place >= least)
        x, y, chosen = (jnp.where(moves, _shifted(c), c) for c in (rings.x, rings.y, chosen))
        return Rings(x, y, jnp.where(rings.count > size, rings.count - 1, rings.count)), chosen

    start = jax.lax.stop_gradient(rings), jnp.broadcast_to(place, rings.x.shape)
    few, chosen = jax.lax.while_loop(lambda state: (state[0].count > size).any(), drop, start)
    return _picked(rings.x, rings.y, chosen[:, :size], few.count)


@functools.partial(jax.jit, static_argnames="size")
def subdivide_rings(rings: Rings, size: int) -> Rings:
    """The same rings with so many vertices, those that are new evenly spread along their edges.

    Args:
        rings: of no more vertices than that.
        size: how many each of them gets.
    """
    next_x, next_y = rings.following(rings.x), rings.following(rings.y)
    length = jnp.where(rings.used, (next_x - rings.x) ** 2 + (next_y - rings.y) ** 2, 0.0)
    far = jnp.cumsum(jnp.sqrt(jax.lax.stop_gradient(length)), axis=1)
    share = jnp.floor(far / jnp.maximum(far[:, -1:], 1e-12) * (size - rings.count)[:, None])
    share = jnp.minimum(jax.lax.cummax(share, axis=1), (size - rings.count)[:, None]).astype(jnp.int32)
    place = jnp.arange(rings.x.shape[1])
    first = jnp.where(rings.used, place + jnp.pad(share[:, :-1], ((0, 0), (1, 0))), size)
    vertex = jnp.arange(size)
    edge = jnp.maximum((first[:, None, :] <= vertex[:, None]).sum(axis=2) - 1, 0)
    start, x, y, end_x, end_y = (
        jnp.take_along_axis(c, edge, axis=1) for c in (first, rings.x, rings.y, next_x, next_y)
    )
    end = jnp.take_along_axis(jnp.pad(first, ((0, 0), (0, 1)), constant_values=size), edge + 1, axis=1)
    t = (vertex - start) / jnp.maximum(end - start, 1)
    return Rings(x + t * (end_x - x), y + t * (end_y - y), jnp.where(rings.count > 0, size, 0))


@jax.jit
def share_left(rings: Rings, left: Array) -> Array:
    """(N,) share of the pixels of each ring that is left, of those with their centres in it.

    Args:
        rings: N of them.
        left: (height, width) bool, the pixels that are left.
    """
    height, width = left.shape
    x, y = rings.x[:, :, None], rings.y[:, :, None]
    next_x, next_y = rings.following(rings.x)[:, :, None], rings.following(rings.y)[:, :, None]
    centre = jnp.arange(height) + 0.5
    # +1 where an edge crosses a row of pixel centres downwards, -1 where it does upwards.
    way = ((y <= centre).astype(jnp.int32) - (next_y <= centre)) * rings.used[:, :, None]
    t = (centre - y) / jnp.where(way != 0, next_y - y, 1.0)
    before = jnp.clip(jnp.ceil(x + t * (next_x - x) - 0.5), 0, width).astype(jnp.int32)
    # As by Green's theorem: what lies inside is what lies to the left of the one side but not of the other.
    sums = jnp.pad(jnp.cumsum(left, axis=1, dtype=jnp.int32), ((0, 0), (1, 0)))
    pixels = jnp.abs((way * before).sum(axis=(1, 2)))
    remaining = jnp.abs((way * sums[jnp.arange(height), before]).sum(axis=(1, 2)))
    # A ring between pixel centres lies in the pixels of its vertices.
    ix = jnp.clip(jnp.floor(rings.x).astype(jnp.int32), 0, width - 1)
    iy = jnp.clip(jnp.floor(rings.y).astype(jnp.int32), 0, height - 1)
    return jnp.where(pixels > 0, remaining / jnp.maximum(pixels, 1), left[iy, ix].mean(axis=1))
