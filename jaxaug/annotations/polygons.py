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

from jaxaug.annotations.box_outlines import BENT
from jaxaug.annotations.polygon_rings import FLAT, Rings, cut_rings, packed, reduce_rings, share_left, subdivide_rings
from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.struct import static
from jaxaug.core.annotation import Annotation, Placement, concatenated, first_row
from jaxaug.core.kinds import annotation
from jaxaug.core.settings import hashable_fields
from jaxaug.geometry.maps import Matrix, Structure
from jaxaug.geometry.matrices import inverse3, vector
from jaxaug.geometry.tile_maps import Scatter, Torn
from jaxaug.geometry.warp import Warp
from jaxaug.kernels.dtype import round_to

#: Vertices that a polygon may have on its way beyond those of its entry.
SPARE = 16
#: Relative to a limit, how far below it a polygon may be, for what float32 rounds.
SLACK = 1e-5
#: How near to the horizon of a projective warp an outline goes; the top left corner of the picture is 1 away from it.
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
        >>> import jax, jax.numpy as jnp, jaxaug as ja, numpy as np
        >>> augment = ja.Compose([ja.Crop(2, 0, 6, 4)], target_params={"polygons": {"clip": False}})
        >>> triangle = jnp.array([[[0.0, 0.0], [6.0, 0.0], [6.0, 3.0]]])
        >>> out = augment(jax.random.key(0), image=jnp.zeros((4, 8)), polygons=triangle)["polygons"]
        >>> np.asarray(out).round(3).tolist()
        [[[-2.0, 0.0], [4.0, 0.0], [4.0, 3.0]]]
    """

    clip: bool = True
    min_area: float = 0.0
    min_visibility: float = 0.0
    label_fields: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))


@annotation("polygons")
@struct.struct
class Polygons(Annotation):
    """A set of N polygons under way.

    An entry is (N, K, 2): x and y of K vertices each, in pixels and edge coordinates, as the corners of boxes. Polygons
    are closed, may be concave, and should not cross themselves. K is a capacity: a polygon of fewer vertices repeats
    its last one. Where cutting or bending makes more, those are dropped that change the shape least. Tiles that change
    places would tear a polygon, and are refused; pixels that scatter leave it where it is.

    Args:
        seen: what is left of each.
        full: each as if nothing had ever been cut off.
        visible_fraction: (N,) share of the area that no cut-out has taken.
        valid: (N,) rows that are in use.
        capacity: vertices that the entry has room for.
        params: their limits.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja, numpy as np
        >>> augment = ja.Compose([ja.Crop(2, 0, 6, 4)])
        >>> triangle = jnp.array([[[0.0, 0.0], [6.0, 0.0], [6.0, 3.0], [6.0, 3.0]]])
        >>> out = augment(jax.random.key(0), image=jnp.zeros((4, 8)), polygons=triangle)["polygons"]
        >>> np.asarray(out).round(3).tolist()
        [[[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 1.0]]]
    """

    params_type = PolygonParams
    rank = 3
    capacity_axis = 1

    seen: Rings
    full: Rings
    visible_fraction: Array
    valid: Array
    capacity: int = static()
    params: PolygonParams = static()

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.ndim != 3 or value.shape[1] < 3 or value.shape[2] != 2:
            raise ValueError(
                f"{label!r} has shape {value.shape}; polygons must have shape (N, K, 2) with K of at least 3: x and y "
                "of K vertices, of which the last may be repeated; and (0, K, 2) if there are none."
            )

    @classmethod
    def no_rows(cls, params: Any) -> tuple[int, ...]:
        return (0, 3, 2)

    @classmethod
    def rows_shape(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[:1]

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Polygons:
        capacity, zoom = rows.shape[1], at.zoom
        vertices = rows.astype(jnp.float32)
        full = Rings.through(vertices[..., 0] * zoom[0], vertices[..., 1] * zoom[1])
        # Comparisons with NaN are false too.
        good = jnp.isfinite(vertices).all(axis=(1, 2)) & full.exists
        x, y = (jnp.where(good[:, None], c, 0.0) for c in (full.x, full.y))
        full = Rings(x, y, jnp.where(good, full.count, 0)).widened(capacity + SPARE)
        seen = full.clipped(at.reference.size)
        return cls(seen, full, jnp.ones(good.shape), valid & good, capacity, at.params)

    @classmethod
    def refuses(cls, op: Any) -> bool:
        # Torn into pieces, a polygon would be no outline.
        return isinstance(op, Warp) and isinstance(op.map, Torn) and not isinstance(op.map, Scatter)

    def warp(self, warp: Warp) -> Polygons:
        if isinstance(warp.map, Scatter):
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

    def show(self, edges: Array) -> Polygons:
        return struct.replace(self, seen=self.seen.within(edges))

    def join(self, other: Polygons, sets: int) -> Polygons:
        return concatenated(self, other, sets)

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
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        height, width = at.size_of_rows(used.shape)
        rows = np.asarray(rows, np.float64)
        limits = np.stack([width, height], axis=-1)

        def worst(bad: np.ndarray, what: str) -> None:
            """Names the first vertex, of flags (..., K), that something is wrong with."""
            index = first_row(used & bad.any(axis=-1))
            if index is not None:
                vertex = rows[index][bad[index]][0].tolist()
                size = f"{height[index]:g} x {width[index]:g}"
                raise ValueError(f"{at.row(index)} has the vertex {vertex}: {what.format(size=size)}")

        worst(~np.isfinite(rows).all(axis=-1), "polygons must be finite.")
        x, y = np.moveaxis(rows - rows[..., :1, :], -1, 0)
        side = np.ptp(rows, axis=-2).max(axis=-1)
        area = abs((x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y).sum(axis=-1)) / 2
        index = first_row(used & (area <= FLAT * side * side))
        if index is not None:
            raise ValueError(f"{at.row(index)} starts with {rows[index][:3].tolist()}: it has no area. Drop it.")
        if at.params.clip:
            slack = 1e-3
            outside = np.logical_or(rows < -slack, rows > limits[..., None, :] + slack)
            worst(
                np.any(outside, axis=-1),
                "it reaches outside its picture of {size}. Cut it, or pass "
                "target_params={{'polygons': {{'clip': False}}}}.",
            )
        else:
            gone = ((rows.max(axis=-2) <= 0) | (rows.min(axis=-2) >= limits)).any(axis=-1)
            index = first_row(used & gone)
            if index is not None:
                size = f"{height[index]:g} x {width[index]:g}"
                raise ValueError(f"{at.row(index)} lies outside its picture of {size}. Drop it.")
