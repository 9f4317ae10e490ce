"""What people do with several targets, on real pictures, against NumPy and SciPy."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut, chelsea, chelsea_points, coin_instances, coins, motorcycle, point
from scenes import disc, tight_box
from scipy import ndimage
from table import BY_NAME, STRUCTURES, WARPS, named

import jaxaug as ja

BOXES = ja.BboxParams("pascal_voc")
POINTS = ja.KeypointParams("xy")
KEY = jax.random.key(0)
DRAWS = 4

Size = tuple[int, int]

# A warp whose limits leave nothing to chance, so that its matrix can be written down.
SHIFT, ZOOM, DEGREES = 0.06, 0.15, 25.0
CERTAIN = ja.ShiftScaleRotate((SHIFT, SHIFT), (ZOOM, ZOOM), (DEGREES, DEGREES), rotate_method="ellipse", p=1)


# Oracles ------------------------------------------------------------------------------------------------------------


def mirrored(size: Size) -> np.ndarray:
    """Edge coordinates of the input to those of the output."""
    return np.array([[-1, 0, size[1]], [0, 1, 0], [0, 0, 1]], np.float64)


def turned(size: Size) -> np.ndarray:
    """The same for `CERTAIN`: about the centre, counter-clockwise on a screen whose y grows downwards."""
    angle = np.deg2rad(DEGREES)
    c, s = np.cos(angle), np.sin(angle)
    centre = np.array([size[1] / 2, size[0] / 2])
    linear = np.array([[c, s], [-s, c]]) * (1 + ZOOM)
    shift = np.trunc([SHIFT * size[1], SHIFT * size[0]])
    out = np.eye(3)
    out[:2, :2] = linear
    out[:2, 2] = centre + shift - linear @ centre
    return out


def at_size(matrix: np.ndarray, reference: Size, size: Size) -> np.ndarray:
    """The same warp for a picture stored at another size."""
    scale = np.diag([size[1] / reference[1], size[0] / reference[0], 1.0])
    return scale @ matrix @ np.linalg.inv(scale)


def sources(matrix: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Where the centres of the output pixels lie in the input, as edge coordinates x and y."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
    u, v, w = np.einsum("ij,jhw->ihw", np.linalg.inv(matrix), np.stack([x, y, np.ones_like(x)]))
    return u / w, v / w


def linear(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A picture read with linear interpolation and zeros outside."""
    u, v = sources(matrix, picture.shape[:2])
    planes = picture.reshape(*picture.shape[:2], -1).astype(np.float64)
    read = [
        ndimage.map_coordinates(planes[..., c], [v - 0.5, u - 0.5], order=1, mode="grid-constant")
        for c in range(planes.shape[2])
    ]
    return np.stack(read, -1).reshape(picture.shape)


