"""Oriented boxes, flow, normals and camera matrices follow every warp: against moved points and numbers by hand."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from table import WARPS

import jaxaug as ja

KEY = jax.random.key(0)
DRAWS = 3
STEP = 0.1
XY = ja.KeypointParams("xy")
#: Points that tell where things go: how many of each, and how many make one of them.
PARTS = {"probes": (50, 6), "corners": (12, 8), "dots": (30, 1)}
BENT = ("GridDistortion", "ElasticTransform")
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
    case = next((c for c in WARPS if c.name == name), None)
    steps = CHAINS[name] if case is None else [case.transform]
    size = (45, 59) if case is None else case.size
    augment = ja.Compose(steps, keypoint_params=XY)
    # The field of the elastic transform makes the longest program: no second picture there.
    settings = {"camera_too": name not in (*BENT, "chain"), "twice": name != "ElasticTransform"}
    sample = jax.tree.map(jnp.asarray, scene(size, **settings))

    def one(key: Any) -> Any:
        plan = augment.sample(key, sample)
        out = augment.apply(plan, sample)
        return out, augment.invert(plan, out)

    out, back = jax.jit(lambda keys: jax.lax.map(one, keys))(jax.random.split(jax.random.key(4), DRAWS))
    sample, out, back = jax.tree.map(np.asarray, (sample, out, back))
    return parts(sample), parts(out), parts(back)


def each(*names: str) -> Any:
    chosen = names or (*(c.name for c in WARPS), *CHAINS)
    return pytest.mark.parametrize(
        "name", [pytest.param(n, marks=pytest.mark.xdist_group(f"kinds {n}")) for n in chosen]
    )


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
    if name in (*BENT, "chain"):
        assert np.quantile(errors, 0.9) < most
        assert np.median(errors) < most / 3
    else:
        assert max(errors) < most


# Against moved points -----------------------------------------------------------------------------------------------


@each()
def test_both_ends_of_a_flow_move_like_points(name: str) -> None:
    _, out, _ = warped(name)
    errors: list[float] = []
    fine: list[float] = []
    for i in range(DRAWS):
        probes = out["probes"][i]
        seen = inside(out["normals"][i], probes[:, 0])
        there, expected = probes[seen, 0], probes[seen, 1] - probes[seen, 0]
        errors += list(np.abs(reading(out["flow"][i], there) - expected).max(axis=1))
        if "twice" in out:
            ratio = np.array(out["twice"]["flow"].shape[2:0:-1]) / out["flow"].shape[2:0:-1]
            read = reading(out["twice"]["flow"][i], (there + 0.5) * ratio - 0.5)
            fine += list(np.abs(read / ratio - expected).max(axis=1))
    near(errors, 0.1, name)
    near(fine, 0.1, name, least=20 if "twice" in out else 0)


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
    if next((c.exact for c in WARPS if c.name == name), name == "Rotate"):
        assert exact >= 12


@each(*(c.name for c in WARPS if c.name not in BENT), "choice")
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
        flows += list(np.abs(back["flow"][i] - sample["flow"])[seen].max(axis=-1))
        normals += list(np.rad2deg(np.linalg.norm(back["normals"][i] - sample["normals"], axis=-1))[seen])
        alive = back["obboxes_valid"][i]
        assert (alive <= out["obboxes_valid"][i]).all()
        turned = (back["obboxes"][i] - sample["obboxes"])[alive]
        turned[:, 4] = (turned[:, 4] + 180) % 360 - 180
        boxes += list(np.abs(turned).max(axis=1))
    near(flows, 0.1, name, least=500)
    near(normals, 1.0 if name != "ElasticTransform" else 3.0, name, least=500)
    near(boxes, 0.05, name, least=12)
