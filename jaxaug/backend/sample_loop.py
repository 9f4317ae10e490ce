"""How a function of one sample is taken over a batch: by whoever maps it, one after another on CPUs.

`vmap` would run every branch for every sample and keep temporaries of all of them. A primitive of one's own may say
otherwise: this one holds the traced function and knows how to be mapped. Differentiating dissolves it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr, Jaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir

from jaxaug.backend.compiler import counts, materialize
from jaxaug.backend.devices import (
    derivative_of,
    divide,
    lower_on_one_device,
    may_be_divided,
    type_on_one_device,
    types_on_devices,
    varying_among,
    without_mesh,
)
from jaxaug.backend.struct import is_concrete, unknown_leaves


def one_sample(fn: Callable[[Any], Any], operand: Any, *, in_turn: bool = True) -> Any:
    """A function of one sample, which `vmap` takes over a batch on CPUs one after another, elsewhere side by side.

    One after another, temporaries of a sample stay in the cache, and a branch that it does not take is not run.

    Args:
        fn: from a pytree of arrays to another one.
        operand: the pytree; what is known while tracing stays known to the function.
        in_turn: False goes side by side on CPUs, too.
    """
    if all(is_concrete(leaf) for leaf in jax.tree.leaves(operand)):
        return fn(operand)
    # Kept, or what parameters are computed from would be computed anew wherever a pixel needs them.
    program, structure, values, _ = _program(lambda operand: fn(_kept(operand)), operand)
    return jax.tree.unflatten(structure, _sample.bind(*values, program=program, in_turn=in_turn))


def _kept(operand: Any) -> Any:
    """An operand of which everything small that is not known is kept in memory."""
    small, with_others = unknown_leaves(operand, of=_is_small)
    return with_others(materialize(small))


def each_sample(fn: Callable[[Any, Any], Any], samples: Any, shared: Any) -> Any:
    """A function of a sample and of what all samples share, for a batch: each device does the samples that it holds.

    Args:
        fn: from two pytrees of arrays to another one.
        samples: pytree of arrays with a leading axis.
        shared: pytree; what is known while tracing stays known to the function.
    """
    if not may_be_divided(jax.tree.leaves(samples)):
        return jax.vmap(fn, in_axes=(0, None))(samples, shared)
    count = len(jax.tree.leaves(samples))
    program, structure, values, mapped = _program(lambda both: fn(*both), (samples, shared), count)
    out = divide(functools.partial(_take, program, False, mapped), values, mapped)
    return jax.tree.unflatten(structure, out)


def on_devices(fn: Callable[[Any], Any], operand: Any) -> Any:
    """A function of one sample, which `vmap` takes over a batch side by side, on each device the samples it holds."""
    traced = [leaf for leaf in jax.tree.leaves(operand) if not is_concrete(leaf)]
    return one_sample(fn, operand, in_turn=False) if may_be_divided(traced) else fn(operand)


def _program(
    fn: Callable[[Any], Any], operand: Any, count: int = 0
) -> tuple[ClosedJaxpr, Any, list[Array], list[bool]]:
    """A function of a pytree as a program that knows of one device only.

    Args:
        fn: the function.
        operand: its argument.
        count: the first so many leaves are batches, of which the program takes one sample.

    Returns:
        The program, the structure of its results, its arguments, and whether each of them is a batch. Keys are given as
        words. Inside `shard_map` a number goes first that tells where devices differ; what the function closes over
        goes last.
    """
    leaves, tree = jax.tree.flatten(operand)
    given = [i for i, leaf in enumerate(leaves) if i < count or not is_concrete(leaf)]
    impls = [_generator(leaves[i]) for i in given]
    words = [
        leaves[i] if impl is None else jax.random.key_data(leaves[i]) for i, impl in zip(given, impls, strict=True)
    ]
    values = [*varying_among(words), *words]
    before = len(values) - len(words)
    mapped = [False] * before + [i < count for i in given]

    @without_mesh
    def flat(*values: Array) -> Any:
        own = list(leaves)
        for i, value, impl in zip(given, values[before:], impls, strict=True):
            own[i] = value if impl is None else jax.random.wrap_key_data(value, impl=impl)
        return fn(jax.tree.unflatten(tree, own))

    types = [type_on_one_device(value, skip=is_batch) for value, is_batch in zip(values, mapped, strict=True)]
    program, shapes = jax.make_jaxpr(flat, return_shape=True)(*types)
    outer = [constant for constant in program.consts if not is_concrete(constant)]
    if outer:
        program = _given_constants(program, len(outer), [*types, *map(type_on_one_device, outer)])
    return program, jax.tree.structure(shapes), [*values, *outer], mapped + [False] * len(outer)


def _generator(value: Any) -> Any:
    """How random numbers are made from a key; None for an array of numbers."""
    return jax.random.key_impl(value) if jnp.issubdtype(value.dtype, jax.dtypes.prng_key) else None


def _given_constants(program: ClosedJaxpr, count: int, types: list[Any]) -> ClosedJaxpr:
    """A program whose constants that are traced, so many, come as its last arguments."""

    @without_mesh
    def closed(*values: Array) -> list[Array]:
        given = iter(values[-count:])
        constants = [constant if is_concrete(constant) else next(given) for constant in program.consts]
        return jaxpr_as_fun(ClosedJaxpr(program.jaxpr, constants))(*values[:-count])

    return jax.make_jaxpr(closed)(*types)


class _Packing(NamedTuple):
    """Where an array lies: in which of some vectors, from where on, and its shape; None if it is one of them itself."""

    vector: int
    start: int | None
    shape: tuple[int, ...]


def _packed(arrays: Sequence[Array]) -> tuple[list[_Packing], list[Array]]:
    """Few batches of vectors that hold all batches of small arrays, one for each dtype, beside the large ones.

    The loop over a batch cuts every operand out of that of all samples, each by a kernel of its own.
    """
    small = [math.prod(a.shape[1:]) <= _FEW and counts(a.dtype) for a in arrays]
    large = [a for a, s in zip(arrays, small, strict=True) if not s]
    dtypes = list(dict.fromkeys(a.dtype for a, s in zip(arrays, small, strict=True) if s))
    parts: list[list[Array]] = [[] for _ in dtypes]
    places, count = [], 0
    for array, is_small in zip(arrays, small, strict=True):
        if is_small:
            which = dtypes.index(array.dtype)
            start = sum(part.shape[1] for part in parts[which])
            parts[which].append(array.reshape(array.shape[0], math.prod(array.shape[1:])))
            places.append(_Packing(len(large) + which, start, array.shape[1:]))
        else:
            places.append(_Packing(count, None, array.shape[1:]))
            count += 1
    return places, [*large, *(jnp.concatenate(part, axis=1) for part in parts)]


def _unpacked(places: Sequence[_Packing], vectors: Sequence[Array]) -> list[Array]:
    """The arrays of one sample that `_packed` was given for all."""

    def array(place: _Packing) -> Array:
        if place.start is None:
            return vectors[place.vector]
        part = vectors[place.vector][place.start : place.start + math.prod(place.shape)]
        return part.reshape(place.shape)

    return [array(place) for place in places]


_sample = Primitive("sample")
_sample.multiple_results = True


def _run(*values: Array, program: ClosedJaxpr, in_turn: bool) -> list[Array]:
    return jaxpr_as_fun(program)(*values)


def _mapped(values: Sequence[Array], axes: Sequence[int | None], **params: Any) -> tuple[list[Array], list[int]]:
    batch = [v if axis is None else jnp.moveaxis(v, axis, 0) for v, axis in zip(values, axes, strict=True)]
    mapped = [axis is not None for axis in axes]
    fn = functools.partial(_take, params["program"], params["in_turn"], mapped)
    out = divide(fn, batch, mapped) if may_be_divided(batch) else fn(*batch)
    return out, [0] * len(out)


def _take(program: ClosedJaxpr, in_turn: bool, mapped: Sequence[bool], *values: Array) -> list[Array]:
    """A program of one sample for a batch."""
    one_loop = _is_one_loop(program.jaxpr) or _only_joins(program.jaxpr)
    take = _batch.bind if in_turn and not one_loop else _side_by_side
    return take(*values, program=program, mapped=tuple(mapped))


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
    places, packed = _packed(batch)

    def one(own: list[Array]) -> list[Array]:
        return _sample.bind(*whole(_unpacked(places, own)), program=program, in_turn=True)

    return jax.lax.map(one, packed)


def _side_by_side(*values: Array, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Array]:
    batch, whole = _shares(values, mapped)
    return jax.vmap(lambda own: jaxpr_as_fun(program)(*whole(own)))(batch)


def _either(*values: Array, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Array]:
    return jax.lax.platform_dependent(
        *values,
        cpu=functools.partial(_in_turn, program=program, mapped=mapped),
        default=functools.partial(_side_by_side, program=program, mapped=mapped),
    )


def _shapes(*values: Any, program: ClosedJaxpr, mapped: tuple[bool, ...]) -> list[Any]:
    count = next(value.shape[0] for value, m in zip(values, mapped, strict=True) if m)
    return [aval.update(shape=(count, *aval.shape)) for aval in program.out_avals]


def _mapped_again(values: Sequence[Array], axes: Sequence[int | None], **params: Any) -> tuple[Any, Any]:
    own = [
        jax.ShapeDtypeStruct(v.shape if a is None else v.shape[:a] + v.shape[a + 1 :], v.dtype)
        for v, a in zip(values, axes, strict=True)
    ]
    return _mapped(values, axes, program=jax.make_jaxpr(functools.partial(_batch.bind, **params))(*own), in_turn=True)


#: What compilers make one loop of, and what they branch and loop by.
_LOOPED = (
    "abs add and bitcast_convert_type broadcast_in_dim ceil clamp convert_element_type copy div eq exp exp2 floor ge "
    "gt integer_pow iota is_finite le log lt max min mul ne neg not or pow reshape rev round rsqrt select_n shift_left "
    "shift_right_arithmetic shift_right_logical sign slice sqrt squeeze sub tile xor"
)
_PLAIN = frozenset(_LOOPED.split())
_CONTROL = frozenset(("cond", "scan", "while", _batch.name))
#: The largest size of parameters, which are no pictures.
_FEW = 2**10
#: The size of results beyond which a cache holds no two of them.
_LARGE = 2**20


def _is_small(array: Any) -> bool:
    return array.size <= _FEW and counts(array.dtype)


def _is_one_loop(program: Jaxpr) -> bool:
    """Whether a program has no branch to skip and nothing to keep in the cache, so that a batch is one longer loop."""
    return all(_is_plain(eqn) for eqn in program.eqns)


def _only_joins(program: Jaxpr) -> bool:
    """Whether a program but joins large arrays: one by one, what it joins would be copied once more into the batch."""
    outs: list[Any] = [v.aval for v in program.outvars]
    return all(aval.size > _LARGE for aval in outs) and all(
        _is_plain(eqn) or eqn.primitive.name == "concatenate" for eqn in program.eqns
    )


def _is_plain(eqn: Any) -> bool:
    name = eqn.primitive.name
    if name in ("jit", "pjit"):
        return _is_one_loop(eqn.params["jaxpr"].jaxpr)
    few = all(v.aval.size <= _FEW for v in (*eqn.invars, *eqn.outvars))
    return name in _PLAIN or (few and name not in _CONTROL)


_sample.def_impl(_run)
_sample.def_abstract_eval(lambda *avals, program, in_turn: types_on_devices(program.out_avals, avals))
mlir.register_lowering(_sample, lower_on_one_device)
batching.primitive_batchers[_sample] = _mapped
ad.primitive_jvps[_sample] = lambda values, changes, **params: derivative_of(
    functools.partial(_run, **params), values, changes
)

# Each platform traces its own way only: the program of one sample is long.
_batch.def_impl(_either)
_batch.def_abstract_eval(_shapes)
mlir.register_lowering(_batch, mlir.lower_fun(_side_by_side, multiple_results=True))
mlir.register_lowering(_batch, mlir.lower_fun(_in_turn, multiple_results=True), platform="cpu")
batching.primitive_batchers[_batch] = _mapped_again
ad.primitive_jvps[_batch] = lambda values, changes, **params: derivative_of(
    functools.partial(_either, **params), values, changes
)
