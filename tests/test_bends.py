"""Maps of warps that bend lines, against other libraries and closed forms given what was drawn."""

from __future__ import annotations

import math
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.interpolate import RBFInterpolator, RegularGridInterpolator

import jaxaug as ja
from jaxaug.geometry.elastic import ElasticMap, cell_of, largest_of
from jaxaug.kernels.random_numbers import uniform_field

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


# Elastic fields -----------------------------------------------------------------------------------------------------


def _smoothing(n: int, sigma: float, edges: np.ndarray) -> np.ndarray:
    """Integrals of Gaussians around n pixels between edges, the outermost of which are infinite."""
    return np.diff(stats.norm.cdf((edges - np.arange(n)[:, None]) / sigma), axis=1)


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_wide_elastic_fields_are_smoothed_cells() -> None:
    sigma, size = 24.0, (61, 75)
    cell, reach = cell_of(sigma)
    assert cell == 6
    key = jax.random.key_data(jax.random.key(3))
    known = {"size": size, "cell": cell, "reach": reach, "distribution": "uniform"}
    field = ElasticMap(key, jnp.float32(7), jnp.float32(sigma), **known).build().shift
    matrices = []
    for n in size:
        # The outermost pixels come first, each by itself; cells of six pixels lie between them.
        edges = np.array([-np.inf, *np.minimum(0.5 + cell * np.arange(math.ceil((n - 2) / cell) + 1), n - 1.5), np.inf])
        gains = np.where(np.isfinite(np.diff(edges)), np.diff(edges), 1.0) ** -0.5
        natural = _smoothing(n, sigma, edges) * gains
        matrices.append(np.concatenate([natural[:, :1], natural[:, -1:], natural[:, 1:-1]], axis=1))
    noise = 2 * np.asarray(uniform_field(key, 2, *(m.shape[1] for m in matrices)), np.float64) - 1
    expected = 7 * np.einsum("ij,njk,lk->nil", matrices[0], noise, matrices[1])
    np.testing.assert_allclose(field, expected, atol=2e-5)
    # As varied as fields of a number for each pixel, at the edges, too.
    for n, matrix in zip(size, matrices, strict=True):
        fine = _smoothing(n, sigma, np.array([-np.inf, *np.arange(n - 1) + 0.5, np.inf]))
        ratio = np.sqrt((matrix**2).sum(1) / (fine**2).sum(1))
        np.testing.assert_allclose(ratio, 1, atol=0.004)


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_elastic_fields_are_the_same_in_blocks_and_in_buffers() -> None:
    key = jax.random.key_data(jax.random.key(3))

    def field(size: tuple[int, int], sigma: float, reach: int, cell: int = 1, extent: Any = None) -> np.ndarray:
        made = ElasticMap(key, jnp.float32(9), jnp.float32(sigma), extent=extent, size=size, cell=cell, reach=reach)
        return np.asarray(made.build().shift)

    cell, reach = cell_of(2.0)
    assert cell == 1
    np.testing.assert_allclose(field((200, 171), 2.0, reach), field((200, 171), 2.0, 0), atol=1e-5)
    for sigma in (2.0, 24.0):
        cell, reach = cell_of(sigma)
        inside = field((200, 190), sigma, reach, cell, extent=jnp.array([181, 175]))[:, :181, :175]
        np.testing.assert_allclose(inside, field((181, 175), sigma, reach, cell), atol=1e-5)


def test_the_largest_of_many_normal_numbers_has_its_distribution() -> None:
    keys = jax.vmap(lambda i: jax.random.key_data(jax.random.fold_in(jax.random.key(0), i)))(jnp.arange(2000))
    drawn = np.asarray(jax.vmap(lambda key: largest_of(50_000, key))(keys), np.float64)
    exact = stats.kstest(drawn, lambda x: (2 * stats.norm.cdf(x) - 1) ** 50_000)
    assert exact.pvalue > 1e-3
    assert 4.1 < np.median(drawn) < 4.5
