"""Many small calls of one primitive, made as one: every call of its own would be a loop of its own to compile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
from jax import Array
from jax.extend.core import ClosedJaxpr, Literal, Primitive

from jaxaug.backend.struct import unknown_leaves

T = TypeVar("T")

#: How several calls of a primitive are made as one: from (operands, parameters) of each to the results of each.
Join = Callable[[Sequence[tuple[list[Array], dict[str, Any]]]], list[Array]]
JOINS: dict[Primitive, Join] = {}


def joined_calls(fn: Callable[..., T], *operands: Any) -> T:
    """What a function of pytrees gives, with calls made as one that do not wait for each other.

    What those calls depend on is worked out first, then all of them, then the rest in its order.

    Args:
        fn: the function.
        operands: what it is given; what is known of it while tracing stays known.
    """
    values, with_others = unknown_leaves(operands)
    if not values:
        return fn(*operands)
    traced, shapes = jax.make_jaxpr(lambda *values: fn(*with_others(values)), return_shape=True)(*values)
    return jax.tree.unflatten(jax.tree.structure(shapes), _run(traced, values))


def _run(program: ClosedJaxpr, values: Sequence[Array]) -> list[Array]:
    jaxpr = program.jaxpr
    waits = _waiting(jaxpr.eqns)
    joined = [eqn for i, eqn in enumerate(jaxpr.eqns) if eqn.primitive in JOINS and not waits[i]]
    first = _needed(jaxpr.eqns, [v for eqn in joined for v in eqn.invars])
    known: dict[Any, Any] = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*program.consts, *values), strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    def run(eqn: Any) -> None:
        bound = eqn.primitive.get_bind_params(eqn.params)
        # On jax 0.6 functions that are parameters come apart.
        functions, params = bound if isinstance(bound, tuple) else ((), bound)
        out = eqn.primitive.bind(*functions, *(read(v) for v in eqn.invars), **params)
        known.update(zip(eqn.outvars, out if eqn.primitive.multiple_results else [out], strict=True))

    for i, eqn in enumerate(jaxpr.eqns):
        if i in first:
            run(eqn)
    for primitive in dict.fromkeys(eqn.primitive for eqn in joined):
        calls = [eqn for eqn in joined if eqn.primitive is primitive]
        results = JOINS[primitive]([([read(v) for v in eqn.invars], eqn.params) for eqn in calls])
        known.update((eqn.outvars[0], result) for eqn, result in zip(calls, results, strict=True))
    done = {id(eqn) for eqn in joined}
    for i, eqn in enumerate(jaxpr.eqns):
        if i not in first and id(eqn) not in done:
            run(eqn)
    return [read(v) for v in jaxpr.outvars]


def _waiting(eqns: Sequence[Any]) -> list[bool]:
    """Which equations depend on a call that could be joined."""
    behind: set[Any] = set()
    waits = []
    for eqn in eqns:
        late = any(not isinstance(v, Literal) and v in behind for v in eqn.invars)
        waits.append(late)
        if late or eqn.primitive in JOINS:
            behind.update(eqn.outvars)
    return waits


def _needed(eqns: Sequence[Any], variables: Sequence[Any]) -> set[int]:
    """Which equations some variables depend on."""
    wanted = {v for v in variables if not isinstance(v, Literal)}
    needed: set[int] = set()
    for i in reversed(range(len(eqns))):
        if wanted.intersection(eqns[i].outvars):
            needed.add(i)
            wanted.update(v for v in eqns[i].invars if not isinstance(v, Literal))
    return needed
