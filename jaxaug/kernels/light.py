"""Light that falls on a picture: its colour, and more of it in one place than in another.

Inside, full brightness is 1 whatever the dtype.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit, finite_sqrt
from jaxaug.kernels.colour_matrix import luma, mean_brightness
from jaxaug.kernels.decorators import Planes, planewise

#: Red and blue of a light, green being 1, as polynomials of 6000 kelvin / temperature, the constant first. They meet
#: the coefficients that Zini et al. published for every 500 kelvin to 0.004.
PLANCKIAN = {
    "blackbody": np.array(
        [
            [0.47000, 0.81189, -0.31433, 0.14115, -0.02676, 0.00425],
            [1.93044, -1.45728, 1.43569, -1.70983, 0.99264, -0.21746],
        ],
        np.float32,
    ),
    "cied": np.array(
        [
            [0.31083, 1.19400, -0.85234, 0.52227, -0.16024, 0.02410],
            [1.76757, -0.65348, -0.38854, 0.23092, -0.00791, -0.01776],
        ],
        np.float32,
    ),
}
#: Kelvin between the temperatures that they are for; between these gains are linear.
STEP = 500


@with_own_settings
def planckian_gains(temperature: Any, mode: str = "blackbody") -> Array:
    """(3,) factors of red, green and blue in the light of a temperature.

    Args:
        temperature: in kelvin, 3000 to 15000.
        mode: `blackbody`, or `cied` for daylight (CIE illuminants D), from 4000 kelvin on.

    Example:
        >>> [round(float(v), 2) for v in planckian_gains(6500.0, "cied")]
        [1.0, 1.0, 1.0]
    """
    place = jnp.asarray(temperature, jnp.float32) / STEP
    first = jnp.floor(place)
    nodes = first + np.arange(2)
    powers = (6000 / STEP / nodes[:, None]) ** np.arange(6)
    red, blue = (jnp.sum(row * powers, axis=1) for row in PLANCKIAN[mode])
    gains = jnp.stack([red, jnp.ones(2), jnp.maximum(blue, 0.0)])
    return gains[:, 0] + (place - first) * (gains[:, 1] - gains[:, 0])


def _steps(length: int, true: Any) -> Array:
    """From 0 at the first pixel of a side to 1 at the last of the picture."""
    return jnp.arange(length, dtype=jnp.float32) / jnp.maximum(jnp.asarray(true, jnp.float32) - 1, 1)


def _lit(image: Planes, gain: Array) -> Planes:
    return tuple(clip_unit(plane * gain) for plane in image)


@planewise()
@with_own_settings
def light_from_side(image: Planes, intensity: Any, angle: Any, *, size: Any) -> Planes:
    """More light towards one side, and as much less towards the other.

    Args:
        image: (H, W, C).
        intensity: what the brightest place gains and the darkest loses; below 0 the other way round.
        angle: in degrees: at 0 the right side is the brighter one, at 90 the lower one.
        size: true (height, width).

    Example:
        >>> import jax.numpy as jnp
        >>> light_from_side(jnp.full((1, 3, 1), 100, jnp.uint8), 0.2, 0.0)[0, :, 0]
        Array([ 80, 100, 120], dtype=uint8)
    """
    turn = jnp.deg2rad(jnp.asarray(angle, jnp.float32))
    x, y = jnp.cos(turn), jnp.sin(turn)
    down, along = (_steps(n, true) for n, true in zip(image[0].shape, size, strict=True))
    # From -1 at the darkest corner to 1 at the brightest.
    across = ((2 * along - 1) * x + ((2 * down - 1) * y)[:, None]) / (jnp.abs(x) + jnp.abs(y))
    return _lit(image, 1 + intensity * across)


@planewise()
@with_own_settings
def light_from_corner(image: Planes, intensity: Any, corner: Any, *, size: Any) -> Planes:
    """Less light the farther from a corner.

    Args:
        image: (H, W, C).
        intensity: what is lost a diagonal away; below 0 it is gained.
        corner: 0 to 3: upper left, upper right, lower right, lower left.
        size: true (height, width).

    Example:
        >>> import jax.numpy as jnp
        >>> light_from_corner(jnp.ones((4, 3, 1)), 0.5, 0)[:, 0, 0]
        Array([1. , 0.9, 0.8, 0.7], dtype=float32)
    """
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    at_right, below = (corner == 1) | (corner == 2), corner >= 2
    x = jnp.arange(image[0].shape[1]) - jnp.where(at_right, width - 1, 0.0)
    y = jnp.arange(image[0].shape[0]) - jnp.where(below, height - 1, 0.0)
    distance = finite_sqrt(x**2 + (y**2)[:, None]) / finite_sqrt(height**2 + width**2)
    return _lit(image, 1 - intensity * distance)


@planewise()
@with_own_settings
def light_spot(image: Planes, intensity: Any, centre: Any, sigma: Any, *, size: Any) -> Planes:
    """A spot of more light, or of less.

    Args:
        image: (H, W, C).
        intensity: what its centre gains; below 0 it loses.
        centre: x and y, as fractions of the picture's width and height.
        sigma: standard deviation of the Gaussian, as a fraction of the longer side.
        size: true (height, width).

    Example:
        >>> import jax.numpy as jnp
        >>> light_spot(jnp.full((1, 2, 1), 0.5), 0.5, (0.0, 0.0), 0.2)[0, 0, 0]
        Array(0.75, dtype=float32)
    """
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    x = jnp.arange(image[0].shape[1]) - width * centre[0]
    y = jnp.arange(image[0].shape[0]) - height * centre[1]
    spread = 2 * (jnp.maximum(height, width) * sigma) ** 2
    return _lit(image, 1 + intensity * jnp.exp(-(x**2) / spread) * jnp.exp(-(y**2) / spread)[:, None])


@planewise()
@with_own_settings
def vignette(image: Planes, intensity: Any, centre: Any, *, size: Any) -> Planes:
    """Less light the farther from a centre, by the square of the distance.

    Args:
        image: (H, W, C).
        intensity: what the farthest corner loses, in [0, 1].
        centre: x and y, as fractions of the picture's width and height.
        size: true (height, width).

    Example:
        >>> import jax.numpy as jnp
        >>> vignette(jnp.full((1, 3, 1), 100, jnp.uint8), 0.4, (0.5, 0.5))[0, :, 0]
        Array([ 60, 100,  60], dtype=uint8)
    """
    height, width = (jnp.maximum(jnp.asarray(n, jnp.float32) - 1, 0) for n in size)
    # The outermost pixels of a side lie at 0 and 1 of it.
    x, y = width * centre[0], height * centre[1]
    farthest = jnp.maximum(x, width - x) ** 2 + jnp.maximum(y, height - y) ** 2
    along, down = ((jnp.arange(n) - at) ** 2 for n, at in zip(image[0].shape[::-1], (x, y), strict=True))
    return _lit(image, 1 - intensity / jnp.maximum(farthest, 1) * (along + down[:, None]))


@planewise()
def match_exposure(
    image: Planes, target: Any, least: Any = 0.0, most: Any = jnp.inf, *, inside: Array | None = None
) -> Planes:
    """Multiplies all values by one gain, after which the mean brightness is a given one.

    Args:
        image: (H, W, C).
        target: mean brightness (ITU-R BT.601) in [0, 1], before what lies beyond full brightness is cut off.
        least, most: between which the gain lies. That of a black image is 1.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> match_exposure(jnp.array([[[10], [30]]], jnp.uint8), 40 / 255)[0, :, 0]
        Array([20, 60], dtype=uint8)
    """
    mean = mean_brightness(luma(image), inside)
    gain = jnp.where(mean > 0, target / jnp.where(mean > 0, mean, 1.0), 1.0)
    return _lit(image, jnp.clip(gain, least, most))
