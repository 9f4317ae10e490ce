"""A font of straight strokes for capital letters and digits, small enough to be drawn within a compiled program."""

from __future__ import annotations

import itertools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings

#: Units of a character: its width, its height, and how far the next one begins.
WIDTH, HEIGHT, ADVANCE = 4, 6, 6
#: Strokes of each character: places x and y that a pen goes through, `|` where it is lifted.
STROKES = {
    "0": "10 30 41 45 36 16 05 01 10",
    "1": "11 20 26|16 36",
    "2": "01 10 30 41 42 06 46",
    "3": "00 40 22 32 43 45 36 16 05",
    "4": "36 30 04 44",
    "5": "40 00 02 32 43 45 36 16 05",
    "6": "30 02 05 16 36 45 44 33 03",
    "7": "00 40 16",
    "8": "10 30 41 05 16 36 45 01 10",
    "9": "16 44 41 30 10 01 02 13 43",
    "A": "06 02 20 42 46|04 44",
    "B": "06 00 30 41 33 45 36 06|03 33",
    "C": "41 30 10 01 05 16 36 45",
    "D": "00 30 41 45 36 06 00",
    "E": "40 00 06 46|03 33",
    "F": "40 00 06|03 33",
    "G": "40 10 01 05 16 46 43 23",
    "H": "00 06|40 46|03 43",
    "I": "10 30|20 26|16 36",
    "J": "40 45 36 16 05",
    "K": "00 06|40 03 46",
    "L": "00 06 46",
    "M": "06 00 23 40 46",
    "N": "06 00 46 40",
    "O": "10 30 41 45 36 16 05 01 10",
    "P": "06 00 30 41 42 33 03",
    "Q": "20 42 44 26 04 02 20|24 46",
    "R": "06 00 30 41 42 33 03|23 46",
    "S": "41 30 10 01 45 36 16 05",
    "T": "00 40|20 26",
    "U": "00 05 16 36 45 40",
    "V": "00 26 40",
    "W": "00 16 23 36 40",
    "X": "00 46|40 06",
    "Y": "00 23 40|23 26",
    "Z": "00 40 06 46",
}
CHARACTERS = "".join(STROKES)
#: The largest number of lines of a character.
MOST = 8


def _lines(strokes: str) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Ends of the lines of a character."""
    found = []
    for stroke in strokes.split("|"):
        places = [tuple(int(digit) for digit in place) for place in stroke.split()]
        found += list(itertools.pairwise(places))
    return found


def _table() -> tuple[np.ndarray, np.ndarray]:
    lines, counts = np.zeros((len(CHARACTERS), MOST, 2, 2), np.float32), np.zeros(len(CHARACTERS), np.int32)
    for i, strokes in enumerate(STROKES.values()):
        ends = _lines(strokes)
        lines[i, : len(ends)], counts[i] = ends, len(ends)
    return lines, counts


LINES, COUNTS = _table()


@with_own_settings
def text_lines(letters: Array, count: Any, unit: Any) -> tuple[Array, Array]:
    """The lines of texts.

    Args:
        letters: (K, N) indices into `CHARACTERS`.
        count: (K,) how many of them each text has.
        unit: (K,) pixels of a sixth of the height.

    Returns:
        (K, N * 8, 2, 2) x and y of both ends, in pixels from the upper left corner, and (K, N * 8) which lines there
        are.

    Example:
        >>> import jax.numpy as jnp
        >>> lines, used = text_lines(jnp.array([[CHARACTERS.index("T")]]), jnp.array([1]), jnp.array([2.0]))
        >>> lines[0, 1], int(used.sum())
        (Array([[ 4.,  0.],
               [ 4., 12.]], dtype=float32), 2)
    """
    texts, places = letters.shape
    along = jnp.stack([ADVANCE * jnp.arange(places, dtype=jnp.float32), jnp.zeros(places)], axis=-1)
    lines = (jnp.asarray(LINES)[letters] + along[:, None, None]) * unit[:, None, None, None, None]
    drawn = (jnp.arange(MOST) < jnp.asarray(COUNTS)[letters][..., None]) & (
        jnp.arange(places)[:, None] < count[:, None, None]
    )
    return lines.reshape(texts, places * MOST, 2, 2), drawn.reshape(texts, places * MOST)


def text_width(count: Any, unit: Any) -> Any:
    """Pixels of the width of a text of so many characters."""
    return (count * ADVANCE - (ADVANCE - WIDTH)) * unit
