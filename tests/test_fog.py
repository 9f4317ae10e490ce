"""Fog by distance: Koschmieder's law in closed form, over depths of a real scene."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import chelsea, motorcycle

import jaxaug as ja

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what the law says takes longer.
pytestmark = pytest.mark.slow


def fogged(image: np.ndarray, depth: Any, density: float, colour: Any = (200, 200, 200)) -> np.ndarray:
    """What the law makes of an image."""
    through = np.exp(-density * np.asarray(depth, np.float64))[..., None]
    return image * through + np.asarray(colour) * (1 - through)


def made(transform: Any, **sample: Any) -> dict[str, np.ndarray]:
    return jax.tree.map(np.asarray, ja.Compose([transform])(KEY, sample))


@pytest.mark.parametrize(
    ("mode", "depth"),
    [
        ("linear", lambda y, x: 1 - y + 0 * x),
        ("diagonal", lambda y, x: 1 - (y + x) / 2),
        ("radial", lambda y, x: np.hypot(y - 0.5, x - 0.5) * np.sqrt(2)),
    ],
)
def test_a_scene_is_assumed_without_depths(mode: str, depth: Any) -> None:
    height, width = chelsea().shape[:2]
    y, x = np.mgrid[:height, :width] / np.array([height - 1, width - 1])[:, None, None]
    expected = fogged(chelsea(), depth(y, x), 2.0, (10, 200, 90))
    fog = ja.AtmosphericFog((2.0, 2.0), (10, 200, 90), mode, p=1)
    assert np.abs(made(fog, image=chelsea())["image"] - expected).max() <= 0.51
    # The scene is as large as the picture is in its buffer.
    buffer = np.pad(chelsea(), ((0, 9), (0, 5), (0, 0)))
    inner = made(fog, image=buffer, size=np.array([height, width], np.int32))["image"][:height, :width]
    assert np.abs(inner - expected).max() <= 0.51


def test_depths_are_read_where_the_sample_has_them() -> None:
    left, _, disparity = motorcycle()
    depth = 1 / np.maximum(disparity, 1)
    out = made(ja.AtmosphericFog((1.5, 1.5), p=1), image=left, depth=depth)
    assert np.abs(out["image"] - fogged(left, depth / depth.max(), 1.5)).max() <= 0.51
    np.testing.assert_array_equal(out["depth"], depth)
    # In millimetres they say the same; what has no depth is far away.
    whole = np.round(depth * 1000).astype(np.uint16)
    same = made(ja.AtmosphericFog((1.5, 1.5), p=1), image=left, depth=whole)["image"]
    assert np.abs(same.astype(int) - out["image"]).max() <= 1
    depth[:10] = np.nan
    depth[10:20] = np.inf
    sky = made(ja.AtmosphericFog((30, 30), p=1), image=left, depth=depth)["image"]
    assert (sky[:20] == 200).all()


def test_depths_move_with_the_picture_and_other_sizes_share_them() -> None:
    left, _, disparity = motorcycle()
    depth = 1 / np.maximum(disparity, 1)
    steps = [ja.Rotate((30, 30), p=1), ja.HorizontalFlip(p=1), ja.AtmosphericFog((1.5, 1.5), p=1)]
    moved = jax.tree.map(np.asarray, ja.Compose(steps[:2])(KEY, image=left, depth=depth))
    far = moved["depth"] / moved["depth"].max()
    sample = {"image": left, "depth": depth, "more": {"image": np.repeat(np.repeat(left, 2, 0), 2, 1)}}
    out = jax.tree.map(np.asarray, ja.Compose(steps)(KEY, sample))
    assert np.abs(out["image"] - fogged(moved["image"], far, 1.5)).max() <= 1
    double = np.asarray(ja.Compose(steps[:2])(KEY, image=sample["more"]["image"])["image"])
    expected = fogged(double, np.repeat(np.repeat(far, 2, 0), 2, 1), 1.5)
    assert np.abs(out["more"]["image"] - expected).max() <= 1


def test_frames_share_the_fog_and_a_choice_may_hold_it() -> None:
    left, _, disparity = motorcycle()
    clip = np.stack([left, left[::-1]])
    sample = {"images": clip, "depth": 1 / np.maximum(disparity, 1)}
    out = made(ja.AtmosphericFog((1.5, 1.5), p=1), **sample)["images"]
    for frame, before in zip(out, clip, strict=True):
        assert np.abs(frame - fogged(before, sample["depth"] / sample["depth"].max(), 1.5)).max() <= 0.51
    thick, none = ja.AtmosphericFog((1.5, 1.5), p=1), ja.AtmosphericFog((0, 0), p=1)
    chosen = [np.asarray(ja.OneOf([thick, none], p=1)(jax.random.key(i), sample)["images"]) for i in range(6)]
    assert {bool((c == out).all()) or (bool((c == clip).all()) and "none") for c in chosen} == {True, "none"}


def test_every_argument_has_an_effect() -> None:
    plain = made(ja.AtmosphericFog((1, 1), p=1), image=chelsea())["image"]
    for arguments in ({"density_range": (2, 2)}, {"fog_color": (90, 90, 200)}, {"depth_mode": "radial"}):
        out = made(ja.AtmosphericFog(**{"density_range": (1, 1), **arguments}, p=1), image=chelsea())["image"]
        assert (out != plain).mean() > 0.5
    gray = made(ja.AtmosphericFog((50, 50), (255, 0, 0), p=1), image=np.zeros((8, 8, 4), np.float32))["image"]
    np.testing.assert_allclose(gray[0], 0.299, atol=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.AtmosphericFog(2), r"density_range=...\) must be a pair \(low, high\), got 2. Write \(2, 2\)"),
        (lambda: ja.AtmosphericFog((-1, 2)), r"density_range=...\) must be at least 0, got -1"),
        (lambda: ja.AtmosphericFog(depth_mode="far"), "must be one of 'linear', 'diagonal', 'radial', got 'far'"),
        (lambda: ja.AtmosphericFog(fog_color=(1, 2)), r"fog_color=...\) must be 3 numbers, got \(1, 2\)"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_slopes_are_finite_without_any_depth() -> None:
    def brightness(image: Any, density: Any) -> Any:
        fog = ja.AtmosphericFog((density, density), p=1)
        return fog(KEY, image=image, depth=jnp.zeros(image.shape[:2]))["image"].sum()

    picture = jnp.full((4, 4, 3), 0.5)
    slopes = jax.grad(brightness, argnums=(0, 1))(picture, 2.0)
    np.testing.assert_allclose(slopes[0], 1.0)
    assert slopes[1] == 0
