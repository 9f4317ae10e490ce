"""Mixing rows of a picture, and then its columns: they are rows of the transpose, so that loops run over whole vectors.

A picture (height, width, channels) is a table of height rows, and its transpose one of width rows of channels * height
values. Nothing ever looks at a pixel by itself, whatever its channels are. Transposing takes as long for a word as for
a byte, so two levels with fractions, and later four without, go as one word: those of rows that lie half and a quarter
of all rows apart, because whole rows are joined and parted in vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.gather import take_rows
from jaxaug.core.fill import fill_values
from jaxaug.kernels.dtype import round_to
from jaxaug.sampling.interpolation import Taps
from jaxaug.sampling.steps import Fills, total

#: Pixels of a result beyond which strips of it are made one after another, so that what they keep stays in the cache.
FLOATS = 2**16
#: The same of levels. A loop would have the picture copied out of its batch: they are written out, few of them.
LEVELS, MOST_STRIPS = 2**17, 4
#: Rows of levels in a word.
ROWS = 4
#: The whole number that stands for a weight of one, and the levels that stand for one of 8 bits.
ONE, FINE = np.uint32(1 << 15), np.uint32(1 << 8)

Strip = tuple[Array, Taps, Taps, list[Array]]


def read_rows_and_columns(picture: Array, down: Taps, across: Taps, fill: Any, fills: Fills) -> Array:
    """Reads a picture at some rows and some columns.

    Args:
        picture: (height, width, channels); one of 8 bits that is read linearly is mixed in 256ths of a level.
        down, across: what the outputs' rows and columns read.
        fill: what shows where the weights inside the picture do not sum to one.
        fills: what the borders of later steps lay over it.
    """
    in_levels = picture.dtype == jnp.uint8 and len(down.pairs) == 2
    read = _read_levels if in_levels else _read_floats
    colours = [fill_values(of, picture) for of in (fill, *(over for _, over in fills))]
    count, columns = down.pairs[0][0].size, across.pairs[0][0].size

    def in_strips(strips: int) -> Callable[[Strip], Array]:
        rows = -(-count // strips)
        rows += -rows % ROWS if in_levels else 0
        last = strips * rows - count

        def joined(given: Strip) -> Array:
            picture, down, across, covers = given
            own = jax.tree.map(
                lambda a: jnp.pad(a, ((0, last), *[(0, 0)] * (a.ndim - 1)), "edge").reshape(strips, rows, *a.shape[1:]),
                (down, covers),
            )

            def strip(own: tuple[Taps, list[Array]]) -> Array:
                return read(picture, own[0], across, own[1], colours)

            if in_levels or strips == 1:
                out = jnp.stack([strip(jax.tree.map(lambda a, i=i: a[i], own)) for i in range(strips)])
            else:
                out = jax.lax.map(strip, own)
            return out.reshape(-1, *out.shape[2:])[:count]

        return joined

    given = picture, down, across, [cover for cover, _ in fills]
    pixels = count * columns
    strips = min(-(-pixels // LEVELS), MOST_STRIPS) if in_levels else -(-pixels // FLOATS)
    if strips <= 1:
        return in_strips(1)(given)
    return jax.lax.platform_dependent(given, cpu=in_strips(strips), default=in_strips(1))


def _read_floats(picture: Array, down: Taps, across: Taps, covers: list[Array], colours: list[Array]) -> Array:
    """What the outputs' rows and columns read, and colours where covers are less than one."""
    height, width, channels = picture.shape
    rows = _mix_floats(picture.reshape(height, width * channels), down, jnp.tile(colours[0], width))
    turned = materialize(rows.T).reshape(width, channels * len(rows))
    out = _mix_floats(turned, across, jnp.repeat(colours[0], len(rows))).reshape(-1, channels, len(rows))
    for cover, colour in reversed(list(zip(covers, colours[1:], strict=True))):
        out = out * cover.T[:, None] + (1 - cover.T[:, None]) * colour[:, None]
    out = materialize(round_to(out, picture.dtype))
    return materialize(out.reshape(-1, len(rows)).T).reshape(len(rows), -1, channels)


def _mix_floats(table: Array, taps: Taps, fill: Array) -> Array:
    """(m, k) rows of a table (n, k), mixed, and a fill (k,) where their weights do not sum to one."""
    out = total(take_rows(table, i).astype(jnp.float32) * w[:, None] for i, w in taps.pairs)
    return out if taps.inside is None else out + (1 - taps.inside)[:, None] * fill


def _read_levels(picture: Array, down: Taps, across: Taps, covers: list[Array], colours: list[Array]) -> Array:
    """The same of uint8, for a number of rows that is one of words."""
    height, width, channels = picture.shape
    fill, *over = (round_to(colour, jnp.uint8).astype(jnp.uint32) for colour in colours)
    shares = _shares(down)
    rows = _mixed(
        [take_rows(picture.reshape(height, width * channels), i).astype(jnp.uint32) for i, _ in down.pairs],
        shares,
        jnp.tile(fill, width),
        ONE // FINE,
    )
    half, quarter = len(rows) // 2, len(rows) // ROWS
    turned = materialize((rows[:half] | (rows[half:] << 16)).T).reshape(width, channels * half)
    reads, shares, fill = [take_rows(turned, i) for i, _ in across.pairs], _shares(across), jnp.repeat(fill, half)

    def levels(reads: list[Array], own: slice) -> Array:
        """One of the rows in each word, of some covers."""
        out = _mixed(reads, shares, fill * FINE, ONE).reshape(-1, channels, half)
        for cover, colour in reversed(list(zip(covers, over, strict=True))):
            share = _whole(cover[own].T[:, None])
            out = (out * share + colour[:, None] * FINE * (ONE - share) + ONE // 2) // ONE
        return ((out + FINE // 2) // FINE).reshape(-1, half)

    upper = levels([words & 0xFFFF for words in reads], slice(half))
    two = upper | (levels([words >> 16 for words in reads], slice(half, None)) << 16)
    four = materialize(materialize(two[:, :quarter] | (two[:, quarter:] << 8)).T)
    shifts = 8 * jnp.arange(ROWS, dtype=jnp.uint32)[:, None, None]
    return (four[None] >> shifts).astype(jnp.uint8).reshape(len(rows), -1, channels)


def _shares(taps: Taps) -> list[Array]:
    """Weights of two taps, and of a fill where they do not sum to one, as whole numbers that do."""
    last = _whole(taps.pairs[1][1])
    first = ONE - last if taps.inside is None else jnp.minimum(_whole(taps.pairs[0][1]), ONE - last)
    rest = [] if taps.inside is None else [ONE - first - last]
    return [share[:, None] for share in materialize([first, last, *rest])]


def _mixed(values: list[Array], shares: list[Array], fill: Array, unit: np.uint32) -> Array:
    """The sum of whole numbers, and a fill, by their shares, in multiples of a unit, rounded."""
    mixed = total(value * share for value, share in zip([*values, fill], shares, strict=False))
    return (mixed + unit // 2) // unit


def _whole(share: Array) -> Array:
    """A weight in [0, 1] as a whole number."""
    return jnp.round(share * np.float32(ONE)).astype(jnp.int32).astype(jnp.uint32)
