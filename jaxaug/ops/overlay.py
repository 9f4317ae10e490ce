"""The Overlay family: something painted over an image, where it covers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour_matrix import luma
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp


@struct.struct
class Overlay(FittedOp):
    """An op of the family: a painter and its arguments, which are relative to the picture's size.

    Args:
        params: keyword arguments of the painter.
        colour: (1,) or (3,) what is painted, in full brightnesses.
        painter: makes the coverage (height, width) in [0, 1] of a buffer from its shape, the true (height, width) of
            the picture and `params`.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "overlay"

    params: dict[str, Any]
    colour: Array
    painter: Importable = static()
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Overlay")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        assert self.canvas is not None, "an overlay is fitted to a picture before it is painted"
        return painted(image, self.painter()(self.canvas.buffer, self.canvas.size, **self.params), self.colour)


def painted(image: FloatImage, coverage: Array, colour: Array) -> FloatImage:
    """An image, one plane per channel, covered by a colour; of other than as many channels by its brightness.

    Args:
        image: the image.
        coverage: (height, width) in [0, 1].
        colour: (1,) or (3,), in full brightnesses.
    """
    colours = tuple(colour)
    if len(colours) != image.channels:
        colours = (luma(colours),) * image.channels
    parts = (part + coverage * (c - part) for part, c in zip(image.parts, colours, strict=True))
    return FloatImage(tuple(parts), image.step)


def overlay(painter: Callable[..., Array], colour: Any = 0.0, **params: Any) -> Overlay:
    """An overlay from a painter and its arguments.

    Args:
        painter: a function at the top of a module, see `Overlay`.
        colour: one number or three, in full brightnesses.
        **params: its keyword arguments, relative to the picture's size.

    Raises:
        ValueError: a painter that cannot be imported by its name.
    """
    arrays = {name: jnp.asarray(value) for name, value in params.items()}
    return Overlay(arrays, jnp.asarray(colour, jnp.float32).reshape(-1), painter=Importable.of(painter))
