"""What people meet in their first hour: faults that were reported once, each with the right value."""

from __future__ import annotations

import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled

import jaxaug as ja

KEY = jax.random.key(0)
IMAGE = np.zeros((20, 30, 3), np.uint8)


def test_ids_in_further_columns_stay_what_they_are() -> None:
    ids = np.array([[3, 4, 16777217], [5, 6, 123456789]])
    params = {"keypoint_params": ja.KeypointParams("xy"), "bbox_params": ja.BboxParams("coco")}
    boxes = np.concatenate([[[1, 2, 5, 6], [3, 3, 8, 9]], ids[:, 2:]], axis=1)
    out = jax.jit(ja.Compose([ja.HorizontalFlip(p=1)], **params))(KEY, image=IMAGE, keypoints=ids, bboxes=boxes)
    np.testing.assert_array_equal(out["keypoints"], [[26, 4, 16777217], [24, 6, 123456789]])
    np.testing.assert_array_equal(out["bboxes"][:, 4], ids[:, 2])


def test_check_passes_over_rows_that_are_not_in_use() -> None:
    augment = ja.Compose(
        [ja.Crop(0, 0, 10, 10)], bbox_params=ja.BboxParams("pascal_voc"), keypoint_params=ja.KeypointParams("xy")
    )
    used = np.array([True, False])
    for unused in ([0, 0, 0, 0], [-1, -1, -1, -1]):
        augment.check(image=IMAGE, bboxes=np.array([[1, 2, 8, 9], unused], np.float32), bboxes_valid=used)
    augment.check(image=IMAGE, keypoints=np.array([[1, 2], [-1, -1]], np.float32), keypoints_valid=used)
    boxes = np.array([[1, 2, 8, 9], [15, 15, 19, 19]], np.float32)
    for flags in ({}, {"bboxes_valid": np.ones(2, bool)}):
        augment.check(augment(KEY, image=IMAGE, bboxes=boxes, **flags))
    with pytest.raises(ValueError, match=r"'bboxes' row 1 .* it has no area"):
        augment.check(image=IMAGE, bboxes=np.array([[1, 2, 8, 9], [5, 5, 5, 5]], np.float32))


@pytest.mark.parametrize("bits", [4, (2, 5), [(2, 5)], [3, 4, 5], [(2, 3), (4, 4), (5, 7)]])
def test_bits_survive_a_list_of_names_and_arguments(bits: Any) -> None:
    (first,) = steps = [ja.Posterize(bits)]
    (second,) = ja.from_list(json.loads(json.dumps(ja.to_list(steps))))
    assert first.num_bits == second.num_bits


@pytest.mark.parametrize(
    "make",
    [
        lambda n: ja.LongestMaxSize(n),
        lambda n: ja.SmallestMaxSize([n, n + 1]),
        lambda n: ja.LongestMaxSize(max_size_hw=(n, None)),
        lambda n: ja.Pad(n),
        lambda n: ja.Pad(np.array([n, n])),
    ],
)
def test_whole_numbers_of_numpy_are_whole_numbers(make: Any) -> None:
    assert repr(make(np.int64(8))) == repr(make(8))


@pytest.mark.parametrize("by", ["image", "image_per_channel", "min_max", "min_max_per_channel"])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_picture_of_one_colour_has_finite_gradients(by: str, value: float) -> None:
    normalize = ja.Compose([ja.Normalize(normalization=by)])
    slope = jax.jit(jax.grad(lambda x: (normalize(KEY, image=x)["image"] * jnp.arange(24.0).reshape(2, 4, 3)).sum()))
    assert np.isfinite(slope(jnp.full((2, 4, 3), value))).all()


def test_a_flip_loses_no_point_at_either_edge() -> None:
    points = np.array([[29.5, 19.5], [-0.5, 5], [29.49, 19], [29.7, 5], [0, 0]], np.float32)
    sample = {"image": IMAGE, "keypoints": points, "keypoints_valid": np.ones(len(points), bool)}
    flip = ja.Compose([ja.HorizontalFlip(p=1)], keypoint_params=ja.KeypointParams("xy"))
    out = jax.jit(flip)(KEY, sample)
    assert out["keypoints_valid"].tolist() == [True, True, True, False, True]
    np.testing.assert_allclose(out["keypoints"][0], [-0.5, 19.5])
    flip.check(image=IMAGE, keypoints=points[:2])


def test_compact_of_no_rows() -> None:
    augment = ja.Compose([ja.RandomCrop(8, 8)], bbox_params=ja.BboxParams("pascal_voc", label_fields=["labels"]))
    out = augment.compact(augment(KEY, image=IMAGE, bboxes=np.zeros((0, 4)), labels=np.zeros(0, int), masks=[]))
    assert out["bboxes"].shape == (0, 4)


# Outside jit ----------------------------------------------------------------------------------------------------------

STEPS = [ja.HorizontalFlip(p=0.5), ja.Rotate((-30, 30), p=0.5), ja.ColorJitter(p=0.5), ja.Normalize()]
PARAMS = {
    "bbox_params": ja.BboxParams("pascal_voc", label_fields=["names"]),
    "keypoint_params": ja.KeypointParams("xyas", label_mapping={"sides": {0: 1, 1: 0}}),
}


def compilations(run: Any) -> int:
    """How many programs are compiled while a function runs."""
    found = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, *_, **__: found.append(name) if name.endswith("backend_compile_duration") else None
    )
    try:
        run()
    finally:
        jax.monitoring.clear_event_listeners()
    return len(found)


def test_later_calls_compile_nothing_whatever_the_key_and_the_magnitudes() -> None:
    sample = {**labelled(22, 26), "names": ["cat", "dog"], "sides": np.array([0, 1])}

    def everything(seed: int, angle: float) -> Any:
        steps = [STEPS[0], ja.Rotate((-angle, angle), p=0.5), *STEPS[2:]]
        augment, key = ja.Compose(steps, **PARAMS), jax.random.key(seed)
        plan = augment.sample(key, sample)
        pictures = {"image": np.stack([sample["image"]] * 2)}
        return augment(key, sample), augment.invert(plan, augment.apply(plan, sample)), augment.batch(key, pictures)

    out = everything(0, 30.0)[0]
    assert out["names"] == ["cat", "dog"]
    assert compilations(lambda: everything(1, 12.0)) == 0


def test_outside_jit_is_what_jit_gives() -> None:
    augment = ja.Compose(STEPS, **PARAMS)
    sample = {**labelled(22, 26), "sides": np.array([0, 1]), "names": np.arange(2)}
    run = jax.jit(augment)
    for seed in range(4):
        key = jax.random.key(seed)
        for one, other in zip(jax.tree.leaves(augment(key, sample)), jax.tree.leaves(run(key, sample)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_drawn_sizes_are_exact_and_turns_change_the_shape() -> None:
    scale, turn = ja.Compose([ja.RandomScale(0.4, p=1)]), ja.Compose([ja.RandomRotate90(p=1)])
    shapes = {scale(jax.random.key(seed), image=IMAGE)["image"].shape for seed in range(4)}
    assert len(shapes) > 1
    assert {turn(jax.random.key(seed), image=IMAGE)["image"].shape[:2] for seed in range(8)} == {(20, 30), (30, 20)}
