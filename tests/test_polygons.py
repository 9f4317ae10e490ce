"""Polygons follow warps and cut-outs: against rasterised masks, clipping in plain Python and closed forms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.draw import polygon2mask

import jaxaug as ja
from jaxaug.annotations.polygons import PolygonParams, Rings, cut_rings, reduce_rings, share_left
from jaxaug.core.kinds import kinds_without
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import matrix_warp
from jaxaug.ops.erase import Erase, Rectangles

KEY = jax.random.key(0)
H, W, K = 64, 80, 16
#: How much finer the masks are that polygons are compared with.
FINE = 4


# What there is to see, and oracles ----------------------------------------------------------------------------------


def star(x: float, y: float, radius: float, count: int, seed: int, least: float = 0.45) -> np.ndarray:
    """(count, 2) a concave polygon around a point."""
    rng = np.random.default_rng(seed)
    turn = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    reach = radius * rng.uniform(least, 1, count)
    return np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=-1)


def padded(vertices: Any, capacity: int = K) -> np.ndarray:
    """(capacity, 2) a polygon whose last vertex is repeated."""
    vertices = np.asarray(vertices, np.float32)
    return np.concatenate([vertices, np.repeat(vertices[-1:], capacity - len(vertices), axis=0)])


TRIANGLE = [[10, 8], [30, 12], [18, 30]]
#: A triangle, a concave comb and two stars.
SHAPES = np.stack(
    [
        padded(TRIANGLE),
        padded([[44, 6], [74, 8], [72, 28], [66, 14], [60, 28], [55, 13], [48, 29]]),
        padded(star(24, 44, 17, 16, 1)),
        padded(star(58, 44, 16, 11, 2)),
    ]
)


def shoelace(polygon: Any) -> float:
    x, y = np.asarray(polygon, np.float64).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y)) / 2)


def clipped(polygon: Any, width: float, height: float) -> list[np.ndarray]:
    """The polygon after Sutherland and Hodgman, edge by edge in plain Python."""
    out = [np.asarray(p, np.float64) for p in polygon]
    for axis, bound, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        given, out = out, []
        for i, here in enumerate(given):
            there = given[(i + 1) % len(given)]
            a, b = sign * (here[axis] - bound), sign * (there[axis] - bound)
            if a >= 0:
                out.append(here)
            if a * b < 0:
                out.append(here + (there - here) * a / (a - b))
    return out


def simplified(polygon: Any, count: int) -> np.ndarray:
    """The polygon after Visvalingam and Whyatt, one vertex after another."""
    out = [np.asarray(p, np.float64) for p in polygon]
    while len(out) > count:
        triangles = [shoelace([out[i - 1], out[i], out[(i + 1) % len(out)]]) for i in range(len(out))]
        del out[int(np.argmin(triangles))]
    return np.array(out)


def raster(polygon: Any, size: tuple[int, int], scale: float = 1) -> np.ndarray:
    """(height, width) bool: the pixels whose centres lie inside."""
    # Pixel centres are whole numbers to scikit-image.
    return polygon2mask(size, np.asarray(polygon, np.float64)[:, ::-1] * scale - 0.5)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def rings(polygons: Any) -> Rings:
    polygons = jnp.asarray(polygons, jnp.float32)
    return Rings.through(polygons[..., 0], polygons[..., 1])


def vertices(ring: Rings, i: int) -> np.ndarray:
    """(count, 2) those of one ring."""
    return np.stack([ring.x[i], ring.y[i]], axis=-1)[: int(ring.count[i])]


def compiled(run: Any) -> Any:
    """A jitted function of a key and samples, without the pictures that nobody looks at."""
    return jax.jit(lambda *given: {name: value for name, value in run(*given).items() if name != "image"})


def moved(steps: list[Any], polygons: Any = SHAPES, size: tuple[int, int] = (H, W), **params: Any) -> Any:
    sample = {"image": np.zeros(size, np.uint8), "polygons": polygons, "polygons_valid": np.ones(len(polygons), bool)}
    out = ja.Compose(steps, target_params={"polygons": params} if params else None)(KEY, sample)
    return np.asarray(out["polygons"]), np.asarray(out["polygons_valid"])


# Against masks ------------------------------------------------------------------------------------------------------

FOLLOWED: dict[str, list[Any]] = {
    "affine": [ja.HorizontalFlip(p=0.5), ja.Affine((0.8, 1.4), rotate=(-60, 60), shear=(-15, 15), p=1)],
    "perspective and crop": [ja.Perspective((0.05, 0.15), p=1), ja.RandomCrop(48, 56), ja.Resize(72, 50)],
    "elastic": [ja.ElasticTransform(alpha=50, sigma=5, p=1)],
}
SLOWLY_FOLLOWED: dict[str, list[Any]] = {
    "bent twice": [ja.GridDistortion(4, 0.4, p=1), ja.Rotate(30, p=0.5), ja.OpticalDistortion(0.2, p=0.5)],
    "resized crop": [ja.RandomResizedCrop((60, 48), scale=(0.3, 0.9), p=1), ja.Rotate(90, p=1)],
    "pad and choice": [ja.Pad((3, 5, 9, 7)), ja.OneOf([ja.Rotate(90), ja.Affine(shear=(-30, 30)), ja.VerticalFlip()])],
    "mesh": [ja.PiecewiseAffine((0.03, 0.05), p=1)],
    "spline": [ja.ThinPlateSpline((0.1, 0.15), p=1)],
    "water": [ja.WaterRefraction(p=1)],
    "zoom": [ja.ShiftScaleRotate(0.1, 0.4, 90, p=1), ja.CropAndPad(percent=(-0.2, 0.2), p=1)],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*FOLLOWED, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOWLY_FOLLOWED)], ids=str
)
def test_polygons_cover_the_pixels_of_their_masks(name: str) -> None:
    augment = ja.Compose((FOLLOWED | SLOWLY_FOLLOWED)[name])
    finely = np.stack([raster(p, (FINE * H, FINE * W), FINE) for p in SHAPES]).astype(np.uint8)
    sample = {
        "image": np.zeros((H, W), np.uint8),
        "polygons": SHAPES,
        "polygons_valid": np.ones(len(SHAPES), bool),
        "fine": {"masks": finely, "polygons": FINE * SHAPES, "polygons_valid": np.ones(len(SHAPES), bool)},
    }
    sizes = []

    def run(key: Any) -> Any:
        out = augment(key, sample)
        sizes.append(out.pop("image").shape)
        return out

    outs = jax.jit(lambda keys: jax.lax.map(run, keys))(jax.random.split(KEY, 4))
    outs = jax.tree.map(np.asarray, outs)
    compared = 0
    for draw in range(4):
        out = jax.tree.map(lambda a, draw=draw: a[draw], outs)
        augment.check({"size": sizes[0], "polygons": out["polygons"]})
        ratio = np.array(out["fine"]["masks"].shape[:0:-1]) / sizes[0][::-1]
        np.testing.assert_array_equal(out["fine"]["polygons_valid"], out["polygons_valid"])
        for i, mask in enumerate(out["fine"]["masks"].astype(bool)):
            seen = mask.sum() / np.prod(ratio)
            assert out["polygons_valid"][i] == (seen > 0) or seen < 1
            area = shoelace(out["polygons"][i])
            assert shoelace(out["fine"]["polygons"][i] / ratio) == pytest.approx(area, rel=0.01, abs=0.1)
            # Of a small piece, a row of pixels along the edge is much.
            if seen > 100:
                assert overlap(mask, raster(out["polygons"][i] * ratio, mask.shape)) > 0.95, (draw, i)
                assert overlap(mask, raster(out["fine"]["polygons"][i], mask.shape)) > 0.95, (draw, i)
                assert area == pytest.approx(seen, rel=0.03)
                compared += 1
    assert compared >= 8


# By hand ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], TRIANGLE),
        ([ja.HorizontalFlip(p=1)], [[70, 8], [50, 12], [62, 30]]),
        ([ja.VerticalFlip(p=1)], [[10, 56], [30, 52], [18, 34]]),
        ([ja.Transpose(p=1)], [[8, 10], [12, 30], [30, 18]]),
        ([ja.Resize(32, 160)], [[20, 4], [60, 6], [36, 15]]),
        ([ja.Pad((3, 1))], [[13, 9], [33, 13], [21, 31]]),
        ([ja.Crop(5, 4, 45, 34)], [[5, 4], [25, 8], [13, 26]]),
        # A quarter of a turn counter-clockwise about the centre: x, y becomes y + 8, 72 - x.
        ([ja.Rotate((90, 90), p=1)], [[16, 62], [20, 42], [38, 54]]),
        # Cut at x = 14 and y = 10, both after the first vertex.
        ([ja.Crop(14, 10, 60, 60)], [[6, 0], [16, 2], [4, 20], [0, 9], [0, 0]]),
    ],
)
def test_closed_forms(steps: list[Any], expected: list[list[float]]) -> None:
    out, valid = moved(steps)
    np.testing.assert_allclose(out[0], padded(expected), atol=1e-4)
    assert valid[0]


def test_a_polygon_keeps_dtype_and_whole_numbers_are_rounded() -> None:
    for dtype in (np.int32, np.float16):
        out, _ = moved([ja.Resize(32, 80)], SHAPES.astype(dtype))
        assert out.dtype == dtype
        np.testing.assert_allclose(out[0], padded([[10, 4], [30, 6], [18, 15]]))
    # A polygon that rounding makes a line is gone.
    flat = np.concatenate([padded([[10, 8], [30, 8], [30, 9]])[None], SHAPES[1:]]).astype(np.int32)
    out, valid = moved([ja.Resize(32, 80)], flat)
    np.testing.assert_array_equal(valid, [False, True, True, True])


def test_no_polygons() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": np.zeros((0, K, 2), np.float32)}
    for steps in ([], [ja.Rotate((30, 30), p=1), ja.GridDistortion(p=1), ja.CoarseDropout(p=1)]):
        assert compiled(ja.Compose(steps))(KEY, sample)["polygons"].shape == (0, K, 2)


# Clipping and vertices ----------------------------------------------------------------------------------------------

WINDOWS = [(0, 0), (20, 9), (-9, 13), (-31, -14), (33, 40), (60, -20), (-58, -48), (100, 0)]


def spiral(seed: int) -> np.ndarray:
    """A polygon that winds around the canvas, so that clipping it needs many corners."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0.3, 4.2 * np.pi, 8)
    far = np.stack([20 + np.cos(turn) * (12 + 3 * turn), 16 + np.sin(turn) * (10 + 3 * turn)], axis=-1)
    near = np.stack([20 + np.cos(turn) * (8 + 3 * turn), 16 + np.sin(turn) * (6 + 3 * turn)], axis=-1)[::-1]
    return np.concatenate([far, near]) + rng.uniform(-1, 1, (16, 2))


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_cutting_a_polygon_gives_the_vertices_of_sutherland_and_hodgman() -> None:
    width, height = 40.0, 32.0
    zigzag = [[-9, -9], [49, 41]] * 8 + np.random.default_rng(0).uniform(-5, 5, (16, 2))
    shapes = [*SHAPES, spiral(0), spiral(1), padded(star(20, 16, 40, 16, 7, 0.1)), padded(zigzag), 9 * SHAPES[2] - 160]
    given = np.concatenate([np.stack(shapes) - shift for shift in WINDOWS]).astype(np.float32)
    ours = jax.jit(lambda r: r.widened(64).clipped((height, width)))(rings(given))
    area, exists, most = np.asarray(ours.area), np.asarray(ours.exists), 0
    for i, polygon in enumerate(given):
        polygon = vertices(rings(given), i)
        expected = clipped(polygon, width, height)
        count = int(ours.count[i])
        assert count == len(expected)
        most = max(most, count)
        if expected:
            np.testing.assert_allclose(vertices(ours, i), expected, atol=1e-3)
            assert area[i] == pytest.approx(shoelace(expected), rel=1e-4, abs=1e-2)
        assert exists[i] == (bool(expected) and shoelace(expected) > 1e-3)
        assert (vertices(ours, i) >= 0).all()
        assert (vertices(ours, i) <= [width, height]).all()
    assert most > 2 * K


