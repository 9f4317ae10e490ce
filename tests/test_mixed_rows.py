"""CutMix and MixUp on boxes, points and instances: those of both samples, as far as they are seen."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import tight_box

import jaxaug as ja

COUNT, SIZE, BOXES, POINTS = 6, (24, 30), 4, 5
KEY = jax.random.key(4)
PARAMS: dict[str, Any] = {
    "bbox_params": ja.BboxParams("pascal_voc", label_fields=("ids",), min_visibility=0.3),
    "keypoint_params": ja.KeypointParams("xy", label_fields=("point_ids",)),
}


def rectangle(box: np.ndarray) -> np.ndarray:
    """(height, width) the pixels of a box of whole numbers."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return (columns >= box[0]) & (columns < box[2]) & (rows >= box[1]) & (rows < box[3])


def batch() -> dict[str, Any]:
    """Pictures of one value each, boxes of whole numbers, points at centres of pixels, and instances with masks."""
    rng = np.random.default_rng(1)
    corner = rng.integers(0, (SIZE[1] - 8, SIZE[0] - 8), (COUNT, BOXES, 2))
    boxes = np.concatenate([corner, corner + rng.integers(3, 9, (COUNT, BOXES, 2))], axis=-1).astype(np.float32)
    own = np.arange(1, COUNT + 1)
    return {
        "image": np.broadcast_to(own[:, None, None, None], (COUNT, *SIZE, 1)).astype(np.float32),
        "bboxes": boxes,
        "bboxes_valid": np.arange(BOXES) < np.full((COUNT, 1), BOXES - 1),
        "ids": own[:, None] * 10 + np.arange(BOXES),
        "weights": np.ones((COUNT, BOXES), np.float32),
        "keypoints": rng.integers(0, (SIZE[1], SIZE[0]), (COUNT, POINTS, 2)).astype(np.float32),
        "keypoints_valid": np.ones((COUNT, POINTS), bool),
        "point_ids": own[:, None] * 10 + np.arange(POINTS),
        "labels": np.eye(COUNT, dtype=np.float32),
        "instances": {
            "masks": np.stack([[rectangle(box) for box in some] for some in boxes]).astype(np.uint8),
            "bboxes": boxes,
            "valid": np.ones((COUNT, BOXES), bool),
            "ids": own[:, None] * 10 + np.arange(BOXES),
            "names": own[:, None] * 10 + np.arange(BOXES),
        },
    }


def run(*steps: Any, seed: int = 4) -> Any:
    augment = ja.Compose(list(steps), **PARAMS)
    return jax.tree.map(np.asarray, jax.jit(augment.batch)(jax.random.key(seed), batch()))


def pasted(out: Any, i: int) -> tuple[np.ndarray, int]:
    """The pixels of a sample that show another one, and which."""
    shown = out["image"][i, ..., 0]
    window = shown != i + 1
    return window, int(shown[window][0]) - 1 if window.any() else i


def test_a_window_cuts_the_rows_below_and_brings_those_of_the_other_sample() -> None:
    given, out = batch(), run(ja.CutMix(p=1))
    live = 0
    for i in range(COUNT):
        window, partner = pasted(out, i)
        sides = [(i, n, ~window) for n in range(BOXES)] + [(partner, n, window) for n in range(BOXES)]
        assert out["ids"][i].tolist() == [(sample + 1) * 10 + n for sample, n, _ in sides] or partner == i
        for row, (sample, n, seen) in enumerate(sides):
            box = given["bboxes"][sample, n]
            whole = rectangle(box)
            left = whole & seen
            kept = left.any() and left.sum() >= 0.3 * whole.sum() * (1 - 1e-4)
            assert out["instances"]["valid"][i, row] == kept
            assert out["bboxes_valid"][i, row] == (kept and given["bboxes_valid"][sample, n])
            np.testing.assert_array_equal(out["instances"]["masks"][i, row], left)
            if kept:
                live += 1
                np.testing.assert_allclose(out["bboxes"][i, row], tight_box(left), atol=1e-4)
                np.testing.assert_allclose(out["instances"]["bboxes"][i, row], tight_box(left), atol=1e-4)
        for row, (sample, n, seen) in enumerate(
            [(i, n, ~window) for n in range(POINTS)] + [(partner, n, window) for n in range(POINTS)]
        ):
            x, y = given["keypoints"][sample, n]
            assert out["keypoints_valid"][i, row] == seen[int(y), int(x)]
            np.testing.assert_array_equal(out["keypoints"][i, row], [x, y])
    assert COUNT * BOXES // 2 < live < 2 * COUNT * BOXES
    # Not declared as labels, weights stay as they are; labels of the whole sample are mixed as ever.
    assert out["weights"].shape == (COUNT, BOXES)
    np.testing.assert_allclose(out["labels"].sum(axis=1), 1, atol=1e-6)


