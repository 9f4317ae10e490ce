"""Walking through the steps of a pipeline: keys by name, coins, and the ops that are drawn on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jax import Array

from jaxaug.core.random import Draw, child_keys
from jaxaug.core.transform import Node, Ops
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.engine.choice import gate, merge
from jaxaug.engine.traversal import Traversal


def walk(step: Node, key: Array, traversal: Traversal) -> Ops:
    """Draws the ops of a step and pushes them through a sample.

    Args:
        step: a transform or composition.
        key: of the step.
        traversal: the sample so far.
    """
    ops = drawn(step, key, traversal)
    for op in ops:
        traversal.push(op)
    return ops


def drawn(step: Node, key: Array, traversal: Traversal) -> Ops:
    """Draws the ops of a step, and leaves the sample as it is."""
    rng = Draw(key)
    on = _coin(rng, step.chance)
    if on is False:
        return ()
    return gate(step.ops(key, rng, Walker(traversal)), on, type(step).__name__, traversal.canvas)


def _coin(rng: Draw, p: Any) -> Any:
    if isinstance(p, float) and p in (0.0, 1.0):
        return p == 1.0
    return rng.coin("p", p)


class Walker:
    """What a step may do with a sample under way, see `jaxaug.core.transform.Walk`.

    Args:
        traversal: the sample so far.
    """

    def __init__(self, traversal: Traversal) -> None:
        self._traversal = traversal

    @property
    def view(self) -> View:
        """What may be looked at."""
        return self._traversal.view

    def in_turn(self, steps: Sequence[Node], key: Array) -> Ops:
        """The ops of some steps that apply one after another, each with a key of its name and occurrence."""
        traversal = self._traversal.fork()
        ops: Ops = ()
        for step, step_key in zip(steps, step_keys(steps, key), strict=True):
            ops += walk(step, step_key, traversal)
        return ops

    def alternatives(self, steps: Sequence[Node], key: Array, *, forced: bool = True) -> list[Ops]:
        """The ops of each of some steps on the sample as it is now, whatever its p is if they are forced."""
        options = [step.forced() for step in steps] if forced else steps
        keys = step_keys(steps, key)
        return [drawn(step, key, self._traversal) for step, key in zip(options, keys, strict=True)]

    def choose(self, options: Sequence[Ops], index: Scalar) -> Ops:
        """One list of ops that does what the option of that index does."""
        return merge(options, index, self._traversal.canvas)

    def after(self, ops: Ops) -> Walker:
        """The sample once some ops have been applied, for steps that draw what comes then."""
        traversal = self._traversal.fork()
        for op in ops:
            traversal.push(op)
        return Walker(traversal)


def step_keys(steps: Sequence[Node], key: Array) -> list[Array]:
    """A key for each of some steps, by its name and occurrence."""
    return child_keys(key, [type(step).__name__ for step in steps])
