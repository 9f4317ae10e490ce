"""Constants and arithmetic in Python source that is read and never run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from jaxaug.interop.calls import Unknown

#: What OpenCV's constants are.
CV2 = {
    name: number
    for prefix, names in (
        ("INTER_", "NEAREST LINEAR CUBIC AREA LANCZOS4 LINEAR_EXACT NEAREST_EXACT"),
        ("BORDER_", "CONSTANT REPLICATE REFLECT WRAP REFLECT_101"),
    )
    for number, name in enumerate(prefix + word for word in names.split())
} | {"BORDER_REFLECT101": 4, "BORDER_DEFAULT": 4}
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
#: Largest result of arithmetic that is followed, so that no source can keep the reader busy.
_LARGEST = 10**9
#: Entries of a list that is made.
LONGEST = 1000
#: Methods of dicts that list what is in them.
VIEWS = ("items", "keys", "values")


def _range(*bounds: int) -> list[int]:
    """As `range`, of a length that is followed."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST:
        raise ValueError(f"a range of {len(numbers)} numbers")
    return list(numbers)


#: Functions whose results are known where their arguments are.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (int, float, str, bool, tuple, list, min, max, abs, round, len, sum, sorted)},
    "range": _range,
    "zip": lambda *lists: list(zip(*lists, strict=False)),
    "enumerate": lambda *given: list(enumerate(*given)),
}


def operate(op: type, text: str, *values: Any) -> Any:
    """Arithmetic of values that are known.

    Args:
        op: the operator, a class of `ast`.
        text: of the whole, for a result that cannot be told.
        values: one or two operands.
    """
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    if unknown or op not in _OPERATORS:
        return unknown or Unknown(text)
    numbers = [abs(value) for value in values if isinstance(value, int | float)]
    if (numbers and max(numbers) > _LARGEST) or (op is ast.Pow and len(numbers) == 2 and numbers[1] > 30):
        return Unknown(text)
    if op is ast.Mult and any(isinstance(v, list | tuple | str) for v in values) and max(numbers, default=0) > 1000:
        return Unknown(text)
    try:
        return _OPERATORS[op](*values)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return Unknown(text)
