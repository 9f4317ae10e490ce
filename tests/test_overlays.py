"""Text and other pictures painted over pictures, as Albumentations and Pillow do it, and under jit."""

from __future__ import annotations

from typing import Any

import albumentations as A
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import chelsea
from skimage import data
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


# Elements -------------------------------------------------------------------------------------------------------------


def disc(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return (((y / (height - 1) - 0.5) ** 2 + (x / (width - 1) - 0.5) ** 2) < 0.2).astype(np.uint8)


def sticker(height: int = 20, width: int = 30, **more: Any) -> dict[str, Any]:
    image = data.coffee()[100 : 100 + 4 * height : 4, 100 : 100 + 4 * width : 4]
    return {"image": image, "mask": disc(height, width)} | more


def laid(elements: Any, key: Any = KEY, **targets: Any) -> dict[str, np.ndarray]:
    sample = {"image": chelsea(), "mask": np.zeros((60, 90), np.uint8)} | targets | {"overlay_metadata": elements}
    return jax.tree.map(np.asarray, ja.Compose([ja.OverlayElements(p=1)])(key, sample))


def test_an_element_lies_in_its_box_and_marks_the_mask() -> None:
    box = np.array([0.25, 0.25, 0.75, 0.75], np.float32)
    colour = np.full((4, 6, 3), 7, np.uint8)
    given = {"image": colour, "mask": np.ones((4, 6), np.uint8), "bbox": box, "mask_id": np.int32(5)}
    sample = {
        "image": np.zeros((40, 64, 3), np.uint8),
        "mask": np.zeros((40, 64), np.uint8),
        "overlay_metadata": given,
    }
    out = jax.jit(ja.Compose([ja.OverlayElements(p=1)]))(KEY, sample)
    expected = np.zeros((40, 64), np.uint8)
    expected[10:30, 16:48] = 1
    np.testing.assert_array_equal(out["mask"], expected * 5)
    np.testing.assert_array_equal(out["image"], (expected * 7)[..., None].repeat(3, -1))


@slow
def test_elements_are_those_of_albumentations() -> None:
    elements = [
        sticker(bbox=[0.1, 0.2, 0.31, 0.5], mask_id=3),
        sticker(40, 44, bbox=[0.5, 0.3, 0.95, 0.8], mask_id=4),
        {"image": sticker()["image"], "bbox": [0.4, 0.0, 0.6, 0.2]},
    ]
    plain = [one | {"bbox": np.array(one["bbox"], np.float32)} for one in elements]
    sample = {"image": chelsea(), "mask": np.zeros((60, 90), np.uint8)}
    theirs = A.Compose([A.OverlayElements(p=1)])(**sample, overlay_metadata=elements)
    for given in (elements, plain):
        ours = laid(given)
        # Masks are read around centres of pixels.
        assert (ours["mask"] == theirs["mask"]).mean() > 0.98
        same = ours["mask"] == theirs["mask"]
        assert (np.abs(ours["image"].astype(int) - theirs["image"])[same] <= 2).mean() > 0.99


@slow
def test_an_element_without_a_box_keeps_its_size_wherever_there_is_room() -> None:
    corners = []
    for seed in range(60):
        out = laid(sticker(), jax.random.key(seed))["image"]
        hidden = (out != chelsea()).any(-1)
        rows, columns = (np.flatnonzero(hidden.any(axis)) for axis in (1, 0))
        corners.append((rows[0], columns[0]))
        inside = np.flatnonzero(disc(20, 30).any(1))[0], np.flatnonzero(disc(20, 30).any(0))[0]
        top, left = rows[0] - inside[0], columns[0] - inside[1]
        shown = np.where(disc(20, 30)[..., None] > 0, sticker()["image"], chelsea()[top : top + 20, left : left + 30])
        np.testing.assert_array_equal(out[top : top + 20, left : left + 30], shown)
    assert len(set(corners)) > 50
    whole = laid({"image": data.coffee()[:100, :120]})["image"]
    assert (whole != chelsea()).mean() > 0.95


@slow
def test_elements_have_the_dtype_channels_and_size_of_every_picture() -> None:
    box = np.array([0.2, 0.2, 0.7, 0.9], np.float32)
    given = sticker(bbox=box, mask_id=np.int32(2))
    plain = laid(given)
    for dtype in (np.uint16, np.float16, np.float32):
        scale = 257 if dtype == np.uint16 else 1 / 255
        out = laid(given, image=(chelsea() * np.float64(scale)).astype(dtype))["image"]
        assert out.dtype == dtype
        assert np.abs(out / np.float64(scale) - plain["image"]).max() < 1.5
    grey = laid(given, image=chelsea()[..., 0])["image"]
    assert grey.shape == (60, 90)
    buffer = {"image": np.pad(chelsea(), ((0, 9), (0, 30), (0, 0))), "mask": np.zeros((69, 120), np.uint8)}
    out = laid(given, **buffer, size=np.array([60, 90], np.int32))
    assert (out["image"][:60, :90] == plain["image"]).mean() > 0.99
    assert (out["mask"][:60, :90] == plain["mask"]).mean() > 0.99
    clip = laid(given, image=np.zeros((60, 90, 3)), images=np.stack([chelsea()] * 2))["images"]
    np.testing.assert_array_equal(clip[0], clip[1])
    np.testing.assert_array_equal(clip[0], plain["image"])


@slow
def test_every_sample_of_a_batch_has_its_own_elements() -> None:
    augment = ja.Compose([ja.OverlayElements(p=0.5)])
    boxed = sticker(bbox=np.array([0, 0, 0.5, 0.5], np.float32))
    turned = {"image": sticker()["image"][::-1], "mask": disc(20, 30)}
    one = {"image": chelsea(), "overlay_metadata": [sticker(), boxed]}
    other = {"image": chelsea()[::-1], "overlay_metadata": [turned, boxed]}
    samples = [one, other] * 4
    out = augment.batch(KEY, jax.tree.map(lambda *leaves: np.stack(leaves), *samples))["image"]
    for i, sample in enumerate(samples):
        np.testing.assert_array_equal(out[i], augment(jax.random.fold_in(KEY, i), sample)["image"])
    changed = [(np.asarray(o) != s["image"]).any() for o, s in zip(out, samples, strict=True)]
    assert 0 < sum(changed) < len(samples)


@slow
def test_plans_of_elements_are_small_and_repeat_them() -> None:
    augment = ja.Compose([ja.OverlayElements("stickers", p=1)])
    sample = {"image": chelsea(), "stickers": [sticker()]}
    plan = augment.sample(KEY, sample)
    assert "1 element of 'stickers'" in str(plan)
    assert sum(np.size(leaf) for leaf in jax.tree.leaves(plan)) < 20
    np.testing.assert_array_equal(augment.apply(plan, sample)["image"], augment(KEY, sample)["image"])


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (
            {"mask": np.ones((4, 4))},
            r"must hold dicts with an 'image' each, .* got a dict of \['mask'\]",
        ),
        (np.ones((4, 4)), r"'overlay_metadata' must hold dicts with an 'image' each, "),
        (sticker(box=np.zeros(4)), r"tells 'box' of an element, which has .* Did you mean 'bbox'"),
        (sticker(mask=np.ones((3, 3))), r"masks \(h, w\) of their size, got an image .* with a mask of shape \(3, 3\)"),
        ({"image": np.ones(3)}, r"needs images \(h, w\) or \(h, w, C\) .* got an image of shape \(3,\)\."),
    ],
)
def test_what_is_wrong_with_elements_is_said(elements: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        laid(elements)
