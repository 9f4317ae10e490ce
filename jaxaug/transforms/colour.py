"""Changes of brightness and colour."""

from __future__ import annotations

import numbers
from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.draw import Draw
from jaxaug.core.picture import PictureInfo
from jaxaug.core.transform import Transform, transform
from jaxaug.core.view import View
from jaxaug.ops.tone import Tone, tone


@transform
class RandomBrightnessContrast(Transform):
    """Scales and shifts brightness.

    Args:
        brightness_limit: range of the shift, as a fraction of full brightness; one number r stands for (-r, r).
        contrast_limit: range of the change of the factor; one number r stands for (-r, r).
        brightness_by_max: the shift counts in full brightnesses, else in mean brightnesses of the image.
        ensure_safe_range: limit both so that no value is clipped.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> brighter = ja.Compose([ja.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)])
        >>> brighter(jax.random.key(0), image=jnp.full((1, 2), 100, jnp.uint8))["image"]
        Array([[151, 151]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    brightness_limit: Any = args.pair((-0.2, 0.2), args.symmetric)
    contrast_limit: Any = args.pair((-0.2, 0.2), args.symmetric)
    brightness_by_max: bool = args.setting(True, bool)
    ensure_safe_range: bool = args.setting(False, bool)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        alpha = 1.0 + rng.uniform("contrast", self.contrast_limit)
        beta = rng.uniform("brightness", self.brightness_limit)
        if self.ensure_safe_range:
            beta = jnp.clip(beta, 0.0, 1.0)
            alpha = jnp.minimum(alpha, 1.0 - beta)
        fn = F.brightness_contrast if self.brightness_by_max else F.brightness_contrast_by_mean
        return tone(fn, alpha=alpha, beta=beta)


@transform
class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue in a random order.

    Args:
        brightness: range of the factor; one number r stands for (max(0, 1 - r), 1 + r).
        contrast: range of the factor about the image's mean brightness.
        saturation: range of the factor about each pixel's brightness.
        hue: range of the shift in turns, within [-0.5, 0.5]; one number r stands for (-r, r).
        p: how often it is applied.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8 and torchvision, with hue in floats rather than steps of two degrees.
    """

    brightness: Any = args.pair((0.8, 1.2), args.around_one, 0)
    contrast: Any = args.pair((0.8, 1.2), args.around_one, 0)
    saturation: Any = args.pair((0.8, 1.2), args.around_one, 0)
    hue: Any = args.pair((-0.5, 0.5), args.symmetric, -0.5, 0.5)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        factors: dict[str, Any] = {
            n: rng.uniform(n, getattr(self, n)) for n in ("brightness", "contrast", "saturation", "hue")
        }
        return tone(F.color_jitter, channels=(1, 3), order=rng.permutation("order", 4), **factors)


@transform
class HueSaturationValue(Transform):
    """Shifts hue, saturation and value.

    Args:
        hue_shift_limit: range of the shift in units of two degrees (180 is a full turn); r stands for (-r, r).
        sat_shift_limit: range of the shift of saturation, whose full range is 255.
        val_shift_limit: range of the shift of value, whose full range is 255.
        p: how often it is applied.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.HueSaturationValue((60, 60), 0, 0, p=1)])
        >>> turn(jax.random.key(0), image=jnp.array([[[255, 0, 0]]], jnp.uint8))["image"]
        Array([[[  0, 255,   0]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, in floats rather than 8-bit steps.
    """

    hue_shift_limit: Any = args.pair((-20, 20), args.symmetric)
    sat_shift_limit: Any = args.pair((-30, 30), args.symmetric)
    val_shift_limit: Any = args.pair((-20, 20), args.symmetric)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.shift_hsv,
            channels=(1, 3),
            hue=rng.uniform("hue", self.hue_shift_limit) / 180.0,
            saturation=rng.uniform("saturation", self.sat_shift_limit) / 255.0,
            value=rng.uniform("value", self.val_shift_limit) / 255.0,
        )


