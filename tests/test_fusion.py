"""One resampling for a chain shows what step by step would show."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import disc, smooth

import jaxaug as ja

SIZE = (61, 75)
ALL_BORDERS = ("constant", "wrap", "replicate", "reflect", "reflect_101")
#: Those that show edges, and those that hide them.
BORDERS = (ALL_BORDERS[0], *(pytest.param(border, marks=pytest.mark.slow) for border in ALL_BORDERS[1:]))


def chain(border: str, interpolation: str = "linear") -> list[Any]:
    """Warps of every structure, whose borders all show."""
    look = {"border_mode": border, "interpolation": interpolation, "p": 1}
    return [
        ja.HorizontalFlip(p=1),
        ja.Affine((0.7, 0.9), rotate=(-40, 40), translate_percent=0.1, fill=0.3, **look),
        ja.RandomCrop(47, 59),
        ja.PadIfNeeded(66, 70, border_mode=border, fill=0.8),
        ja.Perspective((0.03, 0.06), fill=0.5, **look),
        ja.VerticalFlip(p=1),
        ja.Rotate(30, fill=0.1, **look),
    ]


def both(steps: list[Any], sample: dict[str, Any], seed: int = 3) -> tuple[Any, Any]:
    params = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}

    @jax.jit
    def run(key: Any, sample: Any) -> Any:
        return tuple(ja.Compose(steps, fuse=fuse, **params)(key, sample) for fuse in (True, False))

    fused, apart = run(jax.random.key(seed), jax.tree.map(jnp.asarray, sample))
    return jax.tree.map(np.asarray, fused), jax.tree.map(np.asarray, apart)


def picture() -> dict[str, Any]:
    return {
        "image": smooth(*SIZE),
        "mask": disc(*SIZE, 36, 30, 14) + 2 * disc(*SIZE, 50, 20, 6),
        "keypoints": np.array([[36, 30, 10, 1], [20, 20, 90, 2], [50, 40, 200, 1]], np.float32),
        "bboxes": np.array([[22, 16, 51, 45], [44, 14, 57, 27]], np.float32),
    }


def blended(steps: list[Any], border: str, seed: int = 3) -> np.ndarray:
    """Pixels of the result into which steps one after another blend what lies on two sides of an edge of a picture.

    A step blends where the four pixels between which it reads lie on both sides of an edge of the picture that it is
    given, or one of them is blended or at an edge already: a band of a pixel for each step.
    """
    mode = {"replicate": "edge", "reflect": "symmetric", "reflect_101": "reflect", "wrap": "wrap"}.get(border)
    mixed = np.zeros(SIZE, bool)
    for op in ja.Compose(steps).sample(jax.random.key(seed), image=picture()["image"]):
        y, x = np.mgrid[0 : op.size_out[0], 0 : op.size_out[1]].astype(np.float32) + 0.5
        u, v = (np.asarray(c) - 0.5 for c in op.built().pull(jnp.asarray(x), jnp.asarray(y)))
        near = [[np.floor(c + 1e-3).astype(int), np.ceil(c - 1e-3).astype(int)] for c in (v, u)]
        # Which copy of the picture a pixel belongs to: 0 for the picture itself.
        copies = [[c // n for c in pair] for pair, n in zip(near, op.size_in, strict=True)]
        across = np.any([low != high for low, high in copies], axis=0)
        for low, _ in copies:
            for axis in (0, 1):
                change = np.diff(low, axis=axis) != 0
                for side in ((1, 0), (0, 1)):
                    across |= np.pad(change, [side if axis == i else (0, 0) for i in (0, 1)])
        most = max(int(np.abs(c).max()) for pair in near for c in pair)
        wide = np.pad(mixed, most, mode=mode) if mode else np.pad(mixed, most)
        mixed = across | np.any([wide[i + most, j + most] for i in near[0] for j in near[1]], axis=0)
    return mixed


@pytest.mark.slow
@pytest.mark.parametrize("border", ["constant", *(pytest.param(b, marks=pytest.mark.slow) for b in ALL_BORDERS[1:])])
def test_a_long_chain_with_every_border(border: str) -> None:
    fused, apart = both(chain(border), picture())
    edges = blended(chain(border), border)
    assert edges.mean() < 0.4
    assert np.abs(fused["image"] - apart["image"])[~edges].max() < 1 / 255
    np.testing.assert_allclose(fused["keypoints"], apart["keypoints"], atol=1e-3)
    np.testing.assert_allclose(fused["bboxes"], apart["bboxes"], atol=1e-3)
    difference = np.abs(fused["image"] - apart["image"]).max(axis=-1)
    # Interpolating four times blurs edges of fills by a pixel or so.
    assert np.median(difference) < 1.5 / 255
    # Under wrap every seam of every step is such an edge.
    assert np.mean(difference > 4 / 255) < {"constant": 0.12, "wrap": 0.25}.get(border, 0.03)
    assert np.mean(fused["mask"] != apart["mask"]) < 0.04


@pytest.mark.parametrize("border", BORDERS)
def test_two_steps_agree_up_to_the_edge(border: str) -> None:
    # A whole-pixel crop and one warp: the only interpolation is that of the warp, so nothing may differ at all.
    steps = [ja.Crop(5, 4, 60, 50), ja.Rotate((25, 25), border_mode=border, fill=0.7, fill_mask=9, p=1)]
    fused, apart = both(steps, picture())
    difference = np.abs(fused["image"] - apart["image"]).max(axis=-1)
    if border == "wrap":
        # One pixel at a seam blends both its sides, which a single reading cannot.
        assert difference[~blended(steps, border)].max() < 1e-3
        assert np.mean(difference > 1e-3) < 0.04
    else:
        assert difference.max() < 1e-3
    assert np.mean(fused["mask"] != apart["mask"]) < 1e-3


@pytest.mark.parametrize(
    "interpolation", ["nearest", "cubic", *(pytest.param(way, marks=pytest.mark.slow) for way in ("linear", "lanczos"))]
)
def test_flips_around_a_warp_change_nothing_but_the_place(interpolation: str) -> None:
    steps = [
        ja.HorizontalFlip(p=1),
        ja.Affine(rotate=(17, 17), interpolation=interpolation, border_mode="reflect_101", p=1),
        ja.VerticalFlip(p=1),
        ja.Transpose(p=1),
    ]
    fused, apart = both(steps, picture())
    tolerance = 0.02 if interpolation == "nearest" else 2e-4
    assert np.mean(np.abs(fused["image"] - apart["image"]) > 2e-4) < tolerance


@pytest.mark.slow
def test_dense_and_projective_maps_compose() -> None:
    steps = [
        ja.ElasticTransform(alpha=80, sigma=8, border_mode="reflect_101", p=1),
        ja.GridDistortion(3, 0.2, p=1),
        ja.Rotate((12, 12), border_mode="reflect_101", p=1),
    ]
    fused, apart = both(steps, picture())
    difference = np.abs(fused["image"] - apart["image"]).max(axis=-1)
    assert np.mean(difference > 3 / 255) < 0.01
    np.testing.assert_allclose(fused["keypoints"], apart["keypoints"], atol=1e-3)


def test_what_an_earlier_step_pushed_out_stays_out() -> None:
    steps = [ja.Crop(30, 0, 60, 61), ja.PadIfNeeded(61, 90, position="center", fill=0.25)]
    image = np.ones((*SIZE, 1), np.float32)
    fused, apart = both(steps, {"image": image, "keypoints": np.array([[10, 30, 0, 1.0], [40, 30, 0, 1.0]])})
    np.testing.assert_array_equal(fused["image"], apart["image"])
    assert (fused["image"] == 1).sum() == 61 * 30
    assert (fused["image"][:, :30] == 0.25).all()
    np.testing.assert_array_equal(fused["keypoints"][0], np.zeros(4))
    np.testing.assert_allclose(fused["keypoints"][1, :2], [40, 30])


def test_colour_keeps_its_place_between_warps() -> None:
    steps = [
        ja.Rotate((30, 30), p=1),
        ja.InvertImg(p=1),
        ja.Rotate((-30, -30), fill=0.5, p=1),
    ]
    fused, apart = both(steps, {"image": np.zeros((*SIZE, 3), np.float32)})
    np.testing.assert_allclose(fused["image"], apart["image"], atol=1e-6)
    assert fused["image"].max() > 0.99


def test_tones_run_in_one_pass_without_rounding_in_between() -> None:
    steps = [ja.RandomBrightnessContrast(0.3, 0.3, p=1), ja.RandomGamma(p=1), ja.HueSaturationValue(p=1)]
    image = (smooth(*SIZE) * 255).round().astype(np.uint8)
    fused, apart = both(steps, {"image": image})
    assert np.abs(fused["image"].astype(int) - apart["image"].astype(int)).max() <= 4
    assert np.mean(np.abs(fused["image"].astype(int) - apart["image"].astype(int)) > 2) < 0.01


def test_each_target_keeps_its_own_interpolation_and_fill() -> None:
    steps = [
        ja.Rotate(
            (20, 20), interpolation="cubic", mask_interpolation="nearest", fill=(0.1, 0.2, 0.3), fill_mask=5, p=1
        ),
        ja.Affine(scale=(0.8, 0.8), interpolation="cubic", fill=(0.4, 0.5, 0.6), fill_mask=7, p=1),
    ]
    fused, apart = both(steps, picture())
    assert set(np.unique(fused["mask"])) <= {0, 1, 2, 3, 5, 7}
    np.testing.assert_allclose(fused["image"][0, 0], [0.4, 0.5, 0.6], atol=1e-6)
    assert np.mean(fused["mask"] != apart["mask"]) < 0.03


def test_the_place_that_is_read_is_the_one_that_is_weighed() -> None:
    """The middle of a picture stays where it is, though its coordinates come out a little below or above the pixel."""
    picture = np.random.default_rng(0).integers(1, 255, (255, 255, 3), dtype=np.uint8)
    augment = ja.Compose([ja.Affine((0.8, 1.3), rotate=(-60, 60), p=1)])
    # Loops that reckon apart what they have in common.
    options: dict[str, Any] = {"xla_backend_optimization_level": 0}
    if jax.__version_info__ < (0, 11):
        options["xla_cpu_use_fusion_emitters"] = False
    run = jax.jit(lambda key, batch: augment.batch(key, image=batch)["image"], compiler_options=options)
    out = np.asarray(run(jax.random.key(0), jnp.asarray(np.stack([picture] * 64))))
    np.testing.assert_array_equal(out[:, 127, 127], np.stack([picture[127, 127]] * 64))
