"""Steps that put a pipeline's results into the form that others want: axes, functions."""

from __future__ import annotations

import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled

import jaxaug as ja

KEY = jax.random.key(3)
PARAMS: dict[str, Any] = {
    "bbox_params": ja.BboxParams("pascal_voc"),
    "keypoint_params": ja.KeypointParams("xy"),
    "additional_targets": {"second": "image"},
}
STEPS = [ja.ShiftScaleRotate(rotate_limit=90, p=1), ja.RandomBrightnessContrast(p=1)]


def sample(height: int = 30, width: int = 41) -> dict[str, Any]:
    known = labelled(height, width)
    rows = {"bboxes": known["bboxes"], "keypoints": known["keypoints"][:, :2]}
    return {**rows, "image": known["image"], "mask": known["mask"], "second": known["image"][::2, ::2, :1]}


@pytest.mark.parametrize("transpose_mask", [pytest.param(False, marks=pytest.mark.slow), True])
def test_channels_come_first_and_all_else_stays(transpose_mask: bool) -> None:
    given = sample()
    given["masks"] = np.stack([given["mask"]] * 2)[..., None]
    last = ja.Compose(STEPS, is_check_shapes=False, **PARAMS)
    first = ja.Compose([*STEPS, ja.ToTensorV2(transpose_mask)], is_check_shapes=False, **PARAMS)
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * 2), given)
    wanted, got = jax.jit(last.batch)(KEY, batch), jax.jit(first.batch)(KEY, batch)
    for name in ("image", "second", *["masks"] * transpose_mask):
        np.testing.assert_array_equal(got[name], np.moveaxis(wanted[name], -1, -3), err_msg=name)
    for name in ("mask", "bboxes", "keypoints"):
        np.testing.assert_array_equal(got[name], wanted[name], err_msg=name)
    assert got["masks"].shape == ((2, 2, 1, 30, 41) if transpose_mask else (2, 2, 30, 41, 1))


def test_plans_apply_and_invert_with_channels_first() -> None:
    given = {name: value for name, value in sample().items() if name != "second"}
    augment = ja.Compose([ja.HorizontalFlip(p=1), ja.ToTensorV2()], **PARAMS)
    plan = augment.sample(KEY, given)
    assert str(plan).splitlines()[-1] == "ToTensorV2: channels before height"
    out = augment.apply(ja.Plan.from_json(plan.to_json()), given)
    assert out["image"].shape == (3, 30, 41)
    back = jax.jit(augment.invert)(plan, out)
    np.testing.assert_array_equal(back["image"], given["image"])
    np.testing.assert_allclose(back["bboxes"], given["bboxes"], atol=1e-4)
    assert augment.compact(out)["image"].shape == (3, 30, 41)


def test_pictures_of_other_sizes_come_out_of_their_buffers() -> None:
    augment = ja.Compose([ja.HorizontalFlip(p=1), ja.ToTensorV2()])
    for size in ((20, 30), (21, 29), (33, 18)):
        image = np.arange(np.prod(size), dtype=np.uint8).reshape(size)
        out = augment(KEY, image=image, mask=image)
        np.testing.assert_array_equal(out["image"], image[None, :, ::-1])
        np.testing.assert_array_equal(out["mask"], image[:, ::-1])


@pytest.mark.slow
def test_ragged_batches_are_taken_apart() -> None:
    samples = [{"image": np.full((4, 6, 3), 7, np.uint8)}, {"image": np.full((7, 5, 3), 9, np.uint8)}]
    outs = jax.jit(ja.Compose([ja.ToTensorV2()]).batch)(KEY, ja.pad_batch(samples, size=8))
    assert [one["image"].shape for one in ja.unpad_batch(outs, channels_first=True)] == [(3, 4, 6), (3, 7, 5)]
    with pytest.raises(ValueError, match=r"lies in 3 x 8, .* say channels_first=True"):
        ja.unpad_batch(outs)


@pytest.mark.slow
def test_volumes_have_channels_before_depth() -> None:
    volume = np.random.default_rng(0).integers(0, 255, (5, 4, 6, 2), np.uint8)
    given = {"volume": volume, "mask3d": volume[..., 0], "image": volume[0]}
    out = ja.Compose([ja.ToTensor3D(), ja.ToTensorV2()])(KEY, given)
    np.testing.assert_array_equal(out["volume"], np.moveaxis(volume, -1, 0))
    np.testing.assert_array_equal(out["mask3d"], volume[None, ..., 0])
    np.testing.assert_array_equal(out["image"], np.moveaxis(volume[0], -1, 0))


