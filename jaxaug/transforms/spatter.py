"""Drops and mud on the lens."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.filters import gaussian_kernel
from jaxaug.kernels.spatter import add_drops, mud_coverage
from jaxaug.ops.overlay import Overlay, overlay
from jaxaug.ops.tone import Tone, tone

#: What each mode shows by default: red, green and blue.
COLOURS = {"rain": (238.0, 238.0, 175.0), "mud": (20.0, 42.0, 63.0)}


@transform
class Spatter(Transform):
    """Drops of water or splashes of mud on the lens.

    Noise is smoothed and cut off at a threshold: what is left is the liquid.

    Args:
        mean: range of the noise's mean; one number r stands for (0, r), here and below.
        std: range of the noise's standard deviation.
        gauss_sigma: range of the deviation in pixels of the Gaussian that smooths it; its upper end fixes the length of
            the compiled kernel.
        cutout_threshold: range of the threshold: a higher one leaves less.
        intensity: range of how bright the brightest drop is, or how much the thickest mud covers, in [0, 1].
        mode: `rain` adds light, `mud` covers.
        color: red, green and blue from 0 to 255; None for (238, 238, 175) of rain and (20, 42, 63) of mud.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mud = ja.Compose([ja.Spatter(mode="mud", intensity=(0.5, 0.5), color=(0, 0, 0), p=1)])
        >>> float(mud(jax.random.key(0), image=jnp.ones((16, 16, 3)))["image"].min())
        0.5

    Follows Albumentations 2.0.8, after Hendrycks and Dietterich, "Benchmarking neural network robustness to common
    corruptions and perturbations", 2019; images of other than three channels get the brightness of the colour.
    """

    needs_range = True

    mean: Range = args.pair((0.65, 0.65), args.above(0.0), 0, 1)
    std: Range = args.pair((0.3, 0.3), args.above(0.0), 0, 1)
    gauss_sigma: Range = args.pair((2.0, 2.0), args.above(0.0), 0, static=float)
    cutout_threshold: Range = args.pair((0.68, 0.68), args.above(0.0), 0, 1)
    intensity: Range = args.pair((0.6, 0.6), args.above(0.0), 0, 1)
    mode: str = args.choice("rain", tuple(COLOURS))
    color: Any = args.numbers(None, 0, 255, count=3)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.color is None:
            object.__setattr__(self, "color", COLOURS[self.mode])

    def draw(self, rng: Draw, view: View) -> Tone | Overlay:
        sigma, widest = rng.uniform("sigma", self.gauss_sigma), self.gauss_sigma[1]
        length = 2 * round(3 * widest) + 1
        liquid: Any = {
            "key": rng.key("noise"),
            "mean": rng.uniform("mean", self.mean),
            "std": rng.uniform("std", self.std),
            "smoothing": gaussian_kernel(sigma, 2 * jnp.round(3 * sigma) + 1, length),
            "threshold": rng.uniform("threshold", self.cutout_threshold),
            "intensity": rng.uniform("intensity", self.intensity),
        }
        colour = jnp.stack([jnp.asarray(c, jnp.float32) for c in self.color]) / 255
        if self.mode == "rain":
            return tone(add_drops, colour=colour, **liquid)
        longest = round(8 * widest + 1) | 1
        size = jnp.round(8 * sigma + 1)
        rim = gaussian_kernel(sigma, size + (size + 1) % 2, longest)
        return overlay(mud_coverage, colour=colour, specks=rng.key("specks"), rim=rim, **liquid)
