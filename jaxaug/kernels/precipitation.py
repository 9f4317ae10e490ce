"""Fog, rain and snow."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour import hsv_of, lightness_hls, rgb_of_hsv, set_lightness_hls
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.filters import box_kernel, convolve_separable, gaussian_kernel
from jaxaug.kernels.particles import disc_sums, line_cover
from jaxaug.kernels.random_numbers import normal_field, uniform_field

#: By how much the regions that fog gathers in shrink, and how many there are.
SHRINKS, REGIONS = 0.9, 10


@with_own_settings
def fog_coverage(
    buffer: tuple[int, int],
    size: tuple[Any, Any],
    places: Array,
    region: Array,
    radius: Array,
    density: Any,
    alpha: Any,
) -> Array:
    """How much of each pixel round patches of fog cover, which gather in the middle.

    Args:
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it.
        places: (N, 2) x and y in [-1/2, 1/2] of a region about the middle.
        region: (N,) in [0, 1): which region each lies in, by the share of patches in larger ones.
        radius: (N,) in [0, 1): between half the largest radius and all of it.
        density: of the fog in [0, 1]: larger patches, fewer of them, more cover for each.
        alpha: cover of one patch in the densest fog.

    Returns:
        (height, width) in [0, 1].

    The regions, radii and numbers are those of Albumentations 2.0.8. Where they ask for more patches than there are,
    each covers as much as several.
    """
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    patch = jnp.maximum(jnp.floor(jnp.floor(width / 3) * density), 1.0)
    sides = jnp.stack([width, height])[:, None] * SHRINKS ** jnp.arange(REGIONS)
    count = jnp.where((sides > patch).all(axis=0), sides.prod(axis=0) / patch**2 * density * 10, 0.0)
    share = jnp.cumsum(count) / jnp.maximum(count.sum(), 1e-6)
    which = jnp.sum(region[:, None] >= share, axis=1)
    extent = SHRINKS**which
    x, y = ((n - 1) / 2 + places[:, axis] * extent * n for axis, n in enumerate((width, height)))
    largest = jnp.maximum(jnp.floor(jnp.minimum(height, width) * 0.1 * density), 2.0)
    least = jnp.maximum(jnp.floor(largest / 2), 1.0)
    pixels = jnp.floor(least + radius * (largest - least))
    number = len(radius)
    total = jnp.floor(count).sum()
    used = jnp.arange(number) < total
    thinned = jnp.maximum(total / number, 1.0) * jnp.log1p(-jnp.minimum(alpha * density, 0.999))
    reach = max(2, int(min(buffer) * 0.1))
    return 1.0 - jnp.exp(disc_sums(buffer, x, y, pixels, jnp.where(used, thinned, 0.0), reach))


@planewise()
@with_own_settings
def add_rain(
    image: Planes,
    x: Array,
    y: Array,
    slant: Any,
    colour: Array,
    brightness: Any,
    *,
    size: Any,
    length: int | None = None,
    width: int = 1,
    blur: int = 7,
    per_row: float = 1 / 3,
) -> Planes:
    """Streaks of rain: slanting lines, blurred and added; all becomes darker.

    Args:
        image: (H, W, C).
        x, y: (N,) where streaks begin, as fractions of the room that there is.
        slant: how far they go along while they fall, in pixels.
        colour: (3,) of a streak, in full brightnesses.
        brightness: factor of all.
        size: true (height, width).
        length: of a streak in pixels; None for an eighth of the height.
        width: of a streak, in pixels.
        blur: side of the box that blurs them, in pixels.
        per_row: streaks for each row of the picture.

    Example:
        >>> import jax.numpy as jnp
        >>> at = jnp.array([0.5])
        >>> white, black = jnp.ones(3), jnp.zeros((2, 3, 1))
        >>> add_rain(black, at, jnp.zeros(1), 0.0, white, 0.5, length=2, blur=1, per_row=1.0)[..., 0]
        Array([[0. , 0.5, 0. ],
               [0. , 0.5, 0. ]], dtype=float32)
    """
    buffer: Any = image[0].shape
    height, across = (jnp.asarray(n, jnp.float32) for n in size)
    fall = jnp.maximum(jnp.floor(height / 8), 1.0) if length is None else jnp.float32(length)
    count = jnp.floor(height * per_row + 1e-3)
    rows = jnp.floor(y * jnp.maximum(height - fall, 1.0))
    # Streaks that are too many begin where nothing is shown.
    rows = jnp.where(jnp.arange(len(y)) < count, rows, -4.0 * buffer[0])
    steps = (max(1, buffer[0] // 8) if length is None else length) + 46
    cover = line_cover(buffer, jnp.floor(x * across), rows, slant, fall, steps, width)
    if blur > 1:
        kernel = box_kernel(blur, blur | 1)
        cover = convolve_separable(cover[..., None], kernel, kernel)[..., 0]
    tints = tuple(colour) if len(image) == 3 else (luma(tuple(colour)),) * len(image)
    return tuple(clip_unit(plane + cover * tint) * brightness for plane, tint in zip(image, tints, strict=True))


@planewise()
@with_own_settings
def bleach(image: Planes, point: Any, coefficient: Any) -> Planes:
    """Makes dark pixels brighter, as if snow lay on them, and leaves their hue and saturation.

    Args:
        image: (H, W, C).
        point: in [0, 1], up to which lightness: a third at 0, five sixths at 1.
        coefficient: factor of the lightness below it.

    Example:
        >>> import jax.numpy as jnp
        >>> bleach(jnp.array([[[0.2], [0.9]]]), 0.1, 2.0)[0, :, 0]
        Array([0.4, 0.9], dtype=float32)
    """
    lightness = lightness_hls(image)
    new = jnp.where(lightness < point / 2 + 1 / 3, clip_unit(lightness * coefficient), lightness)
    return set_lightness_hls(image, new)


@planewise()
@with_own_settings
def add_snow_texture(image: Planes, point: Any, coefficient: Any, key: Array, sparkles: Array, *, size: Any) -> Planes:
    """Snow that lies more densely the higher it is, with grains that sparkle.

    Args:
        image: (H, W, 1 or 3).
        point: in [0, 1], how much snow there is.
        coefficient: by how much it makes the picture brighter.
        key: raw key data of the grain.
        sparkles: raw key data of the pixels that sparkle.
        size: true (height, width).

    The grain is that of Albumentations 2.0.8, which adds it to bytes of hue and saturation as well as of value.
    """
    buffer = image[0].shape
    planes = image if len(image) == 3 else (image[0],) * 3
    hue, saturation, value = hsv_of(planes)
    kernel = gaussian_kernel(1.0, 7, 7)
    grain = 0.5 + 0.3 * normal_field(key, 1, *buffer)[0]
    for _ in range(2):
        grain = convolve_separable(grain[..., None], kernel, kernel)[..., 0]
    rows = jnp.arange(buffer[0]) / jnp.maximum(jnp.asarray(size[0], jnp.float32) - 1, 1)
    layer = grain * (1.0 - 0.8 * rows)[:, None] * point
    value = clip_unit(clip_unit(value * (1.0 + coefficient * point)) + layer)
    snowy = rgb_of_hsv(hue, saturation * clip_unit(1.0 - layer), value)
    white = uniform_field(sparkles, 1, *buffer)[0] > 0.99
    snowy = tuple(jnp.where(white, 1.0, plane) for plane in snowy)
    return snowy if len(image) == 3 else (luma(snowy),)
