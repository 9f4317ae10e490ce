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
from jaxaug.camera import move_camera
from jaxaug.control import stored
from jaxaug.dtype import round_to
from jaxaug.erase import Erase, stretch
from jaxaug.fields import move_flow, move_normals
from jaxaug.fill import Kind
from jaxaug.keypoints import KeypointParams, Points
from jaxaug.morphology import Morph
from jaxaug.oriented import Oriented
from jaxaug.pixels import apply_pixels
from jaxaug.resample import resample
from jaxaug.struct import is_concrete, static
from jaxaug.targets import BOXES, PICTURES, VECTORS, Layout, Leaf, Path, Size, canonical, picture_size, restored
from jaxaug.warp import Canvas, Warp, vector


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
    def canvas(self) -> Canvas:
        """Where the reference picture is kept."""
        return self._state.canvas

    @property
    def size(self) -> tuple[Any, Any]:
        """(height, width) of the reference picture; known numbers, unless it lies in a larger buffer."""
        return self.canvas.size

    @property
    def height(self) -> Any:
        return self.size[0]

    @property
    def width(self) -> Any:
        return self.size[1]

    def drawn(self, buffer: Size, height: Any, width: Any) -> Canvas:
        """The canvas of a result whose size is drawn.

        Args:
            buffer: (height, width) that holds the largest.
            height, width: of this one, in whole pixels.

        Returns:
            A canvas of exactly that size where it is known, outside `jit`; else the buffer and how much is filled.
        """
        if self.canvas.extent is None and is_concrete(height) and is_concrete(width):
            return Canvas((int(height), int(width)))
        return Canvas(buffer, jnp.clip(vector(height, width), 1.0, np.array(buffer, np.float32)))

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
        height, width = self.canvas.buffer
        if picture.shape[1:3] != (height, width):
            rows = jnp.arange(height) * picture.shape[1] // height
            columns = jnp.arange(width) * picture.shape[2] // width
            picture = picture[:, rows][:, :, columns]
        if self.canvas.extent is None:
            return picture
        inside = (jnp.arange(height) < self.height)[:, None] & (jnp.arange(width) < self.width)
        return jnp.where(inside[..., None], picture, jnp.zeros((), picture.dtype))

    def has(self, kind: str) -> bool:
        """Whether the sample holds a target of a kind, such as `mask` or `bboxes`."""
        return bool(self._state.layout.kind(kind))

    def boxes(self) -> tuple[Array, Array]:
        """Every box of the sample.

        Returns:
            (N, 4) x_min, y_min, x_max, y_max in pixels of the reference picture, and (N,) rows that are in use.

        Raises:
            ValueError: the sample has no boxes.
        """
        found = [self._state._boxes[leaf.index] for leaf in self._box_sets()]
        return jnp.concatenate([b.enclose() for b in found]), jnp.concatenate([b.valid for b in found])

    def box(self, key: str) -> Array:
        """(4,) x_min, y_min, x_max, y_max of one box in pixels of the reference picture.

        Args:
            key: an entry of boxes, whose first row counts, or of four numbers in pixels.

        Raises:
            ValueError: there is no such entry, or four numbers and a picture that has moved since.
        """
        state = self._state
        found = [leaf for leaf in state.layout.leaves if leaf.name == key]
        if not found:
            raise ValueError(f"This transform looks at the entry {key!r}, but the sample has none.")
        if found[0].kind == "bboxes":
            return state._boxes[found[0].index].enclose()[0]
        numbers = jnp.concatenate([jnp.asarray(state.values[leaf.index], jnp.float32).reshape(-1) for leaf in found])
        if numbers.shape != (4,):
            raise ValueError(f"{key!r} must hold x_min, y_min, x_max, y_max in pixels, got {numbers.shape[0]} numbers.")
        if any(isinstance(op, Warp) for op in state._ops):
            raise ValueError(
                f"{key!r} counts pixels of the picture as it came in, but the picture has moved since. Name the entry "
                f"in additional_targets={{{key!r}: 'bboxes'}}, so that it moves along, or crop first."
            )
        return numbers

    def labelled_boxes(self) -> tuple[Array, Array, Array | np.ndarray]:
        """The boxes of the set `bboxes`, else of the first one, and their labels.

        Returns:
            What `boxes` returns of that set, and (N,) labels: its first label field, or its fifth column without any.

        Raises:
            ValueError: the sample has no boxes, or they have no labels.
        """
        sets = self._box_sets()
        leaf = next((b for b in sets if b.name == "bboxes"), sets[0])
        boxes = self._state._boxes[leaf.index]
        return boxes.enclose(), boxes.valid, self._labels(leaf)

    def _labels(self, leaf: Leaf) -> Array | np.ndarray:
        values = self._state.values
        fields = label_fields(self._state.settings, leaf)
        if not fields and values[leaf.index].shape[1] > 4:
            return jnp.asarray(values[leaf.index])[:, 4]
        found = [values[o.index] for o in self._state.layout.leaves if o.group == leaf.group and o.name in fields[:1]]
        if not found:
            raise ValueError(
                f"This transform looks at labels of {leaf.label!r}, but there are none: name an entry beside it in "
                "BboxParams(label_fields=...), or give the boxes a fifth column."
            )
        labels = found[0] if len(found) == 1 and np.ndim(found[0]) else found
        return labels if isinstance(labels, jax.Array) else _together(labels)

    def _box_sets(self) -> list[Leaf]:
        sets = self._state.layout.kind("bboxes")
        if not sets:
            raise ValueError("This transform looks at boxes, but the sample has none: add an entry 'bboxes'.")
        return sets


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
        op = stored(op)
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
        return door(self.layout, self.values, group, buffer)

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
            height, width = canvas.extent
            inside = (jnp.arange(picture.shape[1]) < height)[:, None] & (jnp.arange(picture.shape[2]) < width)
            return jnp.where(inside[..., None], picture, jnp.zeros((), picture.dtype))
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
        own = self._door(leaf.group)
        return _ratio(self._door(self.layout.home), own)

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
        edges = to_edges(rows, params.format, own.size)
        zoom = self._zoom(leaf)
        edges = edges * jnp.tile(zoom, 2)
        home = self._door(self.layout.home)
        if params.clip:
            height, width = home.measured()
            edges = jnp.clip(edges, 0.0, jnp.stack([width, height, width, height]))
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


