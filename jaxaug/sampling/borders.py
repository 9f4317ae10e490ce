"""Borders: which pixel of a canvas shows at a coordinate outside it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array


def border_coordinate(coordinate: Array, extent: Any, border: str) -> Array:
    """Brings a coordinate into the canvas by a border's rule, and half a pixel inside its edges.

    Args:
        coordinate: edge coordinates along one axis.
        extent: length of the canvas along it.
        border: replicate, reflect, reflect_101 or wrap; a constant border is clamped like replicate.
    """
    if border == "reflect":
        period = 2.0 * extent
        coordinate = coordinate - period * jnp.floor(coordinate / period)
        coordinate = jnp.minimum(coordinate, period - coordinate)
    elif border == "reflect_101":
        period = jnp.maximum(2.0 * (extent - 1.0), 1e-6)
        centred = coordinate - 0.5
        centred = centred - period * jnp.floor(centred / period)
        coordinate = jnp.minimum(centred, period - centred) + 0.5
    elif border == "wrap":
        coordinate = coordinate - extent * jnp.floor(coordinate / extent)
    return jnp.clip(coordinate, 0.5, extent - 0.5)


def is_mirrored(coordinate: Array, extent: Any, border: str) -> Array:
    """Whether a border's rule reads the canvas backwards there; where it turns round, it does not yet."""
    if border not in ("reflect", "reflect_101"):
        return jnp.zeros(jnp.shape(coordinate), bool)
    start, length = (0.0, extent) if border == "reflect" else (0.5, jnp.maximum(extent - 1.0, 1e-6))
    place = (coordinate - start) / length
    slack = 1e-3 / length
    place = place - 2.0 * jnp.floor(place / 2.0)
    return (place > 1.0 + slack) & (place < 2.0 - slack)


def border_index(index: Array, extent: Any, border: str) -> Array:
    """The same rule for the index of a pixel."""
    if border == "reflect":
        index = jnp.mod(index, 2 * extent)
        index = jnp.minimum(index, 2 * extent - 1 - index)
    elif border == "reflect_101":
        period = jnp.maximum(2 * (extent - 1), 1)
        index = jnp.mod(index, period)
        index = jnp.minimum(index, period - index)
    elif border == "wrap":
        index = jnp.mod(index, extent)
    return jnp.clip(index, 0, extent - 1)


def coverage(coordinate: Array, extent: Any, method: str) -> Array:
    """How much of a value read there comes from inside the canvas, along one axis."""
    if method == "nearest":
        return (coordinate >= 0) & (coordinate < extent)
    return jnp.clip(coordinate + 0.5, 0.0, 1.0) * jnp.clip(extent + 0.5 - coordinate, 0.0, 1.0)
