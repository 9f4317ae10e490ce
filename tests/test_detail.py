"""Blurs, sharpening and compression: what they do, against OpenCV and Albumentations 2.0.8."""

from __future__ import annotations

import functools
import json
import warnings
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparing import KEY, agree
from pictures import astronaut, chelsea
from skimage import data

import jaxaug as ja
from jaxaug import functional as F
from jaxaug.kernels import random_numbers
from jaxaug.kernels.filter_weights import bessel_j1, motion_path
from jaxaug.kernels.median import median

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A
    from albumentations.augmentations.blur import functional as reference

#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


def floats(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float32) / 255


def ours(transform: Any, picture: np.ndarray) -> np.ndarray:
    return np.asarray(transform(KEY, image=picture)["image"])


# Arguments that leave nothing to chance ------------------------------------------------------------------------------

CERTAIN = [
    ("Sharpen", {"alpha": (0.3, 0.3), "lightness": (0.7, 0.7)}),
    ("Sharpen", {"alpha": (0.9, 0.9), "lightness": (1.2, 1.2)}),
    ("UnsharpMask", {"blur_limit": (5, 5), "alpha": (0.5, 0.5)}),
    ("UnsharpMask", {"blur_limit": (7, 7), "sigma_limit": (2, 2), "alpha": (1, 1), "threshold": 3}),
    ("Defocus", {"radius": (3, 3), "alias_blur": (0.5, 0.5)}),
    ("Defocus", {"radius": (7, 7), "alias_blur": (0.2, 0.2)}),
    ("RingingOvershoot", {"blur_limit": (7, 7), "cutoff": (0.9, 0.9)}),
    ("RingingOvershoot", {"blur_limit": (11, 11), "cutoff": (2.5, 2.5)}),
    ("ChromaticAberration", {"primary_distortion_limit": (-0.1, -0.1), "secondary_distortion_limit": (-0.05, -0.05)}),
    ("ZoomBlur", {"max_factor": (1.31, 1.31), "step_factor": (0.02, 0.02)}),
    ("ZoomBlur", {"max_factor": (1.505, 1.505), "step_factor": (0.07, 0.07)}),
    ("MedianBlur", {"blur_limit": (3, 3)}),
    ("MedianBlur", {"blur_limit": (7, 7)}),
]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(("name", "arguments"), CERTAIN, ids=lambda v: v if isinstance(v, str) else "")
def test_certain_ones_agree_with_the_reference(name: str, arguments: dict[str, Any], dtype: Any) -> None:
    picture = chelsea() if dtype == np.uint8 else floats(chelsea())
    a = ours(getattr(ja, name)(**arguments, p=1), picture)
    agree(a, A.Compose([getattr(A, name)(**arguments, p=1)])(image=picture)["image"], 2)


def test_sharpening_by_a_gaussian_is_that_of_floats_for_bytes_too() -> None:
    arguments = {"alpha": (0.4, 0.4), "method": "gaussian", "kernel_size": 7, "sigma": 1.5, "p": 1}
    expected = A.Compose([A.Sharpen(**arguments)])(image=floats(astronaut()))["image"]
    a = ours(ja.Sharpen(**arguments), floats(astronaut()))
    agree(a, expected, 0.1, 1)
    agree(ours(ja.Sharpen(**arguments), astronaut()), (expected * 255).round().astype(np.uint8), 1, 1)
    # Even sizes, at which the reference fails, grow by one.
    np.testing.assert_array_equal(ours(ja.Sharpen(**arguments | {"kernel_size": 6}), floats(astronaut())), a)


