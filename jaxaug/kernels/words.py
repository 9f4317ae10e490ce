"""Texts as code points, whose words change places, go, or get others between them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import ends_reached

#: What may become of the words of a text.
EDITS = (None, "insertion", "swap", "deletion")


def code_points(text: str, length: int) -> np.ndarray:
    """(length,) int32 code points of a text, and zeros behind it.

    Raises:
        ValueError: the text is longer.

    Example:
        >>> code_points("Hi", 4).tolist()
        [72, 105, 0, 0]
    """
    if len(text) > length:
        raise ValueError(f"A text of {len(text)} characters does not fit into {length}: {text!r}. Give it more room.")
    return np.array([ord(letter) for letter in text.ljust(length, "\0")], np.int32)


@with_own_settings
def edit_words(codes: Array, kind: Any, scores: Array, stopwords: Array) -> Array:
    """A text of which half the words, one at least, are moved, left out, or followed by others.

    Args:
        codes: (L,) int32 code points; the text ends with the first 0, and its words with spaces.
        kind: which of `EDITS`: 0 changes nothing.
        scores: (3, L) floats in (0, 1), which say what is chosen.
        stopwords: (S, K) code points of the words that may be inserted.

    Returns:
        (L + N,) code points, N being the room for what is inserted.

    Swaps exchange two words as often as words are chosen; inserted words are equally likely in all orders with those
    that there are. A text of one word is left out as a whole, as in Albumentations.
    """
    length = codes.shape[0]
    most, added = (length + 1) // 2, max((length + 1) // 4, 1)
    letter = (codes != 0) & (codes != 32) & (jnp.cumprod(codes != 0) != 0)
    begins = letter & ~jnp.pad(letter[:-1], (1, 0))
    count = begins.sum()
    chosen = jnp.maximum(count // 2, 1)
    first = jnp.nonzero(begins, size=most, fill_value=length)[0]
    own = jnp.where(letter, jnp.cumsum(begins) - 1, most)
    sizes = jnp.zeros(most, jnp.int32).at[own].add(1, mode="drop")
    # Every word, and then every stopword, by where its letters lie in one row.
    row = jnp.concatenate([codes, stopwords.reshape(-1)])
    starts = jnp.concatenate([first, length + np.arange(stopwords.shape[0]) * stopwords.shape[1]])
    sizes = jnp.concatenate([sizes, (stopwords != 0).sum(axis=1)])
    number = jnp.arange(most)
    order = jnp.where(kind == 2, _swapped(number, count, chosen, scores), number)
    # A word has a place among the others, or none.
    gone = (kind == 3) & (jnp.argsort(jnp.argsort(jnp.where(number < count, scores[0, :most], 2.0))) < chosen)
    mixed = jnp.sort(jnp.where(number < count, scores[0, :most], 2.0))
    place = jnp.where(kind == 1, mixed, number.astype(jnp.float32) / most)
    place = jnp.where((number < count) & ~gone, place, 3.0)
    inserted = (kind == 1) & (jnp.arange(added) < chosen)
    words = jnp.floor(scores[2, :added] * stopwords.shape[0]).astype(jnp.int32) + most
    place = jnp.concatenate([place, jnp.where(inserted, scores[1, :added], 3.0)])
    order = jnp.concatenate([order, words])[jnp.argsort(place)]
    used = jnp.sort(place) < 3.0
    # Words side by side, each with a space behind it.
    ends = jnp.cumsum(jnp.where(used, sizes[order] + 1, 0))
    out = jnp.arange(length + added * (stopwords.shape[1] + 1))
    word = ends_reached(ends, out)
    within = out - jnp.where(word > 0, jnp.take(ends, word - 1, mode="clip"), 0)
    which = jnp.take(order, word, mode="clip")
    codes = jnp.where(within < sizes[which], jnp.take(row, starts[which] + within, mode="clip"), 32)
    return jnp.where(out < ends[-1] - 1, codes, 0)


def _swapped(number: Array, count: Array, times: Array, scores: Array) -> Array:
    """The order of words after exchanging two of `count`, some times."""

    def swap(i: Any, order: Array) -> Array:
        one = jnp.floor(scores[0, i] * count).astype(jnp.int32)
        # Any other one.
        other = (one + 1 + jnp.floor(scores[1, i] * (count - 1)).astype(jnp.int32)) % jnp.maximum(count, 1)
        swapped = order.at[one].set(order[other]).at[other].set(order[one])
        return jnp.where((i < times) & (count > 1), swapped, order)

    return jax.lax.fori_loop(0, max(number.shape[0] // 2, 1), swap, number)
