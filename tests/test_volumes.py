"""Flip3D: volumes, their masks and keypoints turned round along every axis, against NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxaug as ja

SHAPE = (4, 6, 9)
KEY = jax.random.key(2)
LEFT, RIGHT, NOSE = 1, 2, 3
SIDES = ja.KeypointParams("xyz", label_fields=["parts"], label_mapping={"parts": {LEFT: RIGHT, RIGHT: LEFT}})


def sample() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "volume": rng.integers(0, 255, (*SHAPE, 2), dtype=np.uint8),
        "volumes": rng.uniform(size=(3, *SHAPE)).astype(np.float32),
        "mask3d": rng.integers(0, 9, SHAPE, dtype=np.int32),
        "keypoints": np.array([[2, 1, 0], [7, 3, 2], [8, 5, 3]], np.float32),
        "parts": np.array([LEFT, RIGHT, NOSE], np.int32),
    }


@pytest.mark.parametrize("axes", [axes for n in (1, 2, 3) for axes in itertools.combinations(range(3), n)], ids=str)
def test_everything_turns_round_along_the_given_axes(axes: tuple[int, ...]) -> None:
    given = sample()
    out = jax.jit(ja.Compose([ja.Flip3D(flip_axes=axes, p=1)], keypoint_params=SIDES))(KEY, given)
    np.testing.assert_array_equal(out["volume"], np.flip(given["volume"], axes))
    np.testing.assert_array_equal(out["volumes"], np.flip(given["volumes"], [axis + 1 for axis in axes]))
    np.testing.assert_array_equal(out["mask3d"], np.flip(given["mask3d"], axes))
    for name, value in given.items():
        assert out[name].dtype == value.dtype
    # Points show the voxels that they showed before.
    before, after = (np.asarray(s["keypoints"]).astype(int)[:, ::-1] for s in (given, out))
    np.testing.assert_array_equal(out["mask3d"][tuple(after.T)], given["mask3d"][tuple(before.T)])
    moved = np.where(np.isin(range(3), axes), np.array(SHAPE) - 1 - before, before)
    np.testing.assert_array_equal(after, moved)
    # An odd number of flips is a mirror, an even one a turn.
    np.testing.assert_array_equal(out["parts"], [RIGHT, LEFT, NOSE] if len(axes) % 2 else given["parts"])


def test_axes_are_drawn_evenly_and_apart_among_the_allowed() -> None:
    augment = ja.Compose([ja.Flip3D(axes=(0, 2), p=1)])
    keys = jax.random.split(KEY, 400)
    flips = jax.jit(jax.vmap(lambda key: augment.sample(key, volume=jnp.zeros(SHAPE)).ops[0].flips))(keys)
    flips = np.asarray(flips)
    assert not flips[:, 1].any()
    combinations, counts = np.unique(flips[:, [0, 2]], axis=0, return_counts=True)
    assert len(combinations) == 4
    assert ((counts > 65) & (counts < 135)).all()


def test_every_sample_of_a_batch_turns_by_itself_or_not_at_all() -> None:
    volume = sample()["volume"]
    augment = ja.Compose([ja.Flip3D(flip_axes=(0,), p=0.5)])
    out = jax.jit(augment.batch)(KEY, volume=np.stack([volume] * 30))["volume"]
    turned = [np.array_equal(one, volume[::-1]) for one in np.asarray(out)]
    assert 5 < sum(turned) < 25
    assert all(
        np.array_equal(one, volume) for one, is_turned in zip(np.asarray(out), turned, strict=True) if not is_turned
    )
    alone = [augment(jax.random.fold_in(KEY, i), volume=jnp.asarray(volume))["volume"] for i in range(3)]
    np.testing.assert_array_equal(np.stack(alone), out[:3])


def test_what_has_no_depth_is_refused() -> None:
    flip = ja.Compose([ja.Flip3D(p=1)], bbox_params=ja.BboxParams("pascal_voc"))
    volume = jnp.zeros(SHAPE)
    with pytest.raises(ValueError, match="Flip3D moves volumes, and 'image' has no depth"):
        flip(KEY, volume=volume, image=jnp.zeros(SHAPE[1:]))
    with pytest.raises(ValueError, match="Flip3D cannot move 'bboxes'"):
        flip(KEY, volume=volume, bboxes=jnp.array([[1.0, 1.0, 2.0, 2.0]]))
    with pytest.raises(ValueError, match="Flip3D"):
        flip(KEY, image=jnp.zeros((5, 6, 3)))
