"""Light at the corners, edges brought out, values of an image's own: closed forms and Pillow; what arguments do."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from comparing import KEY, each_argument_counts, made
from pictures import astronaut, chelsea, coins
from PIL import Image, ImageFilter

import jaxaug as ja

#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", ["edge", "detail"])
def test_enhancing_is_that_of_pillow(mode: str) -> None:
    kernel = {"edge": ImageFilter.EDGE_ENHANCE, "detail": ImageFilter.DETAIL}[mode]
    for picture in (astronaut(), chelsea(), coins()[0]):
        expected = np.asarray(Image.fromarray(picture.squeeze()).filter(kernel)).reshape(picture.shape).astype(int)
        out = made(ja.Enhance(mode, (1, 1), p=1), picture).astype(int)
        assert np.abs(out - expected)[1:-1, 1:-1].max() <= 1


def test_corners_lose_by_the_square_of_the_distance() -> None:
    height, width = chelsea().shape[:2]
    y, x = np.mgrid[:height, :width]
    away = (x - 0.25 * (width - 1)) ** 2 + (y - 0.25 * (height - 1)) ** 2
    expected = chelsea() * (1 - 0.6 * away / away.max())[..., None]
    assert np.abs(made(ja.Vignetting((0.6, 0.6), (0.25, 0.25), p=1), chelsea()) - expected).max() <= 0.51


def test_corners_are_those_of_the_picture() -> None:
    buffer = np.zeros((64, 100, 3), np.uint8)
    inner = chelsea()[:60, :90]
    buffer[:60, :90] = inner
    augment = jax.jit(ja.Compose([ja.Vignetting(p=1), ja.Enhance(p=1)]))
    out = np.asarray(augment(KEY, {"image": buffer, "size": np.array([60, 90], np.int32)})["image"]).astype(int)
    assert np.abs(out[:60, :90] - np.asarray(augment(KEY, {"image": inner})["image"])).max() <= 1


@pytest.mark.parametrize("by", ["image", "image_per_channel", "min_max", "min_max_per_channel"])
def test_what_is_taken_from_the_image_may_be_left_out(by: str) -> None:
    out = made(ja.Normalize(None, None, None, by), chelsea())
    np.testing.assert_array_equal(out, made(ja.Normalize(normalization=by), chelsea()))
    axes = (0, 1) if by.endswith("per_channel") else None
    zero = out.min(axes) if by.startswith("min") else out.mean(axes)
    assert np.abs(zero).max() < 1e-3


@pytest.mark.parametrize("by", ["standard", "image"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_normalized_values_are_cut_where_that_is_asked_for(by: str, dtype: Any) -> None:
    picture = chelsea() if dtype == np.uint8 else (chelsea() / 255).astype(dtype)
    plain = made(ja.Normalize(normalization=by), picture)
    assert plain.min() < -0.5
    assert plain.max() > 0.25
    np.testing.assert_array_equal(
        made(ja.Normalize(normalization=by, clip_range=(-0.5, 0.25)), picture), plain.clip(-0.5, 0.25)
    )


@pytest.mark.parametrize(
    ("transform", "changes"),
    [
        (ja.Vignetting((0.3, 0.3), (0.5, 0.5), p=1), {"intensity_range": (0.6, 0.6), "center_range": (0.1, 0.1)}),
        (ja.Enhance("edge", (0.5, 0.5), p=1), {"mode": "detail", "alpha_range": (2, 2)}),
    ],
    ids=lambda v: type(v).__name__,
)
def test_every_argument_has_an_effect(transform: Any, changes: dict[str, Any]) -> None:
    each_argument_counts(transform, changes, chelsea())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Vignetting((0, 2)), r"Vignetting\(intensity_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.Vignetting(center_range=(0.7, 0.3)), r"\(center_range=...\) must be \(low, high\)"),
        (
            lambda: ja.Normalize(clip_range=(1, 0)),
            r"Normalize\(clip_range=...\) must be \(low, high\) with",
        ),
        (lambda: ja.Normalize(std=None), r"Normalize\(std=None\) fits the modes that take it from the image"),
        (lambda: ja.Enhance("blur"), r"Enhance\(mode=...\) must be one of 'edge', 'detail', got 'blur'"),
        (lambda: ja.Enhance(alpha_range=(-1, 1)), r"Enhance\(alpha_range=...\) must be at least 0, got -1"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
