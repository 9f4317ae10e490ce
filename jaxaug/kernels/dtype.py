"""Pictures as floats in [0, 1] and back, and floats as whole numbers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

#: Added to a float below 2 ** 22, its lowest bits become the nearest whole number.
ROUNDING = np.float32(1.5 * 2.0**23)


def full_brightness(dtype: Any) -> float:
    """The value that stands for full brightness: 255 for uint8, 65535 for uint16, 1 for floats."""
    return float(jnp.iinfo(dtype).max) if jnp.issubdtype(dtype, jnp.integer) else 1.0


def to_unit(image: Array) -> Array:
    """An image as float32, full brightness being 1.

    Args:
        image: uint8, uint16, float16, bfloat16 or float32.

    Example:
        >>> import jax.numpy as jnp
        >>> float(to_unit(jnp.uint8(255)))
        1.0
    """
    if not jnp.issubdtype(image.dtype, jnp.integer):
        return image.astype(jnp.float32)
    return image.astype(jnp.int32).astype(jnp.float32) * np.float32(1.0 / full_brightness(image.dtype))


def from_unit(image: Array, dtype: Any) -> Array:
    """The inverse of `to_unit`: rounded to the nearest level and clipped if the dtype counts."""
    if not jnp.issubdtype(dtype, jnp.integer):
        return image.astype(dtype)
    return round_to(image * np.float32(full_brightness(dtype)), dtype)


def to_levels(value: Array, dtype: Any) -> Array:
    """Floats rounded to the nearest number of an integer dtype of up to 16 bits, in the lowest bits of a uint32.

    One addition instead of rounding and converting, which compilers for CPUs turn into several times the work.
    """
    info = jnp.iinfo(dtype)
    return jax.lax.bitcast_convert_type(jnp.clip(value, info.min, info.max) + ROUNDING, jnp.uint32)


def round_to(value: Array, dtype: Any) -> Array:
    """Floats to a dtype: rounded to the nearest and clipped to its range if it counts, else cast."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return value > 0.5
    if not jnp.issubdtype(dtype, jnp.integer):
        return value.astype(dtype)
    info = jnp.iinfo(dtype)
    if info.bits <= 16:
        return to_levels(value, dtype).astype(dtype)
    return jnp.clip(jnp.round(value), info.min, info.max).astype(dtype)
