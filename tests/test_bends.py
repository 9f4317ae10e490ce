"""Maps of warps that bend lines, against other libraries and closed forms given what was drawn."""

from __future__ import annotations

from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator, RegularGridInterpolator

import jaxaug as ja

HEIGHT, WIDTH = 41, 53
KEY = jax.random.key(7)
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
CENTRES = np.stack([X, Y], axis=-1)


def drawn(transform: Any) -> tuple[Any, np.ndarray]:
    """The map that a transform draws, and where the centre of every pixel reads, (height, width, 2) x and y."""
    (op,) = ja.Compose([transform]).sample(KEY, image=jnp.zeros((HEIGHT, WIDTH)))
    reads = op.built().pull(jnp.asarray(X, jnp.float32), jnp.asarray(Y, jnp.float32))
    return op.map, np.stack([np.asarray(v, np.float64) for v in reads], axis=-1)


@pytest.mark.parametrize("k", [-0.4, 0.3])
def test_a_camera_lens_is_that_of_opencv(k: float) -> None:
    _, reads = drawn(ja.OpticalDistortion((k, k), p=1))
    # OpenCV counts pixel centres as integers; the centre of the picture lies between them.
    camera = np.array([[WIDTH, 0, WIDTH / 2 - 0.5], [0, HEIGHT, HEIGHT / 2 - 0.5], [0, 0, 1]], np.float32)
    lens = np.array([k, k, 0, 0, 0], np.float32)
    maps = cv2.initUndistortRectifyMap(camera, lens, None, None, (WIDTH, HEIGHT), cv2.CV_32FC1)
    np.testing.assert_allclose(reads - 0.5, np.stack(maps, axis=-1), atol=1e-3)


def test_a_fisheye_multiplies_distances_from_the_centre() -> None:
    _, reads = drawn(ja.OpticalDistortion((0.35, 0.35), mode="fisheye", p=1))
    offset = CENTRES - [WIDTH / 2, HEIGHT / 2]
    half = np.hypot(WIDTH, HEIGHT) / 2
    factor = 1 + 0.35 * (offset**2).sum(axis=-1, keepdims=True) / half**2
    np.testing.assert_allclose(reads, offset * factor + [WIDTH / 2, HEIGHT / 2], atol=1e-3)


def test_waves_are_a_sum_of_sines_and_do_not_fold() -> None:
    water, reads = drawn(ja.WaterRefraction((0.03, 0.05), (0.1, 0.4), (4, 6), p=1))
    expected = CENTRES.copy()
    slope = 0.0
    for i in range(len(water.amplitude)):
        height, length, travels, sways, phase = (
            float(v[i]) for v in (water.amplitude, water.wavelength, water.travels, water.sways, water.phase)
        )
        along = 2 * np.pi / length * (CENTRES @ [np.cos(travels), np.sin(travels)]) + phase
        expected += height * np.sin(along)[..., None] * [np.cos(sways), np.sin(sways)]
        slope += 2 * np.pi * height / length
    np.testing.assert_allclose(reads, expected, atol=1e-3)
    assert 0 < slope < 0.91


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_each_triangle_of_a_mesh_is_affine() -> None:
    rows, columns = 4, 5
    mesh, reads = drawn(ja.PiecewiseAffine((0.2, 0.2), rows, columns, p=1))
    nodes = np.stack(np.meshgrid(np.linspace(0, WIDTH, columns), np.linspace(0, HEIGHT, rows)), axis=-1)
    targets = nodes + np.asarray(mesh.nodes, np.float64)
    assert np.abs(targets - nodes).max() > 2
    assert (targets >= -1e-4).all()
    assert (targets <= [WIDTH + 1e-4, HEIGHT + 1e-4]).all()
    step = np.array([WIDTH / (columns - 1), HEIGHT / (rows - 1)])
    expected = np.empty_like(reads)
    for i in range(HEIGHT):
        for j in range(WIDTH):
            place = CENTRES[i, j] / step
            column, row = place.astype(int)
            far = (place - [column, row]).sum() > 1
            corners = [(row, column + 1), (row + 1, column), (row + 1, column + 1) if far else (row, column)]
            before = np.array([[*nodes[c], 1.0] for c in corners])
            affine = np.linalg.solve(before, np.array([targets[c] for c in corners]))
            expected[i, j] = [*CENTRES[i, j], 1.0] @ affine
    np.testing.assert_allclose(reads, expected, atol=1e-3)


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_a_grid_is_bilinear_between_nodes_and_keeps_its_rim() -> None:
    mesh, reads = drawn(ja.GridElasticDeform((5, 3), 4))
    moved = np.asarray(mesh.nodes, np.float64)
    assert (moved[[0, -1]] == 0).all()
    assert (moved[:, [0, -1]] == 0).all()
    assert 2 < np.abs(moved).max() <= 4
    between = RegularGridInterpolator((np.linspace(0, HEIGHT, 4), np.linspace(0, WIDTH, 6)), moved)
    np.testing.assert_allclose(reads, CENTRES + between(np.stack([Y, X], axis=-1)), atol=1e-3)


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_a_thin_plate_is_that_of_scipy() -> None:
    plate, reads = drawn(ja.ThinPlateSpline((0.6, 0.6), num_control_points=4, p=1))
    side = np.linspace(0, 1, 4)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    moved = np.asarray(plate.moved, np.float64)
    field = RBFInterpolator(points, moved, kernel="thin_plate_spline", degree=1)
    unit = (CENTRES / [WIDTH, HEIGHT]).reshape(-1, 2)
    expected = CENTRES + field(unit).reshape(HEIGHT, WIDTH, 2) * [WIDTH, HEIGHT]
    np.testing.assert_allclose(reads, expected, atol=5e-3)
