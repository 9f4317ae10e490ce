"""Randomness: keys derived from names, so that adding one draw changes no other."""

from __future__ import annotations

import zlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def check_key(key: Any) -> Array:
    """A typed or raw PRNG key as a typed one.

    Raises:
        TypeError: it is no key.
        ValueError: it is a batch of keys.
    """
    dtype = getattr(key, "dtype", None)
    if dtype is None or not isinstance(key, jax.Array | np.ndarray):
        raise TypeError(
            f"key must be a JAX PRNG key, got {type(key).__name__}. "
            "Make one with jax.random.key(seed) and pass it first."
        )
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        typed = jnp.asarray(key)
    elif dtype == jnp.uint32 and key.ndim >= 1:
        typed = jax.random.wrap_key_data(jnp.asarray(key))
    else:
        raise TypeError(
            f"key must be a JAX PRNG key, got an array of dtype {dtype} and shape {key.shape}. "
            "Make one with jax.random.key(seed) and pass it first."
        )
    if typed.shape != ():
        raise ValueError(
            f"key must be a single key, got {typed.shape[0]} keys of shape {typed.shape}. Use "
            "jax.vmap(augment)(keys, batch) for a key per sample, or augment.batch(key, batch) with one key."
        )
    return typed


def named(key: Array, name: str, occurrence: int = 0) -> Array:
    """The key of a child: a fold of its name and of how many of that name came before it."""
    return jax.random.fold_in(key, zlib.crc32(f"{name}:{occurrence}".encode()))


class Draw:
    """The random numbers of one transform in one sample, each with a key of its own.

    Ranges are pairs (low, high), whose ends may be traced.
    """

    def __init__(self, key: Array) -> None:
        self._key = key
        self._used: set[str] = set()

    def key(self, name: str) -> Array:
        """A key for one named draw.

        Raises:
            ValueError: the name was used before, so two draws would be equal.
        """
        if name in self._used:
            raise ValueError(f"The draw {name!r} is made twice with one key: give it another name.")
        self._used.add(name)
        return named(self._key, name)

    def key_data(self, name: str) -> Array:
        """A key as an array of words that a plan can store, for fields that `jaxaug.functional.noise` makes."""
        return jax.random.key_data(self.key(name))

    def uniform(self, name: str, limits: Any = (0.0, 1.0), shape: tuple[int, ...] = ()) -> Array:
        """Floats, evenly from the range."""
        low, high = (jnp.asarray(v, jnp.float32) for v in limits)
        return low + (high - low) * jax.random.uniform(self.key(name), shape)

    def integer(self, name: str, limits: Any, shape: tuple[int, ...] = ()) -> Array:
        """Integers, evenly from the range, both ends included."""
        low, high = (jnp.floor(jnp.asarray(v, jnp.float32)) for v in limits)
        u = jax.random.uniform(self.key(name), shape)
        return jnp.minimum(low + jnp.floor(u * (high - low + 1)), high).astype(jnp.int32)

    def normal(self, name: str, shape: tuple[int, ...] = ()) -> Array:
        """Standard normal floats."""
        return jax.random.normal(self.key(name), shape)

    def permutation(self, name: str, n: int) -> Array:
        """The numbers 0 to n - 1 in random order."""
        return jax.random.permutation(self.key(name), n)

    def coin(self, name: str, p: Any) -> Array:
        """True with probability p."""
        return jax.random.uniform(self.key(name)) < p
