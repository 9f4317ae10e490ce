"""Pipelines of Albumentations as live objects and as plain data: serialised, configurations of OpenMMLab and Hydra."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jaxaug.interop.calls import Call, Found

#: Keys that name the class of a step, and how the class is written there.
NAMING = ("__class_fullname__", "type", "_target_", "class_name")
#: What `to_dict` says beside arguments.
_ASIDE = {*NAMING, "_convert_", "_recursive_", "_partial_", "__type__"}
#: Options of the params of annotations.
_PARAMS = {
    "BboxParams": "format label_fields min_area min_visibility min_width min_height check_each_transform clip "
    "filter_invalid_bboxes max_accept_ratio",
    "KeypointParams": "format label_fields remove_invisible angle_in_degrees check_each_transform",
}
_MASKING = "fill fill_mask mask_x_length mask_y_length num_masks_x num_masks_y"
#: What Albumentations 2 serialises beside the arguments of some transforms: those of the class that they extend.
_INHERITED = {
    "FrequencyMasking": _MASKING,
    "PadIfNeeded": "padding",
    "RGBShift": "approximation noise_params noise_type spatial_mode",
    "SafeRotate": "balanced_scale fit_output keep_ratio rotate scale shear translate_percent translate_px",
    "TimeMasking": _MASKING,
}


def is_live(value: Any) -> bool:
    """Whether a value is an object of Albumentations: a transform, a composition, or params."""
    return any(cls.__module__.split(".")[0] in ("albumentations", "albumentationsx") for cls in type(value).__mro__)


def read_live(value: Any) -> Call:
    """An object of Albumentations as a call.

    Args:
        value: a transform, a composition, `BboxParams` or `KeypointParams`.
    """
    name = type(value).__name__
    if name in _PARAMS:
        return Call(name, (), {key: getattr(value, key) for key in _PARAMS[name].split() if hasattr(value, key)})
    if not any(cls.__name__ == "BaseCompose" for cls in type(value).__mro__):
        return Call(name, (), {**_arguments(value), "p": value.p})
    kwargs: dict[str, Any] = {"transforms": [read_live(step) for step in value.transforms], "p": value.p}
    processors = getattr(value, "processors", {})
    for key, argument in (("bboxes", "bbox_params"), ("keypoints", "keypoint_params")):
        if key in processors:
            kwargs[argument] = read_live(processors[key].params)
    for key in (
        "additional_targets",
        "is_check_shapes",
        "strict",
        "seed",
        "save_applied_params",
        "n",
        "replace",
        "channels",
    ):
        if getattr(value, key, None) is not None:
            kwargs[key] = getattr(value, key)
    if getattr(value, "_additional_targets", None) and "additional_targets" not in kwargs:
        kwargs["additional_targets"] = dict(value._additional_targets)
    if name in ("OneOf", "OneOrOther", "Sequential"):
        kwargs = {key: kwargs[key] for key in ("transforms", "p")}
    if name in ("SomeOf", "RandomOrder", "SelectiveChannelTransform"):
        kwargs = {key: kwargs[key] for key in ("transforms", "n", "replace", "channels", "p") if key in kwargs}
    return Call(name, (), kwargs)


def _arguments(value: Any) -> dict[str, Any]:
    """The arguments of a live transform, functions included."""
    if type(value).__name__ == "Lambda":
        functions = {key: fn for key, fn in value.custom_apply_fns.items() if getattr(fn, "__name__", "noop") != "noop"}
        return {**functions, **({"name": value.name} if value.name else {})}
    try:
        found = value.get_transform_init_args()
    except NotImplementedError:
        found = {key: getattr(value, key) for key in value.get_transform_init_args_names()}
    if "read_fn" in found:
        references, read = found.get("reference_images"), found["read_fn"]
        found = {**found, "reference_images": references and [read(reference) for reference in references]}
        del found["read_fn"]
    return _own(type(value).__name__, {key: given for key, given in found.items() if key != "p"})


def _own(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Serialised arguments without those of the class that a transform extends."""
    inherited = _INHERITED.get(name, "").split()
    return {key: given for key, given in arguments.items() if key not in inherited}


def find_data(value: Any) -> list[Found]:
    """The pipelines in plain data: the data itself, or where they stand in a configuration, by their keys.

    Args:
        value: as for `read_data`, or a dict or list that holds such.

    Raises:
        ValueError: no pipeline.
    """
    if isinstance(value, list | tuple):
        is_pipeline = any(_named(step) == "Albu" for step in value)
    else:
        keys = [key for key in (*NAMING, "transform", "transforms", "pipeline") if key in value]
        is_pipeline = any(not isinstance(value[key], Mapping) or key == "transform" for key in keys)
    nested = [] if is_pipeline else [found for found in _nested(value, ()) if found.name]
    return nested or [read_data(value)]


