"""Randomness: keys derived from names, so that adding one draw changes no other."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.kernels.random_draws import draw_coin, draw_normal, draw_uniform
from jaxaug.kernels.random_numbers import random_beta, random_bits, random_log_gamma


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


def child_keys(key: Array, names: Sequence[str]) -> list[Array]:
    """A key per child: a fold of its name and of how many of that name came before it."""
    labels = [f"{name}:{list(names[:i]).count(name)}" for i, name in enumerate(names)]
    if not labels:
        return []
    hashes = np.array([zlib.crc32(label.encode()) for label in labels], np.uint32)
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, hashes)
    return [keys[i] for i in range(len(labels))]


class Draw:
    """The random numbers of one transform in one sample, each with a key of its own.

    Ranges are pairs (low, high), whose ends may be traced.
    """

    def __init__(self, key: Array) -> None:
        self._key = jax.random.key_data(key).reshape(-1)
        self._used: set[str] = set()

    def key(self, name: str) -> Array:
        """The key of one named draw, as words that a plan can store and `jaxaug.functional` makes numbers from.

        Raises:
            ValueError: the name was used before, so two draws would be equal.
        """
        return self._key ^ np.array(self._marks(name), np.uint32)

    def _marks(self, name: str) -> tuple[int, ...]:
        if name in self._used:
            raise ValueError(f"The draw {name!r} is made twice with one key: give it another name.")
        self._used.add(name)
        return tuple(zlib.crc32(f"{name}:{i}".encode()) for i in range(self._key.shape[0]))

    def _unit(self, name: str, shape: tuple[int, ...]) -> Array:
        """Floats in (0, 1)."""
        return draw_uniform(self._key, self._marks(name), math.prod(shape), 0.0, 1.0).reshape(shape)

    def uniform(self, name: str, limits: Any = (0.0, 1.0), shape: tuple[int, ...] = ()) -> Array:
        """Floats, evenly from the range."""
        low, high = limits
        if jnp.ndim(low) or jnp.ndim(high):
            low, high = (jnp.asarray(v, jnp.float32) for v in limits)
            return low + (high - low) * self._unit(name, shape)
        return draw_uniform(self._key, self._marks(name), math.prod(shape), low, high).reshape(shape)

    def integer(self, name: str, limits: Any, shape: tuple[int, ...] = ()) -> Array:
        """Integers, evenly from the range, both ends included."""
        low, high = (jnp.floor(jnp.asarray(v, jnp.float32)) for v in limits)
        u = self._unit(name, shape)
        return jnp.minimum(low + jnp.floor(u * (high - low + 1)), high).astype(jnp.int32)

    def offset(self, name: str, room: Any, shape: tuple[int, ...] = ()) -> Array:
        """Whole numbers from 0 to the room that is left, evenly; the room may have the shape of the result."""
        return jnp.floor(self._unit(name, shape) * (room + 1)).astype(jnp.int32)

    def normal(self, name: str, shape: tuple[int, ...] = ()) -> Array:
        """Standard normal floats."""
        return draw_normal(self._key, self._marks(name), math.prod(shape)).reshape(shape)

    def permutation(self, name: str, n: int) -> Array:
        """The numbers 0 to n - 1 in random order."""
        return jnp.argsort(random_bits(self.key(name), (n,)))

    def coin(self, name: str, p: Any) -> Array:
        """True with probability p."""
        return draw_coin(self._key, self._marks(name), p)

    def beta(self, name: str, a: Any, b: Any) -> Array:
        """A float of the distribution Beta(a, b)."""
        return random_beta(self.key(name), a, b)

    def log_gamma(self, name: str, a: Any, shape: tuple[int, ...] = ()) -> Array:
        """Logarithms of floats of the distribution Gamma(a, 1), of which a softmax is one of Dirichlet(a, ..., a)."""
        return random_log_gamma(self.key(name), a, shape)