@transform
class RGBShift(Transform):
    """Adds a constant to each channel.

    Args:
        r_shift_limit, g_shift_limit, b_shift_limit: range of the shift of red, green and blue, out of 255 if an end
            is beyond [-1, 1], else as a fraction of full brightness; one number r stands for (-r, r).
        p: how often it is applied.

    Raises:
        ValueError: images of other than one or three channels; with one channel the red shift applies.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shift = ja.Compose([ja.RGBShift((10, 10), (0, 0), (-10, -10), p=1)])
        >>> shift(jax.random.key(0), image=jnp.array([[[100, 100, 100]]], jnp.uint8))["image"]
        Array([[[110, 100,  90]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    r_shift_limit: Any = args.pair((-20, 20), args.symmetric)
    g_shift_limit: Any = args.pair((-20, 20), args.symmetric)
    b_shift_limit: Any = args.pair((-20, 20), args.symmetric)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        shifts = []
        for name in "rgb":
            low, high = (jnp.asarray(v, jnp.float32) for v in getattr(self, f"{name}_shift_limit"))
            scale = jnp.where((jnp.abs(low) > 1) | (jnp.abs(high) > 1), 1.0 / 255.0, 1.0)
            shifts.append(rng.uniform(name, (low * scale, high * scale)))
        return tone(F.shift_channels, fit=_first_channels, channels=(1, 3), shift=jnp.stack(shifts))


def _first_channels(info: PictureInfo, shift: Any) -> dict[str, Any]:
    return {"shift": shift[: info.channels]}


@transform
class RandomGamma(Transform):
    """Raises brightness to a power.

    Args:
        gamma_limit: range of the exponent in percent; one number r stands for (1, r).
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> darker = ja.Compose([ja.RandomGamma((200, 200), p=1)])
        >>> darker(jax.random.key(0), image=jnp.array([[0.5]]))["image"]
        Array([[0.25]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    gamma_limit: Any = args.pair((80, 120), args.above(1.0), 1)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.gamma, gamma=rng.uniform("gamma", self.gamma_limit) / 100.0)


@transform
class Solarize(Transform):
    """Inverts everything at or above a brightness.

    Args:
        threshold_range: range of that brightness, as a fraction of full brightness.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> solarize = ja.Compose([ja.Solarize(p=1)])
        >>> solarize(jax.random.key(0), image=jnp.array([[10, 200]], jnp.uint8))["image"]
        Array([[10, 55]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    threshold_range: Any = args.pair((0.5, 0.5), None, 0, 1)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.solarize, threshold=rng.uniform("threshold", self.threshold_range))


@transform
class Posterize(Transform):
    """Keeps only the highest bits of each channel.

    Args:
        num_bits: how many of 8: a number, a range, or a list of three or more numbers or ranges, one per channel.
        p: how often it is applied.

    Raises:
        ValueError: bits outside 1 to 7, or not one range per channel of the image.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> posterize = ja.Compose([ja.Posterize(2, p=1)])
        >>> posterize(jax.random.key(0), image=jnp.array([[200, 77, 3]], jnp.uint8))["image"]
        Array([[192,  64,   0]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    num_bits: Any = 4
    p: Any = args.probability(0.5)

    def check(self) -> None:
        value = self.num_bits
        listed = isinstance(value, list | tuple) and len(value) > 2
        ranges = tuple(_bits(v) for v in (value if listed else [value]))
        object.__setattr__(self, "num_bits", ranges)

    def draw(self, rng: Draw, view: View) -> Tone:
        channels = None if len(self.num_bits) == 1 else (len(self.num_bits),)
        bits = jnp.stack([rng.integer(f"bits_{i}", limits) for i, limits in enumerate(self.num_bits)])
        return tone(F.posterize, channels=channels, bits=bits.astype(jnp.float32))


def _bits(value: Any) -> tuple[Any, Any]:
    low, high = (value, value) if not isinstance(value, list | tuple) else tuple(value)
    for v in (low, high):
        if isinstance(v, numbers.Real) and not 1 <= float(v) <= 7:
            raise ValueError(f"Posterize(num_bits=...) must be in [1, 7], got {v}.")
    return low, high


@transform
class InvertImg(Transform):
    """Full brightness minus the image.

    Args:
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> invert = ja.Compose([ja.InvertImg(p=1)])
        >>> invert(jax.random.key(0), image=jnp.array([[5]], jnp.uint8))["image"]
        Array([[250]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.invert)


@transform
class ToGray(Transform):
    """Replaces colour by brightness.

    Args:
        num_output_channels: channels of the result, all equal.
        method: `weighted_average`, `from_lab`, `desaturation`, `average`, `max` or `pca`.
        p: how often it is applied; 0 or 1, unless the number of channels stays the same.

    Raises:
        ValueError: `weighted_average` and `from_lab` of images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> gray = ja.Compose([ja.ToGray(p=1)])
        >>> gray(jax.random.key(0), image=jnp.array([[[255, 0, 0]]], jnp.uint8))["image"]
        Array([[[76, 76, 76]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    num_output_channels: int = args.setting(3, int, 1)
    method: str = args.choice(
        "weighted_average", ("weighted_average", "from_lab", "desaturation", "average", "max", "pca")
    )
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.to_gray,
            channels=(1, 3) if self.method in ("weighted_average", "from_lab") else None,
            options=(("method", self.method), ("num_output_channels", self.num_output_channels)),
        )


@transform
class Normalize(Transform):
    """Shifts and scales values to a mean and a spread; the result is float32.

    Args:
        mean, std: of images whose full brightness is 1, a number or one per channel; by default those of ImageNet.
        max_pixel_value: value that counts as full brightness. The default, 255, stands for full brightness of the
            image's dtype, so float images in [0, 1] are not divided again.
        normalization: `standard` uses `mean` and `std`; `image` and `image_per_channel` the image's own mean and
            standard deviation; `min_max` and `min_max_per_channel` its own smallest and largest value.
        p: how often it is applied; 0 or 1, unless images are float32 already.

    Raises:
        ValueError: a mean or std of another length than the image has channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> normalize = ja.Compose([ja.Normalize(0.5, 0.5)])
        >>> normalize(jax.random.key(0), image=jnp.array([[0, 255]], jnp.uint8))["image"]
        Array([[-1.,  1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    mean: Any = args.fill((0.485, 0.456, 0.406))
    std: Any = args.fill((0.229, 0.224, 0.225))
    max_pixel_value: Any = args.number(255.0)
    normalization: str = args.choice(
        "standard", ("standard", "image", "image_per_channel", "min_max", "min_max_per_channel")
    )
    p: Any = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Tone:
        if self.normalization != "standard":
            return tone(F.standardize, options=(("by", self.normalization),))
        return tone(
            F.scale_shift,
            fit=_standard,
            mean=jnp.asarray(self.mean, jnp.float32),
            std=jnp.asarray(self.std, jnp.float32),
            most=self.max_pixel_value,
        )


def _standard(info: PictureInfo, mean: Any, std: Any, most: Any) -> dict[str, Any]:
    for name, value in (("mean", mean), ("std", std)):
        if jnp.size(value) not in (1, info.channels):
            raise ValueError(
                f"Normalize({name}=...) has {jnp.size(value)} values and needs images of as many channels; "
                f"{info.label!r} has {info.channels}."
            )
    unit = jnp.where(most == 255.0, 1.0, info.full_brightness / most)
    return {"scale": unit / std, "shift": -mean / std}
