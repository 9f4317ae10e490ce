"""Batches with steps that need other samples: stretches of steps for each sample, and stages for all between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.sample_loop import on_devices, one_sample
from jaxaug.core.layout import SampleLayout
from jaxaug.core.random import Draw, child_keys
from jaxaug.core.settings import Settings
from jaxaug.core.transform import Node, Ops
from jaxaug.engine.traversal import Traversal
from jaxaug.engine.walk import drawn, step_keys, walk
from jaxaug.pipeline.mixed_entries import mixed_entries


class Pipeline(Protocol):
    """What is asked of the pipeline."""

    @property
    def transforms(self) -> Any:
        """Its steps."""
        ...

    @property
    def p(self) -> Any:
        """How often it is applied at all."""
        ...

    @property
    def settings(self) -> Settings:
        """What it says about targets."""
        ...

    def start(self, sample: Any, given: Any) -> Traversal:
        """A sample before the first step."""
        ...

    def layout_of(self, sample: Any) -> SampleLayout:
        """What the leaves of a sample are."""
        ...


def mixing_steps(steps: Sequence[Node]) -> list[Node]:
    """The steps that need other samples."""
    return [step for step in steps if step.mixes]


def batch_in_stages(augment: Pipeline, key: Array, indices: Array, samples: Any) -> Any:
    """A batch through a pipeline with steps that need other samples.

    What such a step draws for sample i comes from the key of sample i, as everything else; which sample is mixed with
    which comes from the key of the batch, so it depends on how batches are put together. So does what a step draws once
    for all samples.

    Args:
        augment: the pipeline.
        key: of the batch.
        indices: (B,) of the samples.
        samples: every leaf with a leading axis B.

    Raises:
        ValueError: the pipeline as a whole applies at random, or the sample holds targets that cannot be mixed.
    """
    if augment.p != 1.0:
        names = ", ".join(type(step).__name__ for step in mixing_steps(augment.transforms))
        raise ValueError(f"A Compose with {names} mixes samples and cannot be applied at random itself: use p=1.")
    steps = augment.transforms
    batch_keys = step_keys(steps, key)
    sample_keys = jax.vmap(lambda i: jnp.stack(step_keys(steps, jax.random.fold_in(key, i))))(indices)
    for place, step in enumerate(steps):
        if step.draws_for_batch:
            (shared,) = child_keys(batch_keys[place], ["draw"])
            sample_keys = sample_keys.at[:, place].set(shared)

    def each(fn: Callable[[Traversal, Array], Any], samples: Any, content: Any) -> Any:
        """A function of each sample under way, one after another on CPUs."""

        def one(given: Any) -> Any:
            keys, sample, content = given
            start = augment.start(sample, keys)
            return fn(start if content is None else start.resumed(content), keys)

        return jax.vmap(lambda *given: one_sample(one, given))(jax.random.key_data(sample_keys), samples, content)

    impl = jax.random.key_impl(key)

    def run_steps(places: list[int]) -> Callable[[Traversal, Array], Any]:
        def run(traversal: Traversal, keys: Array) -> Any:
            for place in places:
                walk(steps[place], jax.random.wrap_key_data(keys[place], impl=impl), traversal)
            return traversal.content()

        return run

    content = each(lambda traversal, _: traversal.content(), samples, None)
    for mixes, group in itertools.groupby(range(len(steps)), key=lambda i: steps[i].mixes):
        places = list(group)
        if not mixes:
            content = each(run_steps(places), samples, content)
            continue
        for place in places:

            def draw(traversal: Traversal, keys: Array, place: int = place) -> Any:
                return drawn(steps[place], jax.random.wrap_key_data(keys[place], impl=impl), traversal)

            ops = each(draw, samples, content)
            if not ops:
                continue
            # A cycle through all samples in random order, so that none is its own partner.
            order = Draw(batch_keys[place]).permutation("partners", len(indices))
            partner = order.at[order].set(jnp.roll(order, -1))
            samples, content = _mixed(augment, ops, partner, samples, content)
    return each(lambda traversal, _: traversal.finish(), samples, content)


def _mixed(augment: Pipeline, ops: Ops, partner: Array, samples: Any, content: Any) -> tuple[Any, Any]:
    """Samples and their content, each mixed with that of its partner by ops of its own."""
    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), samples)
    layout, shapes = augment.layout_of(one), jax.tree.leaves(one)
    entries = [mixed_entries(layout, augment.settings, op, shapes) for op in ops]

    def mix(ops: Ops, sample: Any, content: Any, other_sample: Any, other_content: Any) -> tuple[Any, Any]:
        traversal = augment.start(sample, ops).resumed(content)
        partner = augment.start(other_sample, ops).resumed(other_content)
        leaves, tree = jax.tree.flatten(sample)
        others = jax.tree.leaves(other_sample)
        for op, found in zip(ops, entries, strict=True):
            traversal.check_moves(op)
            leaves = found.mixed(op, (traversal, leaves), (partner, others))
            traversal = traversal.paired(partner, op)
        return jax.tree.unflatten(tree, leaves), traversal.content()

    theirs = jax.tree.map(lambda leaf: jnp.take(leaf, partner, axis=0), (samples, content))
    return jax.vmap(lambda *given: on_devices(lambda given: mix(*given), given))(ops, samples, content, *theirs)
