"""Gravel on the ground."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.colour import set_lightness_hls
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.particles import topmost_square

#: A stone for so many pixels of a patch, and half the side of the largest one.
SPACE, LARGEST = 100, 3


@planewise()
@with_own_settings
def add_gravel(
    image: Planes,
    region: Array,
    sides: Array,
    corners: Array,
    places: Array,
    radius: Array,
    lightness: Array,
    *,
    size: Any,
) -> Planes:
    """Patches of gravel: small squares of another lightness.

    Args:
        image: (H, W, 1 or 3).
        region: (4,) x_min, y_min, x_max, y_max in which the patches lie, as fractions of the picture.
        sides: (P, 2) in [0, 1): width and height of each, from a tenth to a fifth of the region's.
        corners: (P, 2) in [0, 1): x and y of each, by the room that is left.
        places: (N, P, 2) in [0, 1): x and y of the stones of each patch, within it.
        radius: (N, P) half their sides: 1 to 3 pixels.
        lightness: (N, P) of HLS, in [0, 1].
        size: true (height, width).

    The numbers are those of Albumentations 2.0.8: a stone for a hundred pixels of a patch, and none on the last row and
    column.
    """
    ends = jnp.stack([jnp.asarray(n, jnp.float32) for n in (size[1], size[0])])
    low, high = jnp.floor(region[:2] * ends), jnp.floor(region[2:] * ends)
    least, most = jnp.floor((high - low) / 10), jnp.floor((high - low) / 5)
    side = least + jnp.floor(sides * (most - least + 1))
    corner = low + jnp.floor(corners * (high - low - side + 1))
    middle = corner + jnp.floor(places * (side + 1))
    used = jnp.arange(len(places))[:, None] < jnp.floor(side.prod(axis=1) / SPACE)
    x, y = (middle[..., axis].reshape(-1) for axis in (0, 1))
    stone = topmost_square(image[0].shape, x, y, radius.reshape(-1), used.reshape(-1), LARGEST)
    rows, columns = (jnp.arange(n) < true - 1 for n, true in zip(image[0].shape, size, strict=True))
    covered = (stone >= 0) & rows[:, None] & columns
    new = jnp.take(lightness.reshape(-1), stone, mode="clip")
    return tuple(
        jnp.where(covered, stony, plane) for stony, plane in zip(set_lightness_hls(image, new), image, strict=True)
    )
