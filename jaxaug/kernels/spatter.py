"""Drops of water and splashes of mud on a lens."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.backend.struct import is_concrete
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.edges import canny
from jaxaug.kernels.filters import blur_picture, convolve_square, gaussian_kernel, inside_picture, pad_picture
from jaxaug.kernels.histogram import count_levels, equalizing, look_up
from jaxaug.kernels.random_numbers import normal_field, uniform_field

#: Thresholds of the edges of drops.
WEAK, STRONG = 50, 150
#: Distances to pixels of an edge, by steps of OpenCV's distance transform of five by five; no farther ones matter.
STEPS = {(0, 1): 1.0, (1, 1): 1.4, (0, 2): 2.0, (1, 2): 2.1969, (2, 2): 2.8}
#: Lights a drop from the lower right.
RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)
#: The share of light that drops have of the intensity.
DROP_LIGHT = 0.9
#: The share of pixels that are muddy where the threshold leaves none.
LEAST_MUD = 0.1


@planewise()
@with_own_settings
def add_drops(
    image: Planes,
    key: Array,
    mean: Any,
    std: Any,
    smoothing: Array,
    threshold: Any,
    intensity: Any,
    colour: Array,
    *,
    size: Any,
) -> Planes:
    """Adds drops of water, lit on one side.

    Args:
        image: (H, W, C).
        key, mean, std, smoothing, threshold: of the water, see `liquid`.
        intensity: in [0, 1].
        colour: (3,) of the light that drops add, in full brightnesses.
        size: true (height, width).
    """
    light = drops(liquid(image[0].shape, size, key, mean, std, smoothing, threshold), size) * (intensity * DROP_LIGHT)
    tints = tuple(colour) if len(image) == 3 else (luma(tuple(colour)),) * len(image)
    return tuple(clip_unit(plane + light * tint) for plane, tint in zip(image, tints, strict=True))


@with_own_settings
def mud_coverage(
    buffer: tuple[int, int],
    size: tuple[Any, Any],
    key: Array,
    specks: Array,
    mean: Any,
    std: Any,
    smoothing: Array,
    threshold: Any,
    rim: Array,
    intensity: Any,
) -> Array:
    """How much of each pixel mud covers.

    Args:
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it.
        key, mean, std, smoothing, threshold: of the mud, see `liquid`.
        specks: raw key data of the pixels that are muddy where the threshold leaves none.
        rim: (K,) weights that smooth its rim.
        intensity: what its thickest place covers, in [0, 1].

    Returns:
        (height, width) in [0, 1].
    """
    layer = liquid(buffer, size, key, mean, std, smoothing, threshold)
    return splashes(layer, uniform_field(specks, 1, *buffer)[0], threshold, rim, size) * intensity


def liquid(
    buffer: tuple[int, ...], size: Any, key: Array, mean: Any, std: Any, smoothing: Array, threshold: Any
) -> Array:
    """(height, width) how thick a liquid is: normal noise, smoothed, and nothing where that is below a threshold.

    Args:
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it.
        key: raw key data of the noise.
        mean, std: of the noise.
        smoothing: (K,) weights along both axes.
        threshold: thickness below which it runs off.
    """
    layer = blur_picture(mean + std * normal_field(key, 1, *buffer)[0], smoothing, size)
    return jnp.where(layer < threshold, 0.0, layer)


@with_own_settings
def drops(layer: Array, size: Any) -> Array:
    """The light of drops.

    Args:
        layer: (H, W) how thick the water is.
        size: true (height, width).

    Returns:
        (H, W) in [0, 1]: 1 in the brightest place.

    The steps are those of Albumentations 2.0.8, whose distances from edges end at one pixel, where ImageNet-C has 20.
    """
    level = jnp.floor(jnp.clip(layer * 255, 0, 255))
    distance = _distance(canny(level, WEAK, STRONG, size=size))
    soft = blur_picture(distance, gaussian_kernel(1.0, 3, 3), size)
    near = jnp.round(clip_unit(soft) * 255).astype(jnp.uint8)[..., None]
    inside = None if all(is_concrete(n) for n in size) else inside_picture(layer.shape, size)
    even = look_up(equalizing(count_levels(near, inside), "cv"), near)[..., 0].astype(jnp.float32) / 255
    lit = clip_unit(convolve_square(pad_picture(even, 1, size, mirrors=True), jnp.asarray(RELIEF), 1)[1:-1, 1:-1])
    light = level * blur_picture(lit, gaussian_kernel(1.5, 5, 5), size)
    most = light.max() if inside is None else jnp.max(light, where=inside, initial=0.0)
    return light / jnp.where(most > 0, most, 1.0)


@with_own_settings
def splashes(layer: Array, specks: Array, threshold: Any, rim: Array, size: Any) -> Array:
    """How much of each pixel mud covers.

    Args:
        layer: (H, W) how thick the mud is.
        specks: (H, W) in (0, 1): the least tenth is muddy where the threshold leaves nothing.
        threshold: thickness above which it covers.
        rim: (K,) weights that smooth its rim.
        size: true (height, width).

    Returns:
        (H, W) in [0, 1]: 1 in the thickest place.
    """
    inside = inside_picture(layer.shape, size)
    muddy = (layer > threshold) & inside
    least = jnp.min(specks, where=inside, initial=1.0)
    cover = jnp.where(muddy.any(), muddy, specks <= jnp.maximum(least, LEAST_MUD))
    soft = blur_picture(cover.astype(jnp.float32), rim, size)
    return soft / jnp.max(soft, where=inside, initial=1e-6)


def _distance(edges: Array) -> Array:
    """(H, W) distance of each pixel from the nearest edge, at most 3."""
    height, width = edges.shape
    kept = materialize(jnp.pad(jnp.where(edges, 0.0, 3.0), 2, constant_values=3.0))
    found = kept[2:-2, 2:-2]
    for row in range(-2, 3):
        for column in range(-2, 3):
            if row or column:
                low, high = sorted((abs(row), abs(column)))
                there = kept[2 + row : 2 + row + height, 2 + column : 2 + column + width]
                found = jnp.minimum(found, there + np.float32(STEPS[low, high]))
    return found
