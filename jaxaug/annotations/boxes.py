"""Boxes: how an outline follows a chain of warps and cut-outs.

A box travels as the polygon it really becomes, cut at the edge of every canvas on its way, and is only enclosed by
an axis-aligned box again when it is asked for. Two turns of 45 degrees therefore give back the box that went in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.box_checks import check_boxes
from jaxaug.annotations.box_formats import FRACTIONS, BboxParams, far_edges, from_edges, to_edges
from jaxaug.annotations.box_outlines import FAR, Outline, bounds_of, corners_of, ellipse_in, keep_rows
from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.annotation import Annotation, Placement, concatenated, rows_like
from jaxaug.core.kinds import annotation
from jaxaug.core.types import Scalar
from jaxaug.geometry.matrix_chain import MatrixChain
from jaxaug.geometry.warp import Warp

#: Relative to a limit, how far below it a box may be, for what float32 rounds.
SLACK = 1e-5


@annotation("bboxes")
@struct.struct
class Boxes(Annotation):
    """A set of N boxes under way.

    Args:
        outline: what is left of each.
        full: (N, 2, M) x and y of the corners of each as if nothing had ever been cut off.
        visible_fraction: (N,) share of the enclosed area that no cut-out has taken.
        valid: (N,) rows that have not been filtered.
        params: their format and limits.
    """

    params_type = BboxParams
    params_needed = True
    params_argument = "bbox_params"
    place_columns = 4

    outline: Outline
    full: Array
    visible_fraction: Array
    valid: Array
    params: BboxParams = static()

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.ndim < 2 or value.shape[-1] < 4:
            raise ValueError(
                f"{label!r} has shape {value.shape}; boxes must have shape (N, 4 or more), "
                "and (0, 4) if there are none; beside 'images' they may have one set for each frame, (F, N, 4 or more)."
            )

    @classmethod
    def instance_axis(cls, ndim: int) -> int:
        return ndim - 2

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Boxes:
        if rows.shape[-1] > 4 and at.params.format in FRACTIONS and jnp.issubdtype(rows.dtype, jnp.integer):
            raise TypeError(
                f"{at.label!r} has dtype {rows.dtype}, and {at.params.format} boxes are fractions: give floats, and "
                "whole numbers such as ids in an entry of their own."
            )
        rows, valid = rows.reshape(-1, rows.shape[-1]), valid.reshape(-1)
        edges = to_edges(rows, at.params.format, at.own.size) * jnp.tile(at.zoom, 2)
        height, width = at.reference.size
        limit = far_edges(at.reference.size)
        if at.params.clip:
            edges = jnp.clip(edges, 0.0, limit)
        good = jnp.isfinite(edges).all(axis=1) & (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        good &= (edges[:, 2] > 0) & (edges[:, 3] > 0) & (edges[:, 0] < width) & (edges[:, 1] < height)
        edges = jnp.where(good[:, None], edges, jnp.array([0.0, 0.0, 1.0, 1.0]))
        outline = Outline.around(corners_of(jnp.clip(edges, 0.0, limit)))
        return cls(outline, corners_of(edges), jnp.ones(edges.shape[0]), valid & good, at.params)

    def enclose(self) -> Array:
        """(N, 4) smallest boxes around what is left of the outlines; all zeros where nothing is."""
        return self.outline.enclose()

    def warp(self, warp: Warp) -> Boxes:
        boxes = self if warp.outline == "corners" else self._as_ellipses()
        outline, full = boxes.outline.warp(warp, boxes.full)
        return struct.replace(boxes, outline=outline, full=full, valid=boxes.valid & outline.exists)._checked()

    def follow(self, chain: MatrixChain) -> Boxes:
        if any(warp.outline != "corners" for warp in chain.warps):
            return super().follow(chain)
        count = len(chain.warps)
        # Limits other than that something is left can fail at one step and hold at the next.
        steps = range(count) if self.params.check_each_transform and self.params.limits else [count - 1]
        outline = self.outline.follow(chain, steps)
        x, y, _ = chain.push(self.full[:, 0], self.full[:, 1], steps)
        full, valid = jnp.stack([x, y], axis=2), self.valid & outline.exists
        valid = struct.replace(self, outline=outline, full=full, valid=valid)._checked().valid.all(axis=0)
        outline, full = jax.tree.map(lambda c: c[-1], (outline, full))
        return struct.replace(self, outline=outline, full=full, valid=valid)

    def erase(self, region: Array, how: str) -> Boxes:
        return self if how == "keep" else self._erased(region, shrink=how == "cut")._checked()

    def show(self, edges: Array) -> Boxes:
        outline = self.outline.within(edges)
        return struct.replace(self, outline=outline, valid=self.valid & outline.exists)._checked()

    def keep_centred(self, edges: Array, active: Any) -> Boxes:
        box = self.enclose()
        centre = (box[:, :2] + box[:, 2:]) / 2
        inside = ((centre > edges[:2]) & (centre < edges[2:])).all(axis=1)
        return struct.replace(self, valid=self.valid & (inside | jnp.logical_not(active)))

    def join(self, other: Boxes, sets: int) -> Boxes:
        return concatenated(self, other, sets)

    def morph(self, reach: Any, active: Any, size: tuple[Scalar, Scalar]) -> Boxes:
        limit, edges = far_edges(size), self.enclose()
        # A side at the picture's edge stays there: nothing outside can take from it.
        at_edge = jnp.concatenate([edges[:, :2] <= 0, edges[:, 2:] >= limit[2:]], axis=1)
        edges = jnp.clip(jnp.where(at_edge, edges, edges + reach), 0.0, limit)
        full = corners_of(bounds_of(self.full) + reach)
        some = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        outline = Outline.around(corners_of(jnp.where(some[:, None], edges, 0.0)))
        new = struct.replace(self, outline=outline, full=full, valid=self.valid & some)
        return (new if active is True else keep_rows(jnp.broadcast_to(~active, some.shape), self, new))._checked()

    def mapped(self, fn: Callable[[Array], Array], active: Any, size: tuple[Scalar, Scalar]) -> Boxes:
        limit, before = far_edges(size), self.enclose()
        moved = jnp.asarray(fn(before / limit), jnp.float32)
        if moved.shape != before.shape:
            raise ValueError(f"Lambda(bboxes=...) must return {before.shape} boxes, got {moved.shape}.")
        edges = jnp.clip(moved * limit, 0.0, limit)
        some = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        outline = Outline.around(corners_of(jnp.where(some[:, None], edges, 0.0)))
        new = struct.replace(self, outline=outline, full=corners_of(moved * limit), valid=self.valid & some)
        return (new if active is True else keep_rows(jnp.broadcast_to(~active, some.shape), self, new))._checked()

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        boxes, form = self.filtered(), at.params.format
        edges, valid = boxes.enclose() / jnp.tile(at.zoom, 2), boxes.valid
        if jnp.issubdtype(like.dtype, jnp.integer) and form in FRACTIONS:
            like = like.astype(jnp.float32)
        if jnp.issubdtype(like.dtype, jnp.integer):
            # Sides are rounded, not widths, so that a box stays in its picture; rounding may leave nothing of it.
            edges = jnp.round(edges)
            valid = valid & (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        new = from_edges(edges, form, at.own.size).reshape(*like.shape[:-1], 4)
        return rows_like(new, like), valid.reshape(like.shape[:-1])

    def filtered(self) -> Boxes:
        """The boxes without those that fail a limit."""
        params, edges = self.params, self.enclose()
        width, height = edges[..., 2] - edges[..., 0], edges[..., 3] - edges[..., 1]
        area = width * height * self.visible_fraction
        keep = area > 0
        if params.limits:
            full = bounds_of(self.full)
            whole = (full[..., 2] - full[..., 0]) * (full[..., 3] - full[..., 1])
            keep &= area >= params.min_area * (1 - SLACK)
            keep &= (width >= params.min_width - SLACK) & (height >= params.min_height - SLACK)
            keep &= area >= params.min_visibility * whole * (1 - SLACK)
            longer, shorter = jnp.maximum(width, height), jnp.minimum(width, height)
            keep &= longer <= (params.max_accept_ratio or FAR) * shorter * (1 + SLACK)
        return struct.replace(self, valid=self.valid & keep)

    def _checked(self) -> Boxes:
        """The boxes after a step, filtered if every step is to be."""
        return self.filtered() if self.params.check_each_transform else self

    def _erased(self, region: Array, *, shrink: bool) -> Boxes:
        """The boxes after a cut-out: each shrinks to the pixels of it that are left, or has less to show.

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
            valid = self.valid & (remaining > 0)
            return struct.replace(self, visible_fraction=self.visible_fraction * share, valid=valid)
        pixels = jnp.maximum(_last(columns) - _first(columns), 0) * jnp.maximum(_last(rows) - _first(rows), 0)
        fraction = self.visible_fraction * jnp.where(touched, remaining / jnp.maximum(pixels, 1), 1.0)
        some = remaining > 0
        outline = Outline.around(corners_of(jnp.where(some[:, None], shrunk, 0.0)))
        new = struct.replace(self, outline=outline, visible_fraction=fraction, valid=self.valid & some)
        # A box that no hole reaches keeps its outline, so that it stays as tight as before.
        return keep_rows(jnp.logical_not(touched), self, new)

    def _as_ellipses(self) -> Boxes:
        """The ellipses that touch the sides of the enclosing boxes."""
        line, full = ellipse_in(self.enclose()), ellipse_in(bounds_of(self.full))
        alive = jnp.broadcast_to(self.outline.exists[:, None], (line.shape[0], line.shape[2]))
        return struct.replace(self, outline=Outline.around(line, alive), full=full)

    @classmethod
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        check_boxes(rows, used, at)


def _between(length: int, low: Array, high: Array) -> Array:
    index = jnp.arange(length)
    return (index >= low[:, None]) & (index < high[:, None])


def _first(flags: Array) -> Array:
    return jnp.argmax(flags, axis=1).astype(jnp.float32)


def _last(flags: Array) -> Array:
    return (flags.shape[1] - jnp.argmax(flags[:, ::-1], axis=1)).astype(jnp.float32)
