"""What a pipeline does to a sample or a batch: functions at the top of a module, by which programs are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
from jax import Array

from jaxaug.backend.devices import between_devices
from jaxaug.backend.joined_calls import joined_calls
from jaxaug.backend.outside_jit import Fixed
from jaxaug.backend.sample_loop import each_sample, on_devices, one_sample
from jaxaug.backend.struct import is_concrete
from jaxaug.core.canvas import Canvas
from jaxaug.engine.walk import walk
from jaxaug.pipeline.mixing_stages import batch_in_stages, mixing_steps
from jaxaug.pipeline.plan import Plan

if TYPE_CHECKING:
    from jaxaug.pipeline.compose import Compose


def call(augment: Compose, key: Array, sample: Any) -> Any:
    """A sample augmented."""
    if not all(is_concrete(leaf) for leaf in jax.tree.leaves((key, sample))):
        return _one_by_one(_draw_and_apply, augment, key, sample, on_devices)
    traversal = augment.start(sample, key)
    walk(augment.as_sequence(), key, traversal)
    return traversal.finish()


def _draw_and_apply(augment: Compose, key: Array, sample: Any) -> Any:
    return apply(augment, _draw(augment, key, sample), sample)


def draw(augment: Compose, key: Array, sample: Any) -> Plan:
    """What a key does to a sample."""
    return _one_by_one(_draw, augment, key, sample, on_devices)


def _draw(augment: Compose, key: Array, sample: Any) -> Plan:
    return joined_calls(_walk, augment, key, sample)


def _walk(augment: Compose, key: Array, sample: Any) -> Plan:
    traversal = augment.start(sample, jax.random.key_data(key))
    return Plan(walk(augment.as_sequence(), key, traversal))


def apply(augment: Compose, plan: Plan, sample: Any) -> Any:
    """A sample with what a plan does."""
    return _one_by_one(_apply, augment, plan, sample)


def invert(augment: Compose, plan: Plan, sample: Any) -> Any:
    """A sample with the geometry of a plan undone."""
    return _one_by_one(_invert, augment, plan, sample)


def batch(augment: Compose, key: Array, numbered: tuple[Array, Any]) -> Any:
    """A batch augmented, of indices and their samples."""
    indices, samples = numbered
    if mixing_steps(augment.transforms):

        def in_stages(samples: Any, augment: Compose, key: Array, indices: Array) -> Any:
            return batch_in_stages(augment, key, indices, samples)

        return between_devices(in_stages, samples, augment, key, indices)

    def one(given: Any, shared: Any) -> Any:
        (index, sample), (augment, key) = given, shared
        return call(augment, jax.random.fold_in(key, index), sample)

    return each_sample(one, (indices, samples), (augment, key))


def some_leaves(augment: Compose, given: Any, sample: Any, how: Fixed) -> list[Any]:
    """Some leaves of a result, such as those that may be new, by a function and their indices."""
    fn, wanted = how.value
    leaves = jax.tree.leaves(fn(augment, given, sample))
    return [leaves[index] for index in wanted]


def _one_by_one(
    fn: Callable[[Compose, Any, Any], Any],
    augment: Compose,
    given: Any,
    sample: Any,
    mapper: Callable[..., Any] = one_sample,
) -> Any:
    """A key or plan and a sample through a function that `vmap` maps in a way of its own, if all is arrays."""
    if all(hasattr(leaf, "dtype") for leaf in jax.tree.leaves(sample)):
        return mapper(lambda operand: fn(*operand), (augment, given, sample))
    return fn(augment, given, sample)


def _apply(augment: Compose, plan: Plan, sample: Any) -> Any:
    traversal = augment.start(sample, plan)
    for op in plan.ops:
        traversal.push(op)
    return traversal.finish()


def _invert(augment: Compose, plan: Plan, sample: Any) -> Any:
    traversal = augment.start(sample, plan)
    warps = plan.moving()
    if warps:
        traversal.canvas = Canvas(traversal.canvas.buffer, warps[-1].extent_out)
    for op in reversed(warps):
        traversal.push(op.built().inverse())
    return traversal.finish()
