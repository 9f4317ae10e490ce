"""Colour as plain functions: each takes an image of shape (..., channels) and returns one of the same shape and dtype.

Inside, full brightness is 1 whatever the dtype, so every factor and shift is given in those units.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import branch
from jaxaug.kernels.arithmetic import clip, higher, lower
from jaxaug.kernels.decorators import Planes, imagewise, planewise, pointwise
from jaxaug.kernels.dtype import round_to

#: Share of red, green and blue in brightness (ITU-R BT.601, as OpenCV).
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma(planes: Planes) -> Array:
    """Brightness of red, green and blue; an image of other than three channels is averaged."""
    if len(planes) == 3:
        return planes[0] * LUMA[0] + planes[1] * LUMA[1] + planes[2] * LUMA[2]
    return sum(planes[1:], planes[0]) / len(planes)


def _brightness_contrast_levels(levels: Array, alpha: Any, beta: Any) -> Array:
    """In 16 bits, of which a factor takes as many for the whole part as it needs; the rest is below a level.

    Twice as many at a time as floats, and no conversions; up to a factor of 4 within a 64th of a level. A factor above
    256, at which a single level makes white of black, counts as 256.
    """
    alpha, beta = jnp.asarray(alpha, jnp.float32), jnp.asarray(beta, jnp.float32)
    # A negative factor is a positive one of the inverted levels.
    levels = levels ^ jnp.where(alpha < 0, np.uint8(255), np.uint8(0))
    beta = beta + jnp.minimum(alpha, 0.0)
    size = jnp.abs(alpha)
    below = 8 - jnp.sum(size > 2.0 ** np.arange(8))
    unit = jnp.exp2(below.astype(jnp.float32))
    factor = jnp.minimum(jnp.round(size * unit * 256), 65535).astype(jnp.uint32)
    shift = jnp.clip(jnp.round((beta * 255 + 0.5) * unit), -65535, 65535).astype(jnp.int32)
    up, down = (jnp.maximum(s, 0).astype(jnp.uint16) for s in (shift, -shift))
    product = ((levels.astype(jnp.uint32) << 8) * factor >> 16).astype(jnp.uint16)
    raised = jnp.minimum(product, np.uint16(65535) - up) + up
    whole = (jnp.maximum(raised, down) - down) >> below.astype(jnp.uint16)
    return jnp.minimum(whole, 255).astype(jnp.uint8)


@pointwise(_brightness_contrast_levels, rounds=True)
def brightness_contrast(image: Array, alpha: Any = 1.0, beta: Any = 0.0) -> Array:
    """`alpha * image + beta`, clipped.

    Args:
        image: (...,).
        alpha: factor.
        beta: shift, in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> brightness_contrast(jnp.full((1, 1, 1), 100, jnp.uint8), 1.5, 0.1)[0, 0, 0]
        Array(176, dtype=uint8)
    """
    return jnp.clip(alpha * image + beta, 0.0, 1.0)


@imagewise()
def brightness_contrast_by_mean(image: Array, alpha: Any = 1.0, beta: Any = 0.0, inside: Array | None = None) -> Array:
    """`alpha * image + beta * mean`, clipped.

    Args:
        image: (H, W, C).
        alpha: factor.
        beta: shift, in mean brightnesses of the image.
        inside: (H, W) pixels that count for the mean, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> brightness_contrast_by_mean(jnp.full((1, 1, 1), 100, jnp.uint8), 1.0, 0.5)[0, 0, 0]
        Array(150, dtype=uint8)
    """
    mean = image.mean() if inside is None else image.mean(where=inside[..., None])
    return jnp.clip(alpha * image + beta * mean, 0.0, 1.0)


@pointwise()
def shift_channels(image: Array, shift: Any) -> Array:
    """Adds a constant per channel, clipped.

    Args:
        image: (..., C).
        shift: (C,) in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> shift_channels(jnp.zeros((1, 1, 3)), jnp.array([0.5, 0.0, -1.0]))[0, 0]
        Array([0.5, 0. , 0. ], dtype=float32)
    """
    return jnp.clip(image + jnp.asarray(shift), 0.0, 1.0)


@pointwise()
def gamma(image: Array, gamma: Any) -> Array:
    """Raises brightness to a power.

    Args:
        image: (...,).
        gamma: exponent; below 1 brightens.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(gamma(jnp.float32(0.25), 0.5)), 6)
        0.5
    """
    safe = jnp.maximum(image, 1e-12)
    return jnp.where(image > 0, jnp.exp(gamma * jnp.log(safe)), 0.0)


# Half a level of slack, or 0.1 could miss the level that is exactly at the threshold.
_SLACK = 1e-6


def _solarize_levels(levels: Array, threshold: Any) -> Array:
    first = jnp.ceil((jnp.asarray(threshold) - _SLACK) * 255.0)
    return jnp.where(levels.astype(jnp.int16) >= first.astype(jnp.int16), ~levels, levels)


@pointwise(_solarize_levels)
def solarize(image: Array, threshold: Any) -> Array:
    """Inverts everything at or above a brightness.

    Args:
        image: (...,).
        threshold: in [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> solarize(jnp.array([10, 200], jnp.uint8), 0.5)
        Array([10, 55], dtype=uint8)
    """
    return jnp.where(image >= jnp.asarray(threshold) - _SLACK, 1.0 - image, image)


def _posterize_levels(levels: Array, bits: Any) -> Array:
    keep = 256.0 - jnp.exp2(8.0 - jnp.asarray(bits, jnp.float32))
    return levels & jnp.round(keep).astype(jnp.uint8)


@pointwise(_posterize_levels)
def posterize(image: Array, bits: Any) -> Array:
    """Keeps the highest bits of the 8-bit value of every channel.

    Args:
        image: (..., C).
        bits: 1 to 8, one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> posterize(jnp.array([[200, 77, 3]], jnp.uint8), 2)
        Array([[192,  64,   0]], dtype=uint8)
    """
    step = jnp.exp2(8.0 - jnp.asarray(bits, jnp.float32))
    return jnp.floor(jnp.round(image * 255.0) / step) * step / 255.0


@pointwise(lambda levels: ~levels)
def invert(image: Array) -> Array:
    """Full brightness minus the image.

    Example:
        >>> import jax.numpy as jnp
        >>> invert(jnp.uint8(5))
        Array(250, dtype=uint8)
    """
    return 1.0 - image


def _blend(
    planes: Planes, image_weight: Any, gray_weight: Any, mean_weight: Any, inside: Array | None = None
) -> Planes:
    """A weighted sum of an image, its brightness and its mean brightness, clipped.

    With factor f, weights (f, 0, 0) change brightness, (f, 0, 1 - f) contrast and (f, 1 - f, 0) saturation, as
    torchvision defines them; an image without colour has no saturation to change.
    """
    mean = branch(mean_weight != 0, lambda p: mean_weight * _mean(luma(p), inside), lambda p: jnp.zeros(()), planes)
    if len(planes) != 3:
        return tuple(clip((image_weight + gray_weight) * p + mean) for p in planes)
    gray = luma(planes)
    return tuple(clip(image_weight * p + (gray_weight * gray + mean)) for p in planes)


def _mean(plane: Array, inside: Array | None) -> Array:
    """The mean of (..., H, W), column by column: sums of one long row are not split into lanes."""
    if inside is None:
        return plane.mean(axis=-2).mean()
    return jnp.where(inside, plane, 0.0).sum(axis=-2).sum() / (inside.sum() * (plane.size // inside.size))


def _sixths(planes: Planes, high: Array, spread: Array, hue: Any) -> Array:
    """Hue in [0, 6), turned by some turns."""
    r, g, b = planes
    red, green = high == r, high == g
    across = jnp.where(red, g - b, jnp.where(green, b - r, r - g))
    start = jnp.where(red, 0.0, jnp.where(green, 2.0, 4.0)) + 6.0 * jnp.asarray(hue, jnp.float32)
    sixths = across / higher(spread, 1e-9) + start
    return sixths - 6.0 * jnp.floor(sixths * np.float32(1 / 6))


def _from_hue(sixths: Array, top: Array, chroma: Array) -> Planes:
    def channel(lack: Array) -> Array:
        return top - chroma * clip(lack)

    return (
        channel(2.0 - jnp.abs(sixths - 3.0)),
        channel(jnp.abs(sixths - 2.0) - 1.0),
        channel(jnp.abs(sixths - 4.0) - 1.0),
    )


def _range(planes: Planes) -> tuple[Array, Array]:
    """The largest channel, and how far the smallest lies below it."""
    high = functools.reduce(higher, planes)
    return high, high - functools.reduce(lower, planes)


def _turn_hue(planes: Planes, hue: Any) -> Planes:
    """Red, green and blue with the hue turned, in turns."""
    high, spread = _range(planes)
    return _from_hue(_sixths(planes, high, spread, hue), high, spread)


@planewise
def shift_hsv(image: Planes, hue: Any = 0.0, saturation: Any = 0.0, value: Any = 0.0) -> Planes:
    """Turns the hue and shifts saturation and value; grays stay gray.

    Args:
        image: (..., 3), or (..., 1), whose value alone is shifted.
        hue: in turns.
        saturation, value: in [-1, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> shift_hsv(jnp.array([[255, 0, 0]], jnp.uint8), hue=1 / 3)
        Array([[  0, 255,   0]], dtype=uint8)
    """
    if len(image) == 1:
        return (clip(image[0] + value),)
    high, spread = _range(image)
    top = clip(high + value)
    strength = clip(spread / higher(high, 1e-9) + saturation)
    chroma = jnp.where(spread <= 0, 0.0, strength * top)
    return _from_hue(_sixths(image, high, spread, hue), top, chroma)


@planewise
def color_jitter(
    image: Planes,
    brightness: Any,
    contrast: Any,
    saturation: Any,
    hue: Any,
    order: Any,
    inside: Array | None = None,
) -> Planes:
    """Changes brightness, contrast, saturation and hue, as torchvision defines them, in a given order.

    Args:
        image: (..., H, W, 3), or (..., H, W, 1), which has neither saturation nor hue.
        brightness, contrast, saturation: factors.
        hue: in turns.
        order: (4,) the numbers 0 to 3, which stand for the four in the order above.
        inside: (H, W) pixels that count for the mean brightness, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> red = jnp.array([[[200, 0, 0]]], jnp.uint8)
        >>> color_jitter(red, 0.5, 1.0, 1.0, 1 / 3, jnp.arange(4))
        Array([[[  0, 100,   0]]], dtype=uint8)
    """
    order = jnp.asarray(order)
    factors = jnp.stack([jnp.asarray(v, jnp.float32) for v in (brightness, contrast, saturation)])

    for step in range(4):
        which = order[step]
        f = factors[jnp.minimum(which, 2)]
        gray_weight, mean_weight = jnp.where(which == 2, 1 - f, 0.0), jnp.where(which == 1, 1 - f, 0.0)
        image = branch(
            which == 3,
            lambda planes: _turn_hue(planes, hue) if len(planes) == 3 else planes,
            lambda planes, f=f, g=gray_weight, m=mean_weight: _blend(planes, f, g, m, inside),
            image,
        )
    return image


@planewise
def to_gray(
    image: Planes,
    *,
    method: str = "weighted_average",
    num_output_channels: int = 3,
    inside: Array | None = None,
) -> Planes:
    """Brightness, repeated over the output channels.

    Args:
        image: (..., H, W, C).
        method: `weighted_average` (ITU-R BT.601), `from_lab` (lightness of CIE L*a*b*), `desaturation` (middle of
            the largest and smallest channel), `average`, `max` or `pca` (first principal component, from its
            smallest to its largest value).
        num_output_channels: channels of the result.
        inside: (H, W) pixels that count for `pca`, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> to_gray(jnp.array([[[10, 20, 60]]], jnp.uint8), method="average")
        Array([[[30, 30, 30]]], dtype=uint8)
    """
    highest, spread = _range(image)
    if len(image) == 1:
        gray = image[0]
    elif method == "weighted_average":
        gray = luma(image)
    elif method == "from_lab":
        gray = _lightness(image)
    elif method == "desaturation":
        gray = highest - spread / 2
    elif method == "average":
        gray = sum(image[1:], image[0]) / len(image)
    elif method == "max":
        gray = highest
    else:
        gray = _first_component(image, inside)
    return (gray,) * num_output_channels


def _lightness(image: Planes) -> Array:
    def linear(v: Array) -> Array:
        return jnp.where(v <= 0.04045, v / 12.92, ((jnp.maximum(v, 0.04045) + 0.055) / 1.055) ** 2.4)

    r, g, b = (linear(v) for v in image)
    y = 0.212671 * r + 0.715160 * g + 0.072169 * b
    root = jnp.maximum(y, 1e-6) ** (1 / 3)
    return jnp.where(y > 0.008856, 1.16 * root - 0.16, 9.033 * y)


def _first_component(image: Planes, inside: Array | None) -> Array:
    flat = jnp.stack([v.reshape(-1) for v in image])
    counts = jnp.ones(flat.shape[1:], bool) if inside is None else inside.reshape(-1)
    centred = flat - flat.mean(axis=1, keepdims=True, where=counts)
    within = jnp.where(counts, centred, 0.0)
    covariance = jnp.matmul(within, within.T, precision=jax.lax.Precision.HIGHEST)
    axis = jnp.linalg.eigh(covariance)[1][:, -1]
    axis = jnp.where(axis.sum() < 0, -axis, axis)
    score = jnp.matmul(axis, centred, precision=jax.lax.Precision.HIGHEST)
    low, high = score.min(where=counts, initial=jnp.inf), score.max(where=counts, initial=-jnp.inf)
    return ((score - low) / jnp.where(high > low, high - low, 1.0)).reshape(image[0].shape)


def _drop_levels(levels: Array, drop: Array, value: Any) -> Array:
    return jnp.where(drop, round_to(255.0 * jnp.asarray(value, jnp.float32), jnp.uint8), levels)


@pointwise(_drop_levels)
def drop_channels(image: Array, drop: Array, value: Any = 0.0) -> Array:
    """Some channels replaced by one brightness.

    Args:
        image: (..., C).
        drop: (C,) bool, which channels.
        value: in full brightnesses.

    Example:
        >>> import jax.numpy as jnp
        >>> drop_channels(jnp.array([[10, 20, 30]], jnp.uint8), jnp.array([False, True, True]))
        Array([[10,  0,  0]], dtype=uint8)
    """
    return jnp.where(drop, jnp.asarray(value, image.dtype), image)


@pointwise(makes_float=True)
def scale_shift(image: Array, scale: Any, shift: Any) -> Array:
    """`scale * image + shift`, not clipped; the result is always float32.

    Args:
        image: (..., C).
        scale, shift: one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> scale_shift(jnp.full((1, 1), 255, jnp.uint8), 2.0, 1.0)[0]
        Array([3.], dtype=float32)
    """
    return image * jnp.asarray(scale) + jnp.asarray(shift)


def normalize(image: Array, mean: Any, std: Any) -> Array:
    """Shifts and scales to a mean and a spread; the result is always float32.

    Args:
        image: (..., C).
        mean, std: of the image in [0, 1], one number or one per channel.

    Example:
        >>> import jax.numpy as jnp
        >>> normalize(jnp.full((1, 1, 1), 0.75, jnp.float32), 0.5, 0.25)[0, 0]
        Array([1.], dtype=float32)
    """
    scale = 1.0 / jnp.asarray(std)
    return scale_shift(image, scale, -jnp.asarray(mean) * scale)


@imagewise(makes_float=True)
def standardize(image: Array, *, by: str = "image", inside: Array | None = None) -> Array:
    """Shifts and scales by an image's own statistics; the result is always float32.

    Args:
        image: (..., H, W, C).
        by: `image` and `image_per_channel` use mean and standard deviation, and cut to [-20, 20]; `min_max` and
            `min_max_per_channel` the smallest and largest value.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> standardize(jnp.array([[[0.25], [0.75]]]), by="min_max")[0, :, 0].round(3)
        Array([0., 1.], dtype=float32)
    """
    axes = (-3, -2) if by.endswith("per_channel") else (-3, -2, -1)
    where = None if inside is None else inside[..., None]
    if by.startswith("image"):
        mean, spread = (f(axis=axes, keepdims=True, where=where) for f in (image.mean, image.std))
        return jnp.clip((image - mean) / (spread + 1e-4 / 255), -20.0, 20.0)
    low = image.min(axis=axes, keepdims=True, where=where, initial=jnp.inf)
    high = image.max(axis=axes, keepdims=True, where=where, initial=-jnp.inf)
    return (image - low) / (high - low + 1e-4 / 255)
