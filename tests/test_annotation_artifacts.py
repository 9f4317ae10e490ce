"""Marks in pictures: lines against OpenCV, sizes and places in closed form, and how often each is drawn."""

from __future__ import annotations

from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import chelsea

import jaxaug as ja
from jaxaug.kernels.line_drawing import dashes, topmost_line
from jaxaug.kernels.marks import ELEMENTS
from jaxaug.kernels.stroke_font import CHARACTERS, STROKES, text_lines

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what is drawn takes longer.
pytestmark = pytest.mark.slow
DARK = np.zeros((120, 160), np.uint8)
#: Arguments with one thing to choose from.
ONE: dict[str, Any] = {
    "count_range": (1, 1),
    "thickness_range": (1, 1),
    "random_color_prob": 0,
    "black_white_prob": 0,
    "color_palette": [(255, 255, 255)],
    "p": 1,
}


def only(element: str, style: str = "solid", **arguments: Any) -> Any:
    chosen = {"element_types": (element,), "element_probabilities": (1,)}
    lines = {"line_styles": (style,), "line_style_probabilities": (1,)}
    return ja.AnnotationArtifacts(**{**ONE, **chosen, **lines, **arguments})


def drawn(transform: Any, seed: int = 0, picture: np.ndarray = DARK) -> np.ndarray:
    return np.asarray(ja.Compose([transform])(jax.random.key(seed), image=picture)["image"])


def box_of(picture: np.ndarray) -> tuple[int, ...]:
    """The first and last column, and the first and last row, in which something is drawn."""
    rows, columns = np.nonzero(picture)
    return columns.min(), columns.max(), rows.min(), rows.max()


def test_lines_cover_what_lies_within_half_their_thickness() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:60, :80]
    solid = dashes(jnp.zeros(1), jnp.ones(1))
    draw = jax.jit(lambda line, wide: topmost_line((60, 80), line, wide, jnp.ones(1), solid, steps=80, widest=7))
    for thickness in (1, 2, 3, 7):
        for _ in range(8):
            start, end = rng.uniform(-5, 70, (2, 2))
            way = end - start
            share = np.clip(((x - start[0]) * way[0] + (y - start[1]) * way[1]) / (way**2).sum(), 0, 1)
            away = np.hypot(x - start[0] - share * way[0], y - start[1] - share * way[1])
            out = np.asarray(draw(jnp.array([[start, end]]), jnp.array([float(thickness)]))) > 0
            level = np.abs(way[0]) >= np.abs(way[1])
            middle = (share > 0.1) & (share < 0.9)
            assert not out[middle & (away > thickness / 2 + 1e-3)].any()
            # Ends are cut along columns or rows.
            assert not out[away > thickness + 1].any()
            if thickness > 1:
                assert out[middle & (away < thickness / 2 - 1e-3)].all()
            else:
                counts = (out & middle).sum(axis=0 if level else 1)
                assert counts.max() == 1
                assert (counts == 1).sum() >= 0.75 * np.minimum(
                    np.abs(way).max(), out.any(axis=0 if level else 1).sum()
                )


@pytest.mark.parametrize("thickness", [1, 2, 3, 4])
def test_level_lines_are_as_thick_as_is_said(thickness: int) -> None:
    lines = jnp.array([[[3.0, 9.0], [30.0, 9.0]], [[40.0, 5.0], [40.0, 25.0]]])
    out = topmost_line(
        (32, 50), lines, jnp.full(2, float(thickness)), jnp.array([1, 2]), jnp.ones((2, 2)), steps=50, widest=5
    )
    out = np.asarray(out)
    assert set((out[:, 5:28] == 1).sum(axis=0)) == {thickness}
    assert set((out[7:23] == 2).sum(axis=1)) == {thickness}


def test_characters_are_their_strokes() -> None:
    assert len(set(STROKES.values())) == len(CHARACTERS) - 1  # The letter O is drawn as the digit 0.
    solid = dashes(jnp.zeros(8), jnp.ones(8))
    for index, strokes in enumerate(STROKES.values()):
        lines, used = text_lines(jnp.array([[index]]), jnp.array([1]), jnp.array([4.0]))
        out = topmost_line((26, 18), lines[0], jnp.ones(8), used[0], solid, steps=40, widest=1)
        expected = np.zeros((26, 18), np.uint8)
        for stroke in strokes.split("|"):
            places = np.array([[int(digit) * 4 for digit in place] for place in stroke.split()], np.int32)
            cv2.polylines(expected, [places], isClosed=False, color=1)
        # Slanting lines may take other corners, but no pixel is farther away than one.
        square, ours = np.ones((3, 3), np.uint8), np.asarray(out, np.uint8)
        assert (ours <= cv2.dilate(expected, square)).all(), CHARACTERS[index]
        assert (expected <= cv2.dilate(ours, square)).all(), CHARACTERS[index]
        assert (ours > 0).sum() == pytest.approx((expected > 0).sum(), rel=0.1), CHARACTERS[index]


