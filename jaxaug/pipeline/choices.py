"""Compositions that choose: which of their steps are applied, and in which order."""

from __future__ import annotations

import warnings
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw, child_keys
from jaxaug.core.transform import Ops, Walk, transform
from jaxaug.core.types import Scalar
from jaxaug.pipeline.compositions import Composition, children, steps_field


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


def weights_total(steps: tuple[Any, ...]) -> Any:
    """The sum of the probabilities of some steps."""
    return sum((step.p for step in steps[1:]), steps[0].p)


@transform
class SomeOf(Composition):
    """A few of several transforms, chosen at random per sample, in the order in which they are listed.

    Each that is chosen is applied with its own p. Every choice is one of numbers, as in `OneOf`.

    Args:
        transforms: list of transforms or compositions.
        n: how many are chosen; without replacement at most as many as there are.
        replace: one may be chosen more than once, and then draws anew each time.
        p: how often any is applied.

    Raises:
        ValueError: no transforms.

    Example:
        >>> import jaxaug as ja
        >>> ja.SomeOf([ja.Rotate(), ja.Blur(), ja.RandomGamma()], n=2).n
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any = steps_field()
    n: int = args.option(1, int, 1)
    replace: bool = args.option(False)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        if not self.transforms:
            raise ValueError(f"{type(self).__name__}(transforms=[]) needs at least one option.")
        if not self.replace and self.n > len(self.transforms):
            warnings.warn(
                f"{type(self).__name__}(n={self.n}) chooses among {len(self.transforms)} transforms: all of them.",
                stacklevel=4,
            )
            object.__setattr__(self, "n", len(self.transforms))

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        places = self._places(rng)
        if not self.replace and 2 * self.n > len(self.transforms):
            # Most are applied: each by itself, or not at all, makes a smaller program than many choices.
            chosen = [(places == i).any() for i in range(len(self.transforms))]
            pairs = zip(self.transforms, chosen, strict=True)
            return walk.in_turn([struct.replace(step, p=jnp.where(on, step.p, 0.0)) for step, on in pairs], key)
        return in_slots(self.transforms, jnp.sort(places), key, walk)

    def _places(self, rng: Draw) -> Array:
        """(n,) which are chosen, in random order."""
        count = len(self.transforms)
        if self.replace:
            return rng.integer("choice", (0, count - 1), (self.n,))
        return rng.permutation("choice", count)[: self.n]


@transform
class RandomOrder(SomeOf):
    """A few of several transforms, chosen at random per sample, in random order.

    Args:
        transforms: list of transforms or compositions.
        n: how many are chosen; without replacement at most as many as there are.
        replace: one may be chosen more than once, and then draws anew each time.
        p: how often any is applied.

    Raises:
        ValueError: no transforms.

    Example:
        >>> import jaxaug as ja
        >>> len(ja.RandomOrder([ja.Rotate(), ja.Blur()], n=2).transforms)
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        return in_slots(self.transforms, self._places(rng), key, walk)


def in_slots(steps: Any, places: Array, key: Array, walk: Walk) -> Ops:
    """The ops of some steps in the order of their places, each with its own p, one choice after another.

    Args:
        steps: all there are.
        places: (n,) which of them come first, second and so on.
        key: of what is made of them.
        walk: the sample before the first.
    """
    ops: Ops = ()
    for place, slot_key in zip(places, child_keys(key, ["slot"] * len(places)), strict=True):
        done = walk.choose(walk.alternatives(steps, slot_key, forced=False), place)
        ops, walk = ops + done, walk.after(done)
    return ops


@transform
class OneOrOther(Composition):
    """One transform or another, chosen at random per sample; one of them is always applied, whatever its own p is.

    Args:
        first: is applied with probability p.
        second: is applied otherwise.
        transforms: both as a list, in place of the two.
        p: how often the first is.

    Raises:
        ValueError: fewer than two transforms, or both ways of giving them.

    Example:
        >>> import jaxaug as ja
        >>> ja.OneOrOther(ja.HorizontalFlip(), ja.VerticalFlip(), p=0.25).chance
        1.0

    Follows the meaning of Albumentations 2.0.8.
    """

    exclusive = True

    first: Any = struct.static(default=None)
    second: Any = struct.static(default=None)
    transforms: Any = steps_field(None)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        given = [step for step in (self.first, self.second) if step is not None]
        if bool(given) == bool(self.transforms) or len(given or self.transforms) != 2:
            raise ValueError("OneOrOther needs two transforms: first and second, or both as the list transforms.")
        steps = children("OneOrOther", given) if given else self.transforms
        for name, value in (("first", None), ("second", None), ("transforms", steps)):
            object.__setattr__(self, name, value)

    @property
    def chance(self) -> float:
        return 1.0

    def forced(self) -> OneOrOther:
        return self

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        index = jnp.where(rng.coin("choice", self.p), 0, 1)
        return walk.choose(walk.alternatives(self.transforms, key), index)