def _nested(value: Any, place: tuple[str, ...]) -> Iterator[Found]:
    """What in a configuration surely is of Albumentations, named by the keys that lead to it."""
    if _named(value) in ("Albu", "Compose") or _all_of_albumentations(value):
        yield Found(".".join(place), as_compose(_read(value)))
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _nested(entry, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for step in value:
            yield from _nested(step, (*place, _named(step) or "list"))


def _all_of_albumentations(value: Any) -> bool:
    """Whether a value is a list of steps whose modules say so."""
    targets = (
        [step.get("_target_") if isinstance(step, Mapping) else None for step in value]
        if isinstance(value, list)
        else []
    )
    return bool(targets) and all(str(target).startswith("albumentations.") for target in targets)


def _named(value: Any) -> str | None:
    """The class that a dict names, without its module."""
    if not isinstance(value, Mapping):
        return None
    return next((str(value[key]).rsplit(".", 1)[-1] for key in NAMING if isinstance(value.get(key), str)), None)


def read_data(value: Any) -> Found:
    """A pipeline from plain data.

    Args:
        value: what `A.to_dict` returned, a dict that names a class by `type`, `_target_` or `__class_fullname__`, or a
            list of such.

    Raises:
        ValueError: data of another form.
    """
    version = None
    if isinstance(value, Mapping) and "transform" in value and not any(key in value for key in NAMING):
        said = str(value.get("__version__", ""))
        version = int(said[0]) if said[:1].isdigit() else None
        value = value["transform"]
    if isinstance(value, Mapping) and not any(key in value for key in NAMING):
        inner = [value[key] for key in ("transforms", "pipeline") if isinstance(value.get(key), list | tuple)]
        if len(inner) != 1:
            raise ValueError(
                "A pipeline as a dict must name its class by one of "
                f"{', '.join(map(repr, NAMING))}, got the keys {', '.join(map(repr, sorted(map(str, value))))}."
            )
        rest = {key: given for key, given in value.items() if key not in ("transforms", "pipeline")}
        value = {"type": "Compose", "transforms": inner[0], **rest}
    if isinstance(value, list | tuple):
        # A pipeline of OpenMMLab: what is of Albumentations stands in one of its steps.
        value = next((step for step in value if isinstance(step, Mapping) and step.get("type") == "Albu"), value)
    return Found(None, as_compose(_read(value)), None if version is None else min(max(version, 1), 2))


def _read(value: Any) -> Any:
    """Plain data with every dict that names a class as a call."""
    if is_live(value):
        return read_live(value)
    if isinstance(value, list | tuple):
        return type(value)(_read(entry) for entry in value) if type(value) in (list, tuple) else list(map(_read, value))
    if not isinstance(value, Mapping):
        return value
    key = next((key for key in NAMING if isinstance(value.get(key), str)), None)
    if key is None:
        return {name: _read(entry) for name, entry in value.items()}
    kwargs = {name: _read(entry) for name, entry in value.items() if name not in _ASIDE and name != "_args_"}
    if key == "class_name" and isinstance(kwargs.get("params"), dict | list):
        inner = kwargs.pop("params")
        kwargs |= inner if isinstance(inner, dict) else {"transforms": inner}
    args = tuple(_read(list(value.get("_args_", ()))))
    name = str(value[key]).rsplit(".", 1)[-1]
    if key == "__class_fullname__":
        kwargs = _own(name, kwargs)
    if name == "Albu":
        # The step of MMDetection that holds a list of transforms of Albumentations.
        kwargs = {
            name: given
            for name, given in kwargs.items()
            if name in ("transforms", "bbox_params", "additional_targets", "p")
        }
        name = "Compose"
    return Call(name, args, kwargs)


def as_compose(value: Any) -> Call:
    """A step, or a list of them, as a `Compose`.

    Raises:
        ValueError: something else.
    """
    if isinstance(value, Call):
        return value if value.name in ("Compose", "ReplayCompose") else Call("Compose", ([value],))
    if isinstance(value, list | tuple) and all(isinstance(step, Call) for step in value):
        return Call("Compose", (list(value),))
    raise ValueError(f"A pipeline must be a step or a list of steps, got {type(value).__name__}.")


def read_file(path: Path) -> Any:
    """The data in a file of JSON or YAML.

    Args:
        path: the file; its suffix tells which.

    Raises:
        ImportError: PyYAML is needed and missing.
    """
    text = path.read_text("utf-8")
    if path.suffix.lower() == ".json":
        return json.loads(text)
    try:
        import yaml
    except ImportError as error:
        raise ImportError(f"Reading {path} needs PyYAML: pip install pyyaml.") from error

    class Loader(yaml.SafeLoader):
        """Plain data and tuples, which Albumentations writes."""

    Loader.add_constructor(
        "tag:yaml.org,2002:python/tuple", lambda loader, node: tuple(loader.construct_sequence(node))
    )
    # No code: the loader makes plain data alone.
    return yaml.load(text, Loader)
