"""Holes of a picture filled smoothly with what is around them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.dtype import from_unit, to_unit

#: Rounds of averaging at each scale; more of them change less than a level.
SWEEPS = 4


@with_own_settings
def inpaint(image: Array, holes: Array) -> Array:
    """Fills holes with the colours around them.

    Args:
        image: (H, W, C).
        holes: (H, W) bool.

    Example:
        >>> import jax.numpy as jnp
        >>> inpaint(jnp.array([[[10], [99], [20]]], jnp.uint8), jnp.array([[False, True, False]]))[0, :, 0]
        Array([10, 15, 20], dtype=uint8)

    Pixels that are known are averaged to ever coarser pictures; from the coarsest, holes are filled by what the next
    one shows, and smoothed towards the mean of their neighbours: nearly the membrane that the rims of the holes span.
    Follows the pyramids of Gortler et al., "The lumigraph", 1996, and stands in for Telea's method and for that of
    Bertalmio et al., which it resembles where a picture is smooth: lines that end at a hole do not go on within it.
    """
    planes = inpaint_planes(jnp.moveaxis(to_unit(image), -1, 0), holes)
    return jnp.where(holes[..., None], from_unit(jnp.moveaxis(planes, 0, -1), image.dtype), image)


def inpaint_planes(planes: Array, holes: Array) -> Array:
    """The same for floats (C, H, W)."""
    height, width = holes.shape
    if height * width == 1:
        return planes
    known = 1.0 - holes.astype(jnp.float32)
    summed = materialize(_pooled(jnp.concatenate([planes * known, known[None]])))
    weight = summed[-1]
    coarse = summed[:-1] / jnp.maximum(weight, 1e-6)
    coarse = inpaint_planes(materialize(coarse), weight == 0)
    filled = jnp.where(holes, _enlarged(coarse)[:, :height, :width], planes)
    for _ in range(SWEEPS):
        filled = jnp.where(holes, _neighbours(materialize(filled)), filled)
    return filled


def _pooled(planes: Array) -> Array:
    """Sums over squares of two by two pixels."""
    _, height, width = planes.shape
    planes = jnp.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)))
    rows = materialize(planes[:, ::2] + planes[:, 1::2])
    return rows[:, :, ::2] + rows[:, :, 1::2]


def _enlarged(planes: Array) -> Array:
    """Pictures of twice the size, read linearly between the centres of pixels."""
    return _doubled(jnp.swapaxes(_doubled(jnp.swapaxes(planes, 1, 2)), 1, 2))


def _doubled(planes: Array) -> Array:
    """Twice as many rows."""
    count, height, width = planes.shape
    rimmed = jnp.pad(planes, ((0, 0), (1, 1), (0, 0)), mode="edge")
    before = 0.75 * planes + 0.25 * rimmed[:, :-2]
    behind = 0.75 * planes + 0.25 * rimmed[:, 2:]
    return materialize(jnp.stack([before, behind], axis=2)).reshape(count, 2 * height, width)


def _neighbours(planes: Array) -> Array:
    """The mean of the pixels above, below, to the left and to the right."""
    height, width = planes.shape[1:]
    rimmed = materialize(jnp.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge"))
    upright = rimmed[:, :-2, 1 : width + 1] + rimmed[:, 2:, 1 : width + 1]
    return 0.25 * (upright + rimmed[:, 1 : height + 1, :-2] + rimmed[:, 1 : height + 1, 2:])
