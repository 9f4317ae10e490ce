"""Changes of colour that a policy chooses among: curves of levels, less or more colour, less or more detail."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import branch
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import LUMA, luma
from jaxaug.kernels.decorators import Planes, imagewise, planewise
from jaxaug.kernels.filters import convolve_2d
from jaxaug.kernels.histogram import LEVELS, count_levels, equalizing, look_up

#: What `adjust_levels` may do, by number.
KINDS = ("Brightness", "Contrast", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert")
#: Those that look at how often levels occur.
_COUNT = ("Contrast", "AutoContrast", "Equalize")
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13


@imagewise(takes_uint8=True)
@with_own_settings
def adjust_levels(image: Array, kind: Any, amount: Any, inside: Array | None = None) -> Array:
    """Each level by a curve, of those that `KINDS` names.

    Args:
        image: (H, W, C).
        kind: number of the curve.
        amount: `Brightness` and `Contrast`: factor; `Posterize`: bits that stay; `Solarize`: level from which on values
            are inverted; others do not look at it.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> adjust_levels(jnp.array([[[10], [200]]], jnp.uint8), KINDS.index("Solarize"), 128.0)[0, :, 0]
        Array([10, 55], dtype=uint8)

    They are those of Pillow's `ImageEnhance` and `ImageOps`, of which results of 8 bits are cut off, not rounded.
    """
    kind, amount = jnp.asarray(kind, jnp.int32), jnp.asarray(amount, jnp.float32)
    level = jnp.arange(LEVELS, dtype=jnp.float32)
    channels = image.shape[-1]
    counting = jnp.stack([kind == KINDS.index(name) for name in _COUNT]).any()
    counts = branch(
        counting, lambda image: count_levels(image, inside), lambda _: jnp.zeros((channels, LEVELS), jnp.int32), image
    )

    def contrast() -> Array:
        means = (counts * level).sum(axis=1) / jnp.maximum(counts.sum(axis=1), 1)
        grey = (means * LUMA).sum() if channels == 3 else means.mean()
        return jnp.floor(grey + 0.5) * (1.0 - amount) + level * amount

    def auto_contrast() -> Array:
        low = jnp.argmax(counts > 0, axis=1, keepdims=True)
        high = LEVELS - 1 - jnp.argmax(counts[:, ::-1] > 0, axis=1, keepdims=True)
        return jnp.where(high > low, (level - low) * (255 / jnp.maximum(high - low, 1)), level)

    step = jnp.exp2(8.0 - amount)
    curves = [
        lambda: level * amount,
        contrast,
        lambda: jnp.floor(level / step) * step,
        lambda: jnp.where(level >= amount, 255 - level, level),
        auto_contrast,
        lambda: equalizing(counts, "pil"),
        lambda: 255 - level,
    ]
    every = [lambda make=make: jnp.broadcast_to(jnp.clip(make(), 0, 255), (channels, LEVELS)) for make in curves]
    curve = jax.lax.switch(kind, every)
    # A little more than the whole numbers that products are meant to be.
    return look_up(jnp.floor(curve + 1e-3) if image.dtype == jnp.uint8 else curve, image)


@planewise()
@with_own_settings
def adjust_saturation(image: Planes, factor: Any) -> Planes:
    """Less or more colour: a mixture with the grey picture, as Pillow's `ImageEnhance.Color` makes it.

    Args:
        image: (H, W, C); one without colours stays as it is.
        factor: 0 is grey, 1 the picture, more has more colour.

    Example:
        >>> import jax.numpy as jnp
        >>> adjust_saturation(jnp.array([[[200, 0, 0]]], jnp.uint8), 0.0)
        Array([[[60, 60, 60]]], dtype=uint8)
    """
    if len(image) != 3:
        return image
    grey = luma(image)
    return tuple(clip_unit(grey + (plane - grey) * factor) for plane in image)


@imagewise()
@with_own_settings
def adjust_sharpness(image: Array, factor: Any, *, size: Any) -> Array:
    """Less or more detail: a mixture with the picture smoothed, as Pillow's `ImageEnhance.Sharpness` makes it.

    Args:
        image: (H, W, C).
        factor: 0 is smooth, 1 the picture, more is sharper. Pixels at the rim stay as they are.
        size: true (height, width).

    Example:
        >>> import jax.numpy as jnp
        >>> point = jnp.zeros((3, 3, 1)).at[1, 1].set(0.65)
        >>> adjust_sharpness(point, 0.0)[1, :, 0]
        Array([0.  , 0.25, 0.  ], dtype=float32)
    """
    smooth = convolve_2d(image, jnp.asarray(_SMOOTH))
    rows, columns = (
        (jnp.arange(n) > 0) & (jnp.arange(n) < true - 1) for n, true in zip(image.shape, size, strict=False)
    )
    within = (rows[:, None] & columns)[..., None]
    return jnp.where(within, clip_unit(smooth + (image - smooth) * factor), image)
