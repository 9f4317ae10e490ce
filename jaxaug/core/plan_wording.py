"""Drawn numbers in words, as plans print them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

#: Numbers of one array that are shown; of more, their range.
SHOWN = 4
#: Characters of a line that tells what an op does.
LONGEST = 110
#: Fields that say nothing to a reader.
SILENT = ("key", "active", "name")


def number(value: Any) -> str:
    """One number with three digits or so.

    Example:
        >>> [number(v) for v in (12.4321, 0.05, 1030.2, -0.00001, 3)]
        ['12.4', '0.05', '1030', '0', '3']
    """
    v = float(value)
    text = f"{v:.0f}" if 100 <= abs(v) < 1e9 else f"{0.0 if abs(v) < 1e-4 else v:.3g}"
    return "0" if text == "-0" else text


def numbers(value: Any) -> str:
    """A number, or an array of some, or the range of many.

    Example:
        >>> numbers(np.array([1.0, 2.5])), numbers(np.arange(12))
        ('(1, 2.5)', '12 numbers from 0 to 11')
    """
    array = np.asarray(value)
    if array.dtype == bool and not array.ndim:
        return "yes" if array else "no"
    if not array.ndim:
        return number(array)
    if array.size > SHOWN:
        return f"{array.size} numbers from {number(array.min())} to {number(array.max())}"
    return f"({', '.join(number(v) for v in array.ravel())})"


def few(parts: Sequence[str]) -> str:
    """Some short texts as one of a line, and how many it leaves out.

    Example:
        >>> few(["alpha 0.1", "density 0.5"])
        'alpha 0.1, density 0.5'
    """
    shown = list(parts)
    while len(", ".join(shown)) > LONGEST:
        shown.pop()
    left = len(parts) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def told(node: Any) -> Iterator[str]:
    """The numbers of a struct, each with its name, of what it holds too.

    Args:
        node: a struct or a dict.
    """
    if isinstance(node, Mapping):
        parts = dict(node)
    else:
        fields = [f for f in dataclasses.fields(node) if f.metadata.get("static") is not True]
        parts = {f.name: getattr(node, f.name) for f in fields}
    for name, value in parts.items():
        if name in SILENT or value is None or _is_key(value):
            continue
        if isinstance(value, Mapping) or dataclasses.is_dataclass(value):
            yield from told(value)
        elif isinstance(value, str):
            yield f"{name.replace('_', ' ')} {value}"
        elif not isinstance(value, tuple | list) and np.size(value):
            yield f"{name.replace('_', ' ')} {numbers(value)}"


def _is_key(value: Any) -> bool:
    """Whether a value is raw key data."""
    return str(getattr(value, "dtype", "")) == "uint32" and np.size(value) > 1


def sides(size: Any) -> str:
    """Height and width, in that order."""
    return f"{number(size[0])} x {number(size[1])}"
