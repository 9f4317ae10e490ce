"""Text and other pictures painted over pictures, as Albumentations and Pillow do it, and under jit."""

from __future__ import annotations

from typing import Any

import albumentations as A
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import chelsea
from table import FONT

import jaxaug as ja
from jaxaug.kernels.glyphs import glyphs_of
from jaxaug.kernels.words import EDITS, code_points, edit_words

KEY = jax.random.key(0)
#: What else is not the first proof that a transform works.
slow = pytest.mark.slow

WORDS = [
    {"bbox": (0.1, 0.1, 0.9, 0.3), "text": "Hello, World"},
    {"bbox": (0.05, 0.6, 0.9, 0.72), "text": "text in boxes"},
]


def coded(words: list[dict[str, Any]], length: int = 24) -> list[dict[str, np.ndarray]]:
    """Texts as a program can hold them."""
    return [
        {"bbox": np.array(one["bbox"], np.float32), "text": ja.TextImage.codes(one["text"], length)} for one in words
    ]


def written(transform: Any, picture: Any, words: Any = WORDS) -> np.ndarray:
    return np.asarray(ja.Compose([transform])(KEY, image=picture, textimage_metadata=words)["image"])


def wrong(words: Any) -> np.ndarray:
    return written(ja.TextImage(FONT, p=1), chelsea(), words)


def spelled(codes: Any) -> str:
    return "".join(map(chr, np.asarray(codes))).split("\0")[0]


# Text -----------------------------------------------------------------------------------------------------------------


def test_a_text_is_written_into_its_box() -> None:
    sample = {"image": np.full((40, 64), 200, np.uint8), "textimage_metadata": coded(WORDS[:1])}
    out = np.asarray(jax.jit(ja.Compose([ja.TextImage(FONT, p=1)]))(KEY, sample)["image"])
    changed = np.argwhere(out != 200)
    assert changed.min(axis=0)[0] >= 4
    assert changed.max(axis=0)[0] <= 13
    assert 6 <= changed.min(axis=0)[1] <= 8
    assert (out < 100).sum() > 20


@slow
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lines_are_those_of_albumentations(channels: int) -> None:
    picture = np.full((256, 256, channels), 250, np.uint8)
    given: Any = {"font_path": FONT, "font_size_fraction_range": (0.8, 0.8), "font_color": (200, 0, 40), "p": 1}
    ours = 250.0 - written(ja.TextImage(**given), picture)
    theirs = 250.0 - A.Compose([A.TextImage(**given)])(image=picture, textimage_metadata=WORDS)["image"]
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.03)
    # Glyphs at their own size are hinted, and kerned by a fraction of a pixel.
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.8
    rows, columns = (np.argwhere(v.any(-1)) for v in (ours, theirs))
    assert np.abs(rows.min(0) - columns.min(0)).max() <= 1
    assert np.abs(rows.max(0) - columns.max(0)).max() <= 2


@slow
def test_strings_and_code_points_are_the_same() -> None:
    transform = ja.TextImage(FONT, ("a", "the"), (None,), font_color=(255, 0, 0), p=1)
    plain = written(transform, chelsea())
    np.testing.assert_array_equal(written(transform, chelsea(), coded(WORDS)), plain)
    together = {
        "bbox": np.array([one["bbox"] for one in WORDS], np.float32),
        "text": np.stack([ja.TextImage.codes(one["text"], 24) for one in WORDS]),
    }
    np.testing.assert_array_equal(written(transform, chelsea(), together), plain)
    np.testing.assert_array_equal(
        written(transform, chelsea(), [*coded(WORDS), *coded([WORDS[0] | {"text": ""}])]), plain
    )


@slow
def test_every_sample_of_a_batch_has_its_own_texts() -> None:
    augment = ja.Compose([ja.TextImage(FONT, augmentations=(None, "swap", "insertion", "deletion"), p=1)])
    sample = {"image": chelsea(), "textimage_metadata": coded(WORDS)}
    other = {"image": chelsea()[::-1], "textimage_metadata": coded(WORDS[::-1])}
    batch = jax.tree.map(lambda *leaves: np.stack(leaves), sample, other)
    out = augment.batch(KEY, batch)
    for i, one in enumerate((sample, other)):
        alone = augment(jax.random.fold_in(KEY, i), one)
        np.testing.assert_array_equal(out["image"][i], alone["image"])
        np.testing.assert_array_equal(out["textimage_metadata"][0]["text"][i], one["textimage_metadata"][0]["text"])


@slow
def test_text_keeps_to_the_picture_in_its_buffer_and_to_every_dtype() -> None:
    augment = jax.jit(ja.Compose([ja.TextImage(FONT, clear_bg=True, p=1)]))
    inner, words = chelsea()[:48, :64], coded(WORDS)
    alone = np.asarray(augment(KEY, {"image": inner, "textimage_metadata": words})["image"]).astype(int)
    buffer = np.zeros((60, 90, 3), np.uint8)
    buffer[:48, :64] = inner
    sample = {"image": buffer, "size": np.array([48, 64], np.int32), "textimage_metadata": words}
    out = np.asarray(augment(KEY, sample)["image"])
    assert (np.abs(out[:48, :64] - alone) <= 1).mean() > 0.99
    assert not out[48:].any()
    assert not out[:, 64:].any()
    for dtype in (np.uint16, np.float16, np.float32):
        scale = 257 if dtype == np.uint16 else 1 / 255
        picture = (inner * np.float64(scale)).astype(dtype)
        other = np.asarray(augment(KEY, {"image": picture, "textimage_metadata": words})["image"])
        assert other.dtype == dtype
        assert np.abs(other / np.float64(scale) - alone).max() < 1.5


