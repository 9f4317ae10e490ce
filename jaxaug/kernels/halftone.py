"""Halftones: pictures as dots of ink of many sizes."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import interpolate
from jaxaug.kernels.decorators import Planes, planewise

#: Steps of the table of radii.
STEPS = 64


@planewise()
@with_own_settings
def halftone(image: Planes, side: Any, blend: Any, *, smallest: int, size: Any) -> Planes:
    """One dot of ink in each square of a grid, which covers as much of it as the square is dark.

    Args:
        image: (H, W, C).
        side: of the squares in whole pixels, the first of which lies in the upper left corner; may be traced.
        blend: weight of the image itself, in [0, 1].
        smallest: a bound of `side`.
        size: true (height, width); squares are as dark as what of the picture lies in them.

    Example:
        >>> import jax.numpy as jnp
        >>> dot = halftone(jnp.full((6, 6, 1), 0.25), 6, 0.0, smallest=6)[..., 0]
        >>> [round(float(v), 2) for v in dot[2]]
        [0.12, 0.0, 0.0, 0.0, 0.0, 0.12]
    """
    side = jnp.asarray(side, jnp.int32)
    places = [jnp.arange(n) for n in image[0].shape]
    down, along = (place // side for place in places)
    # How far each pixel lies from the middle of its square.
    y, x = (place % side - (side - 1) / 2 for place in places)
    away = materialize(jnp.sqrt((y**2)[:, None] + (x**2)[None]))
    rows, columns = (
        ((index[None] == np.arange(-(-index.size // smallest))[:, None]) & (jnp.arange(index.size) < true)).astype(
            jnp.float32
        )
        for index, true in zip((down, along), size, strict=True)
    )
    pixels = rows.sum(axis=1)[:, None] * columns.sum(axis=1)[None]
    radii, areas = _discs()

    def printed(plane: Array) -> Array:
        total = jnp.einsum("iy,yx,jx->ij", rows, plane, columns, precision=jax.lax.Precision.HIGHEST)
        dark = 1 - total / jnp.maximum(pixels, 1.0)
        # A disc of no radius has no rim either.
        radius = (interpolate(dark, areas, radii) * side)[down][:, along]
        ink = jnp.clip(radius - away + 0.5, 0.0, 1.0) * jnp.clip(4 * radius, 0.0, 1.0)
        return 1 - ink + blend * (plane - (1 - ink))

    return tuple(printed(materialize(plane)) for plane in image)


@functools.cache
def _discs() -> tuple[np.ndarray, np.ndarray]:
    """Radii of discs in the middle of a square of side 1, and how much of the square each covers."""
    radius = np.linspace(0, np.sqrt(0.5), STEPS + 1)
    # What of a disc lies beyond each of the four sides.
    wide = np.maximum(radius, 0.5)
    beyond = wide**2 * np.arccos(0.5 / wide) - 0.5 * np.sqrt(wide**2 - 0.25)
    return radius.astype(np.float32), (np.pi * radius**2 - 4 * beyond).astype(np.float32)
