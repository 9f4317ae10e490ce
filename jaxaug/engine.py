"""The engine: one traversal of a sample, in which ops move every target.

Rows (boxes, keypoints) follow each op at once. Pictures wait: ops pile up until somebody looks, and then neighbouring
warps become one resampling and neighbouring changes of pixels one pass. A traversal that nobody looks at, such as
`Compose.sample`, therefore touches no pixel.
"""

from __future__ import annotations

import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug import struct
from jaxaug.boxes import BboxParams, Boxes, fields_of, from_edges, to_edges
from jaxaug.control import stored
from jaxaug.dtype import round_to
from jaxaug.erase import Erase, stretch
from jaxaug.fill import Kind
from jaxaug.keypoints import KeypointParams, Points
from jaxaug.pixels import apply_pixels
from jaxaug.resample import resample
from jaxaug.struct import static
from jaxaug.targets import PICTURES, Layout, Leaf, Size, canonical, restored
from jaxaug.warp import Warp


@struct.struct
class Settings:
    """What a pipeline says about targets."""

    bbox_params: BboxParams | None = static(default=None)
    keypoint_params: KeypointParams | None = static(default=None)
    mask_interpolation: str | None = static(default=None)
    fuse: bool = static(default=True)


class View:
    """What a transform may look at while it draws: the reference picture as transformed so far.

    Args:
        state: the traversal.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def size(self) -> Size:
        """(height, width) of the reference picture."""
        return self._state.size

    @property
    def height(self) -> int:
        return self._state.size[0]

    @property
    def width(self) -> int:
        return self._state.size[1]

    def top(self) -> float:
        """Full brightness of the first image: 255 for uint8, 1 for floats."""
        for leaf in self._state.layout.kind("image"):
            dtype = self._state.values[leaf.index].dtype
            return float(jnp.iinfo(dtype).max) if jnp.issubdtype(dtype, jnp.integer) else 1.0
        return 1.0

    def channels(self) -> tuple[int, int]:
        """The least and the largest number of channels of the images; 3 without any."""
        images = self._state.layout.kind("image")
        counts = [canonical(leaf, self._state.values[leaf.index]).shape[-1] for leaf in images]
        return min(counts, default=3), max(counts, default=3)

    def need_channels(self, name: str, allowed: tuple[int, ...]) -> int:
        """The number of channels of the images.

        Args:
            name: what needs it, for the message.
            allowed: the numbers of channels it can handle.

        Raises:
            ValueError: an image has another number of channels.
        """
        found = allowed[0]
        for leaf in self._state.layout.kind("image"):
            found = canonical(leaf, self._state.values[leaf.index]).shape[-1]
            if found not in allowed:
                raise ValueError(
                    f"{name} needs images of {' or '.join(map(str, allowed))} channels; {leaf.label!r} has {found}."
                )
        return found

    def mask(self) -> Array:
        """The first mask as (frames, height, width, channels).

        Raises:
            ValueError: the sample has no mask.
        """
        masks = self._state.layout.kind("mask")
        if not masks:
            raise ValueError("This transform looks at a mask, but the sample has none.")
        leaf = next((m for m in masks if m.name == "mask"), masks[0])
        picture = self._state.picture(leaf)
        if picture.shape[1:3] != self.size:
            rows = jnp.arange(self.height) * picture.shape[1] // self.height
            columns = jnp.arange(self.width) * picture.shape[2] // self.width
            picture = picture[:, rows][:, :, columns]
        return picture

    def boxes(self) -> tuple[Array, Array]:
        """Every box of the sample: (N, 4) x_min, y_min, x_max, y_max in reference pixels, and (N,) which are valid.

        Raises:
            ValueError: the sample has no boxes.
        """
        found = list(self._state._boxes.values())
        if not found:
            raise ValueError("This transform looks at boxes, but the sample has none: add an entry 'bboxes'.")
        return jnp.concatenate([b.enclose() for b in found]), jnp.concatenate([b.valid for b in found])


class State:
    """A sample under way. Lives within one call and is never shared between calls."""

    def __init__(self, layout: Layout, values: list[Any], settings: Settings) -> None:
        self.layout = layout
        self.values = values
        self.settings = settings
        self.size = layout.reference
        self.view = View(self)
        self._ops: list[Any] = []
        self._pictures: dict[int, tuple[Array, int]] = {
            leaf.index: (canonical(leaf, values[leaf.index]), 0) for leaf in layout.kind(*PICTURES)
        }
        self._boxes: dict[int, Boxes] = {leaf.index: self._start_boxes(leaf) for leaf in layout.kind("bboxes")}
        self._points: dict[int, Points] = {leaf.index: self._start_points(leaf) for leaf in layout.kind("keypoints")}

    def fork(self) -> State:
        """A copy that goes its own way, for options of which only one will count."""
        other = copy.copy(self)
        other.view = View(other)
        other._ops = list(self._ops)
        other._pictures = dict(self._pictures)
        other._boxes = dict(self._boxes)
        other._points = dict(self._points)
        return other

    def push(self, op: Any) -> None:
        """Applies an op: to rows now, to pictures when they are looked at."""
        op = stored(op)
        if isinstance(op, Warp):
            if op.size_in != self.size:
                raise ValueError(
                    f"{op.name} was drawn for pictures of {op.size_in[0]} x {op.size_in[1]}, "
                    f"but here they are {self.size[0]} x {self.size[1]}: "
                    "apply a plan to samples of the size it was made for."
                )
            op = op.realise(self.view)
            if self.settings.mask_interpolation is not None:
                op = struct.replace(op, mask_interpolation=self.settings.mask_interpolation)
            self._move_rows(op)
            self.size = op.size_out
            self._ops.append(op)
        elif isinstance(op, Erase):
            region = op.pixels(self.view)
            self._boxes = {i: self._filtered(b.erase(region)) for i, b in self._boxes.items()}
            self._points = {i: p.erase(region) for i, p in self._points.items()}
            self._ops.append((op, region))
        else:
            self._ops.append(op)
        if not self.settings.fuse:
            for leaf in self.layout.kind(*PICTURES):
                self.picture(leaf)

    def picture(self, leaf: Leaf) -> Array:
        """A picture (frames, height, width, channels) with all ops so far applied."""
        value, done = self._pictures[leaf.index]
        if done < len(self._ops):
            kind: Kind = "image" if leaf.kind == "image" else "mask"
            value = _advance(value, self._ops[done:], kind)
            self._pictures[leaf.index] = (value, len(self._ops))
        return value

    def finish(self) -> Any:
        """The sample with everything applied."""
        out = list(self.values)
        for leaf in self.layout.kind(*PICTURES):
            out[leaf.index] = restored(leaf, self.picture(leaf), self.values[leaf.index])
        self._finish_size(out)
        alive = self._finish_boxes(out)
        alive_points = self._finish_points(out)
        for leaf in self.layout.kind("valid"):
            alive_here = out[leaf.index].astype(bool)
            rows = self.layout.siblings(leaf, "bboxes")
            points = self.layout.siblings(leaf, "keypoints")
            for other in rows:
                alive_here &= alive[other.index]
            if not rows:
                for other in points:
                    flags = alive_points[other.index]
                    alive_here &= flags.any(axis=tuple(range(1, flags.ndim)))
            out[leaf.index] = alive_here
        return jax.tree.unflatten(self.layout.treedef, out)

    def _finish_size(self, out: list[Any]) -> None:
        """The size entry of a sample without pictures: two numbers, or one array of both."""
        stated = self.layout.kind("size")
        for place, leaf in enumerate(stated):
            old = self.values[leaf.index]
            new = np.asarray(self.size if jnp.ndim(old) else self.size[place % 2])
            out[leaf.index] = jnp.asarray(new, old.dtype) if hasattr(old, "dtype") else type(old)(new)

    # Rows -----------------------------------------------------------------------------------------------------------

    def _zoom(self, leaf: Leaf) -> tuple[float, float]:
        """Reference pixels per pixel of the picture that a row target belongs to, for x and y."""
        own, reference = self.layout.size_of(leaf.group), self.layout.reference
        return reference[1] / own[1], reference[0] / own[0]

    def _flags(self, leaf: Leaf, shape: tuple[int, ...]) -> Array:
        """Which rows of a target are in use, by the validity entries beside it."""
        flags = jnp.ones(shape, bool)
        for other in self.layout.leaves:
            if other.group == leaf.group and other.kind == "rows_valid" and other.of == leaf.name:
                flags &= jnp.asarray(self.values[other.index]).astype(bool)
            if other.group == leaf.group and other.kind == "valid":
                valid = jnp.asarray(self.values[other.index]).astype(bool)
                flags &= valid.reshape(valid.shape + (1,) * (len(shape) - 1))
        return flags

    def _start_boxes(self, leaf: Leaf) -> Boxes:
        params = self._box_params(leaf)
        rows = jnp.asarray(self.values[leaf.index])
        edges = to_edges(rows, params.format, self.layout.size_of(leaf.group))
        zoom = self._zoom(leaf)
        edges = edges * jnp.array([*zoom, *zoom], jnp.float32)
        height, width = self.layout.reference
        if params.clip:
            edges = jnp.clip(edges, 0.0, jnp.array([width, height, width, height], jnp.float32))
        return Boxes.start(edges, self._flags(leaf, rows.shape[:1]), self.layout.reference)

    def _start_points(self, leaf: Leaf) -> Points:
        rows = jnp.asarray(self.values[leaf.index])
        flags = self._flags(leaf, rows.shape[:-1]).reshape(-1)
        params = self._point_params(leaf)
        return Points.start(rows.reshape(-1, rows.shape[-1]), params, flags, self.layout.reference, self._zoom(leaf))

    def _box_params(self, leaf: Leaf) -> BboxParams:
        if self.settings.bbox_params is None:
            raise ValueError(
                f"The sample holds boxes ({leaf.label!r}), but their format is not known: "
                "pass bbox_params=BboxParams(format=...) to Compose."
            )
        return self.settings.bbox_params

    def _point_params(self, leaf: Leaf) -> KeypointParams:
        if self.settings.keypoint_params is None:
            raise ValueError(
                f"The sample holds keypoints ({leaf.label!r}), but their format is not known: "
                "pass keypoint_params=KeypointParams(format=...) to Compose."
            )
        return self.settings.keypoint_params

    def _move_rows(self, warp: Warp) -> None:
        self._boxes = {i: self._filtered(b.warp(warp)) for i, b in self._boxes.items()}
        params = self.settings.keypoint_params
        check = params is None or params.check_each_transform
        self._points = {i: p.warp(warp, check=check) for i, p in self._points.items()}

    def _filtered(self, boxes: Boxes) -> Boxes:
        params = self.settings.bbox_params
        return boxes.filter(params) if params is not None and params.check_each_transform else boxes

    def _out_zoom(self, leaf: Leaf) -> tuple[Size, tuple[float, float]]:
        """The size that a row target's picture has now, and pixels of the reference per pixel of it."""
        before, start = self.layout.size_of(leaf.group), self.layout.reference
        size = before
        for op in self._ops:
            if isinstance(op, Warp):
                size = op.rescaled(size).size_out
        if before == start:
            size = self.size
        return size, (self.size[1] / size[1], self.size[0] / size[0])

    def _finish_boxes(self, out: list[Any]) -> dict[int, Array]:
        alive: dict[int, Array] = {}
        for leaf in self.layout.kind("bboxes"):
            params = self._box_params(leaf)
            boxes = self._boxes[leaf.index].filter(params)
            size, zoom = self._out_zoom(leaf)
            edges = boxes.enclose() / jnp.array([*zoom, *zoom], jnp.float32)
            old = jnp.asarray(self.values[leaf.index])
            columns = from_edges(edges, params.format, size)
            out[leaf.index] = self._settle(
                leaf, jnp.concatenate([_cast(columns, old.dtype), old[:, 4:]], axis=1), boxes.valid, out, zero=True
            )
            alive[leaf.index] = boxes.valid
        return alive

    def _finish_points(self, out: list[Any]) -> dict[int, Array]:
        alive: dict[int, Array] = {}
        for leaf in self.layout.kind("keypoints"):
            params = self._point_params(leaf)
            points = self._points[leaf.index]
            _, zoom = self._out_zoom(leaf)
            valid = points.valid & points.inside(self.size)
            old = jnp.asarray(self.values[leaf.index])
            flat = old.reshape(-1, old.shape[-1])
            rows = _cast(points.rows(flat, params, zoom), old.dtype).reshape(old.shape)
            flags = valid.reshape(old.shape[:-1])
            out[leaf.index] = self._settle(leaf, rows, flags, out, zero=params.remove_invisible)
            alive[leaf.index] = flags
            self._swap_labels(leaf, params, points.mirrored, out)
        return alive

    def _settle(self, leaf: Leaf, rows: Array, valid: Array, out: list[Any], *, zero: bool) -> Array:
        """Tells a target's validity entry which rows are left; without one, the others become all zeros."""
        told = False
        for other in self.layout.leaves:
            if other.group != leaf.group:
                continue
            if other.kind == "rows_valid" and other.of == leaf.name:
                out[other.index] = _cast(valid, jnp.asarray(self.values[other.index]).dtype)
                told = True
            # Beside boxes, `valid` tells of the boxes: a point that left while its box stayed is still to be told of.
            own = leaf.kind == "bboxes" or not self.layout.siblings(leaf, "bboxes")
            told |= other.kind == "valid" and valid.ndim == 1 and own
        if told or not zero:
            return jnp.where(jnp.isfinite(rows), rows, 0) if jnp.issubdtype(rows.dtype, jnp.floating) else rows
        return jnp.where(valid[..., None], rows, jnp.zeros_like(rows))

    def _swap_labels(self, leaf: Leaf, params: KeypointParams, mirrored: Any, out: list[Any]) -> None:
        if mirrored is False or not params.label_mapping:
            return
        mapping = dict(params.label_mapping)
        for other in self.layout.leaves:
            if other.group != leaf.group or other.name not in mapping:
                continue
            labels = jnp.asarray(out[other.index])
            swapped = labels
            for old, new in mapping[other.name]:
                swapped = jnp.where(labels == old, jnp.asarray(new, labels.dtype), swapped)
            out[other.index] = jnp.where(mirrored, swapped, labels)


