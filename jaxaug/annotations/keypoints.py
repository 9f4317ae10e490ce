"""Keypoints: formats, and how positions, angles and scales follow a warp."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.annotations.boxes import hashable_fields
from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.sample import nearest
from jaxaug.geometry.warp import Warp

#: Column of x, y, angle and scale in each format.
FORMATS: dict[str, tuple[int, int, int | None, int | None]] = {
    "xy": (0, 1, None, None),
    "yx": (1, 0, None, None),
    "xya": (0, 1, 2, None),
    "xys": (0, 1, None, 2),
    "xyas": (0, 1, 2, 3),
    "xysa": (0, 1, 3, 2),
    "xyz": (0, 1, None, None),
}


@struct.struct
class KeypointParams:
    """What keypoints look like and which of them are kept.

    Args:
        format: the columns: `xy`, `yx`, `xya`, `xys`, `xyas`, `xysa` or `xyz`; further columns are carried along.
            x and y count pixel centres as integers, angles are counter-clockwise on screen.
        label_fields: names of entries beside the keypoints that `compact` shortens with them.
        remove_invisible: points that leave the picture become all zeros where no validity entry tells of them.
        angle_in_degrees: angles are in degrees, else in radians.
        check_each_transform: points that leave the picture after any transform count as gone; otherwise only where
            they end up matters.
        label_mapping: per label field, which label takes the place of which when a transform mirrors, such as
            `{"labels": {LEFT_EYE: RIGHT_EYE, RIGHT_EYE: LEFT_EYE}}`.

    Raises:
        ValueError: an unknown format.

    Example:
        >>> import jaxaug as ja
        >>> ja.KeypointParams(format="xya").angle_in_degrees
        True

    Follows the meaning of Albumentations 2.0.8, with one direction of angles for all transforms.
    """

    format: str = static()
    label_fields: Any = static(default=None)
    remove_invisible: bool = static(default=True)
    angle_in_degrees: bool = static(default=True)
    check_each_transform: bool = static(default=True)
    label_mapping: Any = static(default=None)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(
                f"KeypointParams(format={self.format!r}) is unknown.{nearest(self.format, FORMATS)} "
                f"Expected one of {', '.join(FORMATS)}."
            )
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))
        if isinstance(self.label_mapping, dict):
            frozen = tuple((field, tuple(sorted(m.items()))) for field, m in sorted(self.label_mapping.items()))
            object.__setattr__(self, "label_mapping", frozen)


@struct.struct
class Points:
    """Keypoints under way, in edge coordinates of the reference.

    Args:
        x, y: (K,) positions.
        angle: (K,) radians counter-clockwise, or None if the format has none.
        scale: (K,) sizes, or None if the format has none.
        valid: (K,) points that are in the picture.
        mirrored: whether left and right have changed places so far.
    """

    x: Array
    y: Array
    angle: Array | None
    scale: Array | None
    valid: Array
    mirrored: Any = False

    @classmethod
    def start(cls, rows: Array, params: KeypointParams, valid: Array, size: tuple[Any, Any], zoom: Any) -> Points:
        """Keypoints that enter a pipeline; bad rows become invalid and harmless.

        Args:
            rows: (K, columns).
            params: their format.
            valid: (K,) rows that are in use.
            size: (height, width) of the reference.
            zoom: reference pixels per pixel of the rows' own picture, for x and y.
        """
        cx, cy, ca, cs = FORMATS[params.format]
        if rows.shape[1] < len(params.format):
            raise ValueError(
                f"KeypointParams(format={params.format!r}) needs {len(params.format)} columns, "
                f"the keypoints have {rows.shape[1]}."
            )
        rows = rows.astype(jnp.float32)
        good = jnp.isfinite(rows[:, : len(params.format)]).all(axis=1)
        rows = jnp.where(good[:, None], rows, 0.0)
        x, y = (rows[:, cx] + 0.5) * zoom[0], (rows[:, cy] + 0.5) * zoom[1]
        angle = None if ca is None else rows[:, ca]
        if angle is not None and params.angle_in_degrees:
            angle = jnp.deg2rad(angle)
        scale = None if cs is None else rows[:, cs]
        points = cls(x, y, angle, scale, valid & good)
        return struct.replace(points, valid=points.valid & points.inside(size))

    def inside(self, size: tuple[Any, Any]) -> Array:
        return (self.x >= 0) & (self.x < size[1]) & (self.y >= 0) & (self.y < size[0])

    def warp(self, warp: Warp, *, check: bool = True) -> Points:
        """The points after a warp."""
        angle, scale = self.angle, self.scale
        if angle is None and scale is None:
            x, y, ok = warp.find(self.x, self.y)
        else:
            (x, y, ok), (ux, uy, vx, vy) = warp.follow(self.x, self.y)
            if angle is not None:
                # Screen angles grow counter-clockwise while y grows downwards.
                c, s = jnp.cos(angle), -jnp.sin(angle)
                dx, dy = ux * c + uy * s, vx * c + vy * s
                still = (dx == 0) & (dy == 0)
                angle = jnp.mod(jnp.arctan2(-dy, jnp.where(still, 1.0, dx)), 2 * jnp.pi)
            if scale is not None:
                scale = scale * jnp.sqrt(jnp.abs(ux * vy - uy * vx))
        mirrors = warp.mirrors
        mirrored = self.mirrored if mirrors is False else jnp.logical_xor(self.mirrored, mirrors)
        points = struct.replace(self, x=x, y=y, angle=angle, scale=scale, valid=self.valid & ok, mirrored=mirrored)
        return struct.replace(points, valid=points.valid & points.inside(warp.canvas_out.size)) if check else points

    def erase(self, region: Array) -> Points:
        """The points after a cut-out: those in it are gone."""
        height, width = region.shape
        ix = jnp.clip(jnp.floor(self.x).astype(jnp.int32), 0, width - 1)
        iy = jnp.clip(jnp.floor(self.y).astype(jnp.int32), 0, height - 1)
        return struct.replace(self, valid=self.valid & ~region[iy, ix])

    def rows(self, like: Array, params: KeypointParams, zoom: Any) -> Array:
        """The points as rows again, in the columns and with the extra columns of `like`."""
        cx, cy, ca, cs = FORMATS[params.format]
        out = like.astype(jnp.float32)
        out = out.at[:, cx].set(self.x / zoom[0] - 0.5).at[:, cy].set(self.y / zoom[1] - 0.5)
        if ca is not None and self.angle is not None:
            angle = jnp.mod(self.angle, 2 * jnp.pi)
            out = out.at[:, ca].set(jnp.rad2deg(angle) if params.angle_in_degrees else angle)
        if cs is not None and self.scale is not None:
            out = out.at[:, cs].set(self.scale)
        return out
