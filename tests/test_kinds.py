"""Oriented boxes, flow, normals and camera matrices follow every warp: against moved points and numbers by hand."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled
from scipy.ndimage import binary_dilation, map_coordinates
from table import BY_NAME, FAMILIES, FOLLOWED, STRUCTURES, TABLE, WARPS, at_defaults, beside, named

import jaxaug as ja
from jaxaug.backend import struct

KEY = jax.random.key(0)
#: As many at the arguments of the table as at default numbers.
DRAWS = 6
STEP = 0.1
XY = ja.KeypointParams("xy")
#: Points that tell where things go: how many of each, and how many make one of them.
PARTS = {"probes": (50, 6), "corners": (12, 8), "dots": (30, 1)}
#: Warps with kinks: at the nodes of a mesh, or at pixel centres, between which a dense field is linear.
KINKED = ("GridDistortion", "ElasticTransform", "PiecewiseAffine", "GridElasticDeform", "ThinPlateSpline")
BENT = (*KINKED, "OpticalDistortion", "WaterRefraction")
#: A strong lens has no image of what lies near the corners, and a vector that ends there becomes zero.
GENTLE = {"OpticalDistortion": ja.OpticalDistortion(0.1, p=1)}
#: Pipelines that are no single transform.
CHAINS: dict[str, list[Any]] = {
    "choice": [
        ja.OneOf([ja.HorizontalFlip(), ja.Rotate(60), ja.Affine(shear=(-20, 20)), ja.Perspective((0.05, 0.1))], p=1),
        ja.VerticalFlip(p=0.5),
        ja.GaussNoise(p=0.5),
    ],
    "chain": [
        ja.HorizontalFlip(p=1),
        ja.GridDistortion(3, 0.2, p=1),
        ja.RandomBrightnessContrast(p=1),
        ja.Rotate(30, p=1),
        ja.Resize(57, 67),
    ],
}


# What there is to see -----------------------------------------------------------------------------------------------


def flow_at(x: Any, y: Any, size: tuple[int, int]) -> np.ndarray:
    """A motion that is linear in place, which linear reading keeps exactly."""
    x, y = np.asarray(x) - size[1] / 2, np.asarray(y) - size[0] / 2
    return np.stack([0.06 * x - 0.04 * y + 1.5, 0.05 * x + 0.03 * y - 1.0], axis=-1)


def normal_at(x: Any, y: Any) -> np.ndarray:
    """Unit vectors that turn slowly."""
    turn, tilt = np.asarray(x) / 20 + 0.3, 0.6 + np.asarray(y) / 100
    return np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], axis=-1)


def corners(rows: np.ndarray) -> np.ndarray:
    """(..., 4, 2) corners of oriented boxes in edge coordinates, along the picture of the width axis."""
    x, y, w, h, angle = np.moveaxis(np.asarray(rows, np.float64)[..., :5], -1, 0)
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    a, b = np.stack([c * w, -s * w], -1) / 2, np.stack([s * h, c * h], -1) / 2
    centre = np.stack([x, y], -1)
    return np.stack([centre - a - b, centre + a - b, centre + a + b, centre - a + b], axis=-2)


def probed(points: np.ndarray) -> np.ndarray:
    """(N, 4, 2) points a little to the left, right, above and below."""
    return points[:, None] + STEP * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])


SPACE = np.random.default_rng(3).uniform([-1, -1, 3], [1, 1, 6], (30, 3))


def camera(size: tuple[int, int]) -> np.ndarray:
    return np.array([[1.1 * size[1], 0.4, size[1] / 2 - 2], [0, 1.2 * size[0], size[0] / 2 + 1], [0, 0, 1]])


def projected(matrix: np.ndarray) -> np.ndarray:
    seen = SPACE @ np.asarray(matrix, np.float64).T
    return seen[:, :2] / seen[:, 2:]


def parts(sample: dict[str, Any]) -> dict[str, Any]:
    """A sample in which the keypoints are told apart by what they tell."""
    out, start = dict(sample), 0
    for name, (count, each) in PARTS.items():
        points = sample["keypoints"][..., start : start + count * each, :]
        out[name] = points.reshape(*points.shape[:-2], *((count, each) if each > 1 else (count,)), 2)
        start += count * each
    return out


def scene(size: tuple[int, int], *, camera_too: bool = True, twice: bool = True) -> dict[str, Any]:
    """A sample of all kinds, and keypoints that tell where they have to go, all in float32."""
    height, width = size
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    points = rng.uniform([6, 6], [width - 7, height - 7], (50, 2))
    ends = points + flow_at(points[:, 0], points[:, 1], size)
    boxes = np.column_stack(
        [rng.uniform([0.3, 0.3], [0.7, 0.7], (12, 2)) * [width, height], rng.uniform(5, 16, (12, 2))]
        + [rng.uniform(0, 360, 12), np.arange(12) + 0.5]
    )
    twice_y, twice_x = np.mgrid[0 : 2 * height, 0 : 2 * width] / 2 - 0.25
    # Points, their ends after the motion, and their neighbourhoods; the same of boxes, in pixel-centre coordinates.
    probes = np.concatenate([points[:, None], ends[:, None], probed(points)], axis=1)
    around = np.concatenate([corners(boxes), probed(boxes[:, :2])], axis=1) - 0.5
    told = (probes, around, projected(camera(size)))
    sample: dict[str, Any] = {
        "depth": x + 64 * y,
        "flow": flow_at(x, y, size),
        "normals": normal_at(x, y),
        "obboxes": boxes,
        "keypoints": np.concatenate([t.reshape(-1, 2) for t in told]),
    }
    if twice:
        twice_y, twice_x = np.mgrid[0 : 2 * height, 0 : 2 * width] / 2 - 0.25
        sample["twice"] = {"flow": 2 * flow_at(twice_x, twice_y, size)}
    if camera_too:
        doubled = np.diag([2.0, 2.0, 1.0]) @ camera(size)
        doubled[:2, 2] += 0.5
        sample["intrinsics"] = camera(size)
        sample["twice"]["intrinsics"] = doubled
    sample = jax.tree.map(lambda a: np.asarray(a, np.float32), sample)
    for name in ("obboxes", "keypoints"):
        sample[f"{name}_valid"] = np.ones(len(sample[name]), bool)
    return sample


@functools.cache
def warped(name: str) -> tuple[Any, Any, Any]:
    """The scene, what a pipeline makes of it in some draws, and what inverting makes of that: one program."""
    case = FOLLOWED.get(name)
    steps = CHAINS[name] if case is None else [GENTLE.get(name, case.transform)]
    size = (45, 59) if case is None else case.size
    augment = ja.Compose(steps, keypoint_params=XY, bbox_params=ja.BboxParams("pascal_voc"))
    # The field of the elastic transform makes the longest program: no second picture there.
    settings = {"camera_too": name not in (*BENT, "chain"), "twice": name != "ElasticTransform"}
    sample = scene(size, **settings) | (beside(case, size) if case else {})
    if "size" in sample:
        sample["twice"]["size"] = 2 * sample["size"]
    sample = jax.tree.map(jnp.asarray, sample)

    traces = []

    @jax.jit
    def run(augment: Any, keys: Any) -> Any:
        traces.append(1)

        def one(key: Any) -> Any:
            plan = augment.sample(key, sample)
            out = augment.apply(plan, sample)
            return out, augment.invert(plan, out)

        return jax.lax.map(one, keys)

    mild = augment if case is None else struct.replace(augment, transforms=(at_defaults(steps[0]),))
    strong, weak = jax.random.split(jax.random.key(4), (2, DRAWS // 2))
    both = run(augment, strong), run(mild, weak)
    assert len(traces) == 1
    out, back = jax.tree.map(lambda *draws: np.concatenate(draws), *both)
    return parts(jax.tree.map(np.asarray, sample)), parts(out), parts(back)


def each(*names: str) -> Any:
    return named(names or (*FOLLOWED, *CHAINS), quick=("Affine", "GridDistortion"), group="kinds")


def slopes(probes: np.ndarray) -> np.ndarray:
    """(N, 2, 2) derivatives of the map that moved the points around N points."""
    left, right, above, below = np.moveaxis(probes[:, -4:].astype(np.float64), 1, 0)
    return np.stack([right - left, below - above], axis=-1) / (2 * STEP)


def reading(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.stack(
        [map_coordinates(field[..., c].astype(np.float64), points.T[::-1], order=1) for c in range(field.shape[-1])], -1
    )


def inside(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points lie between four pixels that all show something."""
    height, width = field.shape[:2]
    shown = (np.abs(np.linalg.norm(field.astype(np.float64), axis=-1) - 1) < 1e-3).astype(np.float64)
    within = (points >= 0).all(1) & (points <= [width - 1, height - 1]).all(1)
    return within & (map_coordinates(shown, points.T[::-1], order=1) > 1 - 1e-6)


