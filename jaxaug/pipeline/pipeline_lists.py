"""Pipelines as nested lists of names and arguments, which JSON can hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from jaxaug.backend.struct import STRUCTS
from jaxaug.core.albumentations_names import about
from jaxaug.core.transform import Node
from jaxaug.pipeline.reader import Reader


def known_steps() -> dict[str, type]:
    """Every name that a pipeline may hold: transforms and compositions of this library, then those of a user's own."""
    own = {cls.__name__: cls for cls in STRUCTS.values() if issubclass(cls, Node) and not issubclass(cls, Reader)}
    return own | {name: cls for name, cls in own.items() if cls.__module__.startswith("jaxaug.")}


def from_list(steps: Any) -> list[Any]:
    """Transforms from nested lists, such as `json.load` gives.

    Args:
        steps: a list whose entries are `["Name", {arguments}]` or `["Name"]`; compositions take their children as
            the argument `transforms`, a list of the same kind.

    Returns:
        The transforms, ready for `Compose`.

    Raises:
        ValueError: an entry of another form, an unknown name or argument.

    Example:
        >>> from_list([["HorizontalFlip", {"p": 1.0}], ["OneOf", {"transforms": [["Blur"], ["RandomGamma"]]}]])[0]
        HorizontalFlip(p=1.0)
    """
    if not isinstance(steps, list):
        raise ValueError(f"A pipeline must be a list of [name, arguments], got {type(steps).__name__}.")
    return [_one(step, i) for i, step in enumerate(steps)]


def _one(step: Any, i: int) -> Any:
    well_formed = isinstance(step, list | tuple) and len(step) in (1, 2) and isinstance(step[0], str)
    arguments = step[1] if well_formed and len(step) == 2 else {}
    if not well_formed or not isinstance(arguments, dict):
        raise ValueError(f"Entry {i} of the pipeline must be [name, arguments], got {step!r}.")
    name = step[0]
    known = known_steps()
    if name not in known:
        raise ValueError(f"Entry {i} of the pipeline names {name!r}, which is unknown.{about(name, known)}")
    if "transforms" in arguments:
        arguments = {**arguments, "transforms": from_list(arguments["transforms"])}
    try:
        return known[name](**arguments)
    except TypeError as error:
        raise ValueError(f"Entry {i} of the pipeline: {error}") from error


def to_list(steps: Any) -> list[Any]:
    """The inverse of `from_list`.

    Args:
        steps: transforms, such as `compose.transforms`.

    Raises:
        TypeError: a `Compose`, which says more than its steps.

    Example:
        >>> import jaxaug as ja
        >>> to_list([ja.HorizontalFlip(p=1)])
        [['HorizontalFlip', {'p': 1.0}]]
    """
    if isinstance(steps, Reader):
        raise TypeError("to_list writes steps, not what is said about targets: give compose.transforms.")
    out = []
    for step in steps:
        arguments = {f.name: _plain(getattr(step, f.name)) for f in dataclasses.fields(step) if f.init}
        if step.steps:
            arguments["transforms"] = to_list(step.steps)
        out.append([type(step).__name__, arguments])
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return np.asarray(value).item() if hasattr(value, "dtype") else value
