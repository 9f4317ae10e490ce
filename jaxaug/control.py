"""Tools against what compilers do with what they cannot know: branches, arrays kept in memory, strips, backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.struct import is_concrete

T = TypeVar("T")


def branch(condition: Any, yes: Callable[..., Any], no: Callable[..., Any], operand: Any) -> Any:
    """One of two functions of an operand: chosen at once where the condition is known, else when the program runs."""
    if is_concrete(condition):
        return yes(operand) if bool(condition) else no(operand)
    return jax.lax.cond(condition, yes, no, operand)


def stored(tree: T) -> T:
    """The same arrays, kept in memory before anything reads them.

    XLA for CPUs fuses the making of an array into the loops that read it. Where those read neighbours or other
    channels, the loop becomes scalar and makes every value several times over. No compiler moves work across a branch
    on a value that it does not know, so this takes one, whose two sides are equal for every value that occurs.
    """
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.size(leaf)]
    if all(is_concrete(leaf) for leaf in leaves):
        return tree
    first = jnp.asarray(leaves[0]).reshape(-1)[:1].astype(jnp.float32)
    never = jax.lax.bitcast_convert_type(first, jnp.int32)[0] == 0x7FC0DEAD
    return jax.lax.cond(never, lambda t: jax.tree.map(jnp.zeros_like, t), lambda t: t, tree)


def by_backend(tpu: Callable[..., T], other: Callable[..., T], *operands: Any) -> T:
    """One of two functions of some operands that mean the same: the first on TPUs, the second elsewhere."""
    if all(is_concrete(leaf) for leaf in jax.tree.leaves(operands)):
        return (tpu if jax.default_backend() == "tpu" else other)(*operands)
    return jax.lax.platform_dependent(*operands, tpu=tpu, default=other)


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