@pytest.mark.parametrize("seed", range(4))
def test_a_rectangle_in_a_corner(seed: int) -> None:
    out = drawn(only("rectangle", size_ratio_range=(0.25, 0.25), corner_prob=1), seed)
    left, right, top, bottom = box_of(out)
    assert right - left == pytest.approx(40, abs=1)
    assert bottom - top == pytest.approx(30, abs=1)
    assert (out > 0).sum() == pytest.approx(140, abs=3)
    assert min(left, 159 - right) <= 0.02 * 120 + 1
    assert min(top, 119 - bottom) <= 0.02 * 120 + 1


def test_lines_are_level_or_upright_and_as_long_as_is_said() -> None:
    found = set()
    for seed in range(12):
        left, right, top, bottom = box_of(drawn(only("line", line_length_ratio_range=(0.5, 0.5), corner_prob=0), seed))
        found.add((round((right - left) / 10) * 10, round((bottom - top) / 10) * 10))
        left, right, top, bottom = box_of(drawn(only("line", line_length_range=(37, 37)), seed))
        assert max(right - left, bottom - top) == pytest.approx(37, abs=1)
        assert min(right - left, bottom - top) == 0
    assert found == {(80, 0), (0, 60)}
    for seed in range(4):
        given = {"line_length_ratio_range": (0.5, 0.5), "line_geometry": "random_angle"}
        left, right, top, bottom = box_of(drawn(only("line", **given), seed))
        assert np.hypot(right - left, bottom - top) == pytest.approx(60, abs=2)


def test_random_ends_join_places_anywhere() -> None:
    augment = ja.Compose([only("line", line_geometry="random_endpoints")])
    for seed in range(5):
        plan = augment.sample(jax.random.key(seed), image=DARK)
        ends = np.asarray(plan.ops[0].params["ends"][0]) * (160, 120)
        left, right, top, bottom = box_of(np.asarray(augment.apply(plan, image=DARK)["image"]))
        expected = (ends[:, 0].min(), ends[:, 0].max(), ends[:, 1].min(), ends[:, 1].max())
        np.testing.assert_allclose((left, right, top, bottom), expected, atol=1)


def test_dashes_and_dots_leave_gaps() -> None:
    solid, dashed, dotted = (
        (drawn(only("line", style, line_length_range=(100, 100))) > 0).sum() for style in ("solid", "dashed", "dotted")
    )
    assert solid == pytest.approx(101, abs=1)
    assert dashed == pytest.approx(67, abs=8)
    assert dotted == pytest.approx(34, abs=8)


def test_marks_lie_within_the_picture() -> None:
    transform = ja.AnnotationArtifacts(**{**ONE, "count_range": (3, 3)}, font_scale_range=(0.3, 0.8))
    for seed in range(6):
        alone = drawn(transform, seed, np.zeros((200, 260), np.uint8))
        edge = np.concatenate([alone[0], alone[-1], alone[:, 0], alone[:, -1]])
        assert (alone > 0).sum() > 20
        assert (edge > 0).mean() < 0.05


def test_what_is_drawn_is_as_frequent_as_is_said() -> None:
    transform = ja.AnnotationArtifacts(count_range=(1, 4), p=1)
    augment = ja.Compose([transform])
    plans = jax.jit(jax.vmap(lambda key: augment.sample(key, image=DARK).ops[0].params))(jax.random.split(KEY, 800))
    params = jax.tree.map(np.asarray, plans)
    shares = np.bincount(params["element"].ravel(), minlength=5) / params["element"].size
    np.testing.assert_allclose(shares, transform.element_probabilities, atol=0.03)
    shares = np.bincount(params["style"].ravel(), minlength=3) / params["style"].size
    np.testing.assert_allclose(shares, transform.line_style_probabilities, atol=0.03)
    assert (params["corner"] >= 0).mean() == pytest.approx(0.6, abs=0.03)
    black, white = (np.all(params["colour"] == v, axis=-1).mean() for v in (0, 1))
    assert black == pytest.approx(0.425, abs=0.03)
    assert white == pytest.approx(0.425, abs=0.03)
    np.testing.assert_allclose(np.bincount(params["used"].sum(axis=1), minlength=5) / 800, [0] + [0.25] * 4, atol=0.05)
    palette = ja.AnnotationArtifacts(
        black_white_prob=0, color_palette=[(255, 0, 0), (0, 51, 0)], color_palette_probabilities=(3, 1), p=1
    )
    colours = [ja.Compose([palette]).sample(jax.random.key(i), image=DARK).ops[0].params["colour"] for i in range(60)]
    red = np.mean(np.concatenate(colours)[:, 0] == 1)
    assert red == pytest.approx(0.75, abs=0.12)


