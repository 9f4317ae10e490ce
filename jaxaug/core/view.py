"""What a transform may look at while it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete
from jaxaug.core.sample import Leaf, Size, canonical
from jaxaug.core.settings import label_fields
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Canvas, Warp

if TYPE_CHECKING:
    from jaxaug.engine.state import State


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
        return self.canvas.blanked(picture)

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


def _together(labels: Any) -> Array | np.ndarray:
    """Labels, one by one or in an array, as one array; words stay with NumPy."""
    if any(isinstance(label, jax.Array) for label in labels):
        return jnp.stack([jnp.asarray(label) for label in labels])
    return np.asarray(labels)
