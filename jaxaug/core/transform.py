"""What every transform is: an immutable set of arguments, and one method that draws an op from a key."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, TypeVar, cast, dataclass_transform

from jaxaug.backend.struct import struct
from jaxaug.core.draw import Draw
from jaxaug.core.sample import nearest
from jaxaug.core.view import View

T = TypeVar("T", bound=type)

#: Arguments of Albumentations 1.x by the 2.x name that took their place; "" for those that are gone.
RENAMED: dict[str, dict[str, str]] = {
    "*": {
        "always_apply": "p=1",
        "value": "fill",
        "mask_value": "fill_mask",
        "cval": "fill",
        "cval_mask": "fill_mask",
        "pad_mode": "border_mode",
        "pad_cval": "fill",
        "pad_val": "fill",
        "fill_value": "fill",
        "mask_fill_value": "fill_mask",
    },
    "Affine": {"mode": "border_mode"},
    "RandomResizedCrop": {"height": "size=(height, width)", "width": "size=(height, width)"},
    "GaussNoise": {"var_limit": "std_range", "mean": "mean_range"},
    "CoarseDropout": {
        "max_holes": "num_holes_range",
        "min_holes": "num_holes_range",
        "max_height": "hole_height_range",
        "min_height": "hole_height_range",
        "max_width": "hole_width_range",
        "min_width": "hole_width_range",
    },
    "Solarize": {"threshold": "threshold_range"},
    "ElasticTransform": {"alpha_affine": ""},
    "RandomGamma": {"eps": ""},
    "MaskDropout": {"image_fill_value": "fill"},
    "ShiftScaleRotate": {"shift_range": "shift_limit", "scale_range": "scale_limit", "rotate_range": "rotate_limit"},
}


class Transform:
    """A transform: its arguments are fields, `draw` is all it does.

    A subclass is decorated with `transform`, declares its arguments as annotated fields made by the functions of
    `args`, and implements `draw`. Numbers are leaves of the pytree and may be traced; what fixes shapes or code paths
    is static.
    """

    p: Any

    def draw(self, rng: Draw, view: View) -> Any:
        """Draws what to do to one sample.

        Args:
            rng: source of randomness, one name per draw.
            view: the reference picture's size, and what else a draw may depend on.

        Returns:
            An op, or a tuple of ops that apply in order.
        """
        raise NotImplementedError


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def transform(cls: T) -> T:
    """Turns a class with annotated fields into an immutable transform with checked arguments."""
    struct(cls)
    fields = dataclasses.fields(cast(Any, cls))
    known = tuple(f.name for f in fields)
    raw_init: Any = vars(cls)["__init__"]

    @functools.wraps(raw_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in kwargs:
            if name not in known:
                raise TypeError(_unknown_argument(cls.__name__, name, known))
        raw_init(self, *args, **kwargs)
        for field in fields:
            convert = field.metadata.get("convert")
            if convert is not None:
                value = convert(f"{cls.__name__}({field.name}=...)", getattr(self, field.name))
                object.__setattr__(self, field.name, value)
        check = getattr(self, "check", None)
        if check is not None:
            check()

    setattr(cls, "__init__", __init__)  # noqa: B010
    return cls


def _unknown_argument(cls: str, name: str, known: tuple[str, ...]) -> str:
    renamed = {**RENAMED["*"], **RENAMED.get(cls, {})}
    if name in renamed:
        hint = renamed[name]
        advice = f" Since Albumentations 2 it is {hint!r}." if hint else " It no longer exists: leave it out."
    else:
        advice = nearest(name, known)
    return f"{cls} has no argument {name!r}.{advice} Its arguments are {', '.join(known)}."
