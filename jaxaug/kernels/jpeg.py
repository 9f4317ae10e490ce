"""What compression as JPEG leaves of an image: all that loses something, without the file.

After ITU-T T.81 (JPEG) and T.871 (JFIF), in the steps of libjpeg: colour to luma and chroma, chroma at half the size
(4:2:0), 8 x 8 cosine transforms, whole multiples of the tables of Annex K scaled by a quality, and back, with chroma
enlarged by a triangle filter.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.kernels.decorators import Planes, planewise

#: Steps of the coefficients of luma at quality 50, by frequency down and across.
LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.int32,
)
#: The same of chroma.
CHROMA = np.full((8, 8), 99, np.int32)
CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def _cosines() -> np.ndarray:
    """(64, 64) the orthonormal cosine transform of 8 x 8 values, as one matrix."""
    k = np.arange(8)
    one = np.cos((2 * k + 1) * k[:, None] * np.pi / 16) * np.sqrt(np.where(k == 0, 1 / 8, 1 / 4))[:, None]
    return np.kron(one, one).astype(np.float32)


COSINES = _cosines()


@planewise()
def jpeg(image: Planes, quality: Any, size: Any) -> Planes:
    """Compresses an image as JPEG and decompresses it.

    Args:
        image: channels (H, W) in [0, 1]. Three are red, green and blue; of more, the first three are, and each other
            is compressed by itself without colour, as is every one of fewer.
        quality: 1 to 100, whole; may be traced.
        size: (height, width) of the picture, which may be less than that of the arrays.

    Example:
        >>> import jax.numpy as jnp
        >>> jpeg(jnp.array([[[10], [200], [10], [200]]], jnp.uint8), 5)[..., 0]
        Array([[  4, 187,  24, 173]], dtype=uint8)

    Values become levels of 255 first. Gradients pass through all rounding as if there were none.
    """
    levels = [_rounded(jnp.clip(plane, 0.0, 1.0) * np.float32(255)) for plane in image]
    coloured = 3 if len(levels) >= 3 else 0
    out = _coloured(levels[:3], quality, size) if coloured else []
    for plane in levels[coloured:]:
        out.append(_through_blocks([plane], LUMA, quality, size)[0])
    return tuple(plane * np.float32(1 / 255) for plane in out)


def _instead(value: Array, of: Array) -> Array:
    """A value near another one, with the slopes of that one."""
    return of + jax.lax.stop_gradient(value - of)


def _rounded(value: Array) -> Array:
    return _instead(jnp.round(value), value)


def _coloured(colours: list[Array], quality: Any, size: Any) -> list[Array]:
    red, green, blue = colours
    height, width = red.shape
    luma = _rounded(0.299 * red + 0.587 * green + 0.114 * blue)
    chroma = [
        _rounded(128 - 0.168735892 * red - 0.331264108 * green + 0.5 * blue),
        _rounded(128 + 0.5 * red - 0.418687589 * green - 0.081312411 * blue),
    ]
    luma, *chroma = materialize([luma, *chroma])
    luma = _through_blocks([luma], LUMA, quality, size)[0]
    half = tuple((n + 1) // 2 if isinstance(n, int) else jnp.ceil(n / 2) for n in size)
    chroma = _through_blocks([_halved(plane, size) for plane in chroma], CHROMA, quality, half)
    blueness, redness = materialize([_doubled(plane, half)[:height, :width] - 128 for plane in chroma])
    out = (luma + 1.402 * redness, luma - 0.344136286 * blueness - 0.714136286 * redness, luma + 1.772 * blueness)
    return [jnp.clip(_rounded(plane), 0.0, 255.0) for plane in out]


def _through_blocks(planes: list[Array], table: np.ndarray, quality: Any, size: Any) -> list[Array]:
    """Levels (H, W) through blocks of 8 x 8 whose coefficients are rounded to multiples of steps."""
    height, width = planes[0].shape
    rows, columns = (-(-n // 8) for n in (height, width))

    def blocks(plane: Array) -> Array:
        whole = continued(plane, (rows * 8, columns * 8), size) - 128
        return whole.reshape(rows, 8, columns, 8).transpose(1, 3, 0, 2).reshape(64, -1)

    def restored(values: Array) -> Array:
        whole = values.reshape(8, 8, rows, columns).transpose(2, 0, 3, 1).reshape(rows * 8, columns * 8)
        return jnp.clip(_rounded(whole + 128), 0.0, 255.0)[:height, :width]

    steps = _steps(table, quality).reshape(64, 1)
    exact = jax.lax.Precision.HIGHEST
    found = jnp.matmul(COSINES, jnp.concatenate([blocks(plane) for plane in planes], axis=1), precision=exact)
    # Eighths are what libjpeg keeps of a coefficient, and it rounds halves away from zero.
    eighths = jnp.round(found * 8)
    multiple = jnp.sign(eighths) * jnp.floor((jnp.abs(eighths) + 4 * steps) / (8 * steps))
    kept = _instead(multiple * steps, found)
    values = materialize(jnp.matmul(COSINES.T, kept, precision=exact))
    return [materialize(restored(part)) for part in jnp.split(values, len(planes), axis=1)]


def _steps(table: np.ndarray, quality: Any) -> Array:
    """A table scaled by a quality, as libjpeg does."""
    quality = jnp.asarray(quality).astype(jnp.int32)
    percent = jnp.where(quality < 50, 5000 // jnp.maximum(quality, 1), 200 - 2 * quality)
    return jnp.clip((table * percent + 50) // 100, 1, 255).astype(jnp.float32)


def continued(plane: Array, shape: tuple[int, int], size: Any) -> Array:
    """A picture (H, W) of this size in a larger array, its last row and column going on.

    Args:
        plane: an array at least as large as the picture.
        shape: of the result, no smaller than that of the plane.
        size: (height, width) of the picture, perhaps traced.
    """
    if all(isinstance(n, int) for n in size):
        plane = plane[: size[0], : size[1]]
        return jnp.pad(plane, [(0, m - n) for m, n in zip(shape, plane.shape, strict=True)], mode="edge")
    for axis, length in enumerate(shape):
        last = jnp.asarray(size[axis]).astype(jnp.int32) - 1
        plane = jnp.take(plane, jnp.minimum(jnp.arange(length), last), axis=axis, mode="clip")
    return plane


def _halved(plane: Array, size: Any) -> Array:
    """Means of squares of 2 x 2, of which every second one is rounded up."""
    height, width = (-(-n // 2) for n in plane.shape)
    whole = continued(plane, (2 * height, 2 * width), size)
    pairs = materialize(whole.reshape(height, 2, 2 * width).sum(axis=1)).reshape(height, width, 2)
    bias = np.arange(width) % 2 * 0.25 + 0.25
    mean = (pairs[..., 0] + pairs[..., 1]) * 0.25 + bias.astype(np.float32)
    return _instead(jnp.floor(mean), mean)


def _doubled(plane: Array, size: Any) -> Array:
    """Each pixel as four, a quarter of each from the next pixel down and across."""
    height, width = plane.shape
    around = continued(plane, (height + 1, width + 1), size)
    around = jnp.concatenate([around[:1], around])
    near = 3 * around[1:-1]
    rows = jnp.stack([near + around[:-2], near + around[2:]], axis=1).reshape(2 * height, width + 1)
    rows = materialize(jnp.concatenate([rows[:, :1], rows], axis=1))
    near = 3 * rows[:, 1:-1]
    left, right = near + rows[:, :-2] + 8, near + rows[:, 2:] + 7
    both = jnp.stack([left, right], axis=-1).reshape(2 * height, 2 * width) * np.float32(1 / 16)
    return _instead(jnp.floor(both), both)
