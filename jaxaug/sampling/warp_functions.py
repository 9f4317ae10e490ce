"""Geometry as plain functions on images of shape (H, W, C), any dtype.

Coordinates are edge coordinates: pixel k covers [k, k + 1), the picture [0, W] x [0, H].
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import map_warp, matrix_warp
from jaxaug.sampling.chain import resample


@with_own_settings
def warp_matrix(
    image: Array,
    matrix: Any,
    size: tuple[int, int] | None = None,
    *,
    interpolation: str = "linear",
    border_mode: str = "constant",
    fill: Any = 0.0,
) -> Array:
    """Reads an image through a projective matrix.

    Args:
        image: (H, W, C).
        matrix: (3, 3), from output to input edge coordinates in pixels.
        size: (height, width) of the result; by default that of the image.
        interpolation: nearest, linear, cubic or lanczos.
        border_mode: constant, replicate, reflect, reflect_101 or wrap.
        fill: one number, or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> shift = jnp.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
        >>> warp_matrix(jnp.arange(3.0).reshape(1, 3, 1), shift)[0, :, 0]
        Array([1., 2., 0.], dtype=float32)
    """
    height, width = image.shape[:2]
    warp = matrix_warp(
        jnp.asarray(matrix, jnp.float32),
        (height, width),
        size or (height, width),
        Structure.PROJECTIVE,
        interpolation=interpolation,
        border_mode=border_mode,
        fill=fill,
    )
    return resample(image, [warp])


@with_own_settings
def warp_displacement(
    image: Array,
    dx: Array,
    dy: Array,
    *,
    interpolation: str = "linear",
    border_mode: str = "constant",
    fill: Any = 0.0,
) -> Array:
    """Reads every pixel of an image a displacement away.

    Args:
        image: (H, W, C).
        dx, dy: (H, W) in pixels.
        interpolation: nearest, linear, cubic or lanczos.
        border_mode: constant, replicate, reflect, reflect_101 or wrap.
        fill: one number, or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> one, zero = jnp.ones((1, 3)), jnp.zeros((1, 3))
        >>> warp_displacement(jnp.arange(3.0).reshape(1, 3, 1), one, zero)[0, :, 0]
        Array([1., 2., 0.], dtype=float32)
    """
    size = (image.shape[0], image.shape[1])
    warp = map_warp(
        Displacement(jnp.stack([dx, dy])), size, size, interpolation=interpolation, border_mode=border_mode, fill=fill
    )
    return resample(image, [warp])


@with_own_settings
def resize(image: Array, size: tuple[int, int], *, interpolation: str = "linear", antialias: bool = False) -> Array:
    """Scales an image.

    Args:
        image: (H, W, C).
        size: (height, width) of the result.
        interpolation: nearest, linear, cubic, lanczos or area.
        antialias: widen the kernel where the image shrinks.

    Example:
        >>> import jax.numpy as jnp
        >>> resize(jnp.arange(4.0).reshape(1, 4, 1), (1, 2))[0, :, 0]
        Array([0.5, 2.5], dtype=float32)
    """
    height, width = image.shape[:2]
    rows = [[width / size[1], 0, 0], [0, height / size[0], 0], [0, 0, 1]]
    warp = matrix_warp(
        rows,
        (height, width),
        size,
        Structure.SCALE,
        interpolation=interpolation,
        reads_inside=True,
        antialias=antialias,
    )
    return resample(image, [warp])