@pytest.mark.slow
def test_area_of_what_is_left_is_that_of_its_pixels() -> None:
    # Nothing but counting pixels, fifteen to a side of each.
    for shift in ((15, 20), (30, 30), (50, 6)):
        out, valid = moved([ja.Crop(*shift, shift[0] + 30, shift[1] + 30)])
        for before, after, alive in zip(SHAPES, out, valid, strict=True):
            seen = raster(before - shift, (450, 450), 15).sum() / 225
            assert alive == (seen > 0)
            assert shoelace(after) == pytest.approx(seen, rel=0.01, abs=0.05)


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_more_vertices_than_fit_lose_those_that_matter_least() -> None:
    crowded = np.stack([star(30, 30, 25, 40, seed, 0.3) for seed in range(6)])
    few = jax.jit(lambda r: reduce_rings(r, K))(rings(crowded))
    for i, polygon in enumerate(crowded):
        np.testing.assert_allclose(vertices(few, i), simplified(polygon, K), atol=1e-4)
    # The same of what is cut to more vertices than there were.
    spiky = np.stack([star(40, 32, 30, K, seed, 0.3) for seed in (2, 2, 2, 5)]).astype(np.float32)
    out, _ = moved([ja.Crop(20, 0, 80, 64)], spiky)
    left = clipped(spiky[0] - [20, 0], 60, 64)
    assert len(left) == K + 2
    np.testing.assert_allclose(out[0], simplified(left, K), atol=1e-4)
    # Where they fit in the end, nothing is lost on the way.
    out, _ = moved([ja.Crop(20, 0, 80, 64), ja.Crop(0, 26, 60, 64)], spiky)
    left = clipped(spiky[0] - [20, 26], 60, 38)
    np.testing.assert_allclose(np.unique(out[0], axis=0), np.unique(np.float32(left), axis=0), atol=1e-4)


