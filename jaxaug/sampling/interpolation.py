"""Interpolation along one axis: which pixels a coordinate reads, with what weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxaug.sampling.borders import border_index


class Taps(NamedTuple):
    """The pixels that coordinates read along one axis.

    Args:
        pairs: index and weight of each tap, arrays of the shape of the coordinates.
        inside: the sum of the weights inside the canvas under a constant border, else None.
    """

    pairs: list[tuple[Array, Array]]
    inside: Array | None


def taps(coordinate: Array, extent: Any, method: str, border: str) -> Taps:
    """The pixels that a coordinate reads along one axis.

    Args:
        coordinate: edge coordinates.
        extent: number of pixels along the axis.
        method: linear, cubic (a = -0.75, as OpenCV) or lanczos (8 taps).
        border: where taps beyond the canvas read; under `constant` they weigh nothing.
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
        return Taps([(border_index(base + o, extent, border), w) for o, w in zip(offsets, weights, strict=True)], None)
    pairs = []
    cover = jnp.zeros_like(t)
    for offset, weight in zip(offsets, weights, strict=True):
        index = base + offset
        weight = jnp.where((index >= 0) & (index < extent), weight, 0.0)
        cover = cover + weight
        pairs.append((jnp.clip(index, 0, extent - 1), weight))
    return Taps(pairs, cover)


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