# Weights -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", [-1.0, -0.4, 0.0, 0.7])
@pytest.mark.parametrize("size", [3, 7, 15])
def test_paths_of_motion_are_those_of_the_reference_in_the_sense_it_states(size: int, direction: float) -> None:
    for angle in (0.0, 17.0, 80.0, 135.5, 261.0):
        places, weights = (np.asarray(v) for v in motion_path(size, angle, direction, (0.0, 0.0), 15))
        found = np.zeros((size, size))
        np.add.at(found, tuple((places + size // 2).T), weights)
        # Its angles run clockwise.
        expected = reference.create_motion_kernel(size, -angle, direction, False, None)
        np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-6)


@pytest.mark.parametrize("picture", [astronaut(), floats(astronaut())], ids=["uint8", "float32"])
def test_motion_blur_with_its_path_injected(picture: np.ndarray) -> None:
    augment = ja.Compose([ja.MotionBlur((3, 9), p=1)])
    for seed in range(4):
        plan = augment.sample(jax.random.key(seed), image=picture)
        kernel = np.asarray(plan.ops[0].square(9).weights)
        assert 1 <= (kernel > 0).sum() <= 9
        expected = A.MotionBlur().apply(picture, kernel=kernel)
        agree(np.asarray(augment.apply(plan, image=picture)["image"]), expected, 1, 1)


def test_shifted_paths_reach_where_others_do_not() -> None:
    def rows(allow_shifted: bool) -> set[int]:
        augment = ja.Compose([ja.MotionBlur((5, 5), allow_shifted, (0, 0), (0, 0), p=1)])
        draw = jax.jit(jax.vmap(lambda key: augment.sample(key, image=astronaut()).ops[0].places))
        return set(np.unique(draw(jax.random.split(KEY, 40))[..., 0]))

    assert rows(False) == {0}
    assert rows(True) == {-1, 0, 1}


@pytest.mark.parametrize("angle", [0.0, 30.0, -70.0])
def test_tilted_gaussians_are_those_of_the_reference(angle: float) -> None:
    """But for the sense of the angle."""
    arguments = {"sigma_x_limit": (2.0, 2.0), "sigma_y_limit": (0.7, 0.7), "noise_limit": (1, 1), "blur_limit": (7, 7)}
    arguments |= {"beta_limit": (0.9999, 1.0001), "p": 1}
    op = ja.AdvancedBlur(rotate_limit=(angle, angle), **arguments)
    plan = ja.Compose([op]).sample(KEY, image=astronaut())
    expected = A.AdvancedBlur(rotate_limit=(-angle, -angle), **arguments).get_params()["kernel"]
    np.testing.assert_allclose(plan.ops[0].weights.reshape(7, 7), expected, atol=1e-4)
    agree(ours(op, astronaut()), A.AdvancedBlur().apply(astronaut(), kernel=expected), 1, 1)


def test_shapes_of_gaussians_lie_on_both_sides_of_one_and_weights_are_uneven() -> None:
    augment = ja.Compose([ja.AdvancedBlur((7, 7), (1, 1), (1, 1), (0, 0), (0.2, 20.0), (1, 1), p=1)])
    draw = jax.jit(jax.vmap(lambda key: augment.sample(key, image=astronaut()).ops[0].weights))
    weights = np.asarray(draw(jax.random.split(KEY, 200))).reshape(-1, 7, 7)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, atol=1e-5)
    # A flat Gaussian of deviation 1 has next to nothing two pixels away.
    assert 0.35 < (weights[:, 3, 5] < 1e-4).mean() < 0.65
    uneven = ja.Compose([ja.AdvancedBlur((7, 7), noise_limit=(0.5, 1.5), p=1)]).sample(KEY, image=astronaut())
    square = np.asarray(uneven.ops[0].weights).reshape(7, 7)
    assert np.abs(square - square[::-1, ::-1]).max() > 1e-3


def test_the_bessel_function() -> None:
    from scipy.special import j1

    x = np.linspace(0, 60, 500)
    np.testing.assert_allclose(bessel_j1(x, 60.0), j1(x), atol=2e-6)


# Scale, lenses and glass ---------------------------------------------------------------------------------------------

METHODS = {
    "nearest": cv2.INTER_NEAREST_EXACT,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}


@pytest.mark.parametrize("scale", [0.25, 0.37, 0.8])
@pytest.mark.parametrize(
    ("down", "up"),
    [("nearest", "nearest"), ("linear", "cubic"), ("area", "nearest"), ("area", "linear"), ("lanczos", "lanczos")],
)
def test_downscale(down: str, up: str, scale: float) -> None:
    # Of an odd number of pixels none lies on the edge between two.
    picture = chelsea()[:59, :89]
    a = ours(ja.Downscale((scale, scale), {"downscale": down, "upscale": up}, p=1), picture)
    pair = {"downscale": METHODS[down], "upscale": METHODS[up]}
    b = A.Downscale((scale, scale), pair, p=1).apply(picture, scale=scale)
    agree(a, b, 0 if down == up == "nearest" else 2, 0.97 if up == "nearest" else 0.99)


def test_opencv_numbers_name_interpolations_of_downscale() -> None:
    pair = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}
    assert ja.Downscale(interpolation_pair=pair).interpolation_pair == (("downscale", "area"), ("upscale", "linear"))
    again = ja.from_list(json.loads(json.dumps(ja.to_list([ja.Downscale(interpolation_pair=pair)]))))
    assert again[0].interpolation_pair == (("downscale", "area"), ("upscale", "linear"))