def label_fields(settings: Settings, leaf: Leaf) -> tuple[str, ...]:
    """Names of the entries that are labels of a row target."""
    if leaf.kind == "bboxes" and settings.bbox_params is not None:
        return fields_of(settings.bbox_params.label_fields, leaf.name, "bboxes")
    if leaf.kind == "keypoints" and settings.keypoint_params is not None:
        return fields_of(settings.keypoint_params.label_fields, leaf.name, "keypoints")
    return ()


def _cast(values: Array, dtype: Any) -> Array:
    return round_to(values, dtype) if values.dtype != bool else values.astype(dtype)


def _advance(picture: Array, ops: list[Any], kind: Kind) -> Array:
    """A picture (frames, height, width, channels) through a list of ops, neighbours of one family together."""
    size = (picture.shape[1], picture.shape[2])
    stage: list[Any] = []
    family = ""
    touched = False

    def change(fn: Any) -> None:
        # What one family leaves is stored, or the next one would make every pixel anew wherever it reads it.
        nonlocal picture, touched
        picture, touched = fn(stored(picture) if touched else picture), True

    def settle() -> None:
        if family == "warp":
            change(lambda p: _over_frames(lambda frame: resample(frame, stage, kind), p))
        elif family == "pixels":
            change(lambda p: apply_pixels(p, stage))

    for op in ops:
        if isinstance(op, tuple):
            erase, region = op
            settle()
            stage, family = [], ""
            here = stretch(region, size)
            cut = erase.on_image if kind == "image" else erase.on_mask
            change(lambda p, cut=cut, here=here: _over_frames(lambda frame: cut(frame, here), p))
            continue
        if not isinstance(op, Warp) and kind != "image":
            continue
        of = "warp" if isinstance(op, Warp) else "pixels"
        if of != family:
            settle()
            stage, family = [], of
        if isinstance(op, Warp):
            op = op.rescaled(size)
            size = op.size_out
        stage = [*stage, op]
    settle()
    return picture


def _over_frames(fn: Any, picture: Array) -> Array:
    return fn(picture[0])[None] if picture.shape[0] == 1 else jax.vmap(fn)(picture)
