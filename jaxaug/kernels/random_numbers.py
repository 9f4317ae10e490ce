"""Fields of random numbers that cost no more than the picture they are added to.

JAX's own generators are made for statistics and cost ten times as much as a picture's noise needs. These hash the index
of each number with the key, by multiplying and folding as in Wellons' integer hash with the least bias he found
("triple32"). They give the same bits on every platform.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings


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


def bits_at(key_data: Any, index: Array) -> Array:
    """The random 32-bit words with some numbers: equal numbers have equal words.

    Args:
        key_data: (2 or more,) uint32.
        index: integers of any shape.
    """
    key = jnp.asarray(key_data, jnp.uint32).reshape(-1)
    return hashed(index.astype(jnp.uint32), key[0], key[1:].sum(dtype=jnp.uint32))


def hashed(index: Any, outer: Array, inner: Array) -> Array:
    """The words of numbers by a key, of which its first word enters at once and the sum of the others half way."""
    h = (index + outer) * np.uint32(0x9E3779B9)
    h = (h ^ (h >> 17)) * np.uint32(0xED5AD4BB)
    # The second word enters half way, so that the fields of two keys are no shifts of each other.
    h = h + inner
    h = (h ^ (h >> 11)) * np.uint32(0xAC4C1B51)
    h = (h ^ (h >> 15)) * np.uint32(0x31848BAB)
    return h ^ (h >> 14)


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
    return unit_floats(random_bits(key_data, shape) >> 9, 23)


def uniform_at(key_data: Any, index: Array) -> Array:
    """The floats in (0, 1) with some numbers: equal numbers have equal floats."""
    return unit_floats(bits_at(key_data, index) >> 9, 23)


def places(height: int, width: int, channels: int = 1) -> Array:
    """(height, width * channels) numbers of the values of a picture, the same whatever its size: the top left part of a
    field of random numbers is the field of a smaller picture.

    Args:
        height, width: of the picture.
        channels: of each pixel, which have the number of their pixel.
    """
    return place(jnp.arange(height)[:, None], np.arange(width * channels) // channels)


def place(row: Any, column: Any) -> Array:
    """The number of a pixel whatever the size of its picture."""
    return (jnp.asarray(row).astype(jnp.uint32) << 16) + jnp.asarray(column).astype(jnp.uint32)


def plane_keys(key_data: Any, planes: Any) -> Array:
    """(..., 2) keys of planes of a field, one for each number."""
    key = jnp.asarray(key_data, jnp.uint32).reshape(-1)
    inner = key[1:].sum(dtype=jnp.uint32) + jnp.asarray(planes).astype(jnp.uint32) * np.uint32(0x85EBCA6B)
    return jnp.stack([jnp.broadcast_to(key[0], inner.shape), inner], axis=-1)


@with_own_settings
def uniform_field(key_data: Any, planes: int, height: int, width: int) -> Array:
    """(planes, height, width) floats in (0, 1), evenly, of which a smaller field is the top left part.

    Example:
        >>> import jax, numpy as np
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> bool((uniform_field(key, 2, 3, 4) == uniform_field(key, 5, 6, 7)[:2, :3, :4]).all())
        True
    """
    return unit_floats(_field(key_data, planes, places(height, width)) >> 9, 23)


@with_own_settings
def normal_field(key_data: Any, planes: int, height: int, width: int) -> Array:
    """(planes, height, width) standard normal floats, up to 4.8, of which a smaller field is the top left part.

    Example:
        >>> import jax, numpy as np
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> bool((normal_field(key, 2, 3, 4) == normal_field(key, 5, 6, 7)[:2, :3, :4]).all())
        True
    """
    # A word makes two numbers, one above the other.
    pairs = normal_pairs(_field(key_data, planes, places((height + 1) // 2, width)))
    return jnp.stack(pairs, axis=2).reshape(planes, -1, width)[:, :height]


def _field(key_data: Any, planes: int, index: Array) -> Array:
    keys = plane_keys(key_data, np.arange(planes))
    return hashed(index, keys[:, 0, None, None], keys[:, 1, None, None])


def unit_floats(bits: Array, count: int) -> Array:
    """Words below 2 ** count as floats in (0, 1)."""
    return (bits.astype(jnp.int32).astype(jnp.float32) + 0.5) * np.float32(2.0**-count)


def random_normal(key_data: Any, shape: tuple[int, ...]) -> Array:
    """Standard normal floats, up to 4.8.

    Args:
        key_data: (2 or more,) uint32.
        shape: of the result.

    Example:
        >>> import jax
        >>> random_normal(jax.random.key_data(jax.random.key(0)), (2, 3)).shape
        (2, 3)

    The method of Box and Muller: one word makes the radius, the direction and the signs of two numbers.
    """
    count = math.prod(shape)
    pairs = normal_pairs(random_bits(key_data, ((count + 1) // 2,)))
    return jnp.concatenate(pairs)[:count].reshape(shape)


def normal_pairs(bits: Array) -> list[Array]:
    """Two standard normal floats for each word."""
    radius = jnp.sqrt(-jnp.log(unit_floats(bits >> 16, 16)))
    # A direction within the quarter about 45 degrees, as an angle from there; its cosine and sine by their series.
    angle = (unit_floats((bits >> 2) & 0x3FFF, 14) - 0.5) * np.float32(np.pi / 2)
    square = angle * angle
    sine = angle * (1 - square * (1 / 6 - square * (1 / 120 - square * (1 / 5040))))
    cosine = 1 - square * (1 / 2 - square * (1 / 24 - square * (1 / 720 - square * (1 / 40320))))
    one = jnp.where(bits & 1 == 0, radius, -radius) * (cosine - sine)
    other = jnp.where(bits & 2 == 0, radius, -radius) * (cosine + sine)
    return materialize([one, other])


@with_own_settings
def poisson_field(key_data: Any, mean: Array) -> Array:
    """Poisson variates as floats, of which those of a smaller field are the top left part.

    Args:
        key_data: (2 or more,) uint32.
        mean: (planes, height, width) of each, at least 0.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> bool((poisson_field(jax.random.key_data(jax.random.key(0)), jnp.zeros((1, 2, 2))) == 0).all())
        True

    The methods of `jax.random.poisson`: Knuth's for means below ten, Hörmann's rejection for others.
    """
    mean = jax.lax.stop_gradient(mean)
    keys, index = plane_keys(key_data, np.arange(mean.shape[0])), places(*mean.shape[1:])

    def uniform(number: Any) -> Array:
        inner = keys[:, 1] + (jnp.asarray(number, jnp.uint32) + 1) * np.uint32(0xC2B2AE35)
        return unit_floats(hashed(index, keys[:, 0, None, None], inner[:, None, None]) >> 9, 23)

    small = mean < 10
    return jnp.where(
        small, _knuth(uniform, jnp.where(small, mean, 0.0)), _hormann(uniform, jnp.where(small, 1e5, mean))
    )


def poisson_counts(uniform: Array, mean: Any) -> Array:
    """Poisson variates of one mean from floats in (0, 1), by inversion: as many steps as the largest of them.

    Args:
        uniform: (...,) floats.
        mean: a number of at least 0; above 60 it counts as 60.

    Example:
        >>> import jax.numpy as jnp
        >>> poisson_counts(jnp.array([0.2, 0.6, 0.99]), 1.0)
        Array([0., 1., 4.], dtype=float32)
    """
    mean = jnp.minimum(jax.lax.stop_gradient(jnp.asarray(mean, jnp.float32)), 60.0)
    most = uniform.max()

    def step(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        k, share, below, count = state
        return k + 1, share * mean / (k + 1), below + share, count + (uniform > below + share).astype(count.dtype)

    # Shares that no longer add up to more end it too.
    start = (jnp.zeros(()), jnp.exp(-mean), jnp.zeros(()), jnp.zeros_like(uniform))
    return jax.lax.while_loop(lambda s: (s[2] <= most) & (s[0] < 200), step, start)[3]


def _knuth(uniform: Any, mean: Array) -> Array:
    """Poisson variates: how many uniform numbers it takes until their product is below exp(-mean)."""

    def multiply(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        i, count, log_product = state
        log_product = log_product + jnp.log(uniform(i))
        return i + 1, count + (log_product > -mean), log_product

    start = jnp.zeros((), jnp.uint32), jnp.zeros_like(mean), jnp.zeros_like(mean)
    return jax.lax.while_loop(lambda state: (state[2] > -mean).any(), multiply, start)[1]


def _hormann(uniform: Any, mean: Array) -> Array:
    """Poisson variates by transformed rejection with squeeze (Hörmann 1993, PTRS), for means of ten or more."""
    b = 0.931 + 2.53 * jnp.sqrt(mean)
    a = -0.059 + 0.02483 * b
    scale, limit = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)

    def propose(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        i, count, found = state
        u, v = uniform(2 * i) - 0.5, uniform(2 * i + 1)
        edge = 0.5 - jnp.abs(u)
        k = jnp.floor((2 * a / edge + b) * u + mean + 0.43)
        likely = (edge >= 0.07) & (v <= limit)
        out = (k < 0) | ((edge < 0.013) & (v > edge))
        fits = jnp.log(v * scale / (a / (edge * edge) + b)) <= -mean + k * jnp.log(mean) - jax.lax.lgamma(k + 1)
        accepted = likely | (~out & fits)
        return i + 1, jnp.where(accepted & ~found, k, count), found | accepted

    start = jnp.zeros((), jnp.uint32), jnp.zeros_like(mean), jnp.zeros(mean.shape, bool)
    return jax.lax.while_loop(lambda state: ~state[2].all(), propose, start)[1]


def random_beta(key_data: Any, a: Any, b: Any) -> Array:
    """A float of the distribution Beta(a, b), by `jax.random.beta`.

    Args:
        key_data: (2 or more,) uint32.
        a, b: above 0.
    """
    return jax.random.beta(_threefry(key_data), a, b)


def random_log_gamma(key_data: Any, a: Any, shape: tuple[int, ...]) -> Array:
    """Logarithms of floats of the distribution Gamma(a, 1), by `jax.random.loggamma`.

    Args:
        key_data: (2 or more,) uint32.
        a: above 0.
        shape: of the result.
    """
    return jax.random.loggamma(_threefry(key_data), a, shape, jnp.float32)


def _threefry(key_data: Any) -> Array:
    """A key of JAX's default generator from any raw key data."""
    words = jnp.asarray(key_data, jnp.uint32).reshape(-1)
    pair = jnp.stack([words[::2].sum(dtype=jnp.uint32), words[1::2].sum(dtype=jnp.uint32)])
    return jax.random.wrap_key_data(pair, impl="threefry2x32")
