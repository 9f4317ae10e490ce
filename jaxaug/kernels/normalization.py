"""Shifts and scales to a mean and a spread, or to an image's own statistics; the results are float32."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.kernels.decorators import imagewise, pointwise


@pointwise(makes_float=True)
def scale_shift(image: Array, scale: Any, shift: Any) -> Array:
    """`scale * image + shift`, not clipped; the result is always float32.

    Args:
        image: (..., C).
        scale, shift: one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> scale_shift(jnp.full((1, 1), 255, jnp.uint8), 2.0, 1.0)[0]
        Array([3.], dtype=float32)
    """
    return image * jnp.asarray(scale) + jnp.asarray(shift)


@pointwise(makes_float=True)
def clip_values(image: Array, low: Any, high: Any) -> Array:
    """Values cut to a range; the result is always float32.

    Args:
        image: (..., C).
        low, high: ends of the range.

    Example:
        >>> import jax.numpy as jnp
        >>> clip_values(jnp.array([[-2.0, 0.5]]), -1.0, 1.0)
        Array([[-1. ,  0.5]], dtype=float32)
    """
    return jnp.clip(image, low, high)


def normalize(image: Array, mean: Any, std: Any) -> Array:
    """Shifts and scales to a mean and a spread; the result is always float32.

    Args:
        image: (..., C).
        mean, std: of the image in [0, 1], one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> normalize(jnp.full((1, 1, 1), 0.75, jnp.float32), 0.5, 0.25)[0, 0]
        Array([1.], dtype=float32)
    """
    scale = 1.0 / jnp.asarray(std)
    return scale_shift(image, scale, -jnp.asarray(mean) * scale)


@imagewise(makes_float=True)
def standardize(image: Array, *, by: str = "image", inside: Array | None = None) -> Array:
    """Shifts and scales by an image's own statistics; the result is always float32.

    Args:
        image: (..., H, W, C).
        by: `image` and `image_per_channel` use mean and standard deviation, and cut to [-20, 20]; `min_max` and
            `min_max_per_channel` the smallest and largest value.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> standardize(jnp.array([[[0.25], [0.75]]]), by="min_max")[0, :, 0].round(3)
        Array([0., 1.], dtype=float32)
    """
    axes = (-3, -2) if by.endswith("per_channel") else (-3, -2, -1)
    where = None if inside is None else inside[..., None]
    if by.startswith("image"):
        mean, variance = (f(axis=axes, keepdims=True, where=where) for f in (image.mean, image.var))
        # The slope of a root at zero is infinite, and a picture of one colour has no spread.
        spread = jnp.where(variance > 0, jnp.sqrt(jnp.where(variance > 0, variance, 1.0)), 0.0)
        return jnp.clip((image - mean) / (spread + 1e-4 / 255), -20.0, 20.0)
    low = image.min(axis=axes, keepdims=True, where=where, initial=jnp.inf)
    high = image.max(axis=axes, keepdims=True, where=where, initial=-jnp.inf)
    return (image - low) / (high - low + 1e-4 / 255)
