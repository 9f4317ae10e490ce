"""Every way to describe a target, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxaug as ja

KEY = jax.random.key(0)
#: Height and width of most pictures here.
H, W = 20, 30
SIZE = (H, W)
PASCAL = ja.BboxParams("pascal_voc")
XY = ja.KeypointParams("xy")
FLIP = ja.HorizontalFlip(p=1)


def boxes(steps: list[Any], rows: Any, params: Any = PASCAL, **more: Any) -> np.ndarray:
    """A set of boxes after some transforms, in a sample that has no picture."""
    out = ja.Compose(steps, bbox_params=params)(KEY, {"bboxes": np.asarray(rows, np.float32), "size": SIZE, **more})
    return np.asarray(out["bboxes"])


def points(steps: list[Any], rows: Any, params: Any = XY, **more: Any) -> np.ndarray:
    """The same for keypoints."""
    out = ja.Compose(steps, keypoint_params=params)(
        KEY, {"keypoints": np.asarray(rows, np.float32), "size": SIZE} | more
    )
    return np.asarray(out["keypoints"])


# Boxes: formats -----------------------------------------------------------------------------------------------------

# One box in each format: as it is, mirrored left to right, top to bottom, and in the window x 4..24, y 2..12.
FORMATS = {
    "pascal_voc": ([6, 3, 14, 11], [16, 3, 24, 11], [6, 9, 14, 17], [2, 1, 10, 9]),
    "coco": ([6, 3, 8, 8], [16, 3, 8, 8], [6, 9, 8, 8], [2, 1, 8, 8]),
    "albumentations": (
        [0.2, 0.15, 14 / 30, 0.55],
        [16 / 30, 0.15, 0.8, 0.55],
        [0.2, 0.45, 14 / 30, 0.85],
        [0.1, 0.1, 0.5, 0.9],
    ),
    "yolo": (
        [10 / 30, 0.35, 8 / 30, 0.4],
        [20 / 30, 0.35, 8 / 30, 0.4],
        [10 / 30, 0.65, 8 / 30, 0.4],
        [0.3, 0.5, 0.4, 0.8],
    ),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_box_format(form: str) -> None:
    before, mirrored, upside_down, cropped = FORMATS[form]
    params = ja.BboxParams(form)
    for steps, expected in (
        ([], before),
        ([ja.NoOp(p=1)], before),
        ([FLIP], mirrored),
        ([ja.VerticalFlip(p=1)], upside_down),
        ([ja.Crop(4, 2, 24, 12)], cropped),
        ([FLIP, FLIP], before),
    ):
        np.testing.assert_allclose(boxes(steps, [before], params), [expected], atol=1e-5)


def test_extra_columns_of_boxes_are_carried() -> None:
    rows = [[6, 3, 14, 11, 0.25, -7, 1e6], [0, 0, 4, 4, 0.5, 8, -1e6]]
    out = boxes([FLIP], rows)
    np.testing.assert_allclose(out, [[16, 3, 24, 11, 0.25, -7, 1e6], [26, 0, 30, 4, 0.5, 8, -1e6]], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.int16, np.uint8])
def test_whole_numbers_stay_whole(dtype: Any) -> None:
    augment = ja.Compose([ja.Resize(30, 45), FLIP], bbox_params=PASCAL, keypoint_params=XY)
    sample = {
        "image": np.zeros((H, W), np.uint8),
        "bboxes": np.array([[5, 3, 14, 10, 77]], dtype),
        "keypoints": np.array([[4, 7]], dtype),
    }
    out = augment(KEY, sample)
    assert out["bboxes"].dtype == dtype
    assert out["keypoints"].dtype == dtype
    # Edges times 1.5 are 7.5, 4.5, 21, 15; mirrored 24, 4.5, 37.5, 15; halves go to the even number.
    np.testing.assert_array_equal(out["bboxes"], [[24, 4, 38, 15, 77]])
    # Centres: 4.5 and 7.5 times 1.5 are 6.75 and 11.25; mirrored 38.25; minus a half 37.75 and 10.75.
    np.testing.assert_array_equal(out["keypoints"], [[38, 11]])


# Boxes: which are kept ----------------------------------------------------------------------------------------------


def kept(steps: list[Any], rows: Any, **limits: Any) -> list[bool]:
    """Which boxes are left, told by a validity entry and, without one, by rows of zeros."""
    params = ja.BboxParams("pascal_voc", **limits)
    sample = {"bboxes": np.asarray(rows, np.float32), "bboxes_valid": np.ones(len(rows), bool), "size": SIZE}
    told = ja.Compose(steps, bbox_params=params)(KEY, sample)["bboxes_valid"]
    plain = boxes(steps, rows, params)
    np.testing.assert_array_equal(told, (plain != 0).any(axis=1))
    return np.asarray(told).tolist()


HALF = ja.Crop(0, 0, 10, 20)


def test_boxes_outside_the_window_are_filtered() -> None:
    assert kept([HALF], [[0, 0, 4, 4], [8, 2, 14, 6], [10, 2, 14, 6], [20, 2, 24, 6]]) == [True, True, False, False]


def test_min_area_counts_what_is_visible() -> None:
    # 4 x 4, cut to 2 x 4, cut to 2 x 3.
    rows = [[0, 0, 4, 4], [8, 2, 14, 6], [8, 10, 14, 13]]
    assert kept([HALF], rows, min_area=8) == [True, True, False]
    assert kept([HALF], rows, min_area=8.1) == [True, False, False]
    assert kept([HALF], rows, min_area=6) == [True, True, True]


@pytest.mark.slow
def test_min_width_and_min_height_count_what_is_visible() -> None:
    rows = [[0, 0, 4, 4], [8, 2, 14, 6], [0, 10, 9, 13]]
    assert kept([HALF], rows, min_width=3) == [True, False, True]
    assert kept([HALF], rows, min_width=4.5) == [False, False, True]
    assert kept([HALF], rows, min_height=4) == [True, True, False]
    assert kept([HALF], rows, min_width=2, min_height=3) == [True, True, True]


def test_max_accept_ratio_counts_what_is_visible() -> None:
    # Visible: 4 x 4, 2 x 4, 9 x 3 and 10 x 2.
    rows = [[0, 0, 4, 4], [8, 2, 14, 6], [0, 10, 9, 13], [0, 15, 30, 17]]
    assert kept([HALF], rows, max_accept_ratio=1) == [True, False, False, False]
    assert kept([HALF], rows, max_accept_ratio=2) == [True, True, False, False]
    assert kept([HALF], rows, max_accept_ratio=3) == [True, True, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("each", [True, False])
def test_min_visibility_compares_with_the_box_as_it_first_came_in(each: bool) -> None:
    # Each of the two windows leaves 60 % of what it is given: 60 %, then 36 %.
    first, second = ja.Crop(4, 0, 30, 20), ja.Crop(0, 4, 26, 20)
    row = [[0, 0, 10, 10]]
    limit = {"check_each_transform": each}
    assert kept([first], row, min_visibility=0.5, **limit) == [True]
    assert kept([first, second], row, min_visibility=0.5, **limit) == [False]
    assert kept([first, second], row, min_visibility=0.35, **limit) == [True]
    assert kept([first, second], row, min_visibility=0.37, **limit) == [False]


@pytest.mark.slow
def test_min_visibility_measures_the_original_at_the_scale_of_the_result() -> None:
    # Twice as large, then cut in half: 4 times 50 % of the old area, but half of the box.
    row = [[0, 0, 10, 10]]
    steps = [ja.Resize(40, 60), ja.Crop(10, 0, 60, 40)]
    assert kept(steps, row, min_visibility=0.49) == [True]
    assert kept(steps, row, min_visibility=0.51) == [False]


@pytest.mark.slow
def test_a_cut_out_counts_against_visibility() -> None:
    # The only object of the mask covers the left 6 of the box's 10 columns.
    mask = np.zeros(SIZE, np.uint8)
    mask[4:14, 2:11] = 1
    sample = {"mask": mask, "bboxes": np.array([[5, 4, 15, 14]], np.float32), "bboxes_valid": np.ones(1, bool)}
    for limit, alive in ((0.39, True), (0.41, False)):
        params = ja.BboxParams("pascal_voc", min_visibility=limit)
        out = jax.jit(ja.Compose([ja.MaskDropout(p=1)], bbox_params=params))(KEY, sample)
        assert out["bboxes_valid"].tolist() == [alive]
        np.testing.assert_allclose(out["bboxes"], [[11, 4, 15, 14]], atol=1e-4)


def test_check_each_transform() -> None:
    # 16 square pixels become 4 and then 16 again.
    steps = [ja.Resize(10, 15), ja.Resize(20, 30)]
    row = [[2, 2, 6, 6]]
    assert kept(steps, row, min_area=10, check_each_transform=True) == [False]
    assert kept(steps, row, min_area=10, check_each_transform=False) == [True]
    assert kept(steps[:1], row, min_area=10, check_each_transform=False) == [False]


def test_clip_cuts_boxes_before_they_are_measured() -> None:
    row = [[-5, 2, 5, 12]]
    limits = ja.BboxParams("pascal_voc", min_visibility=0.6)
    unclipped = jax.jit(lambda rows: ja.Compose([FLIP], bbox_params=limits)(KEY, bboxes=rows, size=SIZE)["bboxes"])
    np.testing.assert_array_equal(unclipped(np.array(row, np.float32)), [[0, 0, 0, 0]])
    assert kept([FLIP], row, min_visibility=0.6, clip=True) == [True]
    np.testing.assert_allclose(boxes([FLIP], row, ja.BboxParams("pascal_voc", clip=True)), [[25, 2, 30, 12]], atol=1e-5)
    with pytest.raises(ValueError, match=r"'bboxes' row 0 .* reaches outside its picture of 20 x 30"):
        ja.Compose([FLIP], bbox_params=PASCAL).check(bboxes=np.array(row, np.float32), size=SIZE)
    ja.Compose([FLIP], bbox_params=ja.BboxParams("pascal_voc", clip=True)).check(
        bboxes=np.array(row, np.float32), size=SIZE
    )


def test_filter_invalid_bboxes() -> None:
    rows = np.array([[3, 3, 9, 9], [9, 3, 3, 9], [4, 4, 4, 8]], np.float32)
    strict = ja.Compose([FLIP], bbox_params=PASCAL)
    lenient = ja.Compose([FLIP], bbox_params=ja.BboxParams("pascal_voc", filter_invalid_bboxes=True))
    with pytest.raises(ValueError, match=r"'bboxes' row 1 .* has no area"):
        strict.check(bboxes=rows, size=SIZE)
    lenient.check(bboxes=rows, size=SIZE)
    out = lenient(KEY, bboxes=rows, size=SIZE)
    np.testing.assert_allclose(out["bboxes"], [[21, 3, 27, 9], [0, 0, 0, 0], [0, 0, 0, 0]], atol=1e-5)


# Keypoints ----------------------------------------------------------------------------------------------------------

# One point at x 4, y 7, angle 30, scale 2, depth 5: as it is, mirrored, and in a picture of twice the size.
POINT_FORMATS = {
    "xy": ([4, 7], [25, 7], [8.5, 14.5]),
    "yx": ([7, 4], [7, 25], [14.5, 8.5]),
    "xya": ([4, 7, 30], [25, 7, 150], [8.5, 14.5, 30]),
    "xys": ([4, 7, 2], [25, 7, 2], [8.5, 14.5, 4]),
    "xyas": ([4, 7, 30, 2], [25, 7, 150, 2], [8.5, 14.5, 30, 4]),
    "xysa": ([4, 7, 2, 30], [25, 7, 2, 150], [8.5, 14.5, 4, 30]),
    "xyz": ([4, 7, 5], [25, 7, 5], [8.5, 14.5, 5]),
}


@pytest.mark.parametrize("form", POINT_FORMATS)
def test_every_keypoint_format(form: str) -> None:
    before, mirrored, doubled = POINT_FORMATS[form]
    params = ja.KeypointParams(form)
    extra = [0.125, -3e5]
    for steps, expected in (([], before), ([FLIP], mirrored), ([ja.Resize(40, 60)], doubled), ([FLIP, FLIP], before)):
        np.testing.assert_allclose(points(steps, [before + extra], params), [expected + extra], rtol=1e-5, atol=1e-4)


def test_radians() -> None:
    params = ja.KeypointParams("xya", angle_in_degrees=False)
    row = [[4, 7, np.pi / 6]]
    np.testing.assert_allclose(points([FLIP], row, params), [[25, 7, 5 * np.pi / 6]], atol=1e-5)
    np.testing.assert_allclose(points([ja.VerticalFlip(p=1)], row, params), [[4, 12, 11 * np.pi / 6]], atol=1e-5)


def test_angles_turn_with_the_picture() -> None:
    # Counter-clockwise by a quarter: the point right of the centre of a 21 x 21 picture is then above it.
    turn = ja.Rotate((90, 90), p=1)
    out = points([turn], [[16, 10, 350, 3]], ja.KeypointParams("xyas"), size=(21, 21))
    np.testing.assert_allclose(out, [[10, 4, 80, 3]], atol=1e-3)


def test_remove_invisible() -> None:
    rows = [[4, 7], [9.4, 7], [12, 7], [29, 19]]
    window = ja.Crop(2, 5, 10, 15)
    np.testing.assert_allclose(points([window], rows), [[2, 2], [7.4, 2], [0, 0], [0, 0]], atol=1e-5)
    visible = ja.KeypointParams("xy", remove_invisible=False)
    np.testing.assert_allclose(points([window], rows, visible), [[2, 2], [7.4, 2], [10, 2], [27, 14]], atol=1e-5)


def test_points_are_inside_up_to_the_edge_of_their_pixels() -> None:
    # The first pixel reaches from -0.5 to 0.5, the last one up to 29.5.
    rows = np.array([[-0.5, 3], [-0.6, 3], [29.4, 3], [29.6, 3], [3, -0.4], [3, 19.6]], np.float32)
    augment, used = ja.Compose([], keypoint_params=XY), np.ones(6, bool)
    run = jax.jit(lambda rows: augment(KEY, keypoints=rows, keypoints_valid=used, size=SIZE)["keypoints_valid"])
    inside = np.array([True, False, True, False, True, False])
    np.testing.assert_array_equal(run(rows), inside)
    for row, fine in zip(rows, inside, strict=True):
        if fine:
            augment.check(keypoints=row[None], size=SIZE)
        else:
            with pytest.raises(ValueError, match="lies outside its picture"):
                augment(KEY, keypoints=row[None], size=SIZE)


def test_check_each_transform_of_keypoints() -> None:
    out_and_back = [ja.Affine(translate_px={"x": (10, 10)}, p=1), ja.Affine(translate_px={"x": (-10, -10)}, p=1)]
    rows = [[25, 7], [4, 7]]
    np.testing.assert_allclose(points(out_and_back, rows), [[0, 0], [4, 7]], atol=1e-4)
    lenient = ja.KeypointParams("xy", check_each_transform=False)
    np.testing.assert_allclose(points(out_and_back, rows, lenient), rows, atol=1e-4)


def test_keypoints_may_have_leading_axes() -> None:
    rows = np.array([[[4, 7], [20, 3], [5, 5]], [[0, 0], [29, 19], [1, 2]]], np.float32)
    sample = {"keypoints": rows, "keypoints_valid": np.ones((2, 3), bool), "size": SIZE}
    out = ja.Compose([ja.Crop(0, 0, 15, 20), FLIP], keypoint_params=XY)(KEY, sample)
    np.testing.assert_array_equal(out["keypoints_valid"], [[True, False, True], [True, False, True]])
    np.testing.assert_allclose(out["keypoints"][:, 0], [[10, 7], [14, 0]], atol=1e-5)
    np.testing.assert_allclose(out["keypoints"][:, 2], [[9, 5], [13, 2]], atol=1e-5)
    deep = points([FLIP], rows.reshape(2, 1, 3, 1, 2))
    np.testing.assert_allclose(deep.reshape(2, 3, 2), np.stack([29 - rows[..., 0], rows[..., 1]], -1), atol=1e-5)


# Left and right -----------------------------------------------------------------------------------------------------

LEFT_EYE, RIGHT_EYE, NOSE = 10, 11, 12
SIDES = ja.KeypointParams(
    "xy", label_fields=["parts"], label_mapping={"parts": {LEFT_EYE: RIGHT_EYE, RIGHT_EYE: LEFT_EYE}}
)
FACE = {
    "image": np.arange(81, dtype=np.uint8).reshape(9, 9),
    "keypoints": np.array([[2, 3], [6, 3], [4, 5]], np.float32),
    "parts": np.array([LEFT_EYE, RIGHT_EYE, NOSE], np.int32),
    "other": np.array([LEFT_EYE, RIGHT_EYE, NOSE], np.int32),
}
SAME, SWAPPED = [LEFT_EYE, RIGHT_EYE, NOSE], [RIGHT_EYE, LEFT_EYE, NOSE]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([FLIP], SWAPPED),
        ([ja.VerticalFlip(p=1)], SWAPPED),
        ([ja.Transpose(p=1)], SWAPPED),
        ([FLIP, ja.VerticalFlip(p=1)], SAME),
        ([FLIP, ja.Rotate((30, 30), p=1), ja.Resize(18, 18)], SWAPPED),
        ([ja.Rotate((180, 180), p=1)], SAME),
        ([ja.RandomRotate90(p=1)], SAME),
        ([ja.GridDistortion(2, 0.1, p=1)], SAME),
        ([ja.InvertImg(p=1)], SAME),
        ([], SAME),
    ],
)
def test_labels_swap_sides_when_mirrored_and_only_then(steps: list[Any], expected: list[int]) -> None:
    out = ja.Compose(steps, keypoint_params=SIDES)(KEY, FACE)
    np.testing.assert_array_equal(out["parts"], expected)
    np.testing.assert_array_equal(out["other"], SAME)
    assert out["parts"].dtype == np.int32


def test_labels_swap_with_each_sample_of_a_batch() -> None:
    steps = [ja.OneOf([ja.HorizontalFlip(p=2 / 4), ja.Rotate((20, 20), p=1 / 4), ja.Transpose(p=1 / 4)], p=0.8)]
    augment = ja.Compose(steps, keypoint_params=SIDES)
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 16), FACE)
    out = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, batch))
    image = FACE["image"]
    swaps = 0
    for i in range(16):
        mirrored = any(np.array_equal(out["image"][i], m) for m in (image[:, ::-1], image.T))
        np.testing.assert_array_equal(out["parts"][i], SWAPPED if mirrored else SAME)
        swaps += mirrored
    assert 2 <= swaps <= 14


def test_labels_swap_back_when_a_flip_is_undone() -> None:
    augment = ja.Compose([FLIP], keypoint_params=SIDES)
    plan = augment.sample(KEY, FACE)
    back = augment.invert(plan, augment.apply(plan, FACE))
    np.testing.assert_array_equal(back["parts"], SAME)
    np.testing.assert_allclose(back["keypoints"], FACE["keypoints"], atol=1e-5)


# Validity -----------------------------------------------------------------------------------------------------------


def test_each_validity_entry_speaks_for_its_rows() -> None:
    sample = {
        "image": np.zeros(SIZE, np.uint8),
        "bboxes": np.array([[0, 0, 5, 5], [1, 1, 6, 6], [20, 3, 25, 8]], np.float32),
        "bboxes_valid": np.array([True, False, True]),
        "keypoints": np.array([[3, 3], [25, 3]], np.float32),
        "keypoints_valid": np.array([True, True]),
    }
    augment = ja.Compose([ja.Crop(0, 0, 15, 20)], bbox_params=PASCAL, keypoint_params=XY)
    out = augment(KEY, sample)
    np.testing.assert_array_equal(out["bboxes_valid"], [True, False, False])
    np.testing.assert_array_equal(out["keypoints_valid"], [True, False])
    np.testing.assert_allclose(out["bboxes"][0], [0, 0, 5, 5], atol=1e-5)
    assert out["bboxes_valid"].dtype == bool


def test_valid_joins_the_rows_of_a_dict() -> None:
    sample = {
        "bboxes": np.array([[0, 0, 5, 5], [20, 1, 26, 6], [8, 3, 12, 8]], np.float32),
        "keypoints": np.array([[[1, 1], [2, 2]], [[3, 3], [4, 4]], [[9, 4], [20, 4]]], np.float32),
        "valid": np.array([True, True, True]),
        "size": SIZE,
    }
    augment = ja.Compose([ja.Crop(0, 0, 15, 20)], bbox_params=PASCAL, keypoint_params=XY)
    np.testing.assert_array_equal(augment(KEY, sample)["valid"], [True, False, True])


def test_valid_without_boxes_follows_the_keypoints() -> None:
    # An instance is there as long as one of its points is.
    sample = {
        "keypoints": np.array([[[1, 1], [20, 2]], [[20, 3], [24, 4]], [[9, 4], [3, 4]]], np.float32),
        "valid": np.array([True, True, True]),
        "size": SIZE,
    }
    out = ja.Compose([ja.Crop(0, 0, 15, 20)], keypoint_params=XY)(KEY, sample)
    np.testing.assert_array_equal(out["valid"], [True, False, True])


@pytest.mark.parametrize("shape", [(2, 2), (2, 1, 2)])
def test_a_point_that_left_is_told_of_beside_a_box_that_stayed(shape: tuple[int, ...]) -> None:
    # The second point leaves, its box is cut but alive: so `valid` may not tell, and then the point is zeros.
    sample = {
        "bboxes": np.array([[0, 0, 5, 5], [8, 3, 20, 8]], np.float32),
        "keypoints": np.array([[1, 1], [18, 4]], np.float32).reshape(shape),
        "valid": np.array([True, True]),
        "size": SIZE,
    }
    augment = ja.Compose([ja.Crop(0, 0, 15, 20)], bbox_params=PASCAL, keypoint_params=XY)
    out = augment(KEY, sample)
    np.testing.assert_array_equal(out["valid"], [True, True])
    np.testing.assert_allclose(out["bboxes"], [[0, 0, 5, 5], [8, 3, 15, 8]], atol=1e-5)
    np.testing.assert_allclose(np.reshape(out["keypoints"], (2, 2)), [[1, 1], [0, 0]], atol=1e-5)


def test_a_filtered_row_without_validity_becomes_zeros() -> None:
    rows = [[0, 0, 5, 5, 3], [20, 3, 25, 8, 4]]
    np.testing.assert_allclose(boxes([HALF], rows), [[0, 0, 5, 5, 3], [0, 0, 0, 0, 0]], atol=1e-5)
    out = points([HALF], [[4, 4, 3], [20, 4, 5]])
    np.testing.assert_allclose(out, [[4, 4, 3], [0, 0, 0]], atol=1e-5)


# Groups, labels, compact --------------------------------------------------------------------------------------------


def two_sets() -> tuple[ja.Compose, dict[str, Any]]:
    augment = ja.Compose(
        [HALF],
        bbox_params=ja.BboxParams("coco", label_fields={"bboxes": ["labels"], "bboxes2": ["labels2", "scores2"]}),
        keypoint_params=ja.KeypointParams("xy", label_fields=["names"]),
        additional_targets={"bboxes2": "bboxes"},
    )
    sample = {
        "image": np.zeros(SIZE, np.uint8),
        "bboxes": np.array([[0, 0, 5, 5], [20, 0, 5, 5], [3, 3, 4, 4]], np.float32),
        "labels": np.array([1, 2, 3]),
        "bboxes2": np.array([[12, 1, 5, 5], [2, 2, 5, 5]], np.float32),
        "labels2": np.array([4, 5]),
        "scores2": np.array([0.4, 0.5], np.float32),
        "keypoints": np.array([[1, 1], [20, 1]], np.float32),
        "keypoints_valid": np.ones(2, bool),
        "names": np.array([7, 8]),
        "bystander": np.array([1, 2, 3]),
    }
    return augment, sample


def test_sets_of_boxes_have_labels_of_their_own() -> None:
    augment, sample = two_sets()
    out = augment(KEY, sample)
    for name in ("labels", "labels2", "scores2", "names", "bystander"):
        np.testing.assert_array_equal(out[name], sample[name])
    short = augment.compact(out)
    np.testing.assert_allclose(short["bboxes"], [[0, 0, 5, 5], [3, 3, 4, 4]], atol=1e-5)
    np.testing.assert_array_equal(short["labels"], [1, 3])
    np.testing.assert_allclose(short["bboxes2"], [[2, 2, 5, 5]], atol=1e-5)
    np.testing.assert_array_equal(short["labels2"], [5])
    np.testing.assert_array_equal(short["scores2"], np.float32([0.5]))
    np.testing.assert_allclose(short["keypoints"], [[1, 1]], atol=1e-5)
    np.testing.assert_array_equal(short["names"], [7])
    np.testing.assert_array_equal(short["keypoints_valid"], [True])
    np.testing.assert_array_equal(short["bystander"], [1, 2, 3])
    assert jax.tree.structure(short) == jax.tree.structure(sample)


def test_labels_of_a_list_belong_to_the_boxes_of_every_group() -> None:
    augment = ja.Compose([HALF], bbox_params=ja.BboxParams("pascal_voc", label_fields=["labels"]))
    group = {"bboxes": np.array([[0, 0, 5, 5], [20, 0, 25, 5]], np.float32), "labels": np.array([1, 2]), "size": SIZE}
    other = {"bboxes": np.array([[20, 0, 25, 5], [0, 0, 5, 5]], np.float32), "labels": np.array([3, 4])}
    short = augment.compact(augment(KEY, {"a": group, "b": other, "labels": np.array([5, 6])}))
    np.testing.assert_array_equal(short["a"]["labels"], [1])
    np.testing.assert_array_equal(short["b"]["labels"], [4])
    np.testing.assert_array_equal(short["labels"], [5, 6])


def test_compact_as_a_function() -> None:
    sample = {
        "image": np.zeros(SIZE, np.uint8),
        "bboxes": np.array([[0, 0, 5, 5], [0, 0, 0, 0], [3, 3, 9, 9]], np.float32),
        "labels": np.array([1, 2, 3]),
        "extra": np.array([[1, 1, 2, 2], [0, 0, 0, 0]], np.float32),
        "keypoints": np.array([[0, 0], [4, 4]], np.float32),
        "child": {
            "masks": np.arange(3 * H * W, dtype=np.int32).reshape(3, H, W),
            "bboxes": np.zeros((3, 4), np.float32),
            "valid": np.array([False, True, False]),
            "tags": np.array([4, 5, 6]),
        },
    }
    short = ja.compact(sample, additional_targets={"extra": "bboxes"}, label_fields=("labels",))
    np.testing.assert_array_equal(short["bboxes"], sample["bboxes"][[0, 2]])
    np.testing.assert_array_equal(short["labels"], [1, 3])
    np.testing.assert_array_equal(short["extra"], sample["extra"][:1])
    # (0, 0) is a point like another.
    np.testing.assert_array_equal(short["keypoints"], sample["keypoints"])
    np.testing.assert_array_equal(short["child"]["masks"], sample["child"]["masks"][1:2])
    np.testing.assert_array_equal(short["child"]["valid"], [True])
    np.testing.assert_array_equal(short["child"]["tags"], [5])
    np.testing.assert_array_equal(short["child"]["bboxes"], np.zeros((1, 4)))
    np.testing.assert_array_equal(short["image"], sample["image"])


def test_compact_of_a_sample_that_lost_nothing() -> None:
    augment, sample = two_sets()
    whole = augment.compact(sample)
    for name, value in sample.items():
        np.testing.assert_array_equal(whole[name], value)


def test_additional_targets_act_like_their_kind() -> None:
    augment = ja.Compose(
        [FLIP, ja.InvertImg(p=1)],
        bbox_params=PASCAL,
        keypoint_params=XY,
        additional_targets={
            "thermal": "image",
            "road": "mask",
            "parts": "masks",
            "people": "bboxes",
            "joints": "keypoints",
            "range": "depth",
        },
    )
    picture = np.arange(H * W, dtype=np.float32).reshape(H, W) / (H * W)
    sample = {
        "thermal": picture,
        "road": np.arange(H * W, dtype=np.int32).reshape(H, W),
        "parts": np.arange(2 * H * W, dtype=np.int32).reshape(2, H, W),
        "range": picture * 100,
        "people": np.array([[0, 0, 5, 5], [9, 2, 9, 8]], np.float32),
        "people_valid": np.ones(2, bool),
        "deep": {"joints": np.array([[4, 7]], np.float32), "road": np.eye(20, 30, dtype=np.uint8)},
    }
    with pytest.raises(ValueError, match=r"'people' row 1 is .* it has no area"):
        augment(KEY, sample)
    out = jax.jit(augment)(KEY, sample)
    np.testing.assert_allclose(out["thermal"], 1 - picture[:, ::-1], atol=1e-6)
    np.testing.assert_array_equal(out["road"], sample["road"][:, ::-1])
    np.testing.assert_array_equal(out["parts"], sample["parts"][:, :, ::-1])
    np.testing.assert_array_equal(out["range"], sample["range"][:, ::-1])
    np.testing.assert_allclose(out["people"][0], [25, 0, 30, 5], atol=1e-5)
    np.testing.assert_array_equal(out["people_valid"], [True, False])
    np.testing.assert_allclose(out["deep"]["joints"], [[25, 7]], atol=1e-5)
    np.testing.assert_array_equal(out["deep"]["road"], np.eye(20, 30)[:, ::-1])


def test_strict_refuses_what_it_does_not_know() -> None:
    sample = {"image": np.zeros(SIZE, np.uint8), "kepoints": np.zeros((1, 2), np.float32)}
    ja.Compose([FLIP])(KEY, sample)
    with pytest.raises(ValueError, match=r"'kepoints' is no known target.* Did you mean 'keypoints'\?"):
        ja.Compose([FLIP], strict=True)(KEY, sample)
    ja.Compose([FLIP], strict=True, keypoint_params=XY, additional_targets={"kepoints": "keypoints"})(KEY, sample)


# Pictures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["linear", 1])
def test_mask_interpolation_of_the_pipeline_wins(way: Any) -> None:
    mask = np.array([[0, 4]], np.float32)
    # Twice as wide: sources at 0.25, 0.75, 1.25 and 1.75, whose neighbours are centred at 0.5 and 1.5.
    steps = [ja.Resize(1, 4, mask_interpolation="nearest")]
    np.testing.assert_array_equal(ja.Compose(steps)(KEY, mask=mask)["mask"], [[0, 0, 4, 4]])
    out = ja.Compose(steps, mask_interpolation=way)(KEY, mask=mask, image=mask)
    np.testing.assert_allclose(out["mask"], [[0, 1, 3, 4]], atol=1e-6)
    # Whole numbers are rounded: no fractions in an integer mask.
    whole = ja.Compose(steps, mask_interpolation=way)(KEY, mask=mask.astype(np.int32) * 10)["mask"]
    np.testing.assert_array_equal(whole, [[0, 10, 30, 40]])


def test_a_mask_at_half_size_beside_its_image() -> None:
    rng = np.random.default_rng(0)
    sample = {
        "image": rng.integers(0, 255, (20, 30, 3), dtype=np.uint8),
        "mask": rng.integers(0, 9, (10, 15)).astype(np.int32),
        "keypoints": np.array([[8, 6]], np.float32),
    }
    steps = [ja.Crop(4, 2, 24, 14), FLIP]
    with pytest.raises(ValueError, match=r"'mask' is 10 x 15, but 'image' beside it is 20 x 30"):
        ja.Compose(steps, keypoint_params=XY)(KEY, sample)
    out = ja.Compose(steps, keypoint_params=XY, is_check_shapes=False)(KEY, sample)
    np.testing.assert_array_equal(out["image"], sample["image"][2:14, 4:24][:, ::-1])
    np.testing.assert_array_equal(out["mask"], sample["mask"][1:7, 2:12][:, ::-1])
    # Points count the pixels of the image: 8 - 4 = 4, and 19 - 4 = 15.
    np.testing.assert_allclose(out["keypoints"], [[15, 4]], atol=1e-5)


def test_a_sample_with_only_a_mask() -> None:
    mask = np.arange(H * W, dtype=np.int32).reshape(H, W)
    np.testing.assert_array_equal(ja.Compose([FLIP])(KEY, mask=mask)["mask"], mask[:, ::-1])
    np.testing.assert_array_equal(ja.Compose([HALF])(KEY, mask=mask)["mask"], mask[:, :10])


def test_lists_of_pictures() -> None:
    a, b = (np.arange(n, n + H * W, dtype=np.int32).reshape(H, W) for n in (0, 1000))
    sample = {"masks": [a, b], "image": [a.astype(np.uint8), b.astype(np.uint8)[..., None]], "mask": (a, [b])}
    out = ja.Compose([FLIP])(KEY, sample)
    assert jax.tree.structure(out) == jax.tree.structure(sample)
    for found, value in zip(jax.tree.leaves(out), jax.tree.leaves(sample), strict=True):
        np.testing.assert_array_equal(found, value[:, ::-1])


def test_lists_and_named_tuples_of_groups() -> None:
    class Sample(NamedTuple):
        image: Any
        keypoints: Any
        label: Any

    one = Sample(np.arange(H * W, dtype=np.uint8).reshape(H, W), np.array([[4, 7]], np.float32), 3)
    out = ja.Compose([FLIP], keypoint_params=XY)(KEY, {"views": [one, one._replace(label=4)]})
    for view, label in zip(out["views"], (3, 4), strict=True):
        assert isinstance(view, Sample)
        np.testing.assert_array_equal(view.image, one.image[:, ::-1])
        np.testing.assert_allclose(view.keypoints, [[25, 7]], atol=1e-5)
        assert view.label == label


def test_a_clip_of_volumes_shares_one_draw() -> None:
    sample = {
        "volumes": np.arange(2 * 3 * H * W, dtype=np.float32).reshape(2, 3, H, W) / 4000,
        "masks3d": np.arange(2 * 3 * H * W, dtype=np.int32).reshape(2, 3, H, W),
        "volume": np.arange(3 * H * W, dtype=np.float32).reshape(3, H, W, 1) / 4000,
        "mask3d": np.arange(3 * H * W, dtype=np.int32).reshape(3, H, W),
    }
    out = ja.Compose([FLIP])(KEY, sample)
    for name, value in sample.items():
        np.testing.assert_array_equal(out[name], np.flip(value, 2 if name in ("volume", "mask3d") else 3), err_msg=name)


def test_only_points_and_boxes_with_a_size() -> None:
    sample = {
        "keypoints": np.array([[4, 7]], np.float32),
        "bboxes": np.array([[6, 3, 14, 11]], np.float32),
        "size": (20, 30),
    }
    augment = ja.Compose([FLIP, ja.Crop(10, 0, 30, 20)], bbox_params=PASCAL, keypoint_params=XY)
    out = augment(KEY, sample)
    np.testing.assert_allclose(out["keypoints"], [[15, 7]], atol=1e-5)
    np.testing.assert_allclose(out["bboxes"], [[6, 3, 14, 11]], atol=1e-5)
    assert jax.tree.structure(out) == jax.tree.structure(sample)
    under_jit = jax.jit(lambda key, p: augment(key, keypoints=p, size=(20, 30))["keypoints"])
    np.testing.assert_allclose(under_jit(KEY, sample["keypoints"]), [[15, 7]], atol=1e-5)


def test_size_tells_the_size_of_the_result() -> None:
    sample = {"keypoints": np.array([[4, 7]], np.float32), "size": (20, 30)}
    augment = ja.Compose([ja.Crop(2, 1, 12, 19)], keypoint_params=XY)
    plan = augment.sample(KEY, sample)
    out = augment.apply(plan, sample)
    assert tuple(int(n) for n in out["size"]) == (18, 10)
    back = augment.invert(plan, out)
    np.testing.assert_allclose(back["keypoints"], sample["keypoints"], atol=1e-5)
    assert tuple(int(n) for n in back["size"]) == (20, 30)


def test_rows_count_the_pixels_of_the_nearest_picture() -> None:
    sample = {
        "image": np.zeros((20, 30), np.uint8),
        "small": {
            "image": np.zeros((10, 15), np.uint8),
            "keypoints": np.array([[4, 7]], np.float32),
            "people": {"keypoints": np.array([[0, 0]], np.float32)},
        },
        "people": {"keypoints": np.array([[4, 7]], np.float32)},
    }
    out = ja.Compose([FLIP], keypoint_params=XY)(KEY, sample)
    np.testing.assert_allclose(out["small"]["keypoints"], [[10, 7]], atol=1e-5)
    np.testing.assert_allclose(out["small"]["people"]["keypoints"], [[14, 0]], atol=1e-5)
    np.testing.assert_allclose(out["people"]["keypoints"], [[25, 7]], atol=1e-5)


def test_what_has_no_known_name_passes_untouched() -> None:
    sample = {
        "image": np.zeros(SIZE, np.uint8),
        "labels": np.array([3, 1, 2]),
        "name": "astronaut.png",
        "meta": {"camera": 7, "when": None, "boxes": np.ones((2, 4))},
        "ids": [np.array([1.5]), object()],
    }
    out = ja.Compose([ja.ShiftScaleRotate(p=1)])(KEY, sample)
    assert jax.tree.structure(out) == jax.tree.structure(sample)
    assert out["labels"] is sample["labels"]
    assert out["name"] is sample["name"]
    assert out["meta"]["camera"] == 7
    assert out["meta"]["boxes"] is sample["meta"]["boxes"]
    assert out["ids"][0] is sample["ids"][0]
    assert out["ids"][1] is sample["ids"][1]


def test_a_call_leaves_what_it_was_given_alone() -> None:
    sample = {
        "image": np.arange(H * W, dtype=np.uint8).reshape(H, W),
        "bboxes": np.array([[6, 3, 14, 11]], np.float32),
        "bboxes_valid": np.ones(1, bool),
    }
    copies = jax.tree.map(np.copy, sample)
    ja.Compose([FLIP, HALF, ja.InvertImg(p=1)], bbox_params=PASCAL)(KEY, sample)
    for name, value in sample.items():
        np.testing.assert_array_equal(value, copies[name])
