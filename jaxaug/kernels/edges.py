"""Edges of pictures, as lines a pixel wide."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.filters import inside_picture, pad_picture

#: The tangent of 22.5 degrees in 32768ths.
SLOPE = 13573


@with_own_settings
def canny(levels: Array, low: int, high: int, *, size: Any) -> Array:
    """Edges by Canny's method.

    Args:
        levels: (H, W) of 0 to 255.
        low: above it, edges that touch stronger ones count.
        high: above it, edges count by themselves.
        size: true (height, width).

    Returns:
        (H, W) bool.

    After Canny, "A computational approach to edge detection", 1986, in the integers of OpenCV: gradients by Sobel's
    filters, as strong as both parts summed, compared along the nearest of four directions.
    """
    near = _neighbours(pad_picture(levels.astype(jnp.int32), 1, size))
    right, left = (near(-1, side) + 2 * near(0, side) + near(1, side) for side in (1, -1))
    below, above = (near(side, -1) + 2 * near(side, 0) + near(side, 1) for side in (1, -1))
    across, down = materialize((right - left, below - above))
    strength = jnp.where(inside_picture(levels.shape, size), jnp.abs(across) + jnp.abs(down), 0)
    beside = _neighbours(jnp.pad(materialize(strength), 1))
    flat = jnp.abs(across) * SLOPE
    rise = jnp.abs(down) << 15
    level, upright = rise < flat, rise > flat + (jnp.abs(across) << 16)
    falling = (across ^ down) >= 0
    slanting = jnp.where(
        falling,
        (strength > beside(-1, -1)) & (strength > beside(1, 1)),
        (strength > beside(-1, 1)) & (strength > beside(1, -1)),
    )
    peak = jnp.where(
        level,
        (strength > beside(0, -1)) & (strength >= beside(0, 1)),
        jnp.where(upright, (strength > beside(-1, 0)) & (strength >= beside(1, 0)), slanting),
    )
    lines = materialize(peak & (strength > low))
    return _grown(lines & (strength > high), lines)


def _grown(strong: Array, lines: Array) -> Array:
    """All lines that touch strong ones, corners counted, through others."""

    def grow(state: tuple[Array, Array]) -> tuple[Array, Array]:
        edges, _ = state
        tall = materialize(jnp.pad(edges, ((1, 1), (0, 0))))
        wide = materialize(jnp.pad(tall[:-2] | tall[1:-1] | tall[2:], ((0, 0), (1, 1))))
        wider = lines & (wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:])
        return wider, jnp.any(wider != edges)

    return jax.lax.while_loop(lambda state: state[1], grow, (strong, jnp.any(lines & ~strong)))[0]


def _neighbours(padded: Array) -> Any:
    """A function of a row and a column away: what lies there, of an array with a margin of one."""
    rows, columns = (n - 2 for n in padded.shape)
    kept = materialize(padded)
    return lambda row, column: jax.lax.slice(kept, (1 + row, 1 + column), (1 + row + rows, 1 + column + columns))
