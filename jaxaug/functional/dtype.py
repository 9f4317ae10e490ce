"""Pictures as floats in [0, 1] and back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, cast

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.control import stored


def top(dtype: Any) -> float:
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
    scale = top(image.dtype)
    out = image.astype(jnp.float32)
    return out if scale == 1.0 else out * np.float32(1.0 / scale)


def from_unit(image: Array, dtype: Any) -> Array:
    """The inverse of `to_unit`: rounded to the nearest level and clipped if the dtype counts."""
    if not jnp.issubdtype(dtype, jnp.integer):
        return image.astype(dtype)
    scale = top(dtype)
    return jnp.clip(jnp.round(image * np.float32(scale)), 0.0, scale).astype(dtype)


def planar(kernel: Callable[..., Array]) -> Callable[..., Array]:
    """Runs a kernel on planes (C, ...) for images (..., C): whole vectors instead of every third value."""

    @functools.wraps(kernel)
    def on_planes(image: Array, *args: Any, **kwargs: Any) -> Array:
        planes = stored(jnp.moveaxis(image, -1, 0))
        return jnp.moveaxis(stored(kernel(planes, *args, **kwargs)), 0, -1)

    return on_planes


class OnImage(Protocol):
    """A function on images of any dtype, and its kernel on floats in [0, 1]."""

    kernel: Callable[..., Array]

    def __call__(self, image: Any, *args: Any, **kwargs: Any) -> Array: ...


def pointwise(kernel: Callable[..., Array]) -> OnImage:
    """Makes a public function on images of any dtype from a kernel on floats in [0, 1].

    The kernel itself stays reachable as `.kernel`, for code that runs several of them in one pass.
    """

    @functools.wraps(kernel)
    def on_image(image: Array, *args: Any, **kwargs: Any) -> Array:
        image = jnp.asarray(image)
        return from_unit(kernel(to_unit(image), *args, **kwargs), image.dtype)

    on_image.kernel = kernel  # type: ignore[attr-defined]
    return cast(OnImage, on_image)
