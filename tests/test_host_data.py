"""What people have in their hands: lists, words, pictures of Pillow, tensors and numbers of NumPy."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from PIL import Image
from table import APART, SIZED, TABLE
from test_first_hour import compilations

import jaxaug as ja

KEY = jax.random.key(0)
IMAGE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
FLIP = ja.HorizontalFlip(p=1)
CORNER = ja.Crop(0, 0, 10, 10)
PASCAL = ja.BboxParams("pascal_voc", label_fields=["labels"])


# Rows ---------------------------------------------------------------------------------------------------------------


def test_rows_in_lists_are_read_like_arrays_and_come_back_as_lists() -> None:
    params = {"bbox_params": ja.BboxParams("coco"), "keypoint_params": ja.KeypointParams("xy")}
    flip = ja.Compose([FLIP], **params, target_params={"polygons": {}})
    polygon = [[(1, 2), (6, 2), (6, 8)]]
    sample = {"image": IMAGE, "bboxes": [(1, 2, 3.5, 4)], "keypoints": [[2, 3], [4, 5]], "polygons": polygon}
    out = flip(KEY, sample)
    assert out["bboxes"] == [(25.5, 2.0, 3.5, 4.0)]
    assert out["keypoints"] == [[27.0, 3.0], [25.0, 5.0]]
    assert out["polygons"] == [[(29.0, 2.0), (24.0, 2.0), (24.0, 8.0)]]
    traced = jax.jit(flip)(KEY, sample)
    assert jax.tree.map(float, traced["bboxes"]) == out["bboxes"]
    assert jax.tree.map(float, traced["keypoints"]) == out["keypoints"]


def test_lists_of_arrays_are_rows_or_several_sets_of_them() -> None:
    flip = ja.Compose([FLIP], bbox_params=ja.BboxParams("pascal_voc"))
    rows = [np.array([1, 2, 5, 6], np.float32), np.array([3, 4, 8, 9], np.float32)]
    out = flip(KEY, image=IMAGE, bboxes=rows)["bboxes"]
    np.testing.assert_array_equal(out, [[25, 2, 29, 6], [22, 4, 27, 9]])
    sets = flip(KEY, image=IMAGE, bboxes=[rows[0][None], np.stack(rows)])["bboxes"]
    assert [one.shape for one in sets] == [(1, 4), (2, 4)]


def test_no_rows_in_a_list() -> None:
    params = {"bbox_params": PASCAL, "keypoint_params": ja.KeypointParams("xyas")}
    augment = ja.Compose([FLIP, ja.AtLeastOneBBoxRandomCrop(8, 8)], **params)
    out = augment(KEY, image=IMAGE, bboxes=[], labels=[], keypoints=[], obboxes=[])
    assert (out["bboxes"], out["labels"], out["keypoints"], out["obboxes"]) == ([], [], [], [])
    assert augment.compact(out)["bboxes"] == []
    assert ja.Compose([FLIP])(KEY, image=IMAGE, bboxes=[], keypoints=[])["keypoints"] == []


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([[1, 2, 3, 4, "car"]], TypeError, "'bboxes' holds the word 'car', but rows hold numbers: put words into an"),
        ([[1, 2, 3, 4], [1, 2, 3]], ValueError, "'bboxes' is a list whose rows differ in length"),
        ([1, 2, 3, 4], ValueError, r"'bboxes' has shape \(4,\); boxes must have shape \(N, 4 or more\)"),
        ([[1, 2, 3, 4, 123456789]], ValueError, "'bboxes' holds 123456789, which float32 does not hold exactly"),
    ],
)
def test_rows_that_are_none(rows: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"))(KEY, image=IMAGE, bboxes=rows)


def test_flags_in_a_list() -> None:
    crop = ja.Compose([CORNER], bbox_params=ja.BboxParams("coco"))
    rows = [(15, 15, 5, 5), (1, 2, 7, 7)]
    out = crop(KEY, image=IMAGE, bboxes=rows, bboxes_valid=[True, True])
    assert out["bboxes_valid"] == [False, True]
    assert crop.compact(out)["bboxes"] == [(1.0, 2.0, 7.0, 7.0)]


# Labels -------------------------------------------------------------------------------------------------------------

TWO = np.array([[15, 15, 20, 20], [1, 2, 8, 9]], np.float32)


@pytest.mark.parametrize(
    "labels",
    [["cat", "dog"], ("cat", "dog"), [7, 8], [0.5, 1.5], [True, False], ["cat", 3], [["a"], ["b", "c"]], [None, 1]],
)
@pytest.mark.parametrize("valid", [False, True])
def test_lists_of_labels_come_back_themselves_and_shorter_from_compact(labels: Any, valid: bool) -> None:
    augment = ja.Compose([CORNER], bbox_params=PASCAL)
    sample = {"image": IMAGE, "bboxes": TWO, "labels": labels, **({"valid": np.ones(2, bool)} if valid else {})}
    out = augment(KEY, sample)
    assert out["labels"] is labels
    short = augment.compact(out)
    assert len(short["bboxes"]) == 1
    assert short["labels"] == type(labels)(labels[1:])
    assert type(short["labels"][0]) is type(labels[1])


@pytest.mark.parametrize("labels", [["cat"], np.array([1, 2, 3]), []])
def test_labels_of_another_length_than_their_rows(labels: Any) -> None:
    augment = ja.Compose([CORNER], bbox_params=PASCAL)
    sample = {"image": IMAGE, "bboxes": TWO, "labels": labels}
    for call in (lambda: augment(KEY, sample), lambda: augment.check(sample), lambda: augment.compact(sample)):
        with pytest.raises(ValueError, match=rf"'labels' has {len(labels)} labels, but 'bboxes' has 2 rows: give one"):
            call()
    with pytest.raises(ValueError, match="labels, but 'bboxes' has 2 rows"):
        jax.jit(augment)(KEY, sample | {"labels": np.arange(3)})


WORDS = {"left": "right", "right": "left"}


@pytest.mark.parametrize(
    ("labels", "swapped"),
    [
        (["left", "nose", "right"], ["right", "nose", "left"]),
        (("left", "left", "left"), ("right", "right", "right")),
        (np.array(["left", "a nose", "right"]), np.array(["right", "a nose", "left"])),
        (np.array(["left"] * 3), np.array(["right"] * 3)),
    ],
)
def test_words_that_a_mirror_swaps(labels: Any, swapped: Any) -> None:
    params = ja.KeypointParams("xy", label_fields=["labels"], label_mapping={"labels": WORDS})
    points = np.array([[2, 3], [20, 12], [5, 6]], np.float32)
    sample = {"image": IMAGE, "keypoints": points, "labels": labels}
    out = ja.Compose([FLIP], keypoint_params=params)(KEY, sample)["labels"]
    assert type(out) is type(labels)
    np.testing.assert_array_equal(out, swapped)
    back = ja.Compose([FLIP, FLIP], keypoint_params=params)(KEY, sample)["labels"]
    np.testing.assert_array_equal(back, labels)


def test_mappings_of_labels_that_cannot_be() -> None:
    with pytest.raises(TypeError, match=r"swap whole numbers or words, and in 'labels' there are \['int', 'str'\]"):
        ja.KeypointParams("xy", label_mapping={"labels": {0: "right"}})
    with pytest.raises(TypeError, match=r"must hold a dict for each label field.* got \{0: 1\}"):
        ja.KeypointParams("xy", label_mapping={0: 1})
    params = ja.KeypointParams("xy", label_mapping={"labels": WORDS})
    flip = ja.Compose([FLIP], keypoint_params=params)
    with pytest.raises(TypeError, match=r"swaps the words 'left', 'right' in 'labels', but there are other labels"):
        flip(KEY, image=IMAGE, keypoints=[(1, 2)], labels=[3])
    with pytest.raises(TypeError, match="under jit and vmap there are no words: keep labels outside"):
        jax.jit(lambda image: flip(KEY, image=image, keypoints=[(1, 2)], labels=["left"])["image"])(IMAGE)


@pytest.mark.parametrize(("one", "two"), [([1], [2]), (["cat"], ["dog"]), (np.array(["cat"]), np.array(["dog"]))])
def test_other_labels_and_ids_compile_nothing(one: Any, two: Any) -> None:
    augment = ja.Compose([ja.HorizontalFlip(), ja.RandomGamma()], bbox_params=PASCAL)
    sample = {"image": IMAGE, "bboxes": [(1, 2, 8, 9)], "labels": one, "id": 3, "meta": {"area": 2.5, "from": [1, 2]}}
    augment(KEY, sample)
    other = sample | {"bboxes": [(1, 3, 8, 9)], "labels": two, "id": 4, "meta": {"area": 3.5, "from": [3, 2]}}
    found: list[Any] = []
    assert compilations(lambda: found.append(augment(jax.random.key(1), other))) == 0
    assert {name: found[0][name] for name in ("labels", "id", "meta")} == {
        n: other[n] for n in ("labels", "id", "meta")
    }


# Pictures and tensors -----------------------------------------------------------------------------------------------


class Tensor:
    """A tensor on the CPU, as other libraries have it."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