def test_signs_of_aberrations_follow_the_mode() -> None:
    def drawn(mode: str) -> tuple[np.ndarray, np.ndarray]:
        augment = ja.Compose([ja.ChromaticAberration(mode=mode, p=1)])
        draw = jax.jit(jax.vmap(lambda key: augment.sample(key, image=astronaut()).ops[0]))
        op = draw(jax.random.split(KEY, 60))
        return np.sign(op.red), np.sign(op.blue)

    for mode, relation in (("green_purple", 1), ("red_blue", -1)):
        red, blue = drawn(mode)
        np.testing.assert_array_equal(red, relation * blue)
        np.testing.assert_array_equal(red[:, 0], red[:, 1])
    red, blue = drawn("random")
    assert 0.3 < (red[:, 0] == blue[:, 0]).mean() < 0.7


def test_glass_in_turn_swaps_one_pair_after_another() -> None:
    gray = astronaut()[:40, :44, 1]
    places = _distances(ja.GlassBlur(0.0, 3, 2, "exact", p=1), gray.shape, 3)
    expected = reference.glass_blur(gray, 1e-3, 3, 2, places, "exact")
    np.testing.assert_array_equal(ours(ja.GlassBlur(0.0, 3, 2, "exact", p=1), gray), expected)


def test_glass_all_at_once_is_that_of_the_reference() -> None:
    picture = astronaut()[:40, :44]
    step = ja.GlassBlur(0.8, 3, 2, p=1)
    places = _distances(step, picture.shape[:2], 3)
    # There rows run fastest.
    places = places.reshape(34, 38, 2, 2).swapaxes(0, 1).reshape(-1, 2, 2)
    agree(ours(step, picture), reference.glass_blur(picture, 0.8, 3, 2, places, "fast"), 2, 1)


def _distances(step: Any, size: tuple[int, int], reach: int) -> np.ndarray:
    """(N, iterations, 2) the distances down and across that are drawn for the pixels inside, from the last on."""
    op = step.alone(step).sample(KEY, image=np.zeros(size, np.uint8)).ops[1]
    share = np.asarray(random_numbers.uniform_field(op.key, 2 * op.iterations, *size))
    away = np.floor(share.reshape(op.iterations, 2, *size) * 2 * reach).astype(int) - reach
    inside = away[:, :, reach + 1 : size[0] - reach + 1, reach + 1 : size[1] - reach + 1][:, :, ::-1, ::-1]
    return np.moveaxis(inside.reshape(op.iterations, 2, -1), -1, 0)


# The median ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [3, 5, pytest.param(9, marks=pytest.mark.slow), 11])
def test_medians_are_those_of_opencv(side: int) -> None:
    noise = np.random.default_rng(side).integers(0, 256, (23, 31, 3)).astype(np.uint8)
    one = jax.jit(lambda flat: median(flat, side, 3))
    found = np.asarray(one(noise.reshape(23, 93)))
    np.testing.assert_array_equal(found.reshape(noise.shape), cv2.medianBlur(noise, side))
    if side <= 5:
        values = np.random.default_rng(side).normal(size=(23, 31)).astype(np.float32)
        expected = cv2.medianBlur(values, side)
        np.testing.assert_array_equal(jax.jit(lambda flat: median(flat, side, 1))(values), expected)


def test_medians_by_counting_know_floats_of_both_signs() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (23, 31)).astype(np.uint8)
    found = median(jnp.asarray(levels, jnp.float32) / 8 - 16, 11, 1)
    np.testing.assert_array_equal(found, cv2.medianBlur(levels, 11).astype(np.float32) / 8 - 16)


# JPEG ----------------------------------------------------------------------------------------------------------------


def stored(picture: np.ndarray, quality: int) -> np.ndarray:
    """What OpenCV reads of what it wrote; its colours begin with blue."""
    coloured = picture.ndim == 3
    own = np.ascontiguousarray(picture[..., ::-1]) if coloured else picture
    _, code = cv2.imencode(".jpg", own, [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = cv2.imdecode(code, cv2.IMREAD_UNCHANGED)
    return back[..., ::-1] if coloured else back


JPEG = jax.jit(F.jpeg)


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 75, 90, 95, 100])
def test_jpeg_is_that_of_libjpeg(quality: int) -> None:
    picture = data.chelsea()[:299, :451]
    a, b = np.asarray(JPEG(picture, quality)), stored(picture, quality)
    agree(a, b, 2, 0.99)
    gray = picture[..., 1]
    agree(np.asarray(JPEG(gray[..., None], quality))[..., 0], stored(gray, quality), 2, 0.99)


