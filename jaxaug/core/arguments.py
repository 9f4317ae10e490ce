"""Kinds of arguments: what a transform's field accepts, how it is stored, and whether it may be traced."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend.struct import is_concrete, static_if_certain
from jaxaug.core.suggestions import nearest

INTERPOLATIONS = ("nearest", "linear", "cubic", "area", "lanczos", "linear", "nearest")
BORDERS = ("constant", "replicate", "reflect", "wrap", "reflect_101")


def _field(default: Any, convert: Callable[[str, Any], Any], static: Any = False) -> Any:
    metadata = {"convert": convert, "static": static}
    if isinstance(default, dict | list):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def is_number(v: Any) -> bool:
    """Whether a value is one number, traced or not."""
    return (isinstance(v, Real) and not isinstance(v, bool)) or (
        isinstance(v, jax.Array | np.ndarray | np.generic) and np.ndim(v) == 0
    )


def whole_numbers(v: Any, low: int) -> tuple[int, ...] | None:
    """One whole number or several, also NumPy's, as plain ones; None if something else is among them.

    Args:
        v: a number, or a list, tuple or array of them.
        low: least allowed.
    """
    several = tuple(v) if isinstance(v, list | tuple | np.ndarray) and np.ndim(v) else (v,)
    fine = all(isinstance(n, Integral) and not isinstance(n, bool) and int(n) >= low for n in several)
    return tuple(int(n) for n in several) if fine and several else None


def _bounded(where: str, values: Any, low: float | None, high: float | None) -> None:
    for v in values:
        if not is_concrete(v):
            continue
        # As floats of 32 bits, which a number that stands for a bound may be.
        own = np.float32(v)
        if np.isnan(own):
            raise ValueError(f"{where} must be a number, got {v!r}.")
        if (low is not None and own < np.float32(low)) or (high is not None and own > np.float32(high)):
            span = f"at least {low}" if high is None else f"at most {high}" if low is None else f"in [{low}, {high}]"
            raise ValueError(f"{where} must be {span}, got {float(v):g}.")


def _plain(v: Any) -> Any:
    return float(v) if isinstance(v, Real) else v


def probability(default: float = 0.5) -> Any:
    """How often a transform applies; a plain 0 or 1 is static, so that what is certain needs no choice."""

    def convert(where: str, v: Any) -> Any:
        if not is_number(v):
            raise TypeError(f"{where} must be a number in [0, 1], got {v!r}.")
        _bounded(where, [v], 0.0, 1.0)
        return _plain(v)

    return static_if_certain(float(default), convert=convert)


def number(
    default: Any = dataclasses.MISSING, low: float | None = None, high: float | None = None, *, optional: bool = False
) -> Any:
    """One number that may be traced, or None where that is allowed."""

    def convert(where: str, v: Any) -> Any:
        if v is None and optional:
            return None
        if not is_number(v):
            raise TypeError(f"{where} must be a number, got {v!r}.")
        _bounded(where, [v], low, high)
        return _plain(v)

    return _field(default, convert, (lambda v: v is None) if optional else False)


def pair(
    default: Any = dataclasses.MISSING,
    single: Callable[[Any], tuple[Any, Any]] | None = None,
    low: float | None = None,
    high: float | None = None,
    *,
    optional: bool = False,
    ordered: bool = True,
    static: type | bool = False,
    ends: str = "(low, high)",
) -> Any:
    """A range (low, high) that may be traced.

    Args:
        default: its default.
        single: what one number stands for; without it a pair is required.
        low, high: bounds of both ends.
        optional: None is allowed.
        ordered: low must not exceed high.
        static: the range fixes shapes, so its ends are plain numbers: of this type, integers if True.
        ends: what they are, for messages.
    """

    def convert(where: str, v: Any) -> Any:
        if v is None and optional:
            return None
        if is_number(v) and single is not None:
            v = single(v)
        v = tuple(v) if isinstance(v, list | tuple | np.ndarray) else v
        if not isinstance(v, tuple) or len(v) != 2 or not all(is_number(e) for e in v):
            advice = f" Write ({v}, {v})." if is_number(v) else ""
            raise TypeError(f"{where} must be {'a number or ' if single else ''}a pair {ends}, got {v!r}.{advice}")
        _bounded(where, v, low, high)
        if ordered and all(is_concrete(e) for e in v) and float(v[0]) > float(v[1]):
            raise ValueError(f"{where} must be (low, high) with low <= high, got {v!r}.")
        plain = _plain if not static else int if static is True else static
        return tuple(plain(e) for e in v)

    return _field(default, convert, bool(static))


def symmetric(v: Any) -> tuple[Any, Any]:
    """One number r as the range (-r, r)."""
    return (-abs(v), abs(v))


def alone(v: Any) -> tuple[Any, Any]:
    """One number as the range that holds only it."""
    return (v, v)


def above(low: float) -> Callable[[Any], tuple[Any, Any]]:
    """One number r as the range (low, r)."""
    return lambda v: (low, v)


def around_one(v: Any) -> tuple[Any, Any]:
    """One number r as the range (max(0, 1 - r), 1 + r)."""
    return (max(0.0, 1.0 - float(v)) if isinstance(v, Real) else jnp.maximum(0.0, 1.0 - v), 1.0 + v)


def fill(default: Any = 0.0, *, optional: bool = False, names: tuple[str, ...] = ()) -> Any:
    """What shows where there is no picture: a number, one per channel, or a word."""

    def convert(where: str, v: Any) -> Any:
        if v is None and optional:
            return None
        if isinstance(v, str):
            if v not in names:
                raise ValueError(
                    f"{where} must be a number, one per channel{_or(names)}, got {v!r}.{nearest(v, names)}"
                )
            return v
        if is_number(v):
            return _plain(v)
        if isinstance(v, list | tuple | np.ndarray | jax.Array) and all(is_number(e) for e in v):
            return tuple(_plain(e) for e in v)
        raise TypeError(f"{where} must be a number or one per channel{_or(names)}, got {v!r}.")

    return _field(default, convert, lambda v: v is None or isinstance(v, str))


def _or(names: tuple[str, ...]) -> str:
    return f", or {', '.join(repr(w) for w in names)}" if names else ""


def choice(default: Any, options: tuple[Any, ...]) -> Any:
    """One of a few names; static."""

    def convert(where: str, v: Any) -> Any:
        if isinstance(v, np.ndarray | jax.Array) or v not in options:
            raise ValueError(
                f"{where} must be one of {', '.join(map(repr, options))}, got {v!r}.{nearest(v, map(str, options))}"
            )
        return options[options.index(v)]

    return _field(default, convert, True)


def interpolation(default: str = "linear") -> Any:
    """How pixels are read between their centres: a word, or OpenCV's constant for it."""
    return _field(default, read_interpolation, True)


