"""Compositions: steps made of other steps."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug import transforms
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.albumentations_names import about
from jaxaug.core.random import Draw
from jaxaug.core.transform import Node, Ops, Walk, transform
from jaxaug.core.types import Scalar


def children(where: str, transforms: Any) -> tuple[Node, ...]:
    """A list of steps as a tuple.

    Args:
        where: what the message names.
        transforms: what the user gave.

    Raises:
        TypeError: something in it is no step of a pipeline.
    """
    if not isinstance(transforms, list | tuple):
        raise TypeError(f"{where} must be a list of transforms, got {type(transforms).__name__}.")
    for i, child in enumerate(transforms):
        if isinstance(child, type) and issubclass(child, Node):
            raise TypeError(f"{where}[{i}] is the class {child.__name__}: call it, {child.__name__}(...).")
        if not isinstance(child, Node):
            raise TypeError(f"{where}[{i}] must be a transform or a composition of them, got {_foreign(child)}")
    return tuple(transforms)


def _foreign(step: Any) -> str:
    """What is no step of a pipeline, and what to do about it."""
    kind = step if isinstance(step, type) else type(step)
    name, library = kind.__name__, kind.__module__.split(".")[0]
    if library in ("albumentations", "albumentationsx"):
        there = f" Write ja.{name}(...): its arguments are the same." if hasattr(transforms, name) else ""
        here = there or about(name, transforms.__all__)
        return f"{name} of Albumentations, which works on arrays of NumPy outside jit.{here}"
    if callable(step):
        return (
            f"{name} of {library}. A function of images becomes a transform by a class with @ja.transform whose draw "
            "returns an op."
        )
    return f"{name}."


def steps_field() -> Any:
    """The field of a composition that holds its steps."""
    return dataclasses.field(metadata={"convert": children, "static": False})


class Composition(Node):
    """A step made of others, its field `transforms`; a subclass says in `ops` how they are drawn."""

    transforms: tuple[Node, ...]

    @property
    def steps(self) -> tuple[Node, ...]:
        return self.transforms


@transform
class Sequential(Composition):
    """Transforms one after another, together at random.

    Args:
        transforms: list of transforms.
        p: how often they are applied, all or none.

    Example:
        >>> import jaxaug as ja
        >>> len(ja.Sequential([ja.HorizontalFlip(), ja.RandomGamma()]).transforms)
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any = steps_field()
    p: Scalar = args.probability(0.5)

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        return walk.in_turn(self.transforms, key)


@transform
class OneOf(Composition):
    """One of several transforms, chosen at random per sample.

    The chosen transform is always applied; the children's own p are the weights of the choice. What options do is
    chosen by its numbers where it differs only in those, so a choice costs little more than its dearest option.

    Args:
        transforms: list of transforms or compositions.
        p: how often any is applied.

    Raises:
        ValueError: all children have p=0, or some change the size of the picture and others do not.

    Example:
        >>> import jaxaug as ja
        >>> len(ja.OneOf([ja.Rotate(), ja.Perspective()], p=1).transforms)
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    exclusive = True

    transforms: Any = steps_field()
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        weights = [c.p for c in self.transforms]
        if not weights:
            raise ValueError("OneOf(transforms=[]) needs at least one option.")
        if all(is_concrete(w) for w in weights) and sum(float(w) for w in weights) <= 0:
            raise ValueError("OneOf(transforms=...) needs an option with p above 0: the p of the options are weights.")

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        weights = jnp.stack([jnp.asarray(child.p, jnp.float32) for child in self.transforms])
        edges = jnp.cumsum(weights) / weights_total(self.transforms)
        index = jnp.sum(rng.uniform("choice") >= edges).astype(jnp.int32)
        return walk.choose(walk.alternatives(self.transforms, key), jnp.minimum(index, len(weights) - 1))


def weights_total(steps: tuple[Node, ...]) -> Any:
    """The sum of the probabilities of some steps."""
    return sum((step.p for step in steps[1:]), steps[0].p)