def nearest(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A picture (H, W) read without interpolation and with zeros outside."""
    height, width = picture.shape
    u, v = sources(matrix, (height, width))
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    rows, columns = (np.clip(np.floor(a).astype(int), 0, n - 1) for a, n in ((v, height), (u, width)))
    return np.where(inside, picture[rows, columns], 0)


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Keypoints (..., 2) after a warp."""
    x, y = points[..., 0] + 0.5, points[..., 1] + 0.5
    u, v, w = (matrix[i, 0] * x + matrix[i, 1] * y + matrix[i, 2] for i in range(3))
    return np.stack([u / w, v / w], -1) - 0.5


def same_picture(found: Any, expected: np.ndarray) -> None:
    """Equal up to the rounding of a level."""
    apart = np.abs(np.asarray(found, np.float64) - expected)
    assert apart.max() <= 1.0
    assert np.mean(apart > 0.55) < 0.002


def same_labels(found: Any, expected: np.ndarray) -> None:
    """Equal but for single pixels whose sources lie on the edge between two."""
    assert np.mean(np.asarray(found) != expected) <= 0.001


def centred(apart: list[np.ndarray]) -> None:
    """Offsets of masks' centres from their keypoints: some tenths of a pixel each, and nothing in the mean.

    A mask of fifty whole pixels that is read at a slant places its centre to a tenth of a pixel, rarely worse.
    """
    assert np.abs(apart).max() <= 0.5
    assert np.abs(np.mean(apart, axis=0)).max() <= 0.06


# Ways to call -------------------------------------------------------------------------------------------------------


def agree(a: Any, b: Any) -> None:
    """Two runs of one draw: the same tree, dtypes and, up to rounding, values."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for (path, x), y in zip(jax.tree_util.tree_leaves_with_path(a), jax.tree.leaves(b), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        name = jax.tree_util.keystr(path)
        assert (x.shape, x.dtype) == (y.shape, y.dtype), name
        if x.dtype.kind in "iub" or "mask" in name or "depth" in name:
            apart = np.abs(x.astype(np.float64) - y.astype(np.float64))
            assert np.mean(apart > (1 if x.dtype == np.uint8 else 0)) <= 0.002, name
        else:
            np.testing.assert_allclose(x, y, atol=1e-3, err_msg=name)


def kept(sample: Any, out: Any) -> None:
    """Structure, dtypes and ranks are those that came in."""
    assert jax.tree.structure(sample) == jax.tree.structure(out)
    for x, y in zip(jax.tree.leaves(sample), jax.tree.leaves(out), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert np.ndim(x) == np.ndim(y)


def drawn(augment: ja.Compose, sample: Any, draws: int = DRAWS, *, against: str = "") -> list[Any]:
    """Several draws of one sample as a batch under `jit`.

    Args:
        augment: the pipeline.
        sample: the sample.
        draws: length of the batch.
        against: `jit` or `eager` also calls it on one sample that way, which must show what the batch shows.
    """
    single = jax.random.fold_in(KEY, 0)

    @jax.jit
    def run(key: Any, sample: Any) -> Any:
        batch = jax.tree.map(lambda x: jnp.stack([x] * draws), sample)
        return augment.batch(key, batch), augment(single, sample) if against == "jit" else None

    sample = jax.tree.map(jnp.asarray, sample)
    batch, alone = jax.tree.map(np.asarray, run(KEY, sample))
    rows = [jax.tree.map(lambda x, i=i: x[i], batch) for i in range(draws)]
    if against:
        agree(rows[0], augment(single, sample) if against == "eager" else alone)
    for row in rows:
        kept(sample, row)
    return rows


# (a) One image and one mask -----------------------------------------------------------------------------------------


def bright() -> np.ndarray:
    return (chelsea().mean(axis=-1) > 120).astype(np.int32)


def test_one_image_and_one_mask_are_mirrored_exactly() -> None:
    image, mask = chelsea(), bright()
    out = ja.Compose([ja.HorizontalFlip(p=1)])(KEY, image=image, mask=mask)
    np.testing.assert_array_equal(out["image"], image[:, ::-1])
    np.testing.assert_array_equal(out["mask"], mask[:, ::-1])


def test_one_image_and_one_mask_under_a_known_turn() -> None:
    image, mask = chelsea(), bright()
    matrix = turned(image.shape[:2])
    augment = jax.jit(ja.Compose([CERTAIN], keypoint_params=POINTS))
    out = augment(KEY, {"image": image, "mask": mask, "keypoints": chelsea_points()})
    same_picture(out["image"], linear(image, matrix))
    same_labels(out["mask"], nearest(mask, matrix))
    np.testing.assert_allclose(out["keypoints"], moved(chelsea_points(), matrix), atol=1e-3)


def test_a_mask_painted_from_an_image_follows_it() -> None:
    image = chelsea()
    steps = [ja.HorizontalFlip(p=0.5), ja.ShiftScaleRotate(0.1, 0.2, 60, interpolation="nearest", p=0.9)]
    rows = drawn(ja.Compose(steps), {"image": image, "mask": image.astype(np.int32)}, draws=6, against="eager")
    for row in rows:
        np.testing.assert_array_equal(row["image"], row["mask"])
    assert len({row["mask"].tobytes() for row in rows}) == len(rows)


# (b) One image and several masks ------------------------------------------------------------------------------------


def coin_masks() -> dict[str, np.ndarray]:
    """Every coin in a mask of its own, all in one, one coin without an axis for it, and the picture as a mask."""
    image, numbered = coins()
    return {
        "image": image,
        "mask": numbered,
        "masks": coin_instances()["masks"],
        "mask_of_one": (numbered == 7).astype(np.float32),
        "mask_of_grey": image[..., None].astype(np.uint16),
    }


MASK_NAMES = {"mask_of_one": "mask", "mask_of_grey": "mask"}


def test_many_masks_follow_one_image_through_three_steps() -> None:
    sample = coin_masks()
    steps = [
        ja.HorizontalFlip(p=0.5),
        ja.GridDistortion(4, 0.35, interpolation="nearest", p=1),
        ja.RandomCrop(50, 64),
    ]
    rows = drawn(ja.Compose(steps, additional_targets=MASK_NAMES), sample, against="jit")
    for row in rows:
        assert row["image"].shape == (50, 64)
        np.testing.assert_array_equal(row["mask_of_grey"][..., 0], row["image"])
        np.testing.assert_array_equal(row["mask_of_one"], row["mask"] == 7)
        assert set(np.unique(row["mask"])) <= set(np.unique(sample["mask"]))
        for i, mask in enumerate(row["masks"], 1):
            np.testing.assert_array_equal(mask, row["mask"] == i)
        assert np.unique(row["mask"]).size > 8


def test_many_masks_are_mirrored_exactly() -> None:
    sample = coin_masks()
    out = ja.Compose([ja.HorizontalFlip(p=1)], additional_targets=MASK_NAMES)(KEY, sample)
    for name, value in sample.items():
        axis = 2 if name == "masks" else 1
        np.testing.assert_array_equal(out[name], np.flip(value, axis), err_msg=name)


def test_a_random_crop_takes_one_window_of_all() -> None:
    sample = coin_masks()
    sample["mask_of_grey"] = np.arange(75 * 96, dtype=np.uint16).reshape(75, 96, 1)
    tops, lefts = set(), set()
    for row in drawn(ja.Compose([ja.RandomCrop(50, 64)], additional_targets=MASK_NAMES), sample, draws=6):
        top, left = divmod(int(row["mask_of_grey"][0, 0, 0]), 96)
        tops.add(top)
        lefts.add(left)
        window = (slice(top, top + 50), slice(left, left + 64))
        np.testing.assert_array_equal(row["image"], sample["image"][window])
        np.testing.assert_array_equal(row["mask"], sample["mask"][window])
        np.testing.assert_array_equal(row["masks"], sample["masks"][:, *window])
    assert len(tops) > 1
    assert len(lefts) > 1


def test_a_grid_distortion_stretches_columns_and_rows_of_all() -> None:
    sample = coin_masks()
    augment = ja.Compose([ja.GridDistortion(4, 0.35, p=1)], additional_targets=MASK_NAMES)
    plan = augment.sample(KEY, sample)
    out = jax.jit(augment.apply)(plan, sample)
    (warp,) = plan
    at = {}
    for axis, length in (("x", 96), ("y", 75)):
        outer, inner = (np.asarray(getattr(warp.map, f"{side}_{axis}")) for side in ("out", "in"))
        np.testing.assert_allclose(outer, np.linspace(0, length, 5), rtol=1e-6)
        np.testing.assert_allclose([inner[0], inner[-1]], [0, length], atol=1e-4)
        # Cells between 65 % and 135 % of their length, brought to the length of the picture together.
        cells = np.diff(inner) / (length / 4)
        assert cells.min() > 0.65 / 1.35
        assert cells.max() < 1.35 / 0.65
        assert np.ptp(cells) > 0.05
        at[axis] = np.interp(np.arange(length) + 0.5, outer, inner)
    grid = np.meshgrid(at["y"], at["x"], indexing="ij")
    grey = sample["image"].astype(np.float64)
    read = ndimage.map_coordinates(grey, [g - 0.5 for g in grid], order=1, mode="nearest")
    same_picture(out["image"], read)
    same_labels(out["mask"], sample["mask"][np.floor(grid[0]).astype(int), np.floor(grid[1]).astype(int)])


# (c) Several images, masks, sets of boxes and of keypoints ----------------------------------------------------------


MANY_NAMES = {
    "image1": "image",
    "mask1": "mask",
    "bboxes1": "bboxes",
    "bboxes2": "bboxes",
    "keypoints1": "keypoints",
}


def spots(size: Size, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Discs near the middle of a picture, one a plane, and their centres."""
    rng = np.random.default_rng(seed)
    height, width = size
    x, y = (n / 2 + rng.uniform(-0.16, 0.16, count) * n for n in (width, height))
    centres = np.stack([x, y], -1).astype(np.float32)
    return np.stack([disc(height, width, a, b, 5.0) for a, b in centres]).astype(np.uint8), centres


def around(centres: np.ndarray, radius: float = 5.0) -> np.ndarray:
    """Boxes that touch circles, as edges."""
    return np.concatenate([centres + 0.5 - radius, centres + 0.5 + radius], axis=1).astype(np.float32)


def many() -> tuple[dict[str, Any], dict[tuple[str, ...], Size]]:
    """Three groups of different counts and sizes, and the size that each path's pixels count in."""
    cat, woman, (table, numbered) = chelsea(), astronaut(), coins()
    masks, centres = spots(cat.shape[:2], 4, 0)
    outer_masks, outer = spots(cat.shape[:2], 3, 1)
    woman_masks, woman_centres = spots(woman.shape[:2], 2, 2)
    coin_masks, coin_centres = spots(table.shape, 5, 3)
    sample = {
        "image": cat,
        "image1": cat[::-1].copy(),
        "mask": bright(),
        "mask1": cat.astype(np.int32)[..., :2],
        "masks": masks,
        "bboxes": around(centres),
        "bboxes1": around(outer),
        "bboxes2": around(centres[:1]),
        "keypoints": chelsea_points(),
        "keypoints1": outer,
        "more": {"masks": outer_masks},
        "people": {
            "woman": {"image": woman, "masks": woman_masks, "bboxes": around(woman_centres)},
            "name": np.array([3, 1, 4], np.int32),
        },
        "table": {
            "image": table,
            "mask": numbered,
            "masks": coin_masks,
            "bboxes": around(coin_centres),
            "keypoints": coin_centres[:2],
            "keypoints1": coin_centres.reshape(5, 1, 2),
        },
    }
    sizes: dict[tuple[str, ...], Size] = {
        ("people", "woman"): woman.shape[:2],
        ("table",): table.shape,
    }
    return sample, sizes


def check_many(sample: Any, out: Any, sizes: dict[tuple[str, ...], Size], matrix: np.ndarray) -> None:
    """Every leaf against the oracle of its own size, boxes against the discs that they were drawn around."""
    reference = sample["image"].shape[:2]
    leaves = jax.tree_util.tree_leaves_with_path(sample)
    for (path, value), found in zip(leaves, jax.tree.leaves(out), strict=True):
        keys = tuple(p.key for p in path)
        own = at_size(matrix, reference, sizes.get(keys[:-1], reference))
        name = keys[-1]
        if name.startswith("image"):
            same_picture(found, linear(value, own))
        elif name == "masks":
            same_labels(found, np.stack([nearest(plane, own) for plane in value]))
        elif name.startswith("mask"):
            planes = value.reshape(*value.shape[:2], -1)
            read = np.stack([nearest(planes[..., c], own) for c in range(planes.shape[2])], -1)
            same_labels(found, read.reshape(value.shape))
        elif name.startswith("keypoints"):
            np.testing.assert_allclose(found, moved(value, own), atol=2e-3, err_msg=str(keys))
        elif name.startswith("bboxes"):
            # The image of an ellipse under a linear map reaches as far as the rows of the map are long.
            centres, radii = (value[:, :2] + value[:, 2:]) / 2, (value[:, 2:] - value[:, :2]) / 2
            middle = moved(centres - 0.5, own) + 0.5
            reach = np.stack([np.hypot(*(own[i, :2, None] * radii.T)) for i in range(2)], -1)
            expected = np.concatenate([middle - reach, middle + reach], axis=1)
            np.testing.assert_allclose(found, expected, atol=0.02, err_msg=str(keys))
        else:
            np.testing.assert_array_equal(found, value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("transform", "matrix"), [(ja.HorizontalFlip(p=1), mirrored), (CERTAIN, turned)], ids=["flip", "turn"]
)
def test_many_of_everything_under_a_known_warp(transform: Any, matrix: Any) -> None:
    sample, sizes = many()
    augment = ja.Compose(
        [transform], bbox_params=BOXES, keypoint_params=POINTS, additional_targets=MANY_NAMES, strict=False
    )
    out = jax.tree.map(np.asarray, jax.jit(augment)(KEY, jax.tree.map(jnp.asarray, sample)))
    kept(sample, out)
    check_many(sample, out, sizes, matrix(sample["image"].shape[:2]))


@pytest.mark.slow
def test_many_of_everything_keeps_step_in_random_draws() -> None:
    sample, _ = many()
    for name in ("image1", "mask", "mask1", "keypoints", "bboxes2", "people"):
        del sample[name]
    augment = ja.Compose(
        [ja.HorizontalFlip(p=0.5), ja.ShiftScaleRotate(0.05, 0.1, 45, rotate_method="ellipse", p=1)],
        bbox_params=BOXES,
        keypoint_params=POINTS,
        additional_targets=MANY_NAMES,
    )
    groups = [
        (("masks",), ("bboxes",)),
        (("more", "masks"), ("bboxes1",)),
        (("table", "masks"), ("table", "bboxes")),
    ]
    centres = [(("more", "masks"), ("keypoints1",)), (("table", "masks"), ("table", "keypoints1"))]

    def take(tree: Any, path: tuple[str, ...]) -> Any:
        for key in path:
            tree = tree[key]
        return tree

    edges: list[np.ndarray] = []
    apart: list[np.ndarray] = []
    for row in drawn(augment, sample):
        for masks, boxes in groups:
            for plane, box in zip(take(row, masks), take(row, boxes), strict=True):
                edges.append(np.subtract(tight_box(plane), box))
        for masks, points in centres:
            for plane, at in zip(take(row, masks), take(row, points).reshape(-1, 2), strict=True):
                apart.append(np.subtract(ndimage.center_of_mass(plane)[::-1], at))
    # Discs of whole pixels are no ellipses, and their outermost pixel may be read or missed.
    assert np.abs(edges).max() <= 1.6
    assert np.abs(edges).mean() <= 0.5
    centred(apart)


# (d) Two images of different sizes ----------------------------------------------------------------------------------


#: Points on the left motorcycle at full size: the headlight, the hub of the front wheel and the rear light.
BIKE = np.array([point(538, 152, 8), point(601, 395, 8), point(118, 212, 8)], np.float32)


def halved(points: np.ndarray) -> np.ndarray:
    return (points + 0.5) / 2 - 0.5


def stereo() -> dict[str, Any]:
    """The left picture at full and the right one at half size, with the left one at half size to compare."""
    left, _, near = motorcycle(8)
    small_left, small_right, _ = motorcycle(16)
    return {
        "left": {"image": left[:62, :92], "depth": near, "keypoints": BIKE},
        "right": {"image": small_right, "keypoints": halved(BIKE)},
        "smaller": {"image": small_left, "keypoints": halved(BIKE)},
    }


def test_a_stereo_pair_of_two_sizes_under_a_known_turn() -> None:
    sample = stereo()
    out = jax.jit(ja.Compose([CERTAIN], keypoint_params=POINTS))(KEY, sample)
    matrix = turned((62, 92))
    small = at_size(matrix, (62, 92), (31, 46))
    same_picture(out["left"]["image"], linear(sample["left"]["image"], matrix))
    same_picture(out["right"]["image"], linear(sample["right"]["image"], small))
    same_labels(out["left"]["depth"], nearest(sample["left"]["depth"], matrix))
    np.testing.assert_allclose(out["left"]["keypoints"][:2], moved(BIKE, matrix)[:2], atol=1e-3)
    np.testing.assert_allclose(out["right"]["keypoints"][:2], moved(halved(BIKE), small)[:2], atol=1e-3)


@pytest.mark.slow
def test_a_stereo_pair_of_two_sizes_keeps_step_in_random_draws() -> None:
    steps = [
        ja.HorizontalFlip(p=0.5),
        ja.ShiftScaleRotate(0.04, 0.1, 20, border_mode="reflect_101", p=1),
        ja.RandomCrop(40, 60),
    ]
    sample = stereo()
    params = ja.KeypointParams("xy", remove_invisible=False)
    for row in drawn(ja.Compose(steps, keypoint_params=params), sample):
        assert row["left"]["image"].shape == (40, 60, 3)
        assert row["left"]["depth"].shape == (40, 60)
        assert row["right"]["image"].shape == (20, 30, 3)
        for name in ("right", "smaller"):
            np.testing.assert_allclose(row[name]["keypoints"], halved(row["left"]["keypoints"]), atol=2e-3)
        # The half-size result shows what the full-size result shows, averaged.
        averaged = row["left"]["image"].reshape(20, 2, 30, 2, 3).astype(np.float64).mean(axis=(1, 3))
        apart = (row["smaller"]["image"] - averaged)[2:-2, 2:-2]
        shifted = (row["smaller"]["image"][:, 1:] - averaged[:, :-1])[2:-2, 2:-2]
        assert np.abs(apart).mean() < 0.6 * np.abs(shifted).mean()


def test_the_reference_may_be_the_smaller_picture() -> None:
    left, _, _ = motorcycle(8)
    small, _, _ = motorcycle(16)
    sample = {"a": {"image": small, "keypoints": halved(BIKE)}, "b": {"image": left, "keypoints": BIKE}}
    augment = ja.Compose([ja.Crop(8, 5, 38, 25), ja.HorizontalFlip(p=1)], keypoint_params=POINTS)
    out = augment(KEY, sample)
    np.testing.assert_array_equal(out["a"]["image"], small[5:25, 8:38][:, ::-1])
    np.testing.assert_array_equal(out["b"]["image"], left[10:50, 16:76][:, ::-1])
    inside = [[16 <= x < 76 and 10 <= y < 50] for x, y in BIKE]
    expected = np.where(inside, np.stack([59 - (BIKE[:, 0] - 16), BIKE[:, 1] - 10], -1), 0)
    np.testing.assert_allclose(out["b"]["keypoints"], expected, atol=1e-4)


# (e) A clip of eight frames -----------------------------------------------------------------------------------------


FRAMES = 8


def clip() -> dict[str, np.ndarray]:
    """The camera pans over the cat: frames, a mask of bright fur per frame, and the cat's face points per frame."""
    windows = [(slice(t, t + 48), slice(2 * t, 2 * t + 70)) for t in range(FRAMES)]
    cat, fur = chelsea(), bright()
    points = np.stack([chelsea_points() - np.array([2 * t, t], np.float32) for t in range(FRAMES)])
    return {
        "images": np.stack([cat[w] for w in windows]),
        "masks": np.stack([fur[w] for w in windows]),
        "keypoints": points,
    }


def test_a_clip_moves_as_one_under_a_known_turn() -> None:
    sample = clip()
    params = ja.KeypointParams("xy", remove_invisible=False)
    out = jax.jit(ja.Compose([CERTAIN], keypoint_params=params))(KEY, sample)
    matrix = turned((48, 70))
    for t in range(FRAMES):
        same_picture(out["images"][t], linear(sample["images"][t], matrix))
        same_labels(out["masks"][t], nearest(sample["masks"][t], matrix))
    np.testing.assert_allclose(out["keypoints"], moved(sample["keypoints"], matrix), atol=1e-3)


def test_frames_share_every_draw() -> None:
    steps = [
        ja.HorizontalFlip(p=0.5),
        ja.ShiftScaleRotate(p=0.9),
        ja.RandomBrightnessContrast(p=0.9),
        ja.CoarseDropout((1, 3), fill_mask=0, p=0.9),
        ja.GaussNoise((0.05, 0.1), p=0.9),
    ]
    frame = chelsea()[:48, :70]
    still = {"images": np.stack([frame] * FRAMES), "masks": np.stack([bright()[:48, :70]] * FRAMES)}
    rows = drawn(ja.Compose(steps), still)
    for row in rows:
        for t in range(1, FRAMES):
            np.testing.assert_array_equal(row["images"][t], row["images"][0])
            np.testing.assert_array_equal(row["masks"][t], row["masks"][0])
        assert np.mean(row["images"][0] != frame) > 0.5
    assert len({row["images"].tobytes() for row in rows}) == len(rows)


# (f) Instances: masks, boxes, keypoints and labels that live and die together ---------------------------------------


def instances() -> dict[str, np.ndarray]:
    """All coins, each with two keypoints: its centre and the middle of its upper edge."""
    found = coin_instances()
    boxes, centres = found["bboxes"], found["keypoints"]
    tops = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2 - 0.5, boxes[:, 1]], -1)
    return {
        "image": coins()[0],
        "masks": found["masks"],
        "bboxes": boxes,
        "keypoints": np.stack([centres, tops], axis=1).astype(np.float32),
        "labels": found["labels"],
        "valid": np.ones(len(boxes), bool),
    }


