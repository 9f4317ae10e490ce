"""Fields of random numbers that cost no more than the picture they are added to.

JAX's own generators are made for statistics and cost ten times as much as a picture's noise needs. These hash the index
of each number with the key, by multiplying and folding as in Wellons' integer hash with the least bias he found
("triple32"). They give the same bits on every platform.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from jaxaug.backend.compiler import materialize
from jaxaug.backend.joined_calls import JOINS
from jaxaug.backend.struct import is_concrete


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
    return _hashed(index.astype(jnp.uint32), key[0], key[1:].sum(dtype=jnp.uint32))


def _hashed(index: Any, outer: Array, inner: Array) -> Array:
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
    return _unit(random_bits(key_data, shape) >> 9, 23)


def uniform_at(key_data: Any, index: Array) -> Array:
    """The floats in (0, 1) with some numbers: equal numbers have equal floats."""
    return _unit(bits_at(key_data, index) >> 9, 23)


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


def uniform_field(key_data: Any, planes: int, height: int, width: int) -> Array:
    """(planes, height, width) floats in (0, 1), evenly, of which a smaller field is the top left part.

    Example:
        >>> import jax, numpy as np
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> bool((uniform_field(key, 2, 3, 4) == uniform_field(key, 5, 6, 7)[:2, :3, :4]).all())
        True
    """
    return _unit(_field(key_data, planes, places(height, width)) >> 9, 23)


def normal_field(key_data: Any, planes: int, height: int, width: int) -> Array:
    """(planes, height, width) standard normal floats, up to 4.8, of which a smaller field is the top left part.

    Example:
        >>> import jax, numpy as np
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> bool((normal_field(key, 2, 3, 4) == normal_field(key, 5, 6, 7)[:2, :3, :4]).all())
        True
    """
    # A word makes two numbers, one above the other.
    pairs = _normal_pairs(_field(key_data, planes, places((height + 1) // 2, width)))
    return jnp.stack(pairs, axis=2).reshape(planes, -1, width)[:, :height]


def _field(key_data: Any, planes: int, index: Array) -> Array:
    keys = plane_keys(key_data, np.arange(planes))
    return _hashed(index, keys[:, 0, None, None], keys[:, 1, None, None])


def draw_uniform(key_data: Array, marks: tuple[int, ...], count: int, low: Any, high: Any) -> Array:
    """The first few floats of a key with some of its bits turned round, evenly from a range.

    What `random_uniform` gives for `key_data ^ marks`, but all such draws of a program are made in one go.

    Args:
        key_data: (2 or more,) uint32.
        marks: bits to turn round in each word of the key, which tell draws of one key apart.
        count: of floats.
        low, high: ends of the range, which may be traced.
    """
    return _uniform.bind(key_data, *_ends(low, high), marks=marks, count=count)


def draw_coin(key_data: Array, marks: tuple[int, ...], p: Any) -> Array:
    """Whether the first float in (0, 1) of a key with some of its bits turned round is below p; drawn in one go too."""
    return _coin.bind(key_data, *_ends(p), marks=marks)


def draw_normal(key_data: Array, marks: tuple[int, ...], count: int) -> Array:
    """What `random_normal` gives for `key_data ^ marks`, drawn in one go too."""
    return _normal.bind(key_data, marks=marks, count=count)


def _ends(*numbers: Any) -> list[Any]:
    """Numbers as float32, which stay known while a function is traced."""
    return [(np if is_concrete(n) else jnp).asarray(n, np.float32) for n in numbers]


def _one_uniform(key_data: Array, low: Any, high: Any, *, marks: tuple[int, ...], count: int) -> Array:
    return low + (high - low) * random_uniform(key_data ^ np.array(marks, np.uint32), (count,))


def _one_coin(key_data: Array, p: Any, *, marks: tuple[int, ...]) -> Array:
    return random_uniform(key_data ^ np.array(marks, np.uint32), ()) < p


def _one_normal(key_data: Array, *, marks: tuple[int, ...], count: int) -> Array:
    return random_normal(key_data ^ np.array(marks, np.uint32), (count,))


#: Calls of one primitive: operands and parameters of each.
Calls: TypeAlias = Sequence[tuple[list[Array], dict[str, Any]]]


def _all_uniform(calls: Calls) -> list[Array]:
    counts = [params["count"] for _, params in calls]
    low, high = (
        _together([operands[i] for operands, _ in calls])[np.repeat(range(len(calls)), counts)] for i in (1, 2)
    )
    floats = materialize(low + (high - low) * _unit(_words(calls, counts) >> 9, 23))
    return jnp.split(floats, np.cumsum(counts)[:-1])


def _all_normal(calls: Calls) -> list[Array]:
    counts = [params["count"] for _, params in calls]
    halves = [(count + 1) // 2 for count in counts]
    one, other = (jnp.split(half, np.cumsum(halves)[:-1]) for half in _normal_pairs(_words(calls, halves)))
    return [jnp.concatenate(pair)[:count] for *pair, count in zip(one, other, counts, strict=True)]


def _all_coins(calls: Calls) -> list[Array]:
    floats = _unit(_words(calls, [1] * len(calls)) >> 9, 23)
    heads = materialize(floats < _together([p for (_, p), _ in calls]))
    return [heads[i] for i in range(len(calls))]


def _words(calls: Calls, counts: Sequence[int]) -> Array:
    """The first few random words of the key of each call, one call after another."""
    each = np.repeat(np.arange(len(calls)), counts)
    index = np.concatenate([np.arange(count, dtype=np.uint32) for count in counts])
    # Draws of one transform share its key.
    keys = list({id(operands[0]): operands[0] for operands, _ in calls}.values())
    place = [next(i for i, key in enumerate(keys) if key is operands[0]) for operands, _ in calls]
    words = jnp.stack(keys)[np.array(place)] ^ np.array([params["marks"] for _, params in calls], np.uint32)
    outer, inner = words[:, 0], words[:, 1:].sum(axis=1, dtype=jnp.uint32)
    return _hashed(index, outer[each], inner[each])


def _together(numbers: Sequence[Any]) -> Any:
    return (np if all(is_concrete(n) for n in numbers) else jnp).stack(numbers)


def _uniform_changes(values: Sequence[Any], changes: Sequence[Any], **params: Any) -> tuple[Array, Array]:
    share = _uniform.bind(values[0], *_ends(0.0, 1.0), **params)
    low, high = (0.0 if isinstance(c, ad.Zero) else c for c in changes[1:])
    return _uniform.bind(*values, **params), low + (high - low) * share


def _primitive(name: str, one: Callable[..., Array], every: Callable[[Calls], list[Array]], dtype: Any) -> Primitive:
    """A primitive whose calls are made in one go where `joined_calls` runs them."""
    made = Primitive(name)
    made.def_impl(one)
    made.def_abstract_eval(
        lambda key, *_, **params: key.update(
            shape=(params["count"],) if "count" in params else (), dtype=np.dtype(dtype)
        )
    )
    mlir.register_lowering(made, mlir.lower_fun(one, multiple_results=False))
    batching.primitive_batchers[made] = lambda values, axes, **params: (
        jax.vmap(functools.partial(one, **params), axes)(*values),
        0,
    )
    JOINS[made] = every
    return made


_uniform = _primitive("uniform", _one_uniform, _all_uniform, np.float32)
_coin = _primitive("coin", _one_coin, _all_coins, np.bool_)
_normal = _primitive("normal", _one_normal, _all_normal, np.float32)
ad.primitive_jvps[_uniform] = _uniform_changes
ad.primitive_jvps[_normal] = lambda values, _, **params: (
    _normal.bind(*values, **params),
    jnp.zeros(params["count"], np.float32),
)
ad.primitive_jvps[_coin] = lambda values, _, **params: (
    _coin.bind(*values, **params),
    np.zeros((), jax.dtypes.float0),
)


def _unit(bits: Array, count: int) -> Array:
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
    pairs = _normal_pairs(random_bits(key_data, ((count + 1) // 2,)))
    return jnp.concatenate(pairs)[:count].reshape(shape)


def _normal_pairs(bits: Array) -> list[Array]:
    """Two standard normal floats for each word."""
    radius = jnp.sqrt(-jnp.log(_unit(bits >> 16, 16)))
    # A direction within the quarter about 45 degrees, as an angle from there; its cosine and sine by their series.
    angle = (_unit((bits >> 2) & 0x3FFF, 14) - 0.5) * np.float32(np.pi / 2)
    square = angle * angle
    sine = angle * (1 - square * (1 / 6 - square * (1 / 120 - square * (1 / 5040))))
    cosine = 1 - square * (1 / 2 - square * (1 / 24 - square * (1 / 720 - square * (1 / 40320))))
    one = jnp.where(bits & 1 == 0, radius, -radius) * (cosine - sine)
    other = jnp.where(bits & 2 == 0, radius, -radius) * (cosine + sine)
    return materialize([one, other])


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
        return _unit(_hashed(index, keys[:, 0, None, None], inner[:, None, None]) >> 9, 23)

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
        return k + 1, share * mean / (k + 1), below + share, count + (uniform > below + share)

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


def _threefry(key_data: Any) -> Array:
    """A key of JAX's default generator from any raw key data."""
    words = jnp.asarray(key_data, jnp.uint32).reshape(-1)
    pair = jnp.stack([words[::2].sum(dtype=jnp.uint32), words[1::2].sum(dtype=jnp.uint32)])
    return jax.random.wrap_key_data(pair, impl="threefry2x32")
