"""Immutable pytree dataclasses: arrays are leaves, everything that fixes shapes or code paths is static."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast, dataclass_transform

import jax

T = TypeVar("T")

#: Every struct by its module and qualified name.
STRUCTS: dict[str, type] = {}


def static(default: Any = dataclasses.MISSING, **metadata: Any) -> Any:
    """A field that is part of the tree structure: changing it recompiles.

    Args:
        default: the default value; without one the field is required.
        **metadata: further entries of the field's metadata.
    """
    return dataclasses.field(default=default, metadata={"static": True, **metadata})


def static_if_certain(default: float = 1.0, **metadata: Any) -> Any:
    """A probability: static while it is a plain 0 or 1, so that what is certain needs no choice, else a leaf."""
    metadata = {"static": lambda v: isinstance(v, float) and v in (0.0, 1.0), **metadata}
    return dataclasses.field(default=default, metadata=metadata)


def static_if_true(*, default: bool = True) -> Any:
    """A field that says whether something applies: static while it is plainly True, a leaf where it is drawn."""
    return dataclasses.field(default=default, metadata={"static": lambda v: v is True})


@dataclass_transform(
    frozen_default=True, field_specifiers=(dataclasses.field, static, static_if_certain, static_if_true)
)
def struct(cls: type[T]) -> type[T]:
    """Turns a class into a frozen dataclass that is a pytree.

    Fields made with `static` go into the tree structure, all others are children. A field whose `static` metadata
    is a function goes there for the values that the function accepts. Rebuilding the tree bypasses `__init__`, so
    validation there only ever sees what a user wrote.
    """
    # What dataclasses would write and compile for every class anew is most of what importing a hundred of them takes.
    cls = dataclasses.dataclass(eq=False, repr=False, init=False)(cls)
    written: dict[str, Any] = {
        "__init__": _fields_given,
        "__signature__": _Signature(),
        "__setattr__": _set_once,
        "__delattr__": _keep,
        "__repr__": _fields_shown,
    }
    if "__init__" in vars(cls):
        del written["__signature__"]
    for name in written.keys() - vars(cls).keys():
        setattr(cls, name, written[name])
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    names = tuple(f.name for f in fields)
    tests = {f.name: f.metadata.get("static", False) for f in fields}

    def is_static(node: Any, name: str) -> bool:
        test = tests[name]
        return test(getattr(node, name)) if callable(test) else test

    def split(node: Any) -> tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]:
        meta = tuple((n, getattr(node, n)) for n in names if is_static(node, n))
        fixed = {n for n, _ in meta}
        return tuple(n for n in names if n not in fixed), meta

    def flatten(node: Any) -> tuple[tuple[Any, ...], Any]:
        data, meta = split(node)
        return tuple(getattr(node, n) for n in data), (data, meta)

    def flatten_with_keys(node: Any) -> tuple[tuple[Any, ...], Any]:
        data, meta = split(node)
        return tuple((jax.tree_util.GetAttrKey(n), getattr(node, n)) for n in data), (data, meta)

    def unflatten(aux: Any, children: tuple[Any, ...]) -> Any:
        data, meta = aux
        return build(cls, dict(zip(data, children, strict=True)) | dict(meta))

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)  # type: ignore[arg-type]
    STRUCTS[f"{cls.__module__}.{cls.__qualname__}"] = cls
    return cls


def _fields_given(self: Any, /, *args: Any, **kwargs: Any) -> None:
    """Sets the fields, by position or by name, as the `__init__` of a dataclass does."""
    signature = type(self).__signature__
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(
            f"{type(self).__name__}: {error}. Its arguments are {', '.join(signature.parameters)}."
        ) from None
    for field in dataclasses.fields(self):
        if field.name in given:
            value = given[field.name]
        elif field.default_factory is not dataclasses.MISSING:
            value = field.default_factory()
        elif field.default is not dataclasses.MISSING:
            value = field.default
        else:
            continue
        setattr(self, field.name, value)


class _Signature:
    """The signature of a struct, made when somebody asks."""

    def __get__(self, node: Any, cls: type) -> inspect.Signature:
        known = vars(cls).get("_struct_signature")
        if known is None:
            known = inspect.Signature([_parameter(f) for f in dataclasses.fields(cast(Any, cls)) if f.init])
            cls._struct_signature = known  # type: ignore[attr-defined]
        return known


def _parameter(field: Any) -> inspect.Parameter:
    default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
    if field.default_factory is not dataclasses.MISSING:
        default = ...
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(field.name, kind, default=default, annotation=field.type)


def _set_once(self: Any, name: str, value: Any) -> None:
    """Sets a field for the first time, which `__init__` does."""
    if name in vars(self) or name not in type(self).__dataclass_fields__:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _keep(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _fields_shown(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({shown})"


def build(cls: type[T], values: dict[str, Any]) -> T:
    """An instance of a struct with exactly these field values, without running its validation."""
    node = object.__new__(cls)
    for name, value in values.items():
        object.__setattr__(node, name, value)
    return node


def replace(node: T, **changes: Any) -> T:
    """A copy of a struct with some fields changed, without running its validation."""
    values = {f.name: getattr(node, f.name) for f in dataclasses.fields(node)}  # type: ignore[arg-type]
    return build(type(node), values | changes)


def is_concrete(x: Any) -> bool:
    """Whether a value can be looked at now: it is no tracer."""
    return not isinstance(x, jax.core.Tracer)


def unknown_leaves(tree: T, *, of: Callable[[Any], bool] = lambda leaf: True) -> tuple[list[Any], Callable[[Any], T]]:
    """The leaves that are not known while tracing, and how others in their place make the tree again.

    Args:
        tree: a pytree.
        of: which of those leaves.
    """
    leaves, structure = jax.tree.flatten(tree)
    places = [i for i, leaf in enumerate(leaves) if not is_concrete(leaf) and of(leaf)]

    def with_others(others: Iterable[Any]) -> T:
        made = dict(zip(places, others, strict=True))
        return jax.tree.unflatten(structure, [made.get(i, leaf) for i, leaf in enumerate(leaves)])

    return [leaves[i] for i in places], with_others
