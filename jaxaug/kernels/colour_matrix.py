"""Colour matrices: each channel a weighted sum of red, green and blue, and a constant."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.kernels.decorators import Planes, planewise

#: Share of red, green and blue in brightness (ITU-R BT.601, as OpenCV).
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class ColourMatrix(NamedTuple):
    """What many changes of colour are, so that a choice among them is a choice of numbers.

    Args:
        matrix: (3, 3), a row for each channel of the result.
        bias: (3,) in full brightnesses.
        limits: (2,) between which results are cut.
    """

    matrix: Array
    bias: Array
    limits: Array


def diagonal(factor: Any, bias: Any) -> ColourMatrix:
    """The colour matrix that multiplies each channel by a factor and adds a bias, both one number or three."""
    three = jnp.broadcast_to(jnp.asarray(factor, jnp.float32), (3,))
    bias = jnp.broadcast_to(jnp.asarray(bias, jnp.float32), (3,))
    return ColourMatrix(jnp.eye(3) * three, bias, jnp.array([0.0, 1.0]))


def luma(planes: Planes) -> Array:
    """Brightness of red, green and blue; an image of other than three channels is averaged."""
    if len(planes) == 3:
        return planes[0] * LUMA[0] + planes[1] * LUMA[1] + planes[2] * LUMA[2]
    return sum(planes[1:], planes[0]) / len(planes)


def mean_brightness(plane: Array, inside: Array | None) -> Array:
    """The mean of a channel (..., H, W), column by column: sums of one long row are not split into lanes."""
    if inside is None:
        return plane.mean(axis=-2).mean()
    return jnp.where(inside, plane, 0.0).sum(axis=-2).sum() / (inside.sum() * (plane.size // inside.size))


def _as_matrix(matrix: Any, bias: Any = 0.0, limits: Any = (0.0, 1.0)) -> ColourMatrix:
    bias = jnp.broadcast_to(jnp.asarray(bias, jnp.float32), (3,))
    return ColourMatrix(jnp.asarray(matrix, jnp.float32), bias, jnp.asarray(limits, jnp.float32))


@planewise(matrix=_as_matrix)
def mix_channels(image: Planes, matrix: Any, bias: Any = 0.0, limits: Any = (0.0, 1.0)) -> Planes:
    """Makes each channel a weighted sum of red, green and blue, and a constant.

    Args:
        image: (..., 3), or (..., 1), which is taken for an image of three equal channels and stays one if the first
            row of the matrix says so for all.
        matrix: (3, 3), a row for each channel of the result.
        bias: one number or three, in full brightnesses.
        limits: between which results are cut.

    Example:
        >>> import jax.numpy as jnp
        >>> swap = jnp.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
        >>> mix_channels(jnp.array([[[10, 20, 30]]], jnp.uint8), swap)
        Array([[[30, 20, 10]]], dtype=uint8)
    """
    matrix, bias, (low, high) = _as_matrix(matrix, bias, limits)
    if len(image) == 1:
        rows = [image[0] * matrix[0].sum() + bias[0]]
    else:
        r, g, b = image
        rows = [matrix[i, 0] * r + matrix[i, 1] * g + matrix[i, 2] * b + bias[i] for i in range(3)]
    return tuple(jnp.clip(row, low, high) for row in rows)
