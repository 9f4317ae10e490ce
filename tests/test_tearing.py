"""Tiles that change places, pixels that scatter, and what grows or shrinks."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut
from scenes import disc, tight_box

import jaxaug as ja
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.ops.morphology import ellipse

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A

SIZE = (41, 53)
KEY = jax.random.key(3)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}


def picture() -> np.ndarray:
    return astronaut()[: SIZE[0], : SIZE[1]]


def moved(tiles: Any) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Where each tile of a drawn map goes, as (output, input) slices."""
    y, x, source = (np.asarray(v).astype(int) for v in (tiles.y, tiles.x, tiles.source))
    places = [(slice(y[i], y[i + 1]), slice(x[j], x[j + 1])) for i in range(len(y) - 1) for j in range(len(x) - 1)]
    return [(places[i], places[source[i]]) for i in range(len(places))]


@pytest.mark.parametrize(
    "grid", [(2, 5), (1, 1), *(pytest.param(grid, marks=pytest.mark.slow) for grid in ((3, 3), (8, 9)))]
)
def test_tiles_of_one_shape_change_places(grid: tuple[int, int]) -> None:
    augment = ja.Compose([ja.RandomGridShuffle(grid, p=1)], **PARAMS)
    image = picture()
    rectangles = np.zeros((4, *SIZE), np.uint8)
    boxes = np.array([[3, 4, 9, 10], [8, 5, 40, 30], [0, 0, 53, 41], [20, 20, 35, 22]], np.float32)
    for plane, (x0, y0, x1, y1) in zip(rectangles, boxes.astype(int), strict=True):
        plane[y0:y1, x0:x1] = 1
    points = np.random.default_rng(0).uniform(0, [52, 40], (30, 2)).round().astype(np.float32)
    sample = {"image": image, "masks": rectangles, "bboxes": boxes, "keypoints": points}

    @jax.jit
    def run(key: Any) -> Any:
        plan = augment.sample(key, sample)
        out = augment.apply(plan, sample)
        return plan, out, augment.invert(plan, out)

    seen = set()
    for seed in range(6):
        plan, out, back = run(jax.random.key(seed))
        (op,) = plan
        pairs = moved(op.map)
        expected = np.zeros_like(image)
        marks = np.arange(image[..., 0].size).reshape(SIZE)
        shuffled = np.zeros_like(marks)
        for after, before in pairs:
            assert image[after].shape == image[before].shape
            expected[after], shuffled[after] = image[before], marks[before]
        np.testing.assert_array_equal(out["image"], expected)
        np.testing.assert_array_equal(back["image"], image)
        np.testing.assert_allclose(back["keypoints"], points, atol=1e-4)
        for plane, box in zip(np.asarray(out["masks"]), np.asarray(out["bboxes"]), strict=True):
            np.testing.assert_allclose(box, tight_box(plane), atol=1e-4)
        for point, (x, y) in zip(points.astype(int), np.asarray(out["keypoints"]), strict=True):
            assert shuffled[round(float(y)), round(float(x))] == marks[point[1], point[0]]
        seen.add(tuple(np.asarray(op.map.source).tolist()))
    assert (len(seen) == 1) == (grid == (1, 1))


@pytest.mark.parametrize(
    "size",
    [(40, 54), (43, 55), *(pytest.param(size, marks=pytest.mark.slow) for size in ((41, 54), (40, 53)))],
    ids=str,
)
def test_copied_tiles_are_slices_whether_the_picture_divides_or_not(size: tuple[int, int]) -> None:
    augment = ja.Compose([ja.RandomGridShuffle((4, 3), p=1)])
    image = jnp.asarray(np.random.default_rng(0).normal(size=(3, *size, 2)), jnp.float32)
    keys = jax.random.split(KEY, 3)

    @jax.jit
    @jax.vmap
    def run(key: Any, image: Any) -> Any:
        plan = augment.sample(key, image=image)
        out, pull = jax.vjp(lambda image: augment.apply(plan, image=image)["image"], image)
        return plan.ops[0].map, out, pull(out)[0]

    tiles, out, back = run(keys, image)
    for i in range(3):
        expected = np.zeros_like(image[i])
        for after, before in moved(jax.tree.map(lambda leaf, i=i: leaf[i], tiles)):
            expected[after] = image[i][before]
        np.testing.assert_array_equal(out[i], expected)
        np.testing.assert_array_equal(back[i], image[i])