def border_mode(default: str = "constant") -> Any:
    """What shows outside a picture: a word, or OpenCV's constant for it."""
    return _field(default, _coded(BORDERS), True)


def _coded(names: tuple[str, ...]) -> Callable[[str, Any], str]:
    def convert(where: str, v: Any) -> str:
        if isinstance(v, str) and v in names:
            return v
        if isinstance(v, Integral) and not isinstance(v, bool) and 0 <= int(v) < len(names):
            return names[int(v)]
        known = dict.fromkeys(names)
        raise ValueError(
            f"{where} must be one of {', '.join(known)}, or OpenCV's number for it, got {v!r}.{nearest(v, known)}"
        )

    return convert


def read_interpolation(where: str, v: Any) -> str:
    """An interpolation as its word.

    Args:
        where: what the message names.
        v: a word or OpenCV's number.

    Raises:
        ValueError: neither.
    """
    return _coded(INTERPOLATIONS)(where, v)


def option(default: Any = dataclasses.MISSING, kind: type = bool, low: Any = None, *, optional: bool = False) -> Any:
    """A flag, a whole number or another plain value that fixes shapes or code paths."""

    def convert(where: str, v: Any) -> Any:
        if v is None and optional:
            return None
        if kind is int and isinstance(v, Real) and float(v).is_integer() and not isinstance(v, bool):
            v = int(float(v))
        if kind is float and isinstance(v, Real):
            v = float(v)
        if kind is bool and isinstance(v, np.bool_):
            v = bool(v)
        if not isinstance(v, kind) or (kind is int and isinstance(v, bool)):
            raise TypeError(f"{where} must be {kind.__name__}, got {v!r}.")
        if kind is float:
            _bounded(where, [v], None, None)
        if low is not None and v < low:
            raise ValueError(f"{where} must be at least {low}, got {v!r}.")
        return v

    return _field(default, convert, True)


def lengths(default: Any) -> Any:
    """A range of lengths: floats up to 1 are fractions, whole numbers and larger floats are pixels."""
    plain = pair(default, alone, 0).metadata["convert"]

    def convert(where: str, v: Any) -> Any:
        ends = tuple(v) if isinstance(v, list | tuple) else (v, v)
        whole = all(isinstance(e, Integral) for e in ends)
        low, high = plain(where, v)
        if whole or (isinstance(high, float) and high > 1):
            return int(low), int(high)
        return low, high

    return _field(default, convert)


