"""Curves that the histogram of an image makes; each takes an image (H, W, C) and returns one of the same dtype.

Histograms count 256 levels. Images of 8 bits are looked up in a curve of as many values; others between two of them, so
that they keep their finer steps.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import is_concrete
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.arithmetic import clip_unit
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, imagewise, planewise
from jaxaug.kernels.dtype import to_unit
from jaxaug.kernels.lab import from_lab, lightness_changed_uint8, to_lab

LEVELS = 256
IDENTITY = np.arange(LEVELS, dtype=np.float32)


def to_level(value: Array) -> Array:
    """The nearest of 256 levels of values in [0, 1], int32; those of 8 bits are levels already."""
    if value.dtype == jnp.uint8:
        return value.astype(jnp.int32)
    return jnp.round(clip_unit(value) * 255).astype(jnp.int32)


def count_levels(image: Array, inside: Array | None = None) -> Array:
    """(C, 256) how often each level occurs in each channel.

    Args:
        image: (H, W, C) 8-bit levels, or floats in [0, 1].
        inside: (H, W) or (H, W, C) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> count_levels(jnp.array([[[3], [3], [255]]], jnp.uint8))[0, 3]
        Array(2, dtype=int32)
    """
    height, width, channels = image.shape
    if pixel_packing.fits(image):
        # A word for each pixel is what is kept in memory, not the place of each value.
        words = materialize(pixel_packing.pack(image))
        levels = [((words >> (8 * channel)) & 255).astype(jnp.int32) for channel in range(channels)]
        if inside is not None:
            within = jnp.broadcast_to(inside if inside.ndim == 3 else inside[..., None], image.shape)
            levels = [jnp.where(within[..., channel], level, LEVELS) for channel, level in enumerate(levels)]
        return jnp.stack([_counted(level, LEVELS) for level in levels])
    place = to_level(image).reshape(height, width * channels) + _starts(width, channels)
    if inside is not None:
        within = jnp.broadcast_to(inside if inside.ndim == 3 else inside[..., None], image.shape)
        place = jnp.where(within.reshape(place.shape), place, channels * LEVELS)
    return _counted(materialize(place), channels * LEVELS).reshape(channels, LEVELS)


def _counted(place: Array, count: int) -> Array:
    """(count,) how often each number below `count` occurs; larger ones do not count."""
    return jnp.zeros(count, jnp.int32).at[place.reshape(-1)].add(1, mode="drop")


def _starts(width: int, channels: int) -> np.ndarray:
    """Where the levels of each channel begin, along a row in which channels alternate."""
    return np.tile(np.arange(channels, dtype=np.int32) * LEVELS, width)


def look_up(curves: Array, value: Array) -> Array:
    """The curve of each channel at an image's values.

    Args:
        curves: (C, 256) levels.
        value: (H, W, C) 8-bit levels, or floats in [0, 1], which may lie between two.

    Returns:
        Levels, or floats in [0, 1].
    """
    height, width, channels = value.shape
    row, starts = value.reshape(height, width * channels), _starts(width, channels)
    if value.dtype == jnp.uint8:
        levels = materialize(jnp.round(curves).astype(jnp.uint8).reshape(-1))
        return jnp.take(levels, row.astype(jnp.int32) + starts, mode="clip").reshape(value.shape)
    low, share = _between(row)
    flat = materialize(curves.reshape(-1) * np.float32(1 / 255))
    first, second = (jnp.take(flat, low + step + starts, mode="clip") for step in (0, 1))
    return (first + share * (second - first)).reshape(value.shape)


def _between(value: Array) -> tuple[Array, Array]:
    """The level below values in [0, 1], at most 254, and how far they lie above it."""
    scaled = clip_unit(value) * 255
    low = jnp.minimum(jnp.floor(scaled), 254.0)
    return low.astype(jnp.int32), scaled - low


def _spread(cumulative: Array, low: Array, high: Array) -> Array:
    """Levels in proportion to how many values lie above the lowest level that counts, up to the highest."""
    first, last = (jnp.take_along_axis(cumulative, level, axis=1) for level in (low, high))
    share = (cumulative - first).astype(jnp.float32) / jnp.maximum(last - first, 1).astype(jnp.float32)
    curve = jnp.clip(jnp.round(share * 255), 0, 255)
    return jnp.where(last > first, curve, IDENTITY)


def _lowest(counts: Array) -> Array:
    return jnp.argmax(counts > 0, axis=1, keepdims=True)


def _highest(counts: Array) -> Array:
    return LEVELS - 1 - _lowest(counts[:, ::-1])


def equalizing(counts: Array, mode: str) -> Array:
    """(C, 256) curves after which all levels are about as frequent."""
    cumulative = jnp.cumsum(counts, axis=1)
    if mode == "cv":
        return _spread(cumulative, _lowest(counts), jnp.full((counts.shape[0], 1), LEVELS - 1))
    last = jnp.take_along_axis(counts, _highest(counts), axis=1)
    step = (cumulative[:, -1:] - last) // (LEVELS - 1)
    curve = jnp.minimum((step // 2 + cumulative - counts) // jnp.maximum(step, 1), LEVELS - 1)
    return jnp.where(step > 0, curve.astype(jnp.float32), IDENTITY)


@imagewise(takes_uint8=True)
def equalize(
    image: Array,
    *,
    mode: str = "cv",
    by_channels: bool = True,
    inside: Array | None = None,
    mask: Array | None = None,
    mask_function: Importable | None = None,
    **entries: Any,
) -> Array:
    """Makes all levels about equally frequent.

    Args:
        image: (H, W, C).
        mode: `cv`, as OpenCV's `equalizeHist` counts, or `pil`, as Pillow's `ImageOps.equalize` does.
        by_channels: every channel by itself, else brightness (ITU-R BT.601) alone, whose change all channels share.
        inside: (H, W) pixels that count, by default all.
        mask: (H, W) or (H, W, C) of which pixels above zero count too.
        mask_function: makes that mask from the image as floats in [0, 1], `mask` if there is one, and `entries`.
        **entries: its other keyword arguments.

    Example:
        >>> import jax.numpy as jnp
        >>> equalize(jnp.array([[[10], [20], [30]]], jnp.uint8))[0, :, 0]
        Array([  0, 128, 255], dtype=uint8)
    """
    if mask_function is not None:
        seen = entries if mask is None else {**entries, "mask": mask}
        mask = mask_function()(image=to_unit(image), **seen)
    if mask is not None:
        mask = jnp.asarray(mask) > 0
        mask = mask[..., 0] if mask.ndim == 3 and mask.shape[-1] == 1 else mask
        inside = mask if inside is None else mask & (inside if mask.ndim == 2 else inside[..., None])
    if by_channels or image.shape[-1] == 1:
        return look_up(equalizing(count_levels(image, inside), mode), image)
    unit = to_unit(image)
    gray = luma(tuple(jnp.moveaxis(unit, -1, 0)))[..., None]
    if image.dtype == jnp.uint8:
        gray = jnp.round(gray * 255) * np.float32(1 / 255)
    raised = look_up(equalizing(count_levels(gray, inside), mode), gray)
    out = clip_unit(unit + (raised - gray))
    return out if image.dtype != jnp.uint8 else jnp.round(out * 255).astype(jnp.uint8)


@imagewise(takes_uint8=True)
def auto_contrast(
    image: Array,
    cutoff: Any = 0.0,
    *,
    ignore: int | None = None,
    method: str = "cdf",
    inside: Array | None = None,
) -> Array:
    """Stretches each channel from black to full brightness.

    Args:
        image: (H, W, C).
        cutoff: percentage of the values at each end that need not fit.
        ignore: a level of 0 to 255 that does not count and stays as it is.
        method: `pil` stretches evenly, as Pillow's `ImageOps.autocontrast` does; `cdf` in proportion to how many values
            lie below.
        inside: (H, W) pixels that count, by default all.

    Example:
        >>> import jax.numpy as jnp
        >>> auto_contrast(jnp.array([[[50], [75], [150]]], jnp.uint8), method="pil")[0, :, 0]
        Array([  0,  64, 255], dtype=uint8)
    """
    counts = count_levels(image, inside)
    if ignore is not None:
        counts = counts.at[:, ignore].set(0)
    cumulative = jnp.cumsum(counts, axis=1)
    total = cumulative[:, -1:]
    cut = jnp.floor(total * jnp.asarray(cutoff, jnp.float32) / 100)
    low = jnp.argmax(cumulative > cut, axis=1, keepdims=True)
    high = LEVELS - 1 - jnp.argmax((total - cumulative + counts)[:, ::-1] > cut, axis=1, keepdims=True)
    if method == "cdf":
        curve = _spread(cumulative, low, high)
    else:
        curve = jnp.clip(jnp.round((IDENTITY - low) * (255 / jnp.maximum(high - low, 1))), 0, 255)
    curve = jnp.where(high > low, curve, IDENTITY)
    return look_up(curve if ignore is None else curve.at[:, ignore].set(ignore), image)


@planewise()
def clahe(image: Planes, clip_limit: Any, *, tiles: tuple[int, int] = (8, 8), size: Any, whole: Any = False) -> Planes:
    """Equalises the histograms of tiles, whose peaks are cut, and blends between them.

    Args:
        image: (H, W, 3), of which the lightness L* of CIE L*a*b* changes, or (H, W, 1).
        clip_limit: largest count of a level, in mean counts; at least 1.
        tiles: along x and along y.
        size: true (height, width).
        whole: levels are rounded before they are looked up, as those of 8 bits are.

    Example:
        >>> import jax.numpy as jnp
        >>> clahe(jnp.full((16, 16, 1), 100, jnp.uint8), 2.0, tiles=(2, 2)).shape
        (16, 16, 1)

    The method of Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994, with the tiles
    and counts of OpenCV's `createCLAHE`.
    """
    if len(image) == 1:
        return (_adapted(image[0], clip_limit, tiles, size, whole=whole),)
    if whole:
        return lightness_changed_uint8(image, lambda light: _adapted(light, clip_limit, tiles, size, whole=True))
    light, *colour = materialize(to_lab(image))
    return from_lab((materialize(_adapted(light, clip_limit, tiles, size, whole=False)), *colour))


def _adapted(plane: Array, clip_limit: Any, tiles: tuple[int, int], size: Any, *, whole: bool) -> Array:
    """One channel (H, W) of floats in [0, 1] after tile-wise equalisation."""
    if whole:
        plane = jnp.round(clip_unit(plane) * 255) * np.float32(1 / 255)
    level, sides = to_level(plane), _tile_sides(tiles, size)
    curves = _tile_curves(materialize(level), clip_limit, tiles, size, sides)
    corners = materialize(_corner_words(curves))
    (down, up), (across, left) = (_tile_places(n, side) for n, side in zip(plane.shape, sides[::-1], strict=True))
    cell = down[:, None] * (tiles[0] + 1) + across

    def blended(level: Array) -> Array:
        words = materialize(jnp.take(corners, materialize(cell * LEVELS + level), mode="clip"))
        four = [((words >> shift) & 255).astype(jnp.int32).astype(jnp.float32) for shift in (0, 8, 16, 24)]
        top, bottom = (a + left * (b - a) for a, b in (four[:2], four[2:]))
        return top + up[:, None] * (bottom - top)

    if whole:
        return jnp.round(blended(level)) * np.float32(1 / 255)
    low, share = _between(plane)
    first = blended(low)
    return (first + share * (blended(low + 1) - first)) * np.float32(1 / 255)


def _tile_sides(tiles: tuple[int, int], size: Any) -> tuple[Any, Any]:
    """Width and height of a tile: the picture is continued to the right and below where it is no multiple of both."""
    (height, width), (across, down) = size, tiles
    if not is_concrete(height):
        height, width = (n.astype(jnp.int32) for n in (height, width))
    even = (height % down == 0) & (width % across == 0)
    return tuple(n // count + (1 - even) for n, count in ((width, across), (height, down)))


def _tile_places(length: int, side: Any) -> tuple[Array, Array]:
    """Between which tiles the pixels along a side lie, from 0, and how far from the first towards the second."""
    place = jnp.arange(length, dtype=jnp.float32) / side + 0.5
    first = jnp.floor(place)
    return first.astype(jnp.int32), place - first


def _tile_curves(level: Array, clip_limit: Any, tiles: tuple[int, int], size: Any, sides: tuple[Any, Any]) -> Array:
    """(down, across, 256) the curve of each tile."""
    (across, down), (tile_width, tile_height) = tiles, sides
    tile_rows, rows = _continued(level.shape[0], size[0], tile_height, down)
    tile_columns, columns = _continued(level.shape[1], size[1], tile_width, across)
    tile = tile_rows[:, None] * across + tile_columns
    counted = (tile_rows < down)[:, None] & (tile_columns < across)
    if rows is not None and columns is not None:
        level = jnp.take(jnp.take(level, rows, axis=0, mode="clip"), columns, axis=1, mode="clip")
    place = jnp.where(counted, tile * LEVELS + level, down * across * LEVELS)
    counts = _counted(materialize(place), down * across * LEVELS)
    area = tile_width * tile_height
    most = jnp.maximum(jnp.floor(jnp.asarray(clip_limit, jnp.float32) * area / LEVELS), 1).astype(jnp.int32)
    clipped = _clipped(counts.reshape(-1, LEVELS), most)
    curves = jnp.round(jnp.cumsum(clipped, axis=1).astype(jnp.float32) * (255 / area))
    return jnp.clip(curves, 0, 255).reshape(down, across, LEVELS)


def _continued(length: int, true: Any, side: Any, count: int) -> tuple[Array, Array | None]:
    """The tile of each pixel along a side that is mirrored about its end, and which pixel that is; None for its own."""
    if is_concrete(true) and true == length == side * count:
        return jnp.arange(length) // side, jnp.arange(length)
    place = jnp.arange(side * count if is_concrete(side) else length + count)
    period = jnp.maximum(2 * (jnp.asarray(true, jnp.int32) - 1), 1)
    around = place % period
    return place // side, jnp.minimum(around, period - around)


def _clipped(counts: Array, most: Array) -> Array:
    """Counts (..., 256) cut at the top, and what is cut off spread over all levels."""
    over = jnp.maximum(counts - most, 0).sum(axis=1, keepdims=True)
    rest = over % LEVELS
    step = jnp.maximum(LEVELS // jnp.maximum(rest, 1), 1)
    level = np.arange(LEVELS)
    extra = (level % step == 0) & (level // step < rest)
    return jnp.minimum(counts, most) + over // LEVELS + extra


def _corner_words(curves: Array) -> Array:
    """(cells * 256,) uint32: the levels of the four tiles about each point where tiles meet, one byte each."""
    levels = jnp.pad(curves.astype(jnp.uint32), ((1, 1), (1, 1), (0, 0)), mode="edge")
    top, bottom = (rows[:, :-1] | (rows[:, 1:] << 8) for rows in (levels[:-1], levels[1:]))
    return (top | (bottom << 16)).reshape(-1)
