"""What scanners of magnetic resonance do to a picture: uneven fields, noise of both parts of a signal, spikes, ringing.

Inside, full brightness is 1 whatever the dtype, and results are cut to [0, 1].
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit, finite_sqrt
from jaxaug.kernels.colour_matrix import mean_brightness
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.random_numbers import normal_field, uniform_field


@planewise()
@with_own_settings
def bias_field(image: Planes, key: Any, std: Any, scale: Any, *, finest: float, per_channel: bool, size: Any) -> Planes:
    """Multiplies by a smooth field, whose logarithm is linear between normal numbers on a coarse grid.

    Args:
        image: (H, W, C).
        key: raw key data of the numbers.
        std: their standard deviation.
        scale: size of the grid, as a fraction of the image's.
        finest: a bound of it.
        per_channel: every channel has a field of its own.
        size: true (height, width).

    Example:
        >>> import jax, jax.numpy as jnp
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> bias_field(jnp.full((4, 4, 1), 0.5), key, 0.0, 0.1, finest=0.1, per_channel=False)[0, 0]
        Array([0.5], dtype=float32)
    """
    planes = len(image) if per_channel else 1
    most = [max(math.ceil(n * finest - 1e-4), 1) for n in image[0].shape]
    coarse = normal_field(key, planes, *most)
    down, along = (
        _between(length, count, jnp.asarray(true, jnp.float32), scale)
        for length, count, true in zip(image[0].shape, most, size, strict=True)
    )
    precision = jax.lax.Precision.HIGHEST
    fields = materialize(jnp.exp(std * jnp.einsum("yi,nij,xj->nyx", down, coarse, along, precision=precision)))
    return tuple(clip_unit(plane * fields[i if per_channel else 0]) for i, plane in enumerate(image))


def _between(length: int, most: int, true: Array, scale: Any) -> Array:
    """(length, most) weights of the numbers of a coarse grid at the pixels along a side."""
    count = jnp.clip(jnp.ceil(true * scale - 1e-4), 1, most)
    at = jnp.clip((jnp.arange(length) + 0.5) * (count / true) - 0.5, 0, count - 1)
    return jnp.maximum(1 - jnp.abs(at[:, None] - jnp.arange(most)[None]), 0)


@planewise()
@with_own_settings
def rician_noise(image: Planes, key: Any, std: Any, *, per_channel: bool) -> Planes:
    """The magnitude of a signal of which both parts have normal noise.

    Args:
        image: (H, W, C), the real part of the signal.
        key: raw key data of the noise.
        std: its standard deviation in full brightnesses, in each part.
        per_channel: every channel has noise of its own.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> noisy = rician_noise(jnp.zeros((64, 64, 1)), key, 0.1, per_channel=False)
        >>> round(float(noisy.mean() / 0.1), 1)  # sqrt(pi / 2)
        1.3
    """
    planes = len(image) if per_channel else 1
    field = normal_field(key, 2 * planes, *image[0].shape).reshape(planes, 2, *image[0].shape)
    field = materialize(std * field)

    def noisy(plane: Array, real: Array, imaginary: Array) -> Array:
        return clip_unit(finite_sqrt((plane + real) ** 2 + imaginary**2))

    return tuple(noisy(plane, *field[i if per_channel else 0]) for i, plane in enumerate(image))


@planewise()
@with_own_settings
def kspace_spikes(
    image: Planes,
    key: Any,
    count: Any,
    low: Any,
    high: Any,
    *,
    most: int,
    per_channel: bool,
    size: Any,
    inside: Array | None = None,
) -> Planes:
    """Adds values to single places of an image's spectrum: waves across the whole image.

    Args:
        image: (H, W, C).
        key: raw key data of the places, phases and sizes.
        count: of the spikes.
        low, high: range of their sizes, as a multiple of the largest value of the spectrum, that of no frequency.
        most: a bound of `count`.
        per_channel: every channel has spikes of its own.
        size: true (height, width).
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> key = jax.random.key_data(jax.random.key(0))
        >>> out = kspace_spikes(jnp.full((8, 8, 1), 0.5), key, 1, 0.4, 0.4, most=1, per_channel=False)
        >>> round(float(out.mean()), 3)
        0.5

    The real part of what is added is taken, as of any image.
    """
    spikes = draw_spikes(key, len(image) if per_channel else 1, most, count, low, high, size)
    y, x = (
        2 * np.float32(np.pi) * _partial_turns(spikes[axis], length, true)
        for axis, (length, true) in enumerate(zip(image[0].shape, size, strict=True))
    )
    y = y + spikes[2][..., None]
    # The cosine of a sum, as products of what belongs to a row and to a column.
    down = jnp.concatenate([jnp.cos(y), -jnp.sin(y)], axis=-2) * jnp.tile(spikes[3], (1, 2))[..., None]
    across = jnp.concatenate([jnp.cos(x), jnp.sin(x)], axis=-2)
    waves = materialize(jnp.einsum("nky,nkx->nyx", down, across, precision=jax.lax.Precision.HIGHEST))
    return tuple(
        clip_unit(plane + mean_brightness(plane, inside) * waves[i if per_channel else 0])
        for i, plane in enumerate(image)
    )


@with_own_settings
def draw_spikes(key: Any, planes: int, most: int, count: Any, low: Any, high: Any, size: Any) -> tuple[Array, ...]:
    """Rows and columns of spikes in the spectrum, as whole numbers, their phases in radians, and their sizes.

    Each is (planes, most); sizes from `count` on are 0.
    """
    height, width = (jnp.asarray(n, jnp.float32) for n in size)
    row, column, phase, share = jnp.moveaxis(uniform_field(key, planes, max(most, 1), 4), -1, 0)
    sizes = jnp.where(jnp.arange(max(most, 1))[None] < count, low + (high - low) * share, 0.0)
    return jnp.floor(row * height), jnp.floor(column * width), 2 * np.float32(np.pi) * phase, sizes


def _partial_turns(frequency: Array, length: int, true: Any) -> Array:
    """(..., length) waves up to each pixel of a side, without the whole ones, beside which floats would be coarse."""
    true = jnp.asarray(true, jnp.float32)
    waves = frequency[..., None] * jnp.arange(length, dtype=jnp.float32)
    return (waves - true * jnp.floor(waves / true)) / true


@with_own_settings
def drop_high_frequencies(image: Planes, retained: Any) -> Planes:
    """Leaves the low frequencies of an image, those of a rectangle about no frequency.

    Args:
        image: channels (height, width), in [0, 1].
        retained: sides of the rectangle, as a fraction of those of all frequencies.

    Example:
        >>> import jax.numpy as jnp
        >>> edge = jnp.tile(jnp.repeat(jnp.array([0.2, 0.8]), 8), (4, 1))
        >>> [round(float(v), 2) for v in drop_high_frequencies((edge,), 0.5)[0][0, 4:8]]
        [0.24, 0.15, 0.15, 0.35]
    """
    rows, columns = (
        jnp.abs(jnp.fft.fftfreq(n, 1.0 / n)) <= jnp.asarray(retained, jnp.float32) * (n / 2) + 1e-4
        for n in image[0].shape
    )
    low = rows[:, None] & columns[None, : image[0].shape[1] // 2 + 1]
    return tuple(clip_unit(jnp.fft.irfft2(jnp.where(low, jnp.fft.rfft2(plane), 0.0), s=plane.shape)) for plane in image)