def test_tiles_of_a_picture_within_its_buffer() -> None:
    augment = ja.Compose([ja.RandomGridShuffle((2, 2), p=1)])
    image = np.zeros((*SIZE, 3), np.uint8)
    image[:30, :40] = picture()[:30, :40]
    plan = augment.sample(KEY, image=image, size=jnp.array([30, 40]))
    out = augment.apply(plan, image=image, size=jnp.array([30, 40]))["image"]
    expected = np.zeros_like(image)
    for after, before in moved(plan.ops[0].map):
        expected[after] = image[before]
    np.testing.assert_array_equal(out, expected)


def test_all_orders_of_equal_tiles_are_equally_likely() -> None:
    augment = ja.Compose([ja.RandomGridShuffle((1, 3), p=1)])
    keys = jax.random.split(KEY, 1200)
    sources = jax.jit(jax.vmap(lambda k: augment.sample(k, image=jnp.zeros((4, 12))).ops[0].map.source))(keys)
    orders, counts = np.unique(np.asarray(sources), axis=0, return_counts=True)
    assert len(orders) == 6
    assert ((counts > 150) & (counts < 250)).all()


def test_more_tiles_than_pixels() -> None:
    with pytest.raises(ValueError, match=r"RandomGridShuffle\(grid=\(9, 2\)\) needs a pixel for each tile"):
        ja.Compose([ja.RandomGridShuffle((9, 2), p=1)])(KEY, image=jnp.zeros((8, 8)))


@pytest.mark.parametrize("radius", [1, 3])
def test_every_pixel_shows_one_within_the_radius(radius: int) -> None:
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    augment = ja.Compose([ja.PixelSpread(radius, border_mode="replicate", p=1)], **PARAMS)
    points = np.array([[5, 6], [40, 30]], np.float32)
    out = jax.jit(augment)(KEY, {"image": np.stack([x, y, y], -1), "keypoints": points})
    np.testing.assert_array_equal(out["keypoints"], points)
    inner = (slice(radius, -radius), slice(radius, -radius))
    for plane, own in ((out["image"][..., 0], x), (out["image"][..., 1], y)):
        shift = (np.asarray(plane) - own)[inner].astype(int)
        values, counts = np.unique(shift, return_counts=True)
        assert values.tolist() == list(range(-radius, radius + 1))
        assert counts.min() > 0.75 * shift.size / len(values)
    across, down = ((np.asarray(out["image"][..., i]) - own)[inner] for i, own in ((0, x), (1, y)))
    assert abs(np.corrcoef(across.ravel(), down.ravel())[0, 1]) < 0.08


def test_coarse_spreading_moves_squares_together() -> None:
    x = np.broadcast_to(np.arange(40, dtype=np.float32), (40, 40))
    augment = ja.Compose([ja.PixelSpread(2, border_mode="replicate", map_resolution_range=(0.25, 0.25), p=1)])
    shift = np.asarray(augment(KEY, image=x)["image"])[:, 4:-4] - x[:, 4:-4]
    blocks = shift.reshape(10, 4, 8, 4)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len(np.unique(shift)) == 5


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_points_inside_a_fold_are_marked() -> None:
    # Along x the map goes forth, back and forth again.
    field = -6.0 * np.sin(np.arange(0.5, 60) / 4.0)
    dx = jnp.asarray(np.broadcast_to(field, (8, 60)), jnp.float32)
    x = jnp.linspace(4.0, 56.0, 300)
    u, _, ok = Displacement(jnp.stack([dx, jnp.zeros_like(dx)])).push(x, jnp.full_like(x, 4.0))
    reads = np.asarray(u) + np.interp(np.asarray(u) - 0.5, np.arange(60), field)
    np.testing.assert_allclose(reads[ok], np.asarray(x)[ok], atol=0.02)
    cell = np.clip(np.floor(np.asarray(u) - 0.5).astype(int), 0, 58)
    slope = 1 + np.diff(field)[cell]
    assert (slope[np.asarray(ok)] > 0).all()
    assert (slope < 0).any()
    assert 100 < int(ok.sum()) < 300


