"""Outlines under way: polygons of directed segments, cut at the edge of every canvas that they cross.

What is cut off a polygon leaves its segments shorter and adds those stretches of the canvas's sides that lie inside, so
that the smallest box around all segments is that of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.core.types import Scalar
from jaxaug.geometry.maps import Matrix
from jaxaug.geometry.matrix_chain import HalfPlanes, MatrixChain, canvas_sides
from jaxaug.geometry.tile_maps import Tiles
from jaxaug.geometry.warp import Warp

T = TypeVar("T")

#: Beyond any picture: what takes no part in a minimum or maximum.
FAR = 3e8
#: Segments of an outline that a bent map moves, at least.
BENT = 64
#: Lines that approach each other by less than this share of a pixel each pixel are parallel, and then those nearer to
#: each other than the other number of pixels are one, for what float32 rounds.
LEVEL, NEAR = 1e-6, 1e-3


@struct.struct
class Outline:
    """N polygons of M segments each.

    Args:
        points: (..., N, 2, 2, M) x and y of the starts and ends of the segments, in pixels of the reference.
        alive: (..., N, M) segments that are part of the outline.
    """

    points: Array
    alive: Array

    @classmethod
    def around(cls, corners: Array, alive: Array | None = None) -> Outline:
        """Closed polygons through corners (N, 2, M), x and y in order."""
        points = jnp.stack([corners, jnp.roll(corners, -1, axis=2)], axis=2)
        return cls(points, jnp.ones((corners.shape[0], corners.shape[2]), bool) if alive is None else alive)

    @property
    def exists(self) -> Array:
        """(..., N) whether anything is left."""
        return self.alive.any(axis=-1)

    def enclose(self) -> Array:
        """(..., N, 4) smallest boxes around what is left; all zeros where nothing is."""
        alive = self.alive[..., None, None, :]
        low = jnp.where(alive, self.points, FAR).min(axis=(-2, -1))
        high = jnp.where(alive, self.points, -FAR).max(axis=(-2, -1))
        return jnp.where(self.exists[..., None], jnp.concatenate([low, high], axis=-1), 0.0)

    def clipped(self, size: tuple[Scalar, Scalar]) -> Outline:
        """The outlines cut at a canvas: each segment, then the canvas sides that lie inside."""
        return jax.tree.map(lambda c: c[0], self._cut(canvas_sides(size), [0]))

    def within(self, edges: Array) -> Outline:
        """The outlines cut at a window (4,): x_min, y_min, x_max, y_max."""
        corner, (width, height) = edges[:2].reshape(2, 1, 1), edges[2:] - edges[:2]
        cut = struct.replace(self, points=self.points - corner).clipped((height, width))
        return struct.replace(cut, points=cut.points + corner)

    def follow(self, chain: MatrixChain, steps: Sequence[int]) -> Outline:
        """The outlines after some steps of a chain, (K, N, ...) each, in pixels of what each step gives.

        A polygon cut at one canvas after another is what it has in common with all of them, and those are half-planes
        of the chain's input too: so all cuts are made there, and what is left goes straight to where it ends.
        """
        planes, at = chain.half_planes, np.asarray(steps)
        cut = self._cut(planes, steps) if planes else jax.tree.map(lambda c: jnp.stack([c] * len(at)), self)
        m = chain.forward[at][:, None, :, :, None, None]
        x, y = cut.points[:, :, 0], cut.points[:, :, 1]
        moved = jnp.stack([m[:, :, i, 0] * x + m[:, :, i, 1] * y + m[:, :, i, 2] for i in (0, 1)], axis=2)
        if chain.is_projective:
            depth = m[:, :, 2, 0] * x + m[:, :, 2, 1] * y + m[:, :, 2, 2]
            moved /= jnp.where(cut.alive[:, :, None], depth, 1.0)[:, :, None]
        # What has been cut at the sides of a canvas lies on them exactly.
        widths_and_heights = chain.sizes[at, None, ::-1, None, None]
        return Outline(jnp.clip(moved, 0.0, widths_and_heights), cut.alive)

    def _cut(self, planes: HalfPlanes, steps: Sequence[int]) -> Outline:
        """What is left of the outlines after some of the steps that half-planes belong to, (K, N, M + 4 C) segments.

        Each segment is cut by all half-planes at once; then each of their lines is cut by the outline and by all the
        others.
        """
        counts = planes.steps <= np.asarray(steps)[:, None]
        cuts, faces, _ = planes.lines.shape
        lines = planes.lines.reshape(-1, 3)
        start, way = self.points[:, :, 0], self.points[:, :, 1] - self.points[:, :, 0]
        height = _along(start[..., None], lines[:, :2]) + lines[:, 2]
        rise = _along(way[..., None], lines[:, :2])
        flat = jnp.abs(rise) < 1e-9
        t = -height / jnp.where(flat, 1.0, rise)
        first, last, inside = _span(height, rise, flat, t, counts, 0.0)
        first, last = jnp.maximum(first, 0.0), jnp.minimum(last, 1.0)
        alive = self.alive & inside & (first <= last)
        ends = jnp.stack([first, last], axis=2)[:, :, None]
        segments = start[:, :, None] + ends * way[:, :, None]

        def sides(values: Array) -> Array:
            """What belongs to the sides of canvases, of values (..., C * faces)."""
            return values.reshape(*values.shape[:-1], cuts, faces)[..., :4].reshape(*values.shape[:-1], 4 * cuts)

        # Places along each side, from its point next to the origin.
        normal = planes.lines[:, :4, :2].reshape(-1, 2)
        along, foot = jnp.stack([-normal[:, 1], normal[:, 0]], axis=1), -sides(lines[:, 2])[:, None] * normal
        crosses = self.alive[..., None] & sides((height * (height + rise) <= 0) & ~flat)
        place = _along(start[..., None] + sides(t)[:, None] * way[..., None], along)
        low = jnp.where(crosses, place, FAR).min(axis=1)
        high = jnp.where(crosses, place, -FAR).max(axis=1)
        at, slope = (c[:, :1] * lines[:, 0] + c[:, 1:] * lines[:, 1] for c in (foot, along))
        at, level = at + lines[:, 2], jnp.abs(slope) < LEVEL
        first, last, inside = _span(at, slope, level, -at / jnp.where(level, 1.0, slope), counts, -NEAR)
        first, last = jnp.maximum(first[:, None], low), jnp.minimum(last[:, None], high)
        live = crosses.any(axis=1) & (inside & np.repeat(counts, 4, axis=1))[:, None] & (first < last)
        ends = jnp.where(live[:, :, None], jnp.stack([first, last], axis=2), 0.0)[:, :, None]
        new = foot.T[:, None] + ends * along.T[:, None]
        return Outline(jnp.concatenate([segments, new], axis=4), jnp.concatenate([alive, live], axis=2))

    def warp(self, warp: Warp, full: Array) -> tuple[Outline, Array]:
        """The outlines after a warp, and where other points go that belong to them.

        Args:
            warp: of the canvas.
            full: (N, 2, K) x and y of corners of closed polygons that are never cut.
        """
        if isinstance(warp.map, Tiles):
            return self._torn(warp, full)
        line = self
        if not isinstance(warp.map, Matrix):
            parts = -(-BENT // line.alive.shape[1])
            line = line.subdivided(parts)
            full = subdivide(jnp.stack([full, jnp.roll(full, -1, axis=2)], axis=2), parts)[:, :, 0]
        # One call for all, because the inverse of a bent map is a long program.
        count, _, _, m = line.points.shape
        x, y, ok = warp.push(*jnp.moveaxis(jnp.concatenate([line.points.reshape(count, 2, 2 * m), full], axis=2), 1, 0))
        moved = jnp.stack([x, y], axis=1)
        line = Outline(moved[..., : 2 * m].reshape(count, 2, 2, m), line.alive & ok[:, :m] & ok[:, m : 2 * m])
        return (line if warp.is_onto else line.clipped(warp.canvas_out.size)), moved[..., 2 * m :]

    def _torn(self, warp: Warp, full: Array) -> tuple[Outline, Array]:
        """The outlines after tiles have changed places: all pieces together are the new ones, and whole."""
        edges, some = warp.map.torn(self.enclose())
        some &= self.exists[:, None]
        first = jnp.take_along_axis(edges, jnp.argmax(some, axis=1)[:, None, None], axis=1)
        pieces = Outline.around(corners_of(jnp.where(some[..., None], edges, first).reshape(-1, 4))).points
        count, tiles = some.shape
        points = jnp.moveaxis(pieces.reshape(count, tiles, 2, 2, 4), 1, 3).reshape(count, 2, 2, 4 * tiles)
        new = Outline(points, jnp.repeat(some, 4, axis=1))
        if warp.active is True:
            return new, points[:, :, 0]
        stay = jnp.broadcast_to(~warp.active, self.exists.shape)
        return keep_rows(stay, (self, full), (new, points[:, :, 0]))

    def subdivided(self, parts: int) -> Outline:
        """The same outlines in shorter segments, for maps that bend lines."""
        return Outline(subdivide(self.points, parts), jnp.repeat(self.alive, parts, axis=1))


def _along(points: Array, directions: Array) -> Array:
    """Products (N, M, P) of x and y of points (N, 2, M, 1 or P) with directions (P, 2)."""
    return points[:, 0] * directions[:, 0] + points[:, 1] * directions[:, 1]


def _span(at: Array, slope: Array, flat: Array, zero: Array, counts: Any, low: float) -> tuple[Array, ...]:
    """Where functions at + slope * t are above zero, all of those that count.

    Args:
        at, slope: (..., C * faces), one cut after another.
        flat: those with no slope to speak of, which count as above zero where they are above `low` all along.
        zero: where each of the others is zero.
        counts: (K, C) which cuts count.

    Returns:
        (K, ...) the first and the last such t, and whether the flat ones allow any.
    """
    cuts = counts.shape[1]

    def of_cuts(values: Array) -> Array:
        return values.reshape(*values.shape[:-1], cuts, values.shape[-1] // cuts)

    first = of_cuts(jnp.where(~flat & (slope > 0), zero, -FAR)).max(axis=-1)
    last = of_cuts(jnp.where(~flat & (slope < 0), zero, FAR)).min(axis=-1)
    out = of_cuts(flat & (at < low)).any(axis=-1)
    counts = counts.reshape(len(counts), *(1,) * (first.ndim - 1), -1)
    first, last = jnp.where(counts, first, -FAR).max(axis=-1), jnp.where(counts, last, FAR).min(axis=-1)
    return first, last, ~(counts & out).any(axis=-1)


def keep_rows(stay: Array, old: T, new: T) -> T:
    """The new one of two trees of arrays (N,) or (N, ..., M), but the old one in rows (N,) that stay as they were."""

    def chosen(before: Array, after: Array) -> Array:
        if before.ndim == 1:
            return jnp.where(stay, before, after)
        # Repeating the last segment adds nothing to an outline.
        most = max(before.shape[-1], after.shape[-1])
        before, after = (
            jnp.pad(side, [(0, 0)] * (side.ndim - 1) + [(0, most - side.shape[-1])], mode="edge")
            for side in (before, after)
        )
        return jnp.where(stay.reshape(-1, *(1,) * (before.ndim - 1)), before, after)

    return jax.tree.map(chosen, old, new)


def subdivide(points: Array, parts: int) -> Array:
    """Equal parts (N, 2, 2, M * parts) of segments (N, 2, 2, M)."""
    t = np.linspace(0.0, 1.0, parts + 1, dtype=np.float32)
    ends = jnp.stack(
        [points[:, :, 0, :, None] * (1 - s) + points[:, :, 1, :, None] * s for s in (t[:-1], t[1:])], axis=2
    )
    return ends.reshape(*ends.shape[:3], ends.shape[3] * parts)


def corners_of(edges: Array) -> Array:
    """(N, 2, 4) x and y of the corners of boxes (N, 4), in order."""
    return edges[:, np.array([[0, 2, 2, 0], [1, 1, 3, 3]])]


def ellipse_in(edges: Array, points: int = 180) -> Array:
    """(N, 2, points) x and y along the ellipses that touch the sides of boxes (N, 4)."""
    turn = np.arange(points) * (2 * np.pi / points)
    circle = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32)
    low, high = edges[:, :2, None], edges[:, 2:, None]
    return (low + high) / 2 + (high - low) / 2 * circle


def bounds_of(corners: Array) -> Array:
    """(..., N, 4) smallest boxes around x and y of points (..., N, 2, M)."""
    low = corners.min(axis=-1, initial=FAR)
    return jnp.concatenate([low, corners.max(axis=-1, initial=-FAR)], axis=-1)
