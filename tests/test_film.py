"""Film and print: grain, dithering, halftones, most frequent values, random filters; closed forms and Pillow."""

from __future__ import annotations

from typing import Any

import cv2
import jax
import numpy as np
import pytest
from comparing import KEY, each_argument_counts, made
from pictures import astronaut, chelsea, coins
from PIL import Image, ImageFilter

import jaxaug as ja
from jaxaug.kernels.dithering import ERROR_DIFFUSION, bayer_matrix

#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


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


# Dithering -----------------------------------------------------------------------------------------------------------


def diffused(plane: np.ndarray, algorithm: str, count: int, serpentine: bool) -> np.ndarray:
    """One pixel after another, as published."""
    rows, divisor = ERROR_DIFFUSION[algorithm]
    values, out = plane.astype(np.float64), np.zeros(plane.shape)
    height, width = plane.shape
    for y in range(height):
        way = -1 if serpentine and y % 2 else 1
        for x in range(width)[::way]:
            out[y, x] = np.clip(np.floor(values[y, x] * (count - 1) + 0.5), 0, count - 1) / (count - 1)
            for down, shares in enumerate(rows):
                for right, share in enumerate(shares, -2):
                    if y + down < height and 0 <= x + way * right < width:
                        values[y + down, x + way * right] += (values[y, x] - out[y, x]) * share / divisor
    return out


@pytest.mark.parametrize("serpentine", [False, True])
@pytest.mark.parametrize("algorithm", list(ERROR_DIFFUSION))
def test_errors_are_passed_on_as_published(algorithm: str, serpentine: bool) -> None:
    grey = coins()[0][:31, :40, None].astype(np.float32) / 255
    dither = ja.Dithering(n_colors=3, error_diffusion_algorithm=algorithm, serpentine=serpentine, p=1)
    out = made(dither, grey)[..., 0]
    expected = diffused(grey[..., 0], algorithm, 3, serpentine)
    # A tie that is rounded the other way changes what comes after it.
    assert (np.abs(out - expected) > 1e-5).mean() < 0.03
    kept = 0.75 if algorithm == "atkinson" else 1
    assert sum(map(sum, ERROR_DIFFUSION[algorithm][0])) == kept * ERROR_DIFFUSION[algorithm][1]
    assert kept < 1 or abs(out.mean() - grey.mean()) < 0.005


@pytest.mark.parametrize("side", [2, 4, 8, 16])
def test_as_many_pixels_of_a_pattern_are_white_as_the_brightness_says(side: int) -> None:
    for level in (0.0, 0.13, 0.5, 0.87, 1.0):
        out = made(ja.Dithering("ordered", bayer_matrix_size=side, p=1), flat(level, 64))
        assert abs(out.mean() - level) <= 0.5 / side**2 + 1e-6
        np.testing.assert_array_equal(out[:side], out[-side:])
    order = bayer_matrix(side)
    np.testing.assert_array_equal(np.sort(order, axis=None), np.arange(side**2))
    # Neighbours in the order lie half the matrix apart.
    (y, x), (v, u) = (np.argwhere(order == i)[0] for i in (0, 1))
    assert (abs(y - v), abs(x - u)) == (side // 2, side // 2)


def test_noise_before_rounding_keeps_the_brightness_and_none_of_it_is_rounding() -> None:
    picture = chelsea().astype(np.float32) / 255
    assert abs(made(ja.Dithering("random", p=1), flat(0.3, 200)).mean() - 0.3) < 0.01
    out = made(ja.Dithering("random", 5, "per_channel", noise_range=(0, 0), p=1), picture)
    np.testing.assert_allclose(out, np.floor(picture * 4 + 0.5) / 4, atol=1e-6)


@pytest.mark.parametrize("method", ["random", "ordered", "error_diffusion"])
def test_colours_come_out_grey_or_by_themselves(method: str) -> None:
    grey = made(ja.Dithering(method, 4, p=1), chelsea())
    np.testing.assert_array_equal(grey, grey[..., :1].repeat(3, axis=-1))
    colours = made(ja.Dithering(method, 4, "per_channel", p=1), chelsea())
    assert set(np.unique(grey)) == set(np.unique(colours)) == {0, 85, 170, 255}
    assert np.abs(colours.mean((0, 1)) - chelsea().mean((0, 1))).max() < 3


# Halftones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [5, 8, 16])
def test_dots_cover_as_much_as_their_squares_are_dark(side: int) -> None:
    for level in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
        out = made(ja.Halftone((side, side), (0, 0), p=1), flat(level, 5 * side))
        assert abs(out.mean() - level) < 0.025, level
        # A disc about the middle of each square.
        np.testing.assert_allclose(out, np.tile(out[:side, :side], (5, 5, 1)), atol=1e-6)
        np.testing.assert_allclose(out, out[::-1], atol=1e-6)
        np.testing.assert_allclose(out, out.transpose(1, 0, 2), atol=1e-6)
        if 0 < level < 1:
            assert out[side // 2, side // 2] < out[0, 0]


def test_dots_follow_the_picture_and_the_picture_shines_through() -> None:
    dots, half, none = (
        made(ja.Halftone((4, 4), (b, b), p=1), astronaut()[:72, :72]).astype(float) for b in (0, 0.5, 1)
    )
    np.testing.assert_array_equal(none, astronaut()[:72, :72])
    assert np.abs(half - (dots + none) / 2).max() <= 1
    squares = (x.reshape(18, 4, 18, 4, 3).mean((1, 3)) for x in (dots, none))
    assert np.abs(np.subtract(*squares)).mean() < 8


# Random filters ------------------------------------------------------------------------------------------------------

BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
    "reflect_101": cv2.BORDER_REFLECT_101,
}


@pytest.mark.parametrize("border", list(BORDERS))
def test_random_weights_are_those_of_a_correlation(border: str) -> None:
    picture = astronaut().astype(np.float32) / 255
    augment = ja.Compose([ja.StochasticConvolution((5, 5), (0.2, 0.2), True, border, p=1)])
    plan = augment.sample(KEY, image=picture)
    weights = np.asarray(plan.ops[0].weights(3))
    framed = cv2.copyMakeBorder(picture, 2, 2, 2, 2, BORDERS[border])
    expected = np.stack([cv2.filter2D(framed[..., c], -1, weights[..., c])[2:-2, 2:-2] for c in range(3)], axis=-1)
    out = np.asarray(augment.apply(plan, image=picture)["image"])
    np.testing.assert_allclose(out, expected.clip(0, 1), atol=1e-5)


@pytest.mark.parametrize("per_channel", [False, True])
def test_random_weights_have_a_sum_and_a_deviation(per_channel: bool) -> None:
    augment = ja.Compose([ja.StochasticConvolution((3, 7), (0.5, 0.5), per_channel, p=1)])
    draw = jax.jit(jax.vmap(lambda key: augment.sample(key, image=astronaut()).ops[0].weights(3)))
    weights = np.array(draw(jax.random.split(KEY, 200)))
    assert weights.shape == (200, 7, 7, 3 if per_channel else 1)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, atol=1e-5)
    sides = (np.abs(weights[:, 3, :, 0]) > 0).sum(axis=1)
    assert set(sides) == {3, 5, 7}
    weights[:, 3, 3] -= 1
    for side in (3, 7):
        spread = np.sqrt((weights[sides == side] ** 2).sum(axis=(1, 2)).mean())
        # One of their number is taken by the sum.
        assert abs(spread - 0.5 * np.sqrt(1 - 1 / side**2)) < 0.04


