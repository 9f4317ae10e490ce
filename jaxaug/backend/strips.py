"""Loops over strips of a picture, so that what each keeps in memory stays in the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import Array

from jaxaug.backend.struct import is_concrete

#: Pixels whose coordinates, reads and results fit into the second-level cache of a core; and too few for a strip.
STRIP, SCRAP = 2**15, 2**12


def in_strips(fn: Callable[[Any], Array], grids: Any) -> Array:
    """A function of each pixel, on CPUs from strip to strip, so that what it keeps in memory stays in the cache.

    Args:
        fn: takes a pytree of arrays (rows, width), of any number of rows, and returns such an array.
        grids: the pytree, of arrays (height, width).
    """
    leaves = jax.tree.leaves(grids)
    height, width = leaves[0].shape
    count = next((n for n in range(1, height + 1) if height % n == 0 and height * width <= n * STRIP), height)
    if count == 1 or height * width < SCRAP * count or all(is_concrete(leaf) for leaf in leaves):
        return fn(grids)

    def one_by_one(grids: Any) -> Array:
        strips = jax.tree.map(lambda a: a.reshape(count, height // count, width), grids)
        return jax.lax.map(fn, strips).reshape(height, width)

    return jax.lax.platform_dependent(grids, cpu=one_by_one, default=fn)
