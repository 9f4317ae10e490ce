"""Channels: in another order, or more of them; each takes an image (..., channels)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.colour_matrix import ColourMatrix
from jaxaug.kernels.decorators import Planes, planewise


def _order_uint8(image: Array, order: Any) -> Array:
    order = jnp.asarray(order, jnp.int32)
    if not pixel_packing.fits(image):
        return jnp.take(image, order, axis=-1, mode="clip")
    words = materialize(pixel_packing.pack(image))
    shift = (order * 8).astype(jnp.uint32)
    moved = (((words >> shift[place]) & 255) << (8 * place) for place in range(image.shape[-1]))
    out = next(moved)
    for channel in moved:
        out = out | channel
    return pixel_packing.unpack(materialize(out), image.shape[-1])


def _order_matrix(order: Any) -> ColourMatrix | None:
    if jnp.shape(order) != (3,):
        return None
    matrix = jax.nn.one_hot(jnp.asarray(order, jnp.int32), 3, dtype=jnp.float32)
    return ColourMatrix(matrix, jnp.zeros(3), jnp.array([-jnp.inf, jnp.inf]))


@planewise(_order_uint8, matrix=_order_matrix)
def order_channels(image: Planes, order: Any) -> Planes:
    """Channels in another order.

    Args:
        image: (..., C).
        order: (C,) which channel each channel of the result is.

    Example:
        >>> import jax.numpy as jnp
        >>> order_channels(jnp.array([[[10, 20, 30]]], jnp.uint8), jnp.array([2, 0, 1]))
        Array([[[30, 10, 20]]], dtype=uint8)
    """
    stacked, order = jnp.stack(image), jnp.asarray(order, jnp.int32)
    return tuple(jnp.take(stacked, order[place], axis=0, mode="clip") for place in range(len(image)))


def _repeat_uint8(image: Array, *, num_output_channels: int = 3) -> Array:
    if image.shape[-1] != 1:
        return image
    if num_output_channels > pixel_packing.BYTES:
        return jnp.repeat(image, num_output_channels, axis=-1)
    words = image[..., 0].astype(jnp.uint32) * np.uint32(0x01010101)
    return pixel_packing.unpack(materialize(words), num_output_channels)


@planewise(_repeat_uint8, keeps_channels=False)
def repeat_channel(image: Planes, *, num_output_channels: int = 3) -> Planes:
    """The one channel of a gray image as often as asked; an image of more channels stays as it is.

    Args:
        image: (..., C).
        num_output_channels: channels of the result.

    Example:
        >>> import jax.numpy as jnp
        >>> repeat_channel(jnp.array([[[7]]], jnp.uint8))
        Array([[[7, 7, 7]]], dtype=uint8)
    """
    return image if len(image) > 1 else image * num_output_channels
