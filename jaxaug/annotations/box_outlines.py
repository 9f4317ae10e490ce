"""Outlines under way: polygons of directed segments, cut at the edge of every canvas that they cross.

What is cut off a polygon leaves its segments shorter and adds those stretches of the canvas's sides that lie inside, so
that the smallest box around all segments is that of what is left.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.core.types import Scalar
from jaxaug.geometry.maps import Matrix
from jaxaug.geometry.tile_maps import Tiles
from jaxaug.geometry.warp import Warp

T = TypeVar("T")
#: x and y of points, (N, M) each.
Corners: TypeAlias = tuple[Array, Array]

#: Beyond any picture: what takes no part in a minimum or maximum.
FAR = 3e8
#: Segments of an outline that a bent map moves, at least.
BENT = 64


@struct.struct
class Outline:
    """N polygons of M segments each.

    Args:
        ax, ay, bx, by: (N, M) ends of the segments, in pixels of the reference.
        alive: (N, M) segments that are part of the outline.
    """

    ax: Array
    ay: Array
    bx: Array
    by: Array
    alive: Array

    @classmethod
    def through(cls, x: Array, y: Array, alive: Array | None = None) -> Outline:
        """Closed polygons through corners (N, M), in order."""
        bx, by = jnp.roll(x, -1, axis=1), jnp.roll(y, -1, axis=1)
        return cls(x, y, bx, by, jnp.ones(x.shape, bool) if alive is None else alive)

    @property
    def exists(self) -> Array:
        """(N,) whether anything is left."""
        return self.alive.any(axis=1)

    def enclose(self) -> Array:
        """(N, 4) smallest boxes around what is left; all zeros where nothing is."""
        x = jnp.stack([self.ax, self.bx])
        y = jnp.stack([self.ay, self.by])
        low = jnp.stack([jnp.where(self.alive, c, FAR).min(axis=(0, 2)) for c in (x, y)], axis=1)
        high = jnp.stack([jnp.where(self.alive, c, -FAR).max(axis=(0, 2)) for c in (x, y)], axis=1)
        return jnp.where(self.exists[:, None], jnp.concatenate([low, high], axis=1), 0.0)

    def clipped(self, size: tuple[Scalar, Scalar]) -> Outline:
        """The outlines cut at a canvas: each segment, then the canvas sides that lie inside."""
        height, width = size
        dx, dy = self.bx - self.ax, self.by - self.ay
        t0, t1 = jnp.zeros_like(dx), jnp.ones_like(dx)
        alive = self.alive
        for p, q in ((-dx, self.ax), (dx, width - self.ax), (-dy, self.ay), (dy, height - self.ay)):
            flat = jnp.abs(p) < 1e-9
            t = q / jnp.where(flat, 1.0, p)
            t0 = jnp.where(~flat & (p < 0), jnp.maximum(t0, t), t0)
            t1 = jnp.where(~flat & (p > 0), jnp.minimum(t1, t), t1)
            alive &= ~(flat & (q < 0))
        alive &= t0 <= t1
        ax, ay = self.ax + t0 * dx, self.ay + t0 * dy
        bx, by = self.ax + t1 * dx, self.ay + t1 * dy
        sides = []
        for at, end, a, b, c, d in (
            (0.0, width, self.ay, self.by, self.ax, self.bx),
            (height, width, self.ay, self.by, self.ax, self.bx),
            (0.0, height, self.ax, self.bx, self.ay, self.by),
            (width, height, self.ax, self.bx, self.ay, self.by),
        ):
            span = b - a
            crosses = self.alive & ((a - at) * (b - at) <= 0) & (jnp.abs(span) > 1e-9)
            where = c + (at - a) / jnp.where(jnp.abs(span) > 1e-9, span, 1.0) * (d - c)
            low = jnp.maximum(jnp.where(crosses, where, FAR).min(axis=1), 0.0)
            high = jnp.minimum(jnp.where(crosses, where, -FAR).max(axis=1), end)
            live = crosses.any(axis=1) & (low < high)
            sides.append((jnp.where(live, low, 0.0), jnp.where(live, high, 0.0), jnp.full_like(low, at), live))
        (l0, h0, c0, v0), (l1, h1, c1, v1), (l2, h2, c2, v2), (l3, h3, c3, v3) = sides
        join = lambda old, *new: jnp.concatenate([old, jnp.stack(new, axis=1)], axis=1)  # noqa: E731
        return struct.replace(
            self,
            ax=join(ax, l0, l1, c2, c3),
            ay=join(ay, c0, c1, l2, l3),
            bx=join(bx, h0, h1, c2, c3),
            by=join(by, c0, c1, h2, h3),
            alive=join(alive, v0, v1, v2, v3),
        )

    def warp(self, warp: Warp, full: Corners) -> tuple[Outline, Corners]:
        """The outlines after a warp, and where other points go that belong to them.

        Args:
            warp: of the canvas.
            full: x and y, (N, K) each, corners of closed polygons that are never cut.
        """
        if isinstance(warp.map, Tiles):
            return self._torn(warp, full)
        line, (full_x, full_y) = self, full
        if not isinstance(warp.map, Matrix):
            parts = -(-BENT // line.ax.shape[1])
            line = line.subdivided(parts)
            full_x, full_y = (subdivide(c, jnp.roll(c, -1, axis=1), parts)[0] for c in full)
        # One call for all, because the inverse of a bent map is a long program.
        each = (line.ax, line.bx, full_x), (line.ay, line.by, full_y)
        moved = warp.push(*(jnp.concatenate(part, axis=1) for part in each))
        m = line.ax.shape[1]
        (ax, bx, full_x), (ay, by, full_y), (ok_a, ok_b, _) = (jnp.split(part, (m, 2 * m), axis=1) for part in moved)
        line = Outline(ax, ay, bx, by, line.alive & ok_a & ok_b)
        return (line if warp.is_onto else line.clipped(warp.canvas_out.size)), (full_x, full_y)

    def _torn(self, warp: Warp, full: Corners) -> tuple[Outline, Corners]:
        """The outlines after tiles have changed places: all pieces together are the new ones, and whole."""
        edges, some = warp.map.torn(self.enclose())
        some &= self.exists[:, None]
        first = jnp.take_along_axis(edges, jnp.argmax(some, axis=1)[:, None, None], axis=1)
        each = corners_of(jnp.where(some[..., None], edges, first).reshape(-1, 4))
        rows = (edges.shape[0], 4 * edges.shape[1])
        x, y = (c.reshape(rows) for c in each)
        end_x, end_y = (jnp.roll(c, -1, axis=1).reshape(rows) for c in each)
        new = Outline(x, y, end_x, end_y, jnp.repeat(some, 4, axis=1))
        if warp.active is True:
            return new, (x, y)
        stay = jnp.broadcast_to(~warp.active, self.exists.shape)
        return keep_rows(stay, (self, full), (new, (x, y)))

    def subdivided(self, parts: int) -> Outline:
        """The same outlines in shorter segments, for maps that bend lines."""
        ax, bx = subdivide(self.ax, self.bx, parts)
        ay, by = subdivide(self.ay, self.by, parts)
        return Outline(ax, ay, bx, by, jnp.repeat(self.alive, parts, axis=1))


def keep_rows(stay: Array, old: T, new: T) -> T:
    """The new one of two trees of arrays (N,) or (N, M), but the old one in rows (N,) that stay as they were."""

    def chosen(before: Array, after: Array) -> Array:
        if before.ndim == 1:
            return jnp.where(stay, before, after)
        # Repeating the last segment adds nothing to an outline.
        most = max(before.shape[1], after.shape[1])
        pads = (((0, 0), (0, most - side.shape[1])) for side in (before, after))
        before, after = (jnp.pad(s, p, mode="edge") for s, p in zip((before, after), pads, strict=True))
        return jnp.where(stay[:, None], before, after)

    return jax.tree.map(chosen, old, new)


def subdivide(a: Array, b: Array, parts: int) -> tuple[Array, Array]:
    """The ends of equal parts of segments between coordinates (N, M): two arrays (N, M * parts)."""
    t = jnp.linspace(0.0, 1.0, parts + 1)
    points = a[..., None] * (1 - t) + b[..., None] * t
    flat = (a.shape[0], a.shape[1] * parts)
    return points[..., :-1].reshape(flat), points[..., 1:].reshape(flat)


def corners_of(edges: Array) -> tuple[Array, Array]:
    """X and y, (N, 4) each, of the corners of boxes (N, 4), in order."""
    x0, y0, x1, y1 = (edges[:, i] for i in range(4))
    return jnp.stack([x0, x1, x1, x0], axis=1), jnp.stack([y0, y0, y1, y1], axis=1)


def ellipse_in(edges: Array, points: int = 180) -> tuple[Array, Array]:
    """X and y, (N, points) each, along the ellipses that touch the sides of boxes (N, 4)."""
    turn = jnp.asarray(np.arange(points) * (2 * np.pi / points), jnp.float32)
    cx, cy = (edges[:, 0] + edges[:, 2])[:, None] / 2, (edges[:, 1] + edges[:, 3])[:, None] / 2
    rx, ry = (edges[:, 2] - edges[:, 0])[:, None] / 2, (edges[:, 3] - edges[:, 1])[:, None] / 2
    return cx + rx * jnp.cos(turn), cy + ry * jnp.sin(turn)


def bounds_of(x: Array, y: Array) -> Array:
    """(N, 4) smallest boxes around points (N, M)."""
    low = [c.min(axis=1, initial=FAR) for c in (x, y)]
    return jnp.stack([*low, *(c.max(axis=1, initial=-FAR) for c in (x, y))], axis=1)
