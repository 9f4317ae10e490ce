"""Neighbourhoods as plain functions: each takes an image (H, W, C) and returns one of the same shape and dtype.

Kernels are arrays, so their weights may be traced; their length is static. Beyond the edge the image is mirrored about
its outermost pixels (reflect_101), as OpenCV's filters do.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.functional.dtype import pointwise
from jaxaug.resample import fold_index


def box_kernel(size: Any, length: int) -> Array:
    """Equal weights over `size` taps in the middle of `length`.

    Args:
        size: odd, at most `length`; may be traced.
        length: odd number of taps.

    Example:
        >>> box_kernel(3, 5)
        Array([0.        , 0.33333334, 0.33333334, 0.33333334, 0.        ],      dtype=float32)
    """
    offset = jnp.abs(jnp.arange(length) - length // 2)
    size = jnp.asarray(size, jnp.float32)
    return jnp.where(offset * 2 < size, 1.0 / size, 0.0)


def gaussian_kernel(sigma: Any, size: Any, length: int) -> Array:
    """Weights of a Gaussian over `size` taps in the middle of `length`, summing to one.

    Args:
        sigma: standard deviation in pixels; zero leaves the image as it is.
        size: odd, at most `length`; may be traced.
        length: odd number of taps.

    Example:
        >>> gaussian_kernel(0.0, 3, 3)
        Array([0., 1., 0.], dtype=float32)
    """
    offset = jnp.arange(length, dtype=jnp.float32) - length // 2
    weight = jnp.exp(-0.5 * (offset / jnp.maximum(jnp.asarray(sigma, jnp.float32), 1e-3)) ** 2)
    weight = jnp.where(jnp.abs(offset) * 2 < jnp.asarray(size, jnp.float32), weight, 0.0)
    return weight / weight.sum()


@pointwise
def convolve_separable(image: Array, rows: Array, columns: Array) -> Array:
    """Correlates with one kernel down the rows and one along the columns.

    Args:
        image: (H, W, C).
        rows: (K,) weights down the rows, K odd.
        columns: (K',) weights along the columns, K' odd.

    Example:
        >>> import jax.numpy as jnp
        >>> k = jnp.array([0.25, 0.5, 0.25])
        >>> convolve_separable(jnp.array([[[0.0], [1.0], [0.0]]]), jnp.ones(1), k)[0, :, 0]
        Array([0.5, 0.5, 0.5], dtype=float32)
    """
    return _along(_along(image, rows, 0), columns, 1)


def _along(image: Array, kernel: Array, axis: int) -> Array:
    length, extent = kernel.shape[0], image.shape[axis]
    if length == 1:
        return image * kernel[0]
    index = fold_index(jnp.arange(-(length // 2), extent + length // 2), extent, "reflect_101")
    padded = jnp.take(image, index, axis=axis, mode="clip")
    total = jnp.zeros_like(image)
    for tap in range(length):
        start = [0, 0, 0]
        start[axis] = tap
        stop = list(image.shape)
        stop[axis] = tap + extent
        window = padded[start[0] : stop[0], start[1] : stop[1], :]
        total = total + kernel[tap] * window
    return total
