"""Few levels that look like more from afar: thresholds that differ from pixel to pixel, or errors that are passed on.

Levels are `count` numbers evenly from 0 to 1. Gradients do not pass.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.random_numbers import uniform_field

#: Which share of a pixel's error each of its neighbours takes: those to the right of it and the two rows below, each
#: from two columns before the pixel to two after. The whole is divided by the last number.
ERROR_DIFFUSION: dict[str, tuple[list[list[int]], int]] = {
    "floyd_steinberg": ([[0, 0, 0, 7, 0], [0, 3, 5, 1, 0]], 16),
    "jarvis": ([[0, 0, 0, 7, 5], [3, 5, 7, 5, 3], [1, 3, 5, 3, 1]], 48),
    "stucki": ([[0, 0, 0, 8, 4], [2, 4, 8, 4, 2], [1, 2, 4, 2, 1]], 42),
    "atkinson": ([[0, 0, 0, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], 8),
    "burkes": ([[0, 0, 0, 8, 4], [2, 4, 8, 4, 2]], 32),
    "sierra": ([[0, 0, 0, 5, 3], [2, 4, 5, 4, 2], [0, 2, 3, 2, 0]], 32),
    "sierra_2row": ([[0, 0, 0, 4, 3], [1, 2, 3, 2, 1]], 16),
    "sierra_lite": ([[0, 0, 0, 2, 0], [0, 1, 1, 0, 0]], 4),
}
#: Column of the pixel itself there, and rows below it.
MIDDLE, BELOW = 2, 2


@planewise()
@with_own_settings
def dither_by_noise(image: Planes, key: Any, low: Any, high: Any, *, count: int, grey: bool) -> Planes:
    """Rounds to the nearest level after adding noise.

    Args:
        image: (H, W, C).
        key: raw key data of the noise.
        low, high: range of the noise, as a fraction of the difference of neighbouring levels.
        count: of levels.
        grey: all channels become the dithered brightness; else each is dithered by itself.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> dither_by_noise(jnp.array([[[0.4], [0.6]]]), key, 0.0, 0.0, count=2, grey=True)[0, :, 0]
        Array([0., 1.], dtype=float32)
    """
    planes = _seen(image, grey)
    field = uniform_field(key, len(planes), *image[0].shape)
    dithered = tuple(quantize(p, 0.5 + low + (high - low) * f, count) for p, f in zip(planes, field, strict=True))
    return _as_many(dithered, image)


@planewise()
@with_own_settings
def dither_by_pattern(image: Planes, *, side: int, count: int, grey: bool) -> Planes:
    """Compares with the thresholds of Bayer's matrix, which repeats over the picture from its upper left corner on.

    Args:
        image: (H, W, C).
        side: of the matrix: 2, 4, 8 or 16.
        count: of levels.
        grey: all channels become the dithered brightness; else each is dithered by itself.

    Example:
        >>> import jax.numpy as jnp
        >>> dither_by_pattern(jnp.full((2, 2, 1), 0.5), side=2, count=2, grey=True)[..., 0].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    height, width = image[0].shape
    thresholds = (bayer_matrix(side) + 0.5) / side**2
    # What lies below a high threshold stays below the level.
    tiles = np.tile(1 - thresholds, (-(-height // side), -(-width // side)))[:height, :width].astype(np.float32)
    return _as_many(tuple(quantize(plane, jnp.asarray(tiles), count) for plane in _seen(image, grey)), image)


@planewise()
@with_own_settings
def diffuse_error(
    image: Planes, *, algorithm: str, count: int, grey: bool, serpentine: bool = False, size: Any
) -> Planes:
    """Rounds one pixel after another to the nearest level, and passes what is lost on to neighbours yet to come.

    Args:
        image: (H, W, C).
        algorithm: a name of `ERROR_DIFFUSION`.
        count: of levels.
        grey: all channels become the dithered brightness; else each is dithered by itself.
        serpentine: every other row runs from right to left, which takes one step per pixel; else rows are worked on
            side by side, each a few columns behind the one above it.
        size: true (height, width); errors stay within.

    Example:
        >>> import jax.numpy as jnp
        >>> grey = jnp.full((1, 6, 1), 0.375)
        >>> diffuse_error(grey, algorithm="sierra_lite", count=2, grey=True)[0, :, 0]
        Array([0., 1., 0., 0., 1., 0.], dtype=float32)
    """
    rows, divisor = ERROR_DIFFUSION[algorithm]
    shares = np.array(rows, np.float32) / np.float32(divisor)
    shares = np.pad(shares, ((0, 1 + BELOW - len(rows)), (0, 0)))
    inside = [jnp.arange(n) < true for n, true in zip(image[0].shape, size, strict=True)]
    run = functools.partial(_back_and_forth if serpentine else _side_by_side, shares, count)
    planes = jnp.stack(_seen(image, grey))
    return _as_many(tuple(jax.vmap(run, in_axes=(0, None))(planes, inside[0][:, None] & inside[1][None])), image)


def quantize(value: Array, threshold: Any, count: int) -> Array:
    """One of some levels: that below a value, or above it where it lies so far up that it and a threshold make one."""
    most = np.float32(count - 1)
    return jnp.clip(jnp.floor(value * most + threshold), 0.0, most) / most


def bayer_matrix(side: int) -> np.ndarray:
    """(side, side) the numbers from 0 in the order in which Bayer fills a square, whose side is a power of 2.

    Example:
        >>> bayer_matrix(2).tolist()
        [[0, 2], [3, 1]]
    """
    matrix = np.zeros((1, 1), int)
    while len(matrix) < side:
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix


def _seen(image: Planes, grey: bool) -> Planes:
    """What is dithered: the brightness, or each channel."""
    return (luma(image),) if grey else image


def _as_many(dithered: Planes, image: Planes) -> Planes:
    return dithered if len(dithered) == len(image) else dithered * len(image)


def _side_by_side(shares: np.ndarray, count: int, plane: Array, inside: Array) -> Array:
    """Errors passed on while all rows run from left to right: each starts so late that what it needs is there."""
    height, width = plane.shape
    taps = [(down, right - MIDDLE, shares[down, right]) for down, right in np.argwhere(shares)]
    lag = 1 + max(-right for _, right, _ in taps)
    known = max(down * lag + right for down, right, _ in taps)
    steps = width + lag * (height - 1)

    def skewed(array: Array) -> Array:
        """(steps, height): what each row comes to at a step."""
        flat = jnp.pad(array, ((0, 0), (0, steps + lag - width))).reshape(-1)
        return flat[: height * steps].reshape(height, steps).T

    def step(errors: tuple[Array, ...], now: tuple[Array, Array]) -> tuple[tuple[Array, ...], Array]:
        value = now[0]
        for down, right, share in taps:
            value = value + share * errors[down * lag + right - 1][BELOW - down : BELOW - down + height]
        level = quantize(value, 0.5, count)
        error = jnp.pad(jnp.where(now[1], value - level, 0.0), (BELOW, 0))
        return (error, *errors[:-1]), level

    start = (jnp.zeros(height + BELOW),) * known
    _, levels = jax.lax.scan(step, start, (skewed(plane), skewed(inside)))
    flat = jnp.pad(levels.T.reshape(-1), (0, height * lag))
    return flat.reshape(height, steps + lag)[:, :width]


def _back_and_forth(shares: np.ndarray, count: int, plane: Array, inside: Array) -> Array:
    """Errors passed on while every other row runs from right to left: one pixel after another."""
    width = plane.shape[1]

    def pixel(before: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        value = now[0] + shares[0, MIDDLE + 1] * before[0] + shares[0, MIDDLE + 2] * before[1]
        level = quantize(value, 0.5, count)
        error = jnp.where(now[1], value - level, 0.0)
        return (error, before[0]), (level, error)

    def passed_on(errors: Array, row: int) -> Array:
        around = jnp.pad(errors, MIDDLE)
        return sum((shares[row, i] * around[2 * MIDDLE - i :][:width] for i in range(2 * MIDDLE + 1)), jnp.zeros(width))

    def one_row(below: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[tuple[Array, Array], Array]:
        zero = jnp.zeros(())
        _, (levels, errors) = jax.lax.scan(pixel, (zero, zero), (now[0] + below[0], now[1]), unroll=4)
        # The next row runs the other way.
        return ((below[1] + passed_on(errors, 1))[::-1], passed_on(errors, 2)[::-1]), levels

    _, levels = jax.lax.scan(one_row, (jnp.zeros(width),) * 2, (_turned(plane), _turned(inside)))
    return _turned(levels)


def _turned(rows: Array) -> Array:
    """Every other row from right to left."""
    return rows.at[1::2].set(rows[1::2, ::-1])
