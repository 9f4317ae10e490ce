"""What compilers must be told: branches, arrays kept in memory, constants they may not look into, backends.

Each function says which habit of a compiler it is for; `tests/test_backend.py` shows when it may go.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from jaxaug.backend.struct import is_concrete, unknown_leaves

T = TypeVar("T")


def both(a: Any, b: Any) -> Any:
    """Logical and that stays known where it can."""
    if a is True:
        return b
    if b is True:
        return a
    return jnp.logical_and(a, b)


def either(a: Any, b: Any) -> Any:
    """Logical or that stays known where it can."""
    if a is True or b is True:
        return True
    if a is False:
        return b
    if b is False:
        return a
    return jnp.logical_or(a, b)


def branch(condition: Any, yes: Callable[..., Any], no: Callable[..., Any], operand: Any) -> Any:
    """One of two functions of an operand: chosen at once where the condition is known, else when the program runs."""
    if is_concrete(condition):
        return yes(operand) if bool(condition) else no(operand)
    return jax.lax.cond(condition, yes, no, operand)


def materialize(tree: T) -> T:
    """The same arrays, kept in memory before anything reads them.

    XLA for CPUs fuses the making of an array into the loops that read it. Where those read neighbours or other
    channels, the loop becomes scalar and makes every value several times over. No compiler moves work across a branch
    on a value that it does not know, so on CPUs this becomes one. Its two sides give the same, which a barrier in one
    of them hides; a barrier alone is gone before loops are made.
    """
    unknown, with_others = unknown_leaves(tree)
    return with_others(_materialize.bind(*unknown)) if unknown else tree


_materialize = Primitive("materialize")
_materialize.multiple_results = True


def _branched(*arrays: Array) -> list[Array]:
    # Mapped over nothing, there are no values.
    some = next((a for a in arrays if a.size), None)
    if some is None:
        return list(arrays)
    return jax.lax.cond(_never(some), jax.lax.optimization_barrier, lambda t: t, list(arrays))


def _same(*arrays: Array) -> list[Array]:
    return list(arrays)


_materialize.def_impl(_same)
_materialize.def_abstract_eval(_same)
mlir.register_lowering(_materialize, mlir.lower_fun(_same, multiple_results=True))
mlir.register_lowering(_materialize, mlir.lower_fun(_branched, multiple_results=True), platform="cpu")
batching.primitive_batchers[_materialize] = lambda arrays, axes: (_materialize.bind(*arrays), axes)
ad.primitive_jvps[_materialize] = lambda arrays, changes: (_materialize.bind(*arrays), list(changes))


def _never(array: Any) -> Array:
    """What is false for every array that occurs, which no compiler knows."""
    first = jnp.asarray(array).reshape(-1)[:1].astype(jnp.float32)
    return jax.lax.bitcast_convert_type(first, jnp.int32)[0] == 0x7FC0DEAD


def opaque_constant(leaf: Any, among: Any) -> Any:
    """A leaf of which no compiler knows the values, if it is a picture and anything among some others is unknown.

    A picture that a traced function holds as a constant would be worked on by the compiler, which takes long; and XLA
    for CPUs forgets that a constant is transposed when it reads its words as bytes.
    """
    if not is_concrete(leaf) or getattr(leaf, "ndim", 0) < 2 or not counts(leaf.dtype):
        return leaf
    # Any one of them may be known to the compiler.
    never = [_never(other) for other in jax.tree.leaves(among) if not is_concrete(other) and jnp.size(other)]
    if not never:
        return leaf
    leaf = jnp.asarray(leaf, jax.dtypes.canonicalize_dtype(leaf.dtype))
    return jnp.where(functools.reduce(jnp.logical_or, never), jnp.zeros((), leaf.dtype), leaf)


def counts(dtype: Any) -> bool:
    """Whether values of a dtype are numbers or flags, and not keys."""
    return jnp.issubdtype(dtype, np.number) or jnp.issubdtype(dtype, np.bool_)


def exact_ratio(length: Any, parts: Any) -> Any:
    """`length / parts`, rounded once also where the length is drawn: XLA multiplies by the reciprocal of a constant."""
    if is_concrete(length):
        return length / parts
    return length / jnp.where(length >= 0, jnp.asarray(parts, jnp.float32), 1.0)


def by_backend(tpu: Callable[..., T], other: Callable[..., T], *operands: Any) -> T:
    """One of two functions of some operands that mean the same: the first on TPUs, the second elsewhere."""
    if all(is_concrete(leaf) for leaf in jax.tree.leaves(operands)):
        return (tpu if jax.default_backend() == "tpu" else other)(*operands)
    return jax.lax.platform_dependent(*operands, tpu=tpu, default=other)
