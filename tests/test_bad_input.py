"""What goes wrong says what was wrong, what was expected, what came and what to do; what is merely odd works."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from table import BY_NAME, STRUCTURES, TABLE, named

import jaxaug as ja
from jaxaug.backend import struct

KEY = jax.random.key(0)
PASCAL = ja.BboxParams("pascal_voc")
XY = ja.KeypointParams("xy")
FLIP = ja.HorizontalFlip(p=1)
IMAGE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


# Arguments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("like", "hint"),
    [("imge", "Did you mean 'image'"), ("bbox", "Did you mean 'bboxes'"), ("keypoint", "Did you mean 'keypoints'")],
)
def test_unknown_target_kinds(like: str, hint: str) -> None:
    with pytest.raises(ValueError, match=rf"additional_targets\['extra'\] is {like!r}.*{hint}.*Known kinds: image"):
        ja.Compose([FLIP], additional_targets={"extra": like})


def test_names_that_speak_of_others_are_no_targets() -> None:
    with pytest.raises(ValueError, match="gives 'size' the kind 'image', but that name is built in"):
        ja.Compose([FLIP], additional_targets={"size": "image"})


def test_declared_labels_pass_under_strict() -> None:
    params = ja.BboxParams("coco", label_fields={"bboxes": ["classes", "ids"]})
    augment = ja.Compose([FLIP], bbox_params=params, strict=True)
    sample = {"image": IMAGE, "bboxes": np.ones((2, 4), np.float32), "classes": np.arange(2), "ids": np.arange(2)}
    assert [leaf.name for leaf in augment.layout_of(sample).kind("other")] == ["classes", "ids"]
    with pytest.raises(ValueError, match="'extra' is no known target, and strict=True"):
        augment.layout_of({**sample, "extra": np.arange(2)})


def test_a_built_in_name_may_act_like_another() -> None:
    augment = ja.Compose([FLIP], additional_targets={"depth": "image", "mask": "mask"})
    layout = augment.layout_of({"image": IMAGE, "depth": IMAGE})
    assert {leaf.name: leaf.kind for leaf in layout.leaves} == {"image": "image", "depth": "image"}


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("Rotate", "limt", "limit"),
        ("ShiftScaleRotate", "rotate_limits", "rotate_limit"),
        ("GridDistortion", "distort_limits", "distort_limit"),
        ("GaussNoise", "std_rnge", "std_range"),
    ],
)
def test_unknown_arguments_name_the_nearest(name: str, wrong: str, right: str) -> None:
    with pytest.raises(TypeError, match=rf"{name} has no argument '{wrong}'\. Did you mean '{right}'\? Its arguments"):
        getattr(ja, name)(**{wrong: 1})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("HorizontalFlip", "always_apply", "p=1"),
        ("RandomResizedCrop", "height", r"size=\(height, width\)"),
        ("RandomResizedCrop", "width", r"size=\(height, width\)"),
        ("PadIfNeeded", "value", "fill"),
        ("PadIfNeeded", "mask_value", "fill_mask"),
        ("Rotate", "value", "fill"),
        ("ShiftScaleRotate", "mask_value", "fill_mask"),
        ("Affine", "cval", "fill"),
        ("Affine", "mode", "border_mode"),
        ("Perspective", "pad_mode", "border_mode"),
        ("GaussNoise", "var_limit", "std_range"),
        ("CoarseDropout", "max_holes", "num_holes_range"),
        ("CoarseDropout", "max_height", "hole_height_range"),
        ("CoarseDropout", "fill_value", "fill"),
        ("Solarize", "threshold", "threshold_range"),
    ],
)
def test_arguments_of_albumentations_1_name_what_took_their_place(name: str, old: str, new: str) -> None:
    with pytest.raises(TypeError, match=rf"{name} has no argument '{old}'\. Since Albumentations 2 it is '{new}'"):
        getattr(ja, name)(**{old: 1})


def test_arguments_that_are_gone() -> None:
    with pytest.raises(TypeError, match=r"RandomGamma has no argument 'eps'\. It no longer exists"):
        ja.RandomGamma(eps=1e-7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.HorizontalFlip(p=1.5), r"HorizontalFlip\(p=\.\.\.\) must be in \[0.0, 1.0\], got 1.5"),
        (lambda: ja.HorizontalFlip(p=-0.1), r"HorizontalFlip\(p=\.\.\.\) must be in \[0.0, 1.0\], got -0.1"),
        (lambda: ja.Rotate((30, -30)), r"Rotate\(limit=\.\.\.\) must be \(low, high\) with low <= high"),
        (lambda: ja.GaussNoise((0.4, 0.2)), r"GaussNoise\(std_range=\.\.\.\) must be \(low, high\) with low <= high"),
        (lambda: ja.GaussNoise((0.2, 4)), r"GaussNoise\(std_range=\.\.\.\) must be in \[0, 1\], got 4"),
        (lambda: ja.GridDistortion(distort_limit=2), r"distort_limit=\.\.\.\) must be in \[-1, 1\], got"),
        (lambda: ja.GridDistortion(num_steps=0), r"GridDistortion\(num_steps=\.\.\.\) must be at least 1, got 0"),
        (lambda: ja.ShiftScaleRotate(shift_limit=1.5), r"shift_limit=\.\.\.\) must be in \[-1, 1\]"),
        (lambda: ja.RandomCrop(0, 5), r"RandomCrop\(height=\.\.\.\) must be at least 1, got 0"),
        (lambda: ja.Crop(5, 5, 5, 9), "Crop needs x_min < x_max"),
        (lambda: ja.RandomResizedCrop((8, 8), scale=(0.5, 1.5)), r"scale=\.\.\.\) must be in \[0, 1\], got 1.5"),
        (lambda: ja.Affine(scale=(-1, 1)), r"Affine\(scale=\.\.\.\) must be at least 0"),
        (lambda: ja.PadIfNeeded(4, 4, pad_height_divisor=2), "exactly one of min_height and pad_height_divisor"),
        (
            lambda: ja.LongestMaxSize(),
            "LongestMaxSize needs exactly one of max_size and max_size_hw, got None and None",
        ),
        (
            lambda: ja.SmallestMaxSize([8, 0]),
            r"max_size=\.\.\.\) must be a whole number of at least 1, or a list of some",
        ),
        (lambda: ja.LongestMaxSize(max_size_hw=(None, None)), r"max_size_hw=\.\.\.\) must be \(height, width\)"),
        (lambda: ja.Pad((1, 2, 3)), r"Pad\(padding=\.\.\.\) must be a whole number of at least 0, or two or four"),
        (lambda: ja.Pad(-1), r"must be a whole number of at least 0.*got -1"),
        (lambda: ja.CropAndPad(), "CropAndPad needs exactly one of px and percent, got None and None"),
        (
            lambda: ja.CropAndPad(px=(5, 3)),
            r"px=\.\.\.\) must be \(low, high\) with low <= high, got \(5, 3\)",
        ),
        (lambda: ja.PixelSpread(map_resolution_range=(0, 1)), r"map_resolution_range=\.\.\.\) must be in \[1e-06, 1\]"),
        (lambda: ja.OpticalDistortion((0.3, 0.1)), r"distort_limit=\.\.\.\) must be \(low, high\) with low <= high"),
        (lambda: ja.PiecewiseAffine(nb_rows=1), r"PiecewiseAffine\(nb_rows=\.\.\.\) must be at least 2, got 1"),
        (lambda: ja.ThinPlateSpline(num_control_points=1), r"num_control_points=\.\.\.\) must be at least 2, got 1"),
        (lambda: ja.RandomScale((-2, 0.1)), r"RandomScale\(scale_limit=\.\.\.\) must be at least -1, got -2"),
        (lambda: ja.RandomSizedBBoxSafeCrop(4, 4, 1.5), r"erosion_rate=\.\.\.\) must be in \[0, 1\], got 1.5"),
        (lambda: ja.LetterBox((8, 0)), r"LetterBox\(size=\.\.\.\) must be at least 1, got 0"),
        (lambda: ja.XYMasking(1, 1), "XYMasking needs a mask_x_length or mask_y_length above 0"),
        (lambda: ja.GridDropout(0), r"GridDropout\(ratio=\.\.\.\) must be in \(0, 1\], got 0"),
        (lambda: ja.GridDropout(unit_size_range=(1, 4)), r"unit_size_range=\.\.\.\) must be at least 2, got 1"),
        (lambda: ja.GridMask((1, 4)), r"num_grid_range=\.\.\.\) must be at least 2, got 1"),
        (lambda: ja.PixelDropout(1.5), r"dropout_prob=\.\.\.\) must be in \[0, 1\], got 1.5"),
        (lambda: ja.BboxParams("coco", max_accept_ratio=0.5), "max_accept_ratio=0.5.* must be at least 1"),
    ],
)
def test_limits_reversed_or_out_of_bounds(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Rotate("30"), r"Rotate\(limit=\.\.\.\) must be a number or a pair \(low, high\), got '30'"),
        (lambda: ja.Rotate((1, 2, 3)), r"must be a number or a pair \(low, high\), got \(1, 2, 3\)"),
        (lambda: ja.HorizontalFlip(p=None), r"p=\.\.\.\) must be a number in \[0, 1\], got None"),
        (lambda: ja.RandomCrop(4.5, 4), r"RandomCrop\(height=\.\.\.\) must be int, got 4.5"),
        (lambda: ja.GridDistortion(normalized=1), r"normalized=\.\.\.\) must be bool, got 1"),
        (lambda: ja.CropAndPad(px=(1, 2, 3)), r"px=\.\.\.\) must be one amount, a pair \(low, high\) or four amounts"),
        (lambda: ja.CropAndPad(px=0.2), r"px=\.\.\.\) must be whole numbers of pixels, got 0.2.*percent="),
        (
            lambda: ja.CropNonEmptyMaskIfExists(4, 4, 3),
            r"ignore_values=\.\.\.\) must be a list of whole numbers",
        ),
        (lambda: ja.PadIfNeeded(4, 4, fill=[[1]]), r"fill=\.\.\.\) must be a number or one per channel"),
    ],
)
def test_arguments_of_the_wrong_type(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


NONSENSE = (None, "no such word", (), (5.0,), {}, float("nan"), True, object(), np.zeros((2, 2)))


def test_nonsense_is_refused_by_the_name_of_its_argument() -> None:
    refused = 0
    for case in TABLE:
        known = dict(case.transform.arguments())
        for name in known:
            for value in NONSENSE:
                message = _refusal(type(case.transform), known | {name: value})
                refused += bool(message)
                assert not message or name in message, (case.name, name, value)
    assert refused > 1000


def _refusal(kind: Any, arguments: dict[str, Any]) -> str:
    """What a transform says of arguments that it does not take."""
    try:
        kind(**arguments)
    except (ValueError, TypeError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "make",
    [
        lambda: ja.Affine(scale=None),
        lambda: ja.Affine(shear=None),
        lambda: ja.RandomCrop(True, 4),
        lambda: ja.RandomSizedCrop((4, 5), (4, 4), w2h_ratio=float("nan")),
        lambda: ja.Posterize(None),
        lambda: ja.Posterize("4"),
        lambda: ja.Posterize(()),
    ],
)
def test_what_only_looks_like_a_value_is_refused_when_the_pipeline_is_built(make: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="must be"):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Rotate(interpolation="linaer"), r"nearest, linear, cubic, area, lanczos.*Did you mean 'linear'\?"),
        (lambda: ja.Rotate(interpolation=9), "or OpenCV's number for it, got 9"),
        (lambda: ja.Resize(4, 4, mask_interpolation="neares"), r"Did you mean 'nearest'\?"),
        (lambda: ja.Rotate(border_mode="reflect101"), r"constant, replicate, reflect.*Did you mean 'reflect_101'\?"),
        (lambda: ja.PadIfNeeded(4, 4, border_mode="constnt"), r"Did you mean 'constant'\?"),
        (lambda: ja.PadIfNeeded(4, 4, position="centre"), r"Did you mean 'center'\?"),
        (lambda: ja.CoarseDropout(fill="rndom"), r"Did you mean 'random'\?"),
        (lambda: ja.GridMask(fill="greyscale"), r"Did you mean 'grayscale'\?"),
        (lambda: ja.Compose([], mask_interpolation="nearst"), r"mask_interpolation.*Did you mean 'nearest'\?"),
        (lambda: ja.BboxParams("pascal"), r"BboxParams\(format='pascal'\) is unknown. Did you mean 'pascal_voc'\?"),
        (lambda: ja.KeypointParams("xyb"), r"KeypointParams\(format='xyb'\) is unknown. Did you mean"),
    ],
)
def test_wrong_words_name_the_nearest(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# Compositions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outer", [ja.Compose, ja.OneOf, ja.Sequential])
def test_a_class_in_place_of_a_transform(outer: Any) -> None:
    with pytest.raises(TypeError, match=r"\[1\] is the class Rotate: call it, Rotate\(\.\.\.\)"):
        outer([FLIP, ja.Rotate])


@pytest.mark.parametrize("outer", [ja.Compose, ja.OneOf, ja.Sequential])
def test_something_else_in_place_of_a_transform(outer: Any) -> None:
    with pytest.raises(TypeError, match=r"\[0\] must be a transform or a composition of them, got function"):
        outer([lambda image: image])
    with pytest.raises(TypeError, match="must be a list of transforms, got HorizontalFlip"):
        outer(FLIP)


def test_a_compose_inside_another_that_reads_targets_in_a_way_of_its_own() -> None:
    inner = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"))
    with pytest.raises(ValueError, match="what is said about targets counts for the whole pipeline"):
        ja.Compose([inner])
    ja.Compose([inner], bbox_params=ja.BboxParams("coco"))


def test_one_of_that_may_or_may_not_change_the_size() -> None:
    augment = ja.Compose([ja.OneOf([ja.HorizontalFlip(), ja.Resize(10, 10)], p=1)])
    shapes = {augment(jax.random.key(seed), image=IMAGE)["image"].shape for seed in range(8)}
    assert shapes == {(20, 30, 3), (10, 10, 3)}
    with pytest.raises(ValueError, match=r"A choice among Resize: some options change the size .* or add 'size'"):
        jax.jit(augment)(KEY, {"image": IMAGE})


def test_one_of_whose_options_share_a_size() -> None:
    steps = [ja.OneOf([ja.RandomCrop(10, 10), ja.Resize(10, 10)], p=1)]
    assert ja.Compose(steps)(KEY, image=IMAGE)["image"].shape == (10, 10, 3)


def test_one_of_no_weight() -> None:
    with pytest.raises(ValueError, match="needs an option with p above 0: the p of the options are weights"):
        ja.OneOf([ja.HorizontalFlip(p=0), ja.VerticalFlip(p=0)])
    with pytest.raises(ValueError, match=r"OneOf\(transforms=\[\]\) needs at least one option"):
        ja.OneOf([])


# Keys ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", [3, 3.0, None, "key", np.zeros(2, np.float32), jnp.zeros(2), np.int32(3)], ids=lambda k: type(k).__name__
)
def test_keys_of_the_wrong_type(key: Any) -> None:
    augment = ja.Compose([FLIP])
    for call in (augment, augment.sample, augment.batch):
        with pytest.raises(TypeError, match=r"key must be a JAX PRNG key, got .*jax.random.key\(seed\)"):
            call(key, {"image": IMAGE})


@pytest.mark.parametrize("typed", [True, False])
def test_a_batch_of_keys_for_one_sample(typed: bool) -> None:
    key = KEY if typed else jax.random.PRNGKey(0)
    keys = jax.random.split(key, 4)
    with pytest.raises(ValueError, match=r"must be a single key, got 4 keys .*jax.vmap\(augment\)\(keys, batch\)"):
        ja.Compose([FLIP])(keys, {"image": IMAGE})


def test_typed_and_raw_keys_are_the_same() -> None:
    augment = ja.Compose([ja.ShiftScaleRotate(p=1)])
    typed, raw = (augment(k(5), image=IMAGE)["image"] for k in (jax.random.key, jax.random.PRNGKey))
    np.testing.assert_array_equal(typed, raw)


# Samples: ways to call ----------------------------------------------------------------------------------------------


def test_samples_that_are_none() -> None:
    augment = ja.Compose([FLIP])
    with pytest.raises(TypeError, match="A sample must be a dict of targets, got ndarray"):
        augment(KEY, IMAGE)
    with pytest.raises(TypeError, match="A sample is missing"):
        augment(KEY)
    with pytest.raises(TypeError, match=r"not both: got a pytree and \['mask'\]"):
        augment(KEY, {"image": IMAGE}, mask=IMAGE[..., 0])
    with pytest.raises(ValueError, match=r"holds no target.* got \['labels'\]"):
        augment(KEY, {"labels": np.arange(3)})
    with pytest.raises(ValueError, match=r"but no picture: add 'size': \(height, width\)"):
        ja.Compose([FLIP], keypoint_params=XY)(KEY, keypoints=np.zeros((1, 2), np.float32))


def test_rows_without_their_params() -> None:
    augment = ja.Compose([FLIP])
    with pytest.raises(ValueError, match=r"boxes \('a/bboxes'\).*pass bbox_params=BboxParams\(format=\.\.\.\)"):
        augment(KEY, {"image": IMAGE, "a": {"bboxes": np.zeros((1, 4), np.float32)}})
    with pytest.raises(ValueError, match=r"keypoints \('keypoints'\).*pass keypoint_params=KeypointParams"):
        augment(KEY, image=IMAGE, keypoints=np.zeros((1, 2), np.float32))


def test_label_fields_that_are_not_there() -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco", label_fields=["lables"]))
    with pytest.raises(ValueError, match="label_fields names 'lables', which is not beside 'bboxes'; there are"):
        augment(KEY, image=IMAGE, bboxes=np.zeros((1, 4), np.float32), labels=np.zeros(1))


def test_a_batch_whose_leaves_differ_in_length() -> None:
    batch = {"image": np.stack([IMAGE] * 3), "mask": np.zeros((2, 20, 30), np.uint8)}
    with pytest.raises(ValueError, match=r"same leading axis, got lengths 2, 3"):
        ja.Compose([FLIP]).batch(KEY, batch)
    with pytest.raises(ValueError, match=r"same leading axis, got lengths 3, none"):
        ja.Compose([FLIP]).batch(KEY, {"image": batch["image"], "label": 3})


def test_a_plan_for_another_size() -> None:
    augment = ja.Compose([FLIP])
    plan = augment.sample(KEY, image=IMAGE)
    with pytest.raises(
        ValueError, match="drawn for pictures of 20 x 30, but here the picture is 10 x 30: apply a plan to"
    ):
        augment.apply(plan, image=IMAGE[:10])
    with pytest.raises(
        ValueError, match="drawn for pictures of 20 x 30, but here the picture is 10 x 30: apply a plan to"
    ):
        augment.invert(plan, image=IMAGE[:10])
    with pytest.raises(TypeError, match=r"plan must come from augment.sample\(key, sample\), got list"):
        augment.apply([], image=IMAGE)


# Samples: shapes and dtypes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("image", (5,), r"'image' has shape \(5,\); it must have shape \(H, W\) or \(H, W, C\)"),
        ("image", (2, 4, 5, 3), r"\(H, W\) or \(H, W, C\).* use 'images' or 'masks'"),
        ("images", (4, 5), r"'images' has shape \(4, 5\); it must have shape \(N, H, W\) or \(N, H, W, C\)"),
        ("mask", (2, 4, 5, 3), r"'mask' has shape \(2, 4, 5, 3\)"),
        ("volumes", (2, 4, 5), r"\(N, D, H, W\) or \(N, D, H, W, C\)"),
        ("image", (0, 5, 3), r"'image' has shape \(0, 5, 3\): a picture needs at least one pixel"),
        ("flow", (20, 30), r"'flow' has shape \(20, 30\); flow must have shape \(H, W, 2\)"),
        ("flow", (20, 30, 3), r"flow must have shape \(H, W, 2\)\. Give several as several entries"),
        ("flow", (4, 20, 30, 2), r"flow must have shape \(H, W, 2\)"),
        ("flow", (0, 5, 2), r"'flow' has shape \(0, 5, 2\): a picture needs at least one pixel"),
        ("normals", (20, 30, 2), r"'normals' has shape \(20, 30, 2\); normals must have shape \(H, W, 3\)"),
        ("normals", (3,), r"normals must have shape \(H, W, 3\)"),
    ],
)
def test_pictures_of_the_wrong_rank(name: str, shape: tuple[int, ...], message: str) -> None:
    dtype = np.float32 if name in ("flow", "normals") else np.uint8
    with pytest.raises(ValueError, match=message):
        ja.Compose([FLIP])(KEY, {name: np.zeros(shape, dtype)})


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("bboxes", (4,), r"'bboxes' has shape \(4,\); boxes must have shape \(N, 4 or more\), and \(0, 4\) if"),
        ("bboxes", (2, 3), r"boxes must have shape \(N, 4 or more\)"),
        ("bboxes", (0,), r"and \(0, 4\) if there are none"),
        ("keypoints", (2,), r"'keypoints' has shape \(2,\); keypoints must have shape \(\.\.\., 2 or more\)"),
        ("keypoints", (3, 1), r"keypoints must have shape \(\.\.\., 2 or more\)"),
        ("obboxes", (5,), r"'obboxes' has shape \(5,\); oriented boxes must have shape \(N, 5 or more\): centre x"),
        ("obboxes", (2, 4), r"oriented boxes must have shape \(N, 5 or more\).* and \(0, 5\) if there are none"),
        ("intrinsics", (4, 4), r"'intrinsics' has shape \(4, 4\); a camera matrix must be one array of shape \(3, 3\)"),
        ("intrinsics", (2, 3, 3), r"of shape \(3, 3\)\. Give several as several entries"),
    ],
)
def test_rows_of_the_wrong_rank(name: str, shape: tuple[int, ...], message: str) -> None:
    augment = ja.Compose([FLIP], bbox_params=PASCAL, keypoint_params=XY)
    with pytest.raises(ValueError, match=message):
        augment(KEY, {"image": IMAGE, name: np.zeros(shape, np.float32)})


def test_keypoints_with_too_few_columns() -> None:
    augment = ja.Compose([FLIP], keypoint_params=ja.KeypointParams("xyas"))
    with pytest.raises(ValueError, match=r"format='xyas'\) needs 4 columns, the keypoints have 3"):
        augment(KEY, image=IMAGE, keypoints=np.zeros((1, 3), np.float32))


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "message"),
    [
        ("flow", (20, 30, 2), np.int64, "'flow' has dtype int64; flow must be float32, float16 or bfloat16"),
        ("flow", (20, 30, 2), np.uint16, "decode it if it was stored as whole numbers"),
        ("normals", (20, 30, 3), np.uint8, "'normals' has dtype uint8; normals must be float32"),
        ("intrinsics", (3, 3), np.int32, "'intrinsics' has dtype int32; a camera matrix holds fractions. Cast it"),
    ],
)
def test_vectors_and_cameras_of_the_wrong_dtype(name: str, shape: tuple[int, ...], dtype: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ja.Compose([FLIP])(KEY, {"image": IMAGE, name: np.ones(shape, dtype)})


def test_a_camera_without_a_picture() -> None:
    with pytest.raises(ValueError, match=r"holds 'intrinsics' but no picture: add 'size': \(height, width\)"):
        ja.Compose([FLIP])(KEY, intrinsics=np.eye(3, dtype=np.float32))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.int8, bool])
def test_images_of_the_wrong_dtype(dtype: Any) -> None:
    with pytest.raises(TypeError, match=rf"'image' has dtype {np.dtype(dtype)}.* one of uint8, uint16, float16, bfl"):
        ja.Compose([FLIP])(KEY, image=IMAGE.astype(dtype))


def test_masks_of_complex_numbers() -> None:
    with pytest.raises(TypeError, match="'mask' has dtype complex64; a mask must hold whole numbers, flags or floats"):
        ja.Compose([FLIP])(KEY, mask=np.zeros((4, 4), np.complex64))


def test_pictures_that_are_no_arrays() -> None:
    with pytest.raises(TypeError, match="'image' must be an array, got str"):
        ja.Compose([FLIP])(KEY, image="cat.png")


def test_sizes_that_differ() -> None:
    sample = {"a": {"image": IMAGE, "mask": np.zeros((20, 29), np.uint8)}}
    with pytest.raises(
        ValueError, match=r"'a/mask' is 20 x 29, but 'a/image' beside it is 20 x 30\..*is_check_shapes=False"
    ):
        ja.Compose([FLIP])(KEY, sample)


def test_validity_of_another_length() -> None:
    augment = ja.Compose([FLIP], bbox_params=PASCAL, keypoint_params=XY)
    rows = {"image": IMAGE, "bboxes": np.zeros((3, 4), np.float32)}
    with pytest.raises(ValueError, match=r"'valid' has shape \(2,\), but 'bboxes' has 3 rows: entry i of both"):
        augment(KEY, {**rows, "valid": np.ones(2, bool)})
    with pytest.raises(ValueError, match=r"'bboxes_valid' has shape \(2,\).* rows of shape \(3,\): give one flag per"):
        augment(KEY, {**rows, "bboxes_valid": np.ones(2, bool)})
    with pytest.raises(ValueError, match="'keypoints_valid' speaks for 'keypoints', which is not beside it"):
        augment(KEY, {**rows, "keypoints_valid": np.ones(2, bool)})
    mask = np.zeros(IMAGE.shape[:2], np.uint8)
    for masks in (np.stack([mask] * 2), [mask] * 2):
        with pytest.raises(
            ValueError, match=r"'valid' has shape \(3,\), but there are 2 masks beside it: entry i of bo"
        ):
            augment(KEY, {**rows, "masks": masks, "valid": np.ones(3, bool)})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("transform", "values"),
    [
        (ja.PadIfNeeded(40, 40, fill=(1, 2)), 2),
        (ja.Rotate(30, fill=(1, 2, 3, 4), p=1), 4),
        (ja.CoarseDropout(fill=(1, 2), p=1), 2),
    ],
)
def test_fills_of_another_number_of_channels(transform: Any, values: int) -> None:
    with pytest.raises(ValueError, match=f"or one per channel: the picture has 3 channels, the fill has {values} val"):
        ja.Compose([transform])(KEY, image=IMAGE)


# Sizes that cannot be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", [ja.RandomCrop(21, 30), ja.CenterCrop(20, 31), ja.Crop(0, 0, 31, 5)])
def test_a_crop_larger_than_the_picture(transform: Any) -> None:
    with pytest.raises(ValueError, match=r"is larger than the picture of 20 x 30\..* or pass pad_if_needed=True"):
        ja.Compose([transform])(KEY, image=IMAGE)
    padded = ja.Compose([struct.replace(transform, pad_if_needed=True)])(KEY, image=IMAGE)["image"]
    assert padded.shape[:2] in {(21, 30), (20, 31), (5, 31)}


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (ja.RandomSizedCrop((10, 21), (8, 8)), "takes windows of up to 21 x 21, but the picture is 20 x 30"),
        (ja.RandomSizedCrop((10, 20), (8, 8), 2.0), "takes windows of up to 20 x 40, but the picture is 20 x 30"),
        (ja.TimeMasking(31, p=1), "stripes are up to 31 pixels wide, but along x the picture has 30"),
        (ja.FrequencyMasking(21, p=1), "stripes are up to 21 pixels wide, but along y the picture has 20"),
        (ja.GridDropout(unit_size_range=(5, 21), p=1), "cells of up to 21 pixels, but the picture is 20 x 30"),
        (ja.GridDropout(holes_number_xy=(9, 11), p=1), "two pixels for each cell, but the picture is 20 x 30"),
        (ja.ChannelDropout((1, 3), p=1), "needs images of at least 4 channels; 'image' has 3"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_the_picture_has_no_room_for(transform: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ja.Compose([transform])(KEY, image=IMAGE)


def test_random_quarter_turns_of_pictures_that_are_not_square() -> None:
    augment = ja.Compose([ja.RandomRotate90(p=1)])
    message = "RandomRotate90 on the picture of 20 x 30 changes the size at random, and under jit"
    with pytest.raises(ValueError, match=message):
        jax.jit(augment)(KEY, {"image": IMAGE})
    with pytest.raises(ValueError, match=message):
        augment.batch(KEY, {"image": np.stack([IMAGE] * 2)})
    shapes = set()
    for seed in range(8):
        out = np.asarray(augment(jax.random.key(seed), image=IMAGE)["image"])
        assert any(np.array_equal(out, np.rot90(IMAGE, k)) for k in range(4))
        shapes.add(out.shape)
    assert shapes == {(20, 30, 3), (30, 20, 3)}


@pytest.mark.parametrize(
    ("transform", "shape"), [(ja.Transpose(p=0.5), (30, 20, 3)), (ja.RandomCrop(8, 9, p=0.5), (8, 9, 3))]
)
def test_changing_the_size_at_random(transform: Any, shape: tuple[int, ...]) -> None:
    augment = ja.Compose([transform])
    name = type(transform).__name__
    with pytest.raises(
        ValueError, match=rf"{name} changes the size from \(20, 30\) to .* under jit or vmap .* or use {name}\(p=1\)"
    ):
        jax.jit(augment)(KEY, {"image": IMAGE})
    with pytest.raises(ValueError, match=f"{name} changes the size"):
        augment.batch(KEY, {"image": np.stack([IMAGE] * 2)})
    assert {augment(jax.random.key(s), image=IMAGE)["image"].shape for s in range(8)} == {IMAGE.shape, shape}


def test_changing_the_size_at_random_is_fine_where_it_stays() -> None:
    sample = {"image": IMAGE[:, :20]}
    for transform in (ja.Transpose(p=0.5), ja.RandomCrop(20, 20, p=0.5), ja.RandomRotate90(p=0.5)):
        assert jax.jit(ja.Compose([transform]))(KEY, sample)["image"].shape == (20, 20, 3)


# Odd, but right -----------------------------------------------------------------------------------------------------


WARPS = [case for case in TABLE if case.family == "warp"]
SMALLEST = {
    "Crop": ja.Crop(0, 0, 1, 1),
    "CenterCrop": ja.CenterCrop(1, 1),
    "RandomCrop": ja.RandomCrop(1, 1),
    "RandomResizedCrop": ja.RandomResizedCrop((3, 2)),
    "RandomSizedCrop": ja.RandomSizedCrop((1, 1), (3, 2)),
    "LongestMaxSize": ja.LongestMaxSize(3),
    "SmallestMaxSize": ja.SmallestMaxSize(2),
    "Resize": ja.Resize(3, 2),
    "PadIfNeeded": ja.PadIfNeeded(3, 2, border_mode="reflect_101"),
    "LetterBox": ja.LetterBox((3, 3)),
    "RandomGridShuffle": ja.RandomGridShuffle((1, 1), p=1),
    "AtLeastOneBBoxRandomCrop": ja.AtLeastOneBBoxRandomCrop(1, 1),
    "CropNonEmptyMaskIfExists": ja.CropNonEmptyMaskIfExists(1, 1),
}


@named([case.name for case in WARPS], quick=(*STRUCTURES[::2], "SafeRotate", "PixelSpread"))
def test_one_pixel_under_every_warp(name: str) -> None:
    case = BY_NAME[name]
    transform = SMALLEST.get(case.name, case.transform)
    if hasattr(transform, "border_mode"):
        transform = struct.replace(transform, border_mode="reflect_101")
    sample = {
        "image": np.full((1, 1, 3), 200, np.uint8),
        "mask": np.full((1, 1), 7, np.int32),
        "masks": np.zeros((0, 1, 1), np.uint8),
        "images": np.full((2, 1, 1, 3), 0.25, np.float32),
        "bboxes": np.array([[0, 0, 1, 1]], np.float32),
        "keypoints": np.zeros((1, 2), np.float32),
    }
    out = jax.jit(ja.Compose([transform], bbox_params=PASCAL, keypoint_params=XY))(KEY, sample)
    assert (np.asarray(out["image"]) == 200).all()
    assert (np.asarray(out["mask"]) == 7).all()
    np.testing.assert_allclose(out["images"], 0.25, atol=1e-6)
    assert out["masks"].shape == (0, *out["mask"].shape)
    for name in ("bboxes", "keypoints"):
        assert out[name].shape == sample[name].shape
        assert np.isfinite(out[name]).all()


@pytest.mark.slow
def test_nothing_to_move_in_a_long_pipeline() -> None:
    steps = [
        ja.HorizontalFlip(p=0.5),
        ja.ShiftScaleRotate(p=0.5),
        ja.GridDistortion(p=1),
        ja.CoarseDropout(fill_mask=0, p=1),
        ja.MaskDropout((1, 3), p=1),
        ja.RandomCrop(16, 24),
        ja.GaussNoise(p=1),
    ]
    params = {
        "bbox_params": ja.BboxParams("coco", min_area=4, min_visibility=0.2, max_accept_ratio=3),
        "keypoint_params": ja.KeypointParams("xyas"),
    }
    sample = {
        "image": IMAGE,
        "masks": np.zeros((0, 20, 30), np.int32),
        "images": np.zeros((0, 20, 30, 3), np.uint8),
        "bboxes": np.zeros((0, 5), np.float32),
        "bboxes_valid": np.zeros(0, bool),
        "keypoints": np.zeros((0, 3, 4), np.float32),
        "keypoints_valid": np.zeros((0, 3), bool),
        "valid": np.zeros(0, bool),
    }
    augment = ja.Compose(steps, **params)
    out = jax.jit(augment)(KEY, sample)
    assert {n: v.shape for n, v in out.items()} == {
        "image": (16, 24, 3),
        "masks": (0, 16, 24),
        "images": (0, 16, 24, 3),
        "bboxes": (0, 5),
        "bboxes_valid": (0,),
        "keypoints": (0, 3, 4),
        "keypoints_valid": (0, 3),
        "valid": (0,),
    }
    augment.check(out)
    assert augment.compact(out)["bboxes"].shape == (0, 5)


# Values that are wrong ----------------------------------------------------------------------------------------------


BAD_BOXES = np.array(
    [
        [6, 3, 14, 11],
        [np.nan, 3, 14, 11],
        [14, 3, 6, 11],
        [6, 3, np.inf, 11],
        [40, 3, 50, 11],
        [7, 5, 7, 9],
        [1, 1, 5, 5],
    ],
    np.float32,
)
GOOD = [0, 6]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (1, r"must be finite"),
        (2, r"has no area; expected x_max > x_min"),
        (3, r"must be finite"),
        (4, r"reaches outside its picture of 20 x 30.*BboxParams\(clip=True\)"),
        (5, r"has no area"),
    ],
)
def test_check_names_the_box(row: int, message: str) -> None:
    rows = BAD_BOXES[[0, row]]
    with pytest.raises(ValueError, match=rf"'a/bboxes' row 1 is \[.*\] \(pascal_voc\): .*{message}"):
        ja.Compose([FLIP], bbox_params=PASCAL).check({"image": IMAGE, "a": {"bboxes": rows}})


@pytest.mark.parametrize(("form", "bad"), [("coco", [6, 3, -8, 8]), ("yolo", [0.5, 0.5, 1.2, 0.2])])
def test_check_knows_the_format(form: str, bad: list[float]) -> None:
    with pytest.raises(ValueError, match=rf"'bboxes' row 0 is .* \({form}\)"):
        ja.Compose([FLIP], bbox_params=ja.BboxParams(form)).check(image=IMAGE, bboxes=np.array([bad], np.float32))


def test_check_names_the_keypoint() -> None:
    augment = ja.Compose([FLIP], keypoint_params=XY)
    for bad, message in (([np.nan, 3], "must be finite"), ([31, 3], "lies outside its picture of 20 x 30")):
        rows = np.array([[4, 7], [5, 5], bad], np.float32)
        with pytest.raises(ValueError, match=rf"'keypoints' row 2 is \[.*\] \(xy\): .*{message}"):
            augment.check(image=IMAGE, keypoints=rows)
    augment.check(image=IMAGE, keypoints=np.array([[0, 0], [29, 19]], np.float32))


def test_check_accepts_what_is_right() -> None:
    augment = ja.Compose([FLIP], bbox_params=PASCAL, keypoint_params=XY)
    augment.check(image=IMAGE, bboxes=BAD_BOXES[GOOD], keypoints=np.zeros((0, 2), np.float32))
    augment.check(image=IMAGE, bboxes=np.array([[0, 0, 30, 20]], np.float32))


BAD_POINTS = np.array(
    [[4, 7, 30, 1], [np.nan, 3, 0, 1], [5, np.inf, 0, 1], [15, 9, np.nan, 1], [20, 12, 5, 2]], np.float32
)


@pytest.mark.parametrize(
    "transform",
    [FLIP, ja.Perspective((0.02, 0.03), p=1), ja.GridDistortion(3, 0.2, p=1)],
    ids=["flip", "projective", "bent"],
)
def test_bad_rows_die_and_poison_nothing(transform: Any) -> None:
    augment = ja.Compose([transform], bbox_params=PASCAL, keypoint_params=ja.KeypointParams("xyas"))
    good_points = np.isfinite(BAD_POINTS).all(axis=1)

    def total(boxes: Any, points: Any) -> Any:
        sample = {
            "mask": jnp.asarray(IMAGE),
            "bboxes": boxes,
            "bboxes_valid": jnp.ones(boxes.shape[0], bool),
            "keypoints": points,
            "keypoints_valid": jnp.ones(points.shape[0], bool),
        }
        out = augment(KEY, sample)
        return out["bboxes"].sum() + out["keypoints"].sum(), out

    run = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))
    gradient, out = jax.tree.map(np.asarray, run(BAD_BOXES, BAD_POINTS))
    np.testing.assert_array_equal(out["bboxes_valid"], np.isin(np.arange(7), GOOD))
    np.testing.assert_array_equal(out["keypoints_valid"], good_points)
    for name, part, good in (("bboxes", gradient[0], GOOD), ("keypoints", gradient[1], good_points)):
        assert np.isfinite(out[name]).all()
        assert np.isfinite(part).all()
        assert (part[good] != 0).any(axis=1).all()
    # The good rows are what they are in good company.
    company = np.where(good_points[:, None], BAD_POINTS, BAD_POINTS[0])
    _, alone = jax.tree.map(np.asarray, run(BAD_BOXES[[0, 0, 0, 0, 0, 0, 6]], company))
    np.testing.assert_array_equal(out["bboxes"][GOOD], alone["bboxes"][GOOD])
    np.testing.assert_array_equal(out["keypoints"][good_points], alone["keypoints"][good_points])


def test_bad_points_poison_no_search_for_an_inverse() -> None:
    augment = ja.Compose([ja.ElasticTransform(alpha=20, sigma=4, p=1)], keypoint_params=XY)
    points = BAD_POINTS[:, :2]
    good = np.isfinite(points).all(axis=1)

    def total(points: Any) -> Any:
        sample = {"mask": jnp.asarray(IMAGE), "keypoints": points, "keypoints_valid": jnp.ones(len(points), bool)}
        out = augment(KEY, sample)
        return out["keypoints"].sum(), out

    run = jax.jit(jax.grad(total, has_aux=True))
    gradient, out = jax.tree.map(np.asarray, run(points))
    np.testing.assert_array_equal(out["keypoints_valid"], good)
    assert np.isfinite(out["keypoints"]).all()
    assert np.isfinite(gradient).all()
    assert (gradient[good] != 0).any(axis=1).all()
    _, alone = run(np.where(good[:, None], points, points[0]))
    np.testing.assert_array_equal(out["keypoints"][good], alone["keypoints"][good])


def test_bad_rows_without_validity_become_zeros() -> None:
    augment = ja.Compose([FLIP], bbox_params=PASCAL, keypoint_params=ja.KeypointParams("xyas"))
    out = jax.jit(augment)(KEY, {"image": IMAGE, "bboxes": BAD_BOXES, "keypoints": BAD_POINTS})
    boxes, points = np.zeros((7, 4)), np.zeros((5, 4))
    boxes[GOOD] = [[16, 3, 24, 11], [25, 1, 29, 5]]
    points[[0, 4]] = [[25, 7, 150, 1], [9, 12, 175, 2]]
    np.testing.assert_allclose(out["bboxes"], boxes, atol=1e-4)
    np.testing.assert_allclose(out["keypoints"], points, atol=1e-4)


def test_no_instances_told_by_their_keypoints() -> None:
    augment = ja.Compose([FLIP], keypoint_params=XY)
    sample = {"image": IMAGE, "keypoints": np.zeros((0, 3, 2), np.float32), "valid": np.zeros(0, bool)}
    out = augment(KEY, sample)
    assert out["valid"].shape == (0,)
    assert augment.compact(out)["keypoints"].shape == (0, 3, 2)


def test_compact_under_jit() -> None:
    with pytest.raises(ValueError, match="compact drops rows, which changes shapes: call it outside jit and vmap"):
        jax.jit(lambda b: ja.compact({"image": jnp.asarray(IMAGE), "bboxes": b}))(np.zeros((2, 4), np.float32))
