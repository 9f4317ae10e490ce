"""How kernels on floats become functions on images of any dtype, and what is known of each.

A kernel that takes statistics of an image has an argument `inside`, (H, W) bool: the pixels that count, by default all.
One that asks where a pixel lies has an argument `size`, the true (height, width) of the picture: its pixels are the
first ones of the array.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, cast

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.dtype import from_unit, to_unit

#: The channels of an image, one array each.
Planes: TypeAlias = tuple[Array, ...]


@dataclasses.dataclass(frozen=True)
class Ways:
    """Shorter forms of a kernel, each for some values of its parameters.

    Args:
        index: from the parameters, which form is right.
        weigh: from the image, the parameters and `way`, the number of the right form or None, the parameters of forms.
        kernels: the forms.
    """

    index: Callable[..., Array]
    weigh: Callable[..., dict[str, Any]]
    kernels: tuple[Callable[..., Any], ...]


@dataclasses.dataclass(frozen=True)
class Traits:
    """What is known of a kernel.

    Args:
        kernel: the function on floats in [0, 1].
        reads: what it takes: single `values`, a tuple of `planes`, or the `image` (height, width, channels).
        uint8: the same for whole 8-bit levels, where there is such a form; it takes single values, or the image
            (height, width, channels) if the kernel takes more.
        rounds: that form rounds its result, so that it only counts where nothing else follows or goes before.
        table: it is dear, so that for 8-bit images a table of its 256 values is cheaper.
        matrix: its arguments as a colour matrix, where it is one.
        makes_float: the result is float32 whatever came in.
        keeps_channels: the result has as many channels as what came in; None if that is not known.
        inside: it has that argument.
        size: it has that argument.
        ways: its shorter forms, where it has some.
    """

    kernel: Callable[..., Any]
    reads: str = "image"
    uint8: Callable[..., Array] | None = None
    rounds: bool = False
    table: bool = False
    matrix: Callable[..., Any] | None = None
    makes_float: bool = False
    keeps_channels: bool | None = None
    inside: bool = False
    size: bool = False
    ways: Ways | None = None


class OnImage(Protocol):
    """A function on images of any dtype, and what is known of its kernel."""

    traits: Traits

    def __call__(self, image: Any, *args: Any, **kwargs: Any) -> Array: ...


@functools.cache
def traits_of(fn: Callable[..., Any]) -> Traits:
    """What is known of a function of this library, or of one of a user's own on floats (height, width, channels)."""
    return getattr(fn, "traits", None) or Traits(fn, **_asked(fn))


def _asked(kernel: Callable[..., Any]) -> dict[str, Any]:
    names = inspect.signature(kernel).parameters
    return {name: name in names for name in ("inside", "size")}


def _public(kernel: Callable[..., Any], run: Callable[..., Array], **known: Any) -> OnImage:
    given: dict[str, Any] = {"keeps_channels": True, **known, **_asked(kernel)}
    traits = Traits(kernel, **given)

    @with_own_settings
    @functools.wraps(kernel)
    def on_image(image: Array, *args: Any, **kwargs: Any) -> Array:
        image = jnp.asarray(image)
        if traits.size and "size" not in kwargs:
            kwargs["size"] = image.shape[-3:-1]
        return from_unit(run(to_unit(image), *args, **kwargs), jnp.float32 if traits.makes_float else image.dtype)

    public = cast(OnImage, on_image)
    public.traits = traits
    return public


def pointwise(
    uint8: Callable[..., Array] | None = None,
    *,
    rounds: bool = False,
    table: bool = False,
    matrix: Callable[..., Any] | None = None,
    makes_float: bool = False,
) -> Callable[[Callable[..., Array]], OnImage]:
    """Makes a public function on images from a kernel that treats every value by itself.

    The kernel gets floats in [0, 1] of any shape whose last axis may be channels, and parameters that are numbers or
    one number per channel. Ops run several kernels in one pass, see `Traits` for what the arguments say of them.
    """
    known = {"uint8": uint8, "rounds": rounds, "table": table, "matrix": matrix, "makes_float": makes_float}
    return lambda kernel: _public(kernel, kernel, reads="values", **known)


def planewise(
    uint8: Callable[..., Array] | None = None,
    *,
    matrix: Callable[..., Any] | None = None,
    keeps_channels: bool = True,
    ways: Ways | None = None,
) -> Callable[[Callable[..., Planes]], OnImage]:
    """Makes a public function on images from a kernel on their channels: a tuple of float arrays in, another out."""

    def public(kernel: Callable[..., Planes]) -> OnImage:
        def run(image: Array, *args: Any, **kwargs: Any) -> Array:
            return jnp.stack(kernel(tuple(jnp.moveaxis(image, -1, 0)), *args, **kwargs), axis=-1)

        known = {"uint8": uint8, "matrix": matrix, "keeps_channels": keeps_channels or None, "ways": ways}
        return _public(kernel, run, reads="planes", **known)

    return public


def imagewise(*, takes_uint8: bool = False, makes_float: bool = False) -> Callable[[Callable[..., Array]], OnImage]:
    """Makes a public function on images of any dtype from a kernel on floats in [0, 1] of shape (H, W, C).

    Args:
        takes_uint8: the kernel takes whole 8-bit levels, too, and then returns such.
        makes_float: the result is float32 whatever came in.
    """
    return lambda kernel: _public(
        kernel, kernel, reads="image", uint8=kernel if takes_uint8 else None, makes_float=makes_float
    )