def door(layout: Layout, values: list[Any], group: Path, buffer: Size | None = None) -> Canvas:
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


def label_fields(settings: Settings, leaf: Leaf) -> tuple[str, ...]:
    """Names of the entries that are labels of a row target."""
    if leaf.kind in BOXES and settings.bbox_params is not None:
        return fields_of(settings.bbox_params.label_fields, leaf.name, "bboxes")
    if leaf.kind == "keypoints" and settings.keypoint_params is not None:
        return fields_of(settings.keypoint_params.label_fields, leaf.name, "keypoints")
    return ()


def _together(labels: Any) -> Array | np.ndarray:
    """Labels, one by one or in an array, as one array; words stay with NumPy."""
    if any(isinstance(label, jax.Array) for label in labels):
        return jnp.stack([jnp.asarray(label) for label in labels])
    return np.asarray(labels)


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


def _cut(picture: Array, erase: Erase, region: Array, kind: str) -> Array:
    """A picture (height, width, channels) of some kind of target with a region cut out."""
    if kind == "image":
        return erase.on_image(picture, region)
    if kind in VECTORS and erase.fill_mask is not None:
        # A label is no vector: where masks are filled, there is none.
        erase = struct.replace(erase, fill_mask=0.0)
    return erase.on_mask(picture, region)


def _advance(picture: Array, canvas: Canvas, ops: list[Any], kind: str) -> tuple[Array, Canvas]:
    """A picture (frames, height, width, channels) through a list of ops, neighbours of one family together."""
    stage: list[Any] = []
    family = ""
    touched = False

    def change(fn: Any) -> None:
        # What one family leaves is stored, or the next one would make every pixel anew wherever it reads it.
        nonlocal picture, touched
        picture, touched = fn(stored(picture) if touched else picture), True

    def settle() -> None:
        if family == "warp":
            change(lambda p: _over_frames(lambda frame: _read(frame, stage, kind), p))
        elif family == "pixels":
            change(lambda p: apply_pixels(p, stage, canvas))

    for op in ops:
        if isinstance(op, tuple):
            erase, holes = op
            settle()
            stage, family = [], ""
            here = stretch(holes, canvas.buffer)
            change(lambda p, e=erase, here=here: _over_frames(lambda frame: _cut(frame, e, here, kind), p))
            continue
        if isinstance(op, Morph) and kind in ("image", "mask"):
            settle()
            stage, family = [], ""
            change(lambda p, op=op, here=canvas: _over_frames(lambda frame: op.on_picture(frame, here), p))
            continue
        if isinstance(op, Morph) or (not isinstance(op, Warp) and kind != "image"):
            continue
        of = "warp" if isinstance(op, Warp) else "pixels"
        if of != family:
            settle()
            stage, family = [], of
        if isinstance(op, Warp):
            canvas = op.canvas_out
        stage = [*stage, op]
    settle()
    return picture, canvas


def _over_frames(fn: Any, picture: Array) -> Array:
    return fn(picture[0])[None] if picture.shape[0] == 1 else jax.vmap(fn)(picture)
