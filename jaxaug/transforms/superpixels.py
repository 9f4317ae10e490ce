"""Regions that take the colour of their mean."""

from __future__ import annotations

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.segment_means import SegmentMeans


@transform
class Superpixels(Transform):
    """Gives some superpixels, segments of neighbouring pixels of like colour, their mean colour.

    Args:
        p_replace: range of the chance of each segment to be replaced; one number r stands for (0, r).
        n_segments: range of about how many segments there are; one number n stands for (1, n).
        max_size: a picture whose longer side has more pixels than this is made small to it before, and large again;
            None never does. Where no segment is replaced the picture stays as it is.
        interpolation: how it is read then: nearest, linear, cubic, lanczos or area, or OpenCV's number for it.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mosaic = ja.Compose([ja.Superpixels((1, 1), (2, 2), p=1)])
        >>> mosaic(jax.random.key(0), image=jnp.array([[0, 2, 4, 100, 102, 104]], jnp.uint8))["image"]
        Array([[  2,   2,   2, 102, 102, 102]], dtype=uint8)

    Follows Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", 2012, as scikit-image
    does with a compactness of 10, except that a small part joins the segment before its first pixel and a large one
    stays whole. Albumentations 2.0.8 weighs colours so little that its segments are nearly squares.
    """

    needs_range = True

    p_replace: Range = args.pair((0.0, 0.1), args.above(0.0), 0, 1)
    n_segments: Range = args.pair((100, 100), args.above(1), 1, static=True)
    max_size: int | None = args.option(128, int, 1, optional=True)
    interpolation: str = args.interpolation("linear")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> SegmentMeans:
        chance = rng.uniform("chance", self.p_replace)
        replaced = rng.uniform("replaced", shape=(self.n_segments[1],)) < chance
        count = rng.integer("count", self.n_segments)
        return SegmentMeans(replaced, count, self.n_segments, self.max_size, self.interpolation)
