"""The values of an image distributed as those of a reference image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour import colour_covariance
from jaxaug.kernels.colour_matrix import luma, mean_brightness
from jaxaug.kernels.decorators import Planes, imagewise, planewise
from jaxaug.kernels.dtype import to_unit
from jaxaug.kernels.histogram import IDENTITY, LEVELS, count_levels, look_up

#: One reference image, or several.
References: TypeAlias = Any


def _of_chosen(references: References, index: Any, measure: Callable[[Array], Any]) -> Any:
    """What is measured of the reference that an index names, and of no other."""
    several = references if isinstance(references, list | tuple) else (references,)
    sides = [lambda image=image: measure(jnp.asarray(image)) for image in several]
    return sides[0]() if len(sides) == 1 else jax.lax.switch(index, sides)


def _with_channels(reference: Array, channels: int) -> Array:
    """A reference (H, W) or (H, W, C) of that many channels, all of them its brightness if it has another number."""
    reference = reference if reference.ndim == 3 else reference[..., None]
    if reference.shape[-1] == channels:
        return reference
    gray = luma(tuple(jnp.moveaxis(to_unit(reference), -1, 0)))
    return jnp.broadcast_to(gray[..., None], (*gray.shape, channels))


@imagewise(takes_uint8=True)
def match_histogram(
    image: Array, references: References, ratio: Any = 1.0, index: Any = 0, *, inside: Array | None = None
) -> Array:
    """Gives each channel the histogram of a reference's.

    Args:
        image: (H, W, C).
        references: an image (H, W) or (H, W, C) of any size, bytes or floats in [0, 1], or a tuple of such images. One
            of another number of channels is taken for its brightness.
        ratio: share of the change in the result, in [0, 1].
        index: which of several references counts.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> image, reference = (jnp.array([[[a], [b]]], jnp.uint8) for a, b in ((10, 20), (100, 200)))
        >>> match_histogram(image, reference)[0, :, 0]
        Array([100, 200], dtype=uint8)
    """

    def measure(reference: Array) -> Array:
        known = _with_channels(reference, image.shape[-1])
        return count_levels(known if known.dtype == jnp.uint8 else to_unit(known))

    curve = matching(count_levels(image, inside), _of_chosen(references, index, measure))
    return look_up(IDENTITY + ratio * (curve - IDENTITY), image)


def matching(counts: Array, wanted: Array) -> Array:
    """(C, 256) curves after which levels of some counts (C, 256) are distributed as those of others.

    Each level goes where as large a share of the others lies at or below it, linearly between the levels that occur.

    Example:
        >>> import jax.numpy as jnp
        >>> counts = jnp.zeros((1, 256), int).at[0, jnp.array([0, 7])].set(1)
        >>> matching(counts, jnp.roll(counts, 3))[0, :8]
        Array([ 3.,  3.,  3.,  3.,  3.,  3.,  3., 10.], dtype=float32)
    """
    share, reached = (jnp.cumsum(c, axis=1) / jnp.maximum(c.sum(axis=1, keepdims=True), 1) for c in (counts, wanted))
    above = jnp.minimum((reached[:, None] < share[..., None]).sum(axis=2), LEVELS - 1)
    # Of the levels that occur, the last one below each level; -1 where there is none.
    occurring = jax.lax.cummax(jnp.where(wanted > 0, np.arange(LEVELS), -1), axis=1)
    below = jnp.take_along_axis(jnp.pad(occurring[:, :-1], ((0, 0), (1, 0)), constant_values=-1), above, axis=1)
    start = jnp.take_along_axis(reached, jnp.maximum(below, 0), axis=1)
    width = jnp.take_along_axis(reached, above, axis=1) - start
    part = jnp.where(width > 0, (share - start) / jnp.where(width > 0, width, 1.0), 1.0)
    # What lies below the first of them goes there.
    first = jnp.argmax(wanted > 0, axis=1, keepdims=True)
    none = below < 0
    first, below, step = (level.astype(jnp.float32) for level in (first, below, above - below))
    return jnp.where(none, first, below + part.astype(jnp.float32) * step)


@planewise()
def match_distribution(
    image: Planes,
    references: References,
    ratio: Any = 1.0,
    index: Any = 0,
    *,
    method: str = "pca",
    inside: Array | None = None,
) -> Planes:
    """Moves and scales, or turns, the colours of an image to where those of a reference lie.

    Args:
        image: (H, W, C).
        references: an image (H, W) or (H, W, C) of any size, bytes or floats in [0, 1], or a tuple of such images. One
            of another number of channels is taken for its brightness.
        ratio: share of the change in the result, in [0, 1].
        index: which of several references counts.
        method: `standard` gives each channel the mean and the deviation of the reference's, `minmax` its smallest and
            largest value, `pca` gives all channels together its mean and the directions of its principal components, of
            which each is taken with the sign that lies nearer to the image's own.
        inside: (H, W) pixels that count, by default all.

    Returns:
        The channels, cut to [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> image, reference = (jnp.array([[[a], [b]]], jnp.uint8) for a, b in ((10, 20), (100, 200)))
        >>> match_distribution(image, reference, method="standard")[0, :, 0]
        Array([100, 200], dtype=uint8)
    """

    def measure(reference: Array) -> tuple[Array, Array]:
        return _origin_and_scale(tuple(jnp.moveaxis(to_unit(_with_channels(reference, len(image))), -1, 0)), method)

    own, scale = _origin_and_scale(image, method, inside)
    origin, wanted = _of_chosen(references, index, measure)
    centred = [plane - own[channel] for channel, plane in enumerate(image)]
    if method == "pca":
        wanted = wanted * jnp.where((scale * wanted).sum(axis=0) < 0, -1.0, 1.0)
        turn = jnp.matmul(wanted, scale.T, precision=jax.lax.Precision.HIGHEST)
        moved = [sum(turn[i, j] * plane for j, plane in enumerate(centred)) for i in range(len(image))]
    else:
        factor = wanted / jnp.where(scale > 0, scale, 1.0)
        moved = [factor[channel] * plane for channel, plane in enumerate(centred)]
    return tuple(
        plane + ratio * (clip_unit(origin[channel] + change) - plane)
        for channel, (plane, change) in enumerate(zip(image, moved, strict=True))
    )


def _origin_and_scale(image: Planes, method: str, inside: Array | None = None) -> tuple[Array, Array]:
    """Where the colours of an image lie, (C,), and how they are spread: (C,), or principal components, (C, C)."""
    if method == "minmax":
        every = True if inside is None else inside
        low = jnp.stack([plane.min(where=every, initial=jnp.inf) for plane in image])
        return low, jnp.stack([plane.max(where=every, initial=-jnp.inf) for plane in image]) - low
    mean = jnp.stack([mean_brightness(plane, inside) for plane in image])
    if method == "standard":
        square = [mean_brightness((plane - mean[channel]) ** 2, inside) for channel, plane in enumerate(image)]
        variance = jnp.stack(square)
        return mean, jnp.where(variance > 0, jnp.sqrt(jnp.where(variance > 0, variance, 1.0)), 0.0)
    _, counts, covariance = colour_covariance(jax.lax.stop_gradient(image), inside)
    return mean, jnp.linalg.eigh(covariance / counts.sum())[1]
