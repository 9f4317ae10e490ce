"""The Tone family: functions of one pixel's channels, perhaps with statistics of the whole image."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour_matrix import ColourMatrix
from jaxaug.kernels.decorators import Traits, traits_of
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, PixelOp


@struct.struct
class Tone(PixelOp):
    """An op of the family: a kernel and its arguments.

    Args:
        params: keyword arguments of the kernel that are arrays; before the op is fitted to a picture those of `fit`.
        kernel: a function of `jaxaug.functional`, or one on floats in [0, 1] of shape (height, width, channels).
        active: whether it is applied.
        fit: from what is known of a picture and `params`, the keyword arguments for that picture.
        options: static keyword arguments of the kernel, as pairs.
        channels: numbers of channels that an image may have; None for any.
        fewest: channels that an image has at least.
        name: what drew it.
        way: which of the kernel's shorter forms is right; None if only the running program knows.
    """

    family = "tone"

    params: dict[str, Any]
    kernel: Importable = static()
    active: Scalar = static_if_true(default=True)
    fit: Importable | None = static(default=None)
    options: tuple[tuple[str, Any], ...] = static(default=())
    channels: tuple[int, ...] | None = static(default=None)
    fewest: int = static(default=1)
    name: str = static(default="Tone")
    way: int | None = static(default=None)

    @property
    def traits(self) -> Traits:
        return traits_of(self.kernel())

    def for_picture(self, info: PictureInfo) -> Tone | None:
        if info.kind != "image":
            return None
        if self.channels is not None and info.channels not in self.channels:
            raise ValueError(
                f"{self.name} needs images of {' or '.join(map(str, self.channels))} channels; "
                f"{info.label!r} has {info.channels}."
            )
        if info.channels < self.fewest:
            raise ValueError(
                f"{self.name} needs images of at least {self.fewest} channels; {info.label!r} has {info.channels}."
            )
        params = self.fit()(info, **self.params) if self.fit else dict(self.params)
        traits, canvas = self.traits, info.canvas
        if traits.size:
            params["size"] = canvas.size
        if traits.inside and canvas.extent is not None:
            params["inside"] = canvas.inside()
        if canvas.extent is not None and traits.reads == "image" and not (traits.size or traits.inside):
            raise ValueError(
                f"{self.name}: {self.kernel!r} sees whole images, and {info.label!r} lies in a buffer of which only a "
                "part is the picture. Give the function an argument `size`, the true (height, width), or `inside`, "
                "(H, W) bool, the pixels that count; both are filled in."
            )
        return struct.replace(self, params=params, fit=None)

    def after(self, info: PictureInfo) -> PictureInfo:
        if self.traits.makes_float:
            info = info.replace(dtype=jnp.dtype(jnp.float32), max_value=1.0)
        if self.traits.keeps_channels:
            return info
        height, width = info.canvas.buffer
        seen = jax.ShapeDtypeStruct((height, width, info.channels), jnp.float32)
        out = jax.eval_shape(lambda image: self.apply(FloatImage.read(image, planes=self.planes)).image(), seen)
        return info.replace(channels=out.shape[-1])

    @property
    def planes(self) -> bool:
        return self.traits.reads == "planes"

    @property
    def cheap(self) -> bool:
        return self.by_value and not self.traits.table

    @property
    def by_value(self) -> bool:
        return self.traits.reads == "values"

    @property
    def uniform(self) -> bool:
        return self.by_value and all(jnp.size(value) == 1 for value in self.params.values())

    @property
    def dear(self) -> bool:
        return self.traits.table

    @property
    def exact_uint8(self) -> bool:
        return self.traits.uint8 is not None and not self.traits.rounds

    @property
    def apply_uint8(self) -> Change | None:
        kernel = self.traits.uint8
        if kernel is None:
            return None
        if self.by_value:
            return lambda image: image.each(kernel, **self.params)
        return lambda image: image.rows_of(kernel(image.image(), **self.params, **dict(self.options)))

    @property
    def ways(self) -> tuple[Array, Sequence[Tone]] | None:
        known = self.traits.ways
        if known is None or self.way is not None:
            return None
        sure = struct.replace(self, active=True)
        return known.index(**self.params), [struct.replace(sure, way=way) for way in range(len(known.kernels))]

    def apply(self, image: FloatImage) -> FloatImage:
        if self.traits.ways is None or self.way is not None:
            return self._apply(image)
        return jax.lax.platform_dependent(image, cpu=self._by_way, default=self._apply)

    def _by_way(self, image: FloatImage) -> FloatImage:
        """The image changed in the way that is right, of an op that has some."""
        known: Any = self.traits.ways
        weighed = known.weigh(image.parts, **self.params)
        runs = [functools.partial(kernel, **weighed) for kernel in known.kernels]
        return FloatImage(tuple(jax.lax.switch(known.index(**self.params), runs, image.parts)))

    def _apply(self, image: FloatImage) -> FloatImage:
        """The changed image, in its way if that is known."""
        ways = self.traits.ways
        if ways is not None and self.way is not None:
            weighed = ways.weigh(image.parts, **self.params, way=self.way)
            return FloatImage(tuple(ways.kernels[self.way](image.parts, **weighed)))
        kernel = functools.partial(self.traits.kernel, **dict(self.options))
        if self.traits.reads == "values":
            return image.each(kernel, **self.params)
        if self.traits.reads == "planes":
            return FloatImage(tuple(kernel(image.parts, **self.params)))
        return image.like(kernel(image.image(), **self.params))

    def matrix(self) -> ColourMatrix | None:
        if self.traits.matrix is None:
            return None
        params = {name: value for name, value in self.params.items() if name not in ("inside", "size")}
        return self.traits.matrix(**params, **dict(self.options))


def tone(
    kernel: Callable[..., Any],
    *,
    fit: Callable[..., dict[str, Any]] | None = None,
    options: tuple[tuple[str, Any], ...] = (),
    channels: tuple[int, ...] | None = None,
    fewest: int = 1,
    **params: Any,
) -> Tone:
    """A tone from a function and its arguments.

    Args:
        kernel: a function of `jaxaug.functional`, or one on floats in [0, 1] of shape (height, width, channels), at the
            top of a module. One with an argument `size` is given the true (height, width) of each picture, one with an
            argument `inside` the pixels that count.
        fit: a function at the top of a module that makes the arguments for one picture, from `PictureInfo` and
            `params`: what depends on dtype, number of channels or size.
        options: static arguments of the kernel, as pairs.
        channels: numbers of channels that an image may have; None for any.
        fewest: channels that an image has at least.
        **params: arguments of the kernel, or of `fit`: numbers or arrays.

    Raises:
        ValueError: a function that cannot be imported by its name.
    """
    return Tone(
        {name: jnp.asarray(value) for name, value in params.items()},
        kernel=Importable.of(kernel),
        fit=None if fit is None else Importable.of(fit),
        options=options,
        channels=channels,
        fewest=fewest,
    )