def test_an_outline_ends_in_front_of_the_horizon() -> None:
    # x, y -> x / w, y / w with w = 1 - x / 50: from x = 50 on, nothing has an image.
    warp = matrix_warp(
        np.linalg.inv([[1, 0, 0], [0, 1, 0], [-1 / 50, 0, 1]]), (H, W), (H, W), Structure.PROJECTIVE, name="steep"
    )
    box = padded([[10, 10], [70, 10], [70, 30], [10, 30]])[None]
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": box}
    out = ja.Compose([]).apply(ja.Plan((warp,)), sample)["polygons"][0]
    y, x = np.mgrid[0:H, 0:W] + 0.5
    back_x, back_y = x / (1 + x / 50), y / (1 + x / 50)
    seen = (back_x > 10) & (back_x < 70) & (back_y > 10) & (back_y < 30)
    assert overlap(raster(out, (H, W)), seen) > 0.98
    # The sides of the box go on along their lines, y = 10 (1 + x / 50) and y = 30 (1 + x / 50).
    left, far = 12.5, 1000.0
    wedge = [[left, 12.5], [far, 210], [far, 630], [left, 37.5]]
    assert shoelace(out) == pytest.approx(shoelace(clipped(wedge, W, H)), rel=1e-3)


# Which rows are left ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_clip_or_keep() -> None:
    steps = [ja.Crop(20, 0, 50, 40)]
    out, valid = moved(steps, clip=False)
    np.testing.assert_allclose(out[:3], SHAPES[:3] - [20, 0], atol=1e-5)
    np.testing.assert_array_equal(valid, [True, True, True, True])
    cut, cut_valid = moved(steps)
    np.testing.assert_array_equal(cut_valid, valid)
    assert (cut >= 0).all()
    assert (cut <= [30, 40]).all()
    # What left the picture on the way is not seen again, whether or not its vertices come back.
    for clip in (True, False):
        out, valid = moved([ja.Crop(33, 0, 80, 64), ja.Pad((33, 0, 0, 0))], clip=clip)
        np.testing.assert_array_equal(valid, [False, True, True, True])
        np.testing.assert_array_equal(out[0], 0)
        assert out[2].min() < 33 if not clip else out[2, :, 0].min() == 33


