"""jaxaug: `jax.jit(augment.batch)`, or `vmap` of one call where a case says so.

With several cores a batch is not jitted, so that threads share it.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from cases import Case, Step
from pictures import additional_targets

import jaxaug as ja
from peers import compiled
from peers.base import Prepared, Refused

PACKAGES = ("jaxaug", "jax", "jaxlib", "numpy")


def compose(case: Case) -> ja.Compose:
    """The pipeline of a case."""
    return ja.Compose(
        [_transform(s) for s in case.steps],
        bbox_params=ja.BboxParams(format="pascal_voc"),
        keypoint_params=ja.KeypointParams(format="xy"),
        additional_targets=additional_targets(case.scene),
    )


def _transform(s: Step) -> Any:
    if s.name not in ja.__all__:
        raise Refused(f"jaxaug has no {s.name}.")
    arguments = dict(s.arguments)
    if "transforms" in arguments:
        arguments["transforms"] = [_transform(option) for option in arguments["transforms"]]
    return getattr(ja, s.name)(**arguments)


def function(case: Case) -> compiled.Function:
    augment = compose(case)
    return augment.batch if case.mode == "batch" else compiled.per_sample(augment)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    if threads == 1 or device != "cpu" or case.mode != "batch":
        return compiled.prepare(function(case), scene)
    augment, batch = compose(case), jax.block_until_ready(jax.device_put(scene))

    def run(key: jax.Array) -> Any:
        return jax.block_until_ready(augment.batch(key, batch, threads=threads))

    return Prepared(key=lambda i: jax.block_until_ready(jax.random.key(i)), run=run)


def retraces(case: Case, scene: dict[str, np.ndarray]) -> dict[str, int]:
    """How often each use is traced in all, over calls that should share one program: 1 is right.

    Returns:
        `new key`: three calls with keys of their own. `new magnitudes`: the pipeline as an argument, its numbers
        changed from call to call.
    """
    traced = {"new key": 0, "new magnitudes": 0}
    augment = compose(case)

    def by_key(key: jax.Array, batch: Any) -> Any:
        traced["new key"] += 1
        return augment.batch(key, batch)

    def by_argument(pipeline: ja.Compose, key: jax.Array, batch: Any) -> Any:
        traced["new magnitudes"] += 1
        return pipeline.batch(key, batch)

    first, second = jax.jit(by_key), jax.jit(by_argument)
    for i, factor in enumerate((1.0, 0.9, 0.8)):
        key = jax.random.key(i)
        jax.block_until_ready(first(key, scene))
        weaker = jax.tree.map(lambda x, f=factor: x * f if isinstance(x, float) else x, augment)
        jax.block_until_ready(second(weaker, key, scene))
    return traced
