"""Whole numbers in place of floats: results are the nearest levels, but for a few hundredths."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxaug.kernels.arithmetic import interpolate
from jaxaug.kernels.fixed_point import ONE, pack_lanes, to_weight, unpack_lanes, weighted_sum
from jaxaug.kernels.pixel_packing import pack, unpack
from jaxaug.kernels.tones import brightness_contrast

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


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_mixtures_are_within_a_fiftieth_of_a_level(channels: int) -> None:
    rng = np.random.default_rng(channels)
    a, b = rng.integers(0, 256, (2, 50, 60, channels), dtype=np.uint8)
    share = rng.random((50, 60), dtype=np.float32)
    share[0], share[1] = 0.0, 1.0
    part = to_weight(jnp.asarray(share))
    lanes = weighted_sum([(unpack_lanes(pack(p), channels), s) for p, s in ((a, ONE - part), (b, part))], channels)
    out = np.asarray(unpack(pack_lanes(lanes), channels))
    exact = a * (1.0 - share[..., None].astype(np.float64)) + b * share[..., None].astype(np.float64)
    assert np.abs(out - exact).max() <= 0.52
    np.testing.assert_array_equal(out[:2], np.stack([a[0], b[1]]))


@pytest.mark.parametrize("count", [2, 3, 5, 64, 257])
def test_interpolation_is_that_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    places, values, x = (rng.normal(size=n).astype(np.float32) for n in (count, count, 500))
    places.sort()
    x = np.concatenate([2 * x, places])
    np.testing.assert_allclose(interpolate(x, places, values), np.interp(x, places, values), atol=2e-6)
