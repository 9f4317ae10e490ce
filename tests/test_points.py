"""Points follow pixels: soft spots against keypoints, label discs and rectangles against boxes, under every warp."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import blob, centroid, disc, tight_box
from scipy.ndimage import map_coordinates
from table import FOLLOWED, STRUCTURES, at_defaults, beside, named

import jaxaug as ja

SIZE = (75, 93)
SPOTS = [(30.0, 28.0), (55.4, 30.2), (36.7, 46.1), (60.0, 44.5)]
RADIUS = 5.0
DRAWS = 6


def scene(size: tuple[int, int]) -> dict[str, Any]:
    """Spots, discs and rectangles around the same centres, each in a plane of its own."""
    height, width = size
    shift = ((width - 93) / 2, (height - 75) / 2)
    spots = [(x + shift[0], y + shift[1]) for x, y in SPOTS]
    rectangles = np.zeros((len(spots), height, width), np.int32)
    edges = []
    for i, (x, y) in enumerate(spots):
        x0, y0 = int(x) - 6, int(y) - 4
        rectangles[i, y0 : y0 + 9, x0 : x0 + 13] = 1
        edges.append([x0, y0, x0 + 13, y0 + 9])
    count = len(spots)
    rng = np.random.default_rng(1)
    middle = np.array([width, height]) / 2
    discs = (middle + rng.uniform(-0.28, 0.28, (20, 2)) * [width, height]).astype(np.float32)
    return {
        "image": np.stack([blob(height, width, x, y) for x, y in spots], -1),
        "masks": rectangles,
        "bboxes": np.array(edges, np.float32),
        "bboxes_valid": np.ones(count, bool),
        "keypoints": np.array(spots, np.float32),
        "keypoints_valid": np.ones(count, bool),
        "discs": {
            "masks": np.stack([disc(height, width, x, y, RADIUS) for x, y in discs]),
            "keypoints": discs,
            "keypoints_valid": np.ones(len(discs), bool),
        },
    }


@functools.cache
def warped(name: str) -> tuple[Any, Any]:
    """The scene under a warp at arguments that keep spots round and discs whole, and at its default numbers."""
    case = FOLLOWED[name]
    size = (84, 84) if case.size[0] == case.size[1] else SIZE
    transform = {
        "Crop": ja.Crop(10, 8, 88, 70),
        "CenterCrop": ja.CenterCrop(61, 77),
        "RandomCrop": ja.RandomCrop(61, 77),
        "RandomResizedCrop": ja.RandomResizedCrop((90, 100), scale=(0.7, 1.0)),
        "RandomSizedCrop": ja.RandomSizedCrop((62, 74), (90, 100), 1.2),
        "Resize": ja.Resize(101, 118),
        "PadIfNeeded": ja.PadIfNeeded(90, 111, position="random"),
        "LetterBox": ja.LetterBox((90, 130), position="random"),
        "RandomSizedBBoxSafeCrop": ja.RandomSizedBBoxSafeCrop(90, 100),
        "AtLeastOneBBoxRandomCrop": ja.AtLeastOneBBoxRandomCrop(61, 77),
        "CropNonEmptyMaskIfExists": ja.CropNonEmptyMaskIfExists(61, 77),
        "Affine": ja.Affine((0.9, 1.2), rotate=(-60, 60), shear=(-10, 10), translate_px=(-4, 4), p=1),
        "ShiftScaleRotate": ja.ShiftScaleRotate(0.05, 0.15, 90, p=1),
        # A bent map moves the centroid of a disc away from the image of its centre, so here the bend is gentle;
        # strong bends are checked point by point below.
        "ElasticTransform": ja.ElasticTransform(alpha=90, sigma=16, p=1),
        "GridDistortion": ja.GridDistortion(2, 0.1, p=1),
        "PiecewiseAffine": ja.PiecewiseAffine((0.005, 0.01), p=1),
        "GridElasticDeform": ja.GridElasticDeform((2, 2), 2),
        "ThinPlateSpline": ja.ThinPlateSpline((0.04, 0.08), p=1),
        "WaterRefraction": ja.WaterRefraction((0.005, 0.01), (2.0, 3.0), p=1),
        "RandomScale": ja.RandomScale(0.2, p=1),
        "RandomCropFromBorders": ja.RandomCropFromBorders(0.1, 0.15, 0.2, 0.05),
    }.get(name, case.transform)
    sample = beside(case, size) | scene(size)
    if "size" in sample:
        sample["discs"]["size"] = sample["size"]
    sample = jax.tree.map(jnp.asarray, sample)
    batch = jax.tree.map(lambda x: jnp.stack([x] * DRAWS), sample)
    params = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}
    program = jax.jit(lambda augment, key, batch: augment.batch(key, batch))
    outs = [program(ja.Compose([t], **params), jax.random.key(2), batch) for t in (transform, at_defaults(transform))]
    gentle, default = jax.tree.map(np.asarray, outs)
    return gentle, default


def shown(out: Any, name: str, i: int) -> np.ndarray:
    """A picture of a draw, of its true size."""
    height, width = out["size"][i] if "size" in out else (None, None)
    picture = out[name][i]
    return picture[:, :height, :width] if name == "masks" else picture[:height, :width]


def visible(plane: np.ndarray, margin: int = 2) -> bool:
    """Whether a shape is there and does not touch the edge."""
    inner = plane[margin:-margin, margin:-margin]
    return plane.max() > 0.05 and np.isclose(inner.sum(), plane.sum(), rtol=1e-4)


cases = named(FOLLOWED)


@cases
def test_keypoints_stay_on_their_spots(name: str) -> None:
    out, _ = warped(name)
    checked = 0
    for i in range(DRAWS):
        for j, point in enumerate(out["keypoints"][i]):
            plane = shown(out, "image", i)[..., j]
            if out["keypoints_valid"][i, j] and visible(np.where(plane > 1e-3, plane, 0)):
                np.testing.assert_allclose(centroid(plane), point, atol=0.1)
                checked += 1
    assert checked >= DRAWS


@named(FOLLOWED, quick=STRUCTURES[::3])
def test_keypoints_stay_on_the_pixels_that_tell_where_they_came_from(name: str) -> None:
    case = FOLLOWED[name]
    height, width = case.size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rng = np.random.default_rng(0)
    points = rng.uniform(3, np.array([width, height]) - 4, (60, 2)).astype(np.float32)
    sample = {
        "image": jnp.asarray(np.stack([columns, rows, np.ones_like(rows)], -1)),
        "keypoints": jnp.asarray(points),
        "keypoints_valid": jnp.ones(60, bool),
        **jax.tree.map(jnp.asarray, beside(case, case.size)),
    }
    batch = jax.tree.map(lambda x: jnp.stack([x] * DRAWS), sample)
    params = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}
    program = jax.jit(lambda augment, key, batch: augment.batch(key, batch))
    outs = [
        program(ja.Compose([t], **params), jax.random.key(8), batch)
        for t in (case.transform, at_defaults(case.transform))
    ]
    out = jax.tree.map(lambda *parts: np.concatenate(parts), *outs)
    errors = []
    for i in range(2 * DRAWS):
        for j in np.flatnonzero(out["keypoints_valid"][i]):
            x, y = out["keypoints"][i, j]
            rows, columns = out["size"][i] if "size" in out else out["image"].shape[1:3]
            if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
                continue
            told = [map_coordinates(out["image"][i, ..., c], [[y], [x]], order=1, mode="nearest")[0] for c in range(3)]
            if told[2] > 0.999:
                errors.append(np.abs(told[:2] - points[j]).max())
    assert len(errors) >= 40 * DRAWS
    # Reading between two pixels is off where the map has a kink between them, and only there.
    assert np.quantile(errors, 0.95) < 0.1
    assert max(errors) < 0.3


@cases
def test_keypoints_stay_on_their_label_discs(name: str) -> None:
    out, _ = warped(name)
    offsets = []
    for i in range(DRAWS):
        for j, point in enumerate(out["discs"]["keypoints"][i]):
            plane = shown(out["discs"], "masks", i)[j]
            if out["discs"]["keypoints_valid"][i, j] and visible(plane):
                offsets.append(np.subtract(centroid(plane), point))
    assert len(offsets) >= 10 * DRAWS
    # One disc of whole pixels is good to a fraction of a pixel; a systematic shift would show in the mean.
    assert np.abs(offsets).max() < 0.6
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.1


@cases
def test_boxes_are_tight_around_their_rectangles(name: str) -> None:
    out = jax.tree.map(lambda *parts: np.concatenate(parts), *warped(name))
    checked = 0
    for i in range(2 * DRAWS):
        for j, box in enumerate(out["bboxes"][i]):
            plane = out["masks"][i, j]
            if out["bboxes_valid"][i, j] and plane.any():
                # Pixels whose centres are inside: up to half a pixel short at slanted corners, and a little more.
                np.testing.assert_allclose(tight_box(plane), box, atol=1.0 if not _exact(name) else 1e-4)
                checked += 1
    assert checked >= 2 * DRAWS


def _exact(name: str) -> bool:
    return FOLLOWED[name].exact


@pytest.mark.parametrize("name", ["Rotate", "Affine"])
def test_boxes_around_ellipses_are_tight_around_discs(name: str) -> None:
    size = SIZE
    spots = SPOTS
    boxes = np.array([[x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS] for x, y in spots], np.float32) + 0.5
    masks = np.stack([disc(*size, x, y, RADIUS) for x, y in spots])
    transform: Any = {
        "Rotate": ja.Rotate(90, rotate_method="ellipse", p=1),
        "Affine": ja.Affine(rotate=(-45, 45), scale=(0.8, 1.2), rotate_method="ellipse", p=1),
    }[name]
    augment = ja.Compose([transform], bbox_params=ja.BboxParams("pascal_voc"))
    for seed in range(4):
        out = augment(jax.random.key(seed), masks=jnp.asarray(masks), bboxes=jnp.asarray(boxes))
        for box, plane in zip(np.asarray(out["bboxes"]), np.asarray(out["masks"]), strict=True):
            if visible(plane):
                np.testing.assert_allclose(tight_box(plane), box, atol=1.0)


def test_two_turns_give_back_the_box() -> None:
    augment = ja.Compose(
        [ja.Rotate((40, 40), p=1), ja.Rotate((-40, -40), p=1)], bbox_params=ja.BboxParams("pascal_voc")
    )
    box = jnp.array([[40.0, 30.0, 60.0, 42.0]])
    out = augment(jax.random.key(0), image=jnp.zeros((75, 93, 3)), bboxes=box)
    np.testing.assert_allclose(out["bboxes"], box, atol=1e-3)


def test_a_box_that_is_cut_encloses_only_what_is_left() -> None:
    # A quarter of a square turned by 45 degrees looks over the left edge: hand-computed extent.
    augment = ja.Compose([ja.Rotate((45, 45), p=1), ja.Crop(50, 0, 100, 100)], bbox_params=ja.BboxParams("pascal_voc"))
    box = jnp.array([[40.0, 40.0, 60.0, 60.0]])
    out = augment(jax.random.key(0), image=jnp.zeros((100, 100, 3)), bboxes=box)
    half = 10 * np.sqrt(2)
    np.testing.assert_allclose(out["bboxes"], [[0, 50 - half, half, 50 + half]], atol=1e-3)


def test_visibility_counts_what_is_really_left() -> None:
    # The window keeps a corner of the turned square: a triangle whose box is small.
    augment = ja.Compose([ja.Rotate((45, 45), p=1), ja.Crop(60, 0, 100, 100)], bbox_params=ja.BboxParams("pascal_voc"))
    out = augment(jax.random.key(0), image=jnp.zeros((100, 100, 3)), bboxes=jnp.array([[40.0, 40.0, 60.0, 60.0]]))
    reach = 10 * np.sqrt(2) - 10
    np.testing.assert_allclose(out["bboxes"], [[0, 50 - reach, reach, 50 + reach]], atol=1e-3)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (ja.HorizontalFlip(p=1), 150.0),
        (ja.VerticalFlip(p=1), 330.0),
        (ja.Transpose(p=1), 240.0),
        (ja.Rotate((90, 90), p=1), 120.0),
        (ja.Rotate((20, 20), p=1), 50.0),
    ],
)
def test_angles_are_counter_clockwise_on_screen_everywhere(transform: Any, expected: float) -> None:
    augment = ja.Compose([transform], keypoint_params=ja.KeypointParams("xyas"))
    out = augment(jax.random.key(0), image=jnp.zeros((40, 40)), keypoints=jnp.array([[20.0, 18.0, 30.0, 2.0]]))
    np.testing.assert_allclose(out["keypoints"][0, 2:], [expected, 2.0], atol=1e-3)


def test_scales_follow_the_area() -> None:
    augment = ja.Compose([ja.Resize(80, 20)], keypoint_params=ja.KeypointParams("xys"))
    out = augment(jax.random.key(0), image=jnp.zeros((40, 40)), keypoints=jnp.array([[20.0, 18.0, 3.0]]))
    np.testing.assert_allclose(out["keypoints"][0], [20.5 / 2 - 0.5, 18.5 * 2 - 0.5, 3.0], atol=1e-5)
