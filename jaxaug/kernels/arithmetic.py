"""Arithmetic where that of `jax.numpy` does not do.

`jnp.minimum` and `jnp.maximum` keep NaN, which takes CPUs three instructions. Those here do not, and are for kernels
that compute more than they read.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array


def fast_minimum(a: Any, b: Any) -> Array:
    """The smaller of two floats."""
    return jnp.where(a < b, a, b)


def fast_maximum(a: Any, b: Any) -> Array:
    """The larger of two floats."""
    return jnp.where(a > b, a, b)


def clip_unit(value: Array) -> Array:
    """Floats cut to [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> clip_unit(jnp.array([-0.5, 0.25, 2.0]))
        Array([0.  , 0.25, 1.  ], dtype=float32)
    """
    return fast_minimum(1.0, fast_maximum(0.0, value))


def finite_sqrt(square: Array) -> Array:
    """A square root whose slope is finite at zero.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(finite_sqrt(jnp.float32(4.0))), float(jax.grad(finite_sqrt)(0.0))
        (2.0, 0.0)
    """
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def interpolate(x: Any, places: Any, values: Any) -> Array:
    """Linear between values at some places, and constant beyond them.

    What `jnp.interp` gives; that is an operation of a kind of its own on jax 0.12, which no primitive that holds a
    program may hold.

    Args:
        x: where it is asked for.
        places: (N,) at least two, in ascending order.
        values: (N,) there.

    Example:
        >>> import jax.numpy as jnp
        >>> interpolate(jnp.array([-1.0, 0.5, 3.0]), jnp.array([0.0, 1.0, 2.0]), jnp.array([0.0, 10.0, 30.0])).tolist()
        [0.0, 5.0, 30.0]
    """
    x, places, values = (jnp.asarray(v) for v in (x, places, values))
    last = places.shape[0] - 2
    below, step = jnp.zeros(x.shape, jnp.int32), 1 << max(last, 1).bit_length()
    while step := step // 2:
        probe = jnp.minimum(below + step, last)
        below = jnp.where(jnp.take(places, probe, mode="clip") <= x, probe, below)
    start, end = (jnp.take(places, below + i, mode="clip") for i in (0, 1))
    first, second = (jnp.take(values, below + i, mode="clip") for i in (0, 1))
    length = end - start
    share = jnp.clip((x - start) / jnp.where(length > 0, length, 1.0), 0.0, 1.0)
    return first + share * (second - first)


def ends_reached(ends: Array, at: Array) -> Array:
    """(m,) how many of some ends (n,) do not lie beyond each of some places (m,).

    Compares all with all: `jnp.searchsorted` of newer versions of JAX cannot stand in programs that are kept.

    Example:
        >>> import jax.numpy as jnp
        >>> ends_reached(jnp.array([2, 5]), jnp.array([1, 2, 7])).tolist()
        [0, 1, 2]
    """
    return (ends[None, :] <= at[:, None]).sum(axis=1, dtype=jnp.int32)
