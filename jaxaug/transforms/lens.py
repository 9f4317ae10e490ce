"""What lenses do to colours and in depth, short of moving the picture."""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
from jax import Array

from jaxaug import functional as F
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.ops.aberration import Aberration
from jaxaug.ops.filter import Separable
from jaxaug.ops.local_shuffle import LocalShuffle
from jaxaug.ops.zoom_blur import ZoomMean


@transform
class ChromaticAberration(Transform):
    """Fringes of colour that grow from the middle, because a lens bends red and blue apart.

    Args:
        primary_distortion_limit: range of the coefficient a of r (1 + a r^2 + b r^4), by which red and blue are read
            apart from green; r counts sides of the picture from its middle; one number r stands for (-r, r).
        secondary_distortion_limit: range of the coefficient b, which takes the sign of a; one number r stands for
            (-r, r).
        mode: `green_purple` moves red and blue the same way, `red_blue` opposite ways, `random` any way.
        interpolation: how they are read.

    Raises:
        ValueError: an image that has not three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> fringes = ja.Compose([ja.ChromaticAberration((0.5, 0.5), (0, 0), p=1)])
        >>> ramp = jnp.repeat(jnp.arange(5.0)[None, :, None] / 10, 3, axis=2)
        >>> fringes(jax.random.key(0), image=ramp)["image"][0, 1].round(3)
        Array([0.098, 0.1  , 0.098], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, about the middle of the picture rather than half a pixel beside it.
    """

    primary_distortion_limit: Range = args.pair((-0.02, 0.02), args.symmetric)
    secondary_distortion_limit: Range = args.pair((-0.05, 0.05), args.symmetric)
    mode: str = args.choice("green_purple", ("green_purple", "red_blue", "random"))
    interpolation: Reading = args.interpolation("linear")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Aberration:
        red, blue = rng.uniform("primary", self.primary_distortion_limit, (2,))
        red_more, blue_more = rng.uniform("secondary", self.secondary_distortion_limit, (2,))
        red_more, blue_more = _signed(red_more, red), _signed(blue_more, blue)
        if self.mode != "random":
            sign = 1.0 if self.mode == "green_purple" else -1.0
            blue, blue_more = _signed(blue, sign * red), _signed(blue_more, sign * red_more)
        return Aberration(jnp.stack([red, red_more]), jnp.stack([blue, blue_more]), self.interpolation)


def _signed(value: Array, like: Array) -> Array:
    """A value with the sign of another one, unless that is zero."""
    return jnp.where(like == 0, value, jnp.abs(value) * jnp.sign(like))


@transform
class ZoomBlur(Transform):
    """Averages an image with itself at growing sizes, as a lens does that zooms while the shutter is open.

    Args:
        max_factor: range of the size that is grown to, at least 1; one number r stands for (1, r).
        step_factor: range of the difference of neighbouring sizes, above 0; one number r stands for (r, r). Its lower
            end and the upper end of `max_factor` fix what it costs.

    Raises:
        ValueError: a traced range, of which the number of copies would not be known, or a difference of 0.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> zoom = ja.Compose([ja.ZoomBlur((2.0, 2.0), (0.5, 0.5), p=1)])
        >>> zoom(jax.random.key(0), image=jnp.array([[0.0, 0.0, 0.9, 0.9]]))["image"].round(2)
        Array([[0.  , 0.  , 0.71, 0.9 ]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, about the exact middle. After Hendrycks and Dietterich, "Benchmarking
    neural network robustness to common corruptions and perturbations", 2019.
    """

    max_factor: Range = args.pair((1.0, 1.31), args.above(1.0), 1)
    step_factor: Range = args.pair((0.01, 0.03), args.alone, 0)
    p: Scalar = args.probability(0.5)
    most: int = dataclasses.field(default=1, init=False, repr=False, metadata={"static": True})

    def check(self) -> None:
        high, low = self.max_factor[1], self.step_factor[0]
        if not (is_concrete(high) and is_concrete(low)):
            raise ValueError(
                "ZoomBlur(max_factor=..., step_factor=...) must be plain numbers: they fix how many copies there are."
            )
        if float(low) == 0:
            raise ValueError("ZoomBlur(step_factor=...) must begin above 0: steps of 0 reach no size.")
        object.__setattr__(self, "most", max(1, _copies(float(high), float(low))))

    def draw(self, rng: Draw, view: View) -> ZoomMean:
        step = rng.uniform("step", self.step_factor)
        largest = jnp.maximum(1 + step, rng.uniform("largest", self.max_factor))
        count = jnp.clip(jnp.ceil((largest - 1) / step - 1e-4), 1, self.most)
        return ZoomMean(step, count, self.most)


def _copies(largest: float, step: float) -> int:
    """How many sizes from 1 on lie below the largest; quotients that are whole but for rounding are whole."""
    return math.ceil((largest - 1) / step - 1e-4)


@transform
class GlassBlur(Transform):
    """Blurs, moves every pixel a little at random and blurs again, as frosted glass does.

    Args:
        sigma: deviation of both blurs in pixels.
        max_delta: how far pixels move along x and y, at least 1.
        iterations: how often they move, at least 1.
        mode: `fast` moves all pixels at once; `exact` swaps one pair after another, which no processor does in
            parallel: it takes a few times as long on a CPU, and on accelerators far longer.

    Raises:
        ValueError: a traced `sigma`, of which the length of the kernel would not be known.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> glass = ja.Compose([ja.GlassBlur(p=1)])
        >>> glass(jax.random.key(0), image=jnp.ones((16, 16, 3)))["image"].shape
        (16, 16, 3)

    Follows the meaning of Albumentations 2.0.8, whose `exact` mode copies colours where it should swap them. After
    Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations", 2019.
    """

    sigma: Scalar = args.number(0.7, 0.0)
    max_delta: int = args.option(4, int, 1)
    iterations: int = args.option(2, int, 1)
    mode: str = args.choice("fast", ("fast", "exact"))
    p: Scalar = args.probability(0.5)
    length: int = dataclasses.field(default=1, init=False, repr=False, metadata={"static": True})

    def check(self) -> None:
        if not is_concrete(self.sigma):
            raise ValueError("GlassBlur(sigma=...) must be a plain number, which fixes the length of the kernel.")
        object.__setattr__(self, "length", round(float(self.sigma) * 6 + 1) | 1)

    def draw(self, rng: Draw, view: View) -> tuple[Separable, LocalShuffle, Separable]:
        kernel = F.gaussian_kernel(self.sigma, self.length, self.length)
        blur = Separable(kernel, kernel)
        shuffle = LocalShuffle(rng.key("field"), self.max_delta, self.iterations, self.mode == "exact")
        return blur, shuffle, blur
