"""Warps that bend lines."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.elastic import ElasticMap
from jaxaug.geometry.maps import Axes
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.transforms.affine import reading_arguments

REMAPPING = ("mask", "direct")


@transform
class GridDistortion(Transform):
    """Stretches and squeezes the columns and rows of a grid.

    Args:
        num_steps: cells of the grid along each axis.
        distort_limit: range of the change of a cell's length, as a fraction of it; one number r stands for (-r, r).
        normalized: the cells together keep the size of the picture, so that nothing leaves it.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.GridDistortion(num_steps=3, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, with cells of equal size and no gaps of a pixel between them.
    """

    num_steps: int = args.option(5, int, 1)
    distort_limit: Range = args.pair((-0.3, 0.3), args.symmetric, -1, 1)
    interpolation: Reading = args.interpolation("linear")
    normalized: bool = args.option(True, bool)
    mask_interpolation: Reading = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Scalar = args.probability(0.5)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        knots = []
        for axis, length in (("x", view.width), ("y", view.height)):
            steps = jnp.maximum(1.0 + rng.uniform(f"steps_{axis}", self.distort_limit, (self.num_steps,)), 1e-3)
            total = steps.sum() if self.normalized else float(self.num_steps)
            inner = jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)]) * (length / total)
            knots += [jnp.linspace(0.0, length, self.num_steps + 1), inner]
        return map_warp(Axes(*knots), view.canvas, view.canvas, reads_inside=self.normalized, **reading_arguments(self))


@transform
class ElasticTransform(Transform):
    """Moves every pixel by a smooth random displacement.

    The displacements are drawn for the whole array: a picture with a `size` gets others than the same without padding.

    Args:
        alpha: strength: the displacement in pixels before smoothing.
        sigma: standard deviation of the smoothing, in pixels.
        approximate: smooth with 17 taps only.
        same_dxdy: one displacement for both axes.
        noise_distribution: of the displacement before smoothing: gaussian, scaled to at most one, or uniform.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ElasticTransform(alpha=50, sigma=4, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, after Simard et al., "Best practices for convolutional neural networks
    applied to visual document analysis", 2003.
    """

    alpha: Scalar = args.number(1.0, 0)
    sigma: Scalar = args.number(50.0, 1)
    interpolation: Reading = args.interpolation("linear")
    approximate: bool = args.option(False, bool)
    same_dxdy: bool = args.option(False, bool)
    mask_interpolation: Reading = args.interpolation("nearest")
    noise_distribution: str = args.choice("gaussian", ("gaussian", "uniform"))
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        key = rng.key("field")
        field = ElasticMap(
            key,
            jnp.asarray(self.alpha, jnp.float32),
            jnp.asarray(self.sigma, jnp.float32),
            extent=view.canvas.extent,
            size=view.canvas.buffer,
            radius=8 if self.approximate else 0,
            same=self.same_dxdy,
            distribution=self.noise_distribution,
        )
        return map_warp(field, view.canvas, view.canvas, **reading_arguments(self))
