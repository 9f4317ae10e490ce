"""The median of a square around every pixel, by a network of comparisons that knows no data.

The columns of a square are sorted, then its rows, after which both are in order. By then most places are known to lie
below or above the median, and most of the remaining comparisons to change nothing: the 0-1 principle (Knuth, "The art
of computer programming", volume 3, 5.3.4) tells which, because a square in order has few patterns of zeros and ones.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.kernels.arithmetic import fast_maximum, fast_minimum

#: Side of the largest square for which there is a network.
WIDEST_NETWORK = 9


class Comparison(NamedTuple):
    """Puts the values of two places in order, of which one may be needed no more.

    Args:
        low, high: the places.
        keeps_low, keeps_high: whether the smaller and the larger value are looked at later.
    """

    low: int
    high: int
    keeps_low: bool = True
    keeps_high: bool = True


def sorting_network(places: list[int]) -> list[Comparison]:
    """Comparisons that sort the values of some places, after Batcher's merging of odd and even ones."""
    count, out = len(places), []
    span = 1
    while span < count:
        step = span
        while step:
            for start in range(step % span, count - step, 2 * step):
                for i in range(start, min(start + step, count - step)):
                    if i // (2 * span) == (i + step) // (2 * span):
                        out.append(Comparison(places[i], places[i + step]))
            step //= 2
        span *= 2
    return out


@functools.cache
def median_network(side: int) -> tuple[Comparison, ...]:
    """Comparisons after which the middle place of a square of `side` x `side` holds the median.

    Example:
        >>> len(median_network(3))
        20
    """
    grid = np.arange(side * side).reshape(side, side)
    lines = [sorting_network(list(line)) for line in (*grid.T, *grid)]
    # In a square in order, this many values are known to be at most, and at least, that of a place.
    place = np.arange(1, side + 1)
    below, above = place[:, None] * place, place[::-1, None] * place[::-1]
    half = (side * side + 1) // 2
    open_ = grid[(below <= half) & (above <= half)]
    # Listed along the diagonals on which values rise least, the middle one is in the middle.
    order = sorted(open_, key=lambda i: (i // side + i % side, i // side))
    last = _changing(sorting_network([int(i) for i in order]), side)
    middle = int(order[len(order) // 2])
    return tuple(_needed([*itertools.chain(*lines), *last], middle))


def _changing(network: list[Comparison], side: int) -> list[Comparison]:
    """The comparisons that change anything in squares of which rows and columns are in order."""
    paths = itertools.combinations(range(2 * side), side)
    # Row by row, how many zeros stand before the ones; never more than in the row above.
    zeros = (np.array(list(paths)) - np.arange(side))[:, ::-1]
    values = (np.arange(side) >= zeros[:, :, None]).reshape(-1, side * side)
    out = []
    for c in network:
        turned = values[:, c.low] & ~values[:, c.high]
        if turned.any():
            out.append(c)
            values[:, c.low] &= ~turned
            values[:, c.high] |= turned
    return out


def _needed(network: list[Comparison], wanted: int) -> list[Comparison]:
    """The comparisons on which one place depends."""
    needed, out = {wanted}, []
    for c in reversed(network):
        keeps = c.low in needed, c.high in needed
        if any(keeps):
            out.append(Comparison(c.low, c.high, *keeps))
            needed |= {c.low, c.high}
    return out[::-1]


def median(flat: Array, side: int, step: int) -> Array:
    """The median of a square around every value; beyond the edge the outermost pixels go on.

    Args:
        flat: (height, width * step) of any dtype, in which neighbours are `step` apart.
        side: of the square, odd.
        step: channels in a row.

    Example:
        >>> median(jnp.array([[1, 1, 9, 1, 1]]), 3, 1)
        Array([[1, 1, 1, 1, 1]], dtype=int32)
    """
    height, width = flat.shape
    reach = side // 2
    pixels = jnp.pad(flat.reshape(height, -1, step), ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    padded = materialize(pixels.reshape(height + 2 * reach, -1))
    if side > WIDEST_NETWORK:
        return _by_counting(padded, side, step, flat.shape)
    values = [
        jax.lax.slice(padded, (row, column * step), (row + height, column * step + width))
        for row in range(side)
        for column in range(side)
    ]
    network = median_network(side)
    for c in network:
        low, high = values[c.low], values[c.high]
        if c.keeps_low:
            values[c.low] = fast_minimum(low, high)
        if c.keeps_high:
            values[c.high] = fast_maximum(low, high)
    return materialize(values[network[-1].low if network[-1].keeps_low else network[-1].high])


def _by_counting(padded: Array, side: int, step: int, shape: tuple[int, ...]) -> Array:
    """The same, found bit by bit as the largest number that no more than half of the square lies below."""
    keys = padded if jnp.issubdtype(padded.dtype, jnp.unsignedinteger) else _ordered_bits(padded)
    bits, half = keys.dtype.itemsize * 8, (side * side + 1) // 2

    def settle(i: Array, known: Array) -> Array:
        trial = known | (jnp.ones((), keys.dtype) << (bits - 1 - i).astype(keys.dtype))

        def count(tap: Array, below: Array) -> Array:
            window = jax.lax.dynamic_slice(keys, (tap // side, tap % side * step), shape)
            return below + (window < trial).astype(jnp.uint16)

        below = jax.lax.fori_loop(0, side * side, count, jnp.zeros(shape, jnp.uint16))
        return jnp.where(below < half, trial, known)

    found = jax.lax.fori_loop(0, bits, settle, jnp.zeros(shape, keys.dtype))
    return found if keys is padded else _floats_of(found)


def _ordered_bits(values: Array) -> Array:
    """Floats of 32 bits as whole numbers of the same order."""
    bits = jax.lax.bitcast_convert_type(values.astype(jnp.float32), jnp.uint32)
    return jnp.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _floats_of(keys: Array) -> Array:
    """The inverse."""
    return jax.lax.bitcast_convert_type(jnp.where(keys >> 31, keys & np.uint32(0x7FFFFFFF), ~keys), jnp.float32)
