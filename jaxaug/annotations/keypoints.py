"""Keypoints: formats, and how positions, angles and scales follow a warp."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.annotation import Annotation, Placement, concatenated, first_row, rounding, rows_like
from jaxaug.core.kinds import annotation
from jaxaug.core.settings import hashable_fields
from jaxaug.core.suggestions import nearest
from jaxaug.core.types import Scalar
from jaxaug.geometry.maps import Jacobian, Moved
from jaxaug.geometry.matrix_chain import MatrixChain
from jaxaug.geometry.warp import Warp


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where the numbers of a keypoint stand."""

    x: int = 0
    y: int = 1
    angle: int | None = None
    scale: int | None = None
    z: int | None = None


FORMATS = {
    "xy": Columns(),
    "yx": Columns(1, 0),
    "xya": Columns(angle=2),
    "xys": Columns(scale=2),
    "xyas": Columns(angle=2, scale=3),
    "xysa": Columns(angle=3, scale=2),
    "xyz": Columns(z=2),
}


@dataclasses.dataclass(frozen=True)
class KeypointParams:
    """What keypoints look like and which of them are kept.

    Args:
        format: the columns: `xy`, `yx`, `xya`, `xys`, `xyas`, `xysa` or `xyz`; further columns are carried along.
            x and y count pixel centres as integers, so that a picture reaches from -0.5 to its width or height less
            0.5, both included; angles are counter-clockwise on screen.
        label_fields: names of entries beside the keypoints that `compact` shortens with them.
        remove_invisible: points that leave the picture become all zeros where no validity entry tells of them.
        angle_in_degrees: angles are in degrees, else in radians.
        check_each_transform: points that leave the picture after any transform count as gone; otherwise only where
            they end up matters.
        label_mapping: per label field, which label takes the place of which when a transform mirrors, such as
            `{"labels": {LEFT_EYE: RIGHT_EYE, RIGHT_EYE: LEFT_EYE}}`; whole numbers, or words outside `jit`.

    Raises:
        ValueError: an unknown format.
        TypeError: a mapping of another form, or of words and numbers.

    Example:
        >>> import jaxaug as ja
        >>> ja.KeypointParams(format="xya").angle_in_degrees
        True

    Follows the meaning of Albumentations 2.0.8, with one direction of angles for all transforms.
    """

    format: str
    label_fields: Any = None
    remove_invisible: bool = True
    angle_in_degrees: bool = True
    check_each_transform: bool = True
    label_mapping: Any = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(
                f"KeypointParams(format={self.format!r}) is unknown.{nearest(self.format, FORMATS)} "
                f"Expected one of {', '.join(FORMATS)}."
            )
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))
        object.__setattr__(self, "label_mapping", _frozen_mapping(self.label_mapping))

    def words(self, field: str) -> tuple[str, ...]:
        """The words that are swapped in a label field, in order; none where numbers are."""
        pairs = dict(self.label_mapping or ()).get(field, ())
        return tuple(sorted({word for pair in pairs for word in pair if isinstance(word, str)}))


def _frozen_mapping(mapping: Any) -> tuple[tuple[str, tuple[tuple[Any, Any], ...]], ...] | None:
    """A mapping of labels as pairs, which can be hashed."""
    if mapping is None:
        return None
    if isinstance(mapping, list | tuple) and all(len(entry) == 2 for entry in mapping):
        # As it is kept, and written to files that know no whole numbers as keys.
        mapping = {field: dict(pairs) for field, pairs in mapping}
    if not isinstance(mapping, Mapping) or not all(isinstance(pairs, Mapping) for pairs in mapping.values()):
        raise TypeError(
            "KeypointParams(label_mapping=...) must hold a dict for each label field, such as "
            f"{{'labels': {{0: 1, 1: 0}}}}, got {mapping!r}."
        )
    for field, pairs in mapping.items():
        labels = [*pairs, *pairs.values()]
        whole = all(isinstance(label, Integral) and not isinstance(label, bool) for label in labels)
        if not whole and not all(isinstance(label, str) for label in labels):
            raise TypeError(
                f"KeypointParams(label_mapping=...) must swap whole numbers or words, and in {field!r} there are "
                f"{sorted({type(label).__name__ for label in labels})}."
            )
    return tuple((field, tuple(sorted(pairs.items()))) for field, pairs in sorted(mapping.items()))