def test_jpeg_of_other_numbers_of_channels() -> None:
    picture = np.concatenate([data.chelsea(), data.chelsea()[::-1]], axis=-1)
    found = np.asarray(JPEG(picture[..., :5], 40))
    agree(found[..., :3], stored(picture[..., :3], 40))
    for channel in (3, 4):
        agree(found[..., channel], stored(picture[..., channel], 40))
    two = np.asarray(JPEG(picture[..., 1:3], 40))
    agree(two[..., 1], stored(picture[..., 2], 40))


def test_gradients_pass_through_compression() -> None:
    picture = jnp.asarray(floats(astronaut()))
    slopes = jax.jit(jax.grad(lambda image: (F.jpeg(image, 60) ** 2).mean()))(picture)
    wanted = 2 * picture / picture.size
    # What is taken from one pixel is given to its neighbours.
    assert abs(float(slopes.sum() / wanted.sum()) - 1) < 0.05
    assert np.corrcoef(np.ravel(slopes), np.ravel(wanted))[0, 1] > 0.8


def test_what_bytes_and_floats_lose_is_the_same() -> None:
    step = ja.ImageCompression(quality_range=(35, 35), p=1)
    agree(ours(step, astronaut()), (ours(step, floats(astronaut())) * 255).round().astype(np.uint8), 0, 1)


# Arguments -----------------------------------------------------------------------------------------------------------

EFFECTS = [
    ("MotionBlur", {"blur_limit": (7, 7)}, {"blur_limit": (3, 3)}),
    ("MotionBlur", {"blur_limit": (7, 7)}, {"blur_limit": (7, 7), "allow_shifted": False}),
    ("MotionBlur", {"angle_range": (0, 0)}, {"angle_range": (90, 90)}),
    ("MotionBlur", {"direction_range": (-1, -1)}, {"direction_range": (1, 1)}),
    ("MedianBlur", {"blur_limit": (3, 3)}, {"blur_limit": (5, 5)}),
    ("AdvancedBlur", {"blur_limit": (3, 3), "sigma_x_limit": (3, 3)}, {"blur_limit": (7, 7), "sigma_x_limit": (3, 3)}),
    ("AdvancedBlur", {}, {"sigma_x_limit": (2, 2)}),
    ("AdvancedBlur", {}, {"sigma_y_limit": (2, 2)}),
    ("AdvancedBlur", {"sigma_x_limit": (3, 3)}, {"sigma_x_limit": (3, 3), "rotate_limit": (45, 45)}),
    ("AdvancedBlur", {}, {"beta_limit": (0.01, 1.01)}),
    ("AdvancedBlur", {}, {"noise_limit": (0.1, 5)}),
    ("Defocus", {"radius": (2, 2)}, {"radius": (3, 3)}),
    ("Defocus", {"radius": (2, 2), "alias_blur": (0, 0)}, {"radius": (2, 2), "alias_blur": (2, 2)}),
    ("Sharpen", {"alpha": (0.1, 0.1)}, {"alpha": (0.6, 0.6)}),
    ("Sharpen", {"lightness": (0.5, 0.5)}, {"lightness": (1, 1)}),
    ("Sharpen", {}, {"method": "gaussian"}),
    ("Sharpen", {"method": "gaussian"}, {"method": "gaussian", "kernel_size": 3}),
    ("Sharpen", {"method": "gaussian"}, {"method": "gaussian", "sigma": 0.5}),
    ("UnsharpMask", {"blur_limit": (3, 3)}, {"blur_limit": (7, 7)}),
    ("UnsharpMask", {}, {"sigma_limit": (2, 2)}),
    ("UnsharpMask", {"alpha": (0.2, 0.2)}, {"alpha": (0.9, 0.9)}),
    ("UnsharpMask", {}, {"threshold": 40}),
    ("RingingOvershoot", {"blur_limit": (7, 7)}, {"blur_limit": (9, 9)}),
    ("RingingOvershoot", {"cutoff": (1, 1)}, {"cutoff": (2, 2)}),
    ("Downscale", {"scale_range": (0.3, 0.3)}, {"scale_range": (0.6, 0.6)}),
    ("Downscale", {}, {"interpolation_pair": {"downscale": "area", "upscale": "nearest"}}),
    ("Downscale", {}, {"interpolation_pair": {"downscale": "nearest", "upscale": "cubic"}}),
    ("ChromaticAberration", {}, {"primary_distortion_limit": (0.3, 0.3)}),
    ("ChromaticAberration", {}, {"secondary_distortion_limit": (0.6, 0.6)}),
    ("ChromaticAberration", {"primary_distortion_limit": 0.5}, {"primary_distortion_limit": 0.5, "mode": "red_blue"}),
    (
        "ChromaticAberration",
        {"primary_distortion_limit": (0.5, 0.5)},
        {"primary_distortion_limit": (0.5, 0.5), "interpolation": "nearest"},
    ),
    ("ZoomBlur", {"max_factor": (1.4, 1.4)}, {"max_factor": (1.8, 1.8)}),
    ("ZoomBlur", {"max_factor": (1.6, 1.6)}, {"max_factor": (1.6, 1.6), "step_factor": (0.3, 0.3)}),
    ("GlassBlur", {}, {"sigma": 2.0}),
    ("GlassBlur", {}, {"max_delta": 2}),
    ("GlassBlur", {}, {"iterations": 1}),
    ("GlassBlur", {}, {"mode": "exact"}),
    ("ImageCompression", {"quality_range": (80, 80)}, {"quality_range": (20, 20)}),
]


