"""Polygons: outlines of objects, which warps bend, canvases cut and cut-outs leave less of.

A polygon travels with more vertices than it came in with, cut at the edge of every canvas on its way, and beside it an
outline that was never cut. Only at the end is it brought back to the number of vertices that its entry has room for.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.outlines import BENT
from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.struct import static
from jaxaug.core.annotation import Annotation, Placement
from jaxaug.core.kinds import annotation
from jaxaug.core.settings import hashable_fields
from jaxaug.core.types import Scalar
from jaxaug.geometry.maps import Matrix, Structure
from jaxaug.geometry.matrices import inverse3, vector
from jaxaug.geometry.torn_maps import Tiles, Torn
from jaxaug.geometry.warp import Warp
from jaxaug.kernels.dtype import round_to

#: Vertices that a polygon may have on its way beyond those of its entry.
SPARE = 16
#: A polygon has no area if it is less than this share of the square around it, which float32 cannot tell from none.
FLAT = 1e-6
#: Relative to a limit, how far below it a polygon may be, for what float32 rounds.
SLACK = 1e-5
#: How near to the horizon of a projective warp an outline goes; the picture's own corner is about 1 away from it.
HORIZON = 1e-3


@dataclasses.dataclass(frozen=True)
class PolygonParams:
    """What becomes of polygons that leave the picture, and which are kept.

    Args:
        clip: polygons are cut at the edge of every canvas on the way. Otherwise vertices that leave the picture stay
            where they are, and a polygon is gone when no part of it lies inside.
        min_area: polygons with less visible area, in square pixels, are filtered at the end.
        min_visibility: polygons of which a smaller fraction is visible are filtered at the end. It compares with the
            area that they came in with, carried on as if nothing had been cut.
        label_fields: names of entries beside the polygons that `compact` shortens with them; a dict gives them per
            polygon set.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.Crop(2, 0, 6, 4)], target_params={"polygons": {"clip": False}})
        >>> triangle = jnp.array([[[0.0, 0.0], [6.0, 0.0], [6.0, 3.0]]])
        >>> augment(jax.random.key(0), image=jnp.zeros((4, 8)), polygons=triangle)["polygons"].tolist()
        [[[-2.0, 0.0], [4.0, 0.0], [4.0, 3.0]]]
    """

    clip: bool = True
    min_area: float = 0.0
    min_visibility: float = 0.0
    label_fields: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))


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
        outside = (self.x < 0) | (self.x > width) | (self.y < 0) | (self.y > height)
        sides = vector(1, 0, 0, -1, 0, width, 0, 1, 0, 0, -1, height).reshape(4, 3)

        def cut(given: tuple[Rings, Array]) -> Rings:
            rings = cut_rings(*given)
            # Sides are met exactly, so that what only touches them has no area.
            return struct.replace(rings, x=jnp.clip(rings.x, 0.0, width), y=jnp.clip(rings.y, 0.0, height))

        return branch((outside & self.used).any(), cut, lambda given: given[0], (self, sides))


@annotation("polygons")
@struct.struct
class Polygons(Annotation):
    """A set of N polygons under way.

    An entry is (N, K, 2): x and y of K vertices each, in pixels and edge coordinates, as the corners of boxes. Polygons
    are closed, may be concave, and should not cross themselves. K is a capacity: a polygon of fewer vertices repeats
    its last one. Where cutting or bending makes more, those are dropped that change the shape least.

    Args:
        seen: what is left of each.
        full: each as if nothing had ever been cut off.
        visible_fraction: (N,) share of the area that no cut-out has taken.
        valid: (N,) rows that are in use.
        capacity: vertices that the entry has room for.
        label: its place in the sample, for messages.
        params: their limits.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.Crop(2, 0, 6, 4)])
        >>> triangle = jnp.array([[[0.0, 0.0], [6.0, 0.0], [6.0, 3.0], [6.0, 3.0]]])
        >>> augment(jax.random.key(0), image=jnp.zeros((4, 8)), polygons=triangle)["polygons"].tolist()
        [[[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 1.0]]]
    """

    params_type = PolygonParams

    seen: Rings
    full: Rings
    visible_fraction: Array
    valid: Array
    capacity: int = static()
    label: str = static()
    params: PolygonParams = static()

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.ndim != 3 or value.shape[1] < 3 or value.shape[2] != 2:
            raise ValueError(
                f"{label!r} has shape {value.shape}; polygons must have shape (N, K, 2) with K of at least 3: x and y "
                "of K vertices, of which the last may be repeated; and (0, K, 2) if there are none."
            )

    @classmethod
    def rows_shape(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[:1]

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Polygons:
        capacity, zoom = rows.shape[1], at.zoom
        vertices = rows.astype(jnp.float32)
        full = Rings.through(vertices[..., 0] * zoom[0], vertices[..., 1] * zoom[1])
        # Comparing with what is no number is false as well.
        good = jnp.isfinite(vertices).all(axis=(1, 2)) & full.exists
        x, y = (jnp.where(good[:, None], c, 0.0) for c in (full.x, full.y))
        full = Rings(x, y, jnp.where(good, full.count, 0)).widened(capacity + SPARE)
        seen = full.clipped(at.reference.size)
        return cls(seen, full, jnp.ones(good.shape), valid & good, capacity, at.label, at.params)

    def warp(self, warp: Warp) -> Polygons:
        if isinstance(warp.map, Tiles):
            raise ValueError(
                f"{warp.name} cannot move {self.label!r}: it tears pictures into tiles, and a polygon is one outline. "
                "Take one of the two out, or rename the entry to pass it through."
            )
        if isinstance(warp.map, Torn):
            # What scatters pixels moves nothing on average.
            return self
        # One call for both, because the inverse of a bent map is a long program.
        both = jax.tree.map(lambda *parts: jnp.concatenate(parts), self.seen, self.full)
        both = self._straight(both, warp) if isinstance(warp.map, Matrix) else self._bent(both, warp)
        count = self.valid.shape[0]
        seen, full = (jax.tree.map(lambda c, part=part: c[part], both) for part in np.s_[:count, count:])
        return struct.replace(self, seen=seen if warp.is_onto else seen.clipped(warp.canvas_out.size), full=full)

    def erase(self, region: Array, how: str) -> Polygons:
        if how == "keep":
            return self
        return struct.replace(self, visible_fraction=self.visible_fraction * share_left(self.seen, ~region))

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        params, zoom = self.params, at.zoom
        rings = reduce_rings(self.seen if params.clip else self.full, self.capacity)
        x, y = rings.x / zoom[0], rings.y / zoom[1]
        if params.clip:
            height, width = at.own.size
            x, y = jnp.clip(x, 0.0, width), jnp.clip(y, 0.0, height)
        some = self.seen.exists
        rows = jnp.where(some[:, None, None], round_to(jnp.stack([x, y], axis=-1), like.dtype), 0).astype(like.dtype)
        area, whole = self.seen.area * self.visible_fraction, self.full.area
        keep = (area > 0) & (area >= params.min_area * (1 - SLACK))
        keep &= area >= params.min_visibility * whole * (1 - SLACK)
        # Rounding to whole pixels may leave nothing.
        keep &= Rings.through(*jnp.moveaxis(rows.astype(jnp.float32), -1, 0)).exists
        return rows, self.valid & some & keep

    def _straight(self, rings: Rings, warp: Warp) -> Rings:
        """Rings after a matrix warp, which keeps lines straight."""
        if warp.structure & Structure.PROJECTIVE:
            horizon = inverse3(warp.map.m)[2]
            near = (horizon[0] * rings.x + horizon[1] * rings.y + horizon[2] < HORIZON).any()
            plane = horizon[None] - vector(0, 0, HORIZON)
            rings = branch(near, lambda given: cut_rings(*given), lambda given: given[0], (rings, plane))
        x, y, _ = warp.push(rings.x, rings.y)
        return struct.replace(rings, x=x, y=y)

    def _bent(self, rings: Rings, warp: Warp) -> Rings:
        """Rings after a warp that bends lines; vertices without an image are dropped."""
        least = self.capacity + SPARE
        dense = subdivide_rings(reduce_rings(rings, least), least + BENT)
        x, y, ok = warp.push(dense.x, dense.y)
        new = packed(x, y, ok & dense.used, least + BENT)
        if warp.active is True:
            return new
        return jax.tree.map(functools.partial(jnp.where, warp.active), new, rings.widened(least + BENT))

    @classmethod
    def check(cls, rows: np.ndarray, at: Placement) -> None:
        height, width = (float(n) for n in at.own.measured())
        for i, row in enumerate(np.asarray(rows, np.float64)):
            where = f"{at.label!r} row {i}"
            bad = ~np.isfinite(row).all(axis=1)
            if bad.any():
                raise ValueError(f"{where} has the vertex {row[bad][0].tolist()}: polygons must be finite.")
            if not row.any():
                # A row of zeros is one that is gone.
                continue
            x, y = (row - row[0]).T
            side = np.ptp(row, axis=0).max()
            if abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2 <= FLAT * side * side:
                raise ValueError(f"{where} starts with {row[:3].tolist()}: it has no area. Drop it.")
            low, high = row.min(axis=0), row.max(axis=0)
            if at.params.clip:
                slack = 1e-3
                out = ((row < -slack) | (row > [width + slack, height + slack])).any(axis=1)
                if out.any():
                    raise ValueError(
                        f"{where} has the vertex {row[out][0].tolist()}: it reaches outside its picture of "
                        f"{height:g} x {width:g}. Cut it, or pass target_params={{'polygons': {{'clip': False}}}}."
                    )
            elif (high <= 0).any() or (low >= [width, height]).any():
                raise ValueError(f"{where} lies outside its picture of {height:g} x {width:g}. Drop it.")


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
