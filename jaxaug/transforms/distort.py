"""Warps that bend lines."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Ops, Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.elastic import ElasticMap, cell_of
from jaxaug.geometry.maps import Axes, Structure
from jaxaug.geometry.matrices import inverse3, stack3
from jaxaug.geometry.warp import Warp, map_warp, matrix_warp
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
        alpha_affine: how far, in pixels, each of three points around the middle is moved along each axis before that,
            and the picture with them: a random affine map, in the same reading of the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ElasticTransform(alpha=50, sigma=4, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, after Simard et al., "Best practices for convolutional neural networks
    applied to visual document analysis", 2003; `alpha_affine` is that of Albumentations 1.
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
    alpha_affine: float = args.option(0.0, float, 0)

    def draw(self, rng: Draw, view: View) -> Ops:
        key = rng.key("field")
        cell, reach = cell_of(self.sigma)
        field = ElasticMap(
            key,
            jnp.asarray(self.alpha, jnp.float32),
            jnp.asarray(self.sigma, jnp.float32),
            extent=view.canvas.extent,
            size=view.canvas.buffer,
            radius=8 if self.approximate else 0,
            same=self.same_dxdy,
            distribution=self.noise_distribution,
            cell=1 if self.approximate else cell,
            reach=9 if self.approximate else reach,
        )
        elastic = map_warp(field, view.canvas, view.canvas, **reading_arguments(self))
        if not self.alpha_affine:
            return (elastic,)
        moves = self.alpha_affine * rng.uniform("affine", (-1.0, 1.0), (3, 2))
        matrix = inverse3(_moved_corners(view.size, moves))
        affine = matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **reading_arguments(self))
        return (affine, elastic)


def _moved_corners(size: tuple[Scalar, Scalar], moves: Array) -> Array:
    """The affine map, from input to output, that moves three corners of a square in the middle of a picture.

    Args:
        size: height and width; half a side of the square is a third of the shorter one.
        moves: (3, 2) how far along x and y, in pixels, the corners bottom right, top right and top left move.
    """
    height, width = size
    third = jnp.minimum(jnp.asarray(height, jnp.float32), jnp.asarray(width, jnp.float32)) / 3
    right, top, left = moves
    along_x, along_y = (top - left) / (2 * third), (right - top) / (2 * third)
    shift = right - third * (along_x + along_y)
    middle = jnp.stack([jnp.asarray(width / 2, jnp.float32), jnp.asarray(height / 2, jnp.float32)])
    offset = shift - along_x * middle[0] - along_y * middle[1]
    rows = [(along_x[i] + (i == 0), along_y[i] + (i == 1), offset[i]) for i in range(2)]
    return stack3([*rows, (0.0, 0.0, 1.0)])
