"""Pytrees of structs as plain data: nested lists and dicts that JSON can hold, and arrays beside them.

Reading makes only structs that are known, field by field, and names only functions of this package or of modules that
the reader names: nothing runs because a file says so.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from jaxaug import kernels, transforms
from jaxaug.backend import struct
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import STRUCTS
from jaxaug.geometry.maps import Structure

#: The modules of this package whose functions ops name.
KERNELS = frozenset(
    f"{package.__name__}.{module.name}"
    for package in (kernels, transforms)
    for module in pkgutil.iter_modules(package.__path__)
)


def to_plain(tree: Any) -> tuple[Any, list[np.ndarray]]:
    """A pytree as plain data.

    Args:
        tree: structs, tuples, lists, dicts, arrays, numbers, strings and functions by name, however nested.

    Returns:
        What JSON can hold, and the arrays that it names by their numbers.

    Raises:
        TypeError: something else, or a tracer.
    """
    arrays: list[np.ndarray] = []
    return _plain(tree, arrays), arrays


def _plain(node: Any, arrays: list[np.ndarray]) -> Any:
    name = f"{type(node).__module__}.{type(node).__qualname__}"
    if STRUCTS.get(name) is type(node):
        names = [f.name for f in dataclasses.fields(STRUCTS[name])]
        fields = {field: _plain(getattr(node, field), arrays) for field in names}
        return {"struct": name, "fields": fields}
    if isinstance(node, Structure):
        return {"structure": int(node)}
    if node is None or type(node) in (bool, int, str) or (type(node) is float and np.isfinite(node)):
        return node
    if type(node) is float:
        return {"float": str(node)}
    if isinstance(node, Importable):
        return {"function": [node.module, node.qualname]}
    if type(node) in (tuple, list):
        return {type(node).__name__: [_plain(item, arrays) for item in node]}
    if type(node) is dict and all(isinstance(key, str) for key in node):
        return {"dict": {key: _plain(value, arrays) for key, value in node.items()}}
    if isinstance(node, jax.Array | np.ndarray | np.generic) and not isinstance(node, jax.core.Tracer):
        arrays.append(np.asarray(node))
        return {"array": len(arrays) - 1}
    raise TypeError(
        f"{type(node).__name__} cannot be written: a plan that is written holds arrays, numbers, strings and "
        "functions at the top of modules."
        + (" Write it outside jit and vmap." if isinstance(node, jax.core.Tracer) else "")
    )


def from_plain(plain: Any, arrays: Sequence[np.ndarray], modules: Iterable[str] = ()) -> Any:
    """The inverse of `to_plain`.

    Args:
        plain: what JSON held.
        arrays: those beside it.
        modules: imported modules whose structs and functions are taken besides this package's.

    Raises:
        ValueError: a struct, field, function or array that is not known.
    """
    extra = tuple(modules)

    def one(node: Any) -> Any:
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if not isinstance(node, dict) or not node or next(iter(node)) not in readers:
            raise ValueError(f"This is no plan of this package: expected one of {list(readers)}, got {node!s:.40}.")
        (kind, held), *rest = node.items()
        return readers[kind](held, **dict(rest))

    def structure_of(name: str, fields: dict[str, Any]) -> Any:
        found: Any = STRUCTS.get(name)
        if found is None or not _within(name, ("jaxaug", *extra)):
            raise ValueError(_unknown("op or part of one", name))
        expected = {f.name for f in dataclasses.fields(found)}
        if set(fields) != expected:
            raise ValueError(
                f"{name} was written with the fields {sorted(fields)}, and here it has {sorted(expected)}: read the "
                "plan with the version of jaxaug that wrote it."
            )
        return struct.build(found, {key: one(value) for key, value in fields.items()})

    readers: dict[str, Callable[..., Any]] = {
        "struct": structure_of,
        "structure": Structure,
        "float": float,
        "function": lambda names: function_named(names[0], names[1], extra),
        "tuple": lambda items: tuple(one(item) for item in items),
        "list": lambda items: [one(item) for item in items],
        "dict": lambda items: {key: one(value) for key, value in items.items()},
        "array": lambda i: arrays[i],
    }
    try:
        return one(plain)
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"This is no plan of this package, or a damaged one: {error}.") from error


def function_named(module: str, qualname: str, extra: Sequence[str]) -> Importable:
    """A function by name, if it is one that stands at the top of a module of kernels or of a user's own.

    Args:
        module: where it stands.
        qualname: its name there.
        extra: the user's own modules, imported by now.

    Raises:
        ValueError: it is none.
    """
    found = sys.modules.get(module) if _within(module, extra) else None
    if module in KERNELS:
        found = importlib.import_module(module)
    function = vars(found).get(qualname) if found else None
    if not callable(function) or getattr(function, "__module__", None) != module:
        raise ValueError(_unknown("function", f"{module}.{qualname}"))
    return Importable.of(function)


def _within(name: str, modules: Sequence[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _unknown(what: str, name: str) -> str:
    return (
        f"What is read names the {what} {name!r}, which is not known. If it is yours, import its module first and name "
        "the module: modules=['...']. Nothing runs because a file says so."
    )
