"""Gravel: with its stones injected, what Albumentations 2.0.8 makes of a picture."""

from __future__ import annotations

from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from albumentations.augmentations.pixel import functional as reference
from skimage import data

import jaxaug as ja
from jaxaug.kernels.particles import topmost_square

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow
#: Large enough for stones.
PHOTO = cv2.resize(data.astronaut(), (190, 170), interpolation=cv2.INTER_AREA)


def stones_of(plan: Any, region: tuple[float, ...], height: int, width: int) -> list[tuple[int, ...]]:
    """The stones of a plan as the reference lists them: ends of rows and columns, and a level."""
    params = {name: np.asarray(value, np.float64) for name, value in plan.ops[0].params.items()}
    low = np.array([int(region[0] * width), int(region[1] * height)])
    high = np.array([int(region[2] * width), int(region[3] * height)])
    least, most = (high - low) // 10, (high - low) // 5
    sides = least + np.floor(params["sides"] * (most - least + 1)).astype(int)
    corners = low + np.floor(params["corners"] * (high - sides - low + 1)).astype(int)
    found = []
    for k, places in enumerate(params["places"]):
        for i, (side, corner) in enumerate(zip(sides, corners, strict=True)):
            if k < side.prod() // 100:
                x, y = corner + np.floor(places[i] * (side + 1)).astype(int)
                r, level = int(params["radius"][k, i]), round(params["lightness"][k, i] * 255)
                ends = max(y - r, 0), min(y + r, height - 1), max(x - r, 0), min(x + r, width - 1)
                found.append((*ends, level))
    return found


@pytest.mark.parametrize("region", [(0.1, 0.4, 0.9, 0.9), (0.0, 0.0, 1.0, 1.0)])
def test_stones_are_those_of_the_reference(region: tuple[float, ...]) -> None:
    augment = ja.Compose([ja.RandomGravel(region, 12, p=1)])
    for seed in range(3):
        plan = augment.sample(jax.random.key(seed), image=PHOTO)
        stones = stones_of(plan, region, *PHOTO.shape[:2])
        assert len(stones) > 12
        expected = reference.add_gravel(PHOTO, stones).astype(int)
        out = np.asarray(augment.apply(plan, image=PHOTO)["image"]).astype(int)
        covered = np.zeros(PHOTO.shape[:2], bool)
        for top, bottom, left, right, _ in stones:
            covered[top:bottom, left:right] = True
        np.testing.assert_array_equal(out[~covered], PHOTO[~covered])
        # In 180 steps of hue the reference is less exact than here.
        assert np.mean(np.abs(out - expected)[covered] <= 4) >= 0.99
        assert np.mean(np.abs(out - expected) <= 2) >= 0.99


def test_later_squares_lie_on_top() -> None:
    rng = np.random.default_rng(0)
    x, y, radius = (rng.integers(*span, 40) for span in ((-4, 40), (-4, 30), (1, 4)))
    used = rng.uniform(size=40) < 0.8
    expected = np.full((28, 37), -1)
    for i in range(40):
        if used[i]:
            rows, columns = (slice(max(v[i] - radius[i], 0), max(v[i] + radius[i], 0)) for v in (y, x))
            expected[rows, columns] = i
    np.testing.assert_array_equal(topmost_square((28, 37), *map(jnp.asarray, (x, y, radius, used)), 3), expected)


def test_a_picture_in_a_buffer_has_the_gravel_that_it_has_without() -> None:
    buffer = np.full((180, 200, 3), 77, np.uint8)
    buffer[:170, :190] = PHOTO
    step = jax.jit(ja.Compose([ja.RandomGravel((0, 0, 1, 1), 9, p=1)]))
    out = step(KEY, {"image": buffer, "size": np.array([170, 190], np.int32)})["image"]
    np.testing.assert_array_equal(out[:170, :190], step(KEY, image=PHOTO)["image"])
    assert (np.asarray(out[:170, :190]) != PHOTO).mean() > 0.005


def test_gravel_lies_in_its_region_and_there_is_more_in_more_patches() -> None:
    def covered(*arguments: Any) -> np.ndarray:
        out = ja.Compose([ja.RandomGravel(*arguments, p=1)])(KEY, image=PHOTO)["image"]
        return (np.asarray(out) != PHOTO).any(axis=-1)

    few, many, left = covered((0, 0, 1, 1), 2), covered((0, 0, 1, 1), 20), covered((0, 0, 0.5, 1), 20)
    assert few.sum() * 4 < many.sum()
    assert many[:, 98:].any()
    assert left[:, :98].any()
    assert not left[:, 98:].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.RandomGravel((0.5, 0, 0.5, 1)), r"gravel_roi=...\) must be \(x_min, y_min, x_max, y_max\)"),
        (lambda: ja.RandomGravel((0, 0, 1, 2)), r"gravel_roi=...\) must be in \[0.0, 1.0\], got 2"),
        (lambda: ja.RandomGravel(number_of_patches=0), r"number_of_patches=...\) must be at least 1, got 0"),
        (
            lambda: ja.RandomGravel(p=1)(KEY, image=np.zeros((64, 64, 4))),
            "RandomGravel needs images of 1 or 3 channels; 'image' has 4",
        ),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
