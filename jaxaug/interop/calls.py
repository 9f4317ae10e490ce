"""Pipelines as calls by name, the form between what is read and what is built or printed, and what is said of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any


class PortWarning(UserWarning):
    """Something of another library that was translated rather than taken over.

    Example:
        >>> import warnings
        >>> import jaxaug as ja
        >>> with warnings.catch_warnings(record=True, action="always", category=ja.PortWarning) as caught:
        ...     augment = ja.from_albumentations("A.Flip(p=1)")
        >>> print(caught[0].message)
        Flip: of Albumentations 1.x, OneOf here.
    """


@dataclasses.dataclass
class Call:
    """A call of a class by its name, such as a transform with its arguments.

    Args:
        name: of the class, without its module.
        args: positional arguments.
        kwargs: keyword arguments. Values are plain data, functions, arrays, calls, and lists of those.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Unknown:
    """A value that cannot be told without running a program.

    Args:
        why: what was found in its place.
    """

    why: str


@dataclasses.dataclass
class Found:
    """A pipeline as it was read.

    Args:
        name: of the variable or function that holds it, if any.
        call: the pipeline, a call of `Compose`.
        version: of Albumentations that it was written for, 1 or 2, if that is known.
    """

    name: str | None
    call: Call
    version: int | None = None


@dataclasses.dataclass
class Report:
    """What there is to say about a translation.

    Args:
        notes: what was translated to something of another name or form.
        refusals: what cannot be honoured.
    """

    notes: list[str] = dataclasses.field(default_factory=list)
    refusals: list[str] = dataclasses.field(default_factory=list)

    def note(self, text: str) -> None:
        """Adds what was translated, once."""
        if text not in self.notes:
            self.notes.append(text)

    def refuse(self, text: str) -> None:
        """Adds what cannot be honoured, once."""
        if text not in self.refusals:
            self.refusals.append(text)

    def raise_refusals(self, library: str) -> None:
        """Raises one error that lists all refusals, if there are any.

        Args:
            library: that the pipeline was written for.

        Raises:
            ValueError: something was refused.
        """
        if self.refusals:
            listed = "\n".join(f"  - {text}" for text in self.refusals)
            raise ValueError(
                f"This pipeline of {library} cannot be honoured here in {len(self.refusals)} "
                f"point{'s' if len(self.refusals) > 1 else ''}:\n{listed}\nChange or leave out what is named."
            )


def calls_within(value: Any) -> Iterator[Call]:
    """All calls in a value, the outermost first."""
    if isinstance(value, Call):
        yield value
        for inner in (*value.args, *value.kwargs.values()):
            yield from calls_within(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from calls_within(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from calls_within(inner)


def unknown_within(value: Any) -> Iterator[Unknown]:
    """All values in a value that only running a program tells."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Call):
        yield from unknown_within([*value.args, *value.kwargs.values()])
    elif isinstance(value, dict):
        yield from unknown_within(list(value.values()))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from unknown_within(entry)
