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

from jaxaug.annotations.boxes import BboxParams, Boxes, far_edges, from_edges, to_edges
from jaxaug.annotations.cameras import move_camera
from jaxaug.annotations.keypoints import KeypointParams, Points
from jaxaug.annotations.oriented_boxes import Oriented
from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import is_concrete
from jaxaug.core.sample import BOXES, PICTURES, VECTORS, Layout, Leaf, Path, Size, canonical, picture_size, restored
from jaxaug.core.settings import Settings
from jaxaug.core.view import View
from jaxaug.geometry.warp import Canvas, Warp
from jaxaug.kernels.dtype import round_to
from jaxaug.ops.erase import Erase
from jaxaug.ops.morphology import Morph
from jaxaug.ops.pixels import apply_pixels
from jaxaug.sampling.fill import Kind
from jaxaug.sampling.resample import resample
from jaxaug.sampling.vectors import move_flow, move_normals

#: Of the largest picture of drawn size that is written.
MOST_PIXELS = 2**27


class State:
    """A sample under way. Lives within one call and is never shared between calls."""

    def __init__(self, layout: Layout, values: list[Any], settings: Settings) -> None:
        self.layout = layout
        self.values = values
        self.settings = settings
        self.canvas = self._door(layout.home)
        self.view = View(self)
        self._ops: list[Any] = []
        self._pictures: dict[int, tuple[Array, Canvas, int]] = {}
        for leaf in layout.kind(*PICTURES):
            picture = canonical(leaf, values[leaf.index])
            self._pictures[leaf.index] = (picture, self._door(leaf.group, picture_size(leaf, values[leaf.index])), 0)
        self._boxes: dict[int, Boxes] = {leaf.index: self._start_boxes(leaf) for leaf in layout.kind("bboxes")}
        self._points: dict[int, Points] = {leaf.index: self._start_points(leaf) for leaf in layout.kind("keypoints")}
        self._oriented: dict[int, Oriented] = {
            leaf.index: self._start_oriented(leaf) for leaf in layout.kind("obboxes")
        }
        self._cameras: dict[int, tuple[Array, Canvas]] = {
            leaf.index: (jnp.asarray(values[leaf.index], jnp.float32), self._door(leaf.group))
            for leaf in layout.kind("intrinsics")
        }

    def fork(self) -> State:
        """A copy that goes its own way, for options of which only one will count."""
        other = copy.copy(self)
        other.view = View(other)
        other._ops = list(self._ops)
        other._pictures = dict(self._pictures)
        other._boxes = dict(self._boxes)
        other._points = dict(self._points)
        other._oriented = dict(self._oriented)
        other._cameras = dict(self._cameras)
        return other

    def push(self, op: Any) -> None:
        """Applies an op: to rows now, to pictures when they are looked at."""
        op = materialize(op)
        if isinstance(op, Warp):
            height, width = self.canvas.buffer
            if op.size_in != (height, width):
                raise ValueError(
                    f"{op.name} was drawn for pictures of {op.size_in[0]} x {op.size_in[1]}, "
                    f"but here they are {height} x {width}: "
                    "apply a plan to samples of the size it was made for."
                )
            if (op.extent_in is None) != (self.canvas.extent is None):
                raise ValueError(
                    f"{op.name} was drawn for a sample with{'out' if op.extent_in is None else ''} a 'size' beside its "
                    "picture: apply a plan to samples of the same entries."
                )
            op = op.realise(self.view)
            if self.settings.mask_interpolation is not None:
                op = struct.replace(op, mask_interpolation=self.settings.mask_interpolation)
            self._move_rows(op)
            self.canvas = op.canvas_out
            self._ops.append(op)
        elif isinstance(op, Erase):
            holes = op.holes(self.view)
            region = holes != 0
            self._boxes = {i: self._filtered(op.on_boxes(b, region)) for i, b in self._boxes.items()}
            self._points = {i: op.on_points(p, region) for i, p in self._points.items()}
            self._oriented = {i: o.erase(region) for i, o in self._oriented.items()}
            self._ops.append((op, holes))
        else:
            if isinstance(op, Morph):
                self._boxes = {i: self._filtered(op.on_boxes(b, self.canvas.size)) for i, b in self._boxes.items()}
            self._ops.append(op)
        if not self.settings.fuse:
            for leaf in self.layout.kind(*PICTURES):
                self.picture(leaf)

    def picture(self, leaf: Leaf) -> Array:
        """A picture (frames, height, width, channels) with all ops so far applied."""
        value, canvas, done = self._pictures[leaf.index]
        if done < len(self._ops):
            value, canvas = _advance(value, canvas, self._fitted(leaf, self._ops[done:], canvas), leaf.kind)
            self._pictures[leaf.index] = (value, canvas, len(self._ops))
        return value

    def _door(self, group: Path, buffer: Size | None = None) -> Canvas:
        return input_canvas(self.layout, self.values, group, buffer)

    def _at_home(self, group: Path, buffer: Size) -> bool:
        """Whether the pictures of a group share the canvas of the reference, known without looking at values."""
        layout = self.layout
        return buffer == layout.reference and layout.stated(group) == layout.stated(layout.home)

    def _fitted(self, leaf: Leaf, ops: list[Any], canvas: Canvas) -> list[Any]:
        """Ops as they are for one picture: warps are drawn for the reference, whose canvas may be another."""
        height, width = picture_size(leaf, self.values[leaf.index])
        if self._at_home(leaf.group, (height, width)):
            return ops
        fitted = []
        for op in ops:
            if isinstance(op, Warp):
                op = op.rescaled(canvas)
                canvas = op.canvas_out
            fitted.append(op)
        return fitted

    def finish(self) -> Any:
        """The sample with everything applied."""
        out = list(self.values)
        for leaf in self.layout.kind(*PICTURES):
            picture = self.picture(leaf)
            picture = self._trimmed(leaf, picture, self._pictures[leaf.index][1])
            out[leaf.index] = restored(leaf, picture, self.values[leaf.index])
        self._finish_size(out)
        alive = self._finish_boxes(out)
        alive |= self._finish_oriented(out)
        alive_points = self._finish_points(out)
        for leaf in self.layout.kind("intrinsics"):
            out[leaf.index] = self._cameras[leaf.index][0].astype(jnp.asarray(self.values[leaf.index]).dtype)
        for leaf in self.layout.kind("valid"):
            alive_here = out[leaf.index].astype(bool)
            rows = [other for kind in BOXES for other in self.layout.siblings(leaf, kind)]
            points = self.layout.siblings(leaf, "keypoints")
            for other in rows:
                alive_here &= alive[other.index]
            if not rows:
                for other in points:
                    flags = alive_points[other.index]
                    alive_here &= flags.any(axis=tuple(range(1, flags.ndim)))
            out[leaf.index] = alive_here
        return jax.tree.unflatten(self.layout.treedef, out)

    def _trimmed(self, leaf: Leaf, picture: Array, canvas: Canvas) -> Array:
        """A picture with zeros beyond its extent."""
        if canvas.extent is None:
            return picture
        if self.layout.stated(leaf.group):
            return canvas.blanked(picture)
        names = " and ".join(
            dict.fromkeys(op.name for op in self._ops if isinstance(op, Warp) and op.extent_out is not None)
        )
        raise ValueError(
            f"{leaf.label!r} gets a random size by {names}, and under jit or vmap shapes cannot be "
            "random: the picture lies in a buffer then, and its size must be told. Add 'size': jnp.array([height, "
            "width]) to the sample, or put a transform of fixed size behind."
        )

    def _finish_size(self, out: list[Any]) -> None:
        """The size entries: two numbers, or one array of both."""
        for leaf in self.layout.kind("size"):
            place = self.layout.siblings(leaf, "size").index(leaf)
            old = self.values[leaf.index]
            height, width = self._out_canvas(leaf.group).size
            if is_concrete(height) and is_concrete(width):
                known = np.asarray((height, width) if jnp.ndim(old) else (height, width)[place])
                dtype = jax.dtypes.canonicalize_dtype(getattr(old, "dtype", int))
                out[leaf.index] = jnp.asarray(known, dtype) if hasattr(old, "dtype") else type(old)(known)
            else:
                new = jnp.stack([height, width]) if jnp.ndim(old) else (height, width)[place]
                out[leaf.index] = new.astype(jnp.asarray(old).dtype)

    # Rows -----------------------------------------------------------------------------------------------------------

    def _zoom(self, leaf: Leaf) -> Any:
        """Reference pixels per pixel of the picture that a row target belongs to, for x and y."""
        return _ratio(self._door(self.layout.home), self._door(leaf.group))

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
        own = self._door(leaf.group)
        edges = to_edges(rows, params.format, own.size) * jnp.tile(self._zoom(leaf), 2)
        home = self._door(self.layout.home)
        if params.clip:
            edges = jnp.clip(edges, 0.0, far_edges(home.size))
        return Boxes.start(edges, self._flags(leaf, rows.shape[:1]), home.size)

    def _start_points(self, leaf: Leaf) -> Points:
        rows = jnp.asarray(self.values[leaf.index])
        flags = self._flags(leaf, rows.shape[:-1]).reshape(-1)
        params = self._point_params(leaf)
        home = self._door(self.layout.home)
        return Points.start(rows.reshape(-1, rows.shape[-1]), params, flags, home.size, self._zoom(leaf))

    def _start_oriented(self, leaf: Leaf) -> Oriented:
        rows = jnp.asarray(self.values[leaf.index])
        return Oriented.start(
            rows, self._flags(leaf, rows.shape[:1]), self._door(self.layout.home).size, self._zoom(leaf)
        )

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
        self._oriented = {i: o.warp(warp) for i, o in self._oriented.items()}
        for leaf in self.layout.kind("intrinsics"):
            matrix, canvas = self._cameras[leaf.index]
            own = warp.rescaled(canvas)
            self._cameras[leaf.index] = move_camera(matrix, own, leaf.label), own.canvas_out

    def _filtered(self, boxes: Boxes) -> Boxes:
        params = self.settings.bbox_params
        return boxes.filter(params) if params is not None and params.check_each_transform else boxes

    def _out_canvas(self, group: Path) -> Canvas:
        """The canvas that the pictures of a group have now."""
        buffer = self.layout.size_of(group)
        if self._at_home(group, buffer):
            return self.canvas
        canvas = self._door(group)
        for op in self._ops:
            if isinstance(op, Warp):
                canvas = op.rescaled(canvas).canvas_out
        return canvas

    def _finish_boxes(self, out: list[Any]) -> dict[int, Array]:
        alive: dict[int, Array] = {}
        for leaf in self.layout.kind("bboxes"):
            params = self._box_params(leaf)
            boxes = self._boxes[leaf.index].filter(params)
            canvas = self._out_canvas(leaf.group)
            zoom = _ratio(self.canvas, canvas)
            edges = boxes.enclose() / jnp.tile(zoom, 2)
            old = jnp.asarray(self.values[leaf.index])
            columns = from_edges(edges, params.format, canvas.size)
            out[leaf.index] = self._settle(
                leaf, jnp.concatenate([_cast(columns, old.dtype), old[:, 4:]], axis=1), boxes.valid, out, zero=True
            )
            alive[leaf.index] = boxes.valid
        return alive

    def _finish_oriented(self, out: list[Any]) -> dict[int, Array]:
        alive: dict[int, Array] = {}
        for leaf in self.layout.kind("obboxes"):
            boxes = self._oriented[leaf.index]
            old = jnp.asarray(self.values[leaf.index])
            columns = boxes.rows(_ratio(self.canvas, self._out_canvas(leaf.group)))
            rows = jnp.concatenate([_cast(columns, old.dtype), old[:, 5:]], axis=1)
            out[leaf.index] = self._settle(leaf, rows, boxes.valid, out, zero=True)
            alive[leaf.index] = boxes.valid
        return alive

    def _finish_points(self, out: list[Any]) -> dict[int, Array]:
        alive: dict[int, Array] = {}
        for leaf in self.layout.kind("keypoints"):
            params = self._point_params(leaf)
            points = self._points[leaf.index]
            zoom = _ratio(self.canvas, self._out_canvas(leaf.group))
            valid = points.valid & points.inside(self.canvas.size)
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
            own = leaf.kind in BOXES or not any(self.layout.siblings(leaf, kind) for kind in BOXES)
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


