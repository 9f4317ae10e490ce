"""Fields of random numbers that cost no more than the picture they are added to.

JAX's own generators are made for statistics and cost ten times as much as a picture's noise needs. These hash the index
of each number with the key: two rounds of multiplying and folding, after Wellons' search for integer hashes with the
least bias ("triple32"). They give the same bits on every platform.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def random_bits(key_data: Any, shape: tuple[int, ...]) -> Array:
    """Random 32-bit words.

    Args:
        key_data: (2 or more,) uint32, such as `jax.random.key_data(key)`.
        shape: of the result.

    Example:
        >>> import jax
        >>> random_bits(jax.random.key_data(jax.random.key(0)), (3,)).dtype
        dtype('uint32')
    """
    return bits_at(key_data, jnp.arange(math.prod(shape), dtype=jnp.uint32)).reshape(shape)


def bits_at(key_data: Any, place: Array) -> Array:
    """The random words of some places of a field, which are numbered row by row, in the shape of `place`."""
    words = jnp.asarray(key_data, jnp.uint32).reshape(-1)
    h = place.astype(jnp.uint32)
    for word in range(words.shape[0]):
        h = (h + words[word]) * np.uint32(0x9E3779B9)
        for fold, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
            h = (h ^ (h >> fold)) * np.uint32(factor)
        h = h ^ (h >> 14)
    return h


def random_uniform(key_data: Any, shape: tuple[int, ...]) -> Array:
    """Floats in (0, 1), evenly.

    Args:
        key_data: (2 or more,) uint32.
        shape: of the result.

    Example:
        >>> import jax
        >>> bool(random_uniform(jax.random.key_data(jax.random.key(0)), (100,)).max() < 1)
        True
    """
    return uniform_at(key_data, jnp.arange(math.prod(shape), dtype=jnp.uint32)).reshape(shape)


def uniform_at(key_data: Any, place: Array) -> Array:
    """The same for some places of a field."""
    bits = bits_at(key_data, place) >> 9
    return (bits.astype(jnp.int32).astype(jnp.float32) + 0.5) * np.float32(2.0**-23)


def random_normal(key_data: Any, shape: tuple[int, ...]) -> Array:
    """Standard normal floats.

    Args:
        key_data: (2 or more,) uint32.
        shape: of the result.

    Example:
        >>> import jax
        >>> random_normal(jax.random.key_data(jax.random.key(0)), (2, 3)).shape
        (2, 3)
    """
    return normal_at(key_data, jnp.arange(math.prod(shape), dtype=jnp.uint32)).reshape(shape)


def normal_at(key_data: Any, place: Array) -> Array:
    """The same for some places of a field."""
    return np.float32(np.sqrt(2.0)) * jax.lax.erf_inv(2.0 * uniform_at(key_data, place) - 1.0)
