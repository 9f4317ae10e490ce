"""Connected parts of label maps, found among the runs of their rows, against SciPy."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jaxaug.kernels.connected_components import Runs, over_runs
from jaxaug.ops.component_holes import connected_parts

#: The larger ones have one program for few runs and one for many.
SHAPES = [(1, 40), (40, 1), (1, 1), (33, 47), (130, 131), (70, 300)]


def expected_parts(labels: np.ndarray) -> np.ndarray:
    """One plus the flat index of the first pixel of each part."""
    out = np.zeros(labels.shape, int)
    for value in np.unique(labels[labels != 0]):
        parts, count = ndimage.label(labels == value, np.ones((3, 3)))
        first = ndimage.minimum(np.arange(1, labels.size + 1).reshape(labels.shape), parts, np.arange(1, count + 1))
        out[parts > 0] = np.asarray(first)[parts[parts > 0] - 1]
    return out


def random_labels(shape: tuple[int, int], density: float, values: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return ((rng.random(shape) < density) * rng.integers(1, values + 1, shape)).astype(np.uint8)


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_parts_are_those_of_scipy(shape: tuple[int, int]) -> None:
    program = jax.jit(connected_parts)
    for i, density in enumerate((0.0, 0.01, 0.2, 0.45, 0.6, 0.9, 1.0)):
        for values in (1, 2, 4):
            labels = random_labels(shape, density, values, i)
            np.testing.assert_array_equal(program(labels), expected_parts(labels), err_msg=f"{density} {values}")


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_long_and_winding_parts_are_one() -> None:
    y, x = np.mgrid[:131, :140]
    distance, angle = np.hypot(y - 65, x - 70), np.arctan2(y - 65, x - 70)
    spiral = (np.sin(distance / 2 + angle) > 0.2).astype(np.uint8)
    comb = ((x % 4 < 2) | (y == 130)).astype(np.uint8)
    snake = ((y % 4 == 0) | ((x == 139) & (y % 8 < 4)) | ((x == 0) & (y % 8 >= 4))).astype(np.uint8)
    program = jax.jit(connected_parts)
    for labels in (spiral, comb, comb[::-1], snake, snake.T.copy()[:131, :131].repeat(2, axis=1)[:, :140]):
        np.testing.assert_array_equal(program(labels), expected_parts(labels))


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_parts_of_batches_and_of_arrays_at_hand_are_the_same() -> None:
    labels = np.stack([random_labels((130, 131), density, 3, 7) for density in (0.01, 0.5)])
    expected = np.stack([expected_parts(one) for one in labels])
    np.testing.assert_array_equal(jax.jit(jax.vmap(connected_parts))(labels), expected)
    np.testing.assert_array_equal(connected_parts(jnp.asarray(labels[1, :20])), expected_parts(labels[1, :20]))


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_what_is_no_number_is_a_part_of_its_own() -> None:
    labels = jnp.array([[jnp.nan, jnp.nan, 1.0], [0.0, 1.0, 1.0]])
    np.testing.assert_array_equal(connected_parts(labels), [[1, 2, 3], [0, 3, 3]])


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize(("shape", "places"), [((33, 47), None), ((130, 131), 1040), ((3, 70000), None)], ids=str)
def test_runs_cover_every_pixel_once(shape: tuple[int, int], places: int | None) -> None:
    labels = random_labels(shape, 0.01, 2, 3)
    found: list[int] = []

    def described(runs: Runs) -> tuple[jax.Array, ...]:
        found.append(runs.start.shape[0])
        index = functools.partial(jnp.pad, pad_width=(0, labels.size - runs.start.shape[0]))
        return runs.number, index(runs.start), index(runs.size), runs.to_pixels(runs.start)

    number, start, size, first = jax.jit(lambda a: over_runs(described, a))(labels)
    assert places is None or set(found) == {places, labels.size}
    flat = labels.astype(int)
    begins = np.diff(flat, axis=1, prepend=-1) != 0
    np.testing.assert_array_equal(number, np.cumsum(begins).reshape(shape) - 1)
    expected = np.flatnonzero(begins)
    np.testing.assert_array_equal(start[: len(expected)], expected)
    np.testing.assert_array_equal(size[: len(expected)], np.diff(expected, append=labels.size))
    assert not np.asarray(size[len(expected) :]).any()
    np.testing.assert_array_equal(first, expected[np.asarray(number)])
