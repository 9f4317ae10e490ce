"""What weather and light paint over a picture: how much of each pixel they cover."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings


@with_own_settings
def shadow_coverage(buffer: tuple[int, int], size: tuple[Any, Any], vertices: Array, darkness: Array) -> Array:
    """How dark polygons make each pixel; where several overlap, each takes its share of what is left.

    Args:
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it.
        vertices: (N, K, 2) x and y of the polygons' corners, as fractions of the picture's width and height.
        darkness: (N,) share of the light that each takes.

    Returns:
        (height, width) in [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> left = jnp.array([[[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]])
        >>> shadow_coverage((1, 4), (1, 4), left, jnp.array([0.5]))
        Array([[0.5, 0.5, 0. , 0. ]], dtype=float32)

    A pixel is in a polygon if its centre is, by the even-odd rule, as OpenCV fills polygons that cross themselves.
    """
    y, x = ((jnp.arange(n) + 0.5) / true for n, true in zip(buffer, size, strict=True))
    light = jnp.ones(buffer)
    for corners, dark in zip(vertices, darkness, strict=True):
        light = light * (1.0 - dark * _inside(x, y, corners))
    return 1.0 - light


def _inside(x: Array, y: Array, corners: Array) -> Array:
    """(height, width) 1 where points at x (width,) and y (height,) lie in a polygon (K, 2), else 0."""
    odd = jnp.zeros((y.shape[0], x.shape[0]), bool)
    ends = jnp.roll(corners, -1, axis=0)
    for (ax, ay), (bx, by) in zip(corners, ends, strict=True):
        crosses = (ay > y) != (by > y)
        place = ax + (y - ay) / jnp.where(by == ay, 1.0, by - ay) * (bx - ax)
        odd ^= crosses[:, None] & (x < place[:, None])
    return odd.astype(jnp.float32)
