"""The colour space CIE L*a*b* of 1976, for red, green and blue of sRGB (IEC 61966-2-1) under the light D65."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.strips import in_strips
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.arithmetic import clip_unit, fast_maximum
from jaxaug.kernels.decorators import Planes
from jaxaug.kernels.dtype import to_unit

#: X, Y and Z of linear red, green and blue (ITU-R BT.709), each as a share of that of white.
XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
XYZ /= XYZ.sum(axis=1, keepdims=True)
RGB = np.linalg.inv(XYZ)

_BEND = 0.008856
_SLOPE, _START = 7.787, 16 / 116

#: Light of full brightness in the whole numbers that OpenCV counts in for 8-bit images.
LIGHT = 8 * 255
#: Bits below one of its weights of light, and of its cube roots.
SHARE_BITS, ROOT_BITS = 12, 15
#: Steps of light in which values of sRGB are looked up.
STEPS = 4095


def _power(value: Array, exponent: float) -> Array:
    """A power of a positive number by vector instructions, which a plain power is not made of."""
    return jnp.exp(np.float32(exponent) * jnp.log(value))


def linear_light(value: Array) -> Array:
    """Light of values of sRGB in [0, 1]."""
    bright = _power((fast_maximum(value, 0.04045) + 0.055) * np.float32(1 / 1.055), 2.4)
    return jnp.where(value <= 0.04045, value * np.float32(1 / 12.92), bright)


def display_value(light: Array) -> Array:
    """Values of sRGB of light, cut to [0, 1]."""
    light = clip_unit(light)
    bright = 1.055 * _power(fast_maximum(light, 0.0031308), 1 / 2.4) - 0.055
    return jnp.where(light <= 0.0031308, 12.92 * light, bright)


def _root(share: Array) -> Array:
    return jnp.where(share > _BEND, _power(fast_maximum(share, _BEND), 1 / 3), _SLOPE * share + _START)


def _cube(root: Array) -> Array:
    return jnp.where(root > _SLOPE * _BEND + _START, root * root * root, (root - _START) * np.float32(1 / _SLOPE))


def _mixed(matrix: np.ndarray, planes: Planes) -> Planes:
    weights = matrix.astype(np.float32)
    return tuple(sum((w * p for w, p in zip(row[1:], planes[1:], strict=True)), row[0] * planes[0]) for row in weights)


def lightness(planes: Planes) -> Array:
    """L* / 100 of red, green and blue in [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(lightness((jnp.ones(()),) * 3)), 4)
        1.0
    """
    (y,) = _mixed(XYZ[1:2], tuple(linear_light(plane) for plane in planes))
    return 1.16 * _root(y) - 0.16


def to_lab(planes: Planes) -> Planes:
    """L* / 100, a* and b* of red, green and blue in [0, 1]."""
    fx, fy, fz = (_root(share) for share in _mixed(XYZ, tuple(linear_light(plane) for plane in planes)))
    return 1.16 * fy - 0.16, 500 * (fx - fy), 200 * (fy - fz)


def from_lab(planes: Planes) -> Planes:
    """The inverse of `to_lab`, cut to [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> colour = tuple(jnp.array([0.2, 0.6, 0.9]))
        >>> [round(float(v), 3) for v in from_lab(to_lab(colour))]
        [0.2, 0.6, 0.9]
    """
    return tuple(display_value(light) for light in _mixed(RGB, _shares(planes)))


def _shares(planes: Planes) -> Planes:
    light, a, b = planes
    fy = (light + 0.16) * np.float32(1 / 1.16)
    return tuple(_cube(root) for root in (fy + a * np.float32(1 / 500), fy, fy - b * np.float32(1 / 200)))


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Light of 256 levels and roots of light in whole numbers, and values of sRGB of light in fine steps."""
    value, share, light = np.arange(256) / 255, np.arange(LIGHT + 2) / LIGHT, np.arange(STEPS + 1) / STEPS
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    roots = np.where(share < _BEND, _SLOPE * share + _START, np.cbrt(share))
    display = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (
        np.round(linear * LIGHT).astype(np.int32),
        np.round(roots * 2**ROOT_BITS).astype(np.int32),
        display.astype(np.float32),
    )


_LIGHT_OF_LEVEL, _ROOT_OF_LIGHT, _VALUE_OF_LIGHT = _tables()
_SHARES = np.round(XYZ * 2**SHARE_BITS).astype(np.int32)


def to_lab_uint8(planes: Planes) -> Planes:
    """What `to_lab` gives, of red, green and blue of 8 bits and in the steps of 8 bits: 255ths, and whole a* and b*.

    In the whole numbers of OpenCV, to the bit: light is counted in 2040ths, which shows in the darkest colours, and the
    factor of lightness is 296 / 255 in place of 1.16.
    """
    light = _looked_up(_LIGHT_OF_LEVEL, [jnp.round(plane * 255).astype(jnp.int32) for plane in planes])
    shares = [_divided(sum(w * v for w, v in zip(row, light, strict=True)), SHARE_BITS) for row in _SHARES]
    fx, fy, fz = _looked_up(_ROOT_OF_LIGHT, shares)
    bright = 296 * fy - round(40.8 * 2**ROOT_BITS)
    whole = [_divided(value, ROOT_BITS).astype(jnp.float32) for value in (bright, 500 * (fx - fy), 200 * (fy - fz))]
    return whole[0] * np.float32(1 / 255), whole[1], whole[2]


def _divided(value: Any, bits: int) -> Array:
    """Whole numbers divided by a power of two, rounded to the nearest, halves upwards."""
    return jnp.right_shift(value + 2 ** (bits - 1), bits)


def from_lab_uint8(planes: Planes) -> Planes:
    """What `from_lab` gives, to half a level of 8 bits."""
    shares = _mixed(RGB, _shares(planes))
    return _looked_up(_VALUE_OF_LIGHT, [(clip_unit(share) * STEPS + 0.5).astype(jnp.int32) for share in shares])


def _looked_up(table: np.ndarray, places: list[Array]) -> Planes:
    """The numbers of a table at some places; loops that read tables are slow, so nothing else is done in them."""
    return tuple(materialize([jnp.take(table, place, mode="clip") for place in materialize(places)]))


def lightness_changed_uint8(planes: Planes, change: Callable[[Array], Array]) -> Planes:
    """Red, green and blue of 8 bits after a function of their lightness, L* / 100 in 255ths.

    Colours wait as one word for each pixel and are reckoned strip by strip, so that they stay in the cache.
    """

    def word(planes: Planes) -> Array:
        light, a, b = to_lab_uint8(planes)
        parts = (jnp.round(light * 255), a + 128, b + 128)
        first, second, third = (part.astype(jnp.int32).astype(jnp.uint32) for part in parts)
        return first | (second << 8) | (third << 16)

    def colour(grids: tuple[Array, Array]) -> Array:
        light, words = grids
        a, b = (((words >> shift) & 255).astype(jnp.int32).astype(jnp.float32) - 128 for shift in (8, 16))
        return pixel_packing.join([value * np.float32(255) for value in from_lab_uint8((light, a, b))])

    words = materialize(in_strips(word, planes))
    light = change((words & 255).astype(jnp.int32).astype(jnp.float32) * np.float32(1 / 255))
    out = materialize(in_strips(colour, (materialize(light), words)))
    return tuple(to_unit(pixel_packing.plane(out, channel)) for channel in range(3))