def input_canvas(layout: Layout, values: list[Any], group: Path, buffer: Size | None = None) -> Canvas:
    """The canvas on which the pictures of a group come in.

    Args:
        layout: of the sample.
        values: its leaves.
        group: keys of the dict that holds the pictures.
        buffer: (height, width) of a picture that is stored at another size than the others of its group.
    """
    stated = layout.stated(group)
    here = buffer or layout.size_of(group)
    if not stated:
        return Canvas(here)
    own = layout.size_of(stated[0].group)
    parts = [jnp.asarray(values[leaf.index], jnp.float32).reshape(-1) for leaf in stated]
    extent = jnp.clip(jnp.concatenate(parts), 1.0, np.array(own, np.float32))
    return Canvas(here, extent if here == own else extent * (np.array(here) / np.array(own)).astype(np.float32))


def _cast(values: Array, dtype: Any) -> Array:
    return round_to(values, dtype) if values.dtype != bool else values.astype(dtype)


def _ratio(one: Canvas, other: Canvas) -> Any:
    """How much larger one picture is than another, for x and y."""
    return (one.measured() / other.measured())[::-1]


def _read(picture: Array, warps: list[Warp], kind: str) -> Array:
    """A picture (height, width, channels) of some kind of target through a chain of warps."""
    if kind in VECTORS:
        return move_flow(picture, warps) if kind == "flow" else move_normals(picture, warps)
    reads: Kind = "image" if kind == "image" else "mask"
    return resample(picture, warps, reads)