@pytest.mark.slow
def test_limits_compare_with_the_area_that_came_in() -> None:
    box = np.stack([padded([[10, 10], [30, 10], [30, 30], [10, 30]])] * 4)
    # Half of it, then three fifths of that, enlarged by two; and a turn, which costs nothing.
    halved = [ja.Crop(20, 0, 80, 64), ja.Crop(0, 0, 60, 22), ja.Resize(44, 120)]
    for limit, alive in ((0.29, True), (0.31, False)):
        _, valid = moved(halved, box, min_visibility=limit)
        assert valid.tolist() == [alive] * 4
    for limit, alive in ((479.9, True), (480.1, False)):
        out, valid = moved(halved, box, min_area=limit)
        assert valid.tolist() == [alive] * 4
        assert shoelace(out[0]) == pytest.approx(480)
    # What is bent has the same area as its uncut copy.
    _, valid = moved([ja.Affine(rotate=(30, 30), p=1), ja.GridDistortion(p=1)], box, min_visibility=1.0)
    assert valid.all()


def test_polygons_boxes_and_masks_live_together() -> None:
    low, high = SHAPES.min(axis=1), SHAPES.max(axis=1)
    sample = {
        "image": np.zeros((H, W), np.uint8),
        "polygons": SHAPES,
        "bboxes": np.concatenate([low, high], axis=1),
        "masks": np.stack([raster(p, (H, W)) for p in SHAPES]).astype(np.uint8),
        "valid": np.array([True, True, False, True]),
        "labels": np.arange(4),
    }
    augment = ja.Compose(
        [ja.Crop(24, 4, 60, 46)],
        bbox_params=ja.BboxParams("pascal_voc"),
        target_params={"polygons": PolygonParams(min_visibility=0.2)},
    )
    out = augment(KEY, sample)
    # Of the first a corner is left, which its box still shows; the third was not in use.
    share = [shoelace(clipped(p - [24, 4], 36, 42)) / shoelace(p) for p in SHAPES]
    assert share[0] < 0.2 < min(share[1], share[3])
    np.testing.assert_array_equal(out["valid"], [False, True, False, True])
    short = augment.compact(out)
    assert [len(short[k]) for k in ("polygons", "bboxes", "masks", "valid", "labels")] == [2] * 5
    np.testing.assert_array_equal(short["labels"], [1, 3])
    np.testing.assert_array_equal(short["polygons"], np.asarray(out["polygons"])[[1, 3]])


