"""Text in pictures."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.outside_jit import Unread
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.glyphs import glyphs_of
from jaxaug.kernels.words import EDITS, code_points, edit_words
from jaxaug.ops.printed_text import PrintedText


def _path() -> Any:
    def convert(where: str, v: Any) -> str:
        if not isinstance(v, str | os.PathLike):
            raise TypeError(f"{where} must be the path of a font file, got {v!r}.")
        try:
            glyphs_of(os.fspath(v))
        except ValueError as error:
            raise ValueError(f"{where} must be the path of a TrueType or OpenType file. {error}") from None
        return os.fspath(v)

    return dataclasses.field(metadata={"convert": convert, "static": True})


def _names(default: tuple[Any, ...], known: tuple[Any, ...] | None = None) -> Any:
    """Some words, perhaps among those that are known; static."""

    def convert(where: str, v: Any) -> tuple[Any, ...]:
        given = tuple(v) if isinstance(v, list | tuple) else ()
        expected = "a list of words" if known is None else f"a list of {', '.join(map(repr, known))}"
        if not given or not all(isinstance(w, str) if known is None else w in known for w in given):
            raise ValueError(f"{where} must be {expected}, got {v!r}.")
        return given

    return dataclasses.field(default=default, metadata={"convert": convert, "static": True})


def _colour(default: tuple[float, ...]) -> Any:
    """One number per channel in [0, 255]; leaves."""
    one = args.number(0.0, 0, 255).metadata["convert"]

    def convert(where: str, v: Any) -> tuple[Any, ...]:
        if not isinstance(v, list | tuple) or not v:
            raise TypeError(f"{where} must be one number per channel in [0, 255], got {v!r}.")
        return tuple(one(where, c) for c in v)

    return dataclasses.field(default=default, metadata={"convert": convert})


@transform
class TextImage(Transform):
    """Writes texts into boxes of a picture.

    Glyphs are rasterised by Pillow when the transform is made; lines are laid out and painted under `jit`. Texts come
    in the sample: a dict with `bbox`, (4,) x_min, y_min, x_max, y_max as fractions of the picture, and `text`, or a
    list of such dicts. A text is a string, or under `jit` and in batches (L,) whole numbers, as `TextImage.codes` makes
    of it, in which 0 ends the text. With `bbox` (N, 4) and `text` (N, L) one dict holds several.

    Args:
        font_path: of a TrueType or OpenType file.
        stopwords: words that are inserted.
        augmentations: one of these is chosen for each text: None leaves it as it is, `insertion` puts stopwords
            anywhere, `swap` exchanges words, `deletion` leaves words out; half the words, one at least.
        fraction_range: range of the share of the texts that are written, whole ones.
        font_size_fraction_range: range of the size of the font as a fraction of the box's height.
        font_color: a number in [0, 255] for each channel; grey pictures get the mean, channels beyond them 0.
        clear_bg: what is in a box is painted over by what is around it before.
        metadata_key: name of the entry of the sample that holds texts; it is no target.

    Raises:
        ImportError: Pillow is missing.
        ValueError: a file that is no font; an entry that holds something else.

    Example:
        >>> import jaxaug as ja
        >>> ja.TextImage.codes("Hi", 4).tolist()
        [72, 105, 0, 0]

    Follows the meaning of Albumentations 2.0.8, but letters stand where their advances put them, without kerning, and a
    text that an augmentation leaves as it is is still written.
    """

    needs_range = True

    font_path: str = _path()
    stopwords: Any = _names(("the", "is", "in", "at", "of"))
    augmentations: Any = _names((None,), EDITS)
    fraction_range: Range = args.pair((1.0, 1.0), None, 0, 1)
    font_size_fraction_range: Range = args.pair((0.8, 0.9), None, 0, 1)
    font_color: Any = _colour((0.0, 0.0, 0.0))
    clear_bg: bool = args.option(False)
    metadata_key: str = args.entry("textimage_metadata")
    p: Scalar = args.probability(0.5)

    @staticmethod
    def codes(text: str, length: int) -> np.ndarray:
        """(length,) int32, a text as whole numbers that a program of JAX can hold.

        Raises:
            ValueError: the text is longer.
        """
        return code_points(text, length)

    def draw(self, rng: Draw, view: View) -> PrintedText:
        boxes, codes = _texts(view.entry(self.metadata_key), self.metadata_key)
        count, length = codes.shape
        there = codes[:, 0] != 0
        share = rng.uniform("share", self.fraction_range)
        rank = jnp.argsort(jnp.argsort(jnp.where(there, rng.uniform("which", shape=(count,)), 2.0)))
        used = there & (rank < jnp.floor(there.sum() * share + 1e-4))
        if self.augmentations != (None,):
            longest = max(map(len, self.stopwords))
            added = jnp.asarray(np.stack([code_points(word, longest) for word in self.stopwords]))
            chosen = rng.integer("edit", (0, len(self.augmentations) - 1), (count,))
            kinds = jnp.asarray([EDITS.index(kind) for kind in self.augmentations])[chosen]
            scores = rng.uniform("words", shape=(count, 3, length))
            codes = jax.vmap(edit_words, in_axes=(0, 0, 0, None))(codes, kinds, scores, added)
        sizes = rng.uniform("size", self.font_size_fraction_range, (count,))
        colour = jnp.stack([jnp.asarray(c, jnp.float32) for c in self.font_color]) / 255
        return PrintedText(codes, boxes, sizes, used, colour, self.font_path, self.clear_bg)


def _texts(entry: Any, name: str) -> tuple[Array, Array]:
    """(N, 4) boxes and (N, L) code points of the texts of an entry."""
    items = entry if isinstance(entry, list) else [entry]
    if not all(isinstance(item, Mapping) and {"bbox", "text"} <= set(item) for item in items):
        raise ValueError(
            f"{name!r} must hold a dict with 'bbox' and 'text', or a list of such dicts, got {_told(entry)}."
        )
    texts = [_codes(item["text"], name) for item in items]
    boxes = [_numbers(item["bbox"]).reshape(-1, 4) for item in items]
    if any(len(box) != len(text) for box, text in zip(boxes, texts, strict=True)):
        raise ValueError(
            f"{name!r} has {sum(map(len, boxes))} boxes for {sum(map(len, texts))} texts: give one for each."
        )
    length = max(text.shape[1] for text in texts)
    return jnp.concatenate(boxes), jnp.concatenate([jnp.pad(t, ((0, 0), (0, length - t.shape[1]))) for t in texts])


def _numbers(value: Any) -> Array:
    parts = [jnp.asarray(part, jnp.float32) for part in jax.tree.leaves(value)]
    return jnp.stack(parts) if len(parts) > 1 else parts[0]


def _codes(text: Any, name: str) -> Array:
    # Words that stand outside the program are looked at, so that it runs op by op.
    known = np.asarray(text) if isinstance(text, str | Unread) else text
    if isinstance(known, np.ndarray) and known.dtype.kind == "U":
        return jnp.asarray(code_points(str(known), max(len(str(known)), 1)))[None]
    codes = jnp.asarray(known)
    if not jnp.issubdtype(codes.dtype, jnp.integer) or codes.ndim not in (1, 2):
        raise ValueError(
            f"Texts of {name!r} must be strings or, under jit, code points as TextImage.codes makes them, got "
            f"{codes.dtype} of shape {codes.shape}."
        )
    return codes.astype(jnp.int32).reshape(-1, codes.shape[-1])


def _told(entry: Any) -> str:
    return f"a dict of {sorted(entry)}" if isinstance(entry, Mapping) else type(entry).__name__