@annotation("keypoints")
@struct.struct
class Points(Annotation):
    """A set of K keypoints under way.

    Args:
        x, y: (K,) positions.
        angle: (K,) radians counter-clockwise, or None if the format has none.
        scale: (K,) sizes, or None if the format has none.
        z: (K,) slices, or None if the format has none.
        valid: (K,) points that are in the picture.
        mirrored: whether left and right have changed places so far.
        params: their format.
    """

    params_type = KeypointParams
    params_needed = True
    params_argument = "keypoint_params"
    instances = False

    x: Array
    y: Array
    angle: Array | None
    scale: Array | None
    z: Array | None
    valid: Array
    mirrored: Any = False
    params: KeypointParams = static(default=KeypointParams("xy"))

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.ndim < 2 or value.shape[-1] < 2:
            raise ValueError(f"{label!r} has shape {value.shape}; keypoints must have shape (..., 2 or more).")

    @classmethod
    def no_rows(cls, params: KeypointParams | None) -> tuple[int, ...]:
        return (0, 2 if params is None else len(params.format))

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Points:
        params, zoom = at.params, at.zoom
        columns, used = FORMATS[params.format], len(params.format)
        if rows.shape[-1] < used:
            raise ValueError(
                f"KeypointParams(format={params.format!r}) needs {used} columns, the keypoints have {rows.shape[-1]}."
            )
        rows, valid = rows.reshape(-1, rows.shape[-1]).astype(jnp.float32), valid.reshape(-1)
        good = jnp.isfinite(rows[:, :used]).all(axis=1)
        rows = jnp.where(good[:, None], rows, 0.0)
        x, y = (rows[:, columns.x] + 0.5) * zoom[0], (rows[:, columns.y] + 0.5) * zoom[1]
        angle, scale, z = (None if c is None else rows[:, c] for c in (columns.angle, columns.scale, columns.z))
        if angle is not None and params.angle_in_degrees:
            angle = jnp.deg2rad(angle)
        points = cls(x, y, angle, scale, z, valid & good, params=params)
        return struct.replace(points, valid=points.valid & points.inside(at.reference.size))

    def inside(self, size: tuple[Scalar, Scalar]) -> Array:
        """(K,) whether each point is in a picture of (height, width), whose edges count alike: a flip loses none."""
        return (self.x >= 0) & (self.x <= size[1]) & (self.y >= 0) & (self.y <= size[0])

    def warp(self, warp: Warp) -> Points:
        jacobian = None
        if self.angle is None and self.scale is None:
            moved = warp.push_unique(self.x, self.y)
        else:
            moved, jacobian = warp.push_with_jacobian(self.x, self.y)
        points = self._moved(moved, jacobian, warp.mirrors)
        if not self.params.check_each_transform:
            return points
        return struct.replace(points, valid=points.valid & points.inside(warp.canvas_out.size))

    def follow(self, chain: MatrixChain) -> Points:
        count = len(chain.warps)
        steps = range(count) if self.params.check_each_transform else [count - 1]
        x, y, ok = chain.push(self.x, self.y, steps)
        if self.params.check_each_transform:
            height, width = (chain.sizes[:, i, None] for i in range(2))
            ok = (ok & (x >= 0) & (x <= width) & (y >= 0) & (y <= height)).all(axis=0, keepdims=True)
        bare = self.angle is None and self.scale is None
        jacobian = None if bare else chain.jacobian(self.x, self.y)
        return self._moved(Moved(x[-1], y[-1], ok[-1]), jacobian, chain.mirrors)

    def _moved(self, moved: Moved, jacobian: Jacobian | None, mirrors: Any) -> Points:
        angle, scale = self.angle, self.scale
        if jacobian is not None:
            ux, uy, vx, vy = jacobian
            if angle is not None:
                # Screen angles grow counter-clockwise while y grows downwards.
                c, s = jnp.cos(angle), -jnp.sin(angle)
                dx, dy = ux * c + uy * s, vx * c + vy * s
                still = (dx == 0) & (dy == 0)
                angle = jnp.mod(jnp.arctan2(-dy, jnp.where(still, 1.0, dx)), 2 * jnp.pi)
            if scale is not None:
                scale = scale * jnp.sqrt(jnp.abs(ux * vy - uy * vx))
        mirrored = self.mirrored if mirrors is False else jnp.logical_xor(self.mirrored, mirrors)
        valid = self.valid & moved.exists
        return struct.replace(self, x=moved.x, y=moved.y, angle=angle, scale=scale, valid=valid, mirrored=mirrored)

    def erase(self, region: Array, how: str) -> Points:
        if how != "cut":
            return self
        height, width = region.shape
        ix = jnp.clip(jnp.floor(self.x).astype(jnp.int32), 0, width - 1)
        iy = jnp.clip(jnp.floor(self.y).astype(jnp.int32), 0, height - 1)
        return struct.replace(self, valid=self.valid & ~region[iy, ix])

    def show(self, edges: Array) -> Points:
        left, top, right, bottom = edges
        inside = (self.x >= left) & (self.x <= right) & (self.y >= top) & (self.y <= bottom)
        return struct.replace(self, valid=self.valid & inside & (right > left) & (bottom > top))

    def join(self, other: Points, sets: int) -> Points:
        # Whoever joins points has relabelled those of each sample that is a mirror image.
        one, behind = (struct.replace(points, mirrored=None) for points in (self, other))
        return struct.replace(concatenated(one, behind, sets), mirrored=False)

    def morph(self, reach: Any, active: Any, size: tuple[Scalar, Scalar]) -> Points:
        return self

    def flip_voxels(self, flips: Array, size: tuple[Scalar, Scalar, Scalar]) -> Points:
        depth, height, width = size
        x, y = jnp.where(flips[2], width - self.x, self.x), jnp.where(flips[1], height - self.y, self.y)
        # Slices are counted by whole numbers, as pixels are.
        z = None if self.z is None else jnp.where(flips[0], depth - 1 - self.z, self.z)
        mirrored = jnp.logical_xor(self.mirrored, flips[1] ^ flips[2] ^ flips[0])
        return struct.replace(self, x=x, y=y, z=z, mirrored=mirrored)

    def mapped(self, fn: Callable[[Array], Array], active: Any, size: tuple[Scalar, Scalar]) -> Points:
        before = jnp.stack([self.x, self.y], axis=-1) - 0.5
        moved = jnp.asarray(fn(before), jnp.float32)
        if moved.shape != before.shape:
            raise ValueError(f"Lambda(keypoints=...) must return {before.shape} positions, got {moved.shape}.")
        place = jnp.where(active, moved, before) + 0.5
        return struct.replace(self, x=place[..., 0], y=place[..., 1])

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        zoom, columns = at.zoom, FORMATS[self.params.format]
        numbers = {columns.x: self.x / zoom[0] - 0.5, columns.y: self.y / zoom[1] - 0.5}
        if columns.angle is not None and self.angle is not None:
            angle = jnp.mod(self.angle, 2 * jnp.pi)
            numbers[columns.angle] = jnp.rad2deg(angle) if self.params.angle_in_degrees else angle
        if columns.scale is not None and self.scale is not None:
            numbers[columns.scale] = self.scale
        if columns.z is not None and self.z is not None:
            numbers[columns.z] = self.z
        # Further columns keep their numbers: as floats, those of large ids would be others.
        rows = jnp.stack([numbers[i] for i in range(len(numbers))], axis=-1)
        valid = self.valid & self.inside(at.reference.size)
        moved = rows_like(rows.reshape(*like.shape[:-1], len(numbers)), like)
        return moved, valid.reshape(like.shape[:-1])

    @property
    def zeroes_dead(self) -> bool:
        return self.params.remove_invisible

    def relabelled(self, name: str, labels: Array) -> Array:
        mapping = dict(self.params.label_mapping or ())
        if self.mirrored is False or name not in mapping:
            return labels
        words = self.params.words(name)
        labels = jnp.asarray(labels, jax.dtypes.canonicalize_dtype(jnp.result_type(labels)))
        swapped = labels
        for pair in mapping[name]:
            # Words come as their places in order.
            old, new = (words.index(label) for label in pair) if words else pair
            swapped = jnp.where(labels == old, jnp.asarray(new, labels.dtype), swapped)
        return jnp.where(self.mirrored, swapped, labels)

    @classmethod
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        params, columns = at.params, FORMATS[at.params.format]
        height, width = at.size_of_rows(rows.shape[:-1])

        def where(index: tuple[int, ...]) -> str:
            return f"{at.row(index)} is {rows[index].tolist()} ({params.format})"

        numbers = rows[..., : len(params.format)].astype(np.float64)
        index = first_row(used & ~np.isfinite(numbers).all(axis=-1))
        if index is not None:
            raise ValueError(f"{where(index)}: keypoints must be finite.")
        if not params.remove_invisible:
            return
        slack = rounding(rows.dtype, float(max(height.max(initial=1.0), width.max(initial=1.0))))
        x, y = numbers[..., columns.x], numbers[..., columns.y]
        low = -0.5 - slack
        index = first_row(used & ((x < low) | (y < low) | (x > width - 0.5 + slack) | (y > height - 0.5 + slack)))
        if index is not None:
            raise ValueError(
                f"{where(index)}: it lies outside its picture of {height[index]:g} x {width[index]:g}. "
                "Drop it, or pass KeypointParams(remove_invisible=False)."
            )
