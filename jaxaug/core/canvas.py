"""Where a picture is kept: a buffer of known size, of which the picture fills all or a drawn part."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core.types import Scalar, Size


@struct.struct
class Canvas:
    """A buffer, and how much of it the picture fills from its top left corner on.

    Args:
        buffer: (height, width) of the array.
        extent: (2,) true height and width in pixels, perhaps drawn; None where the picture fills its buffer.
    """

    buffer: Size = static()
    extent: Any = None

    @property
    def size(self) -> tuple[Scalar, Scalar]:
        """(height, width) of the picture: plain numbers where it fills its buffer."""
        return self.buffer if self.extent is None else (self.extent[0], self.extent[1])

    def turned(self) -> Canvas:
        """The canvas of the picture with rows and columns exchanged."""
        return Canvas(self.buffer[::-1], None if self.extent is None else self.extent[::-1])

    def measured(self) -> Any:
        """(2,) height and width as an array, which is known where the picture fills its buffer."""
        return np.asarray(self.buffer, np.float32) if self.extent is None else self.extent

    def inside(self) -> Array:
        """(height, width) bool: the pixels of the buffer that the picture fills."""
        rows, columns = (jnp.arange(n) for n in self.buffer)
        height, width = self.size
        return (rows < height)[:, None] & (columns < width)

    def blanked(self, picture: Array, value: Any = 0) -> Array:
        """A picture (..., height, width, channels) with one value beyond what it fills of its buffer."""
        if self.extent is None:
            return picture
        channels, (height, width) = picture.shape[-1], self.size
        rows, columns = (jnp.arange(n) for n in (self.buffer[0], self.buffer[1] * channels))
        # Flags of a byte each, beside which the loop over pixels need not compare floats.
        down, across = materialize((rows < height, columns < jnp.ceil(width) * channels))
        inside = down[:, None] & across
        # Rows in which channels alternate: loops over the channels of each pixel are slow.
        flat = picture.reshape(*picture.shape[:-2], -1)
        return jnp.where(inside, flat, jnp.asarray(value, picture.dtype)).reshape(picture.shape)


def pixel_ratio(one: Canvas, other: Canvas) -> Any:
    """(2,) how many pixels of one canvas a pixel of another is, along x and y."""
    return (one.measured() / other.measured())[::-1]
