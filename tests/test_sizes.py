"""True sizes of pictures in larger buffers, results of drawn size, and inverses that tell what they saw."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut
from scenes import disc, labelled, smooth
from scipy import ndimage
from table import SIZED, named

import jaxaug as ja

SIZE, BUFFER = (31, 41), (48, 56)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}
KEY = jax.random.key(3)


def alone() -> dict[str, Any]:
    """A picture in an array of its own size, with all that belongs to it."""
    window = np.array([12, 8, 30, 24], np.float32)
    return labelled(*SIZE) | {"image": astronaut()[: SIZE[0], : SIZE[1]], "cropping_bbox": window}


def buffered(sample: dict[str, Any], buffer: tuple[int, int] = BUFFER) -> dict[str, Any]:
    """The same in a larger array that holds other things beyond it."""
    height, width = sample["image"].shape[:2]
    image, mask = np.full((*buffer, 3), 201, np.uint8), np.full(buffer, 9, np.int32)
    image[:height, :width], mask[:height, :width] = sample["image"], sample["mask"]
    return sample | {"image": image, "mask": mask, "size": np.array([height, width], np.int32)}


def same(padded: dict[str, Any], plain: dict[str, Any]) -> None:
    """A result in a buffer is the result without one, and zeros around it."""
    height, width = plain["image"].shape[:2]
    assert padded["size"].tolist() == [height, width]
    for name, levels in (("image", 1), ("mask", 0)):
        found, expected = np.asarray(padded[name], np.float64), np.asarray(plain[name], np.float64)
        apart = np.abs(found[:height, :width] - expected)
        assert np.mean(apart > levels) <= 0.002, (name, apart.max())
        assert not found[height:].any()
        assert not found[:, width:].any()
    for name in ("bboxes", "keypoints", "bboxes_valid", "keypoints_valid"):
        np.testing.assert_allclose(padded[name], plain[name], atol=1e-3, err_msg=name)


KEPT = [
    [ja.HorizontalFlip(p=1), ja.Transpose(p=1), ja.Rotate(60, p=1)],
    [ja.Rotate(50, interpolation="cubic", border_mode="wrap", p=1), ja.VerticalFlip(p=1)],
    [ja.Affine(rotate=(30, 30), border_mode="reflect_101", p=1), ja.Perspective(border_mode="reflect", p=1)],
    [ja.GridDistortion(p=1), ja.Blur((5, 5), p=1), ja.Resize(29, 47, antialias=True)],
    [ja.ColorJitter(p=1), ja.RandomBrightnessContrast(brightness_by_max=False, p=1), ja.CoarseDropout(p=1)],
    [ja.ToGray(method="pca", p=1), ja.OneOf([ja.Rotate(), ja.ShiftScaleRotate()], p=1)],
    [ja.LongestMaxSize(25), ja.HorizontalFlip(p=1)],
    [ja.RandomCrop(20, 24), ja.Pad(3, border_mode="reflect"), ja.PadIfNeeded(40, 44, position="random", fill=9)],
    [ja.LetterBox((30, 28), fill=7), ja.CenterCrop(20, 20)],
    [ja.SmallestMaxSize([25, 33], p=1), ja.CenterCrop(24, 25)],
    [ja.RandomSizedBBoxSafeCrop(20, 24), ja.GridDropout(p=1), ja.XYMasking(1, 1, 4, 4, p=1)],
    [ja.PiecewiseAffine(p=1), ja.OpticalDistortion(0.3, p=1), ja.ThinPlateSpline(p=1)],
]


SLOW_KEPT = (0, 1, 2, 3, 5, 6, 7, 8, 9, 11)


@pytest.mark.parametrize(
    "steps",
    [pytest.param(steps, marks=pytest.mark.slow if i in SLOW_KEPT else ()) for i, steps in enumerate(KEPT)],
    ids=lambda steps: "+".join(type(s).__name__ for s in steps),
)
def test_a_picture_in_a_buffer_is_treated_as_without_it(steps: list[Any]) -> None:
    augment = ja.Compose(steps, **PARAMS)
    same(jax.jit(augment)(KEY, buffered(alone())), jax.jit(augment)(KEY, alone()))


@pytest.mark.parametrize("by", ["image", "image_per_channel", "min_max", "min_max_per_channel"])
def test_statistics_are_those_of_the_picture(by: str) -> None:
    augment = ja.Compose([ja.Normalize(normalization=by)])
    found = augment(KEY, image=buffered(alone())["image"], size=np.array(SIZE))["image"]
    np.testing.assert_allclose(found[: SIZE[0], : SIZE[1]], augment(KEY, image=alone()["image"])["image"], atol=1e-4)


DRAWN = {
    "fit": ja.Affine((0.6, 1.3), rotate=(-60, 60), shear=(-10, 10), fit_output=True, p=1),
    "crop border": ja.Rotate(40, crop_border=True, p=1),
    "quadrangle": ja.Perspective(keep_size=False, p=1),
    "fit quadrangle": ja.Perspective(keep_size=False, fit_output=True, p=1),
    "longest": ja.LongestMaxSize([20, 50], p=1),
    "crop and pad": ja.CropAndPad(percent=(-0.2, 0.2), keep_size=False),
} | {case.name: case.transform for case in SIZED}


@named(DRAWN, quick=("RandomCropFromBorders",), group="drawn")
def test_a_drawn_size_is_exact_outside_jit_and_told_under_it(name: str) -> None:
    augment = ja.Compose([DRAWN[name]], **PARAMS)
    sample = alone()
    plain = augment(KEY, sample)
    back = augment.invert(augment.sample(KEY, sample), plain)
    assert back["image"].shape == sample["image"].shape

    @jax.jit
    def run(key: Any, sample: Any) -> Any:
        plan = augment.sample(key, sample)
        out = augment.apply(plan, sample)
        return out, augment.invert(plan, out)

    padded, restored = run(KEY, buffered(sample))
    same(padded, plain)
    assert restored["size"].tolist() == list(SIZE)
    alive = np.asarray(plain["keypoints_valid"])
    assert alive.any()
    for points in (back["keypoints"], restored["keypoints"]):
        np.testing.assert_allclose(np.asarray(points)[alive], sample["keypoints"][alive], atol=0.05)
    with pytest.raises(ValueError, match=r"'image' gets a random size by .*Add 'size': jnp.array\(\[height, width\]\)"):
        jax.jit(augment)(KEY, sample)


def test_a_drawn_size_may_be_left_to_chance() -> None:
    augment = ja.Compose([ja.RandomScale((0.5, 0.5), p=0.5)])
    sample = {k: v for k, v in buffered(alone()).items() if k in ("image", "size")}
    batch = jax.tree.map(lambda x: jnp.stack([x] * 24), sample)
    out = jax.jit(augment.batch)(KEY, batch)
    sizes = {tuple(s) for s in np.asarray(out["size"]).tolist()}
    assert sizes == {SIZE, (46, 61)}
    assert out["image"].shape == (24, 72, 84, 3)


def test_a_fixed_size_behind_a_drawn_one_needs_no_entry() -> None:
    augment = ja.Compose([ja.RandomScale(0.3, p=1), ja.Resize(24, 20)])
    out = jax.jit(augment)(KEY, image=alone()["image"])["image"]
    expected = augment(KEY, image=alone()["image"])["image"]
    assert out.shape == (24, 20, 3)
    assert np.abs(np.asarray(out, np.int32) - np.asarray(expected, np.int32)).max() <= 1


@pytest.mark.slow
def test_a_fixed_size_may_come_after_other_steps() -> None:
    """Then the picture of drawn size is written into its buffer, and read from there."""
    names = (
        "RandomCropFromBorders",
        "RandomCropNearBBox",
        "BBoxSafeRandomCrop",
        "RandomScale",
        "crop and pad",
        "longest",
    )
    behind = [ja.InvertImg(p=1), ja.Resize(24, 20)]
    augments = {name: ja.Compose([DRAWN[name], *behind], **PARAMS) for name in names}
    sample = {k: v for k, v in alone().items() if k in ("image", "bboxes", "cropping_bbox")}

    def run(key: Any) -> Any:
        return {name: augment(key, sample)["image"] for name, augment in augments.items()}

    program = jax.jit(run)
    for key in jax.random.split(KEY, 2):
        found, expected = program(key), run(key)
        for name in names:
            apart = np.abs(np.asarray(found[name], np.int32) - np.asarray(expected[name], np.int32))
            assert apart.max() <= 1, name


@pytest.mark.slow
@pytest.mark.parametrize("compared", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_pictures_of_twenty_sizes_go_through_one_program(compared: int) -> None:
    rng = np.random.default_rng(0)
    scene = astronaut()[:48, :56]
    sizes = [(int(h), int(w)) for h, w in zip(rng.integers(20, 49, 20), rng.integers(20, 57, 20), strict=True)]
    samples = [{"image": scene[:h, :w], "mask": disc(h, w, w / 2, h / 2, 8)} for h, w in sizes]
    augment = ja.Compose([ja.RandomResizedCrop((28, 26), scale=(0.3, 1.0)), ja.HorizontalFlip()])
    batch = jax.tree.map(lambda *leaves: np.stack(leaves), *[buffered(s) for s in samples])
    out = jax.jit(augment.batch)(KEY, batch)
    assert np.asarray(out["size"]).tolist() == [[28, 26]] * 20
    for i, sample in enumerate(samples[:compared]):
        one = augment(jax.random.fold_in(KEY, i), sample)
        apart = np.abs(np.asarray(out["image"][i], np.int32) - np.asarray(one["image"], np.int32))
        assert np.mean(apart > 1) <= 0.002, (i, apart.max())
        assert np.mean(np.asarray(out["mask"][i]) != np.asarray(one["mask"])) <= 0.002


@pytest.mark.slow
def test_groups_keep_sizes_of_their_own() -> None:
    left, right = alone(), {"image": astronaut()[20:46, 5:57], "mask": disc(26, 52, 20, 12, 7)}
    sample = {"left": buffered(left), "right": buffered(right)}
    out = jax.jit(ja.Compose([ja.HorizontalFlip(p=1), ja.Resize(20, 30)], **PARAMS))(KEY, sample)
    for side, one in (("left", left), ("right", right)):
        expected = ja.Compose([ja.HorizontalFlip(p=1), ja.Resize(20, 30)])(KEY, image=one["image"], mask=one["mask"])
        apart = np.abs(np.asarray(out[side]["image"], np.int32) - np.asarray(expected["image"], np.int32))
        assert apart.max() <= 1, side
        assert np.mean(np.asarray(out[side]["mask"]) != np.asarray(expected["mask"])) <= 0.01


def test_check_knows_the_true_size() -> None:
    sample = buffered(alone())
    sample["bboxes"] = np.array([[3, 3, 45, 20]], np.float32)
    sample["bboxes_valid"] = np.ones(1, bool)
    with pytest.raises(ValueError, match=r"'bboxes' row 0 .* reaches outside its picture of 31 x 41"):
        ja.Compose([], **PARAMS).check(sample)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"image": np.zeros((8, 9, 3)), "size": np.zeros(3)}, r"'size' has shape \(3,\); it must be \(height, width\)"),
        ({"a": {"image": np.zeros((8, 9, 3))}, "b": {"size": np.zeros(2)}}, "there is none beside it; pictures are in"),
    ],
)
def test_sizes_that_say_nothing(sample: Any, message: str) -> None:
    sample = jax.tree.map(lambda x: x.astype(np.float32), sample)
    with pytest.raises(ValueError, match=message):
        ja.Compose([ja.HorizontalFlip()])(KEY, sample)


def test_ranges_that_leave_a_buffer_without_bound() -> None:
    def fit(high: Any) -> Any:
        return ja.Compose([ja.Affine(rotate=(0, high), fit_output=True, p=1)])(KEY, image=jnp.ones((8, 8)))

    with pytest.raises(ValueError, match="needs plain numbers as ranges: traced ones leave the size"):
        jax.jit(fit)(9.0)
    sample = buffered(alone(), (400, 500))
    with pytest.raises(ValueError, match=r"SmallestMaxSize may make a picture of 80000 x 100000 pixels.*Put a crop"):
        ja.Compose([ja.SmallestMaxSize(200)], **PARAMS)(KEY, sample)
    bounded = ja.Compose([ja.LongestMaxSize(max_size_hw=(None, 20)), ja.SmallestMaxSize(max_size_hw=(3, 4))], **PARAMS)
    (first, second) = bounded.sample(KEY, sample)
    assert (first.size_out, second.size_out) == ((8000, 20), (32000, 60))
    assert first.extent_out.tolist() == [15, 20]


# Inverses ------------------------------------------------------------------------------------------------------------


def test_predictions_of_turned_pictures_average_back() -> None:
    labels = disc(41, 53, 20, 16, 9) + 2 * disc(41, 53, 36, 24, 8)
    scores = np.stack([labels == i for i in range(3)]).astype(np.float32)
    steps = [
        ja.HorizontalFlip(),
        ja.Crop(2, 3, 51, 40),
        ja.Affine((0.7, 1.2), rotate=(-40, 40), mask_interpolation="linear", p=1),
    ]
    augment = ja.Compose(steps)

    @jax.jit
    def looked_at_again(key: Any) -> Any:
        sample = {"masks": jnp.asarray(scores)}
        plan = augment.sample(key, sample)
        # A network that knows the answer: what it sees is what it says.
        said = augment.apply(plan, sample)
        return augment.invert(plan, said)["masks"], augment.visible(plan)

    back, seen = jax.vmap(looked_at_again)(jax.random.split(KEY, 12))
    weight = np.asarray(seen).sum(axis=0)
    assert back.shape == (12, 3, 41, 53)
    assert 0.3 < np.asarray(seen).mean() < 0.95
    assert (weight > 0).mean() > 0.8
    mean = (np.asarray(back) * np.asarray(seen)[:, None]).sum(axis=0) / np.maximum(weight, 1)
    assert np.mean(mean.argmax(axis=0) != labels) < 0.01
    for i in range(12):
        # Where something was seen, a single inverse is right but for the blur of two interpolations at edges.
        wrong = (np.asarray(back[i]).argmax(axis=0) != labels) & np.asarray(seen[i])
        assert wrong.sum() < 0.03 * np.asarray(seen[i]).sum()


def test_pictures_come_back_within_what_was_seen() -> None:
    image = smooth(61, 75)
    augment = ja.Compose([ja.Rotate((25, 25), p=1)])
    plan = augment.sample(KEY, image=image)
    back = np.asarray(augment.invert(plan, augment.apply(plan, image=image))["image"])
    seen = np.asarray(augment.visible(plan))
    apart = np.abs(back - image).max(axis=-1) * 255
    inner = ndimage.binary_erosion(seen, iterations=2)
    assert inner.sum() > 2500
    assert apart[inner].max() < 2
    assert seen[30, 37]
    assert not seen[0, 0]


def test_a_plan_that_moves_nothing_knows_no_size() -> None:
    augment = ja.Compose([ja.InvertImg(p=1)])
    with pytest.raises(ValueError, match="needs a plan that moves pictures"):
        augment.visible(augment.sample(KEY, image=np.zeros((4, 4), np.uint8)))


def test_a_box_that_has_moved_must_be_named() -> None:
    crop = ja.RandomCropNearBBox(0)
    sample = {"image": np.arange(63.0, dtype=np.float32).reshape(7, 9), "cropping_bbox": np.array([1, 2, 4, 6.0])}
    with pytest.raises(ValueError, match="'cropping_bbox' counts pixels of the picture as it came in"):
        ja.Compose([ja.HorizontalFlip(p=1), crop])(KEY, sample)
    named = {"cropping_bbox": "bboxes"}
    augment = ja.Compose([ja.HorizontalFlip(p=1), crop], additional_targets=named, bbox_params=PARAMS["bbox_params"])
    out = augment(KEY, sample | {"cropping_bbox": sample["cropping_bbox"][None].astype(np.float32)})
    np.testing.assert_array_equal(out["image"], sample["image"][2:6, 1:4][:, ::-1])
    with pytest.raises(ValueError, match="'cropping_bbox' is looked at, but the sample has none"):
        ja.Compose([crop])(KEY, image=sample["image"])


# Sizes that are random ----------------------------------------------------------------------------------------------

MAYBE = {
    "quarter turns": [ja.RandomRotate90(p=1)],
    "a turn at random": [ja.Transpose(p=0.5), ja.Rotate(10, p=1)],
    "a crop at random": [ja.RandomCrop(20, 15, p=0.5), ja.RandomBrightnessContrast(p=1)],
    "a larger one at random": [ja.PadIfNeeded(50, 30, p=0.5)],
    "two changes at random": [ja.Sequential([ja.RandomCrop(25, 25), ja.Resize(35, 50), ja.Blur(p=1)], p=0.5)],
    "a choice": [ja.OneOf([ja.Transpose(), ja.HorizontalFlip(), ja.RandomResizedCrop((10, 15))], p=0.8)],
    "a few": [ja.SomeOf([ja.Transpose(p=1), ja.RandomCrop(20, 20, p=1), ja.HorizontalFlip(p=1)], n=1)],
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n == "quarter turns" else pytest.mark.slow) for n in MAYBE],
)
def test_sizes_at_random_are_exact_outside_jit_and_told_under_it(name: str) -> None:
    params: dict[str, Any] = {
        "bbox_params": ja.BboxParams("pascal_voc"),
        "keypoint_params": ja.KeypointParams("xy"),
    }
    augment = ja.Compose(MAYBE[name], **params)
    known = labelled(30, 45)
    given = {"bboxes": known["bboxes"], "keypoints": known["keypoints"][:, :2]}
    given |= {n: known[n] for n in ("image", "mask")}
    told = given | {"size": np.array([30, 45], np.int32)}
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * 9), told)
    outs = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, batch))
    seen = set()
    for i, size in enumerate(outs["size"]):
        exact = augment(jax.random.fold_in(KEY, i), given)
        assert exact["image"].shape[:2] == exact["mask"].shape == tuple(size)
        seen.add(tuple(size.tolist()))
        window = tuple(map(slice, size))
        apart = np.abs(outs["image"][i][window].astype(int) - np.asarray(exact["image"], int))
        assert np.mean(apart > 1) < 0.002
        assert np.mean(outs["mask"][i][window] != np.asarray(exact["mask"])) < 0.002
        for rows in ("bboxes", "keypoints"):
            np.testing.assert_allclose(outs[rows][i], exact[rows], atol=2e-3, err_msg=rows)
    assert len(seen) > 1
    with pytest.raises(ValueError, match="shapes cannot be random"):
        jax.jit(augment)(KEY, given)