@functools.cache
def program() -> Any:
    return jax.jit(lambda step, image: step(KEY, image=image)["image"])


@pytest.mark.parametrize(("name", "one", "other"), EFFECTS, ids=lambda v: v if isinstance(v, str) else "")
def test_every_argument_has_an_effect(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    picture = astronaut()[:32, 20:52]
    a, b = (np.asarray(program()(getattr(ja, name)(**given, p=1), picture)) for given in (one, other))
    assert (a != b).mean() > 0.02


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.ImageCompression("webp"), r"compression_type='webp'\) is not offered: .* Use 'jpeg'"),
        (lambda: ja.ImageCompression(quality_range=(0, 50)), r"quality_range=...\) must be in \[1, 100\], got 0"),
        (lambda: ja.AdvancedBlur(beta_limit=(1.5, 3)), r"low < 1 < high, got \(1.5, 3.0\)"),
        (lambda: ja.AdvancedBlur(sigma_x_limit=1, sigma_y_limit=1), "must not both begin at 0"),
        (lambda: ja.MotionBlur(angle_range=(0, 400)), r"angle_range=...\) must be in \[0, 360\], got 400"),
        (lambda: ja.MotionBlur(direction_range=1), r"must be a pair \(low, high\), got 1. Write \(1, 1\)"),
        (lambda: ja.Downscale((0, 0.5)), "must begin above 0: nothing is left"),
        (lambda: ja.Downscale((0.5, 2)), r"scale_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.Downscale(interpolation_pair={"downscale": 0}), "a dict with the keys 'downscale' and 'upscale'"),
        (
            lambda: ja.Downscale(interpolation_pair={"downscale": "near", "upscale": 0}),
            r"interpolation_pair=...\)\['downscale'\] must be one of",
        ),
        (lambda: ja.ChromaticAberration(mode="blue"), "must be one of 'green_purple', 'red_blue', 'random'"),
        (
            lambda: ja.ChromaticAberration(p=1)(KEY, image=np.zeros((4, 4, 4))),
            "needs images of 3 channels; 'image' has 4",
        ),
        (lambda: ja.ZoomBlur(step_factor=(0, 1)), "must begin above 0: steps of 0 reach no size"),
        (lambda: ja.ZoomBlur(0.5), r"max_factor=...\) must be at least 1"),
        (lambda: jax.jit(lambda v: ja.ZoomBlur((1, v)).p)(1.2), "must be plain numbers: they fix how many copies"),
        (lambda: jax.jit(lambda v: ja.GlassBlur(v).p)(1.2), "must be a plain number, which fixes the length"),
        (lambda: ja.GlassBlur(max_delta=0), r"max_delta=...\) must be at least 1, got 0"),
        (lambda: ja.Defocus((0, 3)), r"radius=...\) must be at least 1, got 0"),
        (lambda: ja.Sharpen(sigma=0), r"sigma=...\) must be above 0, got 0"),
        (lambda: ja.Sharpen(method="laplace"), "must be one of 'kernel', 'gaussian', got 'laplace'"),
        (lambda: ja.Sharpen(kernel_size=2), r"kernel_size=...\) must be at least 3, got 2"),
        (lambda: ja.UnsharpMask(threshold=300), r"threshold=...\) must be in \[0, 255\], got 300"),
        (lambda: ja.RingingOvershoot(cutoff=(0, 1)), r"must begin above 0"),
        (lambda: ja.RingingOvershoot(cutoff=(1, 4)), r"must be in \[0, 3.14159\d*\], got 4"),
    ],
)
def test_arguments_that_mean_nothing(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_sides_become_odd_and_at_least_three() -> None:
    assert ja.MedianBlur((4, 6)).blur_limit == (5, 7)
    assert ja.MotionBlur(1).blur_limit == (3, 3)
    assert ja.RingingOvershoot(8).blur_limit == (3, 9)


# Pictures in buffers -------------------------------------------------------------------------------------------------

BUFFERED = [
    ja.MotionBlur((9, 9), p=1),
    ja.MedianBlur((5, 5), p=1),
    ja.AdvancedBlur((7, 7), (1, 3), (1, 3), p=1),
    ja.Defocus((4, 4), p=1),
    ja.Sharpen(p=1),
    ja.Sharpen(method="gaussian", p=1),
    ja.UnsharpMask((7, 7), alpha=1.0, p=1),
    ja.RingingOvershoot((9, 9), p=1),
    ja.ImageCompression(quality_range=(30, 30), p=1),
    ja.Downscale((0.4, 0.4), p=1),
    ja.Downscale((0.4, 0.4), {"downscale": "area", "upscale": "cubic"}, p=1),
    ja.ChromaticAberration((0.3, 0.3), p=1),
    ja.ZoomBlur((1.5, 1.5), (0.1, 0.1), p=1),
    ja.GlassBlur(p=1),
]


@pytest.mark.parametrize("step", BUFFERED, ids=lambda step: type(step).__name__)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_in_buffers_end_where_they_end(step: Any, dtype: Any) -> None:
    picture = astronaut()[:31, 20:61]
    picture = picture if dtype == np.uint8 else floats(picture)
    buffer = np.full((34, 48, 3), 0.6 if dtype == np.float32 else 150, dtype)
    buffer[:31, :41] = picture
    alone = np.asarray(program()(step, picture))
    size = np.array([31, 41], np.int32)
    within = np.asarray(jax.jit(lambda key, sample: step(key, sample)["image"])(KEY, {"image": buffer, "size": size}))
    agree(within[:31, :41], alone, 0.1, 1)


# Choices -------------------------------------------------------------------------------------------------------------


def test_filters_of_few_places_and_of_squares_share_one_slot() -> None:
    steps = [ja.MotionBlur((5, 5), p=1), ja.Blur((3, 3), p=1), ja.Sharpen(p=1)]
    choice = ja.Compose([ja.OneOf(steps, p=1)])
    draw = jax.jit(lambda key: choice.sample(key, image=astronaut()))
    replay = jax.jit(lambda plan: choice.apply(plan, image=astronaut())["image"])
    alone = [np.asarray(ja.Compose([step])(KEY, image=astronaut())["image"]) for step in steps[1:2]]
    plans = [draw(key) for key in jax.random.split(KEY, 12)]
    assert {type(plan.ops[0]).__name__ for plan in plans} == {"Square"}
    apart = [np.abs(np.asarray(replay(plan)).astype(int) - alone[0]).max() for plan in plans]
    assert min(apart) <= 1 < max(apart)


def test_medians_and_paths_of_other_lengths_share_a_slot() -> None:
    for steps in ([ja.MedianBlur((3, 3)), ja.MedianBlur((5, 5))], [ja.MotionBlur((3, 3)), ja.MotionBlur((9, 9))]):
        choice = ja.Compose([ja.OneOf(steps, p=1)])
        kinds = {type(choice.sample(jax.random.key(i), image=astronaut()).ops[0]).__name__ for i in range(2)}
        assert kinds in ({"Median"}, {"Sparse"})
    medians = ja.Compose([ja.OneOf([ja.MedianBlur((3, 3)), ja.MedianBlur((5, 5))], p=1)])
    known = [cv2.medianBlur(astronaut(), side) for side in (3, 5)]
    run = jax.jit(medians)
    found = [np.asarray(run(jax.random.key(i), image=astronaut())["image"]) for i in range(8)]
    which = [next(i for i, picture in enumerate(known) if np.array_equal(picture, one)) for one in found]
    assert set(which) == {0, 1}