def fields() -> dict[str, np.ndarray]:
    """Vectors that differ from pixel to pixel, and depths that tell pixels apart."""
    rng = np.random.default_rng(5)
    flow, normals = (rng.normal(size=(*SIZE, n)).astype(np.float32) for n in (2, 3))
    return {"flow": flow, "normals": normals, "depth": np.arange(flow[..., 0].size, dtype=np.float32).reshape(SIZE)}


def test_vectors_go_with_their_tiles_and_ends_with_theirs() -> None:
    # Vectors from pixel centres to pixel centres, so that no end lies on the edge of a tile.
    sample = fields() | {"obboxes": np.array([[6, 5, 4, 3, 30], [40, 30, 3, 5, 200]], np.float32)}
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    ends = np.random.default_rng(6).integers(0, [SIZE[1], SIZE[0]], (*SIZE, 2))
    sample["flow"] = (ends - np.stack([x, y], axis=-1)).astype(np.float32)
    sample["obboxes_valid"] = np.ones(2, bool)
    twice = {n: np.repeat(np.repeat(sample[n], 2, axis=0), 2, axis=1) for n in ("normals", "depth")}
    augment = ja.Compose([ja.RandomGridShuffle((3, 4), p=1)], **PARAMS)
    sample["twice"] = twice

    @jax.jit
    def run(key: Any) -> Any:
        plan = augment.sample(key, sample)
        out = augment.apply(plan, sample)
        return plan, out, augment.invert(plan, out)

    (op,), out, back = run(KEY)
    place, came = np.zeros((*SIZE, 2), int), np.zeros((*SIZE, 2), int)
    for after, before in moved(op.map):
        there = np.stack([x, y], axis=-1)
        place[before], came[after] = there[after], there[before]
    assert (place != np.stack([x, y], axis=-1)).any(axis=-1).mean() > 0.5
    far = ends[came[..., 1], came[..., 0]]
    expected = place[far[..., 1], far[..., 0]] - np.stack([x, y], axis=-1)
    np.testing.assert_allclose(out["flow"], expected, atol=1e-3)
    for name in ("normals", "depth"):
        np.testing.assert_allclose(out[name], sample[name][came[..., 1], came[..., 0]], atol=1e-5)
        np.testing.assert_allclose(out["twice"][name][::2, ::2], out[name], atol=1e-5)
        np.testing.assert_allclose(back[name], sample[name], atol=1e-5)
    np.testing.assert_allclose(back["flow"], sample["flow"], atol=1e-3)
    for row, old in zip(np.asarray(out["obboxes"]), sample["obboxes"], strict=True):
        shift = place[int(old[1]), int(old[0])] - old[:2].astype(int)
        np.testing.assert_allclose(row, old + [*shift, 0, 0, 0], atol=1e-3)
    np.testing.assert_allclose(back["obboxes"], sample["obboxes"], atol=1e-3)


def test_vectors_scatter_and_do_not_turn() -> None:
    sample = fields() | {"obboxes": np.array([[6, 5, 4, 3, 30]], np.float32)}
    out = jax.jit(ja.Compose([ja.PixelSpread(2, border_mode="replicate", p=1)]))(KEY, sample)
    source = np.asarray(out["depth"]).astype(int)
    assert (source != sample["depth"]).mean() > 0.8
    for name in ("flow", "normals"):
        np.testing.assert_allclose(out[name], sample[name].reshape(-1, sample[name].shape[-1])[source], atol=1e-4)
    np.testing.assert_allclose(out["obboxes"], sample["obboxes"], atol=1e-4)


