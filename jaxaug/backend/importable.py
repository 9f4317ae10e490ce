"""Functions held by their importable names, so that what holds them can be stored, compared and sent elsewhere."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Importable:
    """A function by its module and qualified name; equal names are equal functions, in any process.

    Args:
        module: name of the module.
        qualname: name of the function in it, with dots where it lies in a class.
    """

    module: str
    qualname: str

    @classmethod
    def of(cls, fn: Callable[..., Any]) -> Importable:
        """The name of a function.

        Args:
            fn: what stands under its own name in an importable module.

        Raises:
            ValueError: a lambda, a local function, a partial one or a wrapped one: no other process could find it.

        Example:
            >>> import math
            >>> Importable.of(math.floor)()(2.5)
            2
        """
        held = cls(getattr(fn, "__module__", None) or "", getattr(fn, "__qualname__", None) or "")
        if not held.module or "<" in held.qualname or not held._names(fn):
            shown = f"{held.module}.{held.qualname}" if held.qualname else type(fn).__name__
            raise ValueError(
                f"{shown} cannot be imported by its name, so a plan that holds it could not be stored or sent to "
                "another process. Expected a function defined at the top of a module; got a lambda, a local, partial "
                "or wrapped one. Give it a name of its own there, and pass what varies as its arguments."
            )
        return held

    def _names(self, fn: Callable[..., Any]) -> bool:
        try:
            return self() is fn
        except (ImportError, AttributeError):
            return False

    def __call__(self) -> Callable[..., Any]:
        """The function itself."""
        found: Any = sys.modules.get(self.module) or importlib.import_module(self.module)
        for part in self.qualname.split("."):
            found = getattr(found, part)
        return found

    def __repr__(self) -> str:
        return f"{self.module}.{self.qualname}"
