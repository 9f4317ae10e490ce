"""Samples of many sizes and numbers of rows in one batch: there and back, and as each would be alone."""

from __future__ import annotations

from typing import Any

import chex
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import astronaut

import jaxaug as ja

KEY = jax.random.key(5)
PARAMS = {
    "bbox_params": ja.BboxParams("pascal_voc", label_fields=["labels"]),
    "keypoint_params": ja.KeypointParams("xy"),
}


def ragged(seed: int) -> dict[str, Any]:
    """A sample of a size and of numbers of rows of its own."""
    rng = np.random.default_rng(seed)
    height, width, count, points = (int(rng.integers(low, high)) for low, high in ((3, 30), (3, 30), (0, 5), (0, 4)))
    return {
        "image": rng.integers(0, 255, (height, width, 3), np.uint8),
        "mask": rng.integers(0, 9, (height, width), np.int32),
        "bboxes": rng.random((count, 5), np.float32) + 1,
        "labels": rng.integers(0, 2**40, count),
        "names": [f"class {i}" for i in range(count)],
        "keypoints": rng.random((points, 2)),
        "points": rng.integers(1, 9, points, np.uint8),
        "polygons": np.linspace(0, 1, count * (points + 3) * 2).reshape(count, points + 3 if count else 3, 2),
        "file": f"{seed}.png",
        "number": np.float32(seed),
        "one_hot": rng.random(7),
        "people": {
            "image": rng.random((width, height), np.float32),
            "masks": rng.integers(0, 2, (points, width, height), np.uint8),
            "keypoints": rng.random((points, 17, 3), np.float32),
            "obboxes": rng.random((points, 5)),
            "scores": rng.random(points),
        },
    }


def alike(found: Any, expected: Any, place: str = "") -> None:
    """Two samples with the same values and dtypes."""
    assert type(found) is type(expected), place
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for name in expected:
            alike(found[name], expected[name], f"{place}/{name}")
    elif isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype, place
        np.testing.assert_array_equal(found, expected, place)
    else:
        assert found == expected, place


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=5), st.sampled_from([1, 7, (4, 16)]))
def test_what_is_padded_comes_back(seeds: list[int], multiple_of: Any) -> None:
    samples = [ragged(seed) for seed in seeds]
    # Lists of strings that are empty in all samples are no strings any more.
    if not any(sample["names"] for sample in samples):
        for sample in samples:
            del sample["names"]
    batch = ja.pad_batch(samples, multiple_of=multiple_of)
    assert {leaf.shape[0] for leaf in jax.tree.leaves(batch)} == {len(samples)}
    down, across = (multiple_of, multiple_of) if isinstance(multiple_of, int) else multiple_of
    assert batch["image"].shape[1] % down == batch["image"].shape[2] % across == 0
    for found, expected in zip(ja.unpad_batch(batch), samples, strict=True):
        alike(found, expected)


def test_the_entries_that_are_added_tell_what_counts() -> None:
    samples = [ragged(seed) for seed in (1, 2, 3)]
    batch = ja.pad_batch(samples, size=32, rows={"bboxes": 6, "polygons": 6, "keypoints": 7, "masks": 6})
    assert batch["size"].tolist() == [list(one["image"].shape[:2]) for one in samples]
    assert batch["bboxes"].shape == (3, 6, 5)
    assert batch["bboxes_valid"].sum(1).tolist() == [len(one["bboxes"]) for one in samples]
    people = batch["people"]
    assert people["size"].tolist() == [list(one["people"]["image"].shape) for one in samples]
    assert people["masks"].shape == (3, 7, 32, 32)
    assert people["valid"].sum(1).tolist() == [len(one["people"]["masks"]) for one in samples]
    assert people["keypoints_valid"].shape == (3, 7, 17)
    assert set(people) - set(samples[0]["people"]) == {"size", "valid", "keypoints_valid"}
    assert set(batch) - set(samples[0]) == {"size", "bboxes_valid", "keypoints_valid", "polygons_valid"}
    outside = np.arange(32)[:, None] >= batch["size"][0, 0]
    assert not batch["image"][0][np.broadcast_to(outside, (32, 32))].any()


def test_sizes_and_validity_of_the_samples_count_and_may_be_kept() -> None:
    image, valid = np.arange(20, dtype=np.float32).reshape(4, 5), np.array([True, False])
    sample = {"image": image, "size": np.array([3, 2]), "valid": valid, "bboxes": np.ones((2, 4)), "labels": [7, 8]}
    batch = ja.pad_batch([sample, {**sample, "size": (4, 5)}], size=8)
    assert batch["image"][0].sum() == image[:3, :2].sum()
    one, two = ja.unpad_batch(batch, keep=("valid",))
    np.testing.assert_array_equal(one["image"], image[:3, :2])
    np.testing.assert_array_equal(two["image"], image)
    assert one["labels"].tolist() == [7]
    assert one["valid"].tolist() == [True]
    assert "size" not in one


