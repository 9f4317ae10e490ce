"""Wrong values outside `jit` raise at once, with advice that fits; what the library returned is accepted."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled, smooth
from table import BY_NAME, SIZED, TABLE, beside, named

import jaxaug as ja
from jaxaug.backend import struct

KEY = jax.random.key(0)
IMAGE = np.zeros((20, 30, 3), np.uint8)
FLIP = ja.HorizontalFlip(p=1)
COLOUR = ja.RandomBrightnessContrast(0.2, 0.2, p=1)


def calls(augment: Any, sample: Any) -> list[Any]:
    """All ways to have the values of a sample looked at."""
    plan = ja.Compose(augment.transforms).sample(KEY, image=IMAGE)
    batch = {name: np.stack([value, value]) for name, value in sample.items()}
    return [
        lambda: augment(KEY, sample),
        lambda: augment.sample(KEY, sample),
        lambda: augment.apply(plan, sample),
        lambda: augment.check(sample),
        lambda: augment.batch(KEY, batch),
    ]


# Rows ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "row", "message"),
    [
        ("pascal_voc", [np.nan, 3, 14, 11], "boxes must be finite"),
        ("coco", [-np.inf, 3, np.inf, 11], "boxes must be finite"),
        ("pascal_voc", [14, 9, 6, 3], r"it has no area; expected x_max > x_min and y_max > y_min\."),
        (
            "pascal_voc",
            [25, 12, 4, 5],
            r"no area.* All rows would be right as format='coco' \(x, y, width, height in p",
        ),
        (
            "pascal_voc",
            [20, 3, 36, 19],
            r"reaches outside its picture of 20 x 30\. Cut it, or pass BboxParams\(clip=Tr",
        ),
        ("coco", [20, 3, 28, 19], r"outside its picture of 20 x 30\. All rows would be right as format='pascal_voc'"),
        (
            "yolo",
            [14, 9, 5, 6],
            r"Numbers up to 14 are pixels, but yolo boxes are fractions of the picture: divide x by",
        ),
        (
            "albumentations",
            [4, 9, 15, 16],
            r"divide x by its width and y by its height, or give format='pascal_voc'",
        ),
        ("albumentations", [0.5, 0.5, 0.2, 0.2], r"no area.* All rows would be right as format='yolo' \(centre x"),
        (
            "yolo",
            [0.1, 0.5, 0.4, 0.2],
            r"reaches outside its picture of 20 x 30\. .* format='albumentations'|Cut it, or",
        ),
    ],
)
def test_boxes_that_are_wrong_raise_wherever_they_can_be_looked_at(form: str, row: list[float], message: str) -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams(form))
    for place, call in enumerate(calls(augment, {"image": IMAGE, "bboxes": np.array([row], np.float32)})):
        of = "of sample 0, row 0" if place == 4 else "row 0"
        with pytest.raises(ValueError, match=rf"'bboxes' {of} is \[.*\] \({form}\): .*{message}"):
            call()


def test_the_sample_of_a_batch_is_named_and_counts_its_own_size() -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"), keypoint_params=ja.KeypointParams("xy"))
    batch = {
        "image": np.stack([IMAGE] * 3),
        "size": np.array([[20, 30], [20, 30], [10, 12]]),
        "bboxes": np.tile(np.array([[1, 2, 10, 8]], np.float32), (3, 1, 1)),
        "keypoints": np.tile(np.array([[3, 4], [11, 9]], np.float32), (3, 1, 1)),
    }
    augment.batch(KEY, batch)
    with pytest.raises(ValueError, match=r"'bboxes' of sample 2, row 0 .* outside its picture of 10 x 12"):
        augment.batch(KEY, batch | {"bboxes": batch["bboxes"] + 2})
    with pytest.raises(ValueError, match=r"'keypoints' of sample 2, row 1 .* outside its picture of 10 x 12"):
        augment.batch(KEY, batch | {"keypoints": batch["keypoints"] + 1})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("keypoints", np.array([[np.nan, 3]], np.float32), "keypoints must be finite"),
        ("keypoints", np.array([[31, 3]], np.float32), "it lies outside its picture of 20 x 30"),
        ("obboxes", np.array([[9, 9, 4, 2, np.inf]], np.float32), "oriented boxes must be finite"),
        ("obboxes", np.array([[9, 9, -4, 2, 0]], np.float32), "it has no area; expected width and height above 0"),
        ("obboxes", np.array([[90, 9, 4, 2, 30]], np.float32), "it lies outside its picture of 20 x 30"),
        ("polygons", np.array([[[1, 1], [9, 1], [np.inf, 8]]], np.float32), "polygons must be finite"),
        ("polygons", np.array([[[1, 1], [9, 1], [35, 8]]], np.float32), "it reaches outside its picture of 20 x 30"),
        ("polygons", np.array([[[1, 1], [9, 9], [5, 5]]], np.float32), "it has no area"),
        ("intrinsics", np.full((3, 3), np.nan, np.float32), "it must be finite"),
    ],
)
def test_other_rows_that_are_wrong(name: str, value: Any, message: str) -> None:
    params = {"bbox_params": ja.BboxParams("coco"), "keypoint_params": ja.KeypointParams("xy")}
    for call in calls(ja.Compose([FLIP], **params), {"image": IMAGE, name: value}):
        with pytest.raises(ValueError, match=rf"'{name}'.*{message}"):
            call()


def test_predictions_are_not_looked_at() -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"))
    plan = augment.sample(KEY, image=IMAGE)
    out = augment.invert(plan, image=IMAGE, bboxes=np.array([[20, 3, 12, 9]], np.float32))
    np.testing.assert_array_equal(out["bboxes"], [[0, 3, 10, 9]])


# Pictures -----------------------------------------------------------------------------------------------------------

BRIGHT = smooth(20, 30) * 255


@pytest.mark.parametrize("array", [np.asarray, jnp.asarray])
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            BRIGHT,
            r"'image' holds values up to 2\d\d.*full brightness of a float image is 1, .*divide it by 255 first.*255",
        ),
        (BRIGHT * 257, "divide it by 65535 first, pass whole numbers as uint8 or uint16"),
        (BRIGHT * np.float32(np.nan), "'image' holds NaN"),
        ((smooth(20, 30) - 0.45) / 0.22, r"Images that are standardised already take colour changes before Normalize"),
    ],
)
def test_float_pictures_of_another_range(array: Any, image: np.ndarray, message: str) -> None:
    for call in calls(ja.Compose([FLIP, COLOUR]), {"image": array(image)}):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(ValueError, match=message):
        ja.Compose([ja.OneOf([FLIP, COLOUR])])(KEY, image=array(image))


def test_pictures_of_any_range_where_nothing_depends_on_it() -> None:
    steps = [FLIP, ja.Rotate(20, p=1), ja.Blur(p=1), ja.CoarseDropout(p=1), ja.Normalize(normalization="image")]
    ja.Compose(steps)(KEY, image=BRIGHT, depth=BRIGHT[..., 0])
    # A little beyond full brightness is what a sharp resampling leaves.
    ja.Compose([COLOUR])(KEY, image=BRIGHT / 200)


PIXELS = [case for case in TABLE if case.family in ("pixels", "erase")]


@named(
    [case.name for case in PIXELS], quick=("RandomGamma", "GaussNoise", "CoarseDropout", "Normalize", "FDA", "Emboss")
)
def test_full_brightness_may_be_another_value(name: str) -> None:
    case = BY_NAME[name]
    transform = case.transform
    if getattr(transform, "reference_images", None) is not None:
        transform = struct.replace(transform, reference_images=(jnp.asarray(smooth(30, 40, seed=3)) * 255,))
    image = smooth(*case.size)
    sample = {"image": image, "mask": labelled(*case.size)["mask"], **beside(case, case.size)}
    one = jax.jit(ja.Compose([case.transform]))(KEY, sample)["image"]
    bright = jax.jit(ja.Compose([transform], max_value=255.0))(KEY, {**sample, "image": image * 255})["image"]
    # Normalized values have no brightness, and others say by their dtype what theirs is.
    same = name in ("Normalize", "ToFloat", "FromFloat")
    # A half is rounded up or down.
    atol = 1 if jnp.issubdtype(one.dtype, jnp.integer) else 2e-3
    np.testing.assert_allclose(bright, one if same else one * 255, atol=atol)


@named([case.name for case in PIXELS], quick=("Blur", "RandomShadow", "ChannelDropout", "GridDropout"))
def test_what_does_not_say_that_it_needs_a_range_cuts_nothing_off(name: str) -> None:
    case = BY_NAME[name]
    if case.transform.needs_range:
        pytest.skip("it says so")
    image = smooth(*case.size) * 5 - 2
    sample = {"image": image, "mask": labelled(*case.size)["mask"], **beside(case, case.size)}
    run = jax.jit(ja.Compose([case.transform]))
    out, more = run(KEY, sample)["image"], run(KEY, {**sample, "image": image * 3})["image"]
    np.testing.assert_allclose(more, out if case.transform.leaves_range else out * 3, rtol=1e-4, atol=1e-3)


def test_full_brightness_that_is_none() -> None:
    for wrong in (0, -1.0, "255", float("inf")):
        with pytest.raises(ValueError, match=r"Compose\(max_value=\.\.\.\) must be a number above 0, such as 255\.0"):
            ja.Compose([FLIP], max_value=wrong)
    with pytest.raises(ValueError, match=r"holds values up to 2\d\d.*, but full brightness of a float image is 100"):
        ja.Compose([COLOUR], max_value=100)(KEY, image=BRIGHT)


def test_fills_count_in_the_units_of_whole_numbers_beside_floats_of_255() -> None:
    drop = ja.Compose([ja.Crop(0, 0, 4, 4), ja.PadIfNeeded(8, 8, fill=128)], max_value=255.0)
    out = drop(
        KEY, image=np.zeros((4, 4), np.uint8), image2=np.zeros((4, 4)), a={"image": np.zeros((4, 4), np.float32)}
    )
    assert float(out["image"][0, 0]) == float(out["a"]["image"][0, 0]) == 128


@pytest.mark.parametrize(
    "steps",
    [
        [ja.Normalize(), ja.RandomGamma()],
        [ja.Sequential([ja.Normalize()]), FLIP, ja.OneOf([FLIP, ja.RandomGamma()])],
        [ja.OneOf([ja.Normalize(), ja.Normalize(0.5, 0.5)]), ja.RandomGamma()],
        [ja.Compose([ja.Normalize()]), ja.RandomGamma()],
    ],
)
def test_colours_change_before_normalize(steps: Any) -> None:
    with pytest.raises(
        ValueError, match=r"RandomGamma needs images between 0 and full.* Put RandomGamma before Normal"
    ):
        ja.Compose(steps)


def test_what_may_stand_behind_normalize() -> None:
    steps = [ja.OneOf([ja.Normalize(), ja.Normalize(0.5, 0.5)], p=1), FLIP, ja.Blur(p=1), ja.CoarseDropout(p=1)]
    out = ja.Compose([COLOUR, *steps])(KEY, image=IMAGE)["image"]
    assert float(out.min()) < -0.5
    ja.Compose([ja.OneOf([ja.Normalize(), ja.RandomGamma()])])


# Batches ------------------------------------------------------------------------------------------------------------


def test_one_picture_is_no_batch() -> None:
    augment = ja.Compose([FLIP])
    for call in (augment.batch, jax.jit(augment.batch)):
        with pytest.raises(
            ValueError, match=r"'image' has shape \(20, 30, 3\), which is one picture: a batch needs shape"
        ):
            call(KEY, {"image": IMAGE})
    with pytest.raises(ValueError, match=r"'image/0' has shape .* which is one picture"):
        augment.batch(KEY, {"image": [IMAGE, IMAGE]})
    assert augment.batch(KEY, {"image": IMAGE[..., :1][None]})["image"].shape == (1, 20, 30, 1)
    assert augment.batch(KEY, {"image": IMAGE[..., 0][None]})["image"].shape == (1, 20, 30)


def test_words_pass_through_a_batch() -> None:
    for labels in ([["cat", "dog"]], [["cat", "dog"], ["cat"]]):
        batch = {"image": np.stack([IMAGE] * len(labels)), "labels": labels}
        assert ja.Compose([FLIP]).batch(KEY, batch)["labels"] == labels


def test_a_batch_whose_rows_and_labels_are_lists() -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco", label_fields=["labels"]))
    rows = [[[1, 2, 3, 4], [5, 6, 7, 8]], [[0, 0, 30, 20], [2, 2, 2, 2]]]
    out = augment.batch(KEY, {"image": np.stack([IMAGE] * 2), "bboxes": rows, "labels": [[1, 2], [3, 4]]})
    assert out["bboxes"] == [[[26, 2, 3, 4], [18, 6, 7, 8]], [[0, 0, 30, 20], [26, 2, 2, 2]]]
    assert out["labels"] == [[1, 2], [3, 4]]


# What comes out goes in ---------------------------------------------------------------------------------------------


@named([case.name for case in [*TABLE, *SIZED]], quick=("Rotate", "GridDistortion", "RandomResizedCrop", "Crop", "Pad"))
def test_check_accepts_what_the_library_returned(name: str) -> None:
    case = next(case for case in [*TABLE, *SIZED] if case.name == name)
    known = labelled(*case.size)
    corners, points = known["bboxes"], known["keypoints"]
    rows = {"bboxes": np.concatenate([corners[:, :2], corners[:, 2:4] - corners[:, :2]], axis=1), "keypoints": points}
    needed = {name: value for name, value in beside(case, case.size).items() if name != "bboxes"}
    # With flags, and without: there, rows that are gone are zeros.
    sample = {**known, **rows, **needed, "plain": rows}
    params = {"bbox_params": ja.BboxParams("coco"), "keypoint_params": ja.KeypointParams("xyas")}
    run, look = jax.jit(ja.Compose([case.transform], **params)), ja.Compose([], **params)
    for seed in range(4):
        look.check(run(jax.random.key(seed), sample))


def test_looking_costs_less_than_a_millisecond() -> None:
    augment = ja.Compose(
        [FLIP, COLOUR], bbox_params=ja.BboxParams("pascal_voc"), keypoint_params=ja.KeypointParams("xy")
    )
    known = labelled(224, 224)
    rows = {name: np.tile(known[name][:, : 4 if name == "bboxes" else 2], (20, 1)) for name in ("bboxes", "keypoints")}
    sample = {"image": smooth(224, 224), **rows}
    layout, values = augment.parsed(sample)

    def seconds() -> float:
        start = time.perf_counter()
        augment.look_at(layout, values)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(20)) < 1e-3
