"""Pipelines as plain data, which JSON and YAML can hold.

Reading makes only steps that are known, of this library and of a user's own that `ja.transform` made, and names only
functions of modules that the reader names: nothing runs because a file says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import STRUCTS
from jaxaug.core.albumentations_names import about
from jaxaug.core.transform import Node
from jaxaug.pipeline.plain_data import function_named
from jaxaug.pipeline.reader import Reader

#: Changes when files of an older version could no longer be read.
FORMAT = 1
#: What a value that JSON lacks begins with, as the only key of a dict.
FUNCTION, ARRAY, FLOAT = "$function", "$array", "$float"


def known_steps() -> dict[str, type]:
    """Every name that a pipeline may hold: transforms and compositions of this library, then those of a user's own."""
    own = {cls.__name__: cls for cls in STRUCTS.values() if issubclass(cls, Node) and cls is not Reader}
    return own | {name: cls for name, cls in own.items() if cls.__module__.startswith("jaxaug.")}


def to_dict(step: Node) -> dict[str, Any]:
    """A pipeline as plain data, for JSON, YAML and whatever else holds nested lists and dicts.

    Args:
        step: a Compose, another composition or a transform. Transforms of a user's own are written by the names of
            their classes, functions by those of their modules.

    Returns:
        A dict of `format`, a number, and `pipeline`, a list of a name and a dict of the arguments that are not as they
        are by default.

    Raises:
        ValueError: a function that cannot be imported by its name.
        TypeError: something that is no step, or holds tracers.

    Example:
        >>> import jaxaug as ja
        >>> ja.to_dict(ja.Compose([ja.HorizontalFlip(p=1)], keypoint_params=ja.KeypointParams("xy")))["pipeline"][1]
        {'transforms': [['HorizontalFlip', {'p': 1.0}]], 'keypoint_params': {'format': 'xy'}}
    """
    if not isinstance(step, Node):
        raise TypeError(f"to_dict writes a Compose or one of its steps, got {type(step).__name__}.")
    return {"format": FORMAT, "pipeline": _written(step)}


def from_dict(data: Any, *, modules: Iterable[str] = ()) -> Any:
    """The inverse of `to_dict`: an equal pipeline, which draws the same from the same key.

    Args:
        data: what it returned, after JSON or YAML or not.
        modules: imported modules whose functions may be named.

    Raises:
        ValueError: another form, a format of a newer version, an unknown name, argument or function.

    Example:
        >>> import json
        >>> import jaxaug as ja
        >>> augment = ja.Compose([ja.OneOf([ja.Blur(), ja.Rotate((0, 30))], p=0.5)], max_value=255.0)
        >>> ja.from_dict(json.loads(json.dumps(ja.to_dict(augment)))) == augment
        True
    """
    if not isinstance(data, dict) or not {"format", "pipeline"} <= set(data):
        raise ValueError(
            f"A pipeline as a dict must be {{'format': {FORMAT}, 'pipeline': [name, arguments]}}, got "
            f"{f'the keys {list(data)}' if isinstance(data, dict) else type(data).__name__}. Lists of steps are read "
            "by from_list, pipelines of Albumentations by from_albumentations."
        )
    if data["format"] != FORMAT:
        raise ValueError(
            f"This pipeline is written in format {data['format']!r}, and this version of jaxaug reads {FORMAT}: "
            "read it with the version that wrote it, or a newer one."
        )
    return _step(data["pipeline"], "The pipeline", tuple(modules))


def to_list(steps: Any) -> list[Any]:
    """Steps as nested lists; `to_dict` writes a whole pipeline.

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
        raise TypeError(
            "to_list writes steps, not what is said about targets: give compose.transforms, or write all with to_dict."
        )
    return [_written(step) for step in steps]


def from_list(steps: Any, *, modules: Iterable[str] = ()) -> list[Any]:
    """Transforms from nested lists, such as `json.load` gives.

    Args:
        steps: a list whose entries are `["Name", {arguments}]` or `["Name"]`; compositions take their children as
            the argument `transforms`, a list of the same kind.
        modules: imported modules whose functions may be named.

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
    return [_step(step, f"Entry {i} of the pipeline", tuple(modules)) for i, step in enumerate(steps)]


def _written(step: Node) -> list[Any]:
    arguments = {name: _plain(value) for name, value in step.arguments().items() if name != "transforms"}
    children = {"transforms": to_list(step.steps)} if step.steps or isinstance(step, Reader) else {}
    return [type(step).__name__, {**children, **arguments}]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if not _as_default(value, f)}
    if isinstance(value, float) and not np.isfinite(value):
        return {FLOAT: str(value)}
    if callable(value):
        held = Importable.of(value)
        return {FUNCTION: [held.module, held.qualname]}
    if not hasattr(value, "dtype"):
        return value
    array = np.asarray(value)
    return array.item() if not array.ndim else {ARRAY: array.tolist(), "dtype": str(array.dtype)}


def _as_default(holder: Any, field: Any) -> bool:
    return bool(field.default is not dataclasses.MISSING and getattr(holder, field.name) == field.default)


def _step(step: Any, where: str, modules: tuple[str, ...]) -> Any:
    well_formed = isinstance(step, list | tuple) and len(step) in (1, 2) and isinstance(step[0], str)
    arguments = step[1] if well_formed and len(step) == 2 else {}
    if not well_formed or not isinstance(arguments, dict):
        raise ValueError(f"{where} must be [name, arguments], got {step!r}.")
    name = step[0]
    known = known_steps()
    if name not in known:
        raise ValueError(f"{where} names {name!r}, which is unknown.{about(name, known)}")
    made = {key: _read(value, modules) for key, value in arguments.items() if key != "transforms"}
    if "transforms" in arguments:
        made["transforms"] = from_list(arguments["transforms"], modules=modules)
    try:
        return known[name](**made)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


def _read(value: Any, modules: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_read(item, modules) for item in value]
    if not isinstance(value, dict):
        return value
    if FUNCTION in value:
        module, qualname = value[FUNCTION]
        return function_named(module, qualname, modules)()
    if ARRAY in value:
        return np.asarray(value[ARRAY], value["dtype"])
    if FLOAT in value:
        return float(value[FLOAT])
    return {key: _read(item, modules) for key, item in value.items()}