def test_labels_are_told_by_their_length_or_by_name() -> None:
    samples = [
        {
            "image": np.ones((4, 4)),
            "bboxes": np.ones((n, 4)),
            "keypoints": np.ones((m, 2)),
            "a": np.ones(n),
            "b": np.ones(m),
        }
        | {"one_hot": np.ones(3)}
        for n, m in ((2, 1), (3, 2))
    ]
    batch = ja.pad_batch(samples)
    # Four rows, because three would make labels of the three classes, and five points, to tell a from b.
    assert {name: batch[name].shape[1] for name in ("a", "b", "one_hot")} == {"a": 4, "b": 2, "one_hot": 3}
    fields = {"bboxes": ["a"], "keypoints": ["b"]}
    for rows in (4, 3):
        with pytest.raises(ValueError, match=r"would look like labels of 'bboxes' in the batch"):
            ja.pad_batch(samples, rows=rows)
        batch = ja.pad_batch(samples, rows=rows, label_fields=fields)
        for found, expected in zip(ja.unpad_batch(batch, label_fields=fields), samples, strict=True):
            alike(found, expected)


STEPS = [
    ja.HorizontalFlip(p=0.5),
    ja.RandomBrightnessContrast(p=0.5),
    ja.Affine(scale=(0.8, 1.2), rotate=(-20, 20), p=0.7),
    ja.CoarseDropout(p=0.5),
]


