"""Whole rows and columns of a picture by index: copied on CPUs and GPUs, on TPUs by products with zeros and ones.

TPUs gather slowly and multiply matrices fast. The products are exact: all terms but one are zero, and every byte of a
number goes by itself.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import by_backend


def take_rows(table: Array, index: Array) -> Array:
    """Rows of a table.

    Args:
        table: (n, k), any dtype of up to 32 bits.
        index: (m,) integers; those outside are clipped.

    Returns:
        (m, k).
    """
    return by_backend(multiplied, copied, table, index)


def take_columns(picture: Array, index: Array) -> Array:
    """Columns of a picture.

    Args:
        picture: (height, width, channels), any dtype of up to 32 bits.
        index: (m,) integers; those outside are clipped.

    Returns:
        (height, m, channels).
    """
    return by_backend(multiplied_columns, lambda p, i: jnp.take(p, i, axis=1, mode="clip"), picture, index)


def copied(table: Array, index: Array) -> Array:
    """Rows of a table by copying them."""
    return jnp.take(table, index, axis=0, mode="clip")


def multiplied(table: Array, index: Array) -> Array:
    """Rows of a table by a product.

    Example:
        >>> import jax.numpy as jnp
        >>> multiplied(jnp.array([[1, 2], [3, -4]]), jnp.array([1, 0]))
        Array([[ 3, -4],
               [ 1,  2]], dtype=int32)
    """
    ones = (jnp.clip(index, 0, table.shape[0] - 1)[:, None] == jnp.arange(table.shape[0])[None]).astype(jnp.bfloat16)
    # Byte by byte, because the fastest products keep eight bits; and a product with a float that is not finite is NaN.
    numbers = table.astype(jnp.uint8) if table.dtype == bool else table
    parts = jax.lax.bitcast_convert_type(numbers, jnp.uint8).reshape(table.shape[0], -1)
    chosen = jnp.matmul(ones, parts.astype(jnp.bfloat16), preferred_element_type=jnp.float32)
    chosen = chosen.astype(jnp.int32).astype(jnp.uint8).reshape(-1, *table.shape[1:], numbers.dtype.itemsize)
    if numbers.dtype.itemsize == 1:
        chosen = chosen[..., 0]
    return jax.lax.bitcast_convert_type(chosen, numbers.dtype).astype(table.dtype)


def multiplied_columns(picture: Array, index: Array) -> Array:
    """Columns of a picture (height, width, channels) by a product."""
    height, width, channels = picture.shape
    rows = multiplied(jnp.swapaxes(picture, 0, 1).reshape(width, height * channels), index)
    return jnp.swapaxes(rows.reshape(-1, height, channels), 0, 1)
