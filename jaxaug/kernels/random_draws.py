"""Draws of single numbers: all that a program makes come from one array of random words, in one pass of arithmetic.

Each call is a primitive of its own, which `jaxaug.backend.joined_calls` makes as one with all others.
"""

from __future__ import annotations

import functools
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
from jaxaug.kernels.random_numbers import hashed, normal_pairs, random_normal, random_uniform, unit_floats


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
    floats = materialize(low + (high - low) * unit_floats(_words(calls, counts) >> 9, 23))
    return jnp.split(floats, np.cumsum(counts)[:-1])


def _all_normal(calls: Calls) -> list[Array]:
    counts = [params["count"] for _, params in calls]
    halves = [(count + 1) // 2 for count in counts]
    one, other = (jnp.split(half, np.cumsum(halves)[:-1]) for half in normal_pairs(_words(calls, halves)))
    return [jnp.concatenate(pair)[:count] for *pair, count in zip(one, other, counts, strict=True)]


def _all_coins(calls: Calls) -> list[Array]:
    floats = unit_floats(_words(calls, [1] * len(calls)) >> 9, 23)
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
    return hashed(index, outer[each], inner[each])


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
