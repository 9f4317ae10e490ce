"""Pixels of up to four bytes as one word each, so that reading a pixel is one read."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.kernels.dtype import to_levels

BYTES = 4


def fits(picture: Array) -> bool:
    """Whether a picture (height, width, channels) can be packed."""
    return picture.dtype == jnp.uint8 and picture.shape[-1] <= BYTES


def pack(picture: Array) -> Array:
    """A picture (height, width, channels) as (height, width) uint32."""
    spare = BYTES - picture.shape[-1]
    return jax.lax.bitcast_convert_type(jnp.pad(picture, ((0, 0), (0, 0), (0, spare))), jnp.uint32)


def unpack(words: Array, channels: int) -> Array:
    """The inverse of `pack`."""
    return jax.lax.bitcast_convert_type(words, jnp.uint8)[..., :channels]


def transpose(picture: Array) -> Array:
    """A picture (height, width, channels) with rows and columns exchanged."""
    if picture.shape[-1] == 1:
        return picture[..., 0].T[..., None]
    if not fits(picture):
        return jnp.swapaxes(picture, 0, 1)
    return unpack(materialize(materialize(pack(picture)).T), picture.shape[-1])


def plane(words: Array, channel: int) -> Array:
    """One channel of packed pixels, as uint8."""
    return (words >> (8 * channel)).astype(jnp.uint8)


def join(planes: list[Array]) -> Array:
    """Packed pixels from channels of floats, rounded to the nearest level and clipped."""
    words = jnp.zeros(planes[0].shape, jnp.uint32)
    for channel, value in enumerate(planes):
        words = words | ((to_levels(value, jnp.uint8) & 255) << (8 * channel))
    return words