def test_an_object_whose_box_is_filtered_dies_with_all_it_has() -> None:
    sample = instances()
    x0, y0, x1, y1 = 20, 14, 84, 62
    augment = ja.Compose(
        [ja.Crop(x0, y0, x1, y1)],
        bbox_params=ja.BboxParams("pascal_voc", min_visibility=0.5, label_fields=["labels"]),
        keypoint_params=POINTS,
    )
    out = jax.tree.map(np.asarray, jax.jit(augment)(KEY, sample))
    boxes = sample["bboxes"]
    cut = np.clip(boxes - [x0, y0, x0, y0], 0, [x1 - x0, y1 - y0] * 2)
    left = np.prod(cut[:, 2:] - cut[:, :2], axis=1) / np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    alive = left >= 0.5
    some_are_only_touched = (left > 0) & ~alive
    assert 4 <= alive.sum() <= 20
    assert some_are_only_touched.any()
    np.testing.assert_array_equal(out["valid"], alive)
    np.testing.assert_allclose(out["bboxes"][alive], cut[alive], atol=1e-4)
    np.testing.assert_array_equal(out["labels"], sample["labels"])
    kept(sample, out)

    short = augment.compact(out)
    assert {n: len(v) for n, v in short.items() if n != "image"} == dict.fromkeys(
        ("masks", "bboxes", "keypoints", "labels", "valid"), int(alive.sum())
    )
    np.testing.assert_array_equal(short["labels"], sample["labels"][alive])
    np.testing.assert_array_equal(short["masks"], sample["masks"][alive][:, y0:y1, x0:x1])
    np.testing.assert_allclose(short["bboxes"], cut[alive], atol=1e-4)
    np.testing.assert_array_equal(short["valid"], np.ones(alive.sum(), bool))
    points = sample["keypoints"][alive] - np.array([x0, y0], np.float32)
    seen = ((points >= -0.5) & (points < np.array([x1 - x0, y1 - y0]) - 0.5)).all(axis=-1)
    np.testing.assert_allclose(short["keypoints"][seen], points[seen], atol=1e-4)


