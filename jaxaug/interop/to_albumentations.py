"""Pipelines of this library as live pipelines of Albumentations."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np

from jaxaug.core.arguments import BORDERS, INTERPOLATIONS
from jaxaug.core.transform import Node
from jaxaug.interop.calls import Report
from jaxaug.pipeline.compose import Compose


def to_albumentations(augment: Compose) -> Any:
    """A pipeline as a live `A.Compose`, for what exists there.

    Args:
        augment: the pipeline.

    Returns:
        The pipeline of Albumentations 2.

    Raises:
        ImportError: Albumentations is not installed.
        ValueError: something in it does not exist there, all of which the message lists.

    Example:
        >>> import jaxaug as ja
        >>> type(ja.to_albumentations(ja.Compose([ja.HorizontalFlip(p=1)])).transforms[0]).__name__
        'HorizontalFlip'
    """
    try:
        import albumentations
        import albumentations.pytorch  # ToTensorV2, where torch is installed
    except ImportError as error:
        if "torch" not in str(error):
            raise ImportError("to_albumentations needs Albumentations: pip install albumentations==2.0.8.") from error
        import albumentations
    report = Report()
    steps = [_step(step, albumentations, report) for step in augment.transforms]
    params: dict[str, Any] = {}
    for kind, said in augment.settings.params:
        name, argument = {
            "bboxes": ("BboxParams", "bbox_params"),
            "keypoints": ("KeypointParams", "keypoint_params"),
        }.get(kind, ("", ""))
        if not name:
            report.refuse(f"Compose(target_params={{{kind!r}: ...}}): Albumentations has no such targets.")
            continue
        params[argument] = _params(getattr(albumentations, name), said, report)
    if augment.settings.max_value != 1.0:
        report.refuse(f"Compose(max_value={augment.settings.max_value}): floats reach from 0 to 1 there.")
    if augment.settings.mask_interpolation is not None:
        params["mask_interpolation"] = INTERPOLATIONS.index(augment.settings.mask_interpolation)
    if report.refusals:
        listed = "\n".join(f"  - {text}" for text in report.refusals)
        raise ValueError(f"This pipeline cannot be written for Albumentations:\n{listed}\nLeave out what is named.")
    return albumentations.Compose(
        steps,
        p=float(augment.p),
        additional_targets=dict(augment.additional_targets or ()) or None,
        is_check_shapes=augment.is_check_shapes,
        strict=augment.strict,
        **params,
    )


def _step(step: Node, library: Any, report: Report) -> Any:
    name = type(step).__name__
    there = getattr(library, name, None) or getattr(getattr(library, "pytorch", None), name, None)
    if there is None:
        report.refuse(f"{name}: Albumentations has no such transform.")
        return None
    known = inspect.signature(there).parameters
    if isinstance(step, Compose):
        there = library.Sequential
        return there([_step(inner, library, report) for inner in step.transforms], p=float(step.p))
    given: dict[str, Any] = {}
    for field in dataclasses.fields(step):  # type: ignore[arg-type]
        if not field.init:
            continue
        value = getattr(step, field.name)
        if field.name == "transforms":
            given["transforms"] = [_step(inner, library, report) for inner in step.steps]
        elif field.name in known:
            given[field.name] = _value(field.name, value)
        elif not _is_default(field, value):
            report.refuse(f"{name}({field.name}={value!r}): Albumentations has no such argument.")
    try:
        return there(**given)
    except (TypeError, ValueError) as error:
        report.refuse(f"{name}: {' '.join(str(error).split())[:300]}")
        return None


def _params(cls: Any, said: Any, report: Report) -> Any:
    known = inspect.signature(cls).parameters
    given = {}
    for field in dataclasses.fields(said):
        value = getattr(said, field.name)
        if field.name == "label_fields" and value is not None:
            value = [name for name in value if isinstance(name, str)]
        if field.name in known:
            given[field.name] = value
        elif value is not None:
            report.refuse(f"{cls.__name__}({field.name}={value!r}): Albumentations has no such argument.")
    return cls(**given)


def _is_default(field: Any, value: Any) -> bool:
    return field.default is not dataclasses.MISSING and bool(np.all(value == field.default))


def _value(name: str, value: Any) -> Any:
    """A value as Albumentations takes it: plain numbers, OpenCV's numbers for words."""
    if isinstance(value, str):
        if name.endswith("interpolation"):
            return INTERPOLATIONS.index(value)
        return BORDERS.index(value) if name == "border_mode" else value
    if name == "interpolation_pair":
        return {key: _value("interpolation", entry) for key, entry in dict(value).items()}
    if isinstance(value, dict):
        return {key: _value(name, entry) for key, entry in value.items()}
    if name in ("px", "percent") and isinstance(value, tuple) and value and isinstance(value[0], tuple):
        sides = [tuple(int(v) if name == "px" else float(v) for v in side) for side in value]
        plain = [side[0] if len(side) == 1 else side for side in sides]
        return plain[0] if len(plain) == 1 else tuple(plain)
    if name == "num_bits" and isinstance(value, list | tuple) and len(value) == 1:
        return _value(name, value[0])
    if isinstance(value, list | tuple):
        return type(value)(_value(name, entry) for entry in value)
    return np.asarray(value).item() if hasattr(value, "dtype") and np.ndim(value) == 0 else value
