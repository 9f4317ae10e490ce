"""Whole rows of a picture by index: copied on CPUs and GPUs, products with a matrix of zeros and ones on TPUs.

TPUs gather slowly and multiply matrices fast. The products are exact: all terms but one are zero, and numbers of 32
bits go in two halves.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.control import by_backend


def take_rows(table: Array, index: Array) -> Array:
    """Rows of a table.

    Args:
        table: (n, k), any dtype of up to 32 bits.
        index: (m,) integers; those outside are clipped.

    Returns:
        (m, k).
    """
    return by_backend(multiplied, copied, table, index)


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
    ones = (jnp.clip(index, 0, table.shape[0] - 1)[:, None] == jnp.arange(table.shape[0])).astype(jnp.float32)

    def chosen(values: Array) -> Array:
        return jnp.matmul(ones, values.astype(jnp.float32), precision=jax.lax.Precision.HIGHEST)

    if jnp.issubdtype(table.dtype, jnp.integer) and table.dtype.itemsize == 4:
        words = jax.lax.bitcast_convert_type(table, jnp.uint32)
        low, high = (chosen(half.astype(jnp.int32)).astype(jnp.int32) for half in (words & 0xFFFF, words >> 16))
        whole = low.astype(jnp.uint32) | (high.astype(jnp.uint32) << 16)
        return jax.lax.bitcast_convert_type(whole, table.dtype)
    return chosen(table).astype(table.dtype)