@pytest.mark.slow
def test_instances_keep_step_in_random_draws() -> None:
    steps = [
        ja.HorizontalFlip(p=0.5),
        ja.ShiftScaleRotate(0.05, 0.1, 45, rotate_method="ellipse", p=1),
        ja.RandomCrop(48, 64),
    ]
    augment = ja.Compose(steps, bbox_params=ja.BboxParams("pascal_voc", min_visibility=0.3), keypoint_params=POINTS)
    apart: list[np.ndarray] = []
    died, lived = 0, 0
    for row in drawn(augment, instances(), against="jit"):
        valid = row["valid"]
        died, lived = died + int((~valid).sum()), lived + int(valid.sum())
        for i in np.nonzero(valid)[0]:
            plane = row["masks"][i]
            whole = not (plane[0].any() or plane[-1].any() or plane[:, 0].any() or plane[:, -1].any())
            if not whole:
                continue
            # Coins are round to a pixel: so are the ellipses that their boxes were carried as.
            np.testing.assert_allclose(tight_box(plane), row["bboxes"][i], atol=1.6)
            apart.append(np.subtract(ndimage.center_of_mass(plane)[::-1], row["keypoints"][i, 0]))
        for i in np.nonzero(~valid)[0]:
            before = instances()["masks"][i].sum()
            assert row["masks"][i].sum() < 0.75 * before
    centred(apart)
    assert died > 4
    assert lived > 4