def test_compact_drops_rows_of_zeros_and_their_labels() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": SHAPES, "labels": np.arange(4)}
    augment = ja.Compose([ja.Crop(40, 0, 80, 64)], target_params={"polygons": {"label_fields": ["labels"]}})
    out = augment(KEY, sample)
    np.testing.assert_array_equal(out["polygons"][0], 0)
    augment.check(out)
    short = augment.compact(out)
    np.testing.assert_array_equal(short["labels"], [1, 3])
    assert len(short["polygons"]) == 2
    with pytest.raises(ValueError, match="label_fields names 'classes'"):
        ja.Compose([], target_params={"polygons": {"label_fields": {"polygons": "classes"}}})(KEY, sample)


@pytest.mark.slow
def test_bad_rows_harm_no_other() -> None:
    line, point, zero = padded([[1, 1], [9, 9], [5, 5]]), padded([[7, 7]]), np.zeros((K, 2))
    huge, outside = SHAPES[0] * np.float32(1e30), SHAPES[0] + 200
    none, infinite = (np.where(np.arange(K)[:, None] == 5, v, SHAPES[0]) for v in (np.nan, np.inf))
    for steps in ([], [ja.Affine(rotate=(30, 30), p=1), ja.GridDistortion(p=1)]):
        expected, alive = moved(steps)
        assert alive.all()
        # Outside `jit` such rows are refused.
        run = jax.jit(ja.Compose(steps))
        for bad in ((line, point, zero), (huge, none, infinite), (outside, outside, none)):
            rows = np.stack([*bad, SHAPES[3]]).astype(np.float32)
            sample = {"image": np.zeros((H, W), np.uint8), "polygons": rows, "polygons_valid": np.ones(4, bool)}
            out = run(KEY, sample)
            assert out["polygons_valid"].tolist() == [False] * 3 + [True]
            np.testing.assert_array_equal(out["polygons"][:3], 0)
            np.testing.assert_allclose(out["polygons"][3], expected[3], atol=1e-4)


