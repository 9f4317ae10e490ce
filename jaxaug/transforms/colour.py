"""Changes of colour."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

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
class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue in a random order.

    Args:
        brightness: range of the factor; one number r stands for (max(0, 1 - r), 1 + r).
        contrast: range of the factor about the image's mean brightness.
        saturation: range of the factor about each pixel's brightness.
        hue: range of the shift in turns, within [-0.5, 0.5]; one number r stands for (-r, r).

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8 and torchvision, with hue in floats rather than steps of two degrees.
    """

    needs_range = True

    brightness: Range = args.pair((0.8, 1.2), args.around_one, 0)
    contrast: Range = args.pair((0.8, 1.2), args.around_one, 0)
    saturation: Range = args.pair((0.8, 1.2), args.around_one, 0)
    hue: Range = args.pair((-0.5, 0.5), args.symmetric, -0.5, 0.5)
    p: Scalar = args.probability(0.5)

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

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.HueSaturationValue((60, 60), 0, 0, p=1)])
        >>> turn(jax.random.key(0), image=jnp.array([[[255, 0, 0]]], jnp.uint8))["image"]
        Array([[[  0, 255,   0]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, in floats rather than 8-bit steps.
    """

    needs_range = True

    hue_shift_limit: Range = args.pair((-20, 20), args.symmetric)
    sat_shift_limit: Range = args.pair((-30, 30), args.symmetric)
    val_shift_limit: Range = args.pair((-20, 20), args.symmetric)
    p: Scalar = args.probability(0.5)

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

    Raises:
        ValueError: images of other than one or three channels; with one channel the red shift applies.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shift = ja.Compose([ja.RGBShift((10, 10), (0, 0), (-10, -10), p=1)])
        >>> shift(jax.random.key(0), image=jnp.array([[[100, 100, 100]]], jnp.uint8))["image"]
        Array([[[110, 100,  90]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    r_shift_limit: Range = args.pair((-20, 20), args.symmetric)
    g_shift_limit: Range = args.pair((-20, 20), args.symmetric)
    b_shift_limit: Range = args.pair((-20, 20), args.symmetric)
    p: Scalar = args.probability(0.5)

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

    needs_range = True

    num_output_channels: int = args.option(3, int, 1)
    method: str = args.choice(
        "weighted_average", ("weighted_average", "from_lab", "desaturation", "average", "max", "pca")
    )
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.to_gray,
            channels=(1, 3) if self.method in ("weighted_average", "from_lab") else None,
            options=(("method", self.method), ("num_output_channels", self.num_output_channels)),
        )


#: Red, green and blue of an old photograph, as weighted sums of those of a new one.
SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)


@transform
class ToSepia(Transform):
    """Gives a picture the brown of old photographs.

    Raises:
        ValueError: images of other than three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sepia = ja.Compose([ja.ToSepia(p=1)])
        >>> sepia(jax.random.key(0), image=jnp.full((1, 1, 3), 100, jnp.uint8))["image"]
        Array([[[135, 120,  94]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.mix_channels, channels=(3,), matrix=SEPIA)


@transform
class FancyPCA(Transform):
    """Shifts the colour of a whole picture along the principal components of its colours.

    Args:
        alpha: standard deviation of the shift along each component, in units of the component's variance, at least 0.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shift = ja.Compose([ja.FancyPCA(0.0, p=1)])
        >>> shift(jax.random.key(0), image=jnp.array([[[10, 20, 30], [60, 50, 70]]], jnp.uint8))["image"][0, 0]
        Array([10, 20, 30], dtype=uint8)

    Follows Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012,
    with the components of each picture and full brightness 1. Albumentations 2.0.8 scales the picture's colours about
    their mean instead of shifting them.
    """

    needs_range = True

    alpha: Scalar = args.number(0.1, 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.shift_along_components, fit=_component_shares, key=rng.key("shares"), alpha=self.alpha)


def _component_shares(info: PictureInfo, key: Any, alpha: Any) -> dict[str, Any]:
    return {"shares": alpha * normal_field(key, info.channels, 1, 1)[:, 0, 0]}


@transform
class PhotoMetricDistort(Transform):
    """Changes brightness, contrast, saturation and hue and exchanges channels, each or not at random.

    Args:
        brightness_range: range of the factor, at least 0.
        contrast_range: range of the factor about the image's mean brightness, at least 0; it comes after brightness or
            last, with even chances.
        saturation_range: range of the factor about each pixel's brightness, at least 0.
        hue_range: range of the shift in turns, within [-0.5, 0.5].
        distort_p: how often each of the five is applied.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> distort = ja.Compose([ja.PhotoMetricDistort(p=1)])
        >>> distort(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows Liu et al., "SSD: single shot multibox detector", 2016, as torchvision's `RandomPhotometricDistort` does.
    """

    needs_range = True

    brightness_range: Range = args.pair((0.875, 1.125), args.around_one, 0)
    contrast_range: Range = args.pair((0.5, 1.5), args.around_one, 0)
    saturation_range: Range = args.pair((0.5, 1.5), args.around_one, 0)
    hue_range: Range = args.pair((-0.05, 0.05), args.symmetric, -0.5, 0.5)
    distort_p: Scalar = args.number(0.5, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> tuple[Tone, Tone]:
        def perhaps(name: str, same: float) -> Any:
            drawn = rng.uniform(name, getattr(self, f"{name}_range"))
            return jnp.where(rng.coin(f"apply_{name}", self.distort_p), drawn, same)

        factors = {name: perhaps(name, same) for name, same in SAME.items()}
        order = jnp.where(rng.coin("contrast_first", 0.5), jnp.array([0, 1, 2, 3]), jnp.array([0, 2, 3, 1]))
        apart = jnp.where(rng.coin("exchange", self.distort_p), rng.permutation("order", 3), jnp.arange(3))
        return (
            tone(F.color_jitter, channels=(1, 3), order=order, **factors),
            tone(F.order_channels, fit=_of_three, channels=(1, 3), order=apart),
        )


#: What changes nothing of brightness, contrast, saturation and hue.
SAME = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


def _of_three(info: PictureInfo, order: Any) -> dict[str, Any]:
    return {"order": order if info.channels == 3 else jnp.zeros(1, jnp.int32)}
