"""The contract of ops that change the values of images and move nothing: tones, filters, noise, overlays, spectra.

Each is a function of one image of floats in [0, 1]. Neighbouring ones run in one pass without rounding in between.
Frames of a clip and slices of a volume are images that share the op, its noise included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.kernels.colour_matrix import ColourMatrix
from jaxaug.ops.float_image import FloatImage

Change: TypeAlias = Callable[[FloatImage], FloatImage]
Fitted = TypeVar("Fitted", bound="FittedOp")


class PixelOp(Op):
    """What a pass asks of an op on pixels, besides what the engine asks of every op."""

    @property
    def planes(self) -> bool:
        """Whether it wants the channels apart."""
        return False

    @property
    def cheap(self) -> bool:
        """Whether computing it for nothing costs less than a branch."""
        return False

    @property
    def apply_uint8(self) -> Change | None:
        """The op for rows of whole 8-bit levels, in and out, where it has a form for them."""
        return None

    @property
    def exact_uint8(self) -> bool:
        """Whether that form rounds nothing."""
        return False

    @property
    def by_value(self) -> bool:
        """Whether it treats every value by itself."""
        return False

    @property
    def uniform(self) -> bool:
        """Whether it does so whatever the value's channel and place, so that a table of all values can stand for it."""
        return False

    @property
    def dear(self) -> bool:
        """Whether it costs more than looking a level up in a table."""
        return False

    @property
    def ways(self) -> tuple[Array, Sequence[PixelOp]] | None:
        """Shorter forms of the op and which of them is right, where it has some."""
        return None

    def matrix(self) -> ColourMatrix | None:
        """The op as a colour matrix, if it is one."""
        return None

    def apply(self, image: FloatImage) -> FloatImage:
        """The changed image, whether the op is active or not."""
        raise NotImplementedError


class FittedOp(PixelOp):
    """An op on pixels that must know which of them are the picture's."""

    canvas: Canvas | None

    def for_picture(self: Fitted, info: PictureInfo) -> Fitted | None:
        return struct.replace(self, canvas=info.canvas) if info.kind == "image" else None

    def canvas_of(self, size: tuple[int, int]) -> Canvas:
        """Where the picture is kept; one that the op has not been fitted to fills its array of that size."""
        return Canvas(size) if self.canvas is None else self.canvas


def gated(op: PixelOp, image: FloatImage) -> FloatImage:
    """An image after an op, skipped where it is not active."""
    if op.active is True:
        return op.apply(image)
    if op.cheap:
        return where_active(op, op.apply(image), image)
    after = jax.eval_shape(op.apply, image)
    require_same_shape(op, (*image.size, image.channels), (*image.size, after.channels))
    return branch(op.active, op.apply, lambda same: same, image)


def where_active(op: PixelOp, after: FloatImage, before: FloatImage) -> FloatImage:
    """One of two images of one layout, as an op is active or not."""
    if op.active is True:
        return after
    return jax.tree.map(lambda a, b: jnp.where(op.active, a, b), after, before)


def require_same_shape(op: PixelOp, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Refuses an op that changes the shape at random.

    Raises:
        ValueError: the shapes differ.
    """
    if after != before:
        raise ValueError(
            f"{op.name} turns an image of shape {before} into {after}, but is applied at random: the shape of the "
            f"result would be random too. Use {op.name}(p=1)."
        )
