"""Film and print: grain, dithering, halftones, most frequent values, random filters; closed forms and Pillow."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from pictures import astronaut, chelsea, coins
from PIL import Image, ImageFilter

import jaxaug as ja

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


def made(transform: Any, picture: Any, key: Any = KEY) -> np.ndarray:
    return np.asarray(ja.Compose([transform])(key, {"image": picture})["image"])


def flat(level: float, side: int = 96, channels: int = 1) -> np.ndarray:
    return np.full((side, side, channels), level, np.float32)


# Grain ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 3, 6])
def test_grain_is_strongest_in_the_midtones(width: int) -> None:
    film = ja.FilmGrain((0.1, 0.1), (width, width), p=1)
    for level in (0.2, 0.5, 0.8):
        keys = jax.random.split(KEY, 8)
        noise = np.stack([made(film, flat(level), key) for key in keys]) - level
        expected = 0.2 * np.sqrt(level * (1 - level))
        assert abs(noise.std() / expected - 1) < 0.06, level
        assert abs(noise.mean()) < 0.02
    for level in (0.0, 1.0):
        np.testing.assert_array_equal(made(film, flat(level)), flat(level))


def test_grains_are_as_wide_as_stated() -> None:
    for width, neighbours in ((1, 0.0), (3, np.exp(-0.25)), (5, np.exp(-0.25 / 4))):
        noise = made(ja.FilmGrain((0.1, 0.1), (width, width), p=1), flat(0.5, 256))[..., 0] - 0.5
        for a, b in ((noise[1:], noise[:-1]), (noise[:, 1:], noise[:, :-1])):
            assert abs((a * b).mean() / noise.var() - neighbours) < 0.05


def test_channels_share_their_grain() -> None:
    noise = made(ja.FilmGrain(p=1), flat(0.5, channels=4)) - 0.5
    np.testing.assert_array_equal(noise, noise[..., :1].repeat(4, axis=-1))


# Most frequent values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [3, 5, 9, 17])
def test_the_most_frequent_value_is_that_of_pillow(side: int) -> None:
    for picture in (astronaut(), chelsea() // 16 * 16, coins()[0], chelsea()[:4, :7]):
        expected = np.asarray(Image.fromarray(picture.squeeze()).filter(ImageFilter.ModeFilter(side)))
        np.testing.assert_array_equal(made(ja.ModeFilter((side, side), p=1), picture), expected.reshape(picture.shape))


def test_floats_are_told_apart_by_levels() -> None:
    picture = chelsea() // 8 * 8
    floats = picture.astype(np.float32) / 255
    out = made(ja.ModeFilter((5, 5), p=1), floats)
    np.testing.assert_allclose(out, made(ja.ModeFilter((5, 5), p=1), picture) / 255.0, atol=1e-6)
    # What is already of the most frequent level stays as it is.
    nearly = floats + 0.001
    same = out == floats
    np.testing.assert_array_equal(made(ja.ModeFilter((5, 5), p=1), nearly)[same], nearly[same])


# What holds for all --------------------------------------------------------------------------------------------------

BUFFERED = [ja.FilmGrain((0.3, 0.3), p=1), ja.ModeFilter((5, 5), p=1)]


@pytest.mark.parametrize("transform", BUFFERED, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_picture_in_a_buffer_is_changed_as_by_itself(transform: Any, dtype: Any) -> None:
    inner = chelsea()[:44, :58] if dtype == np.uint8 else chelsea()[:44, :58].astype(np.float32) / 255
    buffer = np.full((50, 64, 3), 255 if dtype == np.uint8 else 1, dtype)
    buffer[:44, :58] = inner
    augment = jax.jit(ja.Compose([transform]))
    out = np.asarray(augment(KEY, {"image": buffer, "size": np.array([44, 58], np.int32)})["image"])[:44, :58]
    apart = np.abs(out.astype(float) - np.asarray(augment(KEY, {"image": inner})["image"]))
    assert (apart > (1 if dtype == np.uint8 else 1 / 255)).mean() < 0.002


@pytest.mark.parametrize(
    ("transform", "changes"),
    [
        (ja.FilmGrain((0.1, 0.1), (2, 2), p=1), {"intensity_range": (0.3, 0.3), "grain_size_range": (4, 4)}),
        (ja.ModeFilter((3, 3), p=1), {"kernel_range": (5, 5)}),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "draw") else "",
)
def test_every_argument_has_an_effect(transform: Any, changes: dict[str, Any]) -> None:
    given = {n: getattr(transform, n) for n in transform.__dataclass_fields__}
    plain = made(transform, astronaut())
    assert (plain != astronaut()).mean() > 0.05
    for name, value in changes.items():
        assert (made(type(transform)(**(given | {name: value})), astronaut()) != plain).mean() > 0.01, name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.FilmGrain((0, 2)), r"FilmGrain\(intensity_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.FilmGrain(grain_size_range=(0, 2)), r"FilmGrain\(grain_size_range=...\) must be at least 1, got 0"),
        (lambda: ja.ModeFilter((5, 3)), r"ModeFilter\(kernel_range=...\) must be \(low, high\) with low <= high"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