@pytest.mark.parametrize("tear", [ja.RandomGridShuffle(p=1), ja.PixelSpread(p=1)])
def test_no_camera_sees_a_torn_picture(tear: Any) -> None:
    sample = {"image": picture(), "intrinsics": np.eye(3, dtype=np.float32)}
    with pytest.raises(ValueError, match="cannot move 'intrinsics': no intrinsics can follow what it does"):
        ja.Compose([tear])(KEY, sample)


# Dilation and erosion ------------------------------------------------------------------------------------------------


def test_ellipses_are_those_of_opencv() -> None:
    for width in range(1, 10):
        for height in range(1, 10):
            expected = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, height))
            np.testing.assert_array_equal(ellipse(width, height), expected, err_msg=f"{width} x {height}")


@pytest.mark.parametrize("operation", ["dilation", "erosion"])
@pytest.mark.parametrize("scale", [(1, 1), (2, 3), (3, 3), (4, 6)])
def test_pictures_and_masks_grow_as_the_reference_has_it(scale: tuple[int, int], operation: str) -> None:
    mask = disc(*SIZE, 20, 15, 8) + 2 * disc(*SIZE, 40, 30, 6)
    ours = ja.Compose([ja.Morphological(scale, operation, p=1)])(KEY, image=picture(), mask=mask)
    theirs = A.Compose([A.Morphological(scale=scale, operation=operation, p=1)])(
        image=picture(), mask=mask.astype(np.uint8)
    )
    np.testing.assert_array_equal(ours["image"], theirs["image"])
    np.testing.assert_array_equal(ours["mask"], theirs["mask"])


@pytest.mark.parametrize("operation", ["dilation", "erosion"])
def test_boxes_grow_as_rectangles_do(operation: str) -> None:
    edges = np.array([[3, 4, 9, 11], [0, 0, 20, 9], [30, 20, 53, 41], [40, 10, 42, 12]], np.float32)
    masks = np.zeros((4, *SIZE), bool)
    for plane, (x0, y0, x1, y1) in zip(masks, edges.astype(int), strict=True):
        plane[y0:y1, x0:x1] = True
    augment = ja.Compose([ja.Morphological((4, 5), operation, p=0.5)], **PARAMS)
    sample = {"masks": masks, "bboxes": edges, "bboxes_valid": np.ones(4, bool), "keypoints": edges[:, :2]}
    run = jax.jit(augment)
    changed = 0
    for seed in range(6):
        out = run(jax.random.key(seed), sample)
        changed += not np.array_equal(out["masks"], masks)
        np.testing.assert_array_equal(out["keypoints"], edges[:, :2])
        for plane, box, alive in zip(*(np.asarray(out[n]) for n in ("masks", "bboxes", "bboxes_valid")), strict=True):
            assert alive == plane.any()
            if alive:
                np.testing.assert_allclose(box, tight_box(plane), atol=1e-4)
    assert 0 < changed < 6


@pytest.mark.slow
def test_oriented_boxes_cannot_grow() -> None:
    sample = {"image": picture(), "obboxes": np.array([[9, 9, 4, 4, 30]], np.float32)}
    with pytest.raises(ValueError, match="Morphological cannot move 'obboxes': no obboxes can follow what it does"):
        ja.Compose([ja.Morphological(p=1)])(KEY, sample)


def test_what_does_not_grow_stays() -> None:
    sample = fields()
    out = ja.Compose([ja.Morphological((4, 5), p=1)])(KEY, sample | {"image": picture()})
    assert (out["image"] != picture()).any()
    for name, before in sample.items():
        np.testing.assert_array_equal(out[name], before)
