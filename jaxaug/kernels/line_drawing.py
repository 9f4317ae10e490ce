"""Lines of any thickness, drawn one over another, without a loop over them."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings


@with_own_settings
def topmost_line(
    buffer: tuple[int, ...], lines: Array, thickness: Array, number: Array, dash: Array, *, steps: int, widest: int
) -> Array:
    """The number of the line that each pixel shows.

    Args:
        buffer: (height, width) of the result.
        lines: (N, 2, 2) x and y of both ends, in pixels whose centres are whole numbers.
        thickness: (N,) in pixels, from 1 to `widest`.
        number: (N,) int32: a line with a larger one lies on top; those with 0 are not drawn.
        dash: (N, 2) a period and how much of it is drawn, in columns or rows.
        steps: the largest number of columns or rows of the buffer that a line has to cross.
        widest: the largest thickness.

    Returns:
        (height, width) int32, 0 where there is no line.

    Example:
        >>> import jax.numpy as jnp
        >>> lines = jnp.array([[[0.0, 0.0], [3.0, 0.0]], [[1.0, 0.0], [1.0, 2.0]]])
        >>> topmost_line((2, 4), lines, jnp.ones(2), jnp.array([2, 1]), jnp.ones((2, 2)), steps=4, widest=1)
        Array([[2, 2, 2, 2],
               [0, 1, 0, 0]], dtype=int32)

    A line that is rather level than upright is a run of pixels in each column, else in each row; those of thickness 1
    have one pixel there. Ends are longer by half the thickness, so that lines which meet there leave no gap.
    """
    height, width = buffer
    way = lines[:, 1] - lines[:, 0]
    upright = jnp.abs(way[:, 1]) > jnp.abs(way[:, 0])
    # Along the line and across: x and y, or the other way round.
    turned = jnp.where(upright[:, None, None], lines[..., ::-1], lines)
    (along, across), (end, _) = turned[:, 0].T, turned[:, 1].T
    rise = turned[:, 1, 1] - across
    slope = rise / jnp.where(end == along, 1.0, end - along)
    stretch = jnp.sqrt(1.0 + slope**2)
    cap = (thickness - 1) / 2
    first = jnp.maximum(jnp.round(jnp.minimum(along, end) - cap), 0.0)
    last = jnp.round(jnp.maximum(along, end) + cap)
    place = first[:, None] + jnp.arange(steps, dtype=jnp.float32)
    middle = across[:, None] + (place - along[:, None]) * slope[:, None]
    half = (jnp.where(thickness <= 1, 1.0, thickness * stretch) / 2)[:, None]
    drawn = jnp.mod(jnp.abs(place - along[:, None]), dash[:, :1]) < dash[:, 1:]
    drawn &= (place <= last[:, None]) & (number > 0)[:, None]
    beside = jnp.ceil(middle - half)[..., None] + jnp.arange(math.ceil(widest * math.sqrt(2)) + 1)
    column, row = (
        jnp.where(upright[:, None, None], a, b) for a, b in ((beside, place[..., None]), (place[..., None], beside))
    )
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    shown = inside & (beside < (middle + half)[..., None]) & drawn[..., None]
    index = jnp.where(shown, row * width + column, height * width).astype(jnp.int32)
    numbers = jnp.broadcast_to(number.astype(jnp.int32)[:, None, None], index.shape)
    table = jnp.zeros(height * width, jnp.int32)
    return table.at[index.reshape(-1)].max(numbers.reshape(-1), mode="drop").reshape(height, width)


def dashes(style: Any, thickness: Any) -> Array:
    """(..., 2) the period, and how much of it is drawn, of solid (0), dashed (1) and dotted (2) lines.

    Args:
        style: (...,) which of them.
        thickness: (...,) in pixels.
    """
    period = jnp.where(style == 1, 6 + 3 * thickness, 3 * thickness)
    drawn = jnp.where(style == 1, 4 + 2 * thickness, thickness)
    return jnp.stack([period, jnp.where(style == 0, period, drawn)], axis=-1).astype(jnp.float32)
