"""Calls built into what they name, and written as Python source."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from jaxaug.backend import struct
from jaxaug.core.arguments import BORDERS, INTERPOLATIONS
from jaxaug.interop.calls import Call, PortWarning, Report
from jaxaug.interop.translate import here
from jaxaug.pipeline.compose import Compose

#: Longest line of printed code.
WIDTH = 100


def build(call: Call, report: Report) -> Any:
    """What a call names; what its class refuses goes into the report.

    Args:
        call: translated.
        report: where refusals go.

    Returns:
        The object, or None if it was refused.
    """
    given = {name: _built(value, report) for name, value in call.kwargs.items()}
    try:
        if call.name in ("Compose", "ReplayCompose"):
            return _pipeline(here(call.name), given, report)
        return here(call.name)(**given)
    except (TypeError, ValueError) as error:
        text = str(error)
        report.refuse(text if text.startswith(call.name) else f"{call.name}: {text}")
        return None


def _built(value: Any, report: Report) -> Any:
    if isinstance(value, Call):
        return build(value, report)
    if isinstance(value, list) and any(isinstance(entry, Call) for entry in value):
        made = [_built(entry, report) for entry in value]
        return [step for step in made if step is not None]
    return value


def _pipeline(cls: type[Compose], given: dict[str, Any], report: Report) -> Compose:
    """A pipeline, also one whose order cuts off values, as Albumentations cuts them off."""
    try:
        return cls(**given)
    except ValueError as error:
        if "cuts off what lies beyond" not in str(error):
            raise
        report.note(f"{error} Albumentations cuts them off there without a word, and so does this pipeline.")
        whole = cls(**{**given, "transforms": []})
        return struct.replace(whole, transforms=tuple(given["transforms"]))


def warn(notes: Iterable[str]) -> None:
    """One warning for each note."""
    for note in notes:
        warnings.warn(note, PortWarning, stacklevel=3)


def source(call: Call, indent: int = 0, module: str = "ja") -> str:
    """A call as Python source.

    Args:
        call: translated.
        indent: spaces in front of its lines, the first excluded.
        module: what its class is imported as.

    Example:
        >>> from jaxaug.interop.calls import Call
        >>> print(source(Call("Compose", (), {"transforms": [Call("HorizontalFlip", (), {"p": 0.5})]})))
        ja.Compose(
            [
                ja.HorizontalFlip(p=0.5),
            ],
        )
    """
    parts = [
        (key, _written(value, indent + 4, module, key))
        for key, value in call.kwargs.items()
        if not (key == "p" and call.name == "Compose" and value == 1)
    ]
    texts = [text if key == "transforms" else f"{key}={text}" for key, text in sorted(parts, key=_transforms_first)]
    line = f"{module}.{call.name}({', '.join(texts)})"
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    return "\n".join([f"{module}.{call.name}(", *(f"{pad}{text}," for text in texts), " " * indent + ")"])


def _transforms_first(part: tuple[str, str]) -> bool:
    return part[0] != "transforms"


def _written(value: Any, indent: int, module: str, key: str) -> str:
    if isinstance(value, Call):
        return source(value, indent, module)
    if isinstance(value, list) and any(isinstance(entry, Call) for entry in value):
        pad = " " * (indent + 4)
        lines = [f"{pad}{_written(entry, indent + 4, module, '')}," for entry in value]
        return "\n".join(["[", *lines, " " * indent + "]"])
    words = BORDERS if key == "border_mode" else INTERPOLATIONS if key.endswith("interpolation") else ()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(words):
        return repr(words[value])
    if callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)
