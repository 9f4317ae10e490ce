"""Blurs."""

from __future__ import annotations

import dataclasses
import math
import numbers
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug import functional as F
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.filter_weights import motion_path, soft_disc, tilted_gaussian
from jaxaug.ops.filter import Separable, Sparse
from jaxaug.ops.median import Median
from jaxaug.ops.mode import Mode
from jaxaug.ops.random_filter import RandomFilter
from jaxaug.ops.symmetric_filter import Symmetric


def odd_sizes(default: tuple[int, int], *, alone: bool = True) -> Any:
    """A range of sides of filters: numbers become odd and at least 3, one number r stands for (3, r), if it may."""
    plain = args.pair(default, (lambda v: (3, max(3, v))) if alone else None, 0, static=True)

    def convert(where: str, v: Any) -> tuple[int, ...]:
        return tuple(max(3, end | 1) for end in plain.metadata["convert"](where, v))

    return dataclasses.field(default=default, metadata={**plain.metadata, "convert": convert})


def odd_size(rng: Draw, limits: Any) -> Array:
    """One of the odd sizes of a range, evenly."""
    low, high = limits
    return low + 2 * rng.integer("size", (0, (high - low) // 2))


@transform
class Blur(Transform):
    """Averages over a square.

    Args:
        blur_limit: range of the square's side, odd and at least 3; one number r stands for (3, r).

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.Blur((3, 3), p=1)])
        >>> blur(jax.random.key(0), image=jnp.array([[0.0, 3.0, 0.0, 0.0]]))["image"]
        Array([[2., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    blur_limit: Range = odd_sizes((3, 7))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Separable:
        kernel = F.box_kernel(odd_size(rng, self.blur_limit), self.blur_limit[1])
        return Separable(kernel, kernel)


@transform
class MotionBlur(Transform):
    """Averages along a straight path, as a camera that moves does.

    Args:
        blur_limit: range of the path's length in pixels, odd and at least 3; one number r stands for (3, r).
        allow_shifted: the path's middle may lie up to a quarter of its length beside the pixel.
        angle_range: range of the path's angle in degrees, counter-clockwise on screen from pointing right; in [0, 360].
        direction_range: range of how much of the path lies ahead: 0 both halves, 1 only the half ahead, -1 only that
            behind.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> pan = ja.MotionBlur((3, 3), False, (0, 0), (0, 0), p=1)
        >>> pan(jax.random.key(0), image=jnp.array([[0.0, 3.0, 0.0, 0.0]]))["image"]
        Array([[2., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, whose angles run clockwise although it says otherwise.
    """

    blur_limit: Range = odd_sizes((3, 7))
    allow_shifted: bool = args.option(True, bool)
    angle_range: Range = args.pair((0.0, 360.0), None, 0, 360)
    direction_range: Range = args.pair((-1.0, 1.0), None, -1, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Sparse:
        size, longest = odd_size(rng, self.blur_limit), self.blur_limit[1]
        angle, direction = rng.uniform("angle", self.angle_range), rng.uniform("direction", self.direction_range)
        shift = jnp.zeros(2)
        if self.allow_shifted:
            shift = rng.uniform("shift", (-0.5, 0.5), (2,)) * (size // 2)
        places, weights = motion_path(size, angle, direction, shift, longest)
        return Sparse(places, weights, longest)


@transform
class MedianBlur(Transform):
    """The median of a square, each channel by itself: specks go, edges stay.

    Args:
        blur_limit: range of the square's side in pixels, odd and at least 3; one number r stands for (3, r). From 11 on
            it takes several times as long, and gradients do not pass.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> clean = ja.Compose([ja.MedianBlur((3, 3), p=1)])
        >>> clean(jax.random.key(0), image=jnp.array([[10, 10, 99, 10, 40, 40]], jnp.uint8))["image"]
        Array([[10, 10, 10, 40, 40, 40]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8 and of OpenCV, whose border is replicated here too.
    """

    blur_limit: Range = odd_sizes((3, 7))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Median:
        low, high = self.blur_limit
        sizes = tuple(range(low, high + 1, 2))
        return Median(rng.integer("size", (0, len(sizes) - 1)), sizes)


@transform
class ModeFilter(Transform):
    """The most frequent level of a square, each channel by itself: areas of one colour, as of a painting.

    Args:
        kernel_range: range of the square's side in pixels, odd and at least 3. Its upper end fixes what it costs,
            which grows by its fourth power.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> paint = ja.Compose([ja.ModeFilter((5, 5), p=1)])
        >>> paint(jax.random.key(0), image=jnp.array([[7, 9, 7, 9, 9, 7]], jnp.uint8))["image"]
        Array([[7, 9, 9, 9, 9, 7]], dtype=uint8)

    Follows Pillow's `ModeFilter`: what lies outside the picture does not count, the lowest of equally frequent levels
    wins, and a pixel stays as it is where no level comes more than twice. Of other dtypes than uint8, values count as
    equal that are the same of 256 levels; gradients do not pass where another level is taken.
    """

    needs_range = True

    kernel_range: Range = odd_sizes((3, 7), alone=False)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Mode:
        low, high = self.kernel_range
        sizes = tuple(range(low, high + 1, 2))
        return Mode(rng.integer("size", (0, len(sizes) - 1)), sizes)


@transform
class GaussianBlur(Transform):
    """Averages with a Gaussian.

    Args:
        blur_limit: range of the kernel's length; 0 takes seven times the standard deviation; r stands for (0, r).
        sigma_limit: range of the standard deviation in pixels; one number r stands for (0, r). Its upper end fixes
            the length of the compiled kernel where `blur_limit` is 0.

    Raises:
        ValueError: a traced `sigma_limit` with `blur_limit=0`, whose length could not be known.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.GaussianBlur(sigma_limit=(0.5, 1.0), p=1)])
        >>> blur(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    blur_limit: Range = args.pair(0, args.above(0), 0, static=True)
    sigma_limit: Range = args.pair((0.5, 3.0), args.above(0.0), 0)
    p: Scalar = args.probability(0.5)
    length: int = dataclasses.field(default=0, init=False, repr=False, metadata={"static": True})

    def check(self) -> None:
        longest, sigma = self.blur_limit[1], self.sigma_limit[1]
        if longest == 0:
            if not isinstance(sigma, numbers.Real):
                raise ValueError(
                    "GaussianBlur(blur_limit=0) takes the kernel's length from sigma_limit, which must then be plain "
                    "numbers. Give blur_limit to trace sigma_limit."
                )
            longest = math.floor(float(sigma) * 3.5) * 2 + 1
        object.__setattr__(self, "length", longest | 1)

    def draw(self, rng: Draw, view: View) -> Separable:
        sigma = rng.uniform("sigma", self.sigma_limit)
        if self.blur_limit[1] == 0:
            size = jnp.floor(sigma * 3.5) * 2 + 1
        else:
            drawn = rng.integer("size", self.blur_limit)
            size = jnp.where(drawn == 0, jnp.floor(sigma * 3.5) * 2 + 1, drawn + (drawn + 1) % 2)
        kernel = F.gaussian_kernel(sigma, size, self.length)
        return Separable(kernel, kernel)


@transform
class AdvancedBlur(Transform):
    """Averages with a Gaussian that is tilted, sharper or flatter than usual, and uneven: the blurs of real cameras.

    Args:
        blur_limit: range of the filter's side in pixels, odd and at least 3; one number r stands for (3, r).
        sigma_x_limit: range of the deviation along the first axis in pixels; one number r stands for (0, r).
        sigma_y_limit: range of the deviation along the second axis in pixels; one number r stands for (0, r).
        rotate_limit: range of the angle by which the axes are turned, in degrees, counter-clockwise on screen; one
            number r stands for (-r, r).
        beta_limit: range of the shape: 1 is a Gaussian, less is more peaked, more is flatter; half of all draws lie
            on each side of 1.
        noise_limit: range of the factors of single weights; one number r stands for (0, r).

    Raises:
        ValueError: `beta_limit` does not hold 1 in its midst, or both deviations may be 0.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.AdvancedBlur(p=1)])
        >>> blur(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8 but for the sense of the angle, which is clockwise there. After Wang et
    al., "Real-ESRGAN: training real-world blind super-resolution with pure synthetic data", 2021.
    """

    blur_limit: Range = odd_sizes((3, 7))
    sigma_x_limit: Range = args.pair((0.2, 1.0), args.above(0.0), 0)
    sigma_y_limit: Range = args.pair((0.2, 1.0), args.above(0.0), 0)
    rotate_limit: Range = args.pair((-90.0, 90.0), args.symmetric)
    beta_limit: Range = args.pair((0.5, 8.0), args.above(0.0), 0)
    noise_limit: Range = args.pair((0.9, 1.1), args.above(0.0), 0)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        low, high = self.beta_limit
        if is_concrete(low) and is_concrete(high) and not float(low) < 1.0 < float(high):
            raise ValueError(
                f"AdvancedBlur(beta_limit=...) must be (low, high) with low < 1 < high, got {self.beta_limit}."
            )
        least = self.sigma_x_limit[0], self.sigma_y_limit[0]
        if all(is_concrete(v) and float(v) == 0.0 for v in least):
            raise ValueError(
                "AdvancedBlur(sigma_x_limit=..., sigma_y_limit=...) must not both begin at 0, which blurs nothing: let "
                "one begin above."
            )

    def draw(self, rng: Draw, view: View) -> Sparse:
        size, longest = odd_size(rng, self.blur_limit), self.blur_limit[1]
        sigma = rng.uniform("sigma_x", self.sigma_x_limit), rng.uniform("sigma_y", self.sigma_y_limit)
        angle = rng.uniform("angle", self.rotate_limit)
        low, high = self.beta_limit
        share = rng.uniform("beta")
        beta = jnp.where(rng.coin("flat", 0.5), 1.0 + (high - 1.0) * share, low + (1.0 - low) * share)
        noise = rng.uniform("noise", self.noise_limit, (longest, longest))
        weights = tilted_gaussian(size, sigma, angle, beta, noise)
        place = np.arange(longest, dtype=np.int32) - longest // 2
        places = np.stack(np.meshgrid(place, place, indexing="ij"), axis=-1).reshape(-1, 2)
        return Sparse(jnp.asarray(places), weights.reshape(-1), longest)


@transform
class Defocus(Transform):
    """Averages over a disc, as a lens does that is out of focus.

    Args:
        radius: range of the disc's radius in whole pixels, at least 1; one number r stands for (1, r). Its upper end
            fixes what the filter costs.
        alias_blur: range of the deviation in pixels of the Gaussian that blurs the disc's rim; one number r stands for
            (0, r).

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.Defocus((1, 1), (0, 0), p=1)])
        >>> blur(jax.random.key(0), image=jnp.array([[0.0, 5.0, 0.0, 0.0]]))["image"]
        Array([[2., 3., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8. After Hendrycks and Dietterich, "Benchmarking neural network
    robustness to common corruptions and perturbations", 2019.
    """

    radius: Range = args.pair((3, 10), args.above(1), 1, static=True)
    alias_blur: Range = args.pair((0.1, 0.5), args.above(0.0), 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Symmetric:
        radius, sigma = rng.integer("radius", self.radius), rng.uniform("sigma", self.alias_blur)
        # The rim of the disc is blurred by two pixels at most.
        reach = self.radius[1] + (2 if self.radius[1] > 8 else 1)
        return Symmetric(soft_disc(radius, sigma, reach)[reach:, reach:], jnp.array([-jnp.inf, jnp.inf]))


@transform
class StochasticConvolution(Transform):
    """Filters with random weights: textures change, shapes stay.

    Args:
        kernel_range: range of the filter's side in pixels, odd and at least 3. Its upper end fixes what it costs.
        strength_range: range of how much random weights add to the picture itself: their standard deviation times the
            filter's side; 0 leaves the picture as it is.
        per_channel: every channel has weights of its own.
        border_mode: what lies beyond the edge: `constant` is black.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> texture = ja.Compose([ja.StochasticConvolution(p=1)])
        >>> texture(jax.random.key(0), image=jnp.full((2, 2), 0.5))["image"].round(3)
        Array([[0.5, 0.5],
               [0.5, 0.5]], dtype=float32)

    After Xu et al., "Robust and generalizable visual representation learning via random convolutions", 2021, whose
    normal weights have such a deviation and are mixed with the picture. Here their sum is 0, so that even areas keep
    their brightness, and channels are not mixed.
    """

    needs_range = True

    kernel_range: Range = odd_sizes((3, 7), alone=False)
    strength_range: Range = args.pair((0.0, 1.0), None, 0)
    per_channel: bool = args.option(False, bool)
    border_mode: Reading = args.border_mode("reflect_101")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> RandomFilter:
        return RandomFilter(
            rng.key("weights"),
            rng.uniform("strength", self.strength_range),
            odd_size(rng, self.kernel_range),
            self.kernel_range[1],
            per_channel=self.per_channel,
            border=self.border_mode,
        )
