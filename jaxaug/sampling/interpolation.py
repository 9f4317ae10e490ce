"""Reading along one axis: borders, and which pixels a coordinate reads with what weights."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array


def fold(coordinate: Array, extent: Any, border: str) -> Array:
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


def mirrored(coordinate: Array, extent: Any, border: str) -> Array:
    """Whether a border's rule reads the canvas backwards there; where it turns round, it does not yet."""
    if border not in ("reflect", "reflect_101"):
        return jnp.zeros(jnp.shape(coordinate), bool)
    start, length = (0.0, extent) if border == "reflect" else (0.5, jnp.maximum(extent - 1.0, 1e-6))
    place = (coordinate - start) / length
    slack = 1e-3 / length
    place = place - 2.0 * jnp.floor(place / 2.0)
    return (place > 1.0 + slack) & (place < 2.0 - slack)


def fold_index(index: Array, extent: Any, border: str) -> Array:
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


def taps(coordinate: Array, extent: Any, method: str, border: str) -> tuple[list[tuple[Array, Array]], Array | None]:
    """The pixels that a coordinate reads along one axis.

    Args:
        coordinate: edge coordinates.
        extent: number of pixels along the axis.
        method: linear, cubic (a = -0.75, as OpenCV) or lanczos (8 taps).
        border: where taps beyond the canvas read; under `constant` they weigh nothing.

    Returns:
        The (index, weight) pairs, and under `constant` the sum of the weights inside the canvas.
    """
    position = coordinate - 0.5
    base = jnp.floor(position)
    t = position - base
    base = base.astype(jnp.int32)
    offsets: tuple[int, ...]
    if method == "linear":
        offsets, weights = (0, 1), [1 - t, t]
    elif method == "cubic":
        offsets, weights = (-1, 0, 1, 2), [_cubic(t + 1), _cubic(t), _cubic(1 - t), _cubic(2 - t)]
    elif method == "lanczos":
        offsets = (-3, -2, -1, 0, 1, 2, 3, 4)
        weights = [_lanczos(t - o) for o in offsets]
        total = sum(weights[1:], weights[0])
        weights = [w / total for w in weights]
    else:
        raise ValueError(f"interpolation must be nearest, linear, cubic, lanczos or area, got {method!r}.")
    if border != "constant":
        return [(fold_index(base + o, extent, border), w) for o, w in zip(offsets, weights, strict=True)], None
    pairs = []
    cover = jnp.zeros_like(t)
    for offset, weight in zip(offsets, weights, strict=True):
        index = base + offset
        weight = jnp.where((index >= 0) & (index < extent), weight, 0.0)
        cover = cover + weight
        pairs.append((jnp.clip(index, 0, extent - 1), weight))
    return pairs, cover


def _cubic(d: Array, a: float = -0.75) -> Array:
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return jnp.where(d <= 1, near, jnp.where(d < 2, far, 0.0))


def _lanczos(d: Array, lobes: int = 4) -> Array:
    return jnp.where(jnp.abs(d) < lobes, jnp.sinc(d) * jnp.sinc(d / lobes), 0.0)


def kernel_matrix(
    coordinate: Array, scale: Array, extent: int, method: str, limits: tuple[Any, Any] | None = None
) -> Array:
    """Weights of every source pixel for every output coordinate, widened where the picture shrinks.

    Args:
        coordinate: (n,) edge coordinates of the outputs.
        scale: source pixels per output pixel.
        extent: number of source pixels.
        method: area (a box), linear (a triangle), cubic or lanczos.
        limits: first pixel and number of pixels that may be read, if not all.

    Returns:
        (n, extent), rows summing to one.
    """
    stretch = jnp.maximum(jnp.abs(scale), 1.0)
    d = (jnp.arange(extent) + 0.5 - coordinate[:, None]) / stretch
    if method == "area":
        lower = jnp.maximum(jnp.arange(extent), coordinate[:, None] - stretch / 2)
        upper = jnp.minimum(jnp.arange(1, extent + 1), coordinate[:, None] + stretch / 2)
        w = jnp.maximum(upper - lower, 0.0)
    elif method == "linear":
        w = jnp.maximum(1 - jnp.abs(d), 0.0)
    elif method == "cubic":
        w = _cubic(jnp.abs(d), -0.5)
    else:
        w = _lanczos(d, 3)
    if limits is not None:
        pixel = jnp.arange(extent)
        w = jnp.where((pixel >= limits[0]) & (pixel < limits[0] + limits[1]), w, 0.0)
    return w / jnp.maximum(w.sum(axis=1, keepdims=True), 1e-12)
