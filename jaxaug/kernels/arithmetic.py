"""Minimum and maximum in one instruction.

Those of `jax.numpy` look for what is no number, which takes CPUs three. These are for kernels that reckon more than
they read.
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
        >>> clip(jnp.array([-0.5, 0.25, 2.0]))
        Array([0.  , 0.25, 1.  ], dtype=float32)
    """
    return fast_minimum(1.0, fast_maximum(0.0, value))
