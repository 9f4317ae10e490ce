"""Steps of a pipeline as text: names, and the arguments that are not what they are by default."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

INDENT = "    "


def step_text(step: Any, depth: int = 0) -> str:
    """A step and all that it is made of, one line for each.

    Args:
        step: a transform or a composition.
        depth: how far lines are indented.

    Example:
        >>> import jaxaug as ja
        >>> print(step_text(ja.OneOf([ja.HorizontalFlip(), ja.Rotate(30, p=1)], p=0.3)))
        OneOf(
            HorizontalFlip(),
            Rotate(limit=(-30.0, 30.0), p=1.0),
            p=0.3,
        )
    """
    said = [f"{name}={value_text(value)}" for name, value in step.arguments().items() if name != "transforms"]
    name = type(step).__name__
    if not step.steps:
        return INDENT * depth + f"{name}({', '.join(said)})"
    inside = [step_text(child, depth + 1) for child in step.steps]
    lines = [*inside, *(INDENT * (depth + 1) + part for part in said)]
    return "\n".join([INDENT * depth + f"{name}(", *(f"{line}," for line in lines), INDENT * depth + ")"])


def arguments_of(holder: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not what they are by default."""
    fields = [field for field in dataclasses.fields(holder) if field.init]
    values = {field.name: getattr(holder, field.name) for field in fields}
    return {field.name: values[field.name] for field in fields if not _same(values[field.name], _default(field))}


def _default(field: Any) -> Any:
    if field.default is dataclasses.MISSING:
        return dataclasses.MISSING
    convert = field.metadata.get("convert")
    return field.default if convert is None else convert(field.name, field.default)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(map(_same, one, other))
    if hasattr(one, "shape") or hasattr(other, "shape"):
        return np.shape(one) == np.shape(other) and type(one) is type(other) and bool(np.array_equal(one, other))
    return type(one) is type(other) and bool(one == other)


def value_text(value: Any) -> str:
    """An argument as text, of which large arrays show what they are.

    Example:
        >>> value_text((0.5, np.zeros(9)))
        '(0.5, <float64 array of shape (9,)>)'
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(f'{n}={value_text(v)}' for n, v in arguments_of(value).items())})"
    if isinstance(value, tuple):
        return f"({', '.join(map(value_text, value))}{',' * (len(value) == 1)})"
    if callable(value) and hasattr(value, "__qualname__"):
        return value.__qualname__
    if hasattr(value, "shape") and np.size(value) > 8:
        return f"<{value.dtype} array of shape {np.shape(value)}>"
    if hasattr(value, "item") and not np.ndim(value):
        return repr(value.item())
    return repr(value)
