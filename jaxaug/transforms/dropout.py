"""Cut-outs of rectangles, with what they hide."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.erase import Erase, Rectangles

#: Fills that all cut-outs know by name.
FILLS = ("random", "random_uniform", "inpaint_telea", "inpaint_ns")


def cut(rng: Draw, region: Any, transform: Any) -> Erase:
    """The op that cuts out a region, with the fills of a transform."""
    worded = isinstance(transform.fill, str)
    return Erase(
        region,
        rng.key("fill"),
        fill=0.0 if worded else transform.fill,
        fill_mask=transform.fill_mask,
        mode=transform.fill if worded else "constant",
    )


@transform
class CoarseDropout(Transform):
    """Cuts out rectangles.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_holes_range: range of the number of rectangles.
        hole_height_range, hole_width_range: range of their size: floats up to 1 are fractions of the picture, whole
            numbers are pixels.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> holes = ja.Compose([ja.CoarseDropout((1, 1), (2, 2), (2, 2), p=1)])
        >>> int(holes(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        12

    Follows the meaning of Albumentations 2.0.8, except that boxes are not rounded to whole pixels.
    """

    num_holes_range: Range = args.pair((1, 2), None, 1, static=True)
    hole_height_range: Range = args.lengths((0.1, 0.2))
    hole_width_range: Range = args.lengths((0.1, 0.2))
    fill: Fill = args.fill(0.0, names=FILLS)
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        most = self.num_holes_range[1]
        used = jnp.arange(most) < rng.integer("count", self.num_holes_range)
        height = _length(rng, "height", self.hole_height_range, view.height, most)
        width = _length(rng, "width", self.hole_width_range, view.width, most)
        top = rng.offset("top", view.height - height, (most,))
        left = rng.offset("left", view.width - width, (most,))
        edges = jnp.stack([left, top, left + width, top + height], axis=1)
        return cut(rng, Rectangles(edges, used), self)


def _length(rng: Draw, name: str, limits: Any, extent: int, count: int) -> Array:
    """Lengths of holes in whole pixels, at most those of the picture."""
    if jnp.issubdtype(jnp.result_type(limits[1]), jnp.integer):
        drawn = rng.integer(name, limits, (count,))
    else:
        drawn = jnp.floor(rng.uniform(name, limits, (count,)) * extent).astype(jnp.int32)
    return jnp.clip(drawn, 0, extent)


@transform
class Erasing(Transform):
    """Cuts out one rectangle of random area and aspect ratio.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        scale: range of its area as a fraction of the picture's.
        ratio: range of its width divided by its height.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> erase = ja.Compose([ja.Erasing((0.25, 0.25), (1, 1), p=1)])
        >>> int(erase(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        12

    Follows the meaning of Albumentations 2.0.8, after Zhong et al., "Random erasing data augmentation", 2020: where no
    rectangle of the least area fits into the picture, nothing is cut out.
    """

    scale: Range = args.pair((0.02, 0.33), None, 0)
    ratio: Range = args.pair((0.3, 3.3), None, 0)
    fill: Fill = args.fill(0.0, names=FILLS)
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        height, width = view.size
        low, high = (jnp.asarray(v, jnp.float32) * (height * width) for v in self.scale)
        flat, wide = (jnp.asarray(v, jnp.float32) for v in self.ratio)
        most = jnp.minimum(high, jnp.minimum(flat * height**2, width**2 / wide))
        area = rng.uniform("area", (low, jnp.maximum(low, most)))
        ratio = rng.uniform("ratio", (jnp.maximum(flat, area / height**2), jnp.minimum(wide, width**2 / area)))
        h = jnp.clip(jnp.round(jnp.sqrt(area / ratio)), 0, height).astype(jnp.int32)
        w = jnp.clip(jnp.round(jnp.sqrt(area * ratio)), 0, width).astype(jnp.int32)
        top = rng.offset("top", height - h)
        left = rng.offset("left", width - w)
        edges = jnp.stack([left, top, left + w, top + h])[None]
        return cut(rng, Rectangles(edges, (most >= low)[None]), self)
