"""Grey dilation and erosion: the brightest or darkest pixel of a neighbourhood."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize


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


def dilate_or_erode(picture: Array, size: tuple[int, int], *, grows: bool) -> Array:
    """The brightest or darkest pixel of an ellipse around each; what lies outside the picture never wins.

    Args:
        picture: (height, width, channels), of any dtype; each channel is changed by itself.
        size: (width, height) of the ellipse, anchored at its middle pixel.
        grows: the brightest, else the darkest.
    """
    rows, columns, channels = picture.shape
    width, height = size
    lose = loser(picture.dtype, grows=grows)
    best = jnp.maximum if grows else jnp.minimum
    # Rows in which channels alternate: loops over the channels of each pixel are slow.
    flat = _rimmed(picture.reshape(rows, columns * channels), size, channels, lose)
    lines, across, done = [], None, set[int]()
    for places, alike in _lines(ellipse(width, height)):
        # The best along each line of the ellipse, from the shortest on, which lies within the next.
        shifted = [flat[:, j * channels : (j + columns) * channels] for j in places if j not in done]
        across, done = functools.reduce(best, shifted if across is None else [across, *shifted]), {*places}
        across = materialize(across) if len(places) > 1 else across
        lines += [across[i : i + rows] for i in alike]
    return functools.reduce(best, lines).reshape(picture.shape)


def loser(dtype: Any, *, grows: bool) -> Any:
    """The value of a dtype that no dilation shows, or no erosion."""
    return _least(dtype) if grows else _greatest(dtype)


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
