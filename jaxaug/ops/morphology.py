"""The Morphology family: what is bright or dark grows, in images, masks and boxes alike."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.boxes import Boxes
from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, materialize
from jaxaug.backend.struct import static, switch
from jaxaug.geometry.warp import Canvas, both


def ellipse(width: int, height: int) -> np.ndarray:
    """The filled ellipse of OpenCV's `MORPH_ELLIPSE`, (height, width) bool.

    Example:
        >>> ellipse(3, 3).astype(int)
        array([[0, 1, 0],
               [1, 1, 1],
               [0, 1, 0]])
    """
    if width == height == 1:
        return np.ones((1, 1), bool)
    rows, columns = height // 2, width // 2
    dy = np.arange(height) - rows
    share = np.clip(rows * rows - dy * dy, 0, None) / max(rows * rows, 1)
    reach = np.rint(columns * np.sqrt(share))[:, None]
    inside = np.abs(np.arange(width) - columns) <= reach
    return inside & (np.abs(dy) <= rows)[:, None]


@struct.struct
class Morph:
    """An op of the family: a grey dilation or erosion with an ellipse, which what lies outside a picture never wins.

    Args:
        active: whether it is applied.
        size: (width, height) of the ellipse, anchored at its middle pixel.
        operation: dilation or erosion.
        name: what drew it.
    """

    active: Any = switch(default=True)
    size: tuple[int, int] = static(default=(1, 1))
    operation: str = static(default="dilation")
    name: str = static(default="Morph")

    def gate(self, on: Any) -> Morph:
        return struct.replace(self, active=both(self.active, on))

    def on_picture(self, picture: Array, canvas: Canvas) -> Array:
        """A picture (height, width, channels) with each channel changed by itself.

        Args:
            picture: an image or a mask.
            canvas: how much of the buffer it fills.
        """
        return branch(self.active, lambda p: self._change(p, canvas), lambda p: p, picture)

    def _change(self, picture: Array, canvas: Canvas) -> Array:
        rows, columns, channels = picture.shape
        width, height = self.size
        grows = self.operation == "dilation"
        lose = _least(picture.dtype) if grows else _greatest(picture.dtype)
        picture = canvas.blanked(picture, lose)
        best = jnp.maximum if grows else jnp.minimum
        # Rows in which channels alternate: loops over the channels of each pixel are slow.
        flat = _rimmed(picture.reshape(rows, columns * channels), self.size, channels, lose)
        lines, across, done = [], None, set[int]()
        for places, alike in _lines(ellipse(width, height)):
            # The best along each line of the ellipse, from the shortest on, which lies within the next.
            shifted = [flat[:, j * channels : (j + columns) * channels] for j in places if j not in done]
            across, done = functools.reduce(best, shifted if across is None else [across, *shifted]), {*places}
            across = materialize(across) if len(places) > 1 else across
            lines += [across[i : i + rows] for i in alike]
        return functools.reduce(best, lines).reshape(picture.shape)

    def on_boxes(self, boxes: Boxes, size: tuple[Any, Any]) -> Boxes:
        """Boxes that grow or shrink as a filled rectangle does.

        Args:
            boxes: in pixels of the reference.
            size: (height, width) of its picture.
        """
        y, x = (side - n // 2 for side, n in zip(np.nonzero(ellipse(*self.size)), self.size[::-1], strict=True))
        reach = np.array([x.max(), y.max(), x.min(), y.min()], np.float32)
        if self.operation == "erosion":
            reach = reach[[2, 3, 0, 1]]
        return boxes.resized(-reach, self.active, size)


def _lines(shape: np.ndarray) -> list[tuple[tuple[int, ...], list[int]]]:
    """The rows of an ellipse as the columns that they hold, with all rows that are alike; short ones first.

    Example:
        >>> _lines(ellipse(3, 3))
        [((1,), [0, 2]), ((0, 1, 2), [1])]
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, row in enumerate(shape):
        alike.setdefault(tuple(np.flatnonzero(row).tolist()), []).append(i)
    return sorted(alike.items(), key=lambda pair: len(pair[0]))


def _rimmed(rows: Array, size: tuple[int, int], channels: int, value: Any) -> Array:
    """Rows of pixels with a rim for an ellipse; `jnp.pad` makes it too, by a loop that asks where each value lies."""
    width, height = size
    sides = [(width // 2) * channels, (width - 1 - width // 2) * channels]
    wide = materialize(_between(rows, sides, value, axis=1))
    return materialize(_between(wide, [height // 2, height - 1 - height // 2], value, axis=0))


def _between(rows: Array, sides: list[int], value: Any, axis: int) -> Array:
    """An array between two blocks of a value."""
    shapes = [(rows.shape[0], n) if axis else (n, rows.shape[1]) for n in sides]
    before, after = (jnp.full(shape, value, rows.dtype) for shape in shapes)
    return jnp.concatenate([before, rows, after], axis=axis)


def _least(dtype: Any) -> Any:
    if jnp.issubdtype(dtype, jnp.bool_):
        return False
    return jnp.iinfo(dtype).min if jnp.issubdtype(dtype, jnp.integer) else -jnp.inf


def _greatest(dtype: Any) -> Any:
    if jnp.issubdtype(dtype, jnp.bool_):
        return True
    return jnp.iinfo(dtype).max if jnp.issubdtype(dtype, jnp.integer) else jnp.inf
