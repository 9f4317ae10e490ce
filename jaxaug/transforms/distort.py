"""Warps that bend lines."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core import arguments as args
from jaxaug.core.draw import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.view import View
from jaxaug.geometry.maps import Axes, Displacement, Map
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.kernels.noise import random_normal, random_uniform
from jaxaug.transforms.affine import warp_settings

REMAPPING = ("mask", "direct")


@transform
class GridDistortion(Transform):
    """Stretches and squeezes the columns and rows of a grid.

    Args:
        num_steps: cells of the grid along each axis.
        distort_limit: range of the change of a cell's length, as a fraction of it; one number r stands for (-r, r).
        interpolation: how images are read.
        normalized: the cells together keep the size of the picture, so that nothing leaves it.
        mask_interpolation: how masks are read.
        keypoint_remapping_method: accepted for compatibility; points always follow the exact inverse.
        p: how often it is applied.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.GridDistortion(num_steps=3, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, with cells of equal size and no gaps of a pixel between them.
    """

    num_steps: int = args.setting(5, int, 1)
    distort_limit: Any = args.pair((-0.3, 0.3), args.symmetric, -1, 1)
    interpolation: Any = args.interpolation("linear")
    normalized: bool = args.setting(True, bool)
    mask_interpolation: Any = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Any = args.probability(0.5)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        knots = []
        for axis, length in (("x", view.width), ("y", view.height)):
            steps = jnp.maximum(1.0 + rng.uniform(f"steps_{axis}", self.distort_limit, (self.num_steps,)), 1e-3)
            total = steps.sum() if self.normalized else float(self.num_steps)
            inner = jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)]) * (length / total)
            knots += [jnp.linspace(0.0, length, self.num_steps + 1), inner]
        return map_warp(Axes(*knots), view.canvas, view.canvas, reads_inside=self.normalized, **warp_settings(self))


@struct.struct
class ElasticMap(Map):
    """A smooth random displacement, kept as its key and strength until it is needed.

    Args:
        key: raw key data of the field.
        alpha: strength in pixels before smoothing.
        sigma: standard deviation of the smoothing in pixels.
        size: (height, width) of the field.
        radius: taps beyond it are cut off; 0 keeps all.
        same: one field for both axes.
        distribution: gaussian or uniform.
    """

    key: Array
    alpha: Any
    sigma: Any
    size: tuple[int, int] = static(default=(1, 1))
    radius: int = static(default=0)
    same: bool = static(default=False)
    distribution: str = static(default="gaussian")

    def build(self) -> Displacement:
        shape = (1 if self.same else 2, *self.size)
        if self.distribution == "gaussian":
            noise = materialize(random_normal(self.key, shape))
            noise = noise / jnp.maximum(jnp.abs(noise).max(), 1e-6)
        else:
            noise = 2.0 * random_uniform(self.key, shape) - 1.0
        noise = materialize(noise)
        down, along = (_smoothing(n, self.sigma, self.radius) for n in self.size)
        field = jnp.einsum("ij,njk,lk->nil", down, noise, along, precision=jax.lax.Precision.HIGHEST)
        return materialize(Displacement(self.alpha * field[0], self.alpha * field[-1]))


def _smoothing(n: int, sigma: Any, radius: int) -> Array:
    """The matrix of a Gaussian filter of n pixels whose outermost ones are repeated for ever.

    Weights are integrals of the Gaussian over each pixel, so what lies beyond the ends is known in closed form.
    """
    width = jnp.asarray(sigma, jnp.float32)

    def below(edge: Array) -> Array:
        limit = radius + 0.5 if radius else jnp.inf
        return 0.5 * (1.0 + jax.scipy.special.erf(jnp.clip(edge, -limit, limit) / (width * np.sqrt(2.0))))

    edges = jnp.arange(n + 1, dtype=jnp.float32) - 0.5
    cumulative = below(edges - jnp.arange(n, dtype=jnp.float32)[:, None])
    low, high = below(jnp.float32(-jnp.inf)), below(jnp.float32(jnp.inf))
    cumulative = cumulative.at[:, 0].set(low).at[:, -1].set(high)
    return (cumulative[:, 1:] - cumulative[:, :-1]) / (high - low)


@transform
class ElasticTransform(Transform):
    """Moves every pixel by a smooth random displacement.

    The displacements are drawn for the whole array: a picture with a `size` gets others than the same without padding.

    Args:
        alpha: strength: the displacement in pixels before smoothing.
        sigma: standard deviation of the smoothing, in pixels.
        interpolation: how images are read.
        approximate: smooth with 17 taps only.
        same_dxdy: one displacement for both axes.
        mask_interpolation: how masks are read.
        noise_distribution: of the displacement before smoothing: gaussian, scaled to at most one, or uniform.
        keypoint_remapping_method: accepted for compatibility; points always follow the exact inverse.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ElasticTransform(alpha=50, sigma=4, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, after Simard et al., "Best practices for convolutional neural networks
    applied to visual document analysis", 2003.
    """

    alpha: Any = args.number(1.0, 0)
    sigma: Any = args.number(50.0, 1)
    interpolation: Any = args.interpolation("linear")
    approximate: bool = args.setting(False, bool)
    same_dxdy: bool = args.setting(False, bool)
    mask_interpolation: Any = args.interpolation("nearest")
    noise_distribution: str = args.choice("gaussian", ("gaussian", "uniform"))
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        key = rng.words("field")
        field = ElasticMap(
            key,
            jnp.asarray(self.alpha, jnp.float32),
            jnp.asarray(self.sigma, jnp.float32),
            size=view.canvas.buffer,
            radius=8 if self.approximate else 0,
            same=self.same_dxdy,
            distribution=self.noise_distribution,
        )
        return map_warp(field, view.canvas, view.canvas, **warp_settings(self))