class WithArray(Tensor):
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.array if dtype is None else self.array.astype(dtype)


class WithDLPack(Tensor):
    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


@pytest.mark.parametrize("tensor", [WithArray, WithDLPack])
def test_tensors_on_the_cpu(tensor: Any) -> None:
    augment = ja.Compose([FLIP], bbox_params=PASCAL)
    sample = {"image": IMAGE, "mask": IMAGE[..., 0].copy(), "bboxes": TWO, "labels": np.arange(2)}
    out = augment(KEY, {name: tensor(value) for name, value in sample.items()} | {"labels": sample["labels"]})
    for one, other in zip(jax.tree.leaves(out), jax.tree.leaves(augment(KEY, sample)), strict=True):
        np.testing.assert_array_equal(one, other)
    batch = augment.batch(KEY, {"image": tensor(np.stack([IMAGE] * 2))})
    np.testing.assert_array_equal(batch["image"][1], IMAGE[:, ::-1])


def test_pictures_of_pillow() -> None:
    picture, mask = Image.fromarray(IMAGE), Image.fromarray(IMAGE[..., 0])
    flip = ja.Compose([FLIP])
    out = flip(KEY, image=picture, mask=mask)
    np.testing.assert_array_equal(out["image"], IMAGE[:, ::-1])
    np.testing.assert_array_equal(out["mask"], IMAGE[:, ::-1, 0])
    np.testing.assert_array_equal(flip(KEY, mask=mask.convert("P"))["mask"], out["mask"])
    with pytest.raises(TypeError, match=r"'image' is a picture of mode 'P'.*give picture.convert\('RGB'\)"):
        flip(KEY, image=picture.convert("P"))


