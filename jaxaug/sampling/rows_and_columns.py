"""Mixing rows of a picture, and then its columns: they are rows of the transpose, so that loops run over whole vectors.

A picture (height, width, channels) is a table of height rows, and its transpose one of width rows of channels * height
values. Nothing ever looks at a pixel by itself, whatever its channels are.
"""

from __future__ import annotations

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
STRIP = 2**16
#: The whole number that stands for a weight of one, and the levels that stand for one of 8 bits.
ONE, FINE = np.uint32(1 << 15), np.uint32(1 << 8)


def read_rows_and_columns(picture: Array, down: Taps, across: Taps, fill: Any, fills: Fills) -> Array:
    """Reads a picture at some rows and some columns.

    Args:
        picture: (height, width, channels); one of 8 bits that is read linearly is mixed in 256ths of a level.
        down, across: what the outputs' rows and columns read.
        fill: what shows where the weights inside the picture do not sum to one.
        fills: what the borders of later steps lay over it.
    """
    height, width, channels = picture.shape
    in_levels = picture.dtype == jnp.uint8 and len(down.pairs) == 2
    mix, blend = (_mix_levels, _blend_levels) if in_levels else (_mix_floats, _blend_floats)

    def colour(of: Any) -> Array:
        value = fill_values(of, picture)
        return round_to(value, jnp.uint8) if in_levels else value

    def strip(given: tuple[Array, Taps, Taps, list[Array]]) -> Array:
        picture, down, across, covers = given
        rows = mix(picture.reshape(height, width * channels), down, jnp.tile(colour(fill), width))
        turned = materialize(rows.T).reshape(width, channels * len(rows))
        out = mix(turned, across, jnp.repeat(colour(fill), len(rows))).reshape(-1, channels, len(rows))
        for cover, over in reversed(list(zip(covers, colours, strict=True))):
            out = blend(out, cover.T[:, None], over[:, None])
        out = materialize(_to_levels(out) if in_levels else round_to(out, picture.dtype))
        return materialize(out.reshape(-1, len(rows)).T).reshape(len(rows), -1, channels)

    def in_strips(given: tuple[Array, Taps, Taps, list[Array]]) -> Array:
        picture, down, across, covers = given
        rows = -(-count // strips)
        last = strips * rows - count
        parts = jax.tree.map(
            lambda a: jnp.pad(a, ((0, last), *[(0, 0)] * (a.ndim - 1)), "edge").reshape(strips, rows, *a.shape[1:]),
            (down, covers),
        )
        out = jax.lax.map(lambda part: strip((picture, part[0], across, part[1])), parts)
        return out.reshape(-1, *out.shape[2:])[:count]

    colours = [colour(over) for _, over in fills]
    count, given = down.pairs[0][0].size, (picture, down, across, [cover for cover, _ in fills])
    strips = -(-count * across.pairs[0][0].size // STRIP)
    return strip(given) if strips == 1 else jax.lax.platform_dependent(given, cpu=in_strips, default=strip)


def _mix_floats(table: Array, taps: Taps, fill: Array) -> Array:
    """(m, k) rows of a table (n, k), mixed, and a fill (k,) where their weights do not sum to one."""
    out = total(take_rows(table, i).astype(jnp.float32) * w[:, None] for i, w in taps.pairs)
    return out if taps.inside is None else out + (1 - taps.inside)[:, None] * fill


def _blend_floats(value: Array, cover: Array, fill: Array) -> Array:
    return value * cover + (1 - cover) * fill


def _mix_levels(table: Array, taps: Taps, fill: Array) -> Array:
    """The same of levels: uint8, or uint16 in 256ths, which are returned; a fill is of uint8."""
    (before, _), (after, weight) = taps.pairs
    last = _whole(weight)
    first = ONE - last if taps.inside is None else jnp.minimum(_whole(taps.pairs[0][1]), ONE - last)
    shares = materialize([first, last, ONE - first - last])
    terms = [(take_rows(table, i), share) for i, share in zip((before, after), shares, strict=False)]
    coarse = table.dtype == jnp.uint8
    if taps.inside is not None:
        terms.append((fill if coarse else fill.astype(jnp.uint16) * np.uint16(FINE), shares[2]))
    unit = ONE // FINE if coarse else ONE
    mixed = total(values.astype(jnp.uint32) * share[:, None] for values, share in terms)
    return ((mixed + unit // 2) // unit).astype(jnp.uint16)


def _blend_levels(value: Array, cover: Array, fill: Array) -> Array:
    share = _whole(cover)
    mixed = value.astype(jnp.uint32) * share + fill.astype(jnp.uint32) * FINE * (ONE - share)
    return ((mixed + ONE // 2) // ONE).astype(jnp.uint16)


def _to_levels(out: Array) -> Array:
    return ((out.astype(jnp.uint32) + FINE // 2) // FINE).astype(jnp.uint8)


def _whole(share: Array) -> Array:
    """A weight in [0, 1] as a whole number."""
    return jnp.round(share * np.float32(ONE)).astype(jnp.int32).astype(jnp.uint32)