def test_random_weights_leave_even_areas_alone() -> None:
    np.testing.assert_allclose(made(ja.StochasticConvolution((7, 7), (1, 1), p=1), flat(0.4)), 0.4, atol=1e-5)
    same = made(ja.StochasticConvolution((3, 3), (0, 0), p=1), astronaut())
    np.testing.assert_array_equal(same, astronaut())


# What holds for all --------------------------------------------------------------------------------------------------

BUFFERED = [
    ja.FilmGrain((0.3, 0.3), p=1),
    ja.ModeFilter((5, 5), p=1),
    ja.Dithering("random", p=1),
    ja.Dithering("ordered", p=1),
    ja.Dithering(p=1),
    ja.Dithering(serpentine=True, p=1),
    ja.Halftone(p=1),
    ja.StochasticConvolution(strength_range=(0.4, 0.4), per_channel=True, p=1),
    ja.StochasticConvolution(strength_range=(0.4, 0.4), border_mode="constant", p=1),
]


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
        (
            ja.Dithering(p=1),
            {
                "method": "random",
                "n_colors": 3,
                "color_mode": "per_channel",
                "error_diffusion_algorithm": "burkes",
                "serpentine": True,
            },
        ),
        (ja.Dithering("ordered", p=1), {"bayer_matrix_size": 8}),
        (ja.Halftone((4, 4), (0, 0), p=1), {"dot_size_range": (6, 6), "blend_range": (0.4, 0.4)}),
        (
            ja.StochasticConvolution((3, 3), (0.3, 0.3), p=1),
            {
                "kernel_range": (5, 5),
                "strength_range": (0.8, 0.8),
                "per_channel": True,
                "border_mode": "constant",
            },
        ),
        (ja.Dithering("random", p=1), {"noise_range": (-0.1, 0.1)}),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "draw") else "",
)
def test_every_argument_has_an_effect(transform: Any, changes: dict[str, Any]) -> None:
    assert (made(transform, astronaut()) != astronaut()).mean() > 0.05
    each_argument_counts(transform, changes, astronaut())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.FilmGrain((0, 2)), r"FilmGrain\(intensity_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.FilmGrain(grain_size_range=(0, 2)), r"FilmGrain\(grain_size_range=...\) must be at least 1, got 0"),
        (lambda: ja.Dithering(n_colors=1), r"Dithering\(n_colors=...\) must be at least 2, got 1"),
        (lambda: ja.Dithering(n_colors=257), r"Dithering\(n_colors=...\) must be at most 256, got 257"),
        (lambda: ja.Dithering(bayer_matrix_size=3), r"\(bayer_matrix_size=...\) must be one of 2, 4, 8, 16, got 3"),
        (lambda: ja.Dithering("bayer"), r"\(method=...\) must be one of 'random', 'ordered', 'error_diffusion'"),
        (lambda: ja.Halftone((1, 4)), r"Halftone\(dot_size_range=...\) must be at least 2, got 1"),
        (lambda: ja.Halftone(blend_range=(0, 1.5)), r"Halftone\(blend_range=...\) must be in \[0, 1\], got 1.5"),
        (
            lambda: ja.StochasticConvolution(strength_range=(-1, 1)),
            r"\(strength_range=...\) must be at least 0, got -1",
        ),
        (lambda: ja.StochasticConvolution(border_mode="edge"), r"\(border_mode=...\) must be one of constant, rep"),
        (lambda: ja.ModeFilter((5, 3)), r"ModeFilter\(kernel_range=...\) must be \(low, high\) with low <= high"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