def test_a_blend_has_the_rows_of_both_samples_and_weighs_them() -> None:
    given = batch()
    augment = ja.Compose([ja.MixUp(2.0, row_weights="weights", p=0.6)], **PARAMS)
    out = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, given))
    blended = out["labels"].max(axis=1) < 1
    assert 0 < blended.sum() < COUNT
    for i in range(COUNT):
        share = out["labels"][i, i]
        partner = int(np.argmax(np.where(np.arange(COUNT) == i, 0, out["labels"][i]))) if blended[i] else None
        np.testing.assert_array_equal(out["bboxes"][i, :BOXES], given["bboxes"][i])
        np.testing.assert_array_equal(out["bboxes_valid"][i, :BOXES], given["bboxes_valid"][i])
        np.testing.assert_allclose(out["weights"][i, :BOXES], share, atol=1e-6)
        if partner is None:
            assert not out["bboxes_valid"][i, BOXES:].any()
            assert not out["instances"]["valid"][i, BOXES:].any()
            assert not out["instances"]["masks"][i, BOXES:].any()
            continue
        np.testing.assert_array_equal(out["bboxes"][i, BOXES:], given["bboxes"][partner])
        np.testing.assert_array_equal(out["bboxes_valid"][i, BOXES:], given["bboxes_valid"][partner])
        np.testing.assert_array_equal(out["ids"][i, BOXES:], given["ids"][partner])
        np.testing.assert_array_equal(out["keypoints"][i, POINTS:], given["keypoints"][partner])
        np.testing.assert_allclose(out["weights"][i, BOXES:], 1 - share, atol=1e-6)
        for name in ("masks", "names"):
            both = np.concatenate([given["instances"][name][i], given["instances"][name][partner]])
            np.testing.assert_array_equal(out["instances"][name][i], both)


@pytest.mark.slow
def test_one_choice_counts_for_all_samples_of_a_batch() -> None:
    """Every sample is blended by one share or gets one window, as its neighbours do; and by seeds either comes up."""
    choice = ja.OneOf([ja.MixUp(same_on_batch=True, row_weights="weights"), ja.CutMix(same_on_batch=True)], p=1)
    mix = jax.jit(ja.Compose([choice], **PARAMS).batch)
    blends = []
    for seed in (5, 6, 7):
        out = jax.tree.map(np.asarray, mix(jax.random.key(seed), batch()))
        picture = out["image"][..., 0]
        blended = (picture == picture[:, :1, :1]).all(axis=(1, 2)) & (picture[:, 0, 0] != np.rint(picture[:, 0, 0]))
        blends.append(bool(blended[0]))
        assert (blended == blended[0]).all()
        own = np.take_along_axis(out["labels"], np.arange(COUNT)[:, None], axis=1)
        np.testing.assert_allclose(own, own[0, 0], atol=1e-6)
        if not blended[0]:
            windows = picture != np.arange(1, COUNT + 1)[:, None, None]
            assert (windows == windows[0]).all()
            np.testing.assert_array_equal(out["weights"], 1)
        else:
            np.testing.assert_allclose(out["weights"][:, 0], own[0, 0], atol=1e-6)
    assert set(blends) == {True, False}


def test_a_choice_is_one_of_the_batch_or_one_of_each_sample() -> None:
    uneven = ja.Compose([ja.OneOf([ja.MixUp(same_on_batch=True), ja.CutMix()], p=1)], **PARAMS)
    with pytest.raises(ValueError, match="OneOf is drawn once for a batch or once for each sample"):
        jax.eval_shape(uneven.batch, KEY, batch())
    labels = np.eye(COUNT, dtype=np.float32)
    alone = jax.jit(ja.Compose([ja.MixUp(same_on_batch=True, p=1)]).batch)(KEY, image=batch()["image"], labels=labels)
    own = np.diag(np.asarray(alone["labels"]))
    np.testing.assert_allclose(own, own[0])
    assert 0 < own[0] < 1


