"""What every step of a pipeline is, and what every transform is: immutable arguments, and one method that draws."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, cast, dataclass_transform

import chex
import jax
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core.documentation import documented
from jaxaug.core.op import Op
from jaxaug.core.random import Draw
from jaxaug.core.step_html import step_html
from jaxaug.core.step_text import arguments_of, step_text
from jaxaug.core.suggestions import nearest
from jaxaug.core.types import Scalar
from jaxaug.core.view import View

T = TypeVar("T", bound=type)
N = TypeVar("N", bound="Node")
Ops: TypeAlias = tuple[Any, ...]

#: Arguments of Albumentations 1.x by the 2.x name that took their place; "" for those that are gone.
RENAMED: dict[str, dict[str, str]] = {
    "*": {
        "always_apply": "p=1",
        "value": "fill",
        "mask_value": "fill_mask",
        "cval": "fill",
        "cval_mask": "fill_mask",
        "pad_mode": "border_mode",
        "pad_cval": "fill",
        "pad_val": "fill",
        "fill_value": "fill",
        "mask_fill_value": "fill_mask",
    },
    "Affine": {"mode": "border_mode"},
    "RandomResizedCrop": {"height": "size=(height, width)", "width": "size=(height, width)"},
    "GaussNoise": {"var_limit": "std_range", "mean": "mean_range"},
    "CoarseDropout": {
        "max_holes": "num_holes_range",
        "min_holes": "num_holes_range",
        "max_height": "hole_height_range",
        "min_height": "hole_height_range",
        "max_width": "hole_width_range",
        "min_width": "hole_width_range",
    },
    "Solarize": {"threshold": "threshold_range"},
    "ElasticTransform": {"normalized": ""},
    "RandomGamma": {"eps": ""},
    "MaskDropout": {"image_fill_value": "fill"},
    "ShiftScaleRotate": {"shift_range": "shift_limit", "scale_range": "scale_limit", "rotate_range": "rotate_limit"},
}


class Node:
    """A step of a pipeline: a transform, or a composition of steps.

    `walk` in `jaxaug.engine` tosses the coin of `p`, asks for the ops and gates them.
    """

    #: It needs images between 0 and full brightness: what lies beyond is cut off, or means nothing.
    needs_range: ClassVar[bool] = False
    #: It makes other values of them.
    leaves_range: ClassVar[bool] = False
    #: Only one of its steps is applied.
    exclusive: ClassVar[bool] = False

    #: Makes a pipeline of one step, which is how a step acts when it is called by itself.
    alone: ClassVar[Callable[[Node], Callable[..., Any]]]

    p: Any

    def __call__(self, key: chex.PRNGKey | None = None, sample: Any = None, /, **targets: Any) -> Any:
        """Augments one sample, as a `Compose` of this step alone does.

        Args:
            key: a PRNG key, consumed.
            sample: a pytree of targets.
            **targets: the same as keywords.
        """
        return type(self).alone(self)(key, sample, **targets)

    def arguments(self) -> dict[str, Any]:
        """What its class was called with, where that is not so by default."""
        return arguments_of(self)

    def __str__(self) -> str:
        return step_text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(step_text(self))

    def _repr_html_(self) -> str:
        """The tree of steps, which notebooks show."""
        return step_html(self)

    def __eq__(self, other: object) -> bool:
        """Whether another step does the same: of the same structure, with equal numbers."""
        if self is other or type(self) is not type(other):
            return self is other
        own, theirs = jax.tree.leaves(self), jax.tree.leaves(other)
        structures: list[Any] = [jax.tree.structure(step) for step in (self, other)]
        if structures[0] != structures[1] or not all(map(is_concrete, (*own, *theirs))):
            return False
        return all(np.array_equal(a, b) for a, b in zip(own, theirs, strict=True))

    def __hash__(self) -> int:
        return hash(jax.tree.structure(self))

    @property
    def mixes(self) -> bool:
        """Whether it needs other samples, so that it is a stage of `Compose.batch`."""
        return self.exclusive and all(step.mixes for step in self.steps)

    @property
    def draws_for_batch(self) -> bool:
        """Whether one draw counts for all samples of a batch, which only steps that mix may say.

        Raises:
            ValueError: some of its steps say so, and others do not.
        """
        said = {step.draws_for_batch for step in self.steps}
        if len(said) > 1 and self.mixes:
            raise ValueError(
                f"{type(self).__name__} is drawn once for a batch or once for each sample, but of its steps some are "
                "same_on_batch and others are not: give all of them the same."
            )
        return self.mixes and said == {True}

    @property
    def chance(self) -> Any:
        """How often it is applied."""
        return self.p

    def forced(self: N) -> N:
        """The step as one that is always applied."""
        return struct.replace(self, p=1.0)

    @property
    def steps(self) -> tuple[Node, ...]:
        """The steps that it is made of; none for a transform."""
        return ()

    def entries(self) -> frozenset[str]:
        """Names of the entries of a sample that it reads, which are no targets."""
        return frozenset[str]().union(*(step.entries() for step in self.steps))

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        """Draws what to do to one sample.

        Args:
            key: of this step, from which those of its own steps are derived by name and occurrence.
            rng: its own draws.
            walk: the sample as transformed so far.
        """
        raise NotImplementedError


class Walk(Protocol):
    """What a step may do with the sample under way."""

    @property
    def view(self) -> View:
        """What may be looked at."""
        ...

    def in_turn(self, steps: Sequence[Node], key: Array) -> Ops:
        """The ops of some steps that apply one after another, each with a key of its name and occurrence."""
        ...

    def alternatives(self, steps: Sequence[Node], key: Array, *, forced: bool = True) -> list[Ops]:
        """The ops of each of some steps on the sample as it is now.

        Args:
            steps: transforms and compositions.
            key: of what is made of them.
            forced: each applies whatever its p is.
        """
        ...

    def choose(self, options: Sequence[Ops], index: Scalar) -> Ops:
        """One list of ops that does what the option of that index does."""
        ...

    def after(self, ops: Ops) -> Walk:
        """The sample once some ops have been applied, for steps that draw what comes then."""
        ...


class Transform(Node):
    """A transform: its arguments are fields, `draw` is all it does.

    A subclass is decorated with `transform`, declares its arguments as annotated fields made by the functions of
    `jaxaug.core.arguments`, and implements `draw`. Numbers are leaves of the pytree and may be traced; what fixes
    shapes or code paths is static.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> from jaxaug.core import arguments as args
        >>> from jaxaug.ops.tone import tone
        >>> @ja.transform
        ... class Darken(ja.Transform):
        ...     exponent: object = args.pair((1.0, 3.0))
        ...     p: object = args.probability(0.5)
        ...
        ...     def draw(self, rng, view):
        ...         return tone(ja.functional.gamma, gamma=rng.uniform("exponent", self.exponent))
        >>> Darken((2, 2), p=1)(jax.random.key(0), image=jnp.full((1, 1, 1), 0.5))["image"].tolist()
        [[[0.25]]]
    """

    def draw(self, rng: Draw, view: View) -> Op | tuple[Op, ...]:
        """Draws what to do to one sample.

        Args:
            rng: source of randomness, one name per draw.
            view: the reference picture's size, and what else a draw may depend on.

        Returns:
            An op, or a tuple of ops that apply in order.
        """
        raise NotImplementedError

    @property
    def shown_as(self) -> str:
        """What its ops are called in plans."""
        return type(self).__name__

    def entries(self) -> frozenset[str]:
        fields = dataclasses.fields(cast(Any, self))
        return frozenset(getattr(self, f.name) for f in fields if f.metadata.get("entry"))

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        drawn = self.draw(rng, walk.view)
        name = self.shown_as
        return tuple(struct.replace(op, name=name) for op in (drawn if isinstance(drawn, tuple) else (drawn,)))


class MixTransform(Transform):
    """A transform that needs other samples, a stage of `Compose.batch`; its `draw` makes one op for each sample."""

    same_on_batch: bool

    @property
    def mixes(self) -> bool:
        return True

    @property
    def draws_for_batch(self) -> bool:
        return self.same_on_batch


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def transform(cls: T) -> T:
    """Turns a class with annotated fields into an immutable transform with checked arguments.

    Args:
        cls: a subclass of `Transform`, whose fields are made by the functions of `jaxaug.core.arguments`.

    Returns:
        The class, a pytree now.

    Example:
        >>> import jaxaug as ja
        >>> from jaxaug.core import arguments as args
        >>> @ja.transform
        ... class Nothing(ja.Transform):
        ...     strength: object = args.number(0.5, 0, 1)
        ...     p: object = args.probability(0.5)
        ...
        ...     def draw(self, rng, view):
        ...         return ()
        >>> Nothing(0.25)
        Nothing(strength=0.25, p=0.5)
        >>> Nothing(2)
        Traceback (most recent call last):
        ...
        ValueError: Nothing(strength=...) must be in [0, 1], got 2.
    """
    struct.struct(cls)
    fields = dataclasses.fields(cast(Any, cls))
    known = tuple(f.name for f in fields if f.init)
    cls.__doc__ = documented(cls.__doc__ or "", known)
    raw_init: Any = vars(cls)["__init__"]

    @functools.wraps(raw_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in kwargs:
            if name not in known:
                raise TypeError(_unknown_argument(cls.__name__, name, known))
        if known[:2] == ("height", "width"):
            args, kwargs = _height_and_width(args, kwargs)
        raw_init(self, *args, **kwargs)
        for field in fields:
            convert = field.metadata.get("convert")
            if convert is not None:
                value = convert(f"{cls.__name__}({field.name}=...)", getattr(self, field.name))
                object.__setattr__(self, field.name, value)
        check = getattr(self, "check", None)
        if check is not None:
            check()

    setattr(cls, "__init__", __init__)  # noqa: B010
    return cls


def _height_and_width(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments in which a height without a width stands for both: one number of a square, or a pair."""
    if len(args) > 1 or "width" in kwargs or not (args or "height" in kwargs):
        return args, kwargs
    given = args[0] if args else kwargs["height"]
    pair = given if isinstance(given, list | tuple) and len(given) == 2 else (given, given)
    return (), {**kwargs, "height": pair[0], "width": pair[1]}


def _unknown_argument(cls: str, name: str, known: tuple[str, ...]) -> str:
    renamed = {**RENAMED["*"], **RENAMED.get(cls, {})}
    if name in renamed:
        hint = renamed[name]
        advice = f" Since Albumentations 2 it is {hint!r}." if hint else " It no longer exists: leave it out."
    else:
        advice = nearest(name, known)
    return f"{cls} has no argument {name!r}.{advice} Its arguments are {', '.join(known)}."