def test_an_object_that_came_in_dead_stays_dead() -> None:
    sample = instances()
    sample["valid"][[2, 5]] = False
    augment = ja.Compose([ja.HorizontalFlip(p=1)], bbox_params=BOXES, keypoint_params=POINTS)
    out = jax.jit(augment)(KEY, sample)
    np.testing.assert_array_equal(out["valid"], sample["valid"])
    assert len(augment.compact(out)["masks"]) == len(sample["masks"]) - 2


# (g) A panoptic label map -------------------------------------------------------------------------------------------


def panoptic() -> np.ndarray:
    """Classes times a thousand plus instances, some above what a float32 counts exactly."""
    _, numbered = coins()
    big = np.where(numbered % 2 == 1, 16_777_217, 4_000)
    return np.where(numbered > 0, big + numbered, 1_000).astype(np.int32)


@named([case.name for case in WARPS], quick=STRUCTURES)
def test_no_warp_makes_a_new_label(name: str) -> None:
    case = BY_NAME[name]
    size = case.size
    labels = panoptic()[: size[0], : size[1]]
    known = set(np.unique(labels).tolist())
    assert len(known) > 4
    sample: dict[str, Any] = {"mask": labels, "small": {"mask": labels.astype(np.uint16)}}
    if "bboxes" in case.needs:
        sample["bboxes"] = np.array([[9, 9, 30, 30]], np.float32)
    out = jax.jit(ja.Compose([case.transform], bbox_params=ja.BboxParams("pascal_voc")))(KEY, sample)
    assert out["mask"].dtype == np.int32
    found = set(np.unique(out["mask"]).tolist())
    assert found <= known | {0}
    assert len(found & known) >= 3
    small = {value % 65536 for value in known} | {0}
    assert set(np.unique(out["small"]["mask"]).tolist()) <= small


