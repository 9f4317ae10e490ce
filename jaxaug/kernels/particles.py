"""Many small shapes at once, without a loop over them: each writes a few numbers to a table of all pixels."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings


@with_own_settings
def disc_sums(buffer: tuple[int, int], x: Array, y: Array, radius: Array, weight: Array, reach: int) -> Array:
    """The weights of the discs that each pixel lies in, summed: each changes a running sum at its ends in every row.

    Args:
        buffer: (height, width) of the result.
        x, y: (N,) middles in pixels, whose centres are whole numbers.
        radius: (N,) in pixels, at most `reach`.
        weight: (N,) of the discs.
        reach: the largest radius.

    Example:
        >>> import jax.numpy as jnp
        >>> at = jnp.array([1.0])
        >>> disc_sums((3, 4), at, at, jnp.array([1.0]), jnp.array([2.0]), 1)
        Array([[0., 2., 0., 0.],
               [2., 2., 2., 0.],
               [0., 2., 0., 0.]], dtype=float32)
    """
    height, width = buffer
    step = jnp.arange(-reach, reach + 1, dtype=jnp.float32)[None]
    row = jnp.round(y)[:, None] + step
    half = jnp.floor(jnp.sqrt(jnp.maximum(radius[:, None] ** 2 - step**2, 0.0)))
    shown = (jnp.abs(step) <= radius[:, None]) & (row >= 0) & (row < height)
    edges = jnp.stack([jnp.round(x)[:, None] - half, jnp.round(x)[:, None] + half + 1])
    place = jnp.clip(row, 0, height - 1) * (width + 1) + jnp.clip(edges, 0, width)
    change = jnp.where(shown, weight[:, None], 0.0)[None] * jnp.array([1.0, -1.0]).reshape(2, 1, 1)
    table = jnp.zeros(height * (width + 1)).at[place.astype(jnp.int32).reshape(-1)].add(change.reshape(-1))
    return jnp.cumsum(table.reshape(height, width + 1), axis=1)[:, :width]


@with_own_settings
def line_cover(buffer: Any, x: Array, y: Array, along: Any, down: Any, steps: int, width: int) -> Array:
    """Which pixels straight lines go through.

    Args:
        buffer: (height, width) of the result.
        x, y: (N,) where they begin, in pixels.
        along, down: where they end, from there; wide ones go down.
        steps: how many points of each are looked at, as many as pixels along it or more.
        width: of the lines; from 2 on they are a pixel or two wider, as OpenCV draws them.

    Returns:
        (height, width) of ones and zeros.

    Example:
        >>> import jax.numpy as jnp
        >>> line_cover((2, 4), jnp.array([0.0]), jnp.array([0.0]), 3.0, 1.0, 4, 1)
        Array([[1., 1., 1., 0.],
               [0., 0., 1., 1.]], dtype=float32)
    """
    rows, columns = buffer
    share = jnp.arange(steps, dtype=jnp.float32) / max(steps - 1, 1)
    if width == 1:
        # Of two pixels that meet at a corner, one beside both is filled too.
        behind = share + 1.0 / max(steps - 1, 1)
        px = jnp.round(x[:, None, None] + jnp.stack([share, jnp.minimum(behind, 1.0)], axis=-1) * along)
        shown: Any = True
    else:
        # As wide across the line, which is wider along a row the more it slants; and it ends round.
        half, row = (width + 1) / 2, jnp.arange(-width - 1, steps + width + 1, dtype=jnp.float32)
        beyond = jnp.maximum(jnp.maximum(-row, row - down), 0.0)
        share = row / jnp.maximum(down, 1.0)
        side = jnp.arange(-2 * width - 1, 2 * width + 2)
        wide = jnp.sqrt(jnp.maximum(half**2 - beyond**2, 0.0) * (1.0 + (along / down) ** 2))
        px = jnp.round(x[:, None] + share * along)[..., None] + side
        shown = (jnp.abs(side) <= wide[:, None]) & (beyond <= half)[:, None]
    py = jnp.broadcast_to(jnp.round(y[:, None] + share * down)[..., None], px.shape)
    shown = shown & (px >= 0) & (px < columns) & (py >= 0) & (py < rows)
    place = jnp.where(shown, py * columns + px, rows * columns).astype(jnp.int32)
    return jnp.zeros(rows * columns).at[place.reshape(-1)].set(1.0, mode="drop").reshape(rows, columns)


@with_own_settings
def topmost_square(buffer: tuple[int, ...], x: Array, y: Array, radius: Array, used: Array, reach: int) -> Array:
    """Which square each pixel shows, of those that are laid one over another.

    Args:
        buffer: (height, width) of the result.
        x, y: (N,) whole numbers: of the pixel to the right of the middle and below it.
        radius: (N,) half the side in pixels, at most `reach`.
        used: (N,) which squares there are.
        reach: the largest radius.

    Returns:
        (height, width) int32: the number of the last square there, -1 where there is none.

    Example:
        >>> import jax.numpy as jnp
        >>> at = jnp.array([1, 2])
        >>> topmost_square((3, 5), at, at - 1, jnp.array([1, 1]), at > 0, 1)
        Array([[ 0,  1,  1, -1, -1],
               [-1,  1,  1, -1, -1],
               [-1, -1, -1, -1, -1]], dtype=int32)
    """
    rows, columns = buffer
    away = jnp.arange(-reach, reach)
    near = (away >= -radius[:, None]) & (away < radius[:, None])
    row, column = (n.astype(jnp.int32)[:, None] + away for n in (y, x))
    down, across = near & (row >= 0) & (row < rows), near & (column >= 0) & (column < columns)
    shown = down[:, :, None] & across[:, None] & used[:, None, None]
    place = jnp.where(shown, row[:, :, None] * columns + column[:, None], rows * columns)
    number = jnp.broadcast_to(jnp.arange(len(x), dtype=jnp.int32)[:, None, None], place.shape)
    table = jnp.full(rows * columns, -1, jnp.int32)
    return table.at[place.reshape(-1)].max(number.reshape(-1), mode="drop").reshape(rows, columns)
