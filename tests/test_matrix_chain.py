"""Annotations go through matrix warps all at once: what comes out is what one warp after another gives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxaug as ja
from jaxaug.annotations.boxes import Boxes
from jaxaug.annotations.keypoints import Points
from jaxaug.annotations.oriented_boxes import OrientedBoxes
from jaxaug.core.annotation import Annotation, Placement
from jaxaug.core.canvas import Canvas
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrix_chain import MatrixChain
from jaxaug.geometry.warp import Warp, matrix_warp

SIZE = (40, 52)


def random_warps(seed: int, *, projective: bool) -> list[Warp]:
    """Turns, crops, pads and flips one after another, each onto a canvas of another size."""
    rng = np.random.default_rng(seed)
    warps, size = [], SIZE
    for step in range(5):
        if step == 2:
            m, after, structure = np.diag([-1.0, 1, 1]), size, Structure.FLIP_X
            m[0, 2] = size[1]
        else:
            after = tuple(int(n + rng.integers(-6, 7)) for n in size)
            turn, (sx, sy) = rng.uniform(-0.6, 0.6), rng.uniform(0.8, 1.25, 2)
            m = np.array(
                [[np.cos(turn) * sx, -np.sin(turn) * sx, 0], [np.sin(turn) * sy, np.cos(turn) * sy, 0], [0, 0, 1]]
            )
            m[:2, 2] = np.array(size[::-1]) / 2 - m[:2, :2] @ (np.array(after[::-1]) / 2) + rng.uniform(-4, 4, 2)
            structure = Structure.AFFINE
            if projective and step != 3:
                m[2, :2] = rng.uniform(-2e-3, 2e-3, 2)
                structure = Structure.PROJECTIVE
        warps.append(matrix_warp(m.astype(np.float32), size, after, structure, reads_inside=step == 2))
        size = after
    return warps


def started(kind: type[Annotation], rows: Any, params: Any) -> Annotation:
    canvas = Canvas(SIZE)
    rows = jnp.asarray(rows, jnp.float32)
    return kind.start(rows, jnp.ones(rows.shape[0], bool), Placement("rows", params, canvas, canvas))


def finished(rows: Annotation, like: Any, params: Any, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    canvas = Canvas(size)
    out, valid = rows.finish(jnp.asarray(like, jnp.float32), Placement("rows", params, canvas, canvas))
    return np.asarray(out), np.asarray(valid)


def boxes(rng: np.random.Generator) -> np.ndarray:
    low, side = rng.uniform(0, 30, (12, 2)), rng.uniform(2, 20, (12, 2))
    high = np.minimum(low + side, SIZE[::-1])
    return np.concatenate([[[0, 0, SIZE[1], SIZE[0]]], np.concatenate([low, high], axis=1)])


def kinds(rng: np.random.Generator) -> list[tuple[type[Annotation], np.ndarray, Any]]:
    plain = ja.BboxParams("pascal_voc")
    strict = ja.BboxParams("pascal_voc", min_area=30, min_visibility=0.5, max_accept_ratio=3.0)
    points = np.concatenate(
        [rng.uniform(0, 39, (12, 2)), rng.uniform(0, 360, (12, 1)), rng.uniform(1, 4, (12, 1))], axis=1
    )
    turned = np.concatenate(
        [rng.uniform(5, 35, (9, 2)), rng.uniform(3, 12, (9, 2)), rng.uniform(0, 360, (9, 1))], axis=1
    )
    return [
        (Boxes, boxes(rng), plain),
        (Boxes, boxes(rng), strict),
        (Points, points, ja.KeypointParams("xyas")),
        (Points, points[:, :2], ja.KeypointParams("xy", check_each_transform=False)),
        (OrientedBoxes, turned, plain),
    ]


@pytest.mark.parametrize("projective", [False, True])
def test_a_run_is_its_warps_one_after_another(projective: bool) -> None:
    left = 0
    for seed in range(6):
        warps = random_warps(seed, projective=projective)
        chain = MatrixChain.of(warps)
        for kind, rows, params in kinds(np.random.default_rng(seed)):
            at_once = one_by_one = started(kind, rows, params)
            at_once = at_once.follow(chain)
            for warp in warps:
                one_by_one = one_by_one.warp(warp)
            (ours, alive), (expected, still) = (
                finished(r, rows, params, warps[-1].size_out) for r in (at_once, one_by_one)
            )
            np.testing.assert_array_equal(alive, still, err_msg=f"{kind.__name__} {seed}")
            difference = np.abs(ours - expected)[alive]
            if kind is not Boxes:
                # A full turn is none.
                difference = np.minimum(difference, np.abs(difference - 360))
            np.testing.assert_array_less(difference, 2e-3, err_msg=f"{kind.__name__} {seed}")
            left += int(alive.sum())
    assert left > 100


def test_gradients_through_a_run_are_those_of_the_steps() -> None:
    rows, params = boxes(np.random.default_rng(1))[1:5] + 8.0, ja.BboxParams("pascal_voc")

    def loss(angle: Any, *, at_once: bool) -> Any:
        c, s = jnp.cos(angle), jnp.sin(angle)
        m = jnp.stack([jnp.stack([c, -s, 3.0]), jnp.stack([s, c, -2.0]), jnp.array([0.0, 0.0, 1.0])])
        warps = [matrix_warp(m, SIZE, SIZE, Structure.AFFINE)] * 2
        moved = started(Boxes, rows, params)
        if at_once:
            moved = moved.follow(MatrixChain.of(warps))
        else:
            for warp in warps:
                moved = moved.warp(warp)
        return (moved.enclose() ** 2).sum()

    slopes = [jax.grad(lambda a, w=way: loss(a, at_once=w))(0.1) for way in (True, False)]
    assert abs(slopes[1]) > 1
    np.testing.assert_allclose(*slopes, rtol=1e-4)
