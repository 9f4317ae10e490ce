"""Boxes: formats, and how an outline follows a chain of warps.

A box travels as the polygon it really becomes, cut at the edge of every canvas on its way, and is only enclosed by
an axis-aligned box again when it is asked for. Two turns of 45 degrees therefore give back the box that went in.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.sample import nearest
from jaxaug.geometry.maps import Matrix, Tiles
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp

FORMATS = ("coco", "pascal_voc", "albumentations", "yolo")


@struct.struct
class BboxParams:
    """What boxes look like and which of them are kept.

    Args:
        format: `coco` (x, y, width, height in pixels), `pascal_voc` (x_min, y_min, x_max, y_max in pixels),
            `albumentations` (the same, divided by the picture's size) or `yolo` (centre x, centre y, width, height,
            divided by the picture's size).
        label_fields: names of entries beside the boxes that `compact` shortens with them; a dict gives them per
            box set, `{"bboxes": ["labels"], "bboxes2": ["labels2"]}`.
        min_area: boxes with less visible area, in square pixels, are filtered.
        min_visibility: boxes of which a smaller fraction of the area they came in with is left are filtered.
        min_width: boxes with less visible width, in pixels, are filtered.
        min_height: boxes with less visible height, in pixels, are filtered.
        check_each_transform: filter after every transform, not only at the end.
        clip: boxes that reach over the picture's edge are cut there before anything else, so `check` accepts them.
        filter_invalid_bboxes: boxes without area are dropped at the door, so `check` accepts them.
        max_accept_ratio: boxes longer than this many times their width, or wider than this many times their
            height, are filtered; at least 1.

    Raises:
        ValueError: an unknown format or a ratio below 1.

    Example:
        >>> import jaxaug as ja
        >>> ja.BboxParams(format="coco", min_visibility=0.1).format
        'coco'

    Follows the meaning of Albumentations 2.0.8, except that `min_visibility` compares with the box as it first came
    in rather than with the last step.
    """

    format: str = static()
    label_fields: Any = static(default=None)
    min_area: float = static(default=0.0)
    min_visibility: float = static(default=0.0)
    min_width: float = static(default=0.0)
    min_height: float = static(default=0.0)
    check_each_transform: bool = static(default=True)
    clip: bool = static(default=False)
    filter_invalid_bboxes: bool = static(default=False)
    max_accept_ratio: float | None = static(default=None)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(
                f"BboxParams(format={self.format!r}) is unknown.{nearest(self.format, FORMATS)} "
                f"Expected one of {', '.join(FORMATS)}."
            )
        if self.max_accept_ratio is not None and self.max_accept_ratio < 1:
            raise ValueError(f"BboxParams(max_accept_ratio={self.max_accept_ratio}) must be at least 1.")
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))


def hashable_fields(fields: Any) -> Any:
    """Label fields as tuples: `(("bboxes", ("labels",)),)` from a dict, `("labels",)` from a list."""
    if isinstance(fields, dict):
        return tuple((k, tuple([v] if isinstance(v, str) else v)) for k, v in sorted(fields.items()))
    return None if fields is None else tuple([fields] if isinstance(fields, str) else fields)


def fields_of(fields: Any, name: str, default: str) -> tuple[str, ...]:
    """The label fields of one set of rows; a plain list belongs to the set of the default name."""
    if not fields:
        return ()
    if isinstance(fields[0], tuple):
        return dict(fields).get(name, ())
    return fields if name == default else ()


def to_edges(boxes: Array, form: str, size: tuple[Any, Any]) -> Array:
    """Boxes of a format as x_min, y_min, x_max, y_max in pixels."""
    b = boxes[:, :4].astype(jnp.float32)
    if form in ("albumentations", "yolo"):
        b = b * far_edges(size)
    if form == "coco":
        b = jnp.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], axis=1)
    if form == "yolo":
        b = jnp.concatenate([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], axis=1)
    return b


def from_edges(b: Array, form: str, size: tuple[Any, Any]) -> Array:
    """The inverse of `to_edges`."""
    if form == "coco":
        b = jnp.concatenate([b[:, :2], b[:, 2:] - b[:, :2]], axis=1)
    if form == "yolo":
        b = jnp.concatenate([(b[:, :2] + b[:, 2:]) / 2, b[:, 2:] - b[:, :2]], axis=1)
    if form in ("albumentations", "yolo"):
        b = b / far_edges(size)
    return b


def far_edges(size: tuple[Any, Any]) -> Array:
    """The greatest x and y, twice: where boxes end, and how many pixels make a unit of those divided by the size."""
    return vector(size[1], size[0], size[1], size[0])


@struct.struct
class Boxes:
    """A set of N boxes under way, each a polygon of M directed segments.

    Args:
        ax, ay, bx, by: (N, M) ends of the segments, in pixels of the reference.
        alive: (N, M) segments that still are part of the outline.
        full_x, full_y: (N, M') the outline as if nothing had ever been cut off.
        kept: (N,) share of the enclosed area that no cut-out has taken.
        valid: (N,) rows that have not been filtered.
    """

    ax: Array
    ay: Array
    bx: Array
    by: Array
    alive: Array
    full_x: Array
    full_y: Array
    kept: Array
    valid: Array

    @classmethod
    def start(cls, edges: Array, valid: Array, size: tuple[Any, Any]) -> Boxes:
        """Boxes that enter a pipeline; bad rows become invalid and harmless.

        Args:
            edges: (N, 4) x_min, y_min, x_max, y_max in pixels.
            valid: (N,) rows that are in use.
            size: (height, width) of the picture.
        """
        height, width = size
        good = jnp.isfinite(edges).all(axis=1) & (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        good &= (edges[:, 2] > 0) & (edges[:, 3] > 0) & (edges[:, 0] < width) & (edges[:, 1] < height)
        edges = jnp.where(good[:, None], edges, jnp.array([0.0, 0.0, 1.0, 1.0]))
        limit = far_edges(size)
        full_x, full_y = _corners(edges)
        return cls._outlined(jnp.clip(edges, 0.0, limit), full_x, full_y, jnp.ones(edges.shape[0]), valid & good)

    @classmethod
    def _outlined(cls, edges: Array, full_x: Array, full_y: Array, kept: Array, valid: Array) -> Boxes:
        x, y = _corners(edges)
        bx, by = jnp.roll(x, -1, axis=1), jnp.roll(y, -1, axis=1)
        return cls(x, y, bx, by, jnp.ones(x.shape, bool), full_x, full_y, kept, valid)

    @classmethod
    def around(cls, x: Array, y: Array, size: tuple[Any, Any]) -> Boxes:
        """Outlines that enter a pipeline as polygons, of which something may be in the picture or nothing.

        Args:
            x, y: (N, M) corners, in order.
            size: (height, width) of the canvas.
        """
        bx, by = jnp.roll(x, -1, axis=1), jnp.roll(y, -1, axis=1)
        whole = cls(x, y, bx, by, jnp.ones(x.shape, bool), x, y, jnp.ones(x.shape[0]), jnp.ones(x.shape[0], bool))
        boxes = whole._clipped(size)
        return struct.replace(boxes, valid=boxes.alive.any(axis=1))

    def enclose(self) -> Array:
        """(N, 4) smallest boxes around what is left of the outlines; all zeros where nothing is."""
        x = jnp.stack([self.ax, self.bx])
        y = jnp.stack([self.ay, self.by])
        some = self.alive.any(axis=1)
        far = jnp.float32(3e8)
        low = jnp.stack([jnp.where(self.alive, c, far).min(axis=(0, 2)) for c in (x, y)], axis=1)
        high = jnp.stack([jnp.where(self.alive, c, -far).max(axis=(0, 2)) for c in (x, y)], axis=1)
        return jnp.where(some[:, None], jnp.concatenate([low, high], axis=1), 0.0)

    def warp(self, warp: Warp) -> Boxes:
        """The boxes after a warp."""
        if isinstance(warp.map, Tiles):
            return self._torn(warp)
        boxes = self if warp.outline == "corners" else self._as_ellipses()
        if not isinstance(warp.map, Matrix):
            boxes = boxes._subdivided(-(-64 // boxes.ax.shape[1]))
        # One call for all, because the inverse of a bent map is a long program.
        parts = (boxes.ax, boxes.bx, boxes.full_x), (boxes.ay, boxes.by, boxes.full_y)
        moved = warp.push(*(jnp.concatenate(part, axis=1) for part in parts))
        m = boxes.ax.shape[1]
        (ax, bx, full_x), (ay, by, full_y), (ok_a, ok_b, _) = (jnp.split(part, (m, 2 * m), axis=1) for part in moved)
        boxes = struct.replace(
            boxes, ax=ax, ay=ay, bx=bx, by=by, alive=boxes.alive & ok_a & ok_b, full_x=full_x, full_y=full_y
        )
        if warp.is_onto:
            return boxes
        boxes = boxes._clipped(warp.canvas_out.size)
        return struct.replace(boxes, valid=boxes.valid & boxes.alive.any(axis=1))

    def erase(self, region: Array, *, shrink: bool = True) -> Boxes:
        """The boxes after a cut-out: each shrinks to the pixels of it that are left.

        Args:
            region: (height, width) bool, the pixels that are gone.
            shrink: otherwise each keeps its outline, of which less is left.
        """
        height, width = region.shape
        edges = self.enclose()
        x0, y0 = jnp.floor(edges[:, 0]).astype(jnp.int32), jnp.floor(edges[:, 1]).astype(jnp.int32)
        x1, y1 = jnp.ceil(edges[:, 2]).astype(jnp.int32), jnp.ceil(edges[:, 3]).astype(jnp.int32)
        left = jnp.logical_not(region).astype(jnp.int32)
        along_x = jnp.pad(jnp.cumsum(left, axis=1), ((0, 0), (1, 0)))
        along_y = jnp.pad(jnp.cumsum(left, axis=0), ((1, 0), (0, 0)))
        per_row = jnp.take(along_x, x1, axis=1, mode="clip") - jnp.take(along_x, x0, axis=1, mode="clip")
        per_column = jnp.take(along_y, y1, axis=0, mode="clip") - jnp.take(along_y, y0, axis=0, mode="clip")
        rows = (per_row.T > 0) & _between(height, y0, y1)
        columns = (per_column > 0) & _between(width, x0, x1)
        remaining = jnp.where(_between(height, y0, y1), per_row.T, 0).sum(axis=1)
        shrunk = jnp.stack(
            [
                jnp.maximum(edges[:, 0], _first(columns)),
                jnp.maximum(edges[:, 1], _first(rows)),
                jnp.minimum(edges[:, 2], _last(columns)),
                jnp.minimum(edges[:, 3], _last(rows)),
            ],
            axis=1,
        )
        touched = remaining < (x1 - x0) * (y1 - y0)
        if not shrink:
            share = remaining / jnp.maximum((x1 - x0) * (y1 - y0), 1)
            return struct.replace(self, kept=self.kept * share, valid=self.valid & (remaining > 0))
        pixels = jnp.maximum(_last(columns) - _first(columns), 0) * jnp.maximum(_last(rows) - _first(rows), 0)
        kept = self.kept * jnp.where(touched, remaining / jnp.maximum(pixels, 1), 1.0)
        some = remaining > 0
        new = Boxes._outlined(jnp.where(some[:, None], shrunk, 0.0), self.full_x, self.full_y, kept, self.valid & some)
        # A box that no hole reaches keeps its outline, so that it stays as tight as before.
        return new._unless(self, jnp.logical_not(touched))

    def resized(self, by: Any, active: Any, size: tuple[Any, Any]) -> Boxes:
        """Boxes whose sides move by some pixels.

        Args:
            by: (4,) how far x_min, y_min, x_max and y_max move.
            active: whether they do.
            size: (height, width) of the picture, at whose edge they end.
        """
        limit, edges = far_edges(size), self.enclose()
        # A side at the picture's edge stays there: nothing outside can take from it.
        at_edge = jnp.concatenate([edges[:, :2] <= 0, edges[:, 2:] >= limit[2:]], axis=1)
        edges = jnp.clip(jnp.where(at_edge, edges, edges + by), 0.0, limit)
        low, high = ([f(c) for c in (self.full_x, self.full_y)] for f in (_lowest, _highest))
        full_x, full_y = _corners(jnp.stack([*low, *high], axis=1) + by)
        some = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        new = Boxes._outlined(jnp.where(some[:, None], edges, 0.0), full_x, full_y, self.kept, self.valid & some)
        return new if active is True else new._unless(self, jnp.broadcast_to(~active, some.shape))

    def _torn(self, warp: Warp) -> Boxes:
        """The boxes after a warp that lets tiles change places: all pieces together are the new outline."""
        edges, some = warp.map.torn(self.enclose())
        some &= self.alive.any(axis=1)[:, None]
        first = jnp.take_along_axis(edges, jnp.argmax(some, axis=1)[:, None, None], axis=1)
        each = _corners(jnp.where(some[..., None], edges, first).reshape(-1, 4))
        rows = (edges.shape[0], 4 * edges.shape[1])
        x, y = (c.reshape(rows) for c in each)
        end_x, end_y = (jnp.roll(c, -1, axis=1).reshape(rows) for c in each)
        alive, valid = jnp.repeat(some, 4, axis=1), self.valid & some.any(axis=1)
        new = Boxes(x, y, end_x, end_y, alive, x, y, self.kept, valid)
        return new if warp.active is True else new._unless(self, jnp.broadcast_to(~warp.active, new.valid.shape))

    def _unless(self, old: Boxes, keep: Array) -> Boxes:
        """These boxes, but the old ones in rows (N,) that keep theirs."""

        def chosen(before: Array, after: Array) -> Array:
            # Repeating the last segment adds nothing to an outline.
            most = max(before.shape[1], after.shape[1])
            pads = (((0, 0), (0, most - side.shape[1])) for side in (before, after))
            before, after = (jnp.pad(s, p, mode="edge") for s, p in zip((before, after), pads, strict=True))
            return jnp.where(keep[:, None], before, after)

        names = ("ax", "ay", "bx", "by", "alive", "full_x", "full_y")
        outlines = {n: chosen(getattr(old, n), getattr(self, n)) for n in names}
        kept, valid = jnp.where(keep, old.kept, self.kept), jnp.where(keep, old.valid, self.valid)
        return struct.replace(self, kept=kept, valid=valid, **outlines)

    def filter(self, params: BboxParams) -> Boxes:
        """Clears the validity of rows that fail a limit."""
        edges = self.enclose()
        width, height = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
        area = width * height * self.kept
        full = (_highest(self.full_x) - _lowest(self.full_x)) * (_highest(self.full_y) - _lowest(self.full_y))
        slack = 1e-5
        keep = (area > 0) & (area >= params.min_area * (1 - slack))
        keep &= (width >= params.min_width - slack) & (height >= params.min_height - slack)
        keep &= area >= params.min_visibility * full * (1 - slack)
        if params.max_accept_ratio is not None:
            longer, shorter = jnp.maximum(width, height), jnp.minimum(width, height)
            keep &= longer <= params.max_accept_ratio * shorter * (1 + slack)
        return struct.replace(self, valid=self.valid & keep)

    def _clipped(self, size: tuple[Any, Any]) -> Boxes:
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
            low = jnp.maximum(jnp.where(crosses, where, 3e8).min(axis=1), 0.0)
            high = jnp.minimum(jnp.where(crosses, where, -3e8).max(axis=1), end)
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

    def _subdivided(self, parts: int) -> Boxes:
        """The same outlines in shorter segments, for maps that bend lines."""
        t = jnp.linspace(0.0, 1.0, parts + 1)

        def cut(a: Array, b: Array) -> tuple[Array, Array]:
            points = a[..., None] * (1 - t) + b[..., None] * t
            flat = (a.shape[0], a.shape[1] * parts)
            return points[..., :-1].reshape(flat), points[..., 1:].reshape(flat)

        ax, bx = cut(self.ax, self.bx)
        ay, by = cut(self.ay, self.by)
        fx, _ = cut(self.full_x, jnp.roll(self.full_x, -1, axis=1))
        fy, _ = cut(self.full_y, jnp.roll(self.full_y, -1, axis=1))
        alive = jnp.repeat(self.alive, parts, axis=1)
        return struct.replace(self, ax=ax, ay=ay, bx=bx, by=by, alive=alive, full_x=fx, full_y=fy)

    def _as_ellipses(self, points: int = 180) -> Boxes:
        """The ellipses that touch the sides of the enclosing boxes."""
        edges = self.enclose()
        full = jnp.stack([self.full_x.min(1), self.full_y.min(1), self.full_x.max(1), self.full_y.max(1)], axis=1)
        turn = jnp.asarray(np.arange(points) * (2 * np.pi / points), jnp.float32)

        def ring(e: Array) -> tuple[Array, Array]:
            cx, cy = (e[:, 0] + e[:, 2])[:, None] / 2, (e[:, 1] + e[:, 3])[:, None] / 2
            rx, ry = (e[:, 2] - e[:, 0])[:, None] / 2, (e[:, 3] - e[:, 1])[:, None] / 2
            return cx + rx * jnp.cos(turn), cy + ry * jnp.sin(turn)

        x, y = ring(edges)
        fx, fy = ring(full)
        alive = jnp.broadcast_to(self.alive.any(axis=1)[:, None], x.shape)
        bx, by = jnp.roll(x, -1, axis=1), jnp.roll(y, -1, axis=1)
        return Boxes(x, y, bx, by, alive, fx, fy, self.kept, self.valid)


def _lowest(side: Array) -> Array:
    return side.min(axis=1, initial=3e8)


def _highest(side: Array) -> Array:
    return side.max(axis=1, initial=-3e8)


def _corners(edges: Array) -> tuple[Array, Array]:
    x0, y0, x1, y1 = (edges[:, i] for i in range(4))
    return jnp.stack([x0, x1, x1, x0], axis=1), jnp.stack([y0, y0, y1, y1], axis=1)


def _between(length: int, low: Array, high: Array) -> Array:
    index = jnp.arange(length)
    return (index >= low[:, None]) & (index < high[:, None])


def _first(flags: Array) -> Array:
    return jnp.argmax(flags, axis=1).astype(jnp.float32)


def _last(flags: Array) -> Array:
    return (flags.shape[1] - jnp.argmax(flags[:, ::-1], axis=1)).astype(jnp.float32)
