"""augmax: `jit(vmap(chain))`.

Its colour transforms refuse uint8, so `ByteToFloat` stands in front of the first of them, and the result is turned back
into uint8 unless `Normalize` makes it float: in and out are the same as for every other library.
"""

from __future__ import annotations

import math
from typing import Any

import augmax
import jax
import jax.numpy as jnp
import numpy as np
from cases import Case, Step
from pictures import SCENES, kind

from peers import compiled
from peers.base import IMAGENET, Prepared, Refused, refuse

PACKAGES = ("augmax", "jax", "jaxlib", "numpy")


class Affine(augmax.GeometricTransformation):
    """A random affine map: augmax has none, so this is one in its own base class, with its engine's speed."""

    def __init__(self, scale: Any, rotate: Any, shift: Any, shear: Any) -> None:
        super().__init__()
        self.limits = (scale, rotate, shift, shear)

    def transform_coordinates(self, rng: jax.Array, coordinates: Any, invert: bool = False) -> Any:
        matrix, offset = compiled.random_affine(rng, coordinates.input_shape, *self.limits)
        coordinates.push_transform(jnp.eye(3).at[:2, :2].set(matrix).at[:2, 2].set(offset))


def _transforms(s: Step) -> list[Any]:
    a, p = s.arguments, s.p
    match s.name:
        case "HorizontalFlip":
            return [augmax.HorizontalFlip(p=p)]
        case "VerticalFlip":
            return [augmax.VerticalFlip(p=p)]
        case "RandomRotate90":
            return [augmax.Rotate90()]
        case "Rotate":
            return [augmax.Rotate(a["limit"], p=p)]
        case "Affine":
            shift, shear = a.get("translate_percent", (0.0, 0.0)), a.get("shear", (0.0, 0.0))
            return [Affine(a["scale"], a["rotate"], shift, shear)]
        case "ShiftScaleRotate":
            scale = tuple(1.0 + v for v in a["scale_limit"])
            return [Affine(scale, a["rotate_limit"], a["shift_limit"], (0.0, 0.0))]
        case "Crop":
            return [augmax.Crop(a["x_min"], a["y_min"], a["x_max"] - a["x_min"], a["y_max"] - a["y_min"])]
        case "CenterCrop":
            return [augmax.CenterCrop(a["width"], a["height"])]
        case "RandomCrop":
            return [augmax.RandomCrop(a["width"], a["height"])]
        case "Resize":
            return [augmax.Resize(a["width"], a["height"])]
        case "RandomResizedCrop":
            zoom = tuple(1 / math.sqrt(v) * 0.875 for v in reversed(a["scale"]))
            return [augmax.RandomSizedCrop(a["size"][1], a["size"][0], zoom_range=zoom)]
        case "RandomBrightnessContrast":
            brightness, contrast = (tuple(2 * v for v in a[n]) for n in ("brightness_limit", "contrast_limit"))
            return [augmax.RandomBrightness(brightness, p=p), augmax.RandomContrast(contrast, p=p)]
        case "ColorJitter":
            b, c, t = (a[n][1] - 1.0 for n in ("brightness", "contrast", "saturation"))
            return [augmax.ColorJitter(b, c, t, a["hue"][1], p=p)]
        case "RandomGamma":
            return [augmax.RandomGamma(tuple(v / 100 for v in a["gamma_limit"]), p=p)]
        case "Solarize":
            return [augmax.Solarization(a["threshold_range"][0], p=p)]
        case "ToGray":
            return [augmax.RandomGrayscale(p=p)]
        case "Normalize":
            return [augmax.Normalize(*(np.array(v) for v in IMAGENET))]
        case "Blur":
            return [augmax.Blur(a["blur_limit"][1], p=p)]
        case "GaussianBlur":
            return [augmax.GaussianBlur(a["sigma_limit"][1], p=p)]
        case _:
            return refuse("augmax", s.name)


def function(case: Case) -> compiled.Function:
    kinds = {name: kind(name) for name in SCENES[case.scene]}
    if "bboxes" in kinds.values():
        raise Refused("augmax does not move boxes.")
    chain: list[Any] = []
    is_float = False
    for s in case.steps:
        for t in _transforms(s):
            if not is_float and not isinstance(t, augmax.GeometricTransformation):
                chain.append(augmax.ByteToFloat())
                is_float = True
            chain.append(t)
    types = {name: augmax.InputType.MASK if k == "mask" else augmax.InputType.IMAGE for name, k in kinds.items()}
    augment = augmax.Chain(*chain, input_types=types)
    back = is_float and case.steps[-1].name != "Normalize"

    def one(key: jax.Array, sample: Any) -> Any:
        out = augment(key, sample)
        return {n: compiled.to_bytes(v) if back and kinds[n] == "image" else v for n, v in out.items()}

    return compiled.per_sample(one)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    return compiled.prepare(function(case), scene)