# Cut-outs -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_the_share_that_is_left_counts_pixel_centres() -> None:
    rng = np.random.default_rng(0)
    left = rng.random((H, W)) < np.linspace(0, 1.2, W)
    # Away from pixel centres, which may count to either side of an edge.
    whole = SHAPES + [0.137, 0.271]
    shapes = np.concatenate([whole, whole[:, ::-1], whole + rng.uniform(-40, 40, (4, 1, 2)), SHAPES / 200 + 9])
    share = jax.jit(share_left)(rings(shapes), left)
    for i, polygon in enumerate(shapes):
        inside = raster(polygon, (H, W))
        if inside.any():
            assert share[i] == pytest.approx((inside & left).sum() / inside.sum(), abs=1e-6)
        else:
            assert share[i] == left[9, 9] or i < 12


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "thin", "keep"])
def test_polygons_lose_what_is_cut_out(how: str) -> None:
    def run(hole: list[int], **params: Any) -> Any:
        holes = Rectangles(jnp.array([hole]), jnp.array([True]))
        plan = ja.Plan((Erase(holes, jax.random.key_data(KEY), rows=how),))
        sample = {"image": np.ones((H, W), np.uint8), "polygons": SHAPES, "polygons_valid": np.ones(4, bool)}
        out = ja.Compose([], target_params={"polygons": params}).apply(plan, sample)
        np.testing.assert_allclose(out["polygons"], SHAPES, atol=1e-5)
        return list(map(bool, out["polygons_valid"]))

    gone = how == "keep"
    assert run([8, 6, 32, 31]) == [gone, True, True, True]
    # Three fifths of the last one are left.
    inside = raster(SHAPES[3], (H, W))
    column = int(np.argmax(inside.sum(axis=0).cumsum() > 0.4 * inside.sum()))
    share = inside[:, column:].sum() / inside.sum()
    hole = [0, 0, column, H]
    assert run(hole, min_visibility=float(share) - 0.01)[3]
    assert run(hole, min_visibility=float(share) + 0.01)[3] == gone
    area = float(share) * shoelace(SHAPES[3])
    assert run(hole, min_area=area - 1)[3]
    assert run(hole, min_area=area + 1)[3] == gone


# Ways to run --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_invert_brings_vertices_back() -> None:
    middle = SHAPES * 0.5 + [20, 16]
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": middle.astype(np.float32)}
    augment = ja.Compose([ja.HorizontalFlip(p=1), ja.Perspective(p=1), ja.Rotate(40, p=1), ja.Resize(90, 70)])
    plan = augment.sample(KEY, sample)
    out = augment.apply(plan, sample)
    assert np.abs(out["polygons"] - sample["polygons"]).max() > 5
    np.testing.assert_allclose(augment.invert(plan, out)["polygons"], sample["polygons"], atol=0.01)


@pytest.mark.slow
def test_invert_unbends_polygons() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": (SHAPES * 0.5 + [20, 16]).astype(np.float32)}
    bend = ja.Compose([ja.GridDistortion(4, 0.3, p=1)])
    plan = bend.sample(KEY, sample)
    back = np.asarray(bend.invert(plan, bend.apply(plan, sample))["polygons"])
    for before, after in zip(sample["polygons"], back, strict=True):
        assert overlap(raster(before, (4 * H, 4 * W), 4), raster(after, (4 * H, 4 * W), 4)) > 0.95