def per_axis(
    default: Any, single: Callable[[Any], tuple[Any, Any]], *, low: float | None = None, missing: float = 1.0
) -> Any:
    """A range that becomes `{"x": (low, high), "y": (low, high)}`.

    Args:
        default: its default; None is allowed where it is the default.
        single: what one number stands for.
        low: bound of both ends.
        missing: what an axis that a dict leaves out stays at.
    """
    one = pair(default, single, low).metadata["convert"]

    def convert(where: str, v: Any) -> Any:
        if v is None and default is None:
            return None
        if isinstance(v, dict):
            if set(v) - {"x", "y"} or not v:
                raise ValueError(f"{where} must be a range or a dict with keys 'x' and 'y', got {v!r}.")
            return {axis: one(f"{where}[{axis!r}]", v.get(axis, missing)) for axis in "xy"}
        value = one(where, v)
        return {"x": value, "y": value}

    return _field(default, convert, lambda v: v is None)


def several(low: int | None = None) -> Any:
    """A list of labels, numbers or strings, or None; static.

    Args:
        low: least allowed; only whole numbers are.
    """

    def convert(where: str, v: Any) -> Any:
        if v is None:
            return None
        kinds, expected = ((Real, str), "numbers or strings") if low is None else ((Integral,), "whole numbers")
        if not isinstance(v, list | tuple | np.ndarray) or not all(
            isinstance(e, kinds) and not isinstance(e, bool) for e in v
        ):
            raise TypeError(f"{where} must be a list of {expected}, got {v!r}.")
        if low is not None:
            _bounded(where, v, low, None)
        return tuple(e.item() if isinstance(e, np.generic) else e for e in v)

    return _field(None, convert, True)


def entry(default: str) -> Any:
    """The name of an entry of the sample that the transform reads, so that it is no target; static.

    Args:
        default: its default.
    """

    def convert(where: str, v: Any) -> str:
        if not isinstance(v, str) or not v:
            raise TypeError(f"{where} must be the name of an entry of the sample, got {v!r}.")
        return v

    return dataclasses.field(default=default, metadata={"convert": convert, "static": True, "entry": True})


def numbers(
    default: tuple[float, ...] | None, low: float | None = None, high: float | None = None, *, count: int | None = None
) -> Any:
    """A fixed count of numbers that may be traced.

    Args:
        default: their defaults; None is allowed where it is the default.
        low, high: bounds of each.
        count: how many there are where the default does not tell.
    """
    length = count if default is None else len(default)

    def convert(where: str, v: Any) -> Any:
        if v is None and default is None:
            return None
        if not isinstance(v, list | tuple | np.ndarray) or len(v) != length or not all(is_number(e) for e in v):
            raise TypeError(f"{where} must be {length} numbers, got {v!r}.")
        _bounded(where, v, low, high)
        return tuple(_plain(e) for e in v)

    return _field(default, convert, (lambda v: v is None) if default is None else False)


def images(default: None = None) -> Any:
    """A list of images, or None; leaves of the transform."""

    def convert(where: str, v: Any) -> Any:
        if v is None:
            return None
        if not isinstance(v, list | tuple) or not v or not all(np.ndim(image) in (2, 3) for image in v):
            raise TypeError(f"{where} must be a list of images (H, W) or (H, W, C), got {type(v).__name__}.")
        return tuple(jnp.asarray(image) for image in v)

    return _field(default, convert, lambda v: v is None)


def axes(default: tuple[int, ...] | None) -> Any:
    """Some of the axes 0, 1 and 2 of a volume, or None where that is the default; static."""

    def convert(where: str, v: Any) -> Any:
        if v is None and default is None:
            return None
        chosen = (v,) if isinstance(v, Integral) else v
        if not isinstance(chosen, list | tuple) or not chosen or not set(chosen) <= {0, 1, 2}:
            raise ValueError(f"{where} must be some of the axes 0 (depth), 1 (height) and 2 (width), got {v!r}.")
        return tuple(sorted({int(axis) for axis in chosen}))

    return _field(default, convert, True)


def absent(why: str) -> Any:
    """An argument that Albumentations has and that must stay None here.

    Args:
        why: what the message says.
    """

    def convert(where: str, v: Any) -> None:
        if v is not None:
            raise ValueError(f"{where} must stay None: {why}.")

    return _field(None, convert, True)
