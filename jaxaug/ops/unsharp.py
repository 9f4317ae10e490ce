"""Unsharp masking: a filter that adds what a blur takes away."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.filters import convolve_interleaved
from jaxaug.ops.filter import mirrored
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp


@struct.struct
class Unsharp(FittedOp):
    """An image plus a multiple of its difference from a blurred one, cut to [0, 1].

    Args:
        kernel: (K,) symmetric weights of the blur down the rows and along the columns, K odd.
        alpha: the multiple.
        threshold: differences up to this, in full brightnesses, are left alone; where they begin is blurred too. None
            leaves no difference alone.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    kernel: Array
    alpha: Scalar
    threshold: Any = None
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Unsharp")

    @property
    def reach(self) -> int:
        """Weights of the blur."""
        return self.kernel.shape[0]

    def apply(self, image: FloatImage) -> FloatImage:
        def blurred(part: Array) -> Array:
            def once(rows: Array) -> Array:
                return materialize(convolve_interleaved(rows, self.kernel, self.kernel, image.step))

            return mirrored(once, part, image.step, self)

        def sharpened(part: Array) -> Array:
            lost = part - blurred(part)
            sharp = jnp.clip(part + self.alpha * lost, 0.0, 1.0)
            if self.threshold is None:
                return sharp
            share = blurred((jnp.abs(lost) * np.float32(255) > self.threshold * np.float32(255)).astype(jnp.float32))
            return part + share * (sharp - part)

        return FloatImage(tuple(sharpened(materialize(part)) for part in image.parts), image.step)
