"""Mixtures of packed 8-bit pixels in whole numbers: 256ths of a level, two channels to a word.

A product with a weight takes one multiplication for each channel and no conversion, and loses less than a 256th of a
level.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

#: The weight of all.
ONE = np.uint32(65535)
_HIGH, _LOW = np.uint32(0xFF00FF00), np.uint32(0x00FF00FF)

Lanes = tuple[Array, ...]


def unpack_lanes(words: Array, channels: int) -> Lanes:
    """Packed pixels (see `jaxaug.kernels.pixel_packing`) as words of two levels each: channels 0 and 2, and 1 and 3."""
    even = (words << 8) & (_HIGH if channels > 2 else np.uint32(0xFF00))
    if channels == 1:
        return (even,)
    return even, words & (_HIGH if channels > 3 else np.uint32(0xFF00))


def to_weight(share: Array) -> Array:
    """A weight in [0, 1] as a whole number."""
    return jnp.round(share * np.float32(ONE)).astype(jnp.int32).astype(jnp.uint32)


def weighted_sum(terms: Sequence[tuple[Lanes, Array]], channels: int) -> Lanes:
    """A sum of pixels with weights that add up to `ONE` at most.

    Args:
        terms: pixels and their weights.
        channels: of the pixels.

    Example:
        >>> import jax.numpy as jnp
        >>> black, white = (unpack_lanes(jnp.uint32(w), 1) for w in (0, 255))
        >>> most = to_weight(jnp.float32(0.75))
        >>> int(pack_lanes(weighted_sum([(black, most), (white, ONE - most)], 1)))
        64
    """
    out = []
    for lane in range(len(terms[0][0])):
        pair = channels > lane + 2
        # Half a unit for each product, whose remainder is cut off.
        start = np.uint32((0x00010001 if pair else 1) * ((len(terms) + 1) // 2))
        out.append(sum((_product(lanes[lane], share, pair=pair) for lanes, share in terms), jnp.asarray(start)))
    return tuple(out)


def _product(lane: Array, share: Array, *, pair: bool) -> Array:
    if not pair:
        return (lane * share) >> 16
    return (((lane & 0xFFFF) * share) >> 16) | (((lane >> 16) * share) & np.uint32(0xFFFF0000))


def pack_lanes(lanes: Lanes) -> Array:
    """Packed pixels, rounded to the nearest level."""
    half = np.uint32(0x00800080)
    words = ((lanes[0] + half) >> 8) & _LOW
    return words if len(lanes) == 1 else words | ((lanes[1] + half) & _HIGH)
