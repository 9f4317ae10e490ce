"""Cut-outs: parts of the picture that disappear, with what they hide."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.erase import Erase, Objects, Rectangles
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform


@transform
class CoarseDropout(Transform):
    """Cuts out rectangles.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_holes_range: range of the number of rectangles.
        hole_height_range, hole_width_range: range of their size: floats up to 1 are fractions of the picture, whole
            numbers are pixels.
        fill: value of images there: a number, one per channel, `random` (every pixel its own) or `random_uniform`
            (one for all).
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> holes = ja.Compose([ja.CoarseDropout((1, 1), (2, 2), (2, 2), p=1)])
        >>> int(holes(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        12

    Follows the meaning of Albumentations 2.0.8, except that boxes are not rounded to whole pixels.
    """

    num_holes_range: Any = args.pair((1, 2), None, 1, static=True)
    hole_height_range: Any = args.lengths((0.1, 0.2))
    hole_width_range: Any = args.lengths((0.1, 0.2))
    fill: Any = args.fill(0.0, words=("random", "random_uniform"))
    fill_mask: Any = args.fill(None, optional=True)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        most = self.num_holes_range[1]
        used = jnp.arange(most) < rng.integer("count", self.num_holes_range)
        height = _length(rng, "height", self.hole_height_range, view.height, most)
        width = _length(rng, "width", self.hole_width_range, view.width, most)
        top = jnp.floor(rng.uniform("top", shape=(most,)) * (view.height - height + 1)).astype(jnp.int32)
        left = jnp.floor(rng.uniform("left", shape=(most,)) * (view.width - width + 1)).astype(jnp.int32)
        edges = jnp.stack([left, top, left + width, top + height], axis=1)
        key = rng.words("fill")
        worded = isinstance(self.fill, str)
        return Erase(
            Rectangles(edges, used),
            key,
            fill=0.0 if worded else self.fill,
            fill_mask=self.fill_mask,
            mode=self.fill if worded else "constant",
        )


def _length(rng: Draw, name: str, limits: Any, extent: int, count: int) -> Array:
    """Lengths of holes in whole pixels, at most those of the picture."""
    if jnp.issubdtype(jnp.result_type(limits[1]), jnp.integer):
        drawn = rng.integer(name, limits, (count,))
    else:
        drawn = jnp.floor(rng.uniform(name, limits, (count,)) * extent).astype(jnp.int32)
    return jnp.clip(drawn, 0, extent)


@transform
class MaskDropout(Transform):
    """Cuts out objects: connected parts of the sample's mask.

    Looks at the entry `mask`, else at the first mask there is; planes of a stack are different objects. Boxes shrink
    to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        max_objects: range of the number of objects; one number r stands for (1, r).
        fill: value of images there, a number or one per channel.
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Raises:
        ValueError: the sample has no mask.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.MaskDropout(p=1)])
        >>> out = drop(jax.random.key(0), image=jnp.ones((1, 3)), mask=jnp.array([[1, 0, 0]]))
        >>> out["image"], out["mask"]
        (Array([[0., 1., 1.]], dtype=float32), Array([[0, 0, 0]], dtype=int32))

    Follows the meaning of Albumentations 2.0.8, and shrinks boxes as CoarseDropout does.
    """

    max_objects: Any = args.pair((1, 1), args.above(1), 1)
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0, optional=True)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        ranks = rng.words("ranks")
        region = Objects(ranks, rng.integer("count", self.max_objects))
        return Erase(region, ranks, fill=self.fill, fill_mask=self.fill_mask)
