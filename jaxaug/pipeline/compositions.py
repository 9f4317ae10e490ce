"""Compositions: steps made of other steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from jax import Array

from jaxaug import transforms
from jaxaug.backend import struct
from jaxaug.core import arguments as args
from jaxaug.core.albumentations_names import about
from jaxaug.core.random import Draw
from jaxaug.core.transform import Node, Ops, Walk, transform
from jaxaug.core.types import Scalar

C = TypeVar("C", bound="Composition")


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


def steps_field(default: Any = dataclasses.MISSING) -> Any:
    """The field of a composition that holds its steps.

    Args:
        default: None where it may be left out.
    """

    def convert(where: str, v: Any) -> tuple[Node, ...]:
        return () if v is None and default is None else children(where, v)

    return dataclasses.field(default=default, metadata={"convert": convert, "static": False})


class Composition(Node):
    """A step made of others, its field `transforms`; a subclass says in `ops` how they are drawn."""

    transforms: tuple[Node, ...]

    @property
    def steps(self) -> tuple[Node, ...]:
        return self.transforms

    def __len__(self) -> int:
        return len(self.transforms)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.transforms)

    def __getitem__(self: C, place: Any) -> Any:
        """One of its steps, or, for a slice, the same composition of some of them."""
        return self.with_steps(self.transforms[place]) if isinstance(place, slice) else self.transforms[place]

    def __add__(self: C, more: Any) -> C:
        """The same composition with further steps behind its own."""
        return self.with_steps((*self.transforms, *children("+", _as_list(more))))

    def __radd__(self: C, more: Any) -> C:
        return self.with_steps((*children("+", _as_list(more)), *self.transforms))

    def with_steps(self: C, steps: Sequence[Node]) -> C:
        """The same composition of other steps."""
        return struct.replace(self, transforms=tuple(steps))


def _as_list(steps: Any) -> Any:
    return [steps] if isinstance(steps, Node) else list(steps)


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