@pytest.mark.slow
def test_mixing_keeps_the_order_of_axes() -> None:
    batch = {"image": np.random.default_rng(0).integers(0, 255, (4, 8, 6, 3), np.uint8)}
    for steps in ([ja.ToTensorV2(), ja.CutMix(p=1)], [ja.CutMix(p=1), ja.ToTensorV2()]):
        wanted = jax.jit(ja.Compose([ja.CutMix(p=1)]).batch)(KEY, batch)["image"]
        got = jax.jit(ja.Compose(steps).batch)(KEY, batch)["image"]
        np.testing.assert_array_equal(got, np.moveaxis(wanted, -1, 1))


def test_axes_cannot_be_random() -> None:
    augment = ja.Compose([ja.ToTensorV2(p=0.5)])
    with pytest.raises(ValueError, match=r"ToTensorV2 changes the order of axes, .* Use ToTensorV2\(p=1\)"):
        jax.jit(augment)(KEY, image=jnp.zeros((4, 4, 3)))


# Functions ----------------------------------------------------------------------------------------------------------


def mirrored(picture: Any) -> Any:
    return picture[:, ::-1]


def points_mirrored(points: Any) -> Any:
    return points.at[:, 0].set(40 - points[:, 0])


def boxes_mirrored(boxes: Any) -> Any:
    return jnp.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], axis=1)


def grey(picture: Any) -> Any:
    return picture.astype(jnp.float32).mean(axis=-1) / 255


def halved(picture: Any) -> Any:
    return picture[::2]


FLIP = ja.Lambda(mirrored, mirrored, points_mirrored, boxes_mirrored, name="mirror", p=0.5)


def test_functions_of_all_kinds_are_a_flip() -> None:
    """The same as a transform of the library, applied at random in a batch."""
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * 8), {k: v for k, v in sample().items() if k != "second"})
    augment = ja.Compose([FLIP], **PARAMS)
    outs = jax.jit(augment.batch)(KEY, batch)
    flipped = ja.Compose([ja.HorizontalFlip(p=1)], **PARAMS)(KEY, jax.tree.map(lambda leaf: leaf[0], batch))
    which = [not np.array_equal(image, batch["image"][0]) for image in outs["image"]]
    assert 0 < sum(which) < 8
    for i, flips in enumerate(which):
        wanted = flipped if flips else jax.tree.map(lambda leaf: leaf[0], batch)
        for name in ("image", "mask"):
            np.testing.assert_array_equal(outs[name][i], wanted[name])
        for name in ("bboxes", "keypoints"):
            np.testing.assert_allclose(outs[name][i], wanted[name], atol=1e-4)


def test_plans_name_functions() -> None:
    augment = ja.Compose([ja.Lambda(mirrored, name="mirror")])
    plan = augment.sample(KEY, image=jnp.zeros((4, 6, 3)))
    assert str(plan) == "mirror: image by mirrored"
    assert str(ja.Plan.from_json(plan.to_json(), modules=[__name__])) == str(plan)
    assert str(pickle.loads(pickle.dumps(plan))) == str(plan)


def test_a_function_may_change_channels_and_dtype() -> None:
    augment = ja.Compose([ja.Lambda(grey), ja.HorizontalFlip(p=1), ja.RandomBrightnessContrast(p=1)])
    image = labelled(12, 14)["image"]
    out = jax.jit(augment)(KEY, image=image)["image"]
    assert (out.shape, out.dtype) == ((12, 14, 1), jnp.float32)
    flat = ja.Lambda(mirrored)(KEY, image=image[..., 0])["image"]
    np.testing.assert_array_equal(flat, image[:, ::-1, 0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Lambda(3), r"Lambda\(image=...\) must be a function of arrays, got 3"),
        (lambda: ja.Lambda(image=lambda p: p), r"Lambda\(image=...\): .* cannot be imported by its name"),
        (lambda: ja.Lambda(halved)(KEY, image=np.zeros((4, 6, 3))), "a function keeps the size"),
        (lambda: jax.jit(ja.Lambda(grey, p=0.5))(KEY, image=np.zeros((4, 6, 3))), "cannot be random"),
    ],
)
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()