def test_bfloat16_of_numpy_is_an_array_like_others() -> None:
    augment = ja.Compose([ja.RandomGamma(p=1), ja.Blur(p=1)])
    image = (IMAGE / 255).astype(ml_dtypes.bfloat16)
    assert augment(KEY, image=image)["image"].dtype == jnp.bfloat16
    assert compilations(lambda: augment(jax.random.key(1), image=image[::-1].copy())) == 0


# Numbers of NumPy ---------------------------------------------------------------------------------------------------


def of_numpy(value: Any, whole: Any, real: Any) -> Any:
    """Arguments with numbers of NumPy in place of plain ones."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return (whole if np.iinfo(whole).min <= value <= np.iinfo(whole).max else np.int64)(value)
    if isinstance(value, float):
        return real(value)
    if isinstance(value, tuple | list):
        return type(value)(of_numpy(v, whole, real) for v in value)
    return {k: of_numpy(v, whole, real) for k, v in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("case", [*TABLE, *SIZED, *APART], ids=lambda case: case.name)
def test_arguments_may_be_numbers_of_numpy(case: Any) -> None:
    kind = type(case.transform)
    given = {f.name: getattr(case.transform, f.name) for f in dataclasses.fields(kind) if f.init}
    assert repr(kind(**of_numpy(given, np.int64, np.float64))) == repr(case.transform)
    kind(**of_numpy(given, np.uint8, np.float32))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"])
@pytest.mark.parametrize("compiled", [False, True])
def test_masks_of_every_width_keep_their_labels(dtype: str, compiled: bool) -> None:
    most = 1 if dtype == "bool" else min(np.iinfo(dtype).max, 2**32 - 1 if dtype[0] == "u" else 2**31 - 1)
    mask = np.zeros((20, 30), dtype)
    mask[3:14, 4:22] = most
    steps = [ja.Rotate((10, 10), fill_mask=0, p=1), ja.Resize(33, 44), ja.CoarseDropout(fill_mask=0, p=1)]
    augment = ja.Compose(steps)
    out = np.asarray((jax.jit(augment) if compiled else augment)(KEY, {"mask": mask})["mask"])
    assert out.dtype.itemsize == min(mask.dtype.itemsize, 4)
    assert set(np.unique(out).tolist()) == {0, int(most)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mask", np.full((20, 30), 2**40)),
        ("mask", np.full((20, 30), 123456789.0)),
        ("bboxes", np.array([[1, 2, 3, 4, 2**40]])),
        ("keypoints", np.array([[1, 2, 123456789.0]])),
    ],
)
def test_numbers_that_would_become_others(name: str, value: Any) -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"), keypoint_params=ja.KeypointParams("xy"))
    with pytest.raises(ValueError, match=rf"'{name}' holds [0-9.]+, which \w+32 does not hold exactly"):
        augment(KEY, {"image": IMAGE, name: value})


def test_numbers_of_64_bits_are_alike_inside_and_outside_jit() -> None:
    augment = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"), keypoint_params=ja.KeypointParams("xy"))
    sample = {
        "image": IMAGE / 255,
        "mask": np.arange(600).reshape(20, 30),
        "depth": np.ones((20, 30)),
        "bboxes": np.array([[1, 2, 3, 4, 123456789]]),
        "keypoints": np.array([[1.5, 2.5]]),
    }
    for one, other in zip(*(jax.tree.leaves(run(KEY, sample)) for run in (augment, jax.jit(augment))), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", ["pascal_voc", "coco", "yolo", "albumentations"])
def test_boxes_lie_inside_their_picture_exactly(form: str) -> None:
    rng = np.random.default_rng(0)
    low, high = np.sort(rng.uniform(0, 1, (2, 40, 2)), axis=0) * [53, 37]
    limit = np.array([53, 37]) if form in ("pascal_voc", "coco") else np.ones(2)
    corners = np.concatenate([low, high], axis=1)
    to_fractions = 1 if form in ("pascal_voc", "coco") else np.array([53, 37, 53, 37])
    rows = {
        "pascal_voc": corners,
        "albumentations": corners,
        "coco": np.concatenate([low, high - low], axis=1),
        "yolo": np.concatenate([(low + high) / 2, high - low], axis=1),
    }[form] / to_fractions
    rows = np.clip(rows, 0, None).astype(np.float32)
    augment = ja.Compose([ja.ShiftScaleRotate(0.3, (0, 0.6), 20, p=1)], bbox_params=ja.BboxParams(form))
    image = np.zeros((37, 53), np.uint8)
    run = jax.jit(jax.vmap(lambda key: augment(key, image=image, bboxes=rows)["bboxes"]))
    x, y, right, bottom = np.asarray(run(jax.random.split(KEY, 50)), np.float64).reshape(-1, 4).T
    if form == "coco":
        right, bottom = x + right, y + bottom
    if form == "yolo":
        x, y, right, bottom = x - right / 2, y - bottom / 2, x + right / 2, y + bottom / 2
    assert min(x.min(), y.min()) >= 0
    assert (right.max(), bottom.max()) == tuple(limit)


def test_boxes_of_whole_numbers_have_an_area_or_are_gone() -> None:
    small = ja.Compose([ja.Resize(5, 8)], bbox_params=ja.BboxParams("coco"))
    rows = np.array([[12, 12, 1, 1], [0, 0, 30, 20]])
    out = small(KEY, image=IMAGE, bboxes=rows, bboxes_valid=np.ones(2, bool))
    assert out["bboxes_valid"].tolist() == [False, True]
    assert out["bboxes"][1].tolist() == [0, 0, 8, 5]
    pad = ja.Compose([ja.PadIfNeeded(40, 60)], bbox_params=ja.BboxParams("albumentations"))
    np.testing.assert_allclose(
        pad(KEY, image=IMAGE, bboxes=np.array([[0, 0, 1, 1]]))["bboxes"], [[0.25, 0.25, 0.75, 0.75]]
    )
    with pytest.raises(TypeError, match="has dtype int32, and albumentations boxes are fractions: give floats"):
        pad(KEY, image=IMAGE, bboxes=np.array([[0, 0, 1, 1, 77]]))


# Samples ------------------------------------------------------------------------------------------------------------


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Scene:
    image: Any
    bboxes: Any


def test_a_dataclass_is_a_sample() -> None:
    flip = ja.Compose([FLIP], bbox_params=ja.BboxParams("coco"))
    for run in (flip, jax.jit(flip)):
        out = run(KEY, Scene(IMAGE, TWO[1:]))
        assert isinstance(out, Scene)
        np.testing.assert_array_equal(out.image, IMAGE[:, ::-1])
        np.testing.assert_array_equal(out.bboxes, [[21, 2, 8, 9]])


def test_boxes_of_each_frame() -> None:
    frames = np.stack([IMAGE, IMAGE[::-1], IMAGE])
    rows = np.array([[[1, 2, 5, 6], [12, 12, 18, 18]], [[3, 4, 8, 9], [0, 0, 0, 0]], [[0, 0, 30, 20], [1, 1, 2, 2]]])
    augment = ja.Compose([FLIP, ja.Crop(10, 0, 30, 20)], bbox_params=PASCAL)
    sample = {"images": frames, "bboxes": rows.astype(np.float32), "labels": np.arange(6).reshape(3, 2)}
    out = augment(KEY, sample)
    for i in range(3):
        one = augment(KEY, image=frames[i], bboxes=sample["bboxes"][i], labels=sample["labels"][i])
        np.testing.assert_array_equal(out["bboxes"][i], one["bboxes"])
    flags = augment(KEY, sample | {"bboxes_valid": rows.any(axis=2)})["bboxes_valid"]
    np.testing.assert_array_equal(flags, [[True, True], [True, False], [True, True]])
    augment.check(out)
    with pytest.raises(ValueError, match=r"for each of \(3,\) frames, but clips of \(2,\) frames are beside it"):
        augment(KEY, sample | {"images": frames[:2]})
    with pytest.raises(ValueError, match="but no clip is beside it, such as 'images'"):
        augment(KEY, image=IMAGE, bboxes=sample["bboxes"], labels=sample["labels"])
    with pytest.raises(ValueError, match=r"tell of them by 'bboxes_valid' of shape \(3, 2\)"):
        augment(KEY, sample | {"valid": np.ones(3, bool)})
    bad = sample["bboxes"].copy()
    bad[1, 0] = [8, 4, 3, 9]
    with pytest.raises(ValueError, match=r"'bboxes' row \(1, 0\) is .* it has no area"):
        augment(KEY, sample | {"bboxes": bad})


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_an_instance_whose_mask_has_no_pixel_left_is_gone(listed: bool, compiled: bool) -> None:
    masks = np.zeros((3, 20, 30), np.uint8)
    masks[0, 2:5, 2:5] = masks[1, 15:18, 20:28] = 1
    sample = {"image": IMAGE, "masks": list(masks) if listed else masks, "valid": np.ones(3, bool)}
    augment = ja.Compose([CORNER])
    out = (jax.jit(augment) if compiled else augment)(KEY, sample)
    assert out["valid"].tolist() == [True, False, True]
    short = augment.compact({**out, "labels": ["a", "b", "c"]})
    assert short["labels"] == ["a", "c"]
    assert len(short["masks"]) == 2
    assert isinstance(short["masks"], list) == listed