def scene(height: int, width: int, rows: int) -> dict[str, Any]:
    rng = np.random.default_rng(rows)
    corner = rng.random((rows, 2)) * (width / 2, height / 2)
    return {
        "image": astronaut()[:height, :width],
        "mask": (astronaut()[:height, :width, 0] // 64).astype(np.int32),
        "bboxes": np.concatenate([corner, corner + (width / 3, height / 3)], axis=1).astype(np.float32),
        "labels": np.arange(rows),
        "keypoints": (rng.random((rows + 1, 2)) * (width - 1, height - 1)).astype(np.float32),
    }


def test_one_program_serves_all_sizes_and_treats_each_sample_as_alone() -> None:
    augment = ja.Compose(STEPS, **PARAMS)
    sizes = [(31, 47), (48, 20), (40, 40), (17, 33), (26, 48), (48, 48)]
    samples = [scene(*size, rows) for rows, size in enumerate(sizes)]
    chex.clear_trace_counter()
    run = jax.jit(chex.assert_max_traces(augment.batch, n=1))
    outs = []
    for start in (0, 2, 4):
        batch = ja.pad_batch(samples[start : start + 2], size=48, rows={"bboxes": 8, "keypoints": 9})
        outs += ja.unpad_batch(run(jax.random.fold_in(KEY, start), batch))
    for i in (0, 3):
        key = jax.random.fold_in(jax.random.fold_in(KEY, i // 2 * 2), i % 2)
        flags = {"bboxes_valid": np.ones(i, bool), "keypoints_valid": np.ones(i + 1, bool)}
        alone = jax.tree.map(np.asarray, augment(key, samples[i] | flags))
        assert outs[i]["image"].shape == samples[i]["image"].shape
        apart = np.abs(outs[i]["image"].astype(int) - alone["image"])
        assert np.mean(apart > 1) < 0.002
        assert np.mean(outs[i]["mask"] != alone["mask"]) < 0.002
        for name in ("bboxes", "keypoints"):
            np.testing.assert_allclose(outs[i][name], alone[name][alone[f"{name}_valid"]], atol=1e-3)
        np.testing.assert_array_equal(outs[i]["labels"], alone["labels"][alone["bboxes_valid"]])


def test_strings_pass_through_a_batch_outside_jit() -> None:
    samples = [{"image": np.ones((4, 6)), "bboxes": np.array([[0.0, 0, 2, 2], [4, 1, 6, 3]]), "labels": ["cat", "dog"]}]
    samples.append({"image": np.ones((5, 4)), "bboxes": np.array([[1.0, 1, 2, 2]]), "labels": ["a long name"]})
    augment = ja.Compose([ja.Crop(0, 0, 3, 3)], **{**PARAMS, "keypoint_params": None})
    outs = ja.unpad_batch(augment.batch(KEY, ja.pad_batch(samples)))
    assert [one["labels"] for one in outs] == [["cat"], ["a long name"]]


def test_words_change_places_in_a_batch_that_is_mirrored() -> None:
    points, image = np.ones((2, 2)), np.ones((4, 4))
    samples = [{"image": image, "keypoints": points, "side": ["left", "nose"]}]
    samples.append({"image": image, "keypoints": points[:1], "side": ["right"]})
    params = ja.KeypointParams("xy", ["side"], label_mapping={"side": {"left": "right", "right": "left"}})
    batch = ja.pad_batch(samples)
    for p, expected in ((1, [["right", "nose"], ["left"]]), (0, [["left", "nose"], ["right"]])):
        outs = ja.Compose([ja.HorizontalFlip(p=p)], keypoint_params=params).batch(KEY, batch)
        assert [one["side"] for one in ja.unpad_batch(outs)] == expected


IMAGE, OTHER = np.ones((4, 4, 3), np.uint8), np.ones((6, 5, 3), np.uint8)
BAD = {
    "pad_batch needs at least one sample": ([], {}),
    r"Only one of samples\[0\] and samples\[1\] has 'mask'": ([{"image": IMAGE}, {"image": IMAGE, "mask": IMAGE}], {}),
    r"samples\[1\] has 'image' of 6 x 5, but buffers are 4 x 8": (
        [{"image": IMAGE}, {"image": OTHER}],
        {"size": (4, 8)},
    ),
    r"samples\[0\] has 3 rows of 'bboxes', but there is room for 2": (
        [{"image": IMAGE, "bboxes": np.ones((3, 4))}],
        {"rows": 2},
    ),
    r"samples\[0\] has pictures of shapes .*'mask': \(6, 5, 3\).*one height and width": (
        [{"image": IMAGE, "mask": OTHER}],
        {},
    ),
    r"'history' has shapes \(2,\), \(3,\) in the samples of one batch": (
        [{"image": IMAGE, "history": [1, 2]}, {"image": IMAGE, "history": [1, 2, 3]}],
        {},
    ),
    r"'image' has dtypes float32, uint8": ([{"image": IMAGE}, {"image": IMAGE.astype(np.float32)}], {}),
    r"samples\[0\]\['note'\] must be an array, a list, a number or a string, got object": (
        [{"image": IMAGE, "note": object()}],
        {},
    ),
    r"samples\[0\] must be a dict of targets": ([IMAGE], {}),
    r"multiple_of=...\) must be one whole number": ([{"image": IMAGE}], {"multiple_of": 2.5}),
    "label_fields names 'scores', which has": (
        [{"image": IMAGE, "bboxes": np.ones((3, 4)), "scores": [1]}],
        {"label_fields": ["scores"]},
    ),
    r"samples\[0\] has {'valid': 2, 'bboxes': 3} rows": (
        [{"image": IMAGE, "bboxes": np.ones((3, 4)), "valid": np.ones(2, bool)}],
        {},
    ),
    r"'bboxes' has no rows in any sample": ([{"image": IMAGE, "bboxes": []}], {}),
}


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_padded_says_so(message: str) -> None:
    samples, options = BAD[message]
    with pytest.raises((ValueError, TypeError), match=message):
        ja.pad_batch(samples, **options)


def test_buckets_hold_what_they_name() -> None:
    sizes = np.random.default_rng(0).integers(20, 90, (50, 2))
    buckets = ja.bucket_by_size(sizes, (32, 16))
    assert sorted(i for members in buckets.values() for i in members) == list(range(50))
    for (height, width), members in buckets.items():
        assert height % 32 == width % 16 == 0
        assert (sizes[members] <= (height, width)).all()
        assert (sizes[members] > (height - 32, width - 16)).all()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(12, 20), 20])
@pytest.mark.parametrize("step", [ja.D4(), ja.RandomRotate90(), ja.Transpose(p=0.5), ja.OneOf([ja.D4(), ja.NoOp()])])
def test_turns_of_pictures_in_a_buffer_are_those_of_the_pictures_alone(step: Any, size: Any) -> None:
    samples = [{"image": astronaut()[:12, : 20 - i]} for i in range(8)]
    augment = ja.Compose([step])
    batch = jax.jit(augment.batch)(KEY, ja.pad_batch(samples, size=size))
    assert batch["image"].shape[1:3] == (20, 20)
    outs = ja.unpad_batch(batch)
    for i, out in enumerate(outs):
        expected = augment(jax.random.fold_in(KEY, i), samples[i])
        np.testing.assert_array_equal(out["image"], expected["image"])
    assert len({out["image"].shape[0] > 12 for out in outs}) == 2


@pytest.mark.slow
def test_a_transform_that_may_not_apply_has_a_buffer_that_holds_both_results() -> None:
    augment = ja.Compose([ja.RandomScale((-0.5, -0.2), p=0.5)])
    batch = jax.jit(augment.batch)(KEY, ja.pad_batch([{"image": IMAGE}] * 8))
    assert batch["image"].shape[1:] == IMAGE.shape
    outs = [one["image"] for one in ja.unpad_batch(batch)]
    kept = [out for out in outs if out.shape == IMAGE.shape]
    assert 0 < len(kept) < len(outs)
    assert all(np.array_equal(out, IMAGE) for out in kept)
    assert all(out.shape[0] <= 0.81 * IMAGE.shape[0] for out in outs if out.shape != IMAGE.shape)
