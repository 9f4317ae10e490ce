"""Pipelines of Albumentations of any version, as pipelines of this library and as code for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxaug.interop.build import build, source, warn
from jaxaug.interop.calls import Call, Found, Report, calls_within
from jaxaug.interop.read_data import as_compose, find_data, is_live, read_file, read_live
from jaxaug.interop.read_source import find_pipelines
from jaxaug.interop.translate import Translator, version_of
from jaxaug.pipeline.compose import Compose

_DATA = (".json", ".yaml", ".yml")


def from_albumentations(
    pipeline: Any, *, name: str | None = None, values: Mapping[str, Any] | None = None, version: int | None = None
) -> Compose:
    """A pipeline of Albumentations as one of this library.

    Names and arguments of 1.x, 2.x and the successor are known. What 1.x wrote otherwise is translated to what it
    meant, with one `PortWarning` each; every other argument is honoured or refused.

    Args:
        pipeline: a live `A.Compose` or transform; what `A.to_dict` returns; a list of `{"type": name, ...}` or
            `{"_target_": "albumentations.Name", ...}`; Python source that holds a pipeline, which is read and never
            run; or the path of a file of JSON, YAML or Python.
        name: of the variable or function that holds the pipeline, where a source holds several; in a configuration
            the keys that lead to it, such as `train.transforms`, or one of them.
        values: of names that a source does not tell, such as `{"image_size": 512}`.
        version: of Albumentations that it was written for, 1 or 2, which fixes defaults and the order of positional
            arguments; None takes 1 if anything in it is of 1.x alone, else 2.

    Returns:
        The pipeline.

    Raises:
        ValueError: something in it cannot be honoured, all of which the message lists; a source without a pipeline, or
            with several and no name.
        TypeError: something that is no pipeline.
        ImportError: a file of YAML, where PyYAML is missing.

    Example:
        >>> import jaxaug as ja
        >>> augment = ja.from_albumentations("A.Compose([A.HorizontalFlip(p=0.5), A.Resize(64, 96)])")
        >>> augment
        Compose(HorizontalFlip, Resize)
    """
    found = _chosen(read(pipeline, values), name)
    report = Report()
    call = translated(found, report, version)
    augment = build(call, report)
    report.raise_refusals("Albumentations")
    warn(report.notes)
    return augment


def read(pipeline: Any, values: Mapping[str, Any] | None = None) -> list[Found]:
    """The pipelines that something holds, not translated.

    Args:
        pipeline: as for `from_albumentations`.
        values: of names that a source does not tell.
    """
    if is_live(pipeline):
        return [Found(None, as_compose(read_live(pipeline)), 2)]
    if isinstance(pipeline, Mapping | list | tuple):
        return find_data(pipeline)
    if not isinstance(pipeline, str | os.PathLike):
        raise TypeError(
            "from_albumentations takes a pipeline or transform of Albumentations, its dict, a list of dicts, source or "
            f"the path of a file, got {type(pipeline).__name__}."
        )
    text = os.fspath(pipeline)
    if isinstance(pipeline, os.PathLike) or ("\n" not in text and text.endswith((*_DATA, ".py"))):
        path = Path(text)
        if path.suffix.lower() in _DATA:
            return find_data(read_file(path))
        text = path.read_text("utf-8")
    return find_pipelines(text, values)


def translated(found: Found, report: Report, version: int | None = None) -> Call:
    """A pipeline that was read, as a call of `Compose` here.

    Args:
        found: the pipeline.
        report: where notes and refusals go.
        version: of Albumentations that it was written for, if that is known.

    Raises:
        ValueError: another version than 1 or 2.
    """
    if version not in (None, 1, 2):
        raise ValueError(f"version must be 1 or 2, or None to tell by names and arguments, got {version!r}.")
    return Translator(version or found.version or version_of(found.call), report).compose(found.call)


def port(text: str | os.PathLike[str], values: Mapping[str, Any] | None = None) -> tuple[str, int]:
    """Source or the path of a file as code for this library.

    Args:
        text: source, or a path.
        values: of names that the source does not tell.

    Returns:
        The code, each pipeline with what was translated or refused as comments before it, and how many were refused.

    Example:
        >>> print(port("train = A.Compose([A.Flip(p=0.5)])")[0])
        import jaxaug as ja
        <BLANKLINE>
        # Flip: of Albumentations 1.x, OneOf here.
        train = ja.Compose(
            [
                ja.OneOf(
                    [
                        ja.HorizontalFlip(p=1.0),
                        ja.VerticalFlip(p=1.0),
                        ja.Sequential(
                            [
                                ja.HorizontalFlip(p=1.0),
                                ja.VerticalFlip(p=1.0),
                            ],
                            p=1.0,
                        ),
                    ],
                    p=0.5,
                ),
            ],
        )
    """
    blocks, refused = ["import jaxaug as ja\n"], 0
    names: set[str] = set()
    for found in read(text, values):
        report = Report()
        call = translated(found, report)
        build(call, report)
        name = base = found.name or "augment"
        while name in names:
            name = f"{base}_{sum(other.startswith(base) for other in names) + 1}"
        names.add(name)
        lines = [f"# {note}" for note in report.notes]
        if report.refusals:
            refused += 1
            lines += [f"# {name} cannot be ported:", *(f"#   - {' '.join(text.split())}" for text in report.refusals)]
        else:
            lines.append(f"{name} = {source(call)}")
        blocks.append("\n".join(lines))
    return "\n".join(blocks), refused


def _chosen(found: list[Found], name: str | None) -> Found:
    """The pipeline of a name, or the only one that is not a part of another."""
    fitting = [f for f in found if name in (f.name, *(f.name or "").split("."))] if name else _whole(found)
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(repr(pipeline.name) for pipeline in found)
    if not fitting:
        raise ValueError(f"There is no pipeline {name!r} in the source, which holds {names}.")
    names = ", ".join(repr(pipeline.name) for pipeline in fitting)
    raise ValueError(f"The source holds {len(fitting)} pipelines, {names}: say which, name='...'.")


def _whole(found: list[Found]) -> list[Found]:
    """Pipelines that are no part of another one, each once."""
    out: list[Found] = []
    for pipeline in found:
        others = [other.call for other in found if other.call is not pipeline.call]
        inside = [call for other in others for call in list(calls_within(other))[1:]]
        steps, options = _parts(pipeline.call)
        # A list of steps that a configuration names once and uses elsewhere, with options.
        used = not options and any(_parts(other)[0] == steps and _parts(other)[1] for other in others)
        again = any(_parts(other.call) == (steps, options) for other in out)
        if not used and not again and all(call is not pipeline.call for call in inside):
            out.append(pipeline)
    return out


def _parts(call: Call) -> tuple[Any, dict[str, Any]]:
    """The steps of a composition, and its options."""
    options = {key: value for key, value in call.kwargs.items() if key != "transforms"}
    return (call.args[0] if call.args else call.kwargs.get("transforms", [])), options