def _cut(picture: Array, erase: Erase, holes: Array, kind: str) -> Array:
    """A picture (height, width, channels) of some kind of target with the holes of the reference cut out."""
    if kind == "image":
        return erase.on_image(picture, holes)
    if kind in VECTORS and erase.fill_mask is not None:
        # A label is no vector: where masks are filled, there is none.
        erase = struct.replace(erase, fill_mask=0.0)
    return erase.on_mask(picture, holes)


def _advance(picture: Array, canvas: Canvas, ops: list[Any], kind: str) -> tuple[Array, Canvas]:
    """A picture (frames, height, width, channels) through a list of ops, neighbours of one family together."""
    stage: list[Any] = []
    family = ""
    touched = False

    def change(fn: Any) -> None:
        # What one family leaves is stored, or the next one would make every pixel anew wherever it reads it.
        nonlocal picture, touched
        picture, touched = fn(materialize(picture) if touched else picture), True

    def settle(of: str) -> None:
        nonlocal stage, family
        if family == "warp":
            _check_room(stage)
            change(lambda p: _over_frames(lambda frame: _read(frame, stage, kind), p))
        elif family == "pixels":
            change(lambda p: apply_pixels(p, stage, canvas))
        stage, family = [], of

    for op in ops:
        if isinstance(op, tuple):
            erase, holes = op
            settle("erase")
            change(lambda p, e=erase, holes=holes: _over_frames(lambda frame: _cut(frame, e, holes, kind), p))
            continue
        if isinstance(op, Morph):
            if kind in ("image", "mask"):
                settle("morph")
                change(lambda p, op=op, here=canvas: _over_frames(lambda frame: op.on_picture(frame, here), p))
            continue
        if not isinstance(op, Warp) and kind != "image":
            continue
        of = "warp" if isinstance(op, Warp) else "pixels"
        if of != family:
            settle(of)
        if isinstance(op, Warp):
            canvas = op.canvas_out
        stage.append(op)
    settle("")
    return picture, canvas


def _check_room(warps: list[Warp]) -> None:
    """Refuses to write a picture of drawn size into a buffer that hardly any memory holds."""
    height, width = warps[-1].size_out
    if warps[-1].extent_out is not None and height * width > MOST_PIXELS:
        raise ValueError(
            f"{' and '.join(w.name for w in warps)} may make a picture of {height} x {width} pixels: one with a 'size' "
            "beside it may be as narrow as a pixel. Put a crop, LetterBox or Resize behind: both are one resampling, "
            "and nothing so large is written."
        )


def _over_frames(fn: Any, picture: Array) -> Array:
    return fn(picture[0])[None] if picture.shape[0] == 1 else jax.vmap(fn)(picture)
