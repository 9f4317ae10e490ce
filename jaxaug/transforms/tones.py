"""Changes of brightness, value by value."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.random_numbers import normal_field
from jaxaug.ops.tone import Tone, tone


@transform
class RandomBrightnessContrast(Transform):
    """Scales and shifts brightness.

    Args:
        brightness_limit: range of the shift, as a fraction of full brightness; one number r stands for (-r, r).
        contrast_limit: range of the change of the factor; one number r stands for (-r, r).
        brightness_by_max: the shift counts in full brightnesses, else in mean brightnesses of the image.
        ensure_safe_range: limit both so that no value is clipped.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> brighter = ja.Compose([ja.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)])
        >>> brighter(jax.random.key(0), image=jnp.full((1, 2), 100, jnp.uint8))["image"]
        Array([[151, 151]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    brightness_limit: Range = args.pair((-0.2, 0.2), args.symmetric)
    contrast_limit: Range = args.pair((-0.2, 0.2), args.symmetric)
    brightness_by_max: bool = args.option(True, bool)
    ensure_safe_range: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        alpha = 1.0 + rng.uniform("contrast", self.contrast_limit)
        beta = rng.uniform("brightness", self.brightness_limit)
        if self.ensure_safe_range:
            beta = jnp.clip(beta, 0.0, 1.0)
            alpha = jnp.minimum(alpha, 1.0 - beta)
        fn = F.brightness_contrast if self.brightness_by_max else F.brightness_contrast_by_mean
        return tone(fn, alpha=alpha, beta=beta)


@transform
class RandomGamma(Transform):
    """Raises brightness to a power.

    Args:
        gamma_limit: range of the exponent in percent; one number r stands for (1, r).

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> darker = ja.Compose([ja.RandomGamma((200, 200), p=1)])
        >>> darker(jax.random.key(0), image=jnp.array([[0.5]]))["image"]
        Array([[0.25]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    gamma_limit: Range = args.pair((80, 120), args.above(1.0), 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.gamma, gamma=rng.uniform("gamma", self.gamma_limit) / 100.0)


@transform
class RandomToneCurve(Transform):
    """Bends the curve of brightness, about one that raises contrast a little.

    Args:
        scale: standard deviation of the two points that bend it, in full brightnesses, in [0, 1].
        per_channel: every channel has a curve of its own, the same of all images of as many channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> bend = ja.Compose([ja.RandomToneCurve(0.0, p=1)])
        >>> bend(jax.random.key(0), image=jnp.array([[0, 64, 128, 255]], jnp.uint8))["image"]
        Array([[  0,  58, 128, 255]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8: a cubic curve of Bezier through black and white, whose other points lie
    at a third and two thirds of brightness and are drawn about a quarter and three quarters.
    """

    needs_range = True

    scale: Scalar = args.number(0.1, 0, 1)
    per_channel: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        if self.per_channel:
            return tone(F.tone_curve, fit=_curve_per_channel, key=rng.key("curves"), scale=self.scale)
        return tone(F.tone_curve, **_bent(rng.normal("curve", (2,)), self.scale))


def _curve_per_channel(info: PictureInfo, key: Any, scale: Any) -> dict[str, Any]:
    return _bent(normal_field(key, info.channels, 2, 1)[..., 0].T, scale)


def _bent(away: Any, scale: Any) -> dict[str, Any]:
    low, high = (jnp.clip(start + scale * drawn, 0.0, 1.0) for start, drawn in zip((0.25, 0.75), away, strict=True))
    return {"low": low, "high": high}


@transform
class Solarize(Transform):
    """Inverts everything at or above a brightness.

    Args:
        threshold_range: range of that brightness, as a fraction of full brightness.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> solarize = ja.Compose([ja.Solarize(p=1)])
        >>> solarize(jax.random.key(0), image=jnp.array([[10, 200]], jnp.uint8))["image"]
        Array([[10, 55]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    threshold_range: Range = args.pair((0.5, 0.5), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.solarize, threshold=rng.uniform("threshold", self.threshold_range))


@transform
class Posterize(Transform):
    """Keeps only the highest bits of each channel.

    Args:
        num_bits: how many of 8: a number, a range, or a list of three or more numbers or ranges, one per channel.

    Raises:
        ValueError: bits outside 1 to 7, or not one range per channel of the image.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> posterize = ja.Compose([ja.Posterize(2, p=1)])
        >>> posterize(jax.random.key(0), image=jnp.array([[200, 77, 3]], jnp.uint8))["image"]
        Array([[192,  64,   0]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    num_bits: Any = 4
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        value = self.num_bits
        listed = isinstance(value, list | tuple) and (len(value) > 2 or any(isinstance(v, list | tuple) for v in value))
        ranges = tuple(_bits(v) for v in (value if listed else [value]))
        object.__setattr__(self, "num_bits", ranges)

    def draw(self, rng: Draw, view: View) -> Tone:
        channels = None if len(self.num_bits) == 1 else (len(self.num_bits),)
        bits = jnp.stack([rng.integer(f"bits_{i}", limits) for i, limits in enumerate(self.num_bits)])
        return tone(F.posterize, channels=channels, bits=bits.astype(jnp.float32))


def _bits(value: Any) -> tuple[Any, Any]:
    """One number of bits, or a range of them, as a range; whole numbers stay whole."""
    low, high = _BITS("Posterize(num_bits=...)", value)
    low, high = (int(v) if isinstance(v, float) and v.is_integer() else v for v in (low, high))
    return low, high


_BITS = args.pair((4, 4), args.alone, 1, 7).metadata["convert"]


@transform
class InvertImg(Transform):
    """Full brightness minus the image.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> invert = ja.Compose([ja.InvertImg(p=1)])
        >>> invert(jax.random.key(0), image=jnp.array([[5]], jnp.uint8))["image"]
        Array([[250]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.invert)