def test_what_is_not_applied_leaves_every_vertex() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": SHAPES}
    augment = ja.Compose([ja.GridDistortion(p=0.5), ja.Affine(rotate=(20, 20), p=0.0)])
    outs = jax.jit(lambda keys: jax.lax.map(lambda key: augment(key, sample)["polygons"], keys))(
        jax.random.split(KEY, 8)
    )
    same = np.abs(np.asarray(outs) - SHAPES).max(axis=(1, 2, 3)) == 0
    assert 0 < same.sum() < 8


@pytest.mark.slow
def test_batch_vmap_jit_and_eager_agree() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "polygons": SHAPES, "polygons_valid": np.array([1, 1, 0, 1], bool)}
    sample = jax.tree.map(jnp.asarray, sample)
    batch = jax.tree.map(lambda a: jnp.stack([a] * 3), sample)
    augment = ja.Compose([ja.Affine(rotate=(-40, 40), p=0.7), ja.RandomCrop(40, 50)])
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(3))
    batched, mapped = compiled(augment.batch)(KEY, batch), compiled(jax.vmap(augment))(keys, batch)
    for i in range(3):
        alone = augment(keys[i], sample)
        for other in (batched, mapped):
            np.testing.assert_allclose(alone["polygons"], other["polygons"][i], atol=1e-3)
            np.testing.assert_array_equal(alone["polygons_valid"], other["polygons_valid"][i])


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_rings_may_lie_side_by_side() -> None:
    shifts = np.array([[0, 0], [20, 9], [-9, 13], [300, 0]], np.float32)
    planes = jnp.array([[1.0, 0, 0], [-1, 0, 40], [0, 1, 0], [0, -1, 32]])

    def area(shift: Any) -> Any:
        ring = cut_rings(rings(SHAPES - shift).widened(K + 9), planes)
        return ring.area, reduce_rings(ring, 6).area

    every, few = jax.jit(jax.vmap(area))(shifts)
    for i, shift in enumerate(shifts):
        for j in range(len(SHAPES)):
            expected = clipped(vertices(rings(SHAPES - shift), j), 40, 32)
            assert every[i, j] == pytest.approx(shoelace(expected) if expected else 0, rel=1e-4, abs=1e-2)
            assert few[i, j] == pytest.approx(shoelace(simplified(expected, 6)) if expected else 0, rel=1e-3, abs=0.1)


@pytest.mark.slow
def test_gradients_are_finite() -> None:
    polygons = np.stack([SHAPES[0], SHAPES[1], np.zeros((K, 2), np.float32), SHAPES[3] + 500])

    def loss(limit: Any, polygons: Any) -> Any:
        sample = {"image": jnp.zeros((H, W)), "polygons": polygons}
        steps = [ja.Perspective((0.1, limit), p=1), ja.GridDistortion(p=1)]
        return jnp.sin(ja.Compose(steps)(KEY, sample)["polygons"]).sum()

    by_limit, by_vertex = jax.jit(jax.grad(loss, argnums=(0, 1)))(jnp.float32(0.2), jnp.asarray(polygons))
    assert np.isfinite(by_limit)
    assert by_limit != 0
    assert np.isfinite(by_vertex).all()
    assert (np.abs(by_vertex).max(axis=(1, 2)) > 0).tolist() == [True, True, False, False]


