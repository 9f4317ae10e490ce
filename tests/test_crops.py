"""Crops that look at boxes and masks, crops that pad, letter boxes: against Albumentations and OpenCV."""

from __future__ import annotations

import functools
import itertools
import warnings
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from skimage import data

import jaxaug as ja

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A

PASCAL = ja.BboxParams("pascal_voc")
KEY = jax.random.key(0)
IMAGE = data.astronaut()[40:406:6, 62:512:6]
HEIGHT, WIDTH = IMAGE.shape[:2]
MASK = (IMAGE[..., 0] > 120).astype(np.int32) * 3
BOXES = np.array([[12.5, 9.0, 30.0, 27.25], [40.0, 20.0, 61.75, 44.5]], np.float32)


def compose(transform: Any) -> ja.Compose:
    return ja.Compose([transform], bbox_params=PASCAL)


def agree(ours: Any, theirs: np.ndarray, levels: int = 2, share: float = 0.99) -> None:
    ours = np.asarray(ours)
    assert ours.shape == theirs.shape
    assert np.mean(np.abs(ours.astype(int) - theirs.astype(int)) <= levels) >= share


def windows(transform: Any, sample: dict[str, Any], count: int = 2000) -> np.ndarray:
    """Left, top, right and bottom of many drawn windows, (count, 4)."""
    augment = compose(transform)

    def one(key: Any) -> Any:
        (op,) = augment.sample(key, sample)
        if op.window is not None:
            return op.window
        x, y = op.map.m[0, 2], op.map.m[1, 2]
        return jnp.stack([x, y, x + op.size_out[1], y + op.size_out[0]])

    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(7), count)))


def reference(transform: Any, size: tuple[int, int], count: int = 2000, **targets: Any) -> np.ndarray:
    """The same windows as Albumentations draws them."""
    transform.set_random_seed(3)
    drawn = [transform.get_params_dependent_on_data({"shape": (*size, 3)}, targets) for _ in range(count)]
    return np.array([d["crop_coords"] for d in drawn], np.float64)


