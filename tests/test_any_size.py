"""Outside `jit`, pictures of many sizes: few programs, and the results that each picture has by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut

import jaxaug as ja
from jaxaug.backend import outside_jit
from jaxaug.kernels.random_numbers import normal_field, poisson_field, uniform_field
from jaxaug.pipeline.any_size import rounded_up

KEY = jax.random.key(2)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}


def scene(height: int, width: int) -> dict[str, Any]:
    image = astronaut()[:height, :width]
    height, width = image.shape[:2]
    return {
        "image": image,
        "mask": (astronaut()[:height, :width, 0] // 64).astype(np.int32),
        "bboxes": np.array([[1, 2, width - 3, height - 4], [3, 3, 9, 8]], np.float32),
        "bboxes_valid": np.ones(2, bool),
        "keypoints": np.array([[2, 5], [width - 2, height - 3]], np.float32),
        "name": f"{height} x {width}",
    }


def sizes(count: int, least: int = 21) -> Iterator[tuple[int, int]]:
    rng = np.random.default_rng(0)
    for height, width in rng.integers(least, 81, (count, 2)):
        yield int(height), int(width)


def alike(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found["image"].shape == expected["image"].shape
    assert found["image"].dtype == expected["image"].dtype
    apart = np.abs(np.asarray(found["image"], np.int32) - np.asarray(expected["image"], np.int32))
    assert np.mean(apart > 0) < 0.002
    assert apart.max() <= 1
    assert np.mean(np.asarray(found["mask"]) != np.asarray(expected["mask"])) < 0.002
    for name in ("bboxes", "keypoints", "bboxes_valid"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-4)


def exactly(augment: ja.Compose, key: Any, sample: dict[str, Any]) -> dict[str, Any]:
    """A sample through a program for its very size."""
    return jax.jit(augment)(key, {name: value for name, value in sample.items() if name != "name"})


@pytest.mark.slow
@pytest.mark.parametrize(("least", "programs"), [(33, 5), (21, 10)])
def test_a_hundred_sizes_share_a_few_programs(least: int, programs: int) -> None:
    # A gamma of its own, because pipelines of one structure share programs.
    steps = [
        ja.HorizontalFlip(),
        ja.RandomBrightnessContrast(p=1),
        ja.GaussNoise(p=1),
        *[ja.RandomGamma()] * (least < 30),
    ]
    augment = ja.Compose(steps, **PARAMS)
    before = outside_jit._program._cache_size()
    for i, size in enumerate(sizes(100, least)):
        sample = scene(*size)
        out = augment(jax.random.fold_in(KEY, i), sample)
        assert out["image"].shape == sample["image"].shape
        assert out["name"] is sample["name"]
        if i == 1:
            alike(out, exactly(augment, jax.random.fold_in(KEY, i), sample))
    # One of the first size, and one for each of two or three heights and widths.
    assert outside_jit._program._cache_size() - before == programs


def test_one_size_has_one_program_of_that_size() -> None:
    augment = ja.Compose([ja.InvertImg(p=1), ja.VerticalFlip()], **PARAMS)
    before = outside_jit._program._cache_size()
    for i in range(3):
        augment(jax.random.fold_in(KEY, i), scene(33, 47))
    assert outside_jit._program._cache_size() - before == 1


def test_results_of_drawn_size_are_cut_from_one_program() -> None:
    augment = ja.Compose([ja.RandomScale((-0.3, 0.3), p=1), ja.HorizontalFlip()], **PARAMS)
    keys, sample = jax.random.split(KEY, 6), scene(33, 47)
    outs = [augment(keys[0], sample)]
    before = outside_jit._program._cache_size()
    outs += [augment(key, sample) for key in keys[1:]]
    assert outside_jit._program._cache_size() == before
    assert len({out["image"].shape for out in outs}) > 3
    assert all(out["mask"].shape == out["image"].shape[:2] for out in outs)
    alike(outs[0], augment.apply(augment.sample(keys[0], sample), sample))


@pytest.mark.parametrize(
    "step",
    [
        ja.ShiftScaleRotate(border_mode="reflect", p=1),
        pytest.param(ja.D4(), marks=pytest.mark.slow),
        pytest.param(ja.RandomCrop(20, 18), marks=pytest.mark.slow),
        ja.GaussianBlur(sigma_limit=(2, 3), p=1),
        pytest.param(ja.Sequential([ja.SmallestMaxSize(30), ja.CenterCrop(24, 25)], p=1), marks=pytest.mark.slow),
        pytest.param(ja.CropAndPad(percent=(-0.1, 0.2), keep_size=False), marks=pytest.mark.slow),
        pytest.param(ja.ElasticTransform(30, 4, p=1), marks=pytest.mark.slow),
        pytest.param(ja.GridDistortion(p=1), marks=pytest.mark.slow),
        pytest.param(ja.Sequential([ja.GaussianBlur(p=1), ja.ColorJitter(p=1)], p=1), marks=pytest.mark.slow),
        pytest.param(ja.ShotNoise(p=1), marks=pytest.mark.slow),
        pytest.param(ja.PixelDropout(0.3, mask_drop_value=0, p=1), marks=pytest.mark.slow),
        pytest.param(ja.GridDropout(fill_mask=0, p=1), marks=pytest.mark.slow),
        pytest.param(ja.CoarseDropout(fill="random", p=1), marks=pytest.mark.slow),
        pytest.param(ja.PixelSpread(2, p=1), marks=pytest.mark.slow),
        pytest.param(ja.MaskDropout((1, 2), p=1), marks=pytest.mark.slow),
        pytest.param(ja.FDA([astronaut()[:50, :50]], p=1), marks=pytest.mark.slow),
        pytest.param(ja.Transpose(p=0.5), marks=pytest.mark.slow),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_picture_in_a_buffer_comes_out_as_by_itself(step: Any) -> None:
    augment = ja.Compose([step], **PARAMS)
    augment(KEY, scene(45, 40))
    for size in ((31, 47), (28, 25)):
        sample = scene(*size)
        alike(augment(KEY, sample), augment.apply(augment.sample(KEY, sample), sample))


@pytest.mark.slow
def test_pictures_of_several_sizes_in_one_sample_lie_in_buffers_too() -> None:
    augment = ja.Compose([ja.Affine(rotate=(-20, 20), p=1)], **PARAMS)
    before = outside_jit._program._cache_size()
    for i, (height, width) in enumerate(sizes(30)):
        sample = {"left": scene(height, width), "right": {"image": astronaut()[: width + 3, : height + 9]}}
        out = augment(jax.random.fold_in(KEY, i), sample)
        if i == 20:
            plan = augment.sample(jax.random.fold_in(KEY, i), sample)
            expected = augment.apply(plan, sample)
            alike(out["left"], expected["left"])
            assert np.abs(np.asarray(out["right"]["image"], int) - np.asarray(expected["right"]["image"])).max() <= 1
    assert outside_jit._program._cache_size() - before < 30


@pytest.mark.parametrize("field", [uniform_field, normal_field])
def test_a_field_of_random_numbers_does_not_depend_on_its_size(field: Any) -> None:
    key = jax.random.key_data(KEY)
    run = jax.jit(field, static_argnums=(1, 2, 3))
    large = np.asarray(run(key, 3, 21, 33))
    np.testing.assert_array_equal(run(key, 2, 10, 30), large[:2, :10, :30])
    assert np.unique(large).size > 0.99 * large.size


@pytest.mark.parametrize(
    "mean", [0.5, pytest.param(9.0, marks=pytest.mark.slow), 11.0, pytest.param(200.0, marks=pytest.mark.slow)]
)
def test_photons_are_counted_as_poisson_says(mean: float) -> None:
    run = jax.jit(poisson_field)
    counts = np.asarray(run(jax.random.key_data(KEY), jnp.full((2, 200, 200), mean, jnp.float32)))
    assert abs(counts.mean() - mean) < 5 * np.sqrt(mean / counts.size)
    assert abs(counts.var() / mean - 1) < 0.05
    np.testing.assert_array_equal(counts, np.round(counts))
    part = run(jax.random.key_data(KEY), jnp.full((1, 50, 70), mean, jnp.float32))
    np.testing.assert_array_equal(part[0], counts[0, :50, :70])


def test_buffers_waste_less_than_a_side_and_three_fifths() -> None:
    for side in range(1, 5000, 7):
        assert side <= rounded_up(side) <= max(8, 1.63 * side)
    assert sorted({rounded_up(side) for side in range(201, 801)}) == [320, 512, 800]
