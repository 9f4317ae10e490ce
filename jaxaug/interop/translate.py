"""Calls of Albumentations, of any version, as calls of this library."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from typing import Any

import jax
import numpy as np

from jaxaug.core.albumentations_names import about
from jaxaug.interop import albumentations_1 as old
from jaxaug.interop.arguments import Arguments
from jaxaug.interop.calls import Call, Report, Unknown, calls_within, unknown_within
from jaxaug.interop.old_names import OLD_NAMES

#: Arguments of the successor whose name is more than `_limit` or nothing in place of `_range`.
_SUCCESSOR = {
    "angle_range": "limit",
    "shift_range_x": "shift_limit_x",
    "shift_range_y": "shift_limit_y",
    "ensure_safe_output": "ensure_safe_range",
    "coord_format": "format",
    "clip_bboxes_on_input": "clip",
}
#: Arguments that change nothing if they have this value.
_NEUTRAL: dict[str, Any] = {
    "always_apply": False,
    "approximate": False,
    "bbox_type": "hbb",
    "channel_order": None,
    "clip_after_transform": True,
    "group_element": None,
    "group_elements": None,
    "instance_binding": None,
    "frame_binding": None,
    "map_resolution_range": (1.0, 1.0),
    "noise_scale_factor": 1,
    "percent_choices": None,
    "px_choices": None,
    "semantic_mask_label_mappings": None,
    "telemetry": True,
    "volume_mode": "slice",
}
_LISTS = {"Compose", "OneOf", "OneOrOther", "RandomOrder", "ReplayCompose", "SelectiveChannelTransform", "Sequential"}
_LISTS |= {"SomeOf"}
_PIPELINES = ("Compose", "ReplayCompose")
_COMPOSE_1 = ("transforms", "bbox_params", "keypoint_params", "additional_targets", "p", "is_check_shapes")


@dataclasses.dataclass
class Translator:
    """Translates the calls of one pipeline.

    Args:
        version: of Albumentations that it was written for, 1 or 2.
        report: where notes and refusals go.
    """

    version: int
    report: Report

    def compose(self, call: Call) -> Call:
        """The pipeline itself.

        Args:
            call: of `Compose`.
        """
        return next(iter(self.steps(call)), Call("Compose", (), {"transforms": []}))

    def steps(self, call: Call, *, weights: bool = False) -> list[Call]:
        """A step as those that do the same here.

        Args:
            call: of a transform or a composition.
            weights: its p is a weight among the options of a choice.
        """
        name, before = call.name, len(self.report.refusals)
        gone = name in OLD_NAMES and here(name) is None
        if here(name) is None and not gone:
            self.report.refuse(f"{name}: {_why_not(name)}")
            return []
        arguments = Arguments(name, self.bound(name, call), self.report)
        self._probability(arguments, weights=weights)
        if gone:
            steps = OLD_NAMES[name](arguments)
            for argument in list(arguments.given):
                if argument != "p":
                    arguments.refuse(argument, f"{name} has no such argument")
            self.report.note(f"{name}: of Albumentations 1.x, {' and '.join(step.name for step in steps)} here.")
            return [made for step in steps for made in self.steps(step, weights=weights)]
        if name in _LISTS:
            self._children(name, arguments)
        self._arguments(name, arguments)
        if len(self.report.refusals) > before and not arguments.given.get("transforms"):
            return []
        return [Call(name, (), arguments.given)]

    def bound(self, name: str, call: Call) -> dict[str, Any]:
        """All arguments of a call by name.

        Args:
            name: of the class.
            call: the call.
        """
        kwargs = {key: value for key, value in call.kwargs.items() if key != "**"}
        if "**" in call.kwargs:
            self.report.refuse(f"{name}({call.kwargs['**'].why}): only running the program tells what it holds.")
        order = parameters(name)
        written_old = name in old.ORDER and (
            here(name) is None or self.version == 1 or old.looks_old(name, call.args, call.kwargs)
        )
        if written_old:
            order = (*old.ORDER[name], "always_apply", "p")
        elif self.version == 1 and name not in _LISTS and order:
            order = (*(argument for argument in order if argument != "p"), "always_apply", "p")
        elif name in _PIPELINES:
            order = (*_COMPOSE_1, *(argument for argument in order if argument not in _COMPOSE_1))
        if len(call.args) > len(order):
            self.report.refuse(f"{name}: {len(call.args)} positional arguments, of which it takes {len(order)}.")
        given = dict(zip(order, call.args, strict=False))
        for argument in set(given) & set(kwargs):
            self.report.refuse(f"{name}({argument}=...): given by position and by name.")
        return given | kwargs

    def _probability(self, a: Arguments, *, weights: bool) -> None:
        always = a.take("always_apply", False)
        if isinstance(always, Unknown):
            self.report.refuse(f"{a.name}(always_apply=...): only running the program tells {always.why}.")
        elif always and weights:
            self.report.note(f"{a.name}: always_apply changes nothing among the options of a choice.")
        elif always:
            a.take("p")
            a.put("p", 1.0, was=f"always_apply={always!r}")

    def _children(self, name: str, a: Arguments) -> None:
        """The steps of a composition, translated."""
        if name == "OneOrOther" and a.any("first", "second"):
            a.given["transforms"] = [a.take(key) for key in ("first", "second") if key in a]
        children = a.given.get("transforms")
        if isinstance(children, Call):
            children = [children]
        if not isinstance(children, list | tuple):
            why = children.why if isinstance(children, Unknown) else repr(children)
            self.report.refuse(f"{name}(transforms=...): must be a list of steps, got {why}.")
            children = []
        out = []
        for child in children:
            if child is None:
                continue
            if not isinstance(child, Call):
                why = child.why if isinstance(child, Unknown) else repr(child)
                self.report.refuse(f"{name}: a step that is no transform: {why}.")
                continue
            made = self.steps(child, weights=name in ("OneOf", "OneOrOther"))
            if len(made) > 1 and name in ("OneOf", "SomeOf", "RandomOrder", "OneOrOther"):
                made = [Call("Sequential", (), {"transforms": made, "p": child.kwargs.get("p", 1.0)})]
            out += made
        a.given["transforms"] = out

    def _arguments(self, name: str, a: Arguments) -> None:
        """Arguments under their names here; what has none is refused."""
        known = parameters(name)
        before = set(a.given)
        for joined, low, high, defaults in old.RANGES.get(name, ()):
            a.join(joined, low, high, defaults)
        if name in old.CONVERT:
            old.CONVERT[name](a)
        for argument in list(a.given):
            if argument in known:
                continue
            new: str | None = old.FILLS.get(argument) or _SUCCESSOR.get(argument)
            if new is None and argument.endswith("_range"):
                stem = argument.removesuffix("_range")
                new = next((word for word in (f"{stem}_limit", stem) if word in known), None)
            if new in known:
                a.rename(argument, new)
            elif argument in _NEUTRAL and _equal(a.given[argument], _NEUTRAL[argument]):
                a.take(argument)
        for argument in ("fill", "fill_mask"):
            if a.given.get(argument, 0) is None and here(name) is not None and _default(name, argument) is not None:
                a.take(argument)
        if self.version == 1 and not before & {"fill", "fill_mask", "size"}:
            for argument, value in old.DEFAULTS.get(name, {}).items():
                if argument not in a and argument not in before:
                    a.given[argument] = value
                    self.report.note(f"{name}: {argument} is {_short(value)} where 1.x said nothing.")
        for params in ("bbox_params", "keypoint_params"):
            if name in _PIPELINES and params in a:
                a.given[params] = self._params(params, a.given[params])
        if name in _PIPELINES:
            self._compose(a)
        for argument, value in list(a.given.items()):
            unknown = next(unknown_within(value), None)
            if argument not in known:
                a.refuse(argument, f"{name} has no such argument here")
            elif unknown is not None:
                del a.given[argument]
                self.report.refuse(f"{name}({argument}=...): only running the program tells {unknown.why}.")
            else:
                a.given[argument] = _plain(value)

    def _compose(self, a: Arguments) -> None:
        if isinstance(a.given.get("seed"), int):
            self.report.note(
                f"{a.name}: seed={a.given['seed']} counts for calls without a key, which all draw the same."
            )
        for argument in ("seed", "bbox_params", "keypoint_params", "mask_interpolation", "additional_targets"):
            if a.given.get(argument, 0) is None or a.given.get(argument, 0) in ({}, []):
                a.take(argument)

    def _params(self, argument: str, value: Any) -> Any:
        """`BboxParams` or `KeypointParams` from a call, or a dict."""
        name = {"bbox_params": "BboxParams", "keypoint_params": "KeypointParams"}[argument]
        if not value or isinstance(value, Unknown):
            return value
        call = value if isinstance(value, Call) else Call(name, (), dict(value))
        a = Arguments(name, self.bound(name, call), self.report)
        a.drop("filter_lost_elements", "rows that are gone are told by their validity")
        self._arguments(name, a)
        return Call(name, (), a.given)


def version_of(call: Call) -> int:
    """The version of Albumentations that a pipeline was written for: 1 if anything in it is of 1.x alone, else 2."""
    for inner in calls_within(call):
        if inner.name in OLD_NAMES and here(inner.name) is None:
            return 1
        if old.looks_old(inner.name, inner.args, inner.kwargs) and inner.name not in ("BboxParams", "KeypointParams"):
            return 1
    return 2


def here(name: str) -> Any:
    """The class of a name here, or None."""
    # By name and at the time of the call, because this folder lies below the door of the package.
    found = vars(importlib.import_module("jaxaug")).get(name)
    return found if isinstance(found, type) else None


def parameters(name: str) -> tuple[str, ...]:
    """The arguments of a class here, in order; none if there is no such class."""
    found = here(name)
    known = tuple(inspect.signature(found).parameters) if found else ()
    return tuple(dict.fromkeys((*known[:-1], *parameters("Compose")))) if name == "ReplayCompose" else known


def _default(name: str, argument: str) -> Any:
    parameter = inspect.signature(here(name)).parameters.get(argument)
    return None if parameter is None else parameter.default


def _why_not(name: str) -> str:
    said = about(name, [*parameters_known()]).strip()
    return said or "it is unknown."


def parameters_known() -> list[str]:
    """The names of all classes here."""
    return [name for name, value in vars(importlib.import_module("jaxaug")).items() if isinstance(value, type)]


def _equal(value: Any, neutral: Any) -> bool:
    return value == neutral or (isinstance(value, list) and tuple(value) == neutral)


def _short(value: Any) -> str:
    rounded = tuple(round(v, 4) if isinstance(v, float) else v for v in value) if isinstance(value, tuple) else value
    return repr(rounded)


def _plain(value: Any) -> Any:
    """Numbers of NumPy as plain ones, and dtypes by their name."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | jax.Array) and value.ndim <= 1 and value.size < 64:
        return value.tolist()
    return value
