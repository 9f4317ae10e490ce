"""Whole numbers in place of floats: results are the nearest levels, but for a few hundredths."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
import scipy.ndimage

from jaxaug.kernels.arithmetic import interpolate
from jaxaug.kernels.tones import brightness_contrast
from jaxaug.sampling.interpolation import taps
from jaxaug.sampling.rows_and_columns import read_rows_and_columns

LEVELS = np.arange(256, dtype=np.uint8)


def test_brightness_and_contrast_are_within_a_64th_of_a_level() -> None:
    change = jax.jit(jax.vmap(lambda alpha, beta: brightness_contrast.traits.uint8(LEVELS, alpha, beta)))
    alpha, beta = (
        a.reshape(-1).astype(np.float32) for a in np.meshgrid(np.linspace(-4, 4, 81), np.linspace(-1, 1, 21))
    )
    exact = np.clip(alpha[:, None] * LEVELS.astype(np.float64) + beta[:, None] * 255.0, 0, 255)
    assert np.abs(np.asarray(change(alpha, beta)) - exact).max() <= 0.5 + 1 / 64


@pytest.mark.parametrize("factor", [5.3, 17.7, 63.9, 200.1, 256.0])
def test_large_factors_are_within_a_level(factor: float) -> None:
    for beta in (-1.0, -0.37, 0.0, 0.5):
        exact = np.clip(np.float32(factor) * LEVELS.astype(np.float64) + beta * 255, 0, 255)
        assert np.abs(np.asarray(brightness_contrast.traits.uint8(LEVELS, factor, beta)) - exact).max() <= 1.0


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize(("channels", "size"), [(1, (50, 41)), (3, (50, 41)), (4, (17, 8)), (3, (401, 357))])
def test_rows_and_columns_are_mixed_to_a_fiftieth_of_a_level(channels: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(channels)
    picture = rng.integers(0, 256, (33, 47, channels), dtype=np.uint8)
    y, x = (rng.uniform(-2, n + 2, count).astype(np.float32) for n, count in zip(picture.shape, size, strict=False))
    cover, fill, over = rng.random(size, dtype=np.float32), 7.0, 200.0
    cover[0], cover[1] = 0.0, 1.0

    def read(picture: Any, y: Any, x: Any, cover: Any) -> Any:
        down, across = taps(y, 33, "linear", "constant"), taps(x, 47, "linear", "constant")
        return read_rows_and_columns(picture, down, across, fill, [(cover, over)])

    out = np.asarray(jax.jit(read)(picture, y, x, cover))
    wide = np.pad(picture.astype(np.float64), ((3, 3), (3, 3), (0, 0)), constant_values=fill)
    exact = scipy.ndimage.map_coordinates(
        wide, np.meshgrid(y + 2.5, x + 2.5, np.arange(channels), indexing="ij"), order=1
    )
    exact = exact * cover[..., None].astype(np.float64) + over * (1.0 - cover[..., None].astype(np.float64))
    assert np.abs(out - exact).max() <= 0.52
    assert (out[0] == over).all()


@pytest.mark.parametrize("count", [2, 3, 5, 64, 257])
def test_interpolation_is_that_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    places, values, x = (rng.normal(size=n).astype(np.float32) for n in (count, count, 500))
    places.sort()
    x = np.concatenate([2 * x, places])
    np.testing.assert_allclose(interpolate(x, places, values), np.interp(x, places, values), atol=2e-6)
