"""The most frequent level of a square around every pixel."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize

#: Levels that are told apart.
LEVELS = 256
#: A level that comes no more often than this is not frequent.
RARE = 2


def most_frequent(levels: Array, side: int, step: int, size: tuple[Any, Any]) -> Array:
    """The most frequent level of a square around every value, each channel by itself.

    Args:
        levels: (height, width * step) uint8, in which neighbours are `step` apart.
        side: of the square, odd.
        step: channels in a row.
        size: true (height, width) of the picture; what lies outside does not count.

    Returns:
        Levels of uint8: of several that are equally frequent the lowest; the value itself where none comes more often
        than twice.

    Example:
        >>> import jax.numpy as jnp
        >>> most_frequent(jnp.array([[7, 9, 7, 9, 9, 7]], jnp.uint8), 5, 1, (1, 6)).tolist()
        [[7, 9, 9, 9, 9, 7]]
    """
    shape, reach = levels.shape, side // 2
    counts = jnp.uint8 if side * side < LEVELS else jnp.uint16
    rows, columns = (jnp.arange(n) // apart < true for n, apart, true in zip(shape, (1, step), size, strict=True))
    black = jnp.where(rows[:, None] & columns[None], levels, 0)
    padded = materialize(jnp.pad(black, ((reach, reach), (reach * step, reach * step))))
    # Black around the picture is counted below and taken off here.
    down, along = (_neighbours(flags, reach, apart) for flags, apart in ((rows, 1), (columns, step)))
    beyond = materialize((side * side - down[:, None] * along[None]).astype(counts))

    def window(row: Any, column: Any) -> Array:
        return jax.lax.dynamic_slice(padded, (row, column * step), shape)

    def compare(place: Any, best: Array) -> Array:
        """The best of what was found before and of one value of the square, by how often it comes there."""
        one = window(place // side, place % side)

        def count(row: Any, total: Array) -> Array:
            for column in range(side):
                total = total + (window(row, column) == one).astype(counts)
            return total

        often = jax.lax.fori_loop(0, side, count, jnp.where(one == 0, (-beyond).astype(counts), counts(0)))
        # Frequent before rare, low before high.
        return jnp.maximum(best, often.astype(jnp.uint32) * LEVELS + (LEVELS - 1 - one.astype(jnp.uint32)))

    best = jax.lax.fori_loop(0, side * side, compare, jnp.zeros(shape, jnp.uint32))
    found = (LEVELS - 1 - best % LEVELS).astype(jnp.uint8)
    return jnp.where(best // LEVELS > RARE, found, levels)


def _neighbours(flags: Array, reach: int, step: int) -> Array:
    """(N,) how many of the flags within a reach are set, the flag itself too."""
    padded = jnp.pad(flags.astype(jnp.int32), reach * step)
    return sum((padded[i * step : i * step + flags.shape[0]] for i in range(2 * reach + 1)), jnp.int32(0))
