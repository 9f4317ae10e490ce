"""Neighbourhoods as plain functions: each takes an image (H, W, C) and returns one of the same shape and dtype.

Kernels are arrays, so their weights may be traced; their length is static. Beyond the edge the image is mirrored about
its outermost pixels (reflect_101), as OpenCV's filters do.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.backend.struct import is_concrete
from jaxaug.kernels.decorators import imagewise


@with_own_settings
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


@with_own_settings
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


@imagewise()
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
    height, width, channels = image.shape
    return convolve_interleaved(image.reshape(height, width * channels), rows, columns, channels).reshape(image.shape)


def convolve_interleaved(flat: Array, rows: Array, columns: Array, step: int) -> Array:
    """The same for rows (height, width * step) in which neighbours are `step` apart."""
    return _filter(_filter(flat, columns, 1, step), rows, 0, 1)


def _filter(flat: Array, kernel: Array, axis: int, step: int) -> Array:
    length = kernel.shape[0]
    if length == 1:
        return flat * kernel[0]
    extent = flat.shape[axis]
    padded = materialize(reflect_pad(materialize(flat), length // 2, axis, step))
    total = jnp.zeros_like(flat)
    for tap in range(length):
        window = jax.lax.slice_in_dim(padded, tap * step, tap * step + extent, axis=axis)
        total = total + kernel[tap] * window
    return total


def convolve_uint8(flat: Array, rows: Array, columns: Array, step: int) -> Array:
    """The same for uint8 rows and symmetric kernels without negative weights, in whole numbers of 16 bits.

    Half as wide as floats, so twice as many at a time; weights are counted in 32768ths and levels in 64ths, so that
    the result is within one level of that of floats.
    """
    across = _filter_uint8(flat.astype(jnp.uint16) << 6, columns, 1, step)
    down = _filter_uint8(across, rows, 0, 1)
    return ((down + 32) >> 6).astype(jnp.uint8)


def _filter_uint8(flat: Array, kernel: Array, axis: int, step: int) -> Array:
    """One pass over levels in 64ths, below 2 ** 14."""
    reach, extent = kernel.shape[0] // 2, flat.shape[axis]
    weights = jnp.round(kernel * np.float32(32768)).astype(jnp.uint16)
    padded = materialize(reflect_pad(materialize(flat), reach, axis, step)) if reach else flat

    def window(tap: int) -> Array:
        return jax.lax.slice_in_dim(padded, tap * step, tap * step + extent, axis=axis)

    # Cutting off the lower half loses half a unit at every product.
    total = jnp.full_like(flat, (reach + 1) // 2) + (_upper_half(window(reach) << 2, weights[reach]) >> 1)
    for tap in range(reach):
        total = total + _upper_half((window(tap) + window(2 * reach - tap)) << 1, weights[tap])
    return total


def _upper_half(values: Array, weight: Array) -> Array:
    """The upper 16 of the 32 bits of a product: one instruction of most processors."""
    return ((values.astype(jnp.uint32) * weight.astype(jnp.uint32)) >> 16).astype(jnp.uint16)


def convolve_symmetric(flat: Array, quarter: Array, step: int) -> Array:
    """Correlates with a square of weights that is mirrored left and right, and top and bottom.

    Args:
        flat: (height, width * step), in which neighbours are `step` apart.
        quarter: (K, K) weights of a pixel itself and of those to its right and below.
        step: channels in a row.
    """
    (height, width), reach = flat.shape, quarter.shape[0] - 1
    padded = _padded(flat, reach, step)

    def folded(array: Array, away: int, axis: int, apart: int) -> Array:
        """The sum of the neighbours so far before and after."""
        extent = (height, width)[axis]
        before, after = (
            jax.lax.slice_in_dim(array, (reach + d) * apart, (reach + d) * apart + extent, axis=axis)
            for d in (-away, away)
        )
        return before + after if away else before

    total = jnp.zeros_like(flat)
    for down in range(reach + 1):
        rows = materialize(folded(padded, down, 0, 1))
        total = materialize(
            total + sum(quarter[down, across] * folded(rows, across, 1, step) for across in range(reach + 1))
        )
    return total


def convolve_sparse(flat: Array, places: Array, weights: Array, reach: int, step: int) -> Array:
    """Correlates with weights at a few places, which may be traced.

    Args:
        flat: (height, width * step), in which neighbours are `step` apart.
        places: (N, 2) int32 rows and columns, counted from each pixel, at most `reach` away.
        weights: (N,).
        reach: pixels that the filter sees on each side.
        step: channels in a row.
    """
    padded, total = _padded(flat, reach, step), jnp.zeros_like(flat)
    for place, weight in zip(places, weights, strict=True):
        first = (place[0] + reach, (place[1] + reach) * step)
        total = total + weight * jax.lax.dynamic_slice(padded, first, flat.shape)
    return total


def convolve_sparse_uint8(flat: Array, places: Array, weights: Array, reach: int, step: int) -> Array:
    """The same for uint8 rows and weights of at least zero, in whole numbers of 16 bits as `convolve_uint8`."""
    padded = materialize(_padded(flat, reach, step).astype(jnp.uint16) << 7)
    fine = jnp.round(weights * np.float32(32768)).astype(jnp.uint16)
    # Cutting off the lower half loses half a unit at every product.
    total = jnp.full(flat.shape, 32 + weights.shape[0] // 2, jnp.uint16)
    for place, weight in zip(places, fine, strict=True):
        first = (place[0] + reach, (place[1] + reach) * step)
        total = total + _upper_half(jax.lax.dynamic_slice(padded, first, flat.shape), weight)
    return (total >> 6).astype(jnp.uint8)


def _padded(flat: Array, reach: int, step: int) -> Array:
    """Rows (height, width * step) with a mirrored margin on all sides."""
    for axis, apart in ((1, step), (0, 1)):
        flat = materialize(reflect_pad(materialize(flat), reach, axis, apart)) if reach else flat
    return flat


def reflect_pad(flat: Array, reach: int, axis: int, step: int) -> Array:
    """The array continued at both ends of an axis, mirrored about its outermost pixels.

    Args:
        flat: (height, width).
        reach: pixels to add at each end.
        axis: 0 or 1.
        step: distance of neighbours along the axis.
    """
    extent = flat.shape[axis] // step
    if reach >= extent:
        pixels = jnp.moveaxis(flat, axis, -1).reshape(-1, extent, step)
        around = jnp.pad(pixels, ((0, 0), (reach, reach), (0, 0)), mode="reflect")
        return jnp.moveaxis(around.reshape(-1, (extent + 2 * reach) * step), -1, axis)

    def turned(first: int) -> Array:
        part = jax.lax.slice_in_dim(flat, first * step, (first + reach) * step, axis=axis)
        if step == 1:
            return jnp.flip(part, axis)
        pixels = jnp.moveaxis(part, axis, -1).reshape(-1, reach, step)[:, ::-1]
        return jnp.moveaxis(pixels.reshape(-1, reach * step), -1, axis)

    # The ends are made first: what is left is copying.
    before, after = materialize((turned(1), turned(extent - 1 - reach)))
    return jnp.concatenate([before, flat, after], axis=axis)


def inside_picture(shape: tuple[int, ...], size: Any) -> Array:
    """(H, W) bool: the pixels of a buffer (H, W) that a picture of a true (height, width) fills."""
    return (jnp.arange(shape[0]) < size[0])[:, None] & (jnp.arange(shape[1]) < size[1])


def pad_picture(plane: Array, reach: int, size: Any, *, mirrors: bool = False) -> Array:
    """(H + 2 reach, W + 2 reach): a picture with a margin on all sides, within its buffer too.

    Args:
        plane: (H, W).
        reach: width of the margin.
        size: true (height, width); what lies beyond does not count.
        mirrors: the margin mirrors the picture about its outermost pixels (reflect_101), else repeats these.

    Example:
        >>> import jax.numpy as jnp
        >>> pad_picture(jnp.array([[1, 2, 9]]), 1, jnp.array([1, 2]))[1]
        Array([1, 1, 2, 2, 2], dtype=int32)
    """
    if all(is_concrete(n) for n in size) and tuple(size) == plane.shape:
        return jnp.pad(plane, reach, mode="reflect" if mirrors else "edge")
    for axis, true in enumerate(size):
        place, last = jnp.arange(-reach, plane.shape[axis] + reach), jnp.asarray(true).astype(jnp.int32) - 1
        if mirrors:
            place = last - jnp.abs(last - jnp.abs(place))
        plane = jnp.take(plane, jnp.clip(place, 0, last), axis=axis, mode="clip")
    return plane


def blur_picture(plane: Array, kernel: Array, size: Any) -> Array:
    """A picture (H, W) smoothed by one kernel along both axes, its outermost pixels repeated beyond its true size."""
    reach = kernel.shape[0] // 2
    padded = pad_picture(materialize(plane), reach, size) if reach else plane
    height, width = plane.shape
    return convolve_interleaved(padded, kernel, kernel, 1)[reach : reach + height, reach : reach + width]


@imagewise()
def convolve_2d(image: Array, weights: Array) -> Array:
    """Correlates with a square of weights; the result is cut to [0, 1].

    Args:
        image: (H, W, C).
        weights: (K, K), K odd.

    Example:
        >>> import jax.numpy as jnp
        >>> edge = jnp.array([[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
        >>> convolve_2d(jnp.array([[[0.0], [0.25], [0.75], [0.75]]]), edge)[0, :, 0]
        Array([0.  , 0.75, 0.5 , 0.  ], dtype=float32)
    """
    height, width, channels = image.shape
    flat = convolve_square(image.reshape(height, width * channels), weights, channels)
    return jnp.clip(flat, 0.0, 1.0).reshape(image.shape)


def convolve_square(flat: Array, weights: Array, step: int) -> Array:
    """The same for rows (height, width * step) in which neighbours are `step` apart, and not cut.

    Rows of whole levels become floats of as many levels.
    """
    side, (height, width) = weights.shape[0], flat.shape
    padded = _padded(flat, side // 2, step)
    padded = padded if flat.dtype == jnp.float32 else materialize(padded.astype(jnp.float32))
    total = jnp.zeros(flat.shape, jnp.float32)
    for row in range(side):
        for column in range(side):
            window = jax.lax.slice(padded, (row, column * step), (row + height, column * step + width))
            total = total + weights[row, column] * window
    return total
