"""How much a traced program computes, roughly: enough to tell whether a second core is worth waking."""

from __future__ import annotations

import math
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

#: What only moves values, or changes how they are written.
_MOVED = (
    "bitcast_convert_type broadcast_in_dim concatenate convert_element_type copy dynamic_slice dynamic_update_slice "
    "iota materialize optimization_barrier pad reshape rev slice split squeeze stop_gradient transpose"
)
_MOVES = frozenset(_MOVED.split())
#: Steps of one value that is read at a place of its own, and of one drawn from a generator.
_READ, _DRAWN = 16, 64
_GENERATORS = frozenset(("random_bits", "rng_bit_generator", "threefry2x32"))


def steps_of(program: Jaxpr) -> float:
    """About how many values a program computes, of branches those of the longest.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> steps_of(jax.make_jaxpr(lambda x: jnp.flip(x) + 1.0)(jnp.zeros((3, 4))).jaxpr)
        12.0
    """
    by_platform = {v for e in program.eqns if e.primitive.name == "platform_index" for v in e.outvars}
    return float(sum(_steps(equation, by_platform) for equation in program.eqns))


def _steps(equation: Any, by_platform: set[Any]) -> float:
    name, params = equation.primitive.name, equation.params
    inner = [steps_of(program) for program in _programs(params)]
    if name == "cond":
        # What is written for TPUs does more than is needed elsewhere.
        chosen = min if not isinstance(equation.invars[0], Literal) and equation.invars[0] in by_platform else max
        return chosen(inner)
    if inner:
        return sum(inner) * _times(name, equation)
    values = sum(_size(v) for v in equation.outvars)
    if name in _MOVES:
        return 0.0
    if name == "gather":
        return values * _READ / max(min(math.prod(params["slice_sizes"]), _READ), 1)
    if name in _GENERATORS:
        return values * _DRAWN
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return values * math.prod(equation.invars[0].aval.shape[axis] for axis in contracted)
    return float(max([values, *(_size(v) for v in equation.invars)]))


def _times(name: str, equation: Any) -> int:
    """How often a program within another one runs, as far as that is known."""
    if name == "scan":
        return equation.params["length"]
    return equation.outvars[0].aval.shape[0] if name == "batch" else 1


def _programs(params: dict[str, Any]) -> list[Jaxpr]:
    values = [v for p in params.values() for v in (p if isinstance(p, tuple | list) else [p])]
    return [v.jaxpr if isinstance(v, ClosedJaxpr) else v for v in values if isinstance(v, ClosedJaxpr | Jaxpr)]


def _size(value: Any) -> int:
    return math.prod(getattr(value.aval, "shape", ()))
