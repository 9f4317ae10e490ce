"""Glyphs of a font, rasterised on the host, and lines of text made of them."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import ends_reached

#: Size of the font, in pixels, at which glyphs are rasterised.
SIZE = 48
#: Characters that there are glyphs of: what is printed of ASCII and Latin-1. Others show as the last one.
CHARACTERS = (*range(32, 127), *range(161, 256), 0xFFFD)


@dataclasses.dataclass(frozen=True)
class Glyphs:
    """The glyphs of a font at `SIZE`, on lines of one height that begin at the ascender.

    Args:
        cover: (G, A, E) uint8, of G glyphs A columns of E pixels from the top down: 255 where there is ink.
        advance: (G,) float32, pixels from the beginning of a glyph to that of the next one.
    """

    cover: np.ndarray
    advance: np.ndarray


@functools.lru_cache(maxsize=16)
def glyphs_of(font: str) -> Glyphs:
    """The glyphs of a font file.

    Args:
        font: a path of a file of TrueType or OpenType.

    Raises:
        ImportError: Pillow is missing.
        ValueError: the file cannot be read as a font.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise ImportError(
            "Text is rasterised by Pillow, which is not installed: pip install pillow, or pip install 'jaxaug[plot]'."
        ) from None
    try:
        face = ImageFont.truetype(font, SIZE)
    except OSError as error:
        raise ValueError(f"Pillow says {str(error)[:60]!r} of {font!r}.") from None
    letters = [chr(code) for code in CHARACTERS]
    advance = np.array([face.getlength(letter) for letter in letters], np.float32)
    width, height = int(np.ceil(advance.max())), sum(face.getmetrics())
    cover = np.zeros((len(letters), width, height), np.uint8)
    for i, letter in enumerate(letters):
        cell = Image.new("L", (width, height))
        ImageDraw.Draw(cell).text((0, 0), letter, fill=255, font=face)
        cover[i] = np.asarray(cell).T
    return Glyphs(cover, advance)


@with_own_settings
def text_cover(codes: Array, corner: Array, size: Any, glyphs: Glyphs, shape: tuple[int, int]) -> Array:
    """Where a line of text covers a picture: (height, width) floats in [0, 1].

    Args:
        codes: (L,) int32 code points; text ends with the first 0.
        corner: (2,) x and y of the upper end of the line's beginning, in pixels.
        size: of the font in pixels; 0 for none.
        glyphs: of the font.
        shape: (height, width) of the picture.
    """
    width, height = glyphs.cover.shape[1:]
    place = np.full(256, len(CHARACTERS) - 1, np.int32)
    place[list(CHARACTERS[:-1])] = np.arange(len(CHARACTERS) - 1)
    glyph = jnp.where(codes < 256, jnp.asarray(place)[jnp.clip(codes, 0, 255)], len(CHARACTERS) - 1)
    there = jnp.cumprod(codes != 0) != 0
    ends = jnp.cumsum(jnp.where(there, jnp.asarray(glyphs.advance)[glyph], 0.0))
    starts = ends - jnp.where(there, jnp.asarray(glyphs.advance)[glyph], 0.0)
    # The line at the size of the glyphs, column by column.
    column = np.arange(codes.shape[0] * width) + np.float32(0.5)
    letter = ends_reached(ends, jnp.asarray(column))
    within = jnp.clip((column - jnp.take(starts, letter, mode="clip")).astype(jnp.int32), 0, width - 1)
    row = jnp.take(glyph, letter, mode="clip") * width + within
    line = jnp.take(jnp.asarray(glyphs.cover.reshape(-1, height)), row, axis=0, mode="clip")
    ink = jnp.where((column < ends[-1])[:, None], line.astype(jnp.float32) * np.float32(1 / 255), 0.0)
    step = SIZE / jnp.maximum(jnp.asarray(size, jnp.float32), 1e-3)
    across, down = (
        _averaging((np.arange(n) + np.float32(0.5) - corner[axis]) * step, step, length)
        for axis, (n, length) in enumerate(((shape[1], ink.shape[0]), (shape[0], height)))
    )
    highest = jax.lax.Precision.HIGHEST
    narrow = jnp.matmul(across, ink, precision=highest)
    return jnp.where(size > 0, jnp.matmul(down, narrow.T, precision=highest), 0.0)


def _averaging(centre: Any, step: Any, length: int) -> Array:
    """(n, length) the share of each of the pixels of a line in boxes, with nothing beyond its ends.

    Args:
        centre: (n,) of the boxes, in pixels of the line.
        step: their width; at least a pixel counts.
        length: pixels of the line.
    """
    wide = jnp.maximum(step, 1.0)
    low = jnp.maximum(np.arange(length, dtype=np.float32), (centre - wide / 2)[:, None])
    high = jnp.minimum(np.arange(1, length + 1, dtype=np.float32), (centre + wide / 2)[:, None])
    return jnp.maximum(high - low, 0.0) / wide
