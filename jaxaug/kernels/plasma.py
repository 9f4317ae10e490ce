"""Plasma: a random pattern of patches of all sizes, and light and contrast that follow it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import mean_brightness
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.random_numbers import hashed, places, plane_keys, uniform_at, unit_floats

#: The last steps, each of which is taken by itself; all before are sums of products of small matrices.
REFINED = 3


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
    steps = (jnp.maximum(*size) > 2 ** np.arange(1, most + 1) + 1).sum()
    # The coarsest grid and the first step move as far.
    halvings = jnp.arange(most + 1)
    far = jnp.asarray(roughness, jnp.float32) ** jnp.maximum(steps - 1 - halvings, 0).astype(jnp.float32)
    far = jnp.where(halvings <= steps, far, 0.0)
    fine = min(most, REFINED)
    grid = _coarse(key_data, buffer, far, fine)
    for step in range(fine - 1, -1, -1):
        shape = _points(buffer, step)
        noise = 2 * uniform_at(plane_keys(key_data, np.array(step)), places(*shape)) - 1
        grid = _refined(_refined(grid).T).T[: shape[0], : shape[1]] + far[step] * noise
    pattern = materialize(grid[: buffer[0], : buffer[1]])
    (height, width), rows, columns = size, jnp.arange(buffer[0]), jnp.arange(buffer[1])
    inside = (rows < height)[:, None] & (columns < width)
    low, high = jnp.where(inside, pattern, jnp.inf).min(), jnp.where(inside, pattern, -jnp.inf).max()
    return materialize(clip_unit((pattern - low) / jnp.where(high > low, high - low, 1.0)))


def _steps(length: int) -> int:
    """How often a grid of 3 points along a length is halved until its points are pixels."""
    return max(int(np.ceil(np.log2(max(length - 1, 1)))) - 1, 0)


def _points(buffer: tuple[int, int], step: int) -> tuple[int, int]:
    """Points of a grid whose distance is 2 ** step pixels: enough for one beyond the last pixel to be refined."""
    height, width = (((n - 1) >> step) + 3 for n in buffer)
    return height, width


def _coarse(key_data: Any, buffer: tuple[int, int], far: Array, fine: int) -> Array:
    """The grid whose points are 2 ** fine pixels apart: what all steps down to there move them by, added up.

    Args:
        key_data: (2 or more,) uint32.
        buffer: (height, width) of the array.
        far: (steps,) how far points move, those a pixel apart first.
        fine: how often the grid is to be halved.
    """
    rows, columns = _points(buffer, fine)
    keys = plane_keys(key_data, np.arange(fine, len(far)))
    noise = 2 * unit_floats(hashed(places(rows, columns), keys[:, 0, None, None], keys[:, 1, None, None]) >> 9, 23) - 1

    def between(count: int) -> Array:
        at = jnp.arange(count) / 2.0 ** jnp.arange(len(far) - fine)[:, None]
        return jnp.maximum(1 - jnp.abs(at[..., None] - jnp.arange(count)), 0)

    down, along = between(rows), between(columns)
    precise = jax.lax.Precision.HIGHEST
    each = jnp.matmul(jnp.matmul(down, noise, precision=precise), along.transpose(0, 2, 1), precision=precise)
    return (far[fine:, None, None] * each).sum(axis=0)


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
