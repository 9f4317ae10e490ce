"""Weights of filters that are more than boxes and Gaussians: motion, tilted Gaussians, discs, ideal low passes.

Sizes may be traced; what holds the weights has a static size.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.kernels.filters import convolve_interleaved, gaussian_kernel


def motion_path(size: Any, angle: Any, direction: Any, shift: Any, length: int) -> tuple[Array, Array]:
    """The pixels on a straight path through a square, each counted once.

    Args:
        size: side of the square, odd and at most `length`; so many points of the path are looked at.
        angle: of the path in degrees, counter-clockwise on screen from pointing right.
        direction: how much of the path lies ahead: 0 both halves, 1 only the half ahead, -1 only that behind.
        shift: (2,) what the path is moved by, x and y in pixels; what leaves the square is moved to its rim.
        length: odd, the largest side.

    Returns:
        (length, 2) int32 rows and columns of the pixels about the middle, and their (length,) weights, which sum to
        one.

    Example:
        >>> places, weights = motion_path(3, 0.0, 0.0, (0.0, 0.0), 3)
        >>> places.tolist(), weights
        ([[0, -1], [0, 0], [0, 1]], Array([0.33333334, 0.33333334, 0.33333334], dtype=float32))
    """
    size, angle, direction = (jnp.asarray(v, jnp.float32) for v in (size, jnp.deg2rad(angle), direction))
    half = jnp.floor(size / 2)
    start, end = -half * jnp.minimum(1.0, 1.0 - direction), half * jnp.minimum(1.0, 1.0 + direction)
    step = jnp.arange(length, dtype=jnp.float32)
    along = start + (end - start) * step / (size - 1)
    ray = jnp.stack([-jnp.sin(angle), jnp.cos(angle)])
    exact = along[:, None] * ray[None] + jnp.stack([jnp.asarray(shift[1]), jnp.asarray(shift[0])])[None]
    places = jnp.clip(jnp.round(exact), -half, half).astype(jnp.int32)
    same = (places[:, None] == places[None]).all(axis=-1)
    first = ~jnp.tril(same, -1).any(axis=1) & (step < size)
    return places, first.astype(jnp.float32) / first.sum(dtype=jnp.float32)


def tilted_gaussian(size: Any, sigma: Any, angle: Any, beta: Any, noise: Array) -> Array:
    """Weights of a generalised Gaussian with an axis of its own, summing to one.

    Args:
        size: side of the square that counts, odd and at most K.
        sigma: (2,) deviation along both axes, in pixels; one of zero is a line.
        angle: by which the axes are turned, in degrees, counter-clockwise on screen.
        beta: shape: 1 is a Gaussian, less is more peaked, more is flatter.
        noise: (K, K) factors of the weights, K odd.

    Example:
        >>> weights = tilted_gaussian(3, (1.0, 0.0), 90.0, 1.0, jnp.ones((3, 3)))
        >>> [round(float(w), 2) for w in weights[:, 1]]
        [0.27, 0.45, 0.27]

    After Pascal et al., "Parameter estimation for multivariate generalized Gaussian distributions", 2013.
    """
    reach = noise.shape[0] // 2
    y, x = jnp.meshgrid(*[jnp.arange(-reach, reach + 1, dtype=jnp.float32)] * 2, indexing="ij")
    cos, sin = jnp.cos(jnp.deg2rad(angle)), jnp.sin(jnp.deg2rad(angle))
    narrow = [jnp.maximum(jnp.asarray(s, jnp.float32), 1e-2) for s in sigma]
    square = ((cos * x - sin * y) / narrow[0]) ** 2 + ((sin * x + cos * y) / narrow[1]) ** 2
    middle = square == 0
    power = jnp.where(middle, 0.0, jnp.where(middle, 1.0, square) ** jnp.asarray(beta, jnp.float32))
    inside = jnp.maximum(jnp.abs(x), jnp.abs(y)) * 2 < jnp.asarray(size, jnp.float32)
    weights = jnp.where(inside, jnp.exp(-0.5 * power) * noise, 0.0)
    return weights / weights.sum()


def soft_disc(radius: Any, sigma: Any, reach: int) -> Array:
    """Equal weights over a disc whose rim is blurred, summing to one.

    Args:
        radius: in whole pixels, at most `reach`.
        sigma: of the Gaussian that blurs the rim, in pixels; its kernel has 3 weights a side, above radius 8 it has 5.
        reach: pixels from the middle to the rim of the square.

    Returns:
        (2 * reach + 1, 2 * reach + 1).

    Example:
        >>> soft_disc(1, 0.0, 2)[2]
        Array([0. , 0.2, 0.2, 0.2, 0. ], dtype=float32)
    """
    place = jnp.arange(-reach, reach + 1, dtype=jnp.float32)
    disc = (place[:, None] ** 2 + place[None] ** 2 <= jnp.asarray(radius, jnp.float32) ** 2).astype(jnp.float32)
    soften = gaussian_kernel(sigma, jnp.where(jnp.asarray(radius) <= 8, 3, 5), 5)
    soft = convolve_interleaved(disc, soften, soften, 1)
    return soft / soft.sum()


def low_pass(size: Any, cutoff: Any, length: int) -> Array:
    """Weights of the ideal filter that lets frequencies within a circle pass, cut off at a square.

    Args:
        size: side of the square that counts, odd and at most `length`.
        cutoff: radius of the circle in radians per pixel, above 0 and at most pi.
        length: odd, side of the square.

    Returns:
        (length, length), summing to one.

    Example:
        >>> [round(float(w), 2) for w in low_pass(5, 1.5, 5)[2]]
        [0.03, 0.1, 0.13, 0.1, 0.03]
    """
    reach = length // 2
    place = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(place[:, None], place)
    away = np.where(distance > 0, distance, 1)
    cutoff = jnp.asarray(cutoff, jnp.float32)
    ring = cutoff * bessel_j1(cutoff * away, math.pi * reach * math.sqrt(2)) / (2 * math.pi * away)
    weights = jnp.where(distance > 0, ring, cutoff**2 / (4 * math.pi))
    inside = np.maximum(np.abs(place)[:, None], np.abs(place)) * 2 < jnp.asarray(size, jnp.float32)
    weights = jnp.where(inside, weights, 0.0)
    return weights / weights.sum()


def bessel_j1(x: Any, most: float) -> Array:
    """The Bessel function of the first kind and of order one.

    Args:
        x: numbers.
        most: largest of their magnitudes.

    Example:
        >>> round(float(bessel_j1(1.0, 20.0)), 4)
        0.4401

    The mean of cos(t - x sin t) over a period, which a few more points than its highest frequency give to rounding.
    """
    count = math.ceil(most) + 24
    turn = 2 * np.pi * np.arange(count) / count
    x = jnp.asarray(x, jnp.float32)
    place, height = (v.astype(np.float32).reshape(*(1,) * x.ndim, count) for v in (turn, np.sin(turn)))
    return jnp.cos(place - x[..., None] * height).mean(axis=-1)