def test_a_picture_in_a_buffer_has_the_marks_that_it_has_without() -> None:
    augment = jax.jit(ja.Compose([ja.AnnotationArtifacts(count_range=(3, 3), p=1)]))
    sample = {"image": np.pad(chelsea(), ((0, 9), (0, 5), (0, 0))), "size": np.array(chelsea().shape[:2], np.int32)}
    for seed in range(3):
        key = jax.random.key(seed)
        out, alone = (
            np.asarray(augment(key, sample)["image"])[:60, :90],
            np.asarray(augment(key, image=chelsea())["image"]),
        )
        assert (alone != chelsea()).any(axis=-1).sum() > 20
        assert (out != alone).any(axis=-1).mean() < 0.005


def test_every_argument_has_an_effect() -> None:
    one: dict[str, Any] = {
        "count_range": (4, 4),
        "text_length_range": (2, 2),
        "font_scale_range": (0.5, 0.5),
        "thickness_range": (1, 1),
        "size_ratio_range": (0.2, 0.2),
        "line_length_ratio_range": (0.3, 0.3),
        "tip_length_range": (0.2, 0.2),
        "corner_prob": 0.5,
        "black_white_prob": 0.3,
        "color_palette": ((255, 0, 0), (0, 0, 255)),
        "color_palette_probabilities": (1, 1),
    }
    two = {
        "element_types": ELEMENTS[::-1],
        "element_probabilities": (0, 0, 0, 1, 0),
        "count_range": (1, 1),
        "text_length_range": (5, 5),
        "font_scale_range": (1.0, 1.0),
        "thickness_range": (3, 3),
        "size_ratio_range": (0.5, 0.5),
        "line_length_ratio_range": (0.9, 0.9),
        "tip_length_range": (0.6, 0.6),
        "corner_prob": 1,
        "black_white_prob": 1,
        "line_geometry": "random_angle",
        "line_styles": ("dotted", "solid", "dashed"),
        "line_style_probabilities": (0, 0, 1),
        "random_color_prob": 1,
        "color_palette": ((0, 255, 0), (9, 9, 9)),
        "color_palette_probabilities": (1, 0),
        "line_length_range": (90, 90),
    }
    known = set(ja.AnnotationArtifacts.__dataclass_fields__) - {"p"}
    assert set(two) == known
    draw = jax.jit(
        jax.vmap(lambda step, key: step(key, image=np.full((120, 160, 3), 99, np.uint8))["image"], (None, 0))
    )
    keys = jax.random.split(KEY, 8)
    plain = np.asarray(draw(ja.AnnotationArtifacts(**one, p=1), keys))
    for name, value in two.items():
        out = np.asarray(draw(ja.AnnotationArtifacts(**{**one, name: value}, p=1), keys))
        assert (out != plain).any(axis=-1).sum() > 60, name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.AnnotationArtifacts(("text", "arow")), r"must be some of 'text', .* got .*Did you mean 'arrow'"),
        (lambda: ja.AnnotationArtifacts(line_styles=()), "must be some of 'solid', 'dashed', 'dotted', each once"),
        (
            lambda: ja.AnnotationArtifacts(("text",)),
            r"element_probabilities=...\) must have one number for each of 1, got 5",
        ),
        (
            lambda: ja.AnnotationArtifacts(line_style_probabilities=(0, 0, 0)),
            r"line_style_probabilities=...\) must be at least 0, and not all of them 0",
        ),
        (lambda: ja.AnnotationArtifacts(element_probabilities="many"), "must be a list of numbers, got 'many'"),
        (lambda: ja.AnnotationArtifacts(color_palette=[(1, 2)]), r"color_palette=...\)\[0\] must be 3 numbers"),
        (lambda: ja.AnnotationArtifacts(color_palette=3), r"must be a list of colours \(red, green, blue\), got 3"),
        (lambda: ja.AnnotationArtifacts(color_palette_probabilities=(1, 2)), "one number for each of 6, got 2"),
        (lambda: ja.AnnotationArtifacts(thickness_range=(0, 2)), r"thickness_range=...\) must be at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()