def test_a_chain_of_warps_makes_no_new_label_but_the_fill() -> None:
    labels = panoptic()
    fill = {"fill_mask": 255, "p": 1}
    steps = [
        ja.ElasticTransform(alpha=80, sigma=6, **fill),
        ja.Perspective((0.05, 0.1), **fill),
        ja.RandomResizedCrop((70, 90), scale=(0.5, 1.0)),
        ja.ShiftScaleRotate(0.1, 0.2, 60, **fill),
    ]
    known = set(np.unique(labels).tolist())
    for row in drawn(ja.Compose(steps), {"mask": labels, "plain": {"mask": (labels > 1_000).astype(np.uint8)}}):
        assert set(np.unique(row["mask"]).tolist()) <= known | {255}
        # Two maps of one scene stay one scene: what is a coin in one is a coin in the other.
        np.testing.assert_array_equal(row["plain"]["mask"] == 1, row["mask"] > 1_000)
        np.testing.assert_array_equal(row["plain"]["mask"] == 255, row["mask"] == 255)
        assert np.unique(row["mask"]).size > 6


# (h) MaskDropout ----------------------------------------------------------------------------------------------------


def test_mask_dropout_takes_whole_objects_from_every_target() -> None:
    found = coin_instances()
    image, numbered = coins()
    sample = {
        "image": np.maximum(image, 1),
        "mask": numbered,
        "masks": found["masks"],
        "mask_kept": numbered.astype(np.uint8)[..., None],
        "bboxes": found["bboxes"],
        "bboxes_valid": np.ones(24, bool),
        "keypoints": found["keypoints"],
        "keypoints_valid": np.ones(24, bool),
        "larger": {"mask": np.kron(numbered, np.ones((2, 2), np.int32))},
    }
    augment = ja.Compose(
        [ja.MaskDropout((2, 4), fill=0, fill_mask=0, p=1)],
        bbox_params=ja.BboxParams("pascal_voc", min_visibility=0.4),
        keypoint_params=POINTS,
        additional_targets={"mask_kept": "mask"},
    )
    counts = set()
    for row in drawn(augment, sample, draws=6):
        gone = set(np.unique(numbered).tolist()) - set(np.unique(row["mask"]).tolist())
        counts.add(len(gone))
        assert 2 <= len(gone) <= 4
        hole = np.isin(numbered, list(gone))
        np.testing.assert_array_equal(row["image"], np.where(hole, 0, sample["image"]))
        np.testing.assert_array_equal(row["mask"], np.where(hole, 0, numbered))
        np.testing.assert_array_equal(row["mask_kept"][..., 0], np.where(hole, 0, numbered))
        np.testing.assert_array_equal(row["masks"], np.where(hole, 0, sample["masks"]))
        big = np.kron(hole, np.ones((2, 2), bool))
        np.testing.assert_array_equal(row["larger"]["mask"], np.where(big, 0, sample["larger"]["mask"]))
        # No coin's centre is missing from it, so its keypoint goes with it and no other one does.
        alive = np.array([i not in gone for i in range(1, 25)])
        np.testing.assert_array_equal(row["keypoints_valid"], alive)
        # A round coin leaves the corners of its box behind, a fifth of it: less than must be visible.
        np.testing.assert_array_equal(row["bboxes_valid"], alive)
        np.testing.assert_allclose(row["bboxes"][alive], sample["bboxes"][alive], atol=1e-4)
    assert len(counts) > 1


def test_mask_dropout_of_instance_masks_takes_planes() -> None:
    # Two coins that touch in one plane each are two objects, not one.
    masks = np.zeros((3, 20, 30), np.uint8)
    masks[0, 4:10, 4:10] = 1
    masks[1, 4:10, 10:16] = 1
    masks[2, 12:18, 20:26] = 1
    sample = {
        "image": np.full((20, 30, 3), 200, np.uint8),
        "masks": masks,
        "bboxes": np.array([[4, 4, 10, 10], [10, 4, 16, 10], [20, 12, 26, 18]], np.float32),
        "labels": np.array([5, 6, 7]),
        "valid": np.ones(3, bool),
    }
    augment = ja.Compose([ja.MaskDropout((1, 1), p=1)], bbox_params=BOXES)
    dropped = []
    for row in drawn(augment, sample, draws=8):
        (gone,) = np.nonzero(~row["masks"].any(axis=(1, 2)))
        assert len(gone) == 1
        np.testing.assert_array_equal(row["valid"], np.arange(3) != gone[0])
        np.testing.assert_array_equal((row["image"] == 0).all(axis=-1), masks[gone[0]] == 1)
        dropped.append(int(gone[0]))
    assert len(set(dropped)) > 1
