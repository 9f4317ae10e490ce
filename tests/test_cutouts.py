"""Cut-outs on grids, of single pixels and within objects, and what fills holes."""

from __future__ import annotations

import types
from typing import Any

import albumentations.augmentations.dropout.functional as fdropout
import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut
from scenes import disc, smooth
from scipy import stats

import jaxaug as ja
from jaxaug import functional as F

SIZE = (61, 75)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}
BOXES = np.array([[5, 5, 25, 30], [30, 10, 60, 40], [50, 45, 70, 58]], np.float32)
POINTS = np.stack(np.meshgrid(np.arange(2, 75, 6), np.arange(2, 61, 6)), -1).reshape(-1, 2).astype(np.float32)


def sample(size: tuple[int, int] = SIZE) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (*size, 3), np.uint8),
        "mask": np.ones(size, np.int32),
        "bboxes": BOXES,
        "bboxes_valid": np.ones(len(BOXES), bool),
        "keypoints": POINTS,
        "keypoints_valid": np.ones(len(POINTS), bool),
    }


def run(transform: Any, seed: int = 0, **changes: Any) -> tuple[dict[str, Any], dict[str, np.ndarray], Any]:
    """A sample before and after, and the op that was drawn."""
    before = sample() | changes
    augment = ja.Compose([transform], **PARAMS)

    @jax.jit
    def both(key: Any) -> Any:
        return augment(key, before), augment.sample(key, before)

    after, (op,) = jax.tree.map(np.asarray, both(jax.random.key(seed)))
    return before, after, op