@slow
def test_every_argument_of_text_has_an_effect() -> None:
    given: dict[str, Any] = {
        "font_path": FONT,
        "stopwords": ("the", "is"),
        "augmentations": ("insertion",),
        "fraction_range": (1, 1),
        "font_size_fraction_range": (0.8, 0.8),
        "font_color": (255, 0, 0),
        "clear_bg": False,
        "metadata_key": "textimage_metadata",
    }
    changes: dict[str, Any] = {
        "font_path": FONT.with_name("DejaVuSerif.ttf"),
        "stopwords": ("and", "or"),
        "augmentations": ("deletion",),
        "fraction_range": (0.5, 0.5),
        "font_size_fraction_range": (0.5, 0.5),
        "font_color": (0, 255, 0),
        "clear_bg": True,
        "metadata_key": "others",
    }
    sample = {"image": chelsea(), "textimage_metadata": coded(WORDS), "others": coded(WORDS[:1])}
    plain = np.asarray(ja.Compose([ja.TextImage(**given, p=1)])(KEY, sample)["image"])
    for name, value in changes.items():
        out = ja.Compose([ja.TextImage(**(given | {name: value}), p=1)])(KEY, sample)["image"]
        assert (np.asarray(out) != plain).mean() > 0.01, name


@slow
@pytest.mark.parametrize("kind", EDITS)
def test_words_are_edited_as_albumentations_edits_them(kind: str | None) -> None:
    added = jnp.asarray(np.stack([code_points(word, 3) for word in ("the", "is")]))
    words = ["one", "two", "three", "four", "five"]
    edit = jax.jit(edit_words)
    out = []
    for i in range(200):
        scores = jax.random.uniform(jax.random.key(i), (3, 30))
        out.append(
            spelled(edit(jnp.asarray(code_points(" ".join(words), 30)), EDITS.index(kind), scores, added)).split(" ")
        )
    kept = [[word for word in text if word in words] for text in out]
    assert all(sorted(set(text)) == sorted(text) for text in kept)
    if kind is None:
        assert all(text == words for text in out)
    if kind == "insertion":
        assert all(text == words for text in kept)
        assert {len(text) for text in out} == {7}
        assert {text.index("the") for text in out if text.count("the") == 1} == set(range(7))
    if kind == "swap":
        assert all(sorted(text) == sorted(words) for text in out)
        moved = np.mean([[a != b for a, b in zip(text, words, strict=True)] for text in out])
        assert 0.5 < moved < 0.75
    if kind == "deletion":
        assert all(text == [word for word in words if word in text] and len(text) == 3 for text in out)
        assert {word for text in out for word in text} == set(words)


@slow
def test_letters_beyond_the_font_show_as_one_that_is_unknown() -> None:
    picture = np.full((40, 200), 255, np.uint8)
    one, other = (written(ja.TextImage(FONT, p=1), picture, [WORDS[0] | {"text": t}]) for t in ("\u4e2d", "\ufffd"))
    np.testing.assert_array_equal(one, other)
    assert (one < 128).any()
    assert glyphs_of(str(FONT)) is glyphs_of(str(FONT))


@slow
def test_plans_tell_the_texts() -> None:
    plan = ja.Compose([ja.TextImage(FONT, p=1)]).sample(KEY, image=chelsea(), textimage_metadata=coded(WORDS))
    assert "'Hello, World', 'text in boxes'" in str(plan)
    again = ja.Plan.from_json(plan.to_json())
    assert jax.tree.structure(again) == jax.tree.structure(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ja.TextImage("nowhere.ttf"),
            r"TextImage\(font_path=...\) must be the path of .* 'cannot open resource' of 'nowhere.ttf'",
        ),
        (
            lambda: ja.TextImage(__file__),
            r"TextImage\(font_path=...\) must be the path of .* 'unknown file format' of '.*test_overlays.py'",
        ),
        (lambda: ja.TextImage(7), r"TextImage\(font_path=...\) must be the path of a font file, got 7"),
        (
            lambda: ja.TextImage(FONT, augmentations=("swop",)),
            r"a list of None, 'insertion', 'swap', 'deletion'",
        ),
        (lambda: ja.TextImage(FONT, stopwords=()), r"TextImage\(stopwords=...\) must be a list of words, got \(\)"),
        (lambda: ja.TextImage(FONT, font_color=3), r"font_color=...\) must be one number per channel in \[0, 255\]"),
        (lambda: ja.TextImage.codes("too long", 3), r"A text of 8 characters does not fit into 3"),
        (
            lambda: wrong({"words": "x"}),
            r"must hold a dict with 'bbox' and 'text'",
        ),
        (
            lambda: written(
                ja.TextImage(FONT, p=1), chelsea(), {"bbox": np.zeros((2, 4)), "text": np.zeros((1, 4), int)}
            ),
            r"has 2 boxes for 1 texts",
        ),
        (
            lambda: wrong({"bbox": np.zeros(4), "text": np.zeros(4)}),
            r"must be strings or, under jit, code points",
        ),
    ],
)
def test_what_is_wrong_with_text_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()
