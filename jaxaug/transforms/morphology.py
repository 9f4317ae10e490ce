"""Dilation and erosion."""

from __future__ import annotations

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.morphology import Morph


@transform
class Morphological(Transform):
    """Lets what is bright grow, or what is dark: a grey dilation or erosion of images and masks.

    Boxes grow and shrink as filled rectangles do, keypoints stay; depth, flow and normals stay too, because the largest
    of them is not the nearest.

    Args:
        scale: (width, height) of the ellipse whose brightest or darkest pixel shows, in pixels; one number n stands for
            (1, n).
        operation: dilation or erosion.

    Raises:
        ValueError: a sample with oriented boxes, which would no longer be rectangles.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> grow = ja.Compose([ja.Morphological((3, 3), p=1)])
        >>> grow(jax.random.key(0), image=jnp.zeros((3, 4)).at[1, 1].set(1.0))["image"]
        Array([[0., 1., 0., 0.],
               [1., 1., 1., 0.],
               [0., 1., 0., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, with boxes of fractions of a pixel.
    """

    scale: Range = args.pair((2, 3), args.above(1), 1, ordered=False, static=True)
    operation: str = args.choice("dilation", ("erosion", "dilation"))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Morph:
        return Morph(size=self.scale, operation=self.operation)
