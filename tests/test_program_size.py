"""What grows with the number of steps are numbers, not loops: a program's fusions a step are few."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxaug as ja


def fusions(step: Any, count: int, sample: dict[str, Any]) -> int:
    augment = ja.Compose(
        [step] * count, bbox_params=ja.BboxParams("pascal_voc"), keypoint_params=ja.KeypointParams("xya")
    )
    batch = jax.tree.map(lambda leaf: jnp.stack([leaf] * 2), sample)
    text = jax.jit(augment.batch).lower(jax.random.key(0), batch).compile().as_text()
    return len(re.findall(r" fusion\(", text))


ROWS = {"bboxes": jnp.array([[4.0, 5, 30, 40]] * 3), "keypoints": jnp.array([[7.0, 8, 30]] * 3)}


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="counts fusions of XLA for CPUs")
@pytest.mark.parametrize(
    ("step", "rows", "most"),
    [
        (ja.Rotate(30, p=0.5), ROWS, 10),
        pytest.param(ja.Rotate(30, p=0.5), {}, 8, marks=pytest.mark.slow),
        # Every pixel is divided once for each horizon.
        pytest.param(ja.Perspective(p=0.5), ROWS, 12, marks=pytest.mark.slow),
        pytest.param(ja.RandomBrightnessContrast(p=0.5), {}, 6, marks=pytest.mark.slow),
    ],
)
def test_a_step_more_costs_few_fusions(step: Any, rows: dict[str, Any], most: int) -> None:
    sample = {"image": jnp.zeros((48, 48, 3), jnp.uint8), **rows}
    few, many = fusions(step, 2, sample), fusions(step, 10, sample)
    assert few > 10
    assert many - few <= 8 * most
