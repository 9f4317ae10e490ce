"""Two tools against what compilers do with data they cannot know: branches, and arrays kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

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
