"""How far away things are, and how much of them haze hides."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings

#: Shapes of a scene that are assumed where no depths are known.
SCENES = ("linear", "diagonal", "radial")


@with_own_settings
def assumed_depth(buffer: tuple[int, int], size: tuple[Any, Any], scene: str) -> Array:
    """Depths of a scene of a simple shape.

    Args:
        buffer: (height, width) of the array.
        size: true (height, width) of the picture in it.
        scene: `linear` is near at the bottom and far at the top, `diagonal` is near at the lower right corner and far
            at the upper left one, `radial` is near in the middle and far in the corners.

    Returns:
        (height, width) from 0 to 1.

    Example:
        >>> assumed_depth((3, 2), (3, 2), "linear")
        Array([[1. , 1. ],
               [0.5, 0.5],
               [0. , 0. ]], dtype=float32)
    """
    y, x = (
        jnp.arange(n, dtype=jnp.float32) / jnp.maximum(jnp.asarray(true, jnp.float32) - 1, 1)
        for n, true in zip(buffer, size, strict=True)
    )
    rows = jnp.broadcast_to(y[:, None], buffer)
    if scene == "linear":
        return 1.0 - rows
    if scene == "diagonal":
        return 1.0 - (rows + x) / 2
    square = 2 * ((rows - 0.5) ** 2 + (x - 0.5) ** 2)
    # A root whose slope is finite at zero.
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


@with_own_settings
def relative_depth(depth: Array) -> Array:
    """Depths as shares of the largest one.

    Args:
        depth: (H, W) in any unit; what is infinite or not a number counts as the farthest, what is below zero as zero.

    Example:
        >>> import jax.numpy as jnp
        >>> relative_depth(jnp.array([[0, 1, 4]], jnp.uint16))
        Array([[0.  , 0.25, 1.  ]], dtype=float32)
    """
    far = depth.astype(jnp.float32)
    known = jnp.isfinite(far)
    most = jnp.max(far, where=known, initial=0.0)
    return jnp.where(known, jnp.maximum(far, 0.0) / jnp.where(most > 0, most, 1.0), 1.0)


@with_own_settings
def haze_coverage(depth: Array, density: Any) -> Array:
    """How much of the light of things haze takes, and replaces by its own, by Koschmieder's law.

    Args:
        depth: (H, W) distance.
        density: of the haze: for a distance of 1 the light falls by the factor exp(-density).

    Returns:
        (H, W) in [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> haze_coverage(jnp.array([0.0, 1.0, 2.0]), jnp.log(2.0))
        Array([0.  , 0.5 , 0.75], dtype=float32)
    """
    return 1.0 - jnp.exp(-density * depth)