@pytest.mark.slow
def test_polygons_and_oriented_boxes_are_cut_at_the_window() -> None:
    given = batch()
    boxes = given["bboxes"]
    corners = boxes[..., [[0, 1], [2, 1], [2, 3], [0, 3]]]
    centre, side = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    turned = np.concatenate([centre, side, np.zeros((*side.shape[:2], 1), np.float32)], axis=-1)
    flags = np.ones((COUNT, BOXES), bool)
    more = {"polygons": corners, "polygons_valid": flags, "obboxes": turned, "obboxes_valid": flags}
    out = jax.tree.map(np.asarray, jax.jit(ja.Compose([ja.CutMix(p=1)]).batch)(KEY, {"image": given["image"]} | more))
    for i in range(COUNT):
        window, partner = pasted(out, i)
        for row, (sample, n, seen) in enumerate(
            [(i, n, ~window) for n in range(BOXES)] + [(partner, n, window) for n in range(BOXES)]
        ):
            left = rectangle(boxes[sample, n]) & seen
            assert out["polygons_valid"][i, row] == left.any()
            if row >= BOXES:
                # Of the other sample's nothing lies outside of the window.
                assert out["obboxes_valid"][i, row] == left.any()
                if left.any():
                    ring = out["polygons"][i, row]
                    np.testing.assert_allclose([*ring.min(axis=0), *ring.max(axis=0)], tight_box(left), atol=1e-4)
            elif left.any():
                np.testing.assert_allclose(out["polygons"][i, row], corners[i, n], atol=1e-4)
                np.testing.assert_allclose(out["obboxes"][i, row], turned[i, n], atol=1e-4)


@pytest.mark.slow
def test_what_is_mirrored_before_keeps_its_own_labels_and_steps_behind_move_all() -> None:
    """Half of the samples are mirrored, whose left and right change names; then a turn of all by 180 degrees."""
    params = ja.KeypointParams("xy", label_fields=("sides",), label_mapping={"sides": {0: 1, 1: 0}})
    augment = ja.Compose([ja.HorizontalFlip(p=0.5), ja.MixUp(p=1), ja.Rotate((180, 180), p=1)], keypoint_params=params)
    count, (height, width) = 12, SIZE
    points = np.stack([np.arange(count), np.full(count, 5)], axis=1)[:, None].astype(np.float32)
    given = {
        "image": np.broadcast_to(np.eye(count, dtype=np.float32)[:, None, None], (count, *SIZE, count)),
        "keypoints": points,
        "keypoints_valid": np.ones((count, 1), bool),
        "sides": np.zeros((count, 1), np.int32),
    }
    out = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, given))
    mirrored = out["sides"][:, 0] == 1
    assert 0 < mirrored.sum() < count
    for i in range(count):
        shares = out["image"][i, 0, 0]
        partner = int(np.argmax(np.where(np.arange(count) == i, -1, shares)))
        for row, sample in enumerate((i, partner)):
            assert out["sides"][i, row] == mirrored[sample]
            x = width - 1 - sample if mirrored[sample] else sample
            np.testing.assert_allclose(out["keypoints"][i, row], [width - 1 - x, height - 1 - 5], atol=1e-3)
    words = np.array(["left", "nose"])[np.arange(count)[:, None] % 2]
    swaps = {"sides": {"left": "right", "right": "left"}}
    params = ja.KeypointParams("xy", label_fields=("sides",), label_mapping=swaps)
    spelled = ja.Compose(augment.transforms, keypoint_params=params).batch(KEY, dict(given, sides=words))["sides"]
    for i in range(count):
        partner = int(np.argmax(np.where(np.arange(count) == i, -1, out["image"][i, 0, 0])))
        expected = [("right" if mirrored[n] else "left") if n % 2 == 0 else "nose" for n in (i, partner)]
        assert spelled[i].tolist() == expected
    alone = dict(given, sides=np.zeros((count, 3), np.int32), keypoints=np.ones((count, 2, 3, 2), np.float32))
    with pytest.raises(ValueError, match="label_mapping swaps 'sides' for some of them alone"):
        jax.eval_shape(augment.batch, KEY, alone | {"keypoints_valid": np.ones((count, 2, 3), bool)})


@pytest.mark.slow
def test_boxes_of_each_frame_stay_with_their_frame() -> None:
    frames, boxes = 3, batch()["bboxes"]
    shifted = np.stack([boxes + np.array([0, i, 0, i]) for i in range(frames)], axis=1).astype(np.float32)
    given = {
        "images": np.zeros((COUNT, frames, *SIZE, 1), np.float32) + np.arange(1.0, COUNT + 1).reshape(-1, 1, 1, 1, 1),
        "bboxes": np.minimum(shifted, SIZE[0]),
        "ids": np.arange(COUNT * BOXES).reshape(COUNT, BOXES),
    }
    params = ja.BboxParams("pascal_voc", label_fields=("ids",))
    out = jax.jit(ja.Compose([ja.MixUp(p=1)], bbox_params=params).batch)(KEY, given)
    out = jax.tree.map(np.asarray, out)
    assert out["bboxes"].shape == (COUNT, frames, 2 * BOXES, 4)
    for i in range(COUNT):
        np.testing.assert_array_equal(out["bboxes"][i, :, :BOXES], given["bboxes"][i])
        partner = out["ids"][i, BOXES] // BOXES
        assert partner != i
        np.testing.assert_array_equal(out["bboxes"][i, :, BOXES:], given["bboxes"][partner])


