"""The sun in the picture, and what it does in a lens."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.filters import convolve_separable, gaussian_kernel
from jaxaug.kernels.particles import line_cover

#: How wide the soft rim of a ghost is, as a fraction of its radius.
GHOST_RIM = 0.15
#: Rays: their share of the light, their deviation by that of the glow, and the fraction of the diagonal in which they
#: fall to a third.
RAY_LIGHT, RAY_WIDTH, RAY_LENGTH = 0.5, 0.2, 0.12


@planewise()
@with_own_settings
def sun_flare(
    image: Planes,
    source: Array,
    places: Array,
    cubes: Array,
    alphas: Array,
    colours: Array,
    colour: Array,
    used: Array,
    *,
    size: Any,
    radius: int = 400,
) -> Planes:
    """Discs of light along a line through a bright source, painted one over another.

    Args:
        image: (H, W, C).
        source: (2,) x and y of the source, as fractions of the picture.
        places: (N, 2) x and y of the discs, as fractions of the picture.
        cubes: (N,) in [0, 1): their radii are cubes of whole numbers up to a hundredth of the height.
        alphas: (N,) how much of the picture each covers.
        colours: (N, 3) of the discs, in full brightnesses.
        colour: (3,) of the source.
        used: (N,) which discs there are.
        size: true (height, width).
        radius: of the source, in pixels.

    The blending is that of Albumentations 2.0.8: what a disc covers stays covered while later ones are laid over it.
    """
    buffer = image[0].shape
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    y, x = jnp.arange(buffer[0])[:, None], jnp.arange(buffer[1])
    rings = _rings(cubes, height)
    under, out = image, image
    for k in range(len(alphas)):
        square = (x - jnp.floor(places[k, 0] * width)) ** 2 + (y - jnp.floor(places[k, 1] * height)) ** 2
        here = square <= rings[k] ** 2
        alpha = jnp.where(used[k], alphas[k], 0.0)
        tints = _tints(colours[k], len(image))
        under = tuple(jnp.where(here & used[k], c, plane) for plane, c in zip(under, tints, strict=True))
        out = tuple(alpha * a + (1.0 - alpha) * b for a, b in zip(under, out, strict=True))
    weights = jnp.where(used, rings, 0.0)
    brightest = jnp.minimum(5.0 * (weights * alphas).sum() / jnp.maximum(weights.sum(), 1e-6), 1.0)
    count = max(radius // 10, 1)
    # Larger rings cover less; a pixel is in all that are larger than its distance.
    share = np.linspace(0.0, 1.0, count)[::-1] ** 3
    left = 1.0 - share.astype(np.float32) * brightest**3
    through = jnp.cumprod(left[::-1])[::-1]
    distance = jnp.sqrt((x - jnp.floor(source[0] * width)) ** 2 + (y - jnp.floor(source[1] * height)) ** 2)
    place = (distance - 1.0) * np.float32((count - 1) / max(radius - 1, 1))
    index = jnp.ceil(jnp.maximum(place, 0.0)).astype(jnp.int32)
    kept = jnp.where(index < count, jnp.take(through, index, mode="clip"), 1.0)
    return tuple(c + (plane - c) * kept for plane, c in zip(out, _tints(colour, len(image)), strict=True))


@planewise()
@with_own_settings
def physical_flare(
    image: Planes,
    source: Array,
    places: Array,
    cubes: Array,
    colours: Array,
    colour: Array,
    used: Array,
    *,
    size: Any,
    radius: int = 400,
) -> Planes:
    """A bright source with spikes and ghosts, blurred, fading with distance, and screened over the picture.

    Args:
        image: (H, W, C).
        source, places, cubes, colours, colour, used: as for `sun_flare`; ghosts have the radii before they are cubed.
        size: true (height, width).
        radius: of the source, in pixels.

    The steps are those of Albumentations 2.0.8.
    """
    buffer = image[0].shape
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    longest = jnp.maximum(height, width)
    y, x = jnp.arange(buffer[0])[:, None], jnp.arange(buffer[1])
    sx, sy = jnp.floor(source[0] * width), jnp.floor(source[1] * height)
    square = (x - sx) ** 2 + (y - sy) ** 2
    bright = square <= radius**2
    for degrees in (0, 45, 90, 135):
        turn = math.radians(degrees)
        spike = line_cover(
            buffer, sx[None], sy[None], math.cos(turn) * longest, math.sin(turn) * longest, 2 * max(buffer), 2
        )
        bright = bright | (spike > 0)
    layer = tuple(jnp.where(bright, c, 0.0) for c in _tints(colour, len(image)))
    for k, ring in enumerate(jnp.floor(jnp.round(jnp.cbrt(_rings(cubes, height)), 3))):
        near = (x - jnp.floor(places[k, 0] * width)) ** 2 + (y - jnp.floor(places[k, 1] * height)) ** 2 <= ring**2
        layer = tuple(
            jnp.where(near & used[k], c, plane) for plane, c in zip(layer, _tints(colours[k], len(image)), strict=True)
        )
    soft = gaussian_kernel(15.0, 121, 121)
    fades = 1.0 - clip_unit(jnp.sqrt(square) / (longest * 0.7))
    blurred = convolve_separable(jnp.stack(layer, axis=-1), soft, soft) * fades[..., None]
    parts = [blurred[..., c] for c in range(len(image))]
    for c, sigma in ((0, 3.0), (2, 5.0)):
        if len(parts) == 3:
            length = 2 * math.ceil(4 * sigma) + 1
            kernel = gaussian_kernel(sigma, length, length)
            parts[c] = convolve_separable(parts[c][..., None], kernel, kernel)[..., 0]
    return tuple(1.0 - (1.0 - plane) * (1.0 - clip_unit(part)) for plane, part in zip(image, parts, strict=True))


@planewise()
@with_own_settings
def lens_flare(
    image: Planes,
    source: Array,
    intensity: Any,
    bloom: Any,
    rays: Any,
    turn: Any,
    along: Array,
    radii: Array,
    tints: Array,
    *,
    size: Any,
) -> Planes:
    """A bright source with a glow and rays, and ghosts on the line through the middle of the picture.

    Args:
        image: (H, W, C).
        source: (2,) x and y, as fractions of the picture.
        intensity: brightness of the source, in [0, 1].
        bloom: standard deviation of its glow, as a fraction of the diagonal.
        rays: how many there are, evenly around the source; at least 2.
        turn: direction of the first, in turns.
        along: (N,) where ghosts lie: 0 at the source, 1 in the middle, 2 as far beyond.
        radii: (N,) of the ghosts, as fractions of the diagonal.
        tints: (N, 3) brightness of the ghosts, as fractions of the source's; 0 for those that there are not.
        size: true (height, width).
    """
    rows, columns = image[0].shape
    ends = jnp.stack([jnp.asarray(n, jnp.float32) for n in (size[1], size[0])])
    diagonal = jnp.sqrt((ends**2).sum())
    sun = source * ends
    at = jnp.arange(columns) + 0.5, jnp.arange(rows)[:, None] + 0.5
    light = _glow(at[0] - sun[0], at[1] - sun[1], jnp.maximum(bloom * diagonal, 0.5), diagonal, rays, turn)
    layer: Planes = (light,) * len(image)
    for place, radius, tint in zip(sun + along[:, None] * (ends / 2 - sun), radii * diagonal, tints, strict=True):
        distance = jnp.sqrt((at[0] - place[0]) ** 2 + (at[1] - place[1]) ** 2 + 1e-6) / radius
        # The image of an aperture: brighter towards its rim, which is soft.
        disc = clip_unit((1.0 - distance) / GHOST_RIM) * (0.6 + 0.4 * distance**4)
        layer = tuple(part + disc * c for part, c in zip(layer, _tints(tint, len(image)), strict=True))
    return tuple(
        1.0 - (1.0 - plane) * (1.0 - clip_unit(part * intensity)) for plane, part in zip(image, layer, strict=True)
    )


def _glow(x: Array, y: Array, spread: Array, diagonal: Array, rays: Any, turn: Any) -> Array:
    """(H, W) light of a source of brightness 1, at places x (W,) and y (H, 1) from it."""
    square = x**2 + y**2
    # At the source itself there is no direction, nor a slope of one.
    some = square > 1e-6
    distance = jnp.sqrt(jnp.where(some, square, 1.0))
    angle = jnp.arctan2(jnp.where(some, y, 0.0), jnp.where(some, x, 1.0)) / (2 * math.pi) - turn
    beside = (angle * rays - jnp.round(angle * rays)) * (2 * math.pi / rays)
    across = jnp.where(some, distance * jnp.sin(beside), 0.0) / (RAY_WIDTH * spread)
    fades = jnp.exp(-jnp.where(some, distance, 0.0) / (RAY_LENGTH * diagonal))
    ray = RAY_LIGHT * jnp.exp(-0.5 * across**2) * fades
    return ray + (1.0 - RAY_LIGHT) * jnp.exp(-0.5 * square / spread**2)


def _rings(cubes: Array, height: Any) -> Array:
    """(N,) radii in pixels: cubes of whole numbers from 1 to a hundredth of the height, 2 at least."""
    most = jnp.maximum(jnp.floor(height * 0.01), 2.0)
    return (1.0 + jnp.floor(cubes * most)) ** 3


def _tints(colour: Array, channels: int) -> tuple[Array, ...]:
    parts = tuple(colour)
    return parts if channels == len(parts) else (luma(parts),) * channels
