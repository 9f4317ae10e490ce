"""How kernels on floats become functions on images of any dtype.

A kernel that takes statistics of an image has an argument `inside`, (H, W) bool: the pixels that count, by default all.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, cast

import jax.numpy as jnp
from jax import Array

from jaxaug.kernels.dtype import from_unit, to_unit

#: The channels of an image, one array each.
Planes = tuple[Array, ...]


class OnImage(Protocol):
    """A function on images of any dtype, its kernel on floats in [0, 1], and what that kernel reads."""

    kernel: Callable[..., Any]
    reads: str
    levels: Callable[..., Array] | None
    rounds: bool
    makes_float: bool
    counts: bool

    def __call__(self, image: Any, *args: Any, **kwargs: Any) -> Array: ...


def _public(
    kernel: Callable[..., Any],
    run: Callable[..., Array],
    reads: str,
    levels: Callable[..., Array] | None = None,
    rounds: bool = False,
    makes_float: bool = False,
) -> OnImage:
    @functools.wraps(kernel)
    def on_image(image: Array, *args: Any, **kwargs: Any) -> Array:
        image = jnp.asarray(image)
        return from_unit(run(to_unit(image), *args, **kwargs), jnp.float32 if makes_float else image.dtype)

    counts = "inside" in inspect.signature(kernel).parameters
    marks = {"kernel": kernel, "reads": reads, "levels": levels, "rounds": rounds, "makes_float": makes_float}
    for name, value in (marks | {"counts": counts}).items():
        setattr(on_image, name, value)
    return cast(OnImage, on_image)


def pointwise(
    levels: Callable[..., Array] | None = None, *, rounds: bool = False, makes_float: bool = False
) -> Callable[[Callable[..., Array]], OnImage]:
    """Makes a public function on images from a kernel that treats every value by itself.

    The kernel gets floats in [0, 1] of any shape whose last axis may be channels, and parameters that are numbers or
    one number per channel. It stays reachable as `.kernel`, for code that runs several of them in one pass.

    Args:
        levels: the same for whole 8-bit levels, uint8 in and out.
        rounds: that form rounds its result, else it is exact.
        makes_float: the result is float32 whatever came in.
    """
    return lambda kernel: _public(kernel, kernel, "values", levels, rounds, makes_float)


def planewise(kernel: Callable[..., Planes]) -> OnImage:
    """Makes a public function on images from a kernel on their channels: a tuple of float arrays in, another out."""

    def run(image: Array, *args: Any, **kwargs: Any) -> Array:
        return jnp.stack(kernel(tuple(jnp.moveaxis(image, -1, 0)), *args, **kwargs), axis=-1)

    return _public(kernel, run, "planes")


def imagewise(*, makes_float: bool = False) -> Callable[[Callable[..., Array]], OnImage]:
    """Makes a public function on images of any dtype from a kernel on floats in [0, 1] of shape (H, W, C).

    Args:
        makes_float: the result is float32 whatever came in.
    """
    return lambda kernel: _public(kernel, kernel, "image", makes_float=makes_float)
