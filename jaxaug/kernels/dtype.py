"""Pictures as floats in [0, 1] and back, and floats as whole numbers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

#: Added to a float below 2 ** 22, its lowest bits become the nearest whole number.
ROUNDING = np.float32(1.5 * 2.0**23)


def full_brightness(dtype: Any, max_value: float = 1.0) -> float:
    """The value that stands for full brightness: 255 for uint8, 65535 for uint16, `max_value` for floats."""
    return float(jnp.iinfo(dtype).max) if jnp.issubdtype(dtype, jnp.integer) else max_value


def to_unit(image: Array, max_value: float = 1.0) -> Array:
    """An image as float32, full brightness being 1.

    Args:
        image: uint8, uint16, float16, bfloat16 or float32.
        max_value: full brightness, if it holds floats.

    Example:
        >>> import jax.numpy as jnp
        >>> float(to_unit(jnp.uint8(255)))
        1.0
    """
    if not jnp.issubdtype(image.dtype, jnp.integer):
        floats = image.astype(jnp.float32)
        return floats if max_value == 1.0 else floats * np.float32(1.0 / max_value)
    return image.astype(jnp.int32).astype(jnp.float32) * np.float32(1.0 / full_brightness(image.dtype))


def from_unit(image: Array, dtype: Any, max_value: float = 1.0) -> Array:
    """The inverse of `to_unit`: rounded to the nearest level and clipped if the dtype counts.

    Args:
        image: floats of any shape, 1 is full brightness.
        dtype: of the result.
        max_value: what full brightness is in a dtype of floats; one that counts has its own.

    Returns:
        An array of the same shape.

    Example:
        >>> import jax.numpy as jnp
        >>> from_unit(jnp.array([0.0, 0.5, 1.2]), jnp.uint8).tolist()
        [0, 128, 255]
    """
    if not jnp.issubdtype(dtype, jnp.integer):
        return (image if max_value == 1.0 else image * np.float32(max_value)).astype(dtype)
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
    # The largest of 32 bits is no float, and the float above it no number of the dtype.
    most = np.nextafter(np.float32(info.max), np.float32(0))
    return jnp.clip(jnp.round(value), np.float32(info.min), most).astype(dtype)


def exactly(label: str, array: np.ndarray, dtype: Any) -> np.ndarray:
    """An array of NumPy in a narrower dtype that holds all its whole numbers.

    Args:
        label: what the message names.
        array: numbers.
        dtype: the dtype.

    Raises:
        ValueError: a whole number would become another one.

    Example:
        >>> exactly("ids", np.array([7, 8]), np.int32).dtype
        dtype('int32')
    """
    if array.dtype == dtype:
        return array
    with np.errstate(all="ignore"):
        narrow = array.astype(dtype)
        lost = (narrow != array) & (np.round(array) == array)
    if lost.any():
        raise ValueError(
            f"{label!r} holds {array[lost][0].item()}, which {np.dtype(dtype)} does not hold exactly: give "
            "smaller numbers, or keep ids and the like in an entry of their own, which passes through a call untouched."
        )
    return narrow
