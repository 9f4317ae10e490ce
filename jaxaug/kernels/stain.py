"""Stains of histology: how much of each a pixel holds, by the light that it takes away."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour import colour_covariance
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise

#: Optical density of hematoxylin and of eosin in red, green and blue.
STAINS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "ruifrok": ((0.644211, 0.716556, 0.266844), (0.092789, 0.954111, 0.283111)),
    "macenko": ((0.5626, 0.7201, 0.4062), (0.2159, 0.8012, 0.5581)),
    "standard": ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11)),
    "high_contrast": ((0.55, 0.88, 0.11), (0.12, 0.86, 0.49)),
    "h_heavy": ((0.75, 0.61, 0.32), (0.04, 0.93, 0.36)),
    "e_heavy": ((0.60, 0.75, 0.28), (0.17, 0.95, 0.25)),
    "dark": ((0.78, 0.55, 0.28), (0.09, 0.97, 0.21)),
    "light": ((0.57, 0.71, 0.38), (0.15, 0.89, 0.42)),
}
#: Less light than this counts as this.
DARKEST = np.float32(1e-6)
#: Pixels of less density in all channels, or of more brightness, are background.
THINNEST, BRIGHTEST = 0.05, 0.85
#: Steps in which directions are counted, and the share of them beyond each stain.
DIRECTIONS, BEYOND = 4096, 0.01
ITERATIONS = 100


@planewise()
def change_stains(
    image: Planes,
    scale: Any,
    shift: Any,
    stains: Any = None,
    *,
    method: str = "preset",
    augment_background: bool = False,
    inside: Array | None = None,
) -> Planes:
    """Changes how much hematoxylin and eosin there is; what is neither of them is lost.

    Args:
        image: (H, W, 3).
        scale: (2,) factors of both amounts.
        shift: (2,) what is added to them, in optical densities.
        stains: (2, 3) optical density of each stain in red, green and blue, for `preset`.
        method: `preset`; or how the stains are found in the image: `macenko`, the ends of the directions of its
            densities, or `vahadane`, a factorisation into amounts and stains without negative numbers.
        augment_background: amounts change everywhere, and not only where brightness lies below 0.85.
        inside: (H, W) pixels in which stains are looked for, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> stains = jnp.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> out = change_stains(jnp.full((1, 1, 3), 0.5), jnp.array([2.0, 1.0]), jnp.zeros(2), stains)
        >>> [round(float(v), 3) for v in out[0, 0]]
        [0.25, 0.5, 1.0]

    After Ruifrok and Johnston, "Quantification of histochemical staining by color deconvolution", 2001.
    """
    density = [-jnp.log(jnp.maximum(plane, DARKEST)) for plane in image]
    if method != "preset":
        fixed = jax.lax.stop_gradient(materialize(tuple(density)))
        stains = macenko_stains(fixed, inside) if method == "macenko" else vahadane_stains(fixed, inside)
    stains = jnp.asarray(stains, jnp.float32)
    (a, b), (_, c) = _products(stains, stains.T) + DARKEST * jnp.eye(2)
    weights = _products(jnp.array([[c, -b], [-b, a]]) / (a * c - b * b), stains)
    changed = luma(image) < BRIGHTEST
    amounts = []
    for stain in range(2):
        amount = sum(weights[stain, channel] * plane for channel, plane in enumerate(density))
        after = amount * scale[stain] + shift[stain]
        amounts.append(after if augment_background else jnp.where(changed, after, amount))
    first, second = amounts
    return tuple(clip_unit(jnp.exp(-(first * h + second * e))) for h, e in stains.T)


def _products(one: Array, other: Array) -> Array:
    return jnp.matmul(one, other, precision=jax.lax.Precision.HIGHEST)


@with_own_settings
def macenko_stains(density: Planes, inside: Array | None = None) -> Array:
    """(2, 3) hematoxylin and eosin of an image, of length 1: the ends of the directions in which its densities lie.

    Args:
        density: optical densities (H, W) of red, green and blue.
        inside: (H, W) pixels that count, by default all.

    After Macenko et al., "A method for normalizing histology slides for quantitative analysis", 2009. An image without
    tissue has the stains of the preset `standard`.
    """
    tissue = (density[0] > THINNEST) | (density[1] > THINNEST) | (density[2] > THINNEST)
    tissue = tissue if inside is None else tissue & inside
    _, counts, covariance = colour_covariance(density, tissue)
    axes = jnp.linalg.eigh(covariance / jnp.maximum(counts.sum(), 1))[1][:, :0:-1]
    # Densities lie on the positive side of the first axis.
    axes = axes * jnp.where(axes.sum(axis=0) < 0, -1.0, 1.0)
    x, y = (sum(axes[channel, axis] * plane for channel, plane in enumerate(density)) for axis in range(2))
    step = jnp.floor((jnp.arctan2(y, x) / np.float32(2 * np.pi) + 0.5) * DIRECTIONS).astype(jnp.int32)
    step = materialize(jnp.where(tissue, jnp.clip(step, 0, DIRECTIONS - 1), DIRECTIONS))
    below = jnp.cumsum(jnp.zeros(DIRECTIONS, jnp.int32).at[step.reshape(-1)].add(1, mode="drop"))
    ends = (jnp.argmax(below > share * below[-1]) for share in (BEYOND, 1 - BEYOND))
    turns = [((end + 0.5) / DIRECTIONS - 0.5) * np.float32(2 * np.pi) for end in ends]
    vectors = jnp.abs(jnp.stack([axes[:, 0] * jnp.cos(turn) + axes[:, 1] * jnp.sin(turn) for turn in turns]))
    found = jnp.where(vectors[0, 0] > vectors[1, 0], vectors, vectors[::-1])
    return jnp.where(below[-1] > 0, found, jnp.array(STAINS["standard"], jnp.float32))


@with_own_settings
def vahadane_stains(density: Planes, inside: Array | None = None) -> Array:
    """(2, 3) hematoxylin and eosin of an image, of length 1: its densities as amounts times stains, none negative.

    Args:
        density: optical densities (H, W) of red, green and blue.
        inside: (H, W) pixels that count, by default all.

    After Vahadane et al., "Structure-preserving color normalization and sparse stain separation for histological
    images", 2016, by the multiplicative updates of Lee and Seung as Albumentations 2.0.8 makes them, from the stains of
    Ruifrok and Johnston on.
    """
    seen = jnp.stack([plane if inside is None else jnp.where(inside, plane, 0.0) for plane in density]).reshape(3, -1)

    def unit(stains: Array) -> Array:
        return stains / jnp.maximum(jnp.sqrt((stains**2).sum(axis=1, keepdims=True)), DARKEST)

    def update(_: Any, state: tuple[Array, Array]) -> tuple[Array, Array]:
        amounts, stains = state
        amounts = amounts * _products(stains, seen) / (_products(_products(stains, stains.T), amounts) + DARKEST)
        fitted = _products(_products(amounts, amounts.T), stains)
        return amounts, unit(jnp.maximum(stains * _products(amounts, seen.T) / (fitted + DARKEST), 0.0))

    start = jnp.array(STAINS["ruifrok"], jnp.float32)
    stains = jax.lax.fori_loop(0, ITERATIONS, update, (jnp.maximum(_products(unit(start), seen), 0.0), start))[1]
    # Hematoxylin takes away more of the blue that lies beside green, eosin of red.
    turn, share = jnp.arctan2(stains[:, 1], stains[:, 0]), stains / (stains.sum(axis=1, keepdims=True) + DARKEST)
    score = turn * share[:, 2] - share[:, 0]
    return jnp.where(score[0] >= score[1], stains, stains[::-1])
