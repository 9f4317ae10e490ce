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


#: Heights and widths after each step.
STEPS = [(43, 47), (38, 52), (38, 52), (44, 49), (40, 45)]


def random_warps(seed: int, *, projective: bool) -> list[Warp]:
    """Turns, crops, pads and flips one after another, each onto a canvas of another size."""
    rng = np.random.default_rng(seed)
    warps, size = [], SIZE
    for step, after in enumerate(STEPS):
        if step == 2:
            m, structure = np.diag([-1.0, 1, 1]), Structure.FLIP_X
            m[0, 2] = size[1]
        else:
            turn, (sx, sy) = rng.uniform(-0.6, 0.6), rng.uniform(0.8, 1.25, 2)
            c, s = np.cos(turn), np.sin(turn)
            m = np.array([[c * sx, -s * sx, 0], [s * sy, c * sy, 0], [0, 0, 1]])
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


def finished(rows: Annotation, like: Any, params: Any) -> Any:
    canvas = Canvas(STEPS[-1])
    return rows.finish(jnp.asarray(like, jnp.float32), Placement("rows", params, canvas, canvas))


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


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize("projective", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_chain_is_its_warps_one_after_another(projective: bool) -> None:
    params = [params for *_, params in kinds(np.random.default_rng(0))]

    @jax.jit
    def both_ways(warps: list[Warp], rows: list[Any]) -> Any:
        out = []
        for (kind, *_), own, said in zip(kinds(np.random.default_rng(0)), rows, params, strict=True):
            at_once = one_by_one = started(kind, own, said)
            for warp in warps:
                one_by_one = one_by_one.warp(warp)
            out.append([finished(moved, own, said) for moved in (at_once.follow(MatrixChain.of(warps)), one_by_one)])
        return out

    left = 0
    for seed in range(6):
        given = kinds(np.random.default_rng(seed))
        found = both_ways(random_warps(seed, projective=projective), [rows.astype(np.float32) for _, rows, _ in given])
        for (kind, *_), ((ours, alive), (expected, still)) in zip(given, jax.tree.map(np.asarray, found), strict=True):
            np.testing.assert_array_equal(alive, still, err_msg=f"{kind.__name__} {seed}")
            difference = np.abs(ours - expected)[alive]
            if kind is not Boxes:
                # A full turn is none.
                difference = np.minimum(difference, np.abs(difference - 360))
            np.testing.assert_array_less(difference, 2e-3, err_msg=f"{kind.__name__} {seed}")
            left += int(alive.sum())
    assert left > 100


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_gradients_through_a_chain_are_those_of_the_steps() -> None:
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

    slopes = [jax.jit(jax.grad(lambda a, w=way: loss(a, at_once=w)))(0.1) for way in (True, False)]
    assert abs(slopes[1]) > 1
    np.testing.assert_allclose(*slopes, rtol=1e-4)