def near(errors: list[float], most: float, name: str, *, least: int = 20) -> None:
    """Errors below a limit; between the kinks of bent maps, which reading between pixels cannot show."""
    assert len(errors) >= least
    if not errors:
        return
    if name in (*KINKED, "chain"):
        assert np.quantile(errors, 0.9) < most
        assert np.median(errors) < most / 3
    else:
        assert max(errors) < most


def judged(draws: list[list[float]], most: float, name: str, *, least: int = 20) -> None:
    """Errors of each draw: by default water has waves of a few pixels, which bend as sharply as a kink."""
    strong, mild = ([e for draw in half for e in draw] for half in (draws[: DRAWS // 2], draws[DRAWS // 2 :]))
    near(strong, most, name, least=least // 2)
    near(mild, most, "chain" if name == "WaterRefraction" else name, least=least // 2)


# Against moved points -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@each()
def test_both_ends_of_a_flow_move_like_points(name: str) -> None:
    _, out, _ = warped(name)
    errors: list[list[float]] = []
    fine: list[list[float]] = []
    for i in range(DRAWS):
        probes = out["probes"][i]
        seen = inside(out["normals"][i], probes[:, 0])
        there, expected = probes[seen, 0], probes[seen, 1] - probes[seen, 0]
        errors.append(list(np.abs(reading(out["flow"][i], there) - expected).max(axis=1)))
        if "twice" in out:
            ratio = np.array(out["twice"]["flow"].shape[2:0:-1]) / out["flow"].shape[2:0:-1]
            read = reading(out["twice"]["flow"][i], (there + 0.5) * ratio - 0.5)
            fine.append(list(np.abs(read / ratio - expected).max(axis=1)))
    judged(errors, 0.1, name)
    judged(fine, 0.1, name, least=20 if "twice" in out else 0)


@each()
def test_normals_turn_with_the_rotation_nearest_to_the_warp(name: str) -> None:
    sample, out, _ = warped(name)
    errors = []
    for i in range(DRAWS):
        probes = out["probes"][i]
        seen = inside(out["normals"][i], probes[:, 0])
        u, _, v = np.linalg.svd(slopes(probes[seen]))
        before = normal_at(*sample["probes"][seen, 0].T)
        turned = np.einsum("nij,nj->ni", u @ v, before[:, :2])
        # Steps that shear or bend one after another turn by the product of their own rotations.
        after = reading(out["normals"][i], probes[seen, 0])
        after /= np.linalg.norm(after, axis=1, keepdims=True)
        expected = np.concatenate([turned, before[:, 2:]], axis=1)
        errors += list(np.rad2deg(np.linalg.norm(after - expected, axis=1)))
    near(errors, 1.0 if name != "chain" else 6.0, name)


@each()
def test_depth_is_that_of_the_nearest_pixel(name: str) -> None:
    sample, out, _ = warped(name)
    apart = []
    for i in range(DRAWS):
        probes = out["probes"][i]
        seen = inside(out["normals"][i], probes[:, 0])
        there = probes[seen, 0]
        pixel = np.round(there).astype(int)
        value = out["depth"][i][pixel[:, 1], pixel[:, 0]]
        read = np.stack([value % 64, value // 64], axis=-1)
        beside = np.linalg.solve(slopes(probes[seen]), (pixel - there)[..., None])[..., 0]
        apart += list(read - sample["probes"][seen, 0] - beside)
    assert len(apart) >= 20
    # Half a pixel from the middle of a pixel to its edge.
    worst = np.abs(apart).max(axis=1)
    assert (np.quantile(worst, 0.9) if name in (*KINKED, "chain") else worst.max()) < 0.6
    assert np.abs(np.mean(apart, axis=0)).max() < 0.1


@each()
def test_oriented_boxes_keep_direction_and_area(name: str) -> None:
    sample, out, _ = warped(name)
    exact = 0
    angles, areas, widths = [], [], []
    for i in range(DRAWS):
        after, moved = out["obboxes"][i], out["corners"][i]
        jacobian = slopes(moved)
        alive = out["obboxes_valid"][i]
        assert alive.sum() >= 4
        np.testing.assert_array_equal(after[:, 5], sample["obboxes"][:, 5])
        assert (after[alive, 4] >= 0).all()
        assert (after[alive, 4] < 360).all()
        turn = np.deg2rad(sample["obboxes"][:, 4])
        axis = np.einsum("nij,jn->ni", jacobian, [np.cos(turn), -np.sin(turn)])
        expected = np.rad2deg(np.arctan2(-axis[:, 1], axis[:, 0]))
        angles += list(np.abs((after[:, 4] - expected + 180) % 360 - 180)[alive])
        ratio = after[:, 2:4].prod(1) / sample["obboxes"][:, 2:4].prod(1)
        areas += list(np.abs(ratio / np.abs(np.linalg.det(jacobian)) - 1)[alive])
        widths += list(np.abs(after[:, 2] / sample["obboxes"][:, 2] / np.linalg.norm(axis, axis=1) - 1)[alive])
        grown = np.swapaxes(jacobian, 1, 2) @ jacobian
        even = np.abs(grown / np.sqrt(np.linalg.det(grown))[:, None, None] - np.eye(2)).max(axis=(1, 2)) < 1e-3
        if name not in (*BENT, "chain", "Perspective", "choice"):
            for j in np.flatnonzero(even & alive):
                apart = np.linalg.norm(corners(after[j])[:, None] - (moved[j, :4] + 0.5), axis=-1)
                assert apart.min(axis=0).max() < 0.1
                assert apart.min(axis=1).max() < 0.1
                exact += 1
    near(angles, 1.0, name, least=12)
    near(areas, 0.02, name, least=12)
    near(widths, 0.02, name, least=12)
    if (name in FOLLOWED and FOLLOWED[name].exact) or name == "Rotate":
        assert exact >= 12


@each(*(n for n in FOLLOWED if n not in BENT), "choice")
def test_camera_matrices_project_onto_the_moved_points(name: str) -> None:
    sample, out, back = warped(name)
    for i in range(DRAWS):
        np.testing.assert_allclose(projected(out["intrinsics"][i]), out["dots"][i], atol=0.1)
        ratio = np.array(out["twice"]["flow"].shape[2:0:-1]) / out["flow"].shape[2:0:-1]
        fine = (projected(out["twice"]["intrinsics"][i]) + 0.5) / ratio - 0.5
        np.testing.assert_allclose(fine, out["dots"][i], atol=0.1)
        if name not in ("Perspective", "choice"):
            np.testing.assert_allclose(out["intrinsics"][i, 2], [0, 0, 1], atol=1e-6)
        np.testing.assert_allclose(back["intrinsics"][i], sample["intrinsics"], atol=0.02)
        np.testing.assert_allclose(back["twice"]["intrinsics"][i], sample["twice"]["intrinsics"], atol=0.04)


@each()
def test_invert_brings_every_kind_back(name: str) -> None:
    sample, out, back = warped(name)
    flows, normals, boxes = [], [], []
    for i in range(DRAWS):
        # Both readings are of whole neighbourhoods: what the first one blended with its border is left out.
        length = np.linalg.norm(back["normals"][i], axis=-1)
        seen = np.abs(length - 1) < 1e-4
        seen[[0, -1]] = seen[:, [0, -1]] = False
        flows.append(list(np.abs(back["flow"][i] - sample["flow"])[seen].max(axis=-1)))
        normals.append(list(np.rad2deg(np.linalg.norm(back["normals"][i] - sample["normals"], axis=-1))[seen]))
        alive = back["obboxes_valid"][i]
        assert (alive <= out["obboxes_valid"][i]).all()
        turned = (back["obboxes"][i] - sample["obboxes"])[alive]
        turned[:, 4] = (turned[:, 4] + 180) % 360 - 180
        boxes += list(np.abs(turned).max(axis=1))
    judged(flows, 0.1, name, least=500)
    judged(normals, 1.0 if name != "ElasticTransform" else 3.0, name, least=500)
    near(boxes, 0.05, name, least=12)


# By hand ------------------------------------------------------------------------------------------------------------

H, W = 20, 30
FLIP, UPSIDE_DOWN, TURN = ja.HorizontalFlip(p=1), ja.VerticalFlip(p=1), ja.Transpose(p=1)


def vectors(channels: int, size: tuple[int, int] = (H, W)) -> np.ndarray:
    return np.random.default_rng(channels).normal(size=(*size, channels)).astype(np.float32)


def moved(steps: list[Any], sample: dict[str, Any], **settings: Any) -> Any:
    return jax.tree.map(np.asarray, ja.Compose(steps, **settings)(KEY, sample))


def test_whole_pixel_warps_move_vectors_bit_for_bit() -> None:
    flow, normals = vectors(2), vectors(3)
    for steps, place, turn in (
        ([FLIP], lambda a: a[:, ::-1], [[-1, 0], [0, 1]]),
        ([UPSIDE_DOWN], lambda a: a[::-1], [[1, 0], [0, -1]]),
        ([TURN], lambda a: a.swapaxes(0, 1), [[0, 1], [1, 0]]),
        ([FLIP, TURN], lambda a: a[:, ::-1].swapaxes(0, 1), [[0, 1], [-1, 0]]),
        ([ja.Crop(4, 2, 24, 12)], lambda a: a[2:12, 4:24], [[1, 0], [0, 1]]),
        ([ja.Pad((3, 1), fill=7, fill_mask=9)], lambda a: np.pad(a, ((1, 1), (3, 3), (0, 0))), [[1, 0], [0, 1]]),
    ):
        out = moved(steps, {"flow": flow, "normals": normals})
        matrix = np.array(turn, np.float32)
        np.testing.assert_array_equal(out["flow"], place(flow) @ matrix.T)
        np.testing.assert_array_equal(out["normals"][..., :2], place(normals)[..., :2] @ matrix.T)
        np.testing.assert_array_equal(out["normals"][..., 2], place(normals)[..., 2])


@pytest.mark.parametrize("border", ["reflect", "reflect_101", "replicate", "wrap"])
def test_vectors_beyond_a_border_that_mirrors_are_mirrored(border: str) -> None:
    flow, normals = vectors(2), vectors(3)
    mode: Any = {"reflect": "symmetric", "reflect_101": "reflect", "replicate": "edge", "wrap": "wrap"}[border]
    sides = ((2, 3), (5, 4))
    out = moved([ja.Pad((5, 2, 4, 3), border_mode=border)], {"flow": flow, "normals": normals})
    places = np.pad(np.stack(np.mgrid[0:H, 0:W]), ((0, 0), *sides), mode=mode)
    signs = np.ones((2, H + 5, W + 9))
    if "reflect" in border:
        signs[0, :, :5] = signs[0, :, -4:] = signs[1, :2] = signs[1, -3:] = -1
    signs = np.moveaxis(signs, 0, -1)
    np.testing.assert_allclose(out["flow"], flow[tuple(places)] * signs, atol=1e-5)
    np.testing.assert_allclose(out["normals"][..., :2], normals[tuple(places)][..., :2] * signs, atol=1e-5)
    np.testing.assert_allclose(out["normals"][..., 2], normals[tuple(places)][..., 2], atol=1e-5)


@pytest.mark.slow
def test_resizes_scale_motion_and_keep_normals() -> None:
    flow = np.broadcast_to(np.float32([1.5, -0.5]), (H, W, 2))
    normals = np.broadcast_to(np.float32([0.6, 0.0, 0.8]), (H, W, 3))
    # In another dict the same scene at half the size.
    half = {"flow": flow[::2, ::2] / 2}
    image = np.zeros((H, W), np.uint8)
    out = moved([ja.Resize(10, 60)], {"image": image, "flow": flow, "normals": normals, "half": half})
    np.testing.assert_allclose(out["flow"], np.broadcast_to([3.0, -0.25], (10, 60, 2)), atol=1e-6)
    np.testing.assert_allclose(out["half"]["flow"], np.broadcast_to([1.5, -0.125], (5, 30, 2)), atol=1e-6)
    np.testing.assert_allclose(out["normals"], np.broadcast_to(normals[0, 0], (10, 60, 3)), atol=1e-6)


@pytest.mark.parametrize(
    ("steps", "box", "matrix"),
    [
        ([], [20, 8, 8, 4, 30], [[9, 1, 14], [0, 7, 11], [0, 0, 1]]),
        ([FLIP], [10, 8, 8, 4, 150], [[-9, -1, 15], [0, 7, 11], [0, 0, 1]]),
        ([UPSIDE_DOWN], [20, 12, 8, 4, 330], [[9, 1, 14], [0, -7, 8], [0, 0, 1]]),
        ([TURN], [8, 20, 8, 4, 240], [[0, 7, 11], [9, 1, 14], [0, 0, 1]]),
        ([FLIP, UPSIDE_DOWN], [10, 12, 8, 4, 210], [[-9, -1, 15], [0, -7, 8], [0, 0, 1]]),
        ([ja.Crop(4, 2, 24, 12)], [16, 6, 8, 4, 30], [[9, 1, 10], [0, 7, 9], [0, 0, 1]]),
        ([ja.Resize(40, 60)], [40, 16, 16, 8, 30], [[18, 2, 28.5], [0, 14, 22.5], [0, 0, 1]]),
        # A quarter of a turn counter-clockwise about the centre: x, y becomes y + 5, 25 - x.
        ([ja.Rotate((90, 90), p=1)], [13, 5, 8, 4, 120], [[0, 7, 16], [-9, -1, 10], [0, 0, 1]]),
    ],
)
def test_oriented_boxes_and_camera_matrices(steps: list[Any], box: list[float], matrix: list[list[float]]) -> None:
    sample = {
        "obboxes": np.array([[20, 8, 8, 4, 30, 0.25, -3e5]], np.float32),
        "intrinsics": np.array([[9, 1, 14], [0, 7, 11], [0, 0, 1]], np.float32),
        "size": (H, W),
    }
    out = moved(steps, sample)
    np.testing.assert_allclose(out["obboxes"], [[*box, 0.25, -3e5]], atol=2e-4)
    np.testing.assert_allclose(out["intrinsics"], matrix, atol=1e-4)


def test_uneven_scales_keep_the_width_axis_and_the_area() -> None:
    # x doubles: a box along x, one along y, and one between them, whose axis (1, -1) becomes (2, -1).
    rows = np.array([[10, 8, 8, 4, 0], [10, 8, 8, 4, 90], [10, 8, 8, 4, 45]], np.float32)
    out = moved([ja.Resize(H, 2 * W)], {"obboxes": rows, "size": (H, W)})["obboxes"]
    width = 8 * np.sqrt(2.5)
    angle = np.rad2deg(np.arctan2(1, 2))
    expected = [[20, 8, 16, 4, 0], [20, 8, 8, 8, 90], [20, 8, width, 64 / width, angle]]
    np.testing.assert_allclose(out, expected, atol=1e-4)


# Which oriented boxes are kept --------------------------------------------------------------------------------------


def kept(steps: list[Any], rows: Any, mask: Any = None) -> list[bool]:
    """Which oriented boxes are left, told by a validity entry and, without one, by rows of zeros."""
    place = {"size": (H, W)} if mask is None else {"mask": mask}
    boxes = np.asarray(rows, np.float32)
    sample = {"obboxes": boxes, "obboxes_valid": np.ones(len(rows), bool), "plain": boxes, **place}
    out = moved(steps, sample, additional_targets={"plain": "obboxes"})
    np.testing.assert_array_equal(out["obboxes_valid"], (out["plain"] != 0).any(axis=1))
    return out["obboxes_valid"].tolist()


@pytest.mark.slow
def test_a_row_lives_while_some_of_its_rectangle_is_in_the_picture() -> None:
    window = ja.Crop(0, 0, 10, 20)
    # Inside; centre outside; only the enclosing box reaches in; beyond; all around the window.
    rows = [[5, 5, 4, 2, 0], [11, 8, 6, 2, 20], [14, -3, 14, 1, 315], [20, 8, 6, 2, 0], [15, 10, 90, 80, 30]]
    assert kept([window], rows) == [True, True, False, False, True]
    # What has left does not come back, and what was cut off is not seen.
    assert kept([window, ja.Pad((0, 0, 20, 0))], rows) == [True, True, False, False, True]
    assert kept([window, ja.Pad((0, 0, 20, 0)), ja.Crop(11, 0, 30, 20)], rows) == [False] * 5


def test_bad_rows_become_invalid_and_harm_no_other() -> None:
    bad = [[np.nan, 5, 4, 2, 0], [5, 5, 0, 2, 0], [5, 5, 4, -2, 0], [5, 5, 4, 2, np.inf]]
    rows = [[5, 5, 4, 2, 0], *bad, [9, 9, 4, 2, 0]]
    augment = ja.Compose([FLIP, ja.Rotate((10, 10), p=1)], bbox_params=ja.BboxParams("coco"))
    used = np.ones(len(rows), bool)
    sample = {"image": np.zeros((H, W, 3), np.uint8), "obboxes": np.array(rows, np.float32), "obboxes_valid": used}
    out = jax.jit(augment)(KEY, sample)
    assert out["obboxes_valid"].tolist() == [True, False, False, False, False, True]
    assert np.isfinite(out["obboxes"]).all()


def test_a_cut_out_takes_boxes_that_lie_in_it() -> None:
    mask = np.zeros((H, W), np.uint8)
    mask[3:13, 4:16] = 1
    # In the hole; half in it; beside it; around it; cut at the picture's edge, and what is left in the hole or not.
    rows = [
        [10, 8, 6, 4, 30],
        [16, 8, 6, 4, 0],
        [24, 15, 6, 4, 40],
        [10, 8, 26, 14, 5],
        [5, 8, 20, 4, 5],
        [7, 8, 24, 4, 5],
    ]
    left = kept([ja.Crop(6, 0, 30, 20), ja.MaskDropout(p=1)], rows, mask)
    assert left == [False, True, True, True, False, True]


def test_valid_tells_of_oriented_boxes_and_compact_drops_them() -> None:
    sample = {
        "image": np.zeros((H, W, 3), np.uint8),
        "flow": np.zeros((H, W, 2), np.float32),
        "intrinsics": np.eye(3, dtype=np.float32),
        "obboxes": np.array([[5, 5, 4, 2, 0], [25, 5, 4, 2, 0], [9, 9, 4, 2, 0]], np.float32),
        "labels": np.array([7, 8, 9]),
    }
    params = ja.BboxParams("coco", label_fields={"obboxes": ["labels"]})
    augment = ja.Compose([ja.Crop(0, 0, 15, 20)], bbox_params=params)
    together = augment.compact(augment(KEY, {**sample, "valid": np.ones(3, bool)}))
    np.testing.assert_array_equal(together["valid"], [True, True])
    for out in (together, augment.compact(augment(KEY, sample))):
        np.testing.assert_allclose(out["obboxes"], [[5, 5, 4, 2, 0], [9, 9, 4, 2, 0]], atol=1e-5)
        np.testing.assert_array_equal(out["labels"], [7, 9])
        assert out["intrinsics"].shape == (3, 3)
        assert out["flow"].shape == (20, 15, 2)
    augment.check(sample)
    for row, message in (
        ([np.nan, 5, 4, 2, 0], "must be finite"),
        ([5, 5, 0, 2, 0], "has no area"),
        ([-4, 5, 4, 2, 0], "lies outside its picture of 20 x 30"),
    ):
        with pytest.raises(ValueError, match=rf"'obboxes' row 1 .*{message}"):
            augment.check({**sample, "obboxes": np.array([[5, 5, 4, 2, 0], row, row])})
    with pytest.raises(ValueError, match=r"'intrinsics' is .*: it must be finite"):
        augment.check({**sample, "intrinsics": np.full((3, 3), np.nan)})


# Pipelines ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("border", ["constant", "reflect_101"])
def test_fused_chains_show_what_step_by_step_shows(border: str) -> None:
    steps = [
        ja.Affine(rotate=(25, 25), shear=(12, 12), border_mode=border, fill=0.5, p=1),
        FLIP,
        ja.RandomCrop(37, 41),
        ja.PadIfNeeded(45, 53, border_mode=border, fill=0.8),
        ja.Perspective((0.03, 0.06), border_mode=border, fill=0.5, p=1),
        ja.GridDistortion(3, 0.2, border_mode=border, p=1),
        ja.Rotate((20, 20), border_mode=border, p=1),
    ]
    sample = {k: v for k, v in scene((45, 59), twice=False, camera_too=False).items() if "keypoints" not in k}

    @jax.jit
    def run(key: Any, sample: Any) -> Any:
        return tuple(ja.Compose(steps, fuse=fuse)(key, sample) for fuse in (True, False))

    fused, apart = jax.tree.map(np.asarray, run(jax.random.key(2), sample))
    np.testing.assert_allclose(fused["obboxes"], apart["obboxes"], atol=1e-3)
    # At seams repeated reading blends what a border shows on both their sides.
    seams = np.zeros(fused["flow"].shape[:2], bool)
    for field in (fused["normals"], apart["normals"]):
        for axis in (0, 1):
            jumps = np.linalg.norm(np.diff(field, axis=axis), axis=-1) > 0.15
            seams |= np.pad(jumps, [(0, int(axis == i)) for i in (0, 1)])
    away = ~binary_dilation(seams, np.ones((3, 3)), iterations=2)
    assert away.mean() > 0.4
    flows = np.abs(fused["flow"] - apart["flow"]).max(axis=-1)
    normals = np.linalg.norm(fused["normals"] - apart["normals"], axis=-1)
    assert flows[away].max() < 0.2
    assert np.mean(flows[away] > 0.05) < 0.01
    assert normals[away].max() < 0.02
    length = np.linalg.norm(fused["normals"], axis=-1)
    if border == "constant":
        assert 0.05 < np.mean(length == 0) < 0.9
        assert (fused["flow"][length == 0] == 0).all()
    else:
        np.testing.assert_allclose(length, 1, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flow", "normals", "obboxes", "intrinsics"])
def test_every_kind_alone_moves_as_in_company(kind: str) -> None:
    everything = {k: v for k, v in scene((45, 59), twice=False, camera_too=False).items() if "keypoints" not in k}
    everything["intrinsics"] = camera((45, 59)).astype(np.float32)
    steps = [ja.Affine((0.9, 1.1), rotate=(20, 20), p=1), ja.VerticalFlip(p=1)]
    alone = {kind: everything[kind]} | ({"obboxes_valid": everything["obboxes_valid"]} if kind == "obboxes" else {})
    if kind in ("obboxes", "intrinsics"):
        alone["size"] = (45, 59)
    np.testing.assert_allclose(moved(steps, alone)[kind], moved(steps, everything)[kind], atol=1e-4)


@named([case.name for case in TABLE], quick=(*STRUCTURES[::4], *FAMILIES[2::2]), group="kinds")
def test_no_kind_is_needed_by_another(name: str) -> None:
    case = BY_NAME[name]
    place = TABLE.index(case)
    kinds = ("image", "mask", "bboxes", "keypoints", "depth", "flow", "normals", "obboxes")
    refused = ("obboxes",) if case.name == "Morphological" else ()
    # Draws of pixels count the channels of the image, and holes in objects want a mask or boxes' labels.
    kept = {"pixels": ("image",), "erase": ("mask",)}.get(case.family, case.needs)
    whole = {
        k: v
        for k, v in scene(case.size, twice=False, camera_too=False).items()
        if k.removesuffix("_valid") not in refused
    }
    whole |= labelled(*case.size, 3 if 3 in case.channels else case.channels[0])
    # Another kind is missing at every place of the table.
    kind = next(k for k in kinds[place % 8 :] + kinds if k not in (*kept, *refused))
    less = {k: v for k, v in whole.items() if k not in (kind, f"{kind}_valid")}
    augment = ja.Compose([case.transform], bbox_params=ja.BboxParams("pascal_voc"), keypoint_params=XY)
    # Every target moves by the plan alone: with the same plan the others stay as they are.
    full, part = jax.jit(lambda key: (augment.sample(key, whole), augment.sample(key, less)))(KEY)
    for a, b in zip(jax.tree.leaves(full), jax.tree.leaves(part), strict=True):
        np.testing.assert_array_equal(a, b)
    expected = jax.eval_shape(augment, KEY, whole)
    assert jax.eval_shape(augment, KEY, less) == {k: v for k, v in expected.items() if k in less}


def test_pixels_and_cut_outs() -> None:
    flow, normals = vectors(2), vectors(3)
    kinds = {"flow": flow, "normals": normals, "intrinsics": np.eye(3, dtype=np.float32)}
    sample = {"image": np.ones((H, W, 3), np.float32), "depth": np.ones((H, W), np.float32), **kinds}
    holes = {"num_holes_range": (1, 1), "hole_height_range": (5, 5), "hole_width_range": (7, 7), "p": 1}
    out = moved([ja.GaussNoise(p=1), ja.GaussianBlur(p=1), ja.CoarseDropout(**holes)], sample)
    for name in ("depth", *kinds):
        np.testing.assert_array_equal(out[name], sample[name])
    out = moved([ja.CoarseDropout(fill_mask=3, **holes)], sample)
    hole = out["depth"] == 3
    assert hole.sum() == 35
    for name in ("flow", "normals"):
        np.testing.assert_array_equal(out[name], np.where(hole[..., None], 0, sample[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", BENT)
def test_bent_warps_refuse_a_camera_matrix(name: str) -> None:
    bend = next(c.transform for c in WARPS if c.name == name)
    sample = {"left": {"image": np.zeros((H, W), np.uint8), "pinhole": np.eye(3, dtype=np.float32)}}
    message = rf"{name} cannot move 'left/pinhole': no intrinsics can follow what it does"
    for steps in ([bend], [FLIP, ja.OneOf([bend], p=0.5)]):
        augment = ja.Compose(steps, additional_targets={"pinhole": "intrinsics"})
        for run in (augment, augment.sample, jax.jit(augment)):
            with pytest.raises(ValueError, match=message):
                run(KEY, sample)
    ja.Compose([ja.OneOf([FLIP, UPSIDE_DOWN])], additional_targets={"pinhole": "intrinsics"})(KEY, sample)


def test_further_names_in_nested_groups_and_lists() -> None:
    flow, box = vectors(2), np.array([[20, 8, 8, 4, 30]], np.float32)
    sample = {
        "image": np.zeros((H, W), np.uint8),
        "a": {"b": {"back": flow, "flow": [flow, 2 * flow], "ships": box, "ships_valid": np.ones(1, bool)}},
        "normals": vectors(3),
    }
    out = moved([FLIP], sample, additional_targets={"back": "flow", "ships": "obboxes"})
    flipped = flow[:, ::-1] * np.float32([-1, 1])
    inner = out["a"]["b"]
    for seen, expected in ((inner["back"], flipped), (inner["flow"][0], flipped), (inner["flow"][1], 2 * flipped)):
        np.testing.assert_array_equal(seen, expected)
    np.testing.assert_allclose(inner["ships"], [[10, 8, 8, 4, 150]], atol=1e-4)
    np.testing.assert_array_equal(inner["ships_valid"], [True])


def test_rows_count_the_pixels_of_the_image_beside_a_smaller_flow() -> None:
    sample = {
        "flow": vectors(2, (10, 15)),
        "image": np.zeros((H, W), np.uint8),
        "intrinsics": np.eye(3, dtype=np.float32),
        "obboxes": np.array([[20, 8, 8, 4, 30]], np.float32),
    }
    out = moved([FLIP], sample, is_check_shapes=False)
    np.testing.assert_array_equal(out["flow"], sample["flow"][:, ::-1] * np.float32([-1, 1]))
    np.testing.assert_allclose(out["obboxes"], [[10, 8, 8, 4, 150]], atol=1e-4)
    np.testing.assert_allclose(out["intrinsics"], [[-1, 0, 29], [0, 1, 0], [0, 0, 1]])


@pytest.mark.slow
def test_batch_vmap_jit_and_eager_agree_and_keep_dtypes() -> None:
    sample = {k: v for k, v in scene((H, W), twice=False, camera_too=False).items() if "keypoints" not in k}
    sample |= {"intrinsics": np.float32(camera((H, W))), "half": {"flow": jnp.asarray(vectors(2), jnp.bfloat16)}}
    sample = jax.tree.map(jnp.asarray, sample)
    batch = jax.tree.map(lambda a: jnp.stack([a] * 3), sample)
    augment = ja.Compose([ja.ShiftScaleRotate(p=0.7), ja.HorizontalFlip()])
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(3))
    batched, mapped = jax.jit(augment.batch)(KEY, batch), jax.jit(jax.vmap(augment))(keys, batch)
    for i in range(3):
        alone = augment(keys[i], sample)
        assert jax.tree.map(lambda a: a.dtype, alone) == jax.tree.map(lambda a: a.dtype, sample)
        for other in (batched, mapped):
            for a, b in zip(jax.tree.leaves(alone), jax.tree.leaves(other), strict=True):
                tolerance = 0.05 if a.dtype == jnp.bfloat16 else 1e-3
                np.testing.assert_allclose(np.float32(a), np.float32(b[i]), atol=tolerance)


@pytest.mark.slow
def test_gradients_are_finite() -> None:
    sample = {k: v for k, v in scene((H, W), twice=False, camera_too=False).items() if v.dtype == np.float32}
    sample["normals"] = np.where(np.arange(W)[:, None] < 9, 0, sample["normals"]).astype(np.float32)

    def loss(limit: Any, sample: Any) -> Any:
        out = ja.Compose([ja.Rotate((10.0, limit), p=1), ja.Perspective(p=1)], keypoint_params=XY)(KEY, sample)
        return sum(jnp.sin(leaf).sum() for leaf in jax.tree.leaves(out))

    slopes = jax.jit(jax.grad(loss, argnums=(0, 1)))(jnp.float32(40.0), sample)
    for leaf in jax.tree.leaves(slopes):
        assert np.isfinite(leaf).all()
        assert np.abs(leaf).max() > 0
