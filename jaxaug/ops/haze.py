"""Haze: an overlay that covers what is far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Scalar
from jaxaug.kernels.haze import assumed_depth, haze_coverage, relative_depth
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.overlay import painted
from jaxaug.ops.pixel_op import FittedOp

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class Haze(FittedOp):
    """Covers what is far away, by the sample's depths or by those of a scene of a simple shape.

    Args:
        density: of the haze, for the distance of the farthest place.
        colour: (3,) of the haze, in full brightnesses.
        scene: which shape, see `jaxaug.kernels.haze.assumed_depth`.
        depth: (height, width) from 0 to 1 on the buffer of the reference picture, once the op is prepared for a sample
            that has depths.
        reference: where that picture is kept.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "overlay"

    density: Scalar
    colour: Array
    scene: str = static(default="linear")
    depth: Array | None = None
    reference: Canvas | None = None
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="Haze")

    def prepare(self, view: View) -> Haze:
        if not view.has("depth"):
            return self
        return struct.replace(self, depth=relative_depth(view.depth_map()), reference=view.canvas)

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        return painted(image, haze_coverage(self._depth(self.canvas_of(image.size)), self.density), self.colour)

    def _depth(self, canvas: Canvas) -> Array:
        """(height, width) depths of a picture, at the nearest pixels of the map if that is of another size."""
        if self.depth is None or self.reference is None:
            return assumed_depth(canvas.buffer, canvas.size, self.scene)
        if canvas.buffer == self.reference.buffer:
            return self.depth
        nearest: Any = (
            jnp.floor((jnp.arange(n) + 0.5) * (there / here)).astype(jnp.int32)
            for n, there, here in zip(canvas.buffer, self.reference.size, canvas.size, strict=True)
        )
        depth = self.depth
        for axis, places in enumerate(nearest):
            depth = jnp.take(depth, places, axis=axis, mode="clip")
        return depth
