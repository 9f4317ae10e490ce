"""Pictures as floats in [0, 1] and back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

T = TypeVar("T")


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


def stored(tree: T) -> T:
    """The same arrays, kept in memory before anything reads them.

    XLA for CPUs fuses the making of an array into the loops that read it. Where those read neighbours or other
    channels, the loop becomes scalar and makes every value several times over. No compiler moves work across a branch
    on a value that it does not know, so this takes one, whose two sides are equal for every value that occurs.
    """
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.size(leaf)]
    if not leaves:
        return tree
    first = jnp.asarray(leaves[0]).reshape(-1)[:1].astype(jnp.float32)
    never = jax.lax.bitcast_convert_type(first, jnp.int32)[0] == 0x7FC0DEAD
    return jax.lax.cond(never, lambda t: jax.tree.map(jnp.zeros_like, t), lambda t: t, tree)


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
