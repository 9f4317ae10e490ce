"""Colour: functions of each pixel's channels; each takes an image (..., channels) and returns one of the same dtype.

Inside, full brightness is 1 whatever the dtype, so every factor and shift is given in those units.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import branch, materialize
from jaxaug.kernels.arithmetic import clip_unit, fast_maximum, fast_minimum
from jaxaug.kernels.colour_matrix import LUMA, ColourMatrix, luma, mean_brightness
from jaxaug.kernels.decorators import Planes, Ways, planewise
from jaxaug.kernels.lab import lightness


def _sixths(planes: Planes, high: Array, spread: Array, hue: Any) -> Array:
    """Hue in [0, 6), turned by some turns."""
    r, g, b = planes
    red, green = high == r, high == g
    across = jnp.where(red, g - b, jnp.where(green, b - r, r - g))
    start = jnp.where(red, 0.0, jnp.where(green, 2.0, 4.0)) + 6.0 * jnp.asarray(hue, jnp.float32)
    sixths = across / fast_maximum(spread, 1e-9) + start
    return sixths - 6.0 * jnp.floor(sixths * np.float32(1 / 6))


def _from_hue(sixths: Array, top: Array, chroma: Array) -> Planes:
    def channel(lack: Array) -> Array:
        return top - chroma * clip_unit(lack)

    return (
        channel(2.0 - jnp.abs(sixths - 3.0)),
        channel(jnp.abs(sixths - 2.0) - 1.0),
        channel(jnp.abs(sixths - 4.0) - 1.0),
    )


def _range(planes: Planes) -> tuple[Array, Array]:
    """The largest channel, and how far the smallest lies below it."""
    high = functools.reduce(fast_maximum, planes)
    return high, high - functools.reduce(fast_minimum, planes)


def _turn_hue(planes: Planes, hue: Any) -> Planes:
    """Red, green and blue with the hue turned, in turns."""
    high, spread = _range(planes)
    return _from_hue(_sixths(planes, high, spread, hue), high, spread)


@planewise()
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
        return (clip_unit(image[0] + value),)
    high, spread = _range(image)
    top = clip_unit(high + value)
    strength = clip_unit(spread / fast_maximum(high, 1e-9) + saturation)
    chroma = jnp.where(spread <= 0, 0.0, strength * top)
    return _from_hue(_sixths(image, high, spread, hue), top, chroma)


def hsv_of(planes: Planes) -> Planes:
    """Hue in turns, saturation and value of red, green and blue.

    Example:
        >>> import jax.numpy as jnp
        >>> [float(part) for part in hsv_of((jnp.float32(0.0), jnp.float32(0.0), jnp.float32(0.5)))]
        [0.6666666865348816, 1.0, 0.5]
    """
    high, spread = _range(planes)
    return _sixths(planes, high, spread, 0.0) / 6.0, spread / fast_maximum(high, 1e-9), high


def rgb_of_hsv(hue: Array, saturation: Array, value: Array) -> Planes:
    """The inverse of `hsv_of`."""
    return _from_hue(6.0 * hue, value, saturation * value)


def lightness_hls(planes: Planes) -> Array:
    """L of the colour space HLS: the middle of the largest and the smallest channel."""
    high, spread = _range(planes)
    return high - spread / 2


def set_lightness_hls(planes: Planes, lightness: Array) -> Planes:
    """Red, green and blue with another L of HLS, and the hue and saturation that they have.

    Example:
        >>> import jax.numpy as jnp
        >>> red, green, blue = set_lightness_hls((jnp.array(0.5), jnp.array(0.0), jnp.array(0.25)), jnp.array(0.5))
        >>> float(red), float(green), float(blue)
        (1.0, 0.0, 0.5)
    """
    old = lightness_hls(planes)
    room = 1.0 - jnp.abs(2.0 * old - 1.0)
    scale = jnp.where(room > 1e-6, (1.0 - jnp.abs(2.0 * lightness - 1.0)) / jnp.maximum(room, 1e-6), 0.0)
    return tuple(clip_unit(lightness + (plane - old) * scale) for plane in planes)


@planewise()
def shift_hls(image: Planes, hue: Any = 0.0, lightness: Any = 0.0) -> Planes:
    """Turns the hue and shifts the lightness of the colour space HLS; grays stay gray.

    Args:
        image: (..., H, W, 3), or (..., H, W, 1), whose lightness alone is shifted.
        hue: in turns, one number or (..., H, W).
        lightness: in [-1, 1], one number or (..., H, W).

    Example:
        >>> import jax.numpy as jnp
        >>> shift_hls(jnp.array([[[255, 0, 0]]], jnp.uint8), lightness=0.25)
        Array([[[255, 128, 128]]], dtype=uint8)
    """
    if len(image) == 1:
        return (clip_unit(image[0] + lightness),)
    high, spread = _range(image)
    middle = high - spread / 2
    saturation = jnp.minimum(spread / fast_maximum(1 - jnp.abs(2 * middle - 1), 1e-9), 1.0)
    light = clip_unit(middle + lightness)
    chroma = saturation * (1 - jnp.abs(2 * light - 1))
    return tuple(clip_unit(p) for p in _from_hue(_sixths(image, high, spread, hue), light + chroma / 2, chroma))


class _Blend(NamedTuple):
    """Weights of an image, its brightness and its mean brightness in a sum that is clipped.

    With factor f, (f, 0, 0) changes brightness, (f, 0, 1 - f) contrast and (f, 1 - f, 0) saturation, as torchvision
    defines them; (1, 0, 0) changes nothing. An image without colour has no saturation.
    """

    image: Array
    gray: Array
    mean: Array

    @staticmethod
    def of(which: Array, factors: Array) -> _Blend:
        """That of the change of this number: 0 brightness, 1 contrast, 2 saturation; nothing else is a blend."""
        f = factors[jnp.minimum(which, 2)]
        blend = _Blend(f, jnp.where(which == 2, 1 - f, 0.0), jnp.where(which == 1, 1 - f, 0.0))
        return blend.only_if(which < 3)

    def only_if(self, used: Any) -> _Blend:
        """These weights, or those that change nothing."""
        return _Blend(*(jnp.where(used, w, same) for w, same in zip(self, (1.0, 0.0, 0.0), strict=True)))

    def apply(self, planes: Planes, mean: Any) -> Planes:
        shift = self.mean * mean
        if len(planes) != 3:
            return tuple(clip_unit((self.image + self.gray) * p + shift) for p in planes)
        gray = self.gray * luma(planes) + shift
        return tuple(clip_unit(self.image * p + gray) for p in planes)


def _weigh(
    planes: Planes,
    brightness: Any,
    contrast: Any,
    saturation: Any,
    hue: Any,
    order: Any,
    inside: Array | None = None,
    *,
    way: int | None = None,
) -> dict[str, Any]:
    """What a jitter does to each pixel: its four steps as blends, the turn of the hue, and the mean brightness.

    Args:
        planes: the image.
        brightness, contrast, saturation, hue, order, inside: as for `color_jitter`.
        way: the place of the turn, if it is known.
    """
    order = jnp.asarray(order)
    factors = jnp.stack([jnp.asarray(v, jnp.float32) for v in (brightness, contrast, saturation)])
    contrasted, turned = jnp.argmax(order == 1), jnp.argmax(order == 3)
    blends = [_Blend.of(order[step], factors) for step in range(4)]
    early = [blend.only_if(step < contrasted) for step, blend in enumerate(blends[:3])]
    # Kept, or they are reckoned anew for every pixel.
    blends, early, sides, hues = materialize(
        (blends, early, _sides(early, turned), (jnp.asarray(hue), jnp.where(turned < contrasted, hue, 0.0)))
    )

    def mean_of(before: Any, after: Any, hue: Any) -> Callable[[Planes], Array]:
        """The mean brightness after some steps, which is kept: a loop that sums what it makes is slow."""

        def mean(planes: Planes) -> Array:
            gray = materialize(luma(_changed(planes, before, after, hue, 0.0)))
            return materialize(mean_brightness(gray, inside))

        return mean

    if len(planes) != 3 or way == 3:
        mean = mean_of(early, None, hue)(planes)
    elif way is None:
        mean = branch(turned < contrasted, mean_of(*sides, hues[0]), mean_of(early, None, hue), planes)
    else:
        mean = mean_of(early[:way], early[way + 1 :], hues[1])(planes)
    return {"blends": blends, "hue": hues[0], "mean": mean}


def _sides(blends: Sequence[_Blend], turned: Array) -> tuple[list[_Blend], list[_Blend]]:
    """Blends before a turn whose place only the running program knows, and behind it."""
    before = [blend.only_if(step < turned) for step, blend in enumerate(blends[:3])]
    return before, [blend.only_if(step > turned) for step, blend in enumerate(blends[1:], 1)]


def _changed(planes: Planes, before: Sequence[_Blend], after: Sequence[_Blend] | None, hue: Any, mean: Any) -> Planes:
    """Blends, a turn of the hue and blends; without the turn where nothing is said of what comes behind it."""
    for blend in before:
        planes = blend.apply(planes, mean)
    if after is not None:
        planes = _turn_hue(planes, hue)
        for blend in after:
            planes = blend.apply(planes, mean)
    return planes


def _jittered(planes: Planes, blends: Sequence[_Blend], hue: Any, mean: Any, *, turn: int) -> Planes:
    """An image whose hue is turned in the place of one of four blends; one without colour has none."""
    if len(planes) != 3:
        return _changed(planes, blends, None, hue, mean)
    return _changed(planes, blends[:turn], blends[turn + 1 :], hue, mean)


def _place_of_turn(order: Any, **others: Any) -> Array:
    return jnp.argmax(order == 3)


_WAYS = Ways(_place_of_turn, _weigh, tuple(functools.partial(_jittered, turn=turn) for turn in range(4)))


@planewise(ways=_WAYS)
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
    weighed = _weigh(image, brightness, contrast, saturation, hue, order, inside)
    if len(image) != 3:
        return _jittered(image, **weighed, turn=0)
    # All in one loop, in which every blend stands on both sides of the turn, and does nothing on one: branches would
    # keep the planes between the changes.
    sides = materialize(_sides(weighed["blends"], _place_of_turn(jnp.asarray(order))))
    return _changed(image, *sides, weighed["hue"], weighed["mean"])


def _gray_matrix(*, method: str = "weighted_average", num_output_channels: int = 3) -> ColourMatrix | None:
    if method != "weighted_average" or num_output_channels != 3:
        return None
    return ColourMatrix(jnp.broadcast_to(jnp.asarray(LUMA), (3, 3)), jnp.zeros(3), jnp.array([-jnp.inf, jnp.inf]))


@planewise(matrix=_gray_matrix, keeps_channels=False)
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
        gray = lightness(image)
    elif method == "desaturation":
        gray = highest - spread / 2
    elif method == "average":
        gray = sum(image[1:], image[0]) / len(image)
    elif method == "max":
        gray = highest
    else:
        gray = _first_component(image, inside)
    return (gray,) * num_output_channels


def colour_covariance(image: Planes, inside: Array | None) -> tuple[Array, Array, Array]:
    """Values (C, pixels) about their means, which of them count, and their covariance (C, C) times their number."""
    flat = jnp.stack([v.reshape(-1) for v in image])
    counts = jnp.ones(flat.shape[1:], bool) if inside is None else jnp.broadcast_to(inside, image[0].shape).reshape(-1)
    centred = flat - flat.mean(axis=1, keepdims=True, where=counts)
    within = jnp.where(counts, centred, 0.0)
    return centred, counts, jnp.matmul(within, within.T, precision=jax.lax.Precision.HIGHEST)


def _first_component(image: Planes, inside: Array | None) -> Array:
    centred, counts, covariance = colour_covariance(image, inside)
    axis = jnp.linalg.eigh(covariance)[1][:, -1]
    axis = jnp.where(axis.sum() < 0, -axis, axis)
    score = jnp.matmul(axis, centred, precision=jax.lax.Precision.HIGHEST)
    low, high = score.min(where=counts, initial=jnp.inf), score.max(where=counts, initial=-jnp.inf)
    return ((score - low) / jnp.where(high > low, high - low, 1.0)).reshape(image[0].shape)


@planewise()
def shift_along_components(image: Planes, shares: Any, inside: Array | None = None) -> Planes:
    """Adds to all pixels one colour: the principal components of an image's colours, weighted by their variances.

    Args:
        image: (..., H, W, C).
        shares: (C,) factor of each component's variance, that of the largest first.
        inside: (H, W) pixels that count for the components, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> shift_along_components(jnp.array([[[0.25], [0.75]]]), jnp.array([1.0]))[0, :, 0]
        Array([0.3125, 0.8125], dtype=float32)
    """
    _, counts, covariance = colour_covariance(jax.lax.stop_gradient(image), inside)
    variances, axes = jnp.linalg.eigh(covariance / counts.sum())
    # The sign of a component is free: it points to the brighter side.
    axes = axes * jnp.where(axes.sum(axis=0) < 0, -1.0, 1.0)
    weights = (jnp.asarray(shares)[::-1] * jnp.maximum(variances, 0.0))[None]
    colour = (axes * weights).sum(axis=1)
    return tuple(clip_unit(plane + colour[channel]) for channel, plane in enumerate(image))


@planewise()
def colorize(image: Planes, black: Any, mid: Any, white: Any, mid_value: Any) -> Planes:
    """Shows brightness (ITU-R BT.601) in colours, linearly between three of them.

    Args:
        image: (..., 3), or (..., 1), which stays one and takes the first of each colour.
        black, mid, white: (3,) colours of brightness 0, `mid_value` and 1, in full brightnesses.
        mid_value: brightness of the one between, within (0, 1).

    Example:
        >>> import jax.numpy as jnp
        >>> gray, red, white = jnp.full((1, 1, 3), 0.25), jnp.array([1.0, 0.0, 0.0]), jnp.ones(3)
        >>> colorize(gray, jnp.zeros(3), red, white, 0.5)
        Array([[[0.5, 0. , 0. ]]], dtype=float32)
    """
    gray = clip_unit(luma(image))
    dark, bright = jnp.minimum(gray / mid_value, 1.0), jnp.maximum((gray - mid_value) / (1 - mid_value), 0.0)
    colours = zip(*(jnp.asarray(colour, jnp.float32) for colour in (black, mid, white)), strict=True)
    return tuple(a + dark * (b - a) + bright * (c - b) for a, b, c in itertools.islice(colours, len(image)))
