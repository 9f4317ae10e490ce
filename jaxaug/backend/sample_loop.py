"""How a function of one sample is taken over a batch: by whoever maps it, one after another on CPUs.

`vmap` would run every branch for every sample and keep temporaries of all of them. A primitive of one's own may say
otherwise: this one holds the traced function and knows how to be mapped. Differentiating dissolves it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import ClosedJaxpr, Jaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir

from jaxaug.backend.compiler import counts, materialize
from jaxaug.backend.struct import is_concrete


def one_sample(fn: Callable[[Any], Any], operand: Any) -> Any:
    """A function of one sample, which `vmap` takes over a batch on CPUs one after another, elsewhere side by side.

    One after another, temporaries of a sample stay in the cache, and a branch that it does not take is not run.

    Args:
        fn: from a pytree of arrays to another one.
        operand: the pytree; what is known while tracing stays known to the function.
    """
    leaves, tree = jax.tree.flatten(operand)
    known = [is_concrete(leaf) for leaf in leaves]
    if all(known):
        return fn(operand)
    places, values = _packed([leaf for k, leaf in zip(known, leaves, strict=True) if not k])

    def flat(*values: Array) -> Any:
        given = iter(_unpacked(places, values))
        return fn(jax.tree.unflatten(tree, [leaf if k else next(given) for k, leaf in zip(known, leaves, strict=True)]))

    traced, shapes = jax.make_jaxpr(flat, return_shape=True)(*values)
    return jax.tree.unflatten(jax.tree.structure(shapes), _sample.bind(*values, program=traced))


class _Packing(NamedTuple):
    """Where an array lies: in which of some vectors, from where on, and its shape; None if it is one of them itself."""

    vector: int
    start: int | None
    shape: tuple[int, ...]


def _packed(arrays: Sequence[Array]) -> tuple[list[_Packing], list[Array]]:
    """Few vectors that hold all small arrays, one for each dtype, beside the large ones.

    The loop over a batch cuts every operand out of that of all samples, each by a kernel of its own.
    """
    small = [a.size <= _FEW and counts(a.dtype) for a in arrays]
    large = [a for a, s in zip(arrays, small, strict=True) if not s]
    dtypes = list(dict.fromkeys(a.dtype for a, s in zip(arrays, small, strict=True) if s))
    parts: list[list[Array]] = [[] for _ in dtypes]
    places, count = [], 0
    for array, is_small in zip(arrays, small, strict=True):
        if is_small:
            which = dtypes.index(array.dtype)
            start = sum(part.size for part in parts[which])
            parts[which].append(array.reshape(-1))
            places.append(_Packing(len(large) + which, start, array.shape))
        else:
            places.append(_Packing(count, None, array.shape))
            count += 1
    return places, [*large, *(jnp.concatenate(part) for part in parts)]


def _unpacked(places: Sequence[_Packing], vectors: Sequence[Array]) -> list[Array]:
    """The arrays that `_packed` was given."""
    first = sum(place.start is None for place in places)
    # Kept, or what they are computed from would be computed anew wherever a pixel needs it.
    vectors = [*vectors[:first], *materialize(list(vectors[first:]))]

    def array(place: _Packing) -> Array:
        if place.start is None:
            return vectors[place.vector]
        part = vectors[place.vector][place.start : place.start + int(np.prod(place.shape, dtype=int))]
        return part.reshape(place.shape)

    return [array(place) for place in places]


_sample = Primitive("sample")
_sample.multiple_results = True


def _run(*values: Array, program: ClosedJaxpr) -> list[Array]:
    return jaxpr_as_fun(program)(*values)


def _mapped(values: Sequence[Array], axes: Sequence[int | None], *, program: ClosedJaxpr) -> tuple[Any, Any]:
    batch = [value if axis is None else jnp.moveaxis(value, axis, 0) for value, axis in zip(values, axes, strict=True)]
    mapped = tuple(axis is not None for axis in axes)
    take = _side_by_side if _is_one_loop(program.jaxpr) else _batch.bind
    out = take(*batch, program=program, mapped=mapped)
    return out, [0] * len(out)


_batch = Primitive("batch")
_batch.multiple_results = True


def _shares(
    values: Sequence[Array], mapped: tuple[bool, ...]
) -> tuple[list[Array], Callable[[list[Array]], list[Array]]]:
    """The values that every sample has its own of, and how those of one sample join the others."""

    def whole(own: list[Array]) -> list[Array]:
        given = iter(own)
        return [next(given) if m else value for value, m in zip(values, mapped, strict=True)]

    return [value for value, m in zip(values, mapped, strict=True) if m], whole


def _in_turn(*values: Array, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Array]:
    batch, whole = _shares(values, mapped)
    return jax.lax.map(lambda own: _sample.bind(*whole(own), program=program), batch)


def _side_by_side(*values: Array, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Array]:
    batch, whole = _shares(values, mapped)
    return jax.vmap(lambda own: _run(*whole(own), program=program))(batch)


def _either(*values: Array, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Array]:
    ways = (functools.partial(way, program=program, mapped=mapped) for way in (_in_turn, _side_by_side))
    in_turn, side_by_side = ways
    return jax.lax.platform_dependent(*values, cpu=in_turn, default=side_by_side)


def _shapes(*values: Any, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Any]:
    count = next(value.shape[0] for value, m in zip(values, mapped, strict=True) if m)
    return [aval.update(shape=(count, *aval.shape)) for aval in program.out_avals]


def _mapped_again(values: Sequence[Array], axes: Sequence[int | None], **params: Any) -> tuple[Any, Any]:
    own = [
        jax.ShapeDtypeStruct(v.shape if a is None else v.shape[:a] + v.shape[a + 1 :], v.dtype)
        for v, a in zip(values, axes, strict=True)
    ]
    return _mapped(values, axes, program=jax.make_jaxpr(functools.partial(_batch.bind, **params))(*own))


#: What compilers make one loop of, and what they branch and loop by.
_LOOPED = (
    "abs add and bitcast_convert_type broadcast_in_dim ceil clamp convert_element_type copy div eq exp exp2 floor ge "
    "gt integer_pow iota is_finite le log lt max min mul ne neg not or pow reshape rev round rsqrt select_n shift_left "
    "shift_right_arithmetic shift_right_logical sign slice sqrt squeeze sub tile xor"
)
_PLAIN = frozenset(_LOOPED.split())
_CONTROL = frozenset(("cond", "scan", "while"))
#: The largest size of parameters, which are no pictures.
_FEW = 2**10


def _is_one_loop(program: Jaxpr) -> bool:
    """Whether a program has no branch to skip and nothing to keep in the cache, so that a batch is one longer loop."""
    return all(_is_plain(eqn) for eqn in program.eqns)


def _is_plain(eqn: Any) -> bool:
    name = eqn.primitive.name
    if name in ("jit", "pjit"):
        return _is_one_loop(eqn.params["jaxpr"].jaxpr)
    few = all(v.aval.size <= _FEW for v in (*eqn.invars, *eqn.outvars))
    return name in _PLAIN or (few and name not in _CONTROL)


def _derived(run: Callable[..., list[Array]], values: Sequence[Array], changes: Sequence[Any], **params: Any) -> Any:
    def change(value: Array, change: Any) -> Any:
        if not jnp.issubdtype(value.dtype, jnp.inexact):
            return np.zeros(value.shape, jax.dtypes.float0)
        return jnp.zeros_like(value) if isinstance(change, ad.Zero) else change

    moving = [change(v, c) for v, c in zip(values, changes, strict=True)]
    return jax.jvp(functools.partial(run, **params), list(values), moving)


_sample.def_impl(_run)
_sample.def_abstract_eval(lambda *_, program: program.out_avals)
mlir.register_lowering(_sample, mlir.lower_fun(_run, multiple_results=True))
batching.primitive_batchers[_sample] = _mapped
ad.primitive_jvps[_sample] = functools.partial(_derived, _run)

# Each platform traces its own way only: the program of one sample is long.
_batch.def_impl(_either)
_batch.def_abstract_eval(_shapes)
mlir.register_lowering(_batch, mlir.lower_fun(_side_by_side, multiple_results=True))
mlir.register_lowering(_batch, mlir.lower_fun(_in_turn, multiple_results=True), platform="cpu")
batching.primitive_batchers[_batch] = _mapped_again
ad.primitive_jvps[_batch] = functools.partial(_derived, _either)