class Told:
    """A random generator that gives what it was told, in order."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def shuffle(self, intervals: np.ndarray) -> None:
        told = self.answers.pop(0)
        assert sorted(told) == sorted(intervals)
        intervals[:] = told

    def integers(self, low: Any, high: Any) -> np.ndarray:
        told = self.answers.pop(0)
        assert (told >= low).all()
        assert (told < high).all()
        return told

    def uniform(self, low: float, high: float, size: Any) -> np.ndarray:
        told = np.broadcast_to(self.answers.pop(0), size)
        assert (told >= low - 1e-6).all()
        assert (told <= high + 1e-6).all()
        return told


# Grids --------------------------------------------------------------------------------------------------------------


def as_the_reference_does(holes: np.ndarray, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every target of a sample whose holes are filled with (9, 8, 7) and masks with 5."""
    size = before["mask"].shape
    picture = fdropout.fill_holes_with_value(before["image"].copy(), holes, np.array([9, 8, 7]))
    np.testing.assert_array_equal(after["image"], picture)
    mask = fdropout.fill_holes_with_value(before["mask"].copy(), holes, np.array(5))
    np.testing.assert_array_equal(after["mask"], mask)
    boxes = fdropout.filter_bboxes_by_holes(BOXES, holes, size, 0.0, 0.0)
    np.testing.assert_allclose(after["bboxes"][after["bboxes_valid"]], boxes, atol=1e-4)
    points = fdropout.filter_keypoints_in_holes(POINTS, holes)
    np.testing.assert_array_equal(after["keypoints"][after["keypoints_valid"]], points)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"ratio": 0.3, "unit_size_range": (7, 13)},
        {"ratio": 0.7, "holes_number_xy": (5, 3)},
        {"ratio": 1.0, "unit_size_range": (2, 2)},
    ],
    ids=["ten cells", "sizes", "numbers", "full"],
)
def test_grid_dropout_cuts_what_the_reference_cuts_with_its_draws(arguments: dict[str, Any]) -> None:
    transform = ja.GridDropout(**arguments, fill=(9, 8, 7), fill_mask=5, p=1)
    before, after, op = run(transform, 1)
    region = op.region
    columns, rows = int((region.wide > 0).sum()), int((region.high > 0).sum())
    down, across = np.append(region.rows[:rows], SIZE[0]), np.append(region.columns[:columns], SIZE[1])
    y, x = region.y[:rows, :columns] - down[:-1, None], region.x[:rows, :columns] - across[:-1]
    told = Told(np.diff(down), np.diff(across), y.ravel(), x.ravel())
    ratio = arguments.get("ratio", 0.5)
    holes = fdropout.generate_grid_holes(SIZE, (rows, columns), ratio, True, (0, 0), told)
    as_the_reference_does(holes, before, after)
    unit = arguments.get("unit_size_range", (max(2, SIZE[0] // 10),))
    if "holes_number_xy" in arguments:
        assert (columns, rows) == arguments["holes_number_xy"]
    else:
        assert rows in {SIZE[0] // u for u in range(unit[0], unit[-1] + 1)}


@pytest.mark.parametrize("shift", [(3, 6), (40, 33)], ids=["inside", "over the edge"])
def test_grid_dropout_at_fixed_places(shift: tuple[int, int]) -> None:
    size = (60, 75)
    transform = ja.GridDropout(0.4, False, holes_number_xy=(5, 4), shift_xy=shift, fill=(9, 8, 7), fill_mask=5, p=1)
    before, after, _ = run(transform, **sample(size))
    told = Told(np.full(4, 15), np.full(5, 15))
    as_the_reference_does(fdropout.generate_grid_holes(size, (4, 5), 0.4, False, shift, told), before, after)


@pytest.mark.parametrize("angle", [0.0, 25.0])
def test_grid_mask_keeps_lines_and_turns_counter_clockwise(angle: float) -> None:
    transform = ja.GridMask((3, 5), (0.2, 0.5), (angle, angle), fill=(9, 8, 7), fill_mask=5, p=1)
    _, after, op = run(transform, 3)
    mesh = op.region
    assert float(mesh.unit) in {np.float32(61 / n) for n in (3, 4, 5)}
    assert 0.2 <= mesh.line <= 0.5
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    # A point at angle t on screen has come from one at t - angle; complex numbers count angles upwards.
    place = ((columns - SIZE[1] / 2) - 1j * (rows - SIZE[0] / 2)) * np.exp(-1j * np.deg2rad(angle)) / float(mesh.unit)
    across, down = place.real - float(mesh.x), -place.imag - float(mesh.y)
    expected = np.where((across % 1 >= mesh.line) & (down % 1 >= mesh.line), 5, 1)
    assert np.mean(after["mask"] != expected) < 0.002
    np.testing.assert_array_equal((after["image"] == [9, 8, 7]).all(-1), after["mask"] == 5)
    share = np.mean(after["mask"] == 5)
    assert abs(share - (1 - mesh.line) ** 2) < 0.15


def test_holes_of_a_fine_grid_do_not_take_boxes_that_are_mostly_there() -> None:
    # A hole of 2 x 2 pixels in each cell of 4 x 4 leaves three quarters of what it covers.
    grid = ja.GridDropout(0.5, unit_size_range=(4, 4), p=1)
    box = jnp.array([[8.0, 8.0, 40.0, 40.0]])
    for least, stays in ((0.7, True), (0.8, False)):
        augment = ja.Compose([grid], bbox_params=ja.BboxParams("pascal_voc", min_visibility=least))
        out = jax.jit(augment)(jax.random.key(0), image=jnp.ones((48, 48)), bboxes=box)
        assert bool(np.asarray(out["bboxes"]).any()) == stays


# Single pixels ------------------------------------------------------------------------------------------------------


def test_single_pixels_go_from_images_and_masks_and_leave_rows_alone() -> None:
    before, after, _ = run(ja.PixelDropout(0.3, drop_value=(9, 8, 7), mask_drop_value=5, p=1))
    gone = (after["image"] != before["image"]).any(-1)
    assert abs(gone.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / gone.size)
    assert (after["image"][gone] == [9, 8, 7]).all()
    np.testing.assert_array_equal(after["mask"] == 5, gone)
    assert abs(np.corrcoef(gone[:, :-1].ravel(), gone[:, 1:].ravel())[0, 1]) < 0.06
    assert after["keypoints_valid"].all()
    np.testing.assert_array_equal(after["bboxes"], BOXES)
    assert after["bboxes_valid"].all()


def test_boxes_of_which_too_few_pixels_are_left_are_filtered() -> None:
    image, boxes = jnp.ones(SIZE), jnp.asarray(BOXES)
    region = np.asarray(ja.Compose([ja.PixelDropout(0.5, p=1)])(jax.random.key(4), image=image)["image"]) == 0
    left = [1 - region[int(y) : int(v), int(x) : int(u)].mean() for x, y, u, v in BOXES]
    least = float(np.median(left))
    params = ja.BboxParams("pascal_voc", min_visibility=least)
    sample = {"image": image, "bboxes": boxes, "bboxes_valid": jnp.ones(3, bool)}
    for per_channel in (False, True):
        augment = ja.Compose([ja.PixelDropout(0.5, per_channel, p=1)], bbox_params=params)
        out = jax.jit(augment)(jax.random.key(4), sample)
        kept = np.asarray(out["bboxes_valid"])
        np.testing.assert_array_equal(kept, True if per_channel else np.array(left) >= least)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_values_of_single_channels_go(dtype: Any) -> None:
    image = np.full((*SIZE, 3), 200, np.uint8) if dtype == np.uint8 else np.full((*SIZE, 3), 0.6, np.float32)
    for value in ((1, 0, 1), None):
        transform = ja.PixelDropout(0.25, True, drop_value=value, mask_drop_value=5, p=1)
        before, after, _ = run(transform, image=image)
        gone = after["image"] != before["image"]
        assert np.abs(gone.mean(axis=(0, 1)) - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / gone[..., 0].size)
        assert abs(np.mean(after["mask"] == 5) - 0.25) < 0.03
        flat = np.concatenate([gone.reshape(-1, 3), (after["mask"] == 5).reshape(-1, 1)], axis=1)
        assert np.abs(np.corrcoef(flat.T) - np.eye(4)).max() < 0.06
        for c in range(3):
            (level,) = np.unique(after["image"][..., c][gone[..., c]])
            assert value is None or level == value[c]


def test_a_random_colour_is_one_for_all_pixels() -> None:
    seen = set()
    for seed in range(3):
        before, after, _ = run(ja.PixelDropout(0.2, drop_value=None, p=1), seed)
        (colour,) = {tuple(c) for c in after["image"][(after["image"] != before["image"]).any(-1)].tolist()}
        seen.add(colour)
    assert len(seen) == 3


# Objects ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.slow
def test_holes_in_parts_of_a_mask_are_those_of_the_reference_with_its_draws() -> None:
    mask = (
        disc(*SIZE, 22, 24, 12) * 3 + disc(*SIZE, 58, 30, 9) * 4 + disc(*SIZE, 36, 50, 5) * 3 + disc(*SIZE, 66, 52, 4)
    )
    transform = ja.ConstrainedCoarseDropout((1, 3), (0.3, 0.3), (0.5, 0.5), (9, 8, 7), 5, p=1, mask_indices=[3, 4])
    before, after, op = run(transform, 2, mask=mask)
    view = types.SimpleNamespace(mask=lambda: jnp.asarray(mask)[None, ..., None], height=SIZE[0], width=SIZE[1])
    holes = jax.tree.map(jnp.asarray, op.region).rectangles(view)
    edges = np.asarray(holes.edges)[np.asarray(holes.used)]
    each = len(edges) // 3
    assert len(edges) == 3 * each
    assert 1 <= each <= 3
    centres = (edges[:, :2] + edges[:, 2:]) // 2
    _, labels = cv2.connectedComponents(np.isin(mask, (3, 4)).astype(np.uint8))
    inside = labels[centres[:, 1], centres[:, 0]]
    np.testing.assert_array_equal(np.bincount(inside), [0, each, each, each])

    class Chooser(Told):
        def choice(self, count: int, size: int, replace: bool) -> np.ndarray:
            (label,) = (i for i in (1, 2, 3) if (labels == i).sum() == count)
            points = [tuple(p) for p in np.argwhere(labels == label)]
            return np.array([points.index((y, x)) for x, y in centres[inside == label]])

    holes = fdropout.get_holes_from_mask(mask, each, [3, 4], (0.3, 0.3), (0.5, 0.5), Chooser(0.3, 0.5))
    np.testing.assert_array_equal(np.array(sorted(edges.tolist())), np.array(sorted(holes.tolist())))
    as_the_reference_does(holes, before, after)


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize("count", [0, 1, 32, 70])
def test_pixels_of_rectangles_are_their_slices(count: int) -> None:
    from jaxaug.core.canvas import Canvas
    from jaxaug.ops.erase import Rectangles

    rng = np.random.default_rng(count)
    corner = rng.integers(-3, 30, (count, 2))
    edges = np.concatenate([corner, corner + rng.integers(0, 9, (count, 2))], axis=1)
    used = rng.random(count) < 0.5
    expected = np.zeros((27, 31), bool)
    for x0, y0, x1, y1 in np.maximum(edges[used], 0):
        expected[y0:y1, x0:x1] = True
    view = types.SimpleNamespace(canvas=Canvas((27, 31)))
    found = jax.jit(lambda edges, used: Rectangles(edges, used).pixels(view))(edges, used)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_pixels_of_a_part_have_even_chances() -> None:
    from jaxaug.ops.component_holes import random_pixels

    wanted = np.zeros((9, 11), bool)
    wanted[1:3, 2:7] = wanted[3:6, 6:9] = wanted[7, 1] = True
    shares = (jnp.arange(3800) + 0.5)[None] / 3800
    points, areas = jax.jit(random_pixels)(jnp.zeros(2, jnp.uint32), jnp.repeat(shares, 4, axis=0), wanted)
    assert sorted(areas.tolist()) == [0, 0, 1, 19]
    chosen = np.asarray(points)[int(np.argmax(areas))]
    counts = np.zeros_like(wanted, int)
    np.add.at(counts, (chosen[:, 1], chosen[:, 0]), 1)
    wanted[7, 1] = False
    np.testing.assert_array_equal(counts, np.where(wanted, 200, 0))


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["numbers", "words", "column"])
def test_holes_in_boxes_are_those_of_the_reference_with_its_draws(labels: str) -> None:
    names = {"numbers": np.array([4, 2, 4]), "words": ["cat", "dog", "cat"], "column": np.zeros(3)}[labels]
    boxes = np.concatenate([BOXES, [[4], [2], [4]]], axis=1).astype(np.float32) if labels == "column" else BOXES
    fields = None if labels == "column" else ["labels"]
    transform = ja.ConstrainedCoarseDropout(
        (2, 2), (0.3, 0.3), (0.5, 0.5), (9, 8, 7), 5, p=1, bbox_labels=["cat"] if labels == "words" else [4]
    )
    params = PARAMS | {"bbox_params": ja.BboxParams("pascal_voc", label_fields=fields)}
    augment = ja.Compose([transform], **params)
    before = sample() | {"bboxes": boxes, "labels": names}
    plan = augment.sample(jax.random.key(1), before)
    (op,), after = plan, augment.apply(plan, before)
    np.testing.assert_array_equal(op.region.used, [True, True, False, False, True, True])
    edges = np.asarray(op.region.edges)[np.asarray(op.region.used)]
    chosen = BOXES[[0, 2]]
    side = (chosen[:, 2:] - chosen[:, :2])[:, None]
    hole = np.floor(side * [0.5, 0.3])
    places = (edges.reshape(2, 2, 4)[..., :2] - chosen[:, None, :2]) / (side - hole)
    holes = fdropout.get_holes_from_boxes(
        chosen, 2, (0.3, 0.3), (0.5, 0.5), Told(0.3, 0.5, places[..., 0] + 1e-6, places[..., 1] + 1e-6)
    )
    np.testing.assert_array_equal(edges, holes)
    after = {name: np.asarray(after[name]) for name in before if name != "labels"} | {"bboxes": after["bboxes"][:, :4]}
    as_the_reference_does(holes, before, after)


def test_no_object_means_no_hole_and_many_mean_some() -> None:
    image = jnp.ones((32, 40))
    holes = ja.ConstrainedCoarseDropout((1, 1), (1, 1), (1, 1), mask_indices=[1], p=1)
    augment = ja.Compose([holes])
    dots = np.zeros((32, 40), np.int32)
    dots[::4, ::4] = dots[1::4, ::4] = dots[::4, 1::4] = dots[1::4, 1::4] = 1
    program = jax.jit(lambda mask: augment(jax.random.key(0), image=image, mask=mask)["image"] == 0)
    assert not program(np.zeros_like(dots)).any()
    assert not program(dots * 2).any()
    # Of 80 objects of four pixels 64 are taken, each with a hole of two by two pixels around one of them.
    covered = (np.asarray(program(dots)) & (dots > 0)).reshape(8, 4, 10, 4).any(axis=(1, 3))
    assert covered.sum() == 64
    in_boxes = ja.Compose(
        [ja.ConstrainedCoarseDropout(bbox_labels=[3], p=1)], bbox_params=ja.BboxParams("coco", label_fields=["labels"])
    )
    out = jax.jit(in_boxes)(jax.random.key(0), image=image, bboxes=jnp.zeros((0, 4)), labels=jnp.zeros(0, jnp.int32))
    assert out["image"].all()


def test_objects_are_asked_for_and_looked_for() -> None:
    with pytest.raises(ValueError, match="needs to know what is an object: give mask_indices"):
        ja.ConstrainedCoarseDropout()
    with pytest.raises(TypeError, match=r"mask_indices=\.\.\.\) must be a list of whole numbers, got 'a'"):
        ja.ConstrainedCoarseDropout(mask_indices="a")
    with pytest.raises(ValueError, match=r"mask_indices=\.\.\.\) must be at least 1, got 0"):
        ja.ConstrainedCoarseDropout(mask_indices=[0])
    image, boxes, key = jnp.ones((8, 8)), jnp.array([[1.0, 1, 5, 5]]), jax.random.key(0)
    with pytest.raises(ValueError, match="looks at a mask, but the sample has none"):
        ja.Compose([ja.ConstrainedCoarseDropout(mask_indices=[1], p=1)])(key, image=image)
    augment = ja.Compose([ja.ConstrainedCoarseDropout(bbox_labels=["a"], p=1)], **PARAMS)
    with pytest.raises(ValueError, match="looks at boxes, but the sample has none"):
        augment(key, image=image)
    with pytest.raises(ValueError, match="looks at labels of 'bboxes', but there are none: name an entry"):
        augment(key, image=image, bboxes=boxes)
    with pytest.raises(TypeError, match="asks for 'a', but the sample's labels are numbers"):
        augment(key, image=image, bboxes=jnp.pad(boxes, ((0, 0), (0, 1))))


# Holes where a region allows them -------------------------------------------------------------------------------------


def guided(*, region: np.ndarray, seed: int = 0, **given: Any) -> np.ndarray:
    """The pixels that are cut out of a picture."""
    arguments = {"num_holes_range": (3, 3), "hole_height_range": (0.3, 0.3), "hole_width_range": (0.2, 0.2)} | given
    params = PARAMS | {"bbox_params": ja.BboxParams("pascal_voc", label_fields=["labels"])}
    augment = ja.Compose([ja.GuidedCoarseDropout(**arguments, p=1)], **params)
    targets = {"image": np.ones(SIZE), "bboxes": BOXES, "labels": np.array([4, 2, 4]), "dropout_region": region}
    return np.asarray(augment(jax.random.key(seed), targets)["image"]) == 0


def test_guided_holes_keep_to_their_region_and_spare_boxes() -> None:
    region = disc(*SIZE, 40, 30, 20)
    plain = [guided(region=region, seed=seed) for seed in range(20)]
    reached = np.any(plain, axis=0)
    assert not reached[region == 0].any()
    assert reached[region > 0].mean() > 0.95
    assert all(0 < cut.sum() <= 3 * 18 * 15 for cut in plain)
    x0, y0, x1, y1 = BOXES[1].astype(int)
    spared = np.any([guided(region=region, seed=s, protected_bbox_labels=[2]) for s in range(20)], axis=0)
    assert not spared[y0:y1, x0:x1].any()
    assert spared[y1 : y1 + 3, x0:x1].any()
    wider = np.any(
        [guided(region=region, seed=s, protected_bbox_labels=[2], protection_margin=0.1) for s in range(20)], axis=0
    )
    assert not wider[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3].any()
    assert not guided(region=np.zeros(SIZE)).any()


@pytest.mark.slow
def test_a_region_may_be_a_mask_that_moves_or_have_another_size() -> None:
    region = disc(*SIZE, 20, 20, 12)
    holes = ja.GuidedCoarseDropout(num_holes_range=(4, 4), p=1)
    turned = ja.Compose([ja.HorizontalFlip(p=1), holes], additional_targets={"dropout_region": "mask"})
    out = turned(jax.random.key(0), image=np.ones(SIZE), dropout_region=region)
    assert (np.asarray(out["image"]) == 0).any()
    assert not (np.asarray(out["image"]) == 0)[region[:, ::-1] == 0].any()
    with pytest.raises(ValueError, match="but the picture has moved since"):
        ja.Compose([ja.RandomCrop(20, 20), holes])(jax.random.key(0), image=np.ones(SIZE), dropout_region=region)
    with pytest.raises(ValueError, match=r"must hold a region \(h, w\), above 0 inside, got shape \(3,\)"):
        ja.Compose([holes])(jax.random.key(0), image=np.ones(SIZE), dropout_region=np.ones(3))
    same = guided(region=region.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(same, guided(region=region))
    # In a buffer a region of the buffer's size counts pixel by pixel, and one of the picture's lies over the picture.
    picture = {"image": np.ones((80, 96)), "size": np.array(SIZE, np.int32)}
    cut = jax.jit(ja.Compose([holes]))
    alone = np.asarray(cut(jax.random.key(3), image=np.ones(SIZE), dropout_region=region)["image"])
    for one in (region, np.pad(region, ((0, 80 - SIZE[0]), (0, 96 - SIZE[1])))):
        out = np.asarray(cut(jax.random.key(3), picture | {"dropout_region": one})["image"])
        np.testing.assert_array_equal(out[: SIZE[0], : SIZE[1]], alone)


# Fills --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtype", [np.uint8, *(pytest.param(t, marks=pytest.mark.slow) for t in (np.uint16, np.float32))]
)
def test_every_hole_has_a_random_colour_of_its_own(dtype: Any) -> None:
    top = np.iinfo(dtype).max if dtype != np.float32 else 1.0
    image = np.zeros((96, 128, 3), dtype)
    grid = ja.GridDropout(0.5, unit_size_range=(4, 4), fill="random_uniform", p=1)
    many = ja.CoarseDropout((40, 40), (6, 9), (6, 9), fill="random_uniform", p=1)
    _, after, op = run(grid, 2, image=image, mask=np.zeros(image.shape[:2], np.int32))
    out = after["image"]
    found = []
    for i in range(24):
        for j in range(32):
            x, y = int(op.region.x[i, j]), int(op.region.y[i, j])
            hole = out[y : y + 2, x : x + 2].reshape(-1, 3)
            assert (hole == hole[0]).all()
            found.append(hole[0] / top)
    found = np.array(found)
    assert len(np.unique(found, axis=0)) > 760
    assert min(stats.kstest(found[:, c], "uniform").pvalue for c in range(3)) > 1e-3
    assert np.abs(np.corrcoef(found.T) - np.eye(3)).max() < 0.15
    # Where holes overlap, the last one shows, as when they are filled one after another.
    _, after, op = run(many, image=image, mask=np.zeros(image.shape[:2], np.int32))
    out = after["image"]
    owner = np.zeros(image.shape[:2], int)
    for k, (x0, y0, x1, y1) in enumerate(op.region.edges, 1):
        owner[y0:y1, x0:x1] = k
    seen = [np.unique(out[owner == k], axis=0) for k in np.unique(owner)]
    assert all(len(s) == 1 for s in seen)
    assert len(np.unique(np.concatenate(seen), axis=0)) == len(seen)


def test_pixels_of_random_fills_are_even_and_independent() -> None:
    for image in (np.zeros((96, 128, 3), np.uint8), np.zeros((96, 128, 3), np.float32)):
        augment = ja.Compose([ja.XYMasking(1, 0, (100, 100), 0, fill="random", p=1)])
        out = np.asarray(jax.jit(augment)(jax.random.key(0), image=image)["image"])
        values = out[out.any(axis=-1)].astype(np.float64)
        assert len(values) > 9590
        if image.dtype == np.uint8:
            assert stats.chisquare(np.bincount(values.astype(int).ravel(), minlength=256)).pvalue > 1e-3
        else:
            assert stats.kstest(values.ravel(), "uniform").pvalue > 1e-3
        assert np.abs(np.corrcoef(values.T) - np.eye(3)).max() < 0.04
        assert abs(np.corrcoef(values[1:, 0], values[:-1, 0])[0, 1]) < 0.04


@pytest.mark.slow
def test_holes_between_lines_and_stripes_have_colours_of_their_own() -> None:
    for transform, least in (
        (ja.GridMask((4, 4), rotation_range=(20, 20), fill="random_uniform", fill_mask=5, p=1), 12),
        (ja.GridDropout(0.5, False, holes_number_xy=(5, 4), fill="random_uniform", fill_mask=5, p=1), 20),
    ):
        _, after, _ = run(transform, 5)
        _, labels = cv2.connectedComponents((after["mask"] == 5).astype(np.uint8), connectivity=4)
        holes = [np.unique(after["image"][labels == k], axis=0) for k in range(1, labels.max() + 1)]
        assert all(len(h) == 1 for h in holes)
        assert len(np.unique(np.concatenate(holes), axis=0)) == len(holes) >= least


@pytest.mark.slow
def test_grey_holes_show_the_picture_without_its_colours() -> None:
    for dtype in (np.uint8, np.float32):
        image = sample()["image"] if dtype == np.uint8 else smooth(*SIZE)
        before, after, _ = run(ja.GridMask(fill="grayscale", fill_mask=5, p=1), image=image)
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float64)
        hole = (after["mask"] == 5)[..., None]
        step = 1 if dtype == np.uint8 else 1e-5
        assert np.abs(after["image"] - np.where(hole, grey, before["image"])).max() <= step
        np.testing.assert_array_equal(np.where(hole, 0, after["image"]), np.where(hole, 0, before["image"]))


@pytest.mark.parametrize("picture", [pytest.param("smooth", marks=pytest.mark.slow), "photograph"])
def test_inpainting_is_about_as_good_as_that_of_opencv(picture: str) -> None:
    image = (smooth(73, 73) * 255).round().astype(np.uint8) if picture == "smooth" else astronaut()
    rng = np.random.default_rng(0)
    program = jax.jit(F.inpaint)
    errors = []
    for _ in range(12):
        holes = np.zeros(image.shape[:2], np.uint8)
        for _ in range(4):
            high, wide = rng.integers(4, 16, 2)
            y, x = rng.integers(0, 73 - high), rng.integers(0, 73 - wide)
            holes[y : y + high, x : x + wide] = 1
        ours = np.asarray(program(jnp.asarray(image), jnp.asarray(holes > 0)))
        np.testing.assert_array_equal(ours[holes == 0], image[holes == 0])
        constant = np.broadcast_to(image[holes == 0].mean(axis=0), image.shape)
        theirs = [cv2.inpaint(image, holes, 3, method) for method in (cv2.INPAINT_TELEA, cv2.INPAINT_NS)]
        errors.append([np.abs(filled - image.astype(float))[holes > 0].mean() for filled in (ours, constant, *theirs)])
    ours, constant, telea, stokes = np.mean(errors, axis=0)
    assert ours <= 1.1 * min(telea, stokes) + 0.5
    assert ours < (0.1 if picture == "smooth" else 0.7) * constant
    as_floats = program(jnp.asarray(image / np.float32(255)), jnp.asarray(holes > 0))
    np.testing.assert_allclose(as_floats * 255, program(jnp.asarray(image), jnp.asarray(holes > 0)), atol=0.51)


@pytest.mark.slow
def test_cut_outs_fill_holes_with_what_is_around_them() -> None:
    # Levels of a plane: a membrane over a hole in it is the plane itself.
    plane = np.add.outer(np.arange(61.0), np.arange(75.0))[..., None] * [1.0, 0.5, 1.5] + 20
    image = plane.round().astype(np.uint8)
    steps = [
        ja.CoarseDropout((3, 3), (8, 8), (8, 8), fill="inpaint_telea", p=1),
        ja.GridDropout(fill="inpaint_ns", p=1),
        ja.GridMask((6, 6), (0.5, 0.5), fill="inpaint_telea", p=1),
    ]
    dots = {"image": image, "mask": disc(*SIZE, 30, 30, 4)}
    steps += [ja.MaskDropout(fill="inpaint_ns", p=1), ja.Erasing((0.02, 0.02), fill="inpaint_ns", p=1)]
    program = jax.jit(lambda sample: [ja.Compose([step])(jax.random.key(7), sample)["image"] for step in steps])
    for step, out in zip(steps, program(dots), strict=True):
        apart = np.abs(np.asarray(out, np.float64) - image)
        # At the rim of the picture a membrane is level.
        assert apart[12:-12, 12:-12].max() <= 3, type(step).__name__
        assert apart.max() <= 25, type(step).__name__
