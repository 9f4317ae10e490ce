"""Recipes: each makes batches of its size, of its own draw for every sample."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import jaxaug as ja

RECIPES = {
    "imagenet_resnet": (ja.recipes.imagenet_resnet(24), True),
    "imagenet_resnet_eval": (ja.recipes.imagenet_resnet_eval(24, 28), False),
    "simclr": (ja.recipes.simclr(24), True),
    "moco_v2": (ja.recipes.moco_v2(24), True),
    "deit": (ja.recipes.deit(24), True),
    **{f"dino {i}": (view, True) for i, view in enumerate(ja.recipes.dino(24, 24))},
    "coco_detection": (ja.recipes.coco_detection(24), True),
    "ssd": (ja.recipes.ssd(24), True),
    "cityscapes": (ja.recipes.cityscapes((24, 24), (12, 36)), True),
    "octo": (ja.recipes.octo(24), True),
}


def test_every_recipe_is_tried() -> None:
    assert {name.split()[0] for name in RECIPES} == set(ja.recipes.__all__)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_batches_have_the_size_and_training_draws_for_each_sample(name: str) -> None:
    augment, draws = RECIPES[name]
    picture = np.random.default_rng(0).integers(0, 256, (36, 40, 3), np.uint8)
    batch: Any = {"image": np.stack([picture] * 3), "labels": np.eye(3, dtype=np.float32)}
    if name in ("coco_detection", "ssd"):
        batch |= {"bboxes": np.full((3, 3, 4), 9, np.float32), "bboxes_valid": np.ones((3, 3), bool)}
    out = np.asarray(jax.jit(augment.batch)(jax.random.key(0), batch)["image"], np.float32)
    assert out.shape == (3, 24, 24, 3)
    assert np.isfinite(out).all()
    assert np.array_equal(out[0], out[1]) != draws
