"""Noise."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.film_grain import GrainNoise
from jaxaug.ops.noise import NormalNoise, PoissonCounts, SaltPepper, SensorNoise, UniformFactors


@transform
class GaussNoise(Transform):
    """Adds normal noise.

    Args:
        std_range: range of the standard deviation, as a fraction of full brightness.
        mean_range: range of the mean, as a fraction of full brightness.
        per_channel: every channel has noise of its own.
        noise_scale_factor: draw the noise at this fraction of the image's size and stretch it, in (0, 1].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> noisy = ja.Compose([ja.GaussNoise(p=1)])
        >>> noisy(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8; frames of a clip share their noise.
    """

    needs_range = True

    std_range: Range = args.pair((0.2, 0.44), None, 0, 1)
    mean_range: Range = args.pair((0.0, 0.0), None, -1, 1)
    per_channel: bool = args.option(True, bool)
    noise_scale_factor: float = args.option(1.0, float, 0.0)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if not 0 < self.noise_scale_factor <= 1:
            raise ValueError(f"GaussNoise(noise_scale_factor=...) must be in (0, 1], got {self.noise_scale_factor}.")

    def draw(self, rng: Draw, view: View) -> NormalNoise:
        key = rng.key("field")
        return NormalNoise(
            key,
            rng.uniform("mean", self.mean_range),
            rng.uniform("std", self.std_range),
            per_channel=self.per_channel,
            grain=self.noise_scale_factor,
        )


@transform
class MultiplicativeNoise(Transform):
    """Multiplies images by random factors.

    Args:
        multiplier: range of the factors; one number r stands for (r, r).
        per_channel: every channel has factors of its own.
        elementwise: every pixel has factors of its own.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> darker = ja.Compose([ja.MultiplicativeNoise((0.5, 0.5), p=1)])
        >>> darker(jax.random.key(0), image=jnp.array([[0.5]]))["image"]
        Array([[0.25]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; frames of a clip share their factors.
    """

    needs_range = True

    multiplier: Range = args.pair((0.9, 1.1), args.alone, 0)
    per_channel: bool = args.option(False, bool)
    elementwise: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> UniformFactors:
        low, high = (jnp.asarray(end, jnp.float32) for end in self.multiplier)
        return UniformFactors(rng.key("field"), low, high, per_channel=self.per_channel, elementwise=self.elementwise)


@transform
class ShotNoise(Transform):
    """Counts photons instead of light: darker pixels are noisier, as in a camera.

    Args:
        scale_range: range of the brightness of one photon, above 0; more of it is more noise.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> dim = ja.Compose([ja.ShotNoise(p=1)])
        >>> dim(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8, which counts in linear light of gamma 2.2; frames of a clip share their
    noise.
    """

    needs_range = True

    scale_range: Range = args.pair((0.1, 0.3), args.alone, 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> PoissonCounts:
        scale = jnp.maximum(rng.uniform("scale", self.scale_range), 1e-6)
        return PoissonCounts(rng.key("counts"), scale, jnp.float32(2.2))


@transform
class ISONoise(Transform):
    """Grain of a camera's sensor at high sensitivity, in lightness and in hue.

    Args:
        color_shift: range of the strength of the grain of hue, as a fraction of a full turn, in [0, 1].
        intensity: range of the weight of the grain.

    Raises:
        ValueError: images of other than one or three channels; with one channel only lightness has grain.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> grainy = ja.Compose([ja.ISONoise(p=1)])
        >>> grainy(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8, which adds normal noise of deviation `color_shift * intensity` to the
    hue, and to the lightness L Poisson counts, of a mean of `intensity` deviations of L, times `intensity * (1 - L)`.
    There the noise of hue counts degrees and is lost; here it counts turns, as its documentation says. Frames of a clip
    share their grain.
    """

    needs_range = True

    color_shift: Range = args.pair((0.01, 0.05), args.alone, 0, 1)
    intensity: Range = args.pair((0.1, 0.5), args.alone, 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> SensorNoise:
        intensity = rng.uniform("intensity", self.intensity)
        keys = jnp.stack([rng.key("lightness"), rng.key("hue")])
        return SensorNoise(keys, rng.uniform("color_shift", self.color_shift) * intensity, intensity)


@transform
class SaltAndPepper(Transform):
    """Makes single pixels white or black.

    Args:
        amount: range of the share of such pixels.
        salt_vs_pepper: range of the share of white ones among them.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> spots = ja.Compose([ja.SaltAndPepper((0.5, 0.5), (1, 1), p=1)])
        >>> bool(0.4 < spots(jax.random.key(0), image=jnp.zeros((50, 50)))["image"].mean() < 0.6)
        True

    Follows the meaning of Albumentations 2.0.8, except that every pixel is drawn by itself, so that the share is met on
    average. Frames of a clip lose the same pixels.
    """

    needs_range = True

    amount: Range = args.pair((0.01, 0.06), args.alone, 0, 1)
    salt_vs_pepper: Range = args.pair((0.4, 0.6), args.alone, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> SaltPepper:
        amount, salt = rng.uniform("amount", self.amount), rng.uniform("salt", self.salt_vs_pepper)
        return SaltPepper(rng.key("pixels"), amount * salt, amount * (1 - salt))


@transform
class FilmGrain(Transform):
    """Adds the grain of film, which all channels share: strongest in the midtones, none in black and in white.

    Args:
        intensity_range: range of its standard deviation in the midtones, as a fraction of full brightness, in [0, 1].
        grain_size_range: range of the width of a grain in whole pixels, at least 1; at 1 every pixel is drawn by
            itself. Its upper end fixes what smoothing costs.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> film = ja.Compose([ja.FilmGrain((0.2, 0.2), (1, 1), p=1)])
        >>> grainy = film(jax.random.key(0), image=jnp.full((64, 64), 0.5))["image"]
        >>> bool(0.19 < grainy.std() < 0.21)
        True

    A brightness is the share of the film that grains leave free, whose deviation at g is that in the midtones times
    2 sqrt(g (1 - g)): the Boolean model of Newson et al., "A stochastic film grain model for resolution-independent
    rendering", 2017, seen from afar. Frames of a clip share their grain.
    """

    needs_range = True

    intensity_range: Range = args.pair((0.1, 0.3), None, 0, 1)
    grain_size_range: Range = args.pair((1, 3), None, 1, static=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> GrainNoise:
        low, high = self.grain_size_range
        size = rng.integer("size", (low, high))
        # A Gaussian of a deviation of half a pixel and more is as wide as 2.4 deviations, where it is half as high.
        length = 3 * (high - 1) + 1 | 1
        kernel = F.gaussian_kernel((size - 1) / 2, length, length)
        return GrainNoise(rng.key("field"), rng.uniform("intensity", self.intensity_range), kernel)
