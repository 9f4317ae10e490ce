"""dm_pix: `jit(vmap(function))` with the numbers drawn inside.

Its colour functions expect floats in [0, 1]; flips and crops run on uint8 as it comes. `Normalize` is plain
arithmetic, as its users write it, and counts only inside a pipeline.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import dm_pix as pix
import jax
import jax.numpy as jnp
import numpy as np
from cases import Case, Step

from peers import compiled
from peers.base import IMAGENET, Prepared, Refused, refuse

PACKAGES = ("dm_pix", "jax", "jaxlib", "numpy")
BYTES = frozenset({"HorizontalFlip", "VerticalFlip", "RandomRotate90", "CenterCrop", "RandomCrop", "PadIfNeeded"})
"""Steps that need no floats."""

One = Callable[[jax.Array, jax.Array], jax.Array]


def _uniform(key: jax.Array, limits: Any) -> jax.Array:
    return jax.random.uniform(key, (), minval=limits[0], maxval=limits[1])


def _affine(key: jax.Array, image: jax.Array, scale: Any, rotate: Any, shift: Any, shear: Any) -> jax.Array:
    inner, shifted = compiled.random_affine(key, image.shape[:2], scale, rotate, shift, shear)
    centre = (jnp.array(image.shape[:2]) - 1) / 2
    matrix = jnp.eye(3).at[:2, :2].set(inner)
    offset = jnp.zeros(3).at[:2].set(centre - inner @ centre + shifted)
    return pix.affine_transform(image, matrix, offset=offset, mode="constant")


def _jitter(key: jax.Array, image: jax.Array, a: dict[str, Any]) -> jax.Array:
    b, c, s, h = jax.random.split(key, 4)
    image = pix.adjust_brightness(image, _uniform(b, a["brightness"]) - 1.0)
    image = pix.adjust_contrast(image, _uniform(c, a["contrast"]))
    image = pix.adjust_saturation(image, _uniform(s, a["saturation"]))
    return pix.adjust_hue(image, _uniform(h, a["hue"]))


def _brightness_contrast(key: jax.Array, image: jax.Array, a: dict[str, Any]) -> jax.Array:
    b, c = jax.random.split(key)
    image = pix.adjust_contrast(image, 1.0 + _uniform(c, a["contrast_limit"]))
    return pix.adjust_brightness(image, _uniform(b, a["brightness_limit"]))


def _quarter_turns(key: jax.Array, image: jax.Array) -> jax.Array:
    turns = [lambda x, k=k: pix.rot90(x, k) for k in range(4)]
    return jax.lax.switch(jax.random.randint(key, (), 0, 4), turns, image)


def _function(s: Step) -> One:
    a = s.arguments
    match s.name:
        case "HorizontalFlip":
            return lambda k, x: pix.flip_left_right(x)
        case "VerticalFlip":
            return lambda k, x: pix.flip_up_down(x)
        case "RandomRotate90":
            return _quarter_turns
        case "Rotate":
            radians = tuple(math.radians(v) for v in a["limit"])
            return lambda k, x: pix.rotate(x, _uniform(k, radians), mode="constant")
        case "Affine":
            shift, shear = a.get("translate_percent", (0.0, 0.0)), a.get("shear", (0.0, 0.0))
            return lambda k, x: _affine(k, x, a["scale"], a["rotate"], shift, shear)
        case "ShiftScaleRotate":
            scale = tuple(1.0 + v for v in a["scale_limit"])
            return lambda k, x: _affine(k, x, scale, a["rotate_limit"], a["shift_limit"], (0.0, 0.0))
        case "ElasticTransform":
            return lambda k, x: pix.elastic_deformation(k, x, a["alpha"], a["sigma"], mode="constant")
        case "CenterCrop":
            return lambda k, x: pix.center_crop(x, a["height"], a["width"])
        case "RandomCrop":
            return lambda k, x: pix.random_crop(k, x, (a["height"], a["width"], x.shape[-1]))
        case "PadIfNeeded":
            return lambda k, x: pix.pad_to_size(x, a["min_height"], a["min_width"])
        case "RandomBrightnessContrast":
            return lambda k, x: _brightness_contrast(k, x, a)
        case "ColorJitter":
            return lambda k, x: _jitter(k, x, a)
        case "RandomGamma":
            return lambda k, x: pix.adjust_gamma(x, _uniform(k, a["gamma_limit"]) / 100.0)
        case "Solarize":
            return lambda k, x: pix.solarize(x, _uniform(k, a["threshold_range"]))
        case "ToGray":
            return lambda k, x: jnp.broadcast_to(pix.rgb_to_grayscale(x, keep_dims=True), x.shape)
        case "GaussianBlur":
            length = math.floor(a["sigma_limit"][1] * 3.5) * 2 + 1
            return lambda k, x: pix.gaussian_blur(x, _uniform(k, a["sigma_limit"]), length)
        case "Normalize":
            mean, std = (jnp.array(v) for v in IMAGENET)
            return lambda k, x: (x - mean) / std
        case _:
            return refuse("dm_pix", s.name)


def function(case: Case) -> compiled.Function:
    if case.scene != "image":
        raise Refused("dm_pix moves one picture at a time.")
    names = [s.name for s in case.steps]
    if names == ["Normalize"]:
        refuse("dm_pix", "Normalize")
    steps = [(s, _function(s)) for s in case.steps]
    is_float = not BYTES.issuperset(names)

    def one(key: jax.Array, sample: dict[str, jax.Array]) -> dict[str, jax.Array]:
        image = compiled.to_float(sample["image"]) if is_float else sample["image"]
        for (s, apply), k in zip(steps, jax.random.split(key, len(steps))):
            coin, draw = jax.random.split(k)
            new = apply(draw, image)
            image = new if s.p == 1.0 else jnp.where(jax.random.bernoulli(coin, s.p), new, image)
        return {"image": compiled.to_bytes(image) if is_float and names[-1] != "Normalize" else image}

    return compiled.per_sample(one)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    return compiled.prepare(function(case), scene)
