"""What a transform may look at while it draws."""

from __future__ import annotations

from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.outside_jit import look
from jaxaug.core.annotation import Annotation
from jaxaug.core.canvas import Canvas
from jaxaug.core.layout import Leaf, SampleLayout, entry_of
from jaxaug.core.settings import Settings
from jaxaug.core.types import Scalar, Size


class Traversal(Protocol):
    """A sample under way, as far as a view shows it."""

    layout: SampleLayout
    values: list[Any]
    settings: Settings
    canvas: Canvas
    has_moved: bool

    def picture(self, leaf: Leaf) -> Array:
        """A picture (frames, height, width, channels) with all ops so far applied."""
        ...

    def rows(self, leaf: Leaf) -> Annotation:
        """An annotation with all ops so far applied."""
        ...


class View:
    """What a transform may look at while it draws: the sample as transformed so far.

    Args:
        traversal: the sample under way.
    """

    def __init__(self, traversal: Traversal) -> None:
        self._traversal = traversal

    @property
    def canvas(self) -> Canvas:
        """Where the reference picture is kept."""
        return self._traversal.canvas

    @property
    def size(self) -> tuple[Scalar, Scalar]:
        """(height, width) of the reference picture; known numbers, unless it lies in a larger buffer."""
        return self.canvas.size

    @property
    def picture_name(self) -> str:
        """The reference picture in words, for messages about its size."""
        label = self._traversal.layout.reference_label
        return "the picture" if label in ("", "image") else f"the reference picture {label!r}"

    @property
    def height(self) -> Any:
        return self.size[0]

    @property
    def width(self) -> Any:
        return self.size[1]

    def depth(self, name: str) -> int:
        """The number of slices of the volumes.

        Args:
            name: what asks, for the message.

        Raises:
            ValueError: the sample has no volume, or several of different depths.
        """
        shapes = {
            leaf.label: int(self._traversal.picture(leaf).shape[0])
            if leaf.depth_axis == 0
            else int(self._traversal.values[leaf.index].shape[leaf.depth_axis])
            for leaf in self._traversal.layout.pictures
            if leaf.depth_axis is not None
        }
        if len(set(shapes.values())) != 1:
            raise ValueError(
                f"{name} needs volumes of one depth: entries such as 'volume' or 'mask3d'; the sample has "
                f"{shapes or 'none'}."
            )
        return next(iter(shapes.values()))

    def drawn(self, buffer: Size, height: Any, width: Any) -> Canvas:
        """The canvas of a result whose size is drawn.

        Args:
            buffer: (height, width) that holds the largest.
            height, width: of this one, in whole pixels.

        Returns:
            A canvas of exactly that size where it is known, outside `jit`; else the buffer and how much is filled.
        """
        if self.canvas.extent is None and look(height, width):
            return Canvas((int(height), int(width)))
        extent = jnp.stack([jnp.asarray(n, jnp.float32) for n in (height, width)])
        return Canvas(buffer, jnp.clip(extent, 1.0, np.array(buffer, np.float32)))

    def has(self, kind: str) -> bool:
        """Whether the sample holds a target of a kind, such as `mask` or `bboxes`."""
        return bool(self._traversal.layout.kind(kind))

    def entry(self, name: str) -> Any:
        """What the sample holds under a name that the transform declares (see `jaxaug.core.arguments.entry`).

        It is no target: neither moved nor returned changed.

        Args:
            name: of the entry.

        Returns:
            The value, or nested dicts and lists of values.

        Raises:
            ValueError: the sample has no such entry.
        """
        return entry_of(self._traversal.layout, self._traversal.values, name)

    def mask(self) -> Array:
        """The first mask as (frames, height, width, channels).

        Raises:
            ValueError: the sample has no mask.
        """
        masks = self._traversal.layout.kind("mask")
        if not masks:
            raise ValueError("This transform looks at a mask, but the sample has none.")
        return self._on_reference(next((m for m in masks if m.name == "mask"), masks[0]))

    def depth_map(self) -> Array:
        """(height, width) the first map of depths, of the size of the reference picture's buffer and 0 beyond it.

        Raises:
            ValueError: the sample has none.
        """
        maps = self._traversal.layout.kind("depth")
        if not maps:
            raise ValueError("This transform looks at depths, but the sample has none.")
        return self._on_reference(next((m for m in maps if m.name == "depth"), maps[0]))[0, :, :, 0]

    def region(self, name: str) -> Array:
        """(height, width) bool: where a region is, in pixels of the reference picture.

        Args:
            name: of a mask, or of a declared entry (h, w) that is above 0 there: of the size of the array in which the
                picture is kept, else stretched over the picture.

        Raises:
            ValueError: there is no such entry or it is no mask, or it is no target and the picture has moved since.
        """
        targets = [leaf for leaf in self._traversal.layout.kind("mask") if leaf.name == name]
        if targets:
            return (self._on_reference(targets[0]) > 0).any(axis=(0, 3))
        value = self.entry(name)
        if np.ndim(value) not in (2, 3):
            raise ValueError(f"{name!r} must hold a region (h, w), above 0 inside, got shape {np.shape(value)}.")
        if self._traversal.has_moved:
            raise ValueError(
                f"{name!r} shows the picture as it came in, but the picture has moved since. Name the entry in "
                f"additional_targets={{{name!r}: 'mask'}}, so that it moves along, or cut out first."
            )
        shown = jnp.asarray(value).reshape(*np.shape(value)[:2], -1) > 0
        if shown.shape[:2] != self.canvas.buffer:
            for axis, true in enumerate(self.size):
                length = shown.shape[axis]
                at = jnp.arange(self.canvas.buffer[axis]) * length // jnp.asarray(true).astype(jnp.int32)
                shown = jnp.take(shown, at, axis=axis, mode="clip")
        return shown.any(axis=2) & self.canvas.inside()

    def _on_reference(self, leaf: Leaf) -> Array:
        """A picture (frames, height, width, channels) read to the nearest pixels of the reference's buffer."""
        picture = self._traversal.picture(leaf)
        height, width = self.canvas.buffer
        if picture.shape[1:3] != (height, width):
            rows = jnp.arange(height) * picture.shape[1] // height
            columns = jnp.arange(width) * picture.shape[2] // width
            picture = picture[:, rows][:, :, columns]
        return self.canvas.blanked(picture)

    def boxes(self) -> tuple[Array, Array]:
        """Every box of the sample.

        Returns:
            (N, 4) x_min, y_min, x_max, y_max in pixels of the reference picture, and (N,) rows that are in use.

        Raises:
            ValueError: the sample has no boxes.
        """
        found: list[Any] = [self._traversal.rows(leaf) for leaf in self._box_sets()]
        return jnp.concatenate([b.enclose() for b in found]), jnp.concatenate([b.valid for b in found])

    def box(self, name: str) -> Array:
        """(4,) x_min, y_min, x_max, y_max of one box in pixels of the reference picture.

        Args:
            name: of a target of boxes, whose first row counts, or of a declared entry of four numbers in pixels.

        Raises:
            ValueError: there is no such entry, or four numbers and a picture that has moved since.
        """
        targets = [leaf for leaf in self._traversal.layout.kind("bboxes") if leaf.name == name]
        if targets:
            rows: Any = self._traversal.rows(targets[0])
            return rows.enclose()[0]
        parts = jax.tree.leaves(self.entry(name))
        numbers = jnp.concatenate([jnp.asarray(part, jnp.float32).reshape(-1) for part in parts])
        if numbers.shape != (4,):
            raise ValueError(
                f"{name!r} must hold x_min, y_min, x_max, y_max in pixels, got {numbers.shape[0]} numbers."
            )
        if self._traversal.has_moved:
            raise ValueError(
                f"{name!r} counts pixels of the picture as it came in, but the picture has moved since. Name the entry "
                f"in additional_targets={{{name!r}: 'bboxes'}}, so that it moves along, or crop first."
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
        boxes: Any = self._traversal.rows(leaf)
        return boxes.enclose(), boxes.valid, self._labels(leaf)

    def _labels(self, leaf: Leaf) -> Array | np.ndarray:
        values = self._traversal.values
        fields = self._traversal.settings.label_fields(leaf)
        if not fields and values[leaf.index].shape[1] > 4:
            return jnp.asarray(values[leaf.index])[..., 4].reshape(-1)
        found = [values[other.index] for other in self._traversal.layout.beside(leaf) if other.name in fields[:1]]
        if not found:
            raise ValueError(
                f"This transform looks at labels of {leaf.label!r}, but there are none: name an entry beside it in "
                "BboxParams(label_fields=...), or give the boxes a fifth column."
            )
        labels = found[0] if len(found) == 1 and np.ndim(found[0]) else found
        one = labels if isinstance(labels, jax.Array) else _as_one(labels)
        shape = values[leaf.index].shape[:-1]
        # Labels that frames share count for the boxes of each.
        return (
            one if len(shape) == 1 else (jnp if isinstance(one, jax.Array) else np).broadcast_to(one, shape).reshape(-1)
        )

    def _box_sets(self) -> list[Leaf]:
        sets = self._traversal.layout.kind("bboxes")
        if not sets:
            raise ValueError("This transform looks at boxes, but the sample has none: add an entry 'bboxes'.")
        return sets


def _as_one(labels: Any) -> Array | np.ndarray:
    """Labels, one by one or in an array, as one array; strings stay with NumPy."""
    if any(isinstance(label, jax.Array) for label in labels):
        return jnp.stack([jnp.asarray(label) for label in labels])
    return np.asarray(labels)
