"""Keras 3 on JAX: its preprocessing layers in one `jit`, their seed states handed in, because they freeze otherwise.

Keras draws some numbers once for a batch; what it does is less work then. Its RandomCrop does not compile on JAX.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
from cases import Case, Step
from keras import layers

from peers import compiled
from peers.base import IMAGENET, Prepared, Refused, refuse

PACKAGES = ("keras", "jax", "jaxlib", "numpy")
FULL = (0, 255)


def _layers(s: Step) -> list[Any]:
    a = s.arguments
    warp = {"fill_mode": "constant", "interpolation": "bilinear"}
    match s.name:
        case "HorizontalFlip" if s.p == 0.5:
            return [layers.RandomFlip("horizontal")]
        case "VerticalFlip" if s.p == 0.5:
            return [layers.RandomFlip("vertical")]
        case "Rotate":
            return [layers.RandomRotation(_turns(a["limit"]), **warp)]
        case "Affine":
            return _affine(a["scale"], a["rotate"], a.get("translate_percent"), a.get("shear"), warp)
        case "ShiftScaleRotate":
            scale = tuple(1.0 + v for v in a["scale_limit"])
            return _affine(scale, a["rotate_limit"], a["shift_limit"], None, warp)
        case "Perspective":
            return [layers.RandomPerspective(factor=1.0, scale=a["scale"][1])]
        case "CenterCrop":
            return [layers.CenterCrop(a["height"], a["width"])]
        case "Resize":
            return [layers.Resizing(a["height"], a["width"])]
        case "RandomBrightnessContrast":
            return [
                layers.RandomBrightness(a["brightness_limit"], value_range=FULL),
                layers.RandomContrast(a["contrast_limit"][1], value_range=FULL),
            ]
        case "ColorJitter":
            b, c, t = (a[n][1] - 1.0 for n in ("brightness", "contrast", "saturation"))
            around = (max(0.5 - t / 2, 0.0), 0.5 + t / 2)
            return [layers.RandomColorJitter(FULL, b, c, around, a["hue"][1])]
        case "Solarize":
            return [layers.Solarization(threshold_factor=a["threshold_range"], value_range=FULL)]
        case "Posterize":
            return [layers.RandomPosterization(1.0, value_range=FULL)]
        case "InvertImg":
            return [layers.RandomInvert(1.0, value_range=FULL)]
        case "ToGray":
            return [layers.RandomGrayscale(1.0)]
        case "Normalize":
            mean, std = (np.array(v) for v in IMAGENET)
            return [layers.Normalization(mean=mean * 255, variance=(std * 255) ** 2)]
        case "GaussianBlur":
            return [layers.RandomGaussianBlur(1.0, 21, a["sigma_limit"], value_range=FULL)]
        case _:
            return refuse("keras", f"{s.name} with p={s.p}")


def _turns(degrees: Any) -> tuple[float, float]:
    return degrees[0] / 360, degrees[1] / 360


def _affine(scale: Any, rotate: Any, shift: Any, shear: Any, warp: dict[str, str]) -> list[Any]:
    out: list[Any] = [layers.RandomZoom((1 - scale[1], 1 - scale[0]), **warp)]
    out.append(layers.RandomRotation(_turns(rotate), **warp))
    if shear is not None:
        out.append(layers.RandomShear(shear[1] / 45, shear[1] / 45, **warp))
    if shift is not None:
        out.append(layers.RandomTranslation(shift, shift, **warp))
    return out


def function(case: Case) -> compiled.Function:
    if case.scene != "image":
        raise Refused("keras: only pictures are compared.")
    chain = [layer for s in case.steps for layer in _layers(s)]
    picture = np.zeros((1, case.height, case.width, 3), np.float32)
    for layer in chain:
        picture = np.asarray(layer(picture))
    is_float = case.steps[-1].name == "Normalize"

    def batched(key: jax.Array, batch: dict[str, jax.Array]) -> dict[str, jax.Array]:
        x = batch["image"].astype(jnp.float32)
        for layer, k in zip(chain, jax.random.split(key, len(chain))):
            seeds = [_seed(v, jax.random.fold_in(k, i)) for i, v in enumerate(layer.non_trainable_variables)]
            x = layer.stateless_call([], seeds, x, training=True)[0] if seeds else layer(x)
        return {"image": x if is_float else jnp.clip(jnp.round(x), 0, 255).astype(jnp.uint8)}

    return batched


def _seed(variable: Any, key: jax.Array) -> jax.Array:
    """A new value for the state of a layer's generator."""
    return jax.random.bits(key, variable.shape, jnp.uint32).astype(variable.dtype)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    keras.utils.set_random_seed(0)
    return compiled.prepare(function(case), scene)
