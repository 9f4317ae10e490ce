"""How a function of a batch is divided among devices: each does its own samples, and nothing is exchanged.

Partitioners look at single operations and gather what a loop over samples reads. They can be told what a function as a
whole does; so this primitive holds one. It hides what JAX writes into types about devices from what is in the function,
which sees an array as one device has it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.experimental.custom_partitioning import custom_partitioning
from jax.extend.core import ClosedJaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir
from jax.sharding import AbstractMesh, AxisType, NamedSharding, PartitionSpec

from jaxaug.backend.settings_of_jax import with_own_settings

F = TypeVar("F", bound=Callable[..., Any])


def mesh_of(values: Sequence[Any]) -> Any:
    """The mesh of devices that some arrays are known to be on, or None."""
    meshes = (jax.typeof(value).sharding.mesh for value in values)
    return next((mesh for mesh in meshes if not mesh.empty), None)


def may_be_divided(values: Sequence[Any]) -> bool:
    """Whether some arrays are known to be on a mesh, or may be: within `jit` constraints may say so later."""
    return mesh_of(values) is not None or jax.device_count() > 1


def between_devices(fn: Callable[..., Any], batch: Any, *arguments: Any) -> Any:
    """A function of a batch that moves samples between devices, along axes of a mesh that do not allow it, too.

    Args:
        fn: of the batch and the other arguments, to a pytree of arrays with the same leading axis.
        batch: pytree of arrays with a leading axis.
        *arguments: pytrees of arrays.
    """
    avals = [jax.typeof(leaf) for leaf in jax.tree.leaves(batch)]
    mesh = mesh_of(jax.tree.leaves(batch))
    if mesh is None or AxisType.Explicit not in mesh.axis_types or not hasattr(jax.sharding, "auto_axes"):
        return fn(batch, *arguments)
    result = NamedSharding(mesh, PartitionSpec(batch_axis(avals)))
    return jax.sharding.auto_axes(fn, out_sharding=result)(batch, *arguments)


def without_mesh(fn: F) -> F:
    """A function that is traced as if no mesh of devices were set, so that new arrays have types of one device."""
    if not hasattr(jax.sharding, "use_abstract_mesh"):
        return fn

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        with jax.sharding.use_abstract_mesh(AbstractMesh((), ())):
            return fn(*args, **kwargs)

    return cast(F, run)


def type_on_one_device(value: Any, *, skip: bool = False) -> jax.core.ShapedArray:
    """The type of an array without what it says about devices, and without its leading axis if that is skipped."""
    aval = jax.typeof(value)
    return jax.core.ShapedArray(aval.shape[skip:], aval.dtype, weak_type=aval.weak_type)


def varying_among(values: Sequence[Any]) -> list[Array]:
    """A number that differs between devices wherever one of some arrays does, inside `shard_map`; elsewhere nothing."""
    mesh = mesh_of(values)
    if mesh is None or AxisType.Manual not in mesh.axis_types:
        return []
    return [functools.reduce(jnp.add, [jnp.sum(value) for value in values])]


def types_on_devices(results: Sequence[Any], operands: Sequence[Any], axis: Any = None) -> list[Any]:
    """Types of results with what those of operands say about devices.

    Args:
        results: types.
        operands: types, of which the first says where results differ between devices inside `shard_map`.
        axis: what the leading axis of results is sharded over.
    """
    mesh = next((aval.sharding.mesh for aval in operands if not aval.sharding.mesh.empty), None)
    if mesh is None:
        return list(results)

    def typed(aval: Any) -> Any:
        spec = PartitionSpec(*(axis if i == 0 else None for i in range(aval.ndim)))
        sharding = NamedSharding(mesh, spec)
        return operands[0].update(shape=aval.shape, dtype=aval.dtype, weak_type=False, sharding=sharding)

    return [typed(aval) for aval in results]


def batch_axis(avals: Sequence[Any]) -> Any:
    """What the leading axis of some types is sharded over: names of axes of a mesh, or None."""
    specs = (getattr(aval.sharding, "spec", ()) for aval in avals)
    return next((spec[0] for spec in specs if spec and spec[0] is not None), None)


def divide(fn: Callable[..., list[Array]], values: Sequence[Array], mapped: Sequence[bool]) -> list[Array]:
    """A function of a batch, of which each device does the samples that it holds.

    Args:
        fn: from arrays to arrays, all with a leading axis of any length, along which it does not mix.
        values: its arguments.
        mapped: which of them have that axis; the others are the same for all samples.
    """
    types = [type_on_one_device(value) for value in values]
    whole = jax.make_jaxpr(without_mesh(fn))(*types)
    # What is known while tracing must come as an argument, too.
    constants = [jnp.asarray(constant) for constant in whole.consts]
    types += [type_on_one_device(constant) for constant in constants]
    mapped = (*mapped, *(False for _ in constants))

    @without_mesh
    def all_samples(*values: Array) -> tuple[Array, ...]:
        own, constants = values[: len(values) - len(whole.consts)], values[len(values) - len(whole.consts) :]
        return tuple(jaxpr_as_fun(ClosedJaxpr(whole.jaxpr, constants))(*own))

    @with_own_settings
    @without_mesh
    def own_samples(*values: Array) -> tuple[Array, ...]:
        return tuple(fn(*values[: len(values) - len(whole.consts)]))

    program = jax.make_jaxpr(without_mesh(_partitioned(all_samples, own_samples, mapped)))(*types)
    return _divided.bind(*values, *constants, program=program, fn=all_samples, mapped=mapped)


def _partitioned(
    all_samples: Callable[..., Any], own_samples: Callable[..., Any], mapped: Sequence[bool]
) -> Callable[..., Any]:
    """A function of a whole batch that partitioners replace by one of the samples of a device."""

    def shardings(mesh: Any, arguments: Sequence[Any], results: Sequence[Any]) -> tuple[Any, Any]:
        batches = [argument for argument, is_mapped in zip(arguments, mapped, strict=True) if is_mapped]
        split = NamedSharding(mesh, PartitionSpec(batch_axis((*batches, *results))))
        same = NamedSharding(mesh, PartitionSpec())
        return tuple(split if is_mapped else same for is_mapped in mapped), tuple(split for _ in results)

    def partition(mesh: Any, arguments: Any, results: Any) -> Any:
        of_arguments, of_results = shardings(mesh, arguments, results)
        return mesh, own_samples, of_results, of_arguments

    def infer(mesh: Any, arguments: Any, results: Any) -> Any:
        none = tuple(jax.ShapeDtypeStruct(result.shape, result.dtype) for result in results)
        return shardings(mesh, arguments, none)[1]

    def rule(mesh: Any, arguments: Any, results: Any, *_: Any) -> str:
        """Which axes are the same one, in the notation of `einsum`: the batch."""
        names = (f"a{i}" for i in range(2**20))

        def axes(kind: Any, is_mapped: bool) -> str:
            return " ".join("b" if is_mapped and i == 0 else next(names) for i in range(len(kind.shape)))

        left = ", ".join(axes(kind, is_mapped) for kind, is_mapped in zip(arguments, mapped, strict=True))
        return f"{left} -> {', '.join(axes(kind, True) for kind in results)}"

    partitioned = custom_partitioning(all_samples)
    partitioned.def_partition(partition, infer_sharding_from_operands=infer, sharding_rule=rule)
    return partitioned


_divided = Primitive("divided_among_devices")
_divided.multiple_results = True


def _run(*values: Array, **params: Any) -> list[Array]:
    return jax.jit(lambda *values: _divided.bind(*values, **params))(*values)


def _types(*avals: Any, program: ClosedJaxpr, mapped: Sequence[bool], **_: Any) -> list[Any]:
    batch = [aval for aval, is_mapped in zip(avals, mapped, strict=True) if is_mapped]
    return types_on_devices(program.out_avals, avals, batch_axis(batch))


def lower_on_one_device(ctx: Any, *values: Any, program: ClosedJaxpr, **_: Any) -> Any:
    """Lowers a program whose types do not speak of devices, for operands whose types may."""
    ctx = ctx.replace(avals_in=program.in_avals, avals_out=program.out_avals)
    return mlir.core_call_lowering(ctx, *values, name="on_one_device", call_jaxpr=program)


def _mapped(
    values: Sequence[Array], axes: Sequence[int | None], *, fn: Callable[..., Any], **_: Any
) -> tuple[list[Array], list[int]]:
    batch = [v if axis is None else jnp.moveaxis(v, axis, 0) for v, axis in zip(values, axes, strict=True)]
    mapped = [axis is not None for axis in axes]
    out = divide(jax.vmap(fn, [0 if m else None for m in mapped]), batch, mapped)
    return out, [0] * len(out)


def derivative_of(fn: Callable[..., Any], values: Sequence[Array], changes: Sequence[Any]) -> Any:
    """Results of a function and their changes."""

    def change(value: Array, change: Any) -> Any:
        if not jnp.issubdtype(value.dtype, jnp.inexact):
            return np.zeros(value.shape, jax.dtypes.float0)
        return jnp.zeros_like(value) if isinstance(change, ad.Zero) else change

    return jax.jvp(fn, list(values), [change(v, c) for v, c in zip(values, changes, strict=True)])


_divided.def_impl(_run)
_divided.def_abstract_eval(_types)
mlir.register_lowering(_divided, lower_on_one_device)
batching.primitive_batchers[_divided] = _mapped
ad.primitive_jvps[_divided] = lambda values, changes, *, fn, **_: derivative_of(fn, values, changes)