@pytest.mark.slow
def test_pictures_of_other_true_sizes_show_no_box_beyond_their_own() -> None:
    sizes = np.array([[24, 30], [12, 16]])
    given = {
        "image": np.zeros((2, *SIZE, 3), np.uint8),
        "size": sizes,
        "bboxes": np.array([[[1, 1, 29, 23], [20, 3, 28, 9]], [[2, 2, 10, 8], [0, 0, 16, 12]]], np.float32),
        "bboxes_valid": np.ones((2, 2), bool),
    }
    augment = ja.Compose([ja.MixUp(p=1)], bbox_params=ja.BboxParams("pascal_voc"))
    out = jax.tree.map(np.asarray, augment.batch(KEY, given))
    np.testing.assert_array_equal(out["bboxes_valid"], [[True] * 4, [True, True, True, False]])
    np.testing.assert_allclose(out["bboxes"][1, 2], [1, 1, 16, 12])
    one = {name: value[1] for name, value in out.items()}
    augment.check(one)
    np.testing.assert_array_equal(out["size"], sizes)


@pytest.mark.slow
def test_what_comes_out_can_go_in_and_be_made_compact() -> None:
    out = run(ja.CutMix(p=1), ja.MixUp(p=0.5))
    assert out["bboxes"].shape == (COUNT, 4 * BOXES, 4)
    augment = ja.Compose([], **PARAMS)
    for i in range(COUNT):
        one = jax.tree.map(lambda leaf, i=i: leaf[i], out)
        augment.check(one)
        short = augment.compact(one)
        assert len(short["ids"]) == len(short["bboxes"]) == out["bboxes_valid"][i].sum()
        assert len(short["instances"]["names"]) == len(short["instances"]["masks"])


def test_what_cannot_be_joined_is_refused() -> None:
    given = batch()
    plain = {"image": given["image"]}
    listed = {"masks": list(np.moveaxis(given["instances"]["masks"], 1, 0)), "valid": np.ones((COUNT, BOXES), bool)}
    camera = {"intrinsics": np.broadcast_to(np.eye(3, dtype=np.float32), (COUNT, 3, 3))}
    for step, more, message in (
        (ja.MixUp(p=1), camera, "MixUp cannot move 'intrinsics'"),
        (ja.MixUp(p=1, row_weights="weights"), {}, "names no entry of one weight for each of the rows"),
        (ja.CutMix(p=1), listed, "behind those of 'masks', which is a list: give one array"),
    ):
        with pytest.raises(ValueError, match=message):
            jax.eval_shape(ja.Compose([step]).batch, KEY, plain | more)


@pytest.mark.slow
def test_without_flags_rows_of_no_partner_are_zeros() -> None:
    boxes = jnp.array([[[1.0, 2.0, 9.0, 9.0]]] * 2)
    augment = ja.Compose([ja.MixUp(p=1e-9)], bbox_params=ja.BboxParams("pascal_voc"))
    out = jax.jit(augment.batch)(KEY, {"image": jnp.zeros((2, *SIZE, 1)), "bboxes": boxes})
    np.testing.assert_array_equal(out["bboxes"], np.pad(boxes, ((0, 0), (0, 1), (0, 0))))


@pytest.mark.slow
def test_samples_of_many_sizes_and_numbers_of_rows_are_mixed_in_buffers() -> None:
    rng = np.random.default_rng(3)
    samples = []
    for i, (height, width, count) in enumerate([(20, 30, 2), (28, 16, 0), (32, 32, 3)]):
        corner = rng.integers(0, 8, (count, 2))
        boxes = np.concatenate([corner, corner + 8], axis=1).astype(np.float32)
        image = np.full((height, width, 3), 10 * (i + 1), np.uint8)
        samples.append({"image": image, "bboxes": boxes, "ids": np.array([f"{i} {n}" for n in range(count)], object)})
    params = ja.BboxParams("pascal_voc", label_fields=("ids",))
    mixed = ja.Compose([ja.MixUp(p=1)], bbox_params=params).batch(KEY, ja.pad_batch(samples, size=32))
    seen = []
    for i, one in enumerate(ja.unpad_batch(jax.tree.map(np.asarray, mixed), label_fields=["ids"])):
        assert one["image"].shape == samples[i]["image"].shape
        assert list(one["ids"][: len(samples[i]["ids"])]) == list(samples[i]["ids"])
        for name, box in zip(one["ids"], one["bboxes"], strict=True):
            sample, row = map(int, name.split())
            np.testing.assert_array_equal(box, samples[sample]["bboxes"][row])
        seen += list(one["ids"])
    # Each sample is the partner of one other, and all boxes fit into each of the pictures.
    assert sorted(seen) == sorted(2 * [name for sample in samples for name in sample["ids"]])