def same_distribution(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Neither side of the windows tells the two apart, and all are whole pixels."""
    np.testing.assert_array_equal(ours, np.round(ours))
    for side in range(4):
        assert stats.ks_2samp(ours[:, side], theirs[:, side]).pvalue > 1e-3, side


# All boxes ----------------------------------------------------------------------------------------------------------

LARGE = (700, 900)
SEVERAL = np.array([[250.0, 310.0, 420.0, 380.0], [330.0, 200.0, 610.0, 420.0]], np.float32)


def large(boxes: np.ndarray) -> dict[str, Any]:
    return {"image": jnp.zeros((*LARGE, 1), jnp.uint8), "bboxes": jnp.asarray(boxes)}


def unit(boxes: np.ndarray) -> np.ndarray:
    return boxes / np.array([LARGE[1], LARGE[0], LARGE[1], LARGE[0]])


@pytest.mark.parametrize("erosion", [0.0, 0.3])
def test_windows_around_all_boxes_are_distributed_as_in_the_reference(erosion: float) -> None:
    ours = windows(ja.RandomSizedBBoxSafeCrop(8, 8, erosion), large(SEVERAL))
    theirs = reference(A.RandomSizedBBoxSafeCrop(8, 8, erosion), LARGE, bboxes=unit(SEVERAL))
    same_distribution(ours, theirs)
    x0, y0, x1, y1 = 250, 200, 610, 420
    shrunk = np.array([(x1 - x0) * erosion / 2, (y1 - y0) * erosion / 2])
    assert (ours[:, :2] <= [x0, y0] + shrunk).all()
    assert (ours[:, 2:] >= [x1, y1] - shrunk).all()


@pytest.mark.slow
def test_without_a_valid_box_the_window_is_as_in_the_reference() -> None:
    empty = np.zeros((0, 4), np.float32)
    theirs = reference(A.RandomSizedBBoxSafeCrop(8, 8, 0.4), LARGE, bboxes=empty)
    for boxes in (empty, np.full((2, 4), np.nan, np.float32)):
        same_distribution(windows(ja.RandomSizedBBoxSafeCrop(8, 8, 0.4), large(boxes)), theirs)
    whole = windows(ja.RandomSizedBBoxSafeCrop(8, 8), large(empty), 5)
    np.testing.assert_array_equal(whole, [[0, 0, LARGE[1], LARGE[0]]] * 5)


def test_every_admissible_window_occurs() -> None:
    boxes = np.array([[2.0, 1.5, 6.0, 4.5]], np.float32)
    sample = {"image": jnp.zeros((6, 8, 1), jnp.uint8), "bboxes": jnp.asarray(boxes)}
    found = {tuple(w) for w in windows(ja.RandomSizedBBoxSafeCrop(4, 4), sample).astype(int)}
    assert found == set(itertools.product((0, 1, 2), (0, 1), (6, 7, 8), (5, 6)))


def test_boxes_stay_whole_whatever_is_drawn() -> None:
    count = 300
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.8, (count, 4, 2)) * [WIDTH, HEIGHT]
    high = low + rng.uniform(0.02, 1, (count, 4, 2)) * ([WIDTH, HEIGHT] - low)
    boxes = np.concatenate([low, high], axis=2).astype(np.float32)
    valid = rng.random((count, 4)) < 0.7
    boxes[:20, 1] = np.nan
    boxes[20:30, 2] = [50, 40, 20, 10]
    augment = compose(ja.RandomSizedBBoxSafeCrop(50, 40, erosion_rate=jnp.float32(0.0)))

    def one(key: Any, boxes: Any, valid: Any) -> Any:
        sample = {"image": jnp.asarray(IMAGE), "bboxes": boxes, "bboxes_valid": valid}
        plan = augment.sample(key, sample)
        return plan.ops[0].window, augment.apply(plan, sample)

    window, out = jax.jit(jax.vmap(one))(jax.random.split(KEY, count), boxes, valid)
    window, out = np.asarray(window), jax.tree.map(np.asarray, out)
    expected = valid.copy()
    expected[:20, 1], expected[20:30, 2] = False, False
    np.testing.assert_array_equal(out["bboxes_valid"], expected)
    extent = window[:, 2:] - window[:, :2]
    assert (extent >= 1).all()
    assert (window[:, :2] >= 0).all()
    assert (window[:, 2:] <= [WIDTH, HEIGHT]).all()
    scale = np.tile(np.array([40, 50]) / extent, 2)[:, None]
    closed = (boxes - np.tile(window[:, :2], 2)[:, None]) * scale
    np.testing.assert_allclose(out["bboxes"][expected], closed[expected], atol=2e-3)
    assert (closed[expected] >= 0).all()
    assert (closed[expected] <= [40, 50, 40, 50]).all()
    for i in range(0, count, 60):
        x0, y0, x1, y1 = window[i].astype(int)
        agree(out["image"][i], cv2.resize(IMAGE[y0:y1, x0:x1], (40, 50), interpolation=cv2.INTER_LINEAR))


def test_boxes_of_all_sets_count_at_the_scale_of_the_reference() -> None:
    sample = {
        "image": jnp.asarray(IMAGE),
        "bboxes": jnp.array([[30.0, 30, 40, 40]]),
        "twice": {"image": jnp.asarray(IMAGE.repeat(2, 0).repeat(2, 1)), "bboxes": jnp.array([[100.0, 20, 140, 60]])},
    }
    found = windows(ja.RandomSizedBBoxSafeCrop(8, 8), sample, 400)
    np.testing.assert_array_equal(found.max(axis=0)[:2], [30, 10])
    np.testing.assert_array_equal(found.min(axis=0)[2:], [70, 40])


# At least one box ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("erosion", "boxes"),
    [
        (0.0, SEVERAL),
        (0.4, SEVERAL),
        (1.0, SEVERAL),
        (0.0, np.array([[100.0, 90.0, 800.0, 600.0]], np.float32)),
        (0.0, np.zeros((0, 4), np.float32)),
    ],
)
def test_windows_on_one_box_are_distributed_as_in_the_reference(erosion: float, boxes: np.ndarray) -> None:
    ours = windows(ja.AtLeastOneBBoxRandomCrop(300, 380, erosion), large(boxes))
    same_distribution(ours, reference(A.AtLeastOneBBoxRandomCrop(300, 380, erosion), LARGE, bboxes=unit(boxes)))


@pytest.mark.parametrize("erosion", [0.0, 0.5, 1.0])
def test_a_box_is_shown_whatever_is_drawn(erosion: float) -> None:
    boxes = np.array([[0, 0, 9.5, 7], [40.25, 30.5, 55, 44.75], [70, 55, 75, 61], [np.nan] * 4], np.float32)
    sample = {"image": jnp.asarray(IMAGE), "bboxes": jnp.asarray(boxes)}
    found = windows(ja.AtLeastOneBBoxRandomCrop(19, 17, jnp.float32(erosion)), sample)
    low = np.maximum(found[:, None, :2], boxes[None, :3, :2])
    high = np.minimum(found[:, None, 2:], boxes[None, :3, 2:])
    shown = np.maximum(high - low, 0) / (boxes[:3, 2:] - boxes[:3, :2])
    assert (shown.min(axis=2).max(axis=1) >= 1 - erosion).all()
    assert (shown.min(axis=2).max(axis=1) > 0).all()
    assert (found[:, :2] >= 0).all()
    assert (found[:, 2:] <= [WIDTH, HEIGHT]).all()
    # Every box has its turn.
    assert (np.mean(shown.min(axis=2) >= max(1 - erosion, 1e-6), axis=0) > 0.25).all()


# Masks --------------------------------------------------------------------------------------------------------------


def spotted(value: int = 1) -> np.ndarray:
    mask = np.zeros((210, 270), np.uint8)
    mask[90:126, 114:117] = value
    mask[195, 6] = value
    return mask


@pytest.mark.slow
@pytest.mark.parametrize("value", [1, *(pytest.param(value, marks=pytest.mark.slow) for value in (5, 0))])
def test_windows_on_a_mask_are_distributed_as_in_the_reference(value: int) -> None:
    mask = spotted(value)
    sample = {"image": jnp.zeros((*mask.shape, 1), jnp.uint8), "mask": jnp.asarray(mask)}
    ours = windows(ja.CropNonEmptyMaskIfExists(90, 114, ignore_values=[5]), sample)
    same_distribution(ours, reference(A.CropNonEmptyMaskIfExists(90, 114, ignore_values=[5]), mask.shape, mask=mask))


def test_each_pixel_of_a_mask_is_as_likely_as_any_other() -> None:
    mask = np.zeros((9, 11), np.int32)
    places = [(0, 0), (2, 3), (2, 9), (7, 1), (8, 10)]
    for y, x in places:
        mask[y, x] = -2
    found = windows(ja.CropNonEmptyMaskIfExists(1, 1), {"mask": jnp.asarray(mask)})
    counts = [np.sum((found[:, 0] == x) & (found[:, 1] == y)) for y, x in places]
    assert sum(counts) == len(found)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_planes_and_channels_of_a_mask() -> None:
    stack = np.zeros((3, 9, 11), np.uint8)
    stack[0, 1, 2], stack[2, 7, 8] = 1, 200
    sample = {"image": jnp.zeros((9, 11, 1)), "masks": jnp.asarray(stack)}
    found = windows(ja.CropNonEmptyMaskIfExists(1, 1), sample, 99)
    assert {tuple(w) for w in found[:, :2].astype(int)} == {(2, 1), (8, 7)}
    channels = {"mask": jnp.asarray(np.moveaxis(stack, 0, -1))}
    found = windows(ja.CropNonEmptyMaskIfExists(1, 1, ignore_channels=[0, 1]), channels, 99)
    assert {tuple(w) for w in found[:, :2].astype(int)} == {(8, 7)}
    found = windows(ja.CropNonEmptyMaskIfExists(1, 1, [200], [0]), channels, 400)
    assert len({tuple(w) for w in found}) > 80


@pytest.mark.parametrize("name", ["AtLeastOneBBoxRandomCrop", "CropNonEmptyMaskIfExists"])
def test_whole_pixels_are_copied_at_every_resolution(name: str) -> None:
    twice = {"image": IMAGE.repeat(2, 0).repeat(2, 1), "mask": MASK.repeat(2, 0).repeat(2, 1)}
    sample = {"image": IMAGE, "mask": MASK, "bboxes": BOXES, "twice": twice}
    augment = compose(getattr(ja, name)(31, 42))
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 3), sample)
    plans, out = jax.jit(jax.vmap(lambda k, s: (augment.sample(k, s).ops[0].map.m, augment(k, s))))(
        jax.random.split(KEY, 3), batch
    )
    for i in range(3):
        x, y = (int(v) for v in plans[i, :2, 2])
        np.testing.assert_array_equal(out["image"][i], IMAGE[y : y + 31, x : x + 42])
        np.testing.assert_array_equal(out["mask"][i], MASK[y : y + 31, x : x + 42])
        for target in ("image", "mask"):
            np.testing.assert_array_equal(out["twice"][target][i], out[target][i].repeat(2, 0).repeat(2, 1))


# Crops that pad -----------------------------------------------------------------------------------------------------

CHANGES = [
    {"px": -6},
    {"px": 5},
    {"px": (-5, 7, 3, -4)},
    {"percent": 0.1},
    {"percent": (0.1, -0.2, 0.0, -0.15)},
]
BORDERS = {"constant": 0, "replicate": 1, "reflect": 2, "reflect_101": 4}


def crops_and_pads() -> list[Any]:
    """Every border with one change is quick, every change with every border is slow."""
    out = []
    for change, border, keep in itertools.product(CHANGES, BORDERS, (True, False)):
        quick = change == CHANGES[2] or (border == "constant" and change == CHANGES[4])
        out.append(pytest.param(change, border, keep, marks=() if quick else pytest.mark.slow))
    return out


@pytest.mark.parametrize(("change", "border", "keep"), crops_and_pads(), ids=str)
def test_crops_and_pads_are_those_of_the_reference(change: dict[str, Any], border: str, keep: bool) -> None:
    sides = {"keep_size": keep, "border_mode": BORDERS[border], "fill": 90, "fill_mask": 7}
    exact = {"mask_interpolation": cv2.INTER_NEAREST_EXACT}
    box = BOXES if border == "constant" else BOXES[:0]
    given = {"image": IMAGE, "mask": MASK, "bboxes": box}
    theirs = A.Compose([A.CropAndPad(**change, **sides, **exact)], bbox_params=A.BboxParams("pascal_voc"))(**given)
    ours = jax.jit(compose(ja.CropAndPad(**change, **sides)))(KEY, jax.tree.map(jnp.asarray, given))
    if keep:
        agree(ours["image"], theirs["image"])
        agree(ours["mask"], theirs["mask"], 0, 0.995)
    else:
        np.testing.assert_array_equal(ours["image"], theirs["image"])
        np.testing.assert_array_equal(ours["mask"], theirs["mask"])
    np.testing.assert_allclose(ours["bboxes"], theirs["bboxes"], atol=1e-3)


@pytest.mark.parametrize(
    "border", ["wrap", *(pytest.param(b, marks=pytest.mark.slow) for b in ("constant", "reflect_101"))]
)
def test_a_crop_and_pad_joins_other_warps(border: str) -> None:
    sides = {"px": (-7, 12, 9, -3), "border_mode": border, "fill": 0.6, "fill_mask": 4}
    sample = {"image": jnp.asarray(IMAGE / 255, jnp.float32), "mask": jnp.asarray(MASK), "bboxes": jnp.asarray(BOXES)}
    turned = ja.CropAndPad(**sides), ja.Transpose(p=1)

    @jax.jit
    def run(sample: Any) -> Any:
        return [ja.Compose(turned, bbox_params=PASCAL, fuse=fuse)(KEY, sample) for fuse in (True, False)]

    fused, apart = run(sample)
    for a, b in zip(jax.tree.leaves(fused), jax.tree.leaves(apart), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    number = {"constant": 0, "reflect_101": 4, "wrap": 3}[border]
    theirs = A.CropAndPad(**sides | {"border_mode": number}, mask_interpolation=cv2.INTER_NEAREST_EXACT)
    theirs = theirs(image=np.asarray(sample["image"]), mask=MASK)
    # One pixel at a seam blends both its sides, which a single reading cannot: here a row and a column.
    apart = (np.abs(fused["image"] - theirs["image"].transpose(1, 0, 2)) > 2 / 255).any(axis=2)
    seams = [np.argsort(apart.mean(axis=axis))[-1] for axis in (0, 1)] if border == "wrap" else []
    assert np.mean(np.delete(np.delete(apart, seams[:1], 1), seams[1:], 0)) < 0.01
    assert np.mean(fused["mask"] == theirs["mask"].T) > 0.995


@functools.cache
def drawn_amounts(form: str) -> np.ndarray:
    """Pixels that were added at the top, right, bottom and left in 1000 draws, as the plans tell."""
    arguments: dict[str, Any] = {
        "range": {"px": (-3, 4)},
        "shared": {"px": (-3, 4), "sample_independently": False},
        "sides": {"px": ((-3, -1), 5, [2, -7, 4], (0, 3))},
        "percent": {"percent": (-0.1, 0.2)},
        "shared percent": {"percent": (-0.1, 0.2), "sample_independently": False},
    }[form]
    augment = ja.Compose([ja.CropAndPad(**arguments)])
    image = jnp.zeros((40, 50, 1), jnp.uint8)

    def one(key: Any) -> Any:
        crop, pad = augment.sample(key, image=image)
        x0, y0, x1, y1 = crop.window
        left, top = x0 - pad.map.m[0, 2], y0 - pad.map.m[1, 2]
        right = pad.map.m[0, 0] * 50 - left - (x1 - x0)
        bottom = pad.map.m[1, 1] * 40 - top - (y1 - y0)
        return jnp.stack([top - y0, right - (50 - x1), bottom - (40 - y1), left - x0])

    amounts = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(KEY, 1000)))
    np.testing.assert_allclose(amounts, np.round(amounts), atol=1e-3)
    return np.round(amounts)


@pytest.mark.slow
def test_amounts_are_drawn_from_what_was_given() -> None:
    for form in ("range", "shared"):
        counts = np.stack([(drawn_amounts(form) == v).sum(axis=0) for v in range(-3, 5)])
        assert counts.sum() == 4000
        assert (stats.chisquare(counts, axis=0).pvalue > 1e-3).all()
    sides = drawn_amounts("sides")
    assert [sorted(set(sides[:, i])) for i in range(4)] == [[-3, -2, -1], [5], [-7, 2, 4], [0, 1, 2, 3]]
    uniform = np.random.default_rng(0).uniform(-0.1, 0.2, (100000, 2))
    for i, length in enumerate((40, 50, 40, 50)):
        expected = np.trunc(uniform[:, 0] * length)
        assert stats.ks_2samp(drawn_amounts("percent")[:, i], expected).pvalue > 1e-3


@pytest.mark.slow
def test_sides_are_drawn_alone_or_together() -> None:
    shared = drawn_amounts("shared")
    assert (shared == shared[:, :1]).all()
    np.testing.assert_array_equal(drawn_amounts("shared percent")[:, 0], drawn_amounts("shared percent")[:, 2])
    correlation = np.corrcoef(drawn_amounts("range").T)
    assert np.abs(correlation[~np.eye(4, dtype=bool)]).max() < 0.15


@pytest.mark.parametrize("keep", [True, False])
def test_a_crop_of_everything_leaves_one_pixel_row(keep: bool) -> None:
    augment = ja.Compose([ja.CropAndPad(px=(-100, 0, -100, 0), keep_size=keep)])
    out = jax.jit(augment)(KEY, image=jnp.asarray(IMAGE))["image"]
    np.testing.assert_array_equal(out, np.broadcast_to(IMAGE[30:31], out.shape))
    assert out.shape == (HEIGHT if keep else 1, WIDTH, 3)


def test_amounts_can_be_scheduled_without_compiling_again() -> None:
    traces = []

    @jax.jit
    def run(augment: ja.Compose, image: Any) -> Any:
        traces.append(1)
        return augment(KEY, image=image)["image"]

    for amount in (-4.0, 6.0):
        out = run(ja.Compose([ja.CropAndPad(px=(amount, amount))]), jnp.asarray(IMAGE))
        agree(out, A.CropAndPad(px=int(amount))(image=IMAGE)["image"])
    assert len(traces) == 1


def test_a_list_of_transforms_keeps_amounts() -> None:
    steps = [ja.CropAndPad(px=(-3, 4)), ja.CropAndPad(px=5), ja.CropAndPad(percent=(0.1, (0, 0.2), [1, 2, 3], 0))]
    again = ja.from_list(ja.to_list(steps))
    assert [(a.px, a.percent) for a in again] == [(s.px, s.percent) for s in steps]


# Letter boxes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "position", "inner", "place"),
    [
        ((90, 80), "center", (65, 80), (12, 0)),
        ((50, 101), "center", (50, 61), (0, 20)),
        ((90, 80), "top_left", (65, 80), (0, 0)),
        ((50, 101), "bottom_right", (50, 61), (0, 40)),
        ((122, 150), "center", (122, 150), (0, 0)),
    ],
)
def test_a_letter_box_is_a_resize_and_a_pad(size: Any, position: str, inner: Any, place: Any) -> None:
    augment = compose(ja.LetterBox(size, fill=(9, 8, 7), fill_mask=5, position=position))
    out = jax.jit(augment)(KEY, image=jnp.asarray(IMAGE), mask=jnp.asarray(MASK), bboxes=jnp.asarray(BOXES))
    (top, left), (height, width) = place, inner
    around = (top, size[0] - height - top, left, size[1] - width - left, cv2.BORDER_CONSTANT)
    resized = cv2.resize(IMAGE, (width, height), interpolation=cv2.INTER_LINEAR)
    agree(out["image"], cv2.copyMakeBorder(resized, *around, value=(9, 8, 7)))
    mask = cv2.resize(MASK.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    np.testing.assert_array_equal(out["mask"], cv2.copyMakeBorder(mask, *around, value=5))
    expected = BOXES * np.tile([width / WIDTH, height / HEIGHT], 2) + np.tile([left, top], 2)
    np.testing.assert_allclose(out["bboxes"], expected, atol=1e-3)


# What goes wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["RandomSizedBBoxSafeCrop", "AtLeastOneBBoxRandomCrop", "CropNonEmptyMaskIfExists"])
def test_a_sample_without_what_the_crop_looks_at(name: str) -> None:
    target = "mask" if "Mask" in name else "boxes"
    with pytest.raises(ValueError, match=f"looks at (a )?{target}, but the sample has none"):
        compose(getattr(ja, name)(5, 5))(KEY, image=jnp.asarray(IMAGE))


@pytest.mark.parametrize("name", ["AtLeastOneBBoxRandomCrop", "CropNonEmptyMaskIfExists"])
def test_a_crop_larger_than_the_picture(name: str) -> None:
    sample = {"image": jnp.asarray(IMAGE), "mask": jnp.asarray(MASK), "bboxes": jnp.asarray(BOXES)}
    with pytest.raises(ValueError, match=f"{name}: the crop of 62 x 5 is larger than the picture of 61 x 75"):
        compose(getattr(ja, name)(62, 5))(KEY, sample)


def test_only_masks_or_only_rows_are_enough() -> None:
    steps = [ja.CropAndPad(px=-3), ja.LetterBox((30, 30)), ja.CropNonEmptyMaskIfExists(20, 21)]
    out = jax.jit(ja.Compose(steps))(KEY, mask=jnp.asarray(MASK))
    assert out["mask"].shape == (20, 21)
    rows = {"size": np.array([61, 75], np.int32), "bboxes": jnp.asarray(BOXES)}
    augment = ja.Compose([ja.RandomSizedBBoxSafeCrop(30, 40), ja.LetterBox((50, 50))], bbox_params=PASCAL)
    out = jax.jit(lambda key: augment(key, rows))(KEY)
    np.testing.assert_array_equal(out["size"], [50, 50])
    assert (np.asarray(out["bboxes"])[:, 2:] > np.asarray(out["bboxes"])[:, :2]).all()
