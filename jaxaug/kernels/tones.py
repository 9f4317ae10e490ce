"""Tones: functions of each value by itself; each takes an image (..., channels) and returns one of the same dtype.

Inside, full brightness is 1 whatever the dtype, so every factor and shift is given in those units.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.kernels.colour_matrix import ColourMatrix, diagonal
from jaxaug.kernels.decorators import imagewise, pointwise
from jaxaug.kernels.dtype import round_to

# Half a level of slack, or 0.1 could miss the level that is exactly at the threshold.
_SLACK = 1e-6


def _brightness_contrast_uint8(levels: Array, alpha: Any, beta: Any) -> Array:
    """In 16 bits, of which a factor takes as many for the whole part as it needs; the rest is below a level.

    Twice as many at a time as floats, and no conversions; up to a factor of 4 within a 64th of a level. A factor above
    256, at which a single level makes white of black, counts as 256.
    """
    alpha, beta = jnp.asarray(alpha, jnp.float32), jnp.asarray(beta, jnp.float32)
    # A negative factor is a positive one of the inverted levels.
    levels = levels ^ jnp.where(alpha < 0, np.uint8(255), np.uint8(0))
    beta = beta + jnp.minimum(alpha, 0.0)
    size = jnp.abs(alpha)
    below = 8 - jnp.sum(size > 2.0 ** np.arange(8))
    unit = jnp.exp2(below.astype(jnp.float32))
    factor = jnp.minimum(jnp.round(size * unit * 256), 65535).astype(jnp.uint32)
    shift = jnp.clip(jnp.round((beta * 255 + 0.5) * unit), -65535, 65535).astype(jnp.int32)
    up, down = (jnp.maximum(s, 0).astype(jnp.uint16) for s in (shift, -shift))
    product = ((levels.astype(jnp.uint32) << 8) * factor >> 16).astype(jnp.uint16)
    raised = jnp.minimum(product, np.uint16(65535) - up) + up
    whole = (jnp.maximum(raised, down) - down) >> below.astype(jnp.uint16)
    return jnp.minimum(whole, 255).astype(jnp.uint8)


@pointwise(_brightness_contrast_uint8, rounds=True, matrix=lambda alpha=1.0, beta=0.0: diagonal(alpha, beta))
def brightness_contrast(image: Array, alpha: Any = 1.0, beta: Any = 0.0) -> Array:
    """`alpha * image + beta`, clipped.

    Args:
        image: (...,).
        alpha: factor.
        beta: shift, in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> brightness_contrast(jnp.full((1, 1, 1), 100, jnp.uint8), 1.5, 0.1)[0, 0, 0]
        Array(176, dtype=uint8)
    """
    return jnp.clip(alpha * image + beta, 0.0, 1.0)


@imagewise()
def brightness_contrast_by_mean(image: Array, alpha: Any = 1.0, beta: Any = 0.0, inside: Array | None = None) -> Array:
    """`alpha * image + beta * mean`, clipped.

    Args:
        image: (H, W, C).
        alpha: factor.
        beta: shift, in mean brightnesses of the image.
        inside: (H, W) pixels that count for the mean, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> brightness_contrast_by_mean(jnp.full((1, 1, 1), 100, jnp.uint8), 1.0, 0.5)[0, 0, 0]
        Array(150, dtype=uint8)
    """
    mean = image.mean() if inside is None else image.mean(where=inside[..., None])
    return jnp.clip(alpha * image + beta * mean, 0.0, 1.0)


@pointwise(matrix=lambda shift: diagonal(1.0, shift))
def shift_channels(image: Array, shift: Any) -> Array:
    """Adds a constant per channel, clipped.

    Args:
        image: (..., C).
        shift: (C,) in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> shift_channels(jnp.zeros((1, 1, 3)), jnp.array([0.5, 0.0, -1.0]))[0, 0]
        Array([0.5, 0. , 0. ], dtype=float32)
    """
    shift = jnp.asarray(shift, image.dtype)
    return jnp.clip(image + shift.reshape((1,) * (image.ndim - 1) + (-1,)), 0.0, 1.0)


@pointwise(table=True)
def gamma(image: Array, gamma: Any) -> Array:
    """Raises brightness to a power.

    Args:
        image: (...,).
        gamma: exponent; below 1 brightens.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(gamma(jnp.float32(0.25), 0.5)), 6)
        0.5
    """
    safe = jnp.maximum(image, 1e-12)
    return jnp.where(image > 0, jnp.exp(gamma * jnp.log(safe)), 0.0)


@pointwise()
def tone_curve(image: Array, low: Any, high: Any) -> Array:
    """The curve of Bezier from black to white whose two points between lie at a third and two thirds of brightness.

    Args:
        image: (..., C).
        low, high: brightness of these two points, one number or one per channel; 1/3 and 2/3 change nothing.

    Example:
        >>> import jax.numpy as jnp
        >>> tone_curve(jnp.array([[0.0], [0.5], [1.0]]), 0.5, 0.5)[:, 0]
        Array([0. , 0.5, 1. ], dtype=float32)
    """
    rest = 1.0 - image
    return jnp.clip(image * (3.0 * rest * (rest * jnp.asarray(low) + image * jnp.asarray(high)) + image * image), 0, 1)


def _solarize_uint8(levels: Array, threshold: Any) -> Array:
    first = jnp.ceil((jnp.asarray(threshold) - _SLACK) * 255.0)
    return jnp.where(levels.astype(jnp.int16) >= first.astype(jnp.int16), ~levels, levels)


@pointwise(_solarize_uint8)
def solarize(image: Array, threshold: Any) -> Array:
    """Inverts everything at or above a brightness.

    Args:
        image: (...,).
        threshold: in [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> solarize(jnp.array([10, 200], jnp.uint8), 0.5)
        Array([10, 55], dtype=uint8)
    """
    return jnp.where(image >= jnp.asarray(threshold) - _SLACK, 1.0 - image, image)


def _posterize_uint8(levels: Array, bits: Any) -> Array:
    keep = 256.0 - jnp.exp2(8.0 - jnp.asarray(bits, jnp.float32))
    return levels & jnp.round(keep).astype(jnp.uint8)


@pointwise(_posterize_uint8)
def posterize(image: Array, bits: Any) -> Array:
    """Keeps the highest bits of the 8-bit value of every channel.

    Args:
        image: (..., C).
        bits: 1 to 8, one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> posterize(jnp.array([[200, 77, 3]], jnp.uint8), 2)
        Array([[192,  64,   0]], dtype=uint8)
    """
    step = jnp.exp2(8.0 - jnp.asarray(bits, jnp.float32))
    return jnp.floor(jnp.round(image * 255.0) / step) * step / 255.0


@pointwise(lambda levels: ~levels, matrix=lambda: diagonal(-1.0, 1.0))
def invert(image: Array) -> Array:
    """Full brightness minus the image.

    Example:
        >>> import jax.numpy as jnp
        >>> invert(jnp.uint8(5))
        Array(250, dtype=uint8)
    """
    return 1.0 - image


def _drop_uint8(levels: Array, drop: Array, value: Any) -> Array:
    return jnp.where(drop, round_to(255.0 * jnp.asarray(value, jnp.float32), jnp.uint8), levels)


def _drop_matrix(drop: Array, value: Any = 0.0) -> ColourMatrix:
    return diagonal(jnp.where(drop, 0.0, 1.0), jnp.where(drop, jnp.asarray(value, jnp.float32), 0.0))


@pointwise(_drop_uint8, matrix=_drop_matrix)
def drop_channels(image: Array, drop: Array, value: Any = 0.0) -> Array:
    """Some channels replaced by one brightness.

    Args:
        image: (..., C).
        drop: (C,) bool, which channels.
        value: in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> drop_channels(jnp.array([[10, 20, 30]], jnp.uint8), jnp.array([False, True, True]))
        Array([[10,  0,  0]], dtype=uint8)
    """
    return jnp.where(drop, jnp.asarray(value, image.dtype), image)
