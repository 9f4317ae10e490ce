"""Light in a lens: where its source, rays and ghosts lie, and how bright they are, in closed form."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
from pictures import chelsea
from scenes import centroid

import jaxaug as ja

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what the light is takes longer.
pytestmark = pytest.mark.slow
DARK = np.zeros((101, 141, 1), np.float32)
#: A source at (35, 30) of that picture.
FIXED: dict[str, Any] = {"flare_roi": (0.25, 0.3, 0.2501, 0.3001), "intensity_range": (0.8, 0.8), "p": 1}


def light(picture: np.ndarray = DARK, seed: int = 0, **arguments: Any) -> np.ndarray:
    flare = ja.Compose([ja.LensFlare(**{**FIXED, "num_ghosts_range": (0, 0), **arguments})])
    return np.asarray(flare(jax.random.key(seed), image=picture)["image"])


def around(picture: np.ndarray, radius: float, count: int = 720) -> np.ndarray:
    """Values on a circle about the source."""
    turn = np.arange(count) * (2 * np.pi / count)
    x, y = 0.25 * 141 - 0.5 + radius * np.cos(turn), 0.3 * 101 - 0.5 + radius * np.sin(turn)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - left, y - top
    upper = picture[top, left, 0] * (1 - u) + picture[top, left + 1, 0] * u
    lower = picture[top + 1, left, 0] * (1 - u) + picture[top + 1, left + 1, 0] * u
    return upper * (1 - v) + lower * v


@pytest.mark.parametrize("rays", [2, 5, 8])
def test_rays_are_as_many_and_evenly_apart(rays: int) -> None:
    ring = around(light(num_rays_range=(rays, rays), bloom_range=(0.02, 0.02)), 24)
    bright = ring > 0.5 * ring.max()
    starts = np.flatnonzero(bright & ~np.roll(bright, 1))
    assert len(starts) == rays
    assert np.abs(np.diff(starts) - 720 / rays).max() <= 8


def test_the_source_is_as_bright_as_it_should_be_and_its_glow_as_wide() -> None:
    out = light(bloom_range=(0.05, 0.05), num_rays_range=(2, 2))
    assert out.max() == pytest.approx(0.8, abs=0.03)
    assert np.abs(np.array(np.unravel_index(out.argmax(), out.shape)[:2]) - (30, 35)).max() <= 1
    spread = 0.05 * np.hypot(101, 141)
    # Away from the rays half of the light is a Gaussian.
    assert around(out, spread).min() == pytest.approx(0.4 * np.exp(-0.5), abs=0.02)


def test_ghosts_lie_on_the_line_through_the_middle() -> None:
    augment = ja.Compose([ja.LensFlare(**{**FIXED, "num_ghosts_range": (1, 1), "bloom_range": (0, 0)})])
    for seed in range(5):
        plan = augment.sample(jax.random.key(seed), image=DARK)
        params = plan.ops[0].params
        dark = dataclasses.replace(
            plan, ops=(dataclasses.replace(plan.ops[0], params={**params, "tints": 0 * params["tints"]}),)
        )
        ghost = np.asarray(augment.apply(plan, image=DARK)["image"]) - np.asarray(
            augment.apply(dark, image=DARK)["image"]
        )
        sun, middle = np.array([0.25 * 141, 0.3 * 101]), np.array([70.5, 50.5])
        expected = sun + float(params["along"][0]) * (middle - sun) - 0.5
        np.testing.assert_allclose(centroid(ghost[..., 0]), expected, atol=0.3)
        radius = float(params["radii"][0]) * np.hypot(101, 141)
        assert (ghost > 1e-3).sum() == pytest.approx(np.pi * radius**2, rel=0.15)


def test_light_is_laid_over_by_screen() -> None:
    black = np.zeros(chelsea().shape, np.float32)
    picture = chelsea().astype(np.float32) / 255
    arguments = {"num_ghosts_range": (4, 4), "bloom_range": (0.1, 0.1)}
    over = light(black, **arguments)
    assert 0.05 < over.max() <= 1
    np.testing.assert_allclose(light(picture, **arguments), 1 - (1 - picture) * (1 - over), atol=1e-5)
    assert np.abs(light(chelsea(), **arguments) / 255 - light(picture, **arguments)).max() <= 0.5 / 255 + 1e-5


def test_a_picture_in_a_buffer_has_the_flare_that_it_has_without() -> None:
    flare = jax.jit(ja.Compose([ja.LensFlare(p=1)]))
    sample = {"image": np.pad(chelsea(), ((0, 9), (0, 5), (0, 0))), "size": np.array(chelsea().shape[:2], np.int32)}
    out = np.asarray(flare(KEY, sample)["image"])[:60, :90].astype(int)
    assert np.abs(out - np.asarray(flare(KEY, image=chelsea())["image"])).max() <= 1


def test_every_argument_has_an_effect() -> None:
    plain = light(num_rays_range=(4, 4), bloom_range=(0.02, 0.02))
    changes = {
        "flare_roi": (0.6, 0.3, 0.61, 0.31),
        "num_ghosts_range": (5, 5),
        "intensity_range": (0.2, 0.2),
        "num_rays_range": (7, 7),
        "bloom_range": (0.1, 0.1),
    }
    for name, value in changes.items():
        out = light(**{"num_rays_range": (4, 4), "bloom_range": (0.02, 0.02), name: value})
        assert (np.abs(out - plain) > 0.01).mean() > 0.01, name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.LensFlare((0.5, 0, 0.5, 1)), r"flare_roi=...\) must be \(x_min, y_min, x_max, y_max\)"),
        (lambda: ja.LensFlare(num_rays_range=(1, 4)), r"num_rays_range=...\) must be at least 2, got 1"),
        (lambda: ja.LensFlare(intensity_range=(0, 2)), r"intensity_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.LensFlare(bloom_range=0.1), r"bloom_range=...\) must be a pair \(low, high\), got 0.1"),
        (lambda: ja.LensFlare(num_ghosts_range=(3, 1)), r"num_ghosts_range=...\) must be \(low, high\)"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()
