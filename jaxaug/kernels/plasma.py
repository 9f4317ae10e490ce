"""Plasma: a random pattern of patches of all sizes, and light and contrast that follow it."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import mean_brightness
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.random_numbers import hashed, places, plane_keys, unit_floats


@with_own_settings
def plasma(key_data: Any, buffer: tuple[int, int], size: Any, roughness: Any, *, plasma_size: int = 256) -> Array:
    """A random pattern by midpoint displacement, from 0 at its least place to 1 at its greatest.

    A coarse grid of random numbers is refined: new places lie midway between their neighbours, and all are moved at
    random, `roughness` times as far as in the step before.

    Args:
        key_data: (2 or more,) uint32.
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it, on which alone the pattern depends.
        roughness: above 0; below 1 the pattern is smooth, as clouds are, above 1 it is grain.
        plasma_size: side of the square that the coarsest grid spans, in pixels, if the picture's longer side is no
            shorter.

    Returns:
        (height, width) floats in [0, 1].

    Example:
        >>> import jax
        >>> pattern = plasma(jax.random.key_data(jax.random.key(0)), (8, 9), (8, 9), 0.5)
        >>> pattern.shape, float(pattern.min()), float(pattern.max())
        ((8, 9), 0.0, 1.0)

    After Fournier, Fussell and Carpenter, "Computer rendering of stochastic models", 1982.
    """
    most = min(_steps(max(buffer)), _steps(plasma_size))
    # How often the coarsest grid of this picture is halved; each bound of the length is one step more.
    steps = sum((jnp.maximum(*size) > 2**step + 1).astype(jnp.int32) for step in range(1, most + 1)) if most else 0
    steps = jnp.asarray(steps)
    # Enough for a place beyond the last pixel to be refined at each step.
    grid = jnp.zeros([((n - 1) >> (most + 1)) + 3 for n in buffer])
    shapes = [tuple(((n - 1) >> step) + 3 for n in buffer) for step in range(most, -1, -1)]
    for step, shape, noise in zip(range(most, -1, -1), shapes, _noise(key_data, shapes), strict=True):
        grid = _refined(_refined(grid).T).T[: shape[0], : shape[1]]
        # The coarsest grid and the first step move as far.
        far = jnp.asarray(roughness, jnp.float32) ** jnp.maximum(steps - 1 - step, 0).astype(jnp.float32)
        grid = grid + jnp.where(step <= steps, far, 0.0) * noise
    pattern = materialize(grid[: buffer[0], : buffer[1]])
    (height, width), rows, columns = size, jnp.arange(buffer[0]), jnp.arange(buffer[1])
    inside = (rows < height)[:, None] & (columns < width)
    low, high = jnp.where(inside, pattern, jnp.inf).min(), jnp.where(inside, pattern, -jnp.inf).max()
    return materialize(clip_unit((pattern - low) / jnp.where(high > low, high - low, 1.0)))


def _steps(length: int) -> int:
    """How often a grid of 3 points along a length is halved until its points are pixels."""
    return max(int(np.ceil(np.log2(max(length - 1, 1)))) - 1, 0)


def _noise(key_data: Any, shapes: list[tuple[int, ...]]) -> list[Array]:
    """Grids of numbers in (-1, 1), whose last has the same numbers whatever the others; all are drawn in one go."""
    index = jnp.concatenate([places(*shape).reshape(-1) for shape in shapes])
    sizes = [math.prod(shape) for shape in shapes]
    planes = np.repeat(np.arange(len(shapes))[::-1], sizes)
    keys = plane_keys(key_data, planes)
    flat = materialize(2 * unit_floats(hashed(index, keys[:, 0], keys[:, 1]) >> 9, 23) - 1)
    return [part.reshape(shape) for part, shape in zip(jnp.split(flat, np.cumsum(sizes)[:-1]), shapes, strict=True)]


def _refined(grid: Array) -> Array:
    """(2 n - 2, ...) rows and those midway between each and the next."""
    return jnp.stack([grid[:-1], (grid[:-1] + grid[1:]) / 2], axis=1).reshape(-1, grid.shape[1])


@planewise()
def plasma_brightness_contrast(
    image: Planes,
    key_data: Any,
    brightness: Any,
    contrast: Any,
    roughness: Any,
    *,
    plasma_size: int = 256,
    size: Any,
    inside: Array | None = None,
) -> Planes:
    """More brightness and contrast the higher a plasma pattern is.

    Args:
        image: (H, W, C).
        key_data: (2 or more,) uint32, of the pattern.
        brightness: what is added where it is highest, in full brightnesses.
        contrast: by how much more values differ from the mean there, as a share.
        roughness, plasma_size: of `plasma`.
        size: true (height, width).
        inside: (H, W) pixels that count for the mean, by default all.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> out = plasma_brightness_contrast(jnp.full((8, 8, 1), 0.5), key, 0.25, 0.0, 0.5)
        >>> float(out.min()), float(out.max())
        (0.5, 0.75)
    """
    height, width = image[0].shape
    pattern = plasma(key_data, (height, width), size, roughness, plasma_size=plasma_size)
    brighter = [plane + brightness * pattern for plane in image]
    mean = sum(mean_brightness(plane, inside) for plane in brighter) / len(image)
    return tuple(clip_unit(plane + contrast * pattern * (plane - mean)) for plane in brighter)


@planewise()
def plasma_shadow(
    image: Planes, key_data: Any, intensity: Any, roughness: Any, *, plasma_size: int = 256, size: Any
) -> Planes:
    """Less light the higher a plasma pattern is.

    Args:
        image: (H, W, C).
        key_data: (2 or more,) uint32, of the pattern.
        intensity: share of the light that is lost where it is highest.
        roughness, plasma_size: of `plasma`.
        size: true (height, width).

    Example:
        >>> import jax, jax.numpy as jnp
        >>> out = plasma_shadow(jnp.ones((8, 8, 1)), jax.random.key_data(jax.random.key(0)), 0.25, 0.5)
        >>> float(out.min()), float(out.max())
        (0.75, 1.0)
    """
    height, width = image[0].shape
    pattern = plasma(key_data, (height, width), size, roughness, plasma_size=plasma_size)
    return tuple(plane * (1 - intensity * pattern) for plane in image)
