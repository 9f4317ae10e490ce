"""The Spectral family: functions of an image's frequencies, perhaps with those of a reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.dtype import to_unit
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import PixelOp
from jaxaug.ops.reference import references_in

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class Spectral(PixelOp):
    """An op of the family: a kernel on planes of the image and of a reference.

    Args:
        params: keyword arguments of the kernel.
        kernel: from the channels of an image, those of a reference of its size, and `params`, new channels.
        index: which of the references counts.
        references: images (H, W, C) of any sizes; None reads them from the entry.
        active: whether it is applied.
        entry: name of the entry of the sample that holds references.
        max_value: full brightness of images of floats, once the op is fitted to one.
        name: what drew it.
    """

    family = "spectral"

    params: dict[str, Any]
    index: Scalar
    references: tuple[Any, ...] | None = None
    active: Scalar = static_if_true(default=True)
    kernel: Importable = static(default=Importable("jaxaug.kernels.spectral", "mix_amplitudes"))
    entry: str = static(default="")
    max_value: float = static(default=1.0)
    name: str = static(default="Spectral")

    def prepare(self, view: View) -> Spectral:
        if self.references is not None:
            return self
        return struct.replace(self, references=tuple(references_in(view, self.entry)))

    def for_picture(self, info: PictureInfo) -> Spectral | None:
        if info.kind != "image":
            return None
        refuse_buffers(self.name, info)
        return struct.replace(self, max_value=info.max_value)

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        assert self.references is not None, "a spectral op is prepared before it is applied"
        units = [to_unit(reference, self.max_value) for reference in self.references]
        sized = [_sized(reference, image.size, image.channels) for reference in units]
        chosen = jnp.take(jnp.stack(sized), self.index, axis=0, mode="clip")
        return FloatImage(tuple(self.kernel()(image.parts, tuple(chosen), **self.params)), image.step)


@struct.struct
class Frequencies(PixelOp):
    """An op of the family without references: a kernel on the channels of an image.

    Args:
        params: keyword arguments of the kernel.
        kernel: from the channels of an image and `params`, new channels.
        active: whether it is applied.
        name: what drew it.
    """

    family = "spectral"

    params: dict[str, Any]
    kernel: Importable = static()
    active: Scalar = static_if_true(default=True)
    name: str = static(default="Frequencies")

    def for_picture(self, info: PictureInfo) -> Frequencies | None:
        if info.kind != "image":
            return None
        refuse_buffers(self.name, info)
        return self

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        return FloatImage(tuple(self.kernel()(image.parts, **self.params)), image.step)


def frequencies(kernel: Callable[..., Any], **params: Any) -> Frequencies:
    """A function of an image's frequencies from a kernel and its arguments.

    Args:
        kernel: a function at the top of a module, see `Frequencies`.
        **params: its keyword arguments.

    Raises:
        ValueError: a function that cannot be imported by its name.
    """
    return Frequencies({name: jnp.asarray(value) for name, value in params.items()}, Importable.of(kernel))


def refuse_buffers(name: str, info: PictureInfo) -> None:
    """Refuses pictures that fill only a part of their buffer.

    Raises:
        ValueError: it is such a one.
    """
    if info.canvas.extent is not None:
        raise ValueError(
            f"{name} looks at the frequencies of whole pictures, but {info.label!r} lies in a buffer of which only a "
            "part is the picture. Put a Resize or a crop of fixed size before it."
        )


def _sized(unit: Array, size: tuple[int, int], channels: int) -> Array:
    """A reference of floats as (channels, height, width) of another image's size."""
    unit = unit if unit.ndim == 3 else unit[..., None]
    planes = jax.image.resize(jnp.moveaxis(unit, -1, 0), (unit.shape[-1], *size), "linear", antialias=False)
    if planes.shape[0] == channels:
        return planes
    return jnp.broadcast_to(luma(tuple(planes)), (channels, *size))
