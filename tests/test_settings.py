"""Settings of JAX that a program may have made: pipelines trace under all, and their results do not depend on them."""

from __future__ import annotations

import contextlib
import doctest
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled

import jaxaug as ja
from jaxaug.backend.settings_of_jax import _x64

SETTINGS: dict[str, Any] = {
    "64 bits": lambda: _x64(True),
    "strict promotion": lambda: jax.numpy_dtype_promotion("strict"),
    "no rank promotion": lambda: jax.numpy_rank_promotion("raise"),
    "no NaN": lambda: jax.debug_nans(True),
    "no key twice": lambda: jax.debug_key_reuse(True),
    "no transfer": lambda: jax.transfer_guard("disallow"),
}
STEPS = [
    ja.OneOf([ja.Rotate(), ja.ElasticTransform(20, 5)], p=1),
    ja.ColorJitter(p=0.5),
    ja.OneOf([ja.Blur(), ja.GaussNoise()], p=1),
    ja.CoarseDropout(p=0.5),
    ja.Normalize(),
]
AUGMENT = ja.Compose(
    STEPS, bbox_params=ja.BboxParams("pascal_voc", min_visibility=0.1), keypoint_params=ja.KeypointParams("xyas")
)


def results(setting: Any) -> Any:
    batch = jax.device_put(jax.tree.map(lambda leaf: np.stack([leaf] * 3), labelled(40, 44)))
    key = jax.random.key(1)
    with setting():
        out = jax.jit(AUGMENT.batch)(key, batch)
    return jax.tree.map(np.asarray, out)


usual_results = functools.cache(lambda: results(contextlib.nullcontext))


@pytest.mark.xdist_group("settings")
@pytest.mark.slow
@pytest.mark.parametrize("name", list(SETTINGS))
def test_results_do_not_depend_on_settings(name: str) -> None:
    usual = usual_results()
    found = results(SETTINGS[name])
    for one, other in zip(jax.tree.leaves(usual), jax.tree.leaves(found), strict=True):
        assert one.dtype == other.dtype or one.dtype.kind == other.dtype.kind == "i"
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_a_users_own_code_keeps_the_users_settings() -> None:
    with jax.numpy_rank_promotion("raise"):
        AUGMENT.sample(jax.random.key(0), labelled(40, 44))
        with pytest.raises(ValueError, match="rank_promotion"):
            jnp.add(jnp.ones((2, 2)), jnp.ones(2))


@pytest.mark.parametrize("setting", [contextlib.nullcontext, lambda: _x64(True)])
def test_numbers_of_64_bits_are_narrowed_alike_inside_and_outside_jit(setting: Any) -> None:
    flip = ja.Compose([ja.HorizontalFlip(p=1)], bbox_params=ja.BboxParams("pascal_voc"))
    sample = {"image": np.zeros((4, 8, 3), np.uint8), "bboxes": np.array([[1.0, 0, 3, 2]], np.float64)}
    with setting():
        outside, inside = flip(jax.random.key(0), sample), jax.jit(flip)(jax.random.key(0), sample)
    np.testing.assert_array_equal(outside["bboxes"], [[5.0, 0, 7, 2]])
    np.testing.assert_array_equal(inside["bboxes"], outside["bboxes"])


@pytest.mark.slow
def test_examples_of_functions_hold_under_strict_promotion() -> None:
    """Functions of arrays are used without a pipeline, under whatever a user has set."""
    runner, found = doctest.DocTestRunner(verbose=False), 0
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        for name in dir(ja.functional):
            function = getattr(ja.functional, name)
            if not name.startswith("_") and callable(function):
                for example in doctest.DocTestFinder().find(function, name, globs={name: function}):
                    found += runner.run(example).attempted
    assert found > 50
    assert runner.summarize(verbose=False).failed == 0