@pytest.mark.slow
def test_polygons_in_a_padded_buffer_move_as_in_a_picture_of_their_size() -> None:
    steps = [ja.HorizontalFlip(p=1), ja.Rotate((25, 25), p=1), ja.RandomScale((0.3, 0.3), p=1)]
    polygons = (SHAPES * [0.8, 0.7]).astype(np.float32)
    exact = {"image": np.zeros((50, 70), np.uint8), "polygons": polygons}
    alone = ja.Compose(steps)(KEY, exact)
    large = {"image": np.zeros((H, W), np.uint8), "polygons": polygons, "size": np.array([50, 70])}
    out = compiled(ja.Compose(steps))(KEY, large)
    np.testing.assert_array_equal(out["size"], alone["image"].shape)
    np.testing.assert_allclose(out["polygons"], alone["polygons"], atol=2e-3)
    assert (np.asarray(out["polygons"]) <= np.asarray(out["size"])[::-1]).all()


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_tears_or_grows_pictures_is_refused() -> None:
    sample = {"image": np.zeros((H, W), np.uint8), "left": {"polygons": SHAPES}}
    for steps in ([ja.RandomGridShuffle(p=1)], [ja.OneOf([ja.NoOp(), ja.RandomGridShuffle((2, 2))], p=0.5)]):
        with pytest.raises(ValueError, match="RandomGridShuffle cannot move 'left/polygons': no polygons can follow"):
            ja.Compose(steps)(KEY, sample)
    with pytest.raises(ValueError, match=r"Morphological cannot move 'left/polygons': no polygons can follow"):
        ja.Compose([ja.Morphological(p=1)])(KEY, sample)
    assert "polygons" in kinds_without("flip_voxels")
    assert "polygons" not in kinds_without("warp") | kinds_without("erase")
    # On average, pixels that scatter stay.
    np.testing.assert_array_equal(ja.Compose([ja.PixelSpread(p=1)])(KEY, sample)["left"]["polygons"], SHAPES)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 2), (4, 5, 3), (2, 4, 5, 2)])
def test_shapes_that_are_no_polygons(shape: tuple[int, ...]) -> None:
    message = r"'polygons' has shape .* polygons must have shape \(N, K, 2\)"
    with pytest.raises(ValueError, match=message):
        ja.Compose([])(KEY, image=np.zeros((H, W), np.uint8), polygons=np.zeros(shape, np.float32))


def test_check_names_target_and_row() -> None:
    def check(polygon: Any, **params: Any) -> None:
        augment = ja.Compose([], target_params={"polygons": params})
        rows = np.stack([SHAPES[0], np.zeros((K, 2)), padded(polygon)]).astype(np.float32)
        augment.check({"image": np.zeros((H, W), np.uint8), "a": {"polygons": rows}})

    for polygon, message in (
        ([[1, 1], [np.nan, 5], [9, 1]], r"'a/polygons' row 2 has the vertex \[nan, 5.0\]: polygons must be finite"),
        ([[1, 1], [5, 5], [9, 9]], r"'a/polygons' row 2 starts with \[\[1.0, 1.0\].*it has no area"),
        ([[1, 1], [80.01, 5], [9, 9]], r"'a/polygons' row 2 has the vertex \[80.01.*outside its picture of 64 x 80"),
        ([[1, -0.01], [8, 5], [9, 9]], r"'a/polygons' row 2 has the vertex .*target_params={'polygons': {'clip': Fal"),
    ):
        with pytest.raises(ValueError, match=message):
            check(polygon)
    check([[1, 1], [80.0005, 5], [9, 9]])
    check([[1, -0.01], [80.01, 5], [9, 9]], clip=False)
    with pytest.raises(ValueError, match="'a/polygons' row 2 lies outside its picture of 64 x 80"):
        check([[-9, 4], [0, 5], [-3, 9]], clip=False)


def test_params_are_those_of_polygons() -> None:
    assert PolygonParams(label_fields=["a"]).label_fields == ("a",)
    assert hash(PolygonParams(label_fields={"polygons": "a"}))
    with pytest.raises(TypeError, match="The params of 'polygons' must be PolygonParams"):
        ja.Compose([], target_params={"polygons": ja.KeypointParams("xy")})
    named = ja.Compose([ja.HorizontalFlip(p=1)], additional_targets={"roads": "polygons"})
    out = named(KEY, image=np.zeros((H, W), np.uint8), roads=SHAPES)
    np.testing.assert_allclose(out["roads"], SHAPES * [-1, 1] + [W, 0])
