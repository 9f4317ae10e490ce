"""Weather: what many draws do to a photograph is what Albumentations' do, in mean, deviation and share of pixels."""

from __future__ import annotations

from typing import Any

import albumentations as A
import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut

import jaxaug as ja
from jaxaug.kernels.particles import disc_sums
from jaxaug.kernels.precipitation import add_rain, bleach

COUNT = 64
PHOTO = cv2.resize(astronaut(), (96, 128), interpolation=cv2.INTER_AREA)


def changes(images: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and deviation of each channel, and the share of pixels that a draw changes, over many draws."""
    apart = images.astype(np.float64) - PHOTO
    return {
        "mean": apart.mean(axis=(0, 1, 2)),
        "deviation": apart.std(axis=(0, 1, 2)),
        "share": (np.abs(apart) > 2).any(axis=-1).mean(),
        "by row": apart.mean(axis=(0, 2, 3)).reshape(8, -1).mean(axis=1),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "bound"),
    [
        ("RandomFog", {}, 4),
        ("RandomFog", {"fog_coef_range": (0.3, 0.3), "alpha_coef": 0.2}, 2),
        ("RandomFog", {"fog_coef_range": (1.0, 1.0)}, 3),
        ("RandomRain", {}, 1.5),
        (
            "RandomRain",
            {"rain_type": "heavy", "slant_range": (20, 30), "drop_color": (90, 160, 250), "blur_value": 3},
            2,
        ),
        ("RandomRain", {"drop_length": 9, "drop_width": 3, "brightness_coefficient": 0.9}, 2.5),
        ("RandomSnow", {}, 2),
        ("RandomSnow", {"snow_point_range": (0.5, 0.5), "brightness_coeff": 1.5}, 2),
        ("RandomSunFlare", {"src_radius": 150}, 5),
        ("RandomSunFlare", {"flare_roi": (0.4, 0.4, 0.6, 0.6), "src_color": (255, 180, 90), "src_radius": 60}, 3),
        ("RandomSunFlare", {"method": "physics_based", "src_radius": 20, "flare_roi": (0.4, 0.4, 0.6, 0.6)}, 4),
        ("RandomGravel", {"gravel_roi": (0, 0, 1, 1), "number_of_patches": 20}, 1.5),
        ("Spatter", {}, 1),
        ("Spatter", {"mode": "mud", "cutout_threshold": (0.6, 0.7)}, 1.5),
    ],
)
def test_many_draws_do_what_the_reference_does(name: str, arguments: dict[str, Any], bound: float) -> None:
    batch = {"image": np.stack([PHOTO] * COUNT)}
    outs = np.asarray(
        jax.jit(ja.Compose([getattr(ja, name)(**arguments, p=1)]).batch)(jax.random.key(3), batch)["image"]
    )
    reference = A.Compose([getattr(A, name)(**arguments, p=1)], seed=5)
    ours, theirs = changes(outs), changes(np.stack([reference(image=PHOTO)["image"] for _ in range(COUNT)]))
    for what in ("mean", "deviation", "by row"):
        assert np.abs(ours[what] - theirs[what]).max() <= (bound if what != "by row" else 2 * bound), what
    assert abs(ours["share"] - theirs["share"]) <= 0.06


def test_discs_are_summed() -> None:
    spans = [(-3, 40), (-3, 30), (0, 5), (-1, 1)]
    x, y, r, w = (np.random.default_rng(i).uniform(*span, 30).astype(np.float32) for i, span in enumerate(spans))
    r = np.floor(r)
    out = jax.jit(disc_sums, static_argnums=(0, 5))((28, 37), x, y, r, w, 5)
    rows, columns = np.mgrid[:28, :37]
    near = [(columns - a) ** 2 + (rows - b) ** 2 <= c**2 for a, b, c in zip(np.round(x), np.round(y), r, strict=True)]
    np.testing.assert_allclose(out, sum(n * v for n, v in zip(near, w, strict=True)), atol=1e-5)


def test_bleached_pixels_are_those_of_opencv() -> None:
    out = np.asarray(bleach(PHOTO, 0.3, 2.0), int)
    hls = cv2.cvtColor(PHOTO.astype(np.float32) / 255, cv2.COLOR_RGB2HLS)
    dark = hls[..., 1] < 0.15 + 1 / 3
    hls[..., 1] = np.where(dark, np.minimum(hls[..., 1] * 2, 1), hls[..., 1])
    expected = np.round(cv2.cvtColor(hls, cv2.COLOR_HLS2RGB) * 255)
    assert np.mean(np.abs(out - expected) > 1) < 0.002


@pytest.mark.slow
def test_streaks_of_rain_keep_to_the_picture_in_its_buffer() -> None:
    key, names = jax.random.key(0), {"x": 1, "y": 2}
    drops = {name: jax.random.uniform(jax.random.fold_in(key, i), (16,)) for name, i in names.items()}
    rest = {"slant": 3.0, "colour": jnp.ones(3), "brightness": 1.0, "per_row": 1.0, "blur": 3}
    small = add_rain(jnp.zeros((16, 20, 3)), **drops, **rest, size=(16, 20), length=4)
    buffer = add_rain(jnp.zeros((40, 40, 3)), **drops, **rest, size=(16, 20), length=4)
    np.testing.assert_allclose(buffer[:14, :18], small[:14, :18], atol=1e-6)
    assert float(small.max()) > 0.3
