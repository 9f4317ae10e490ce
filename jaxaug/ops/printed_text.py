"""Lines of text printed over an image."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.glyphs import glyphs_of, text_cover
from jaxaug.kernels.inpainting import inpaint_planes
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp


@struct.struct
class PrintedText(FittedOp):
    """An op of the family of overlays: a line of text in each of some boxes.

    Args:
        codes: (N, L) int32 code points, 0 behind the end of a text.
        boxes: (N, 4) x_min, y_min, x_max, y_max as fractions of the picture's width and height.
        sizes: (N,) of the font as a fraction of the box's height.
        used: (N,) boxes that count.
        colour: (K,) in full brightnesses; of one channel their mean shows, and channels beyond K get 0.
        font: path of the font.
        clears: what is in the boxes is painted over by what is around them before.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "overlay"

    codes: Array
    boxes: Array
    sizes: Array
    used: Array
    colour: Array
    font: str = static()
    clears: bool = static(default=False)
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="PrintedText")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        canvas = self.canvas_of(image.size)
        height, width = (jnp.asarray(n, jnp.float32) for n in canvas.size)
        boxes = jnp.floor(self.boxes * jnp.stack([width, height, width, height]))
        parts = image.parts
        if self.clears:
            y, x = jnp.arange(canvas.buffer[0])[:, None], jnp.arange(canvas.buffer[1])
            x0, y0, x1, y1 = (boxes[:, i, None, None] for i in range(4))
            holes = ((x >= x0) & (x < x1) & (y >= y0) & (y < y1) & self.used[:, None, None]).any(axis=0)
            parts = tuple(inpaint_planes(jnp.stack(parts), holes))
        left = self._left(boxes, canvas.buffer)
        printed = (c + left * (part - c) for part, c in zip(parts, self._colours(image.channels), strict=True))
        return FloatImage(tuple(printed), image.step)

    def _left(self, boxes: Array, buffer: tuple[int, int]) -> Array:
        """(height, width) how much of the picture shows between the letters."""
        glyphs = glyphs_of(self.font)
        sizes = jnp.where(self.used, jnp.floor(self.sizes * (boxes[:, 3] - boxes[:, 1])), 0.0)

        def less(i: Array, left: Array) -> Array:
            codes, corner, size = (jnp.take(v, i, axis=0, mode="clip") for v in (self.codes, boxes[:, :2], sizes))
            return left * (1.0 - text_cover(codes, corner, size, glyphs, buffer))

        return jax.lax.fori_loop(0, self.codes.shape[0], less, jnp.ones(buffer))

    def _colours(self, channels: int) -> tuple[Array, ...]:
        if channels == 1:
            return (self.colour[:3].mean(),)
        return tuple(jnp.pad(self.colour[:channels], (0, max(channels - self.colour.shape[0], 0))))

    def describe(self) -> str:
        texts = ["".join(map(chr, row)).split("\0")[0] for row in np.asarray(self.codes)[np.asarray(self.used)]]
        return ", ".join(map(repr, texts)) or "no text"
