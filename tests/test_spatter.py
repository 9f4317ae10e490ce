"""Drops and mud on the lens: edges are OpenCV's, and what a liquid makes of a picture is that of Albumentations."""

from __future__ import annotations

from typing import Any

import albumentations as A
import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from albumentations.augmentations.pixel import functional as reference
from pictures import astronaut, chelsea, coins

import jaxaug as ja
from jaxaug.kernels.edges import canny
from jaxaug.kernels.filters import gaussian_kernel
from jaxaug.kernels.random_numbers import normal_field
from jaxaug.kernels.spatter import liquid

KEY = jax.random.key(0)


def poured(plan: Any, shape: tuple[int, int], size: Any = None) -> np.ndarray:
    """How thick the liquid of a plan is."""
    names = ("key", "mean", "std", "smoothing", "threshold")
    return np.asarray(liquid(shape, size or shape, **{name: plan.ops[0].params[name] for name in names}))


@pytest.mark.parametrize(
    ("mode", "arguments"),
    [
        ("rain", {}),
        pytest.param("rain", {"mean": (0.4, 0.6), "std": 0.4, "cutout_threshold": 0.5}, marks=pytest.mark.slow),
        pytest.param(
            "rain", {"gauss_sigma": (0.5, 3.5), "intensity": 1.0, "color": (9, 99, 250)}, marks=pytest.mark.slow
        ),
        pytest.param("mud", {}, marks=pytest.mark.slow),
        pytest.param(
            "mud", {"gauss_sigma": (1.0, 3.5), "intensity": 1.0, "color": (0, 99, 250)}, marks=pytest.mark.slow
        ),
    ],
)
def test_what_a_liquid_makes_of_a_picture_is_that_of_the_reference(mode: str, arguments: dict[str, Any]) -> None:
    picture = chelsea()
    augment = ja.Compose([ja.Spatter(**arguments, mode=mode, p=1)])
    for seed in range(1 if not arguments else 4):
        plan = augment.sample(jax.random.key(seed), image=picture)
        params = {name: np.asarray(value, np.float64) for name, value in plan.ops[0].params.items()}
        layer = poured(plan, picture.shape[:2])
        assert layer.max() > 0
        if mode == "rain":
            params |= reference.get_rain_params(layer, params["colour"], params["intensity"])
        else:
            # The deviation is not in the plan, but the weights in the middle of the rim tell it.
            rim = params["rim"][len(params["rim"]) // 2 :]
            sigma = np.sqrt(-0.5 / np.log(rim[1] / rim[0]))
            rest = (params["threshold"], sigma, params["intensity"], np.random.default_rng(0))
            params |= reference.get_mud_params(layer, np.asarray(plan.ops[0].colour), *rest)
        params["mode"] = mode
        out = np.asarray(augment.apply(plan, image=picture)["image"]).astype(int)
        assert np.mean(np.abs(out - A.Spatter().apply(picture, **params)) <= 2) >= 0.999


@pytest.mark.slow
@pytest.mark.parametrize("picture", [astronaut()[..., 0], coins()[0]], ids=["astronaut", "coins"])
def test_edges_are_those_of_opencv(picture: np.ndarray) -> None:
    picture = np.ascontiguousarray(picture)
    for low, high in ((50, 150), (20, 400), (200, 200)):
        edges = jax.jit(canny, static_argnames="size")(picture, low, high, size=picture.shape)
        expected = cv2.Canny(picture, low, high) > 0
        assert 0.01 < expected.mean() < 0.5
        np.testing.assert_array_equal(edges, expected)


@pytest.mark.slow
def test_a_liquid_is_smoothed_noise_above_a_threshold() -> None:
    key, sigma = jnp.array([1, 2], jnp.uint32), 2.0
    kernel = gaussian_kernel(sigma, 13, 13)
    layer = np.asarray(liquid((60, 80), (60, 80), key, 0.65, 0.3, kernel, 0.68))
    noise = 0.65 + 0.3 * np.asarray(normal_field(key, 1, 60, 80)[0], np.float64)
    smooth = cv2.GaussianBlur(noise, (13, 13), sigma, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(layer, np.where(smooth < 0.68, 0, smooth), atol=1e-5)


@pytest.mark.slow
def test_where_nothing_passes_the_threshold_a_tenth_is_muddy() -> None:
    white = np.ones((80, 90, 1), np.float32)
    mud = ja.Spatter(std=(0, 0), gauss_sigma=(0, 0), mode="mud", intensity=(1, 1), color=(0, 0, 0), p=1)
    covered = np.asarray(ja.Compose([mud])(KEY, image=white)["image"]) == 0
    assert 0.08 < covered.mean() < 0.12
    assert not np.asarray(ja.Compose([mud])(KEY, image=white[:1, :1])["image"]).any()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["rain", "mud"])
def test_a_picture_in_a_buffer_is_spattered_as_it_is_without(mode: str) -> None:
    inner, buffer = chelsea()[:40, :50], np.full((64, 60, 3), 77, np.uint8)
    buffer[:40, :50] = inner
    step = jax.jit(ja.Compose([ja.Spatter(mode=mode, p=1)]))
    out = np.asarray(step(KEY, {"image": buffer, "size": np.array([40, 50], np.int32)})["image"]).astype(int)
    assert np.abs(out[:40, :50] - np.asarray(step(KEY, image=inner)["image"])).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["rain", "mud"])
def test_every_argument_has_an_effect(mode: str) -> None:
    one = {"mean": (0.5, 0.5), "std": (0.4, 0.4), "gauss_sigma": (1, 1), "cutout_threshold": (0.45, 0.45)}
    other = {"mean": (0.6, 0.6), "std": 0.2, "gauss_sigma": (2, 2), "cutout_threshold": (0.52, 0.52)}
    one |= {"intensity": (0.3, 0.3), "mode": mode}
    other |= {"intensity": (0.9, 0.9), "color": (120, 20, 250), "mode": "mud" if mode == "rain" else "rain"}
    step = jax.jit(lambda step, image: step(KEY, image=image)["image"])
    plain = np.asarray(step(ja.Spatter(**one, p=1), astronaut()))
    for name, value in other.items():
        assert (np.asarray(step(ja.Spatter(**one | {name: value}, p=1), astronaut())) != plain).mean() > 0.05, name


@pytest.mark.slow
def test_drops_are_differentiable_and_of_any_number_of_channels() -> None:
    def brightness(intensity: Any, image: Any) -> Any:
        return ja.Spatter(intensity=(intensity, intensity), p=1)(KEY, image=image)["image"].mean()

    for channels in (1, 3, 4, 16):
        dark = jnp.zeros((32, 32, channels))
        slope = jax.grad(brightness)(0.5, dark)
        np.testing.assert_allclose(slope, 2 * brightness(0.5, dark), rtol=1e-4)
        assert slope > 0.01


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Spatter(mode="snow"), r"Spatter\(mode=...\) must be one of 'rain', 'mud', got 'snow'"),
        (lambda: ja.Spatter(mean=1.5), r"Spatter\(mean=...\) must be in \[0, 1\], got 1.5"),
        (lambda: ja.Spatter(gauss_sigma=(3, 2)), r"gauss_sigma=...\) must be \(low, high\) with low <= high"),
        (lambda: ja.Spatter(color=(1, 2, 300)), r"color=...\) must be in \[0, 255\], got 300"),
        (lambda: ja.Spatter(color=(1, 2)), r"color=...\) must be 3 numbers, got \(1, 2\)"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()
