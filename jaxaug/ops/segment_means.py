"""Segments of an image that take their mean colour: a filter whose neighbourhoods follow the image."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, exact_ratio, materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.kernels.superpixels import SegmentBounds, segment_means, superpixels
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp
from jaxaug.ops.rescale import nearest_pixels, pixel_centres, read_axis


@struct.struct
class SegmentMeans(FittedOp):
    """Some superpixels of an image in their mean colours.

    Args:
        replaced: (N,) bool, which of the segments are; they repeat where there are more segments.
        count: of segments, about.
        counts: range of `count`.
        longest: pixels of the longer side at most while this is done; a longer one is made small before, and large
            again. None for any.
        interpolation: how it is read then.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    replaced: Array
    count: Scalar
    counts: tuple[int, int] = static()
    longest: int | None = static(default=None)
    interpolation: str = static(default="linear")
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="SegmentMeans")

    def apply(self, image: FloatImage) -> FloatImage:
        def changed(same: FloatImage) -> FloatImage:
            return same.like(self._through(same.image(), self.canvas_of(same.size)))

        # Where no segment is replaced, nothing is made small either.
        return branch(self.replaced.any(), changed, lambda same: same, image)

    def _through(self, picture: Array, canvas: Canvas) -> Array:
        """Floats (height, width, channels) with segments replaced."""
        small = self._reduced(canvas)
        if small is not canvas:
            picture = self._read(picture, canvas, small, (0, 1))
        planes = tuple(materialize(jnp.moveaxis(picture, -1, 0)))
        bounds = SegmentBounds.of(small.buffer, self.counts, drawn=small.extent is not None)
        first = superpixels(planes, self.count, bounds, size=small.size).reshape(-1)
        # Segments count by their first pixels.
        rank = jnp.cumsum(first == jnp.arange(first.size)) - 1
        chosen = jnp.take(self.replaced, rank[first] % self.count, mode="clip").reshape(planes[0].shape)
        means = segment_means(planes, first)
        changed = [jnp.where(chosen, mean, plane) for mean, plane in zip(means, planes, strict=True)]
        picture = jnp.stack(materialize(changed), axis=-1)
        return picture if small is canvas else self._read(picture, small, canvas, (1, 0))

    def _reduced(self, canvas: Canvas) -> Canvas:
        """Where the picture is kept while its segments are found."""
        most = self.longest
        if most is None or max(canvas.buffer) <= most:
            return canvas
        if canvas.extent is None:
            longer = max(canvas.buffer)
            height, width = (max(n * most // longer, 1) for n in canvas.buffer)
            return Canvas((height, width))
        sides = canvas.extent.astype(jnp.int32)
        longer = sides.max()
        small = jnp.where(longer > most, jnp.maximum(sides * most // longer, 1), sides)
        buffer = (min(canvas.buffer[0], most), min(canvas.buffer[1], most))
        return Canvas(buffer, small.astype(jnp.float32))

    def _read(self, picture: Array, source: Canvas, target: Canvas, axes: tuple[int, int]) -> Array:
        """A picture (height, width, channels) of one canvas as one of another, one axis after the other."""
        for axis in axes:
            length, step = target.buffer[axis], exact_ratio(source.size[axis], target.size[axis])
            if self.interpolation == "nearest":
                at = nearest_pixels(length, source.size[axis], target.size[axis])
            else:
                at = pixel_centres(length, step)
            picture = materialize(read_axis(picture, axis, at, step, source.size[axis], self.interpolation))
        return picture

    def describe(self) -> str:
        share = float(np.asarray(self.replaced)[: int(np.asarray(self.count))].mean())
        return f"{number(self.count)} segments, {number(100 * share)} % of them in their mean colour"
