"""How a function of one sample is taken over a batch: by whoever maps it, one after another on CPUs.

`vmap` would run every branch for every sample and keep temporaries of all of them. A primitive of one's own may say
otherwise: this one holds the traced function and knows how to be mapped. Differentiating dissolves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import ClosedJaxpr, Jaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir

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

    def flat(*values: Array) -> Any:
        given = iter(values)
        return fn(jax.tree.unflatten(tree, [leaf if k else next(given) for k, leaf in zip(known, leaves, strict=True)]))

    values = [leaf for k, leaf in zip(known, leaves, strict=True) if not k]
    traced, shapes = jax.make_jaxpr(flat, return_shape=True)(*values)
    return jax.tree.unflatten(jax.tree.structure(shapes), _sample.bind(*values, program=traced))


_sample = Primitive("sample")
_sample.multiple_results = True


def _run(*values: Array, program: ClosedJaxpr) -> list[Array]:
    return jaxpr_as_fun(program)(*values)


def _mapped(values: Sequence[Array], axes: Sequence[int | None], *, program: ClosedJaxpr) -> tuple[Any, Any]:
    def whole(own: list[Array]) -> list[Array]:
        given = iter(own)
        return [value if axis is None else next(given) for value, axis in zip(values, axes, strict=True)]

    def in_turn(batch: list[Array]) -> list[Array]:
        return jax.lax.map(lambda own: _sample.bind(*whole(own), program=program), batch)

    def side_by_side(batch: list[Array]) -> list[Array]:
        return jax.vmap(lambda own: _run(*whole(own), program=program))(batch)

    batch = [jnp.moveaxis(value, axis, 0) for value, axis in zip(values, axes, strict=True) if axis is not None]
    if _is_one_loop(program.jaxpr):
        out = side_by_side(batch)
    else:
        out = jax.lax.platform_dependent(batch, cpu=in_turn, default=side_by_side)
    return out, [0] * len(out)


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


def _derived(values: Sequence[Array], changes: Sequence[Any], *, program: ClosedJaxpr) -> Any:
    def change(value: Array, change: Any) -> Any:
        if not jnp.issubdtype(value.dtype, jnp.inexact):
            return np.zeros(value.shape, jax.dtypes.float0)
        return jnp.zeros_like(value) if isinstance(change, ad.Zero) else change

    return jax.jvp(jaxpr_as_fun(program), list(values), [change(v, c) for v, c in zip(values, changes, strict=True)])


_sample.def_impl(_run)
_sample.def_abstract_eval(lambda *_, program: program.out_avals)
mlir.register_lowering(_sample, mlir.lower_fun(_run, multiple_results=True))
batching.primitive_batchers[_sample] = _mapped
ad.primitive_jvps[_sample] = _derived
