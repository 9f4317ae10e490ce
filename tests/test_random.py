"""Randomness: independent draws, keys by name, choices by weight, and results that stay what they are."""

from __future__ import annotations

import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled
from scipy import stats

import jaxaug as ja
from jaxaug.functional import random_normal

DRAWS = 4000
IMAGE = jnp.zeros((8, 8, 3))


def plans(steps: list[Any], count: int = DRAWS, seed: int = 0) -> Any:
    """Many plans of one pipeline, as one batched plan."""
    keys = jax.random.split(jax.random.key(seed), count)
    augment = ja.Compose(steps)
    return jax.jit(jax.vmap(lambda k: augment.sample(k, image=IMAGE)))(keys)


def independent(a: Any, b: Any, bins: int = 4) -> None:
    """Two draws pass a chi-square test of independence."""
    a, b = (np.asarray(v, np.float64) for v in (a, b))
    edges = [np.unique(np.quantile(v, np.linspace(0, 1, bins + 1))) for v in (a, b)]
    table = np.histogram2d(a, b, bins=[e if len(e) > 2 else 2 for e in edges])[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4, table


def test_coin_and_magnitude_are_independent() -> None:
    (op,) = plans([ja.RandomGamma((50, 200), p=0.5)]).ops
    assert abs(np.mean(op.active) - 0.5) < 0.03
    independent(op.active, op.params["gamma"])


def test_siblings_are_independent() -> None:
    first, second, third, fourth = plans(
        [ja.HorizontalFlip(p=0.5), ja.VerticalFlip(p=0.5), ja.RandomGamma(p=1), ja.RandomGamma(p=1)]
    ).ops
    independent(first.active, second.active)
    independent(third.params["gamma"], fourth.params["gamma"])
    independent(first.active, third.params["gamma"])


def test_draws_within_a_transform_are_independent() -> None:
    op = plans([ja.RandomBrightnessContrast(p=1)]).ops[0]
    independent(op.params["alpha"], op.params["beta"])
    (op,) = plans([ja.RandomCrop(4, 4)]).ops
    independent(op.map.m[:, 0, 2], op.map.m[:, 1, 2])


def test_samples_of_a_batch_are_independent() -> None:
    (op,) = plans([ja.RandomGamma(p=1)]).ops
    values = np.asarray(op.params["gamma"])
    independent(values[:-1], values[1:])


def test_magnitudes_are_uniform_over_their_range() -> None:
    (op,) = plans([ja.RandomGamma((50, 200), p=1)]).ops
    assert stats.kstest(np.asarray(op.params["gamma"]), stats.uniform(0.5, 1.5).cdf).pvalue > 1e-3


def test_whole_numbers_reach_both_ends_equally() -> None:
    (op,) = plans([ja.RandomCrop(4, 4)]).ops
    counts = np.bincount(np.asarray(op.map.m[:, 0, 2]).astype(int), minlength=5)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_choice_follows_its_weights_and_always_applies() -> None:
    ops = plans([ja.OneOf([ja.RandomGamma(p=0.1), ja.Rotate(p=0.3), ja.HorizontalFlip(p=0.6)], p=1)]).ops
    pixels = np.asarray(next(o for o in ops if not hasattr(o, "map")).active)
    assert abs(pixels.mean() - 0.1) < 0.02
    warp = next(o for o in ops if hasattr(o, "map"))
    flipped = np.asarray(warp.map.m[:, 0, 0] == -1)
    assert abs(flipped.mean() - 0.6) < 0.03
    assert (pixels ^ np.asarray(warp.active)).all(), "exactly one option applies"


def test_a_choice_applies_with_its_own_probability() -> None:
    ops = plans([ja.OneOf([ja.RandomGamma(), ja.InvertImg()], p=0.25)]).ops
    assert abs(np.mean(ops[0].active) - 0.25) < 0.03
    independent(ops[0].active, ops[0].index)


def test_another_transform_in_front_changes_no_draw() -> None:
    key = jax.random.key(4)
    alone = ja.Compose([ja.Rotate(p=1), ja.RandomGamma(p=1)]).sample(key, image=IMAGE)
    behind = ja.Compose([ja.Blur(p=1), ja.Rotate(p=1), ja.RandomGamma(p=1)]).sample(key, image=IMAGE)
    np.testing.assert_array_equal(alone.ops[0].map.m, behind.ops[1].map.m)
    np.testing.assert_array_equal(alone.ops[1].params["gamma"], behind.ops[2].params["gamma"])


def test_typed_and_raw_keys_draw_the_same() -> None:
    augment = ja.Compose([ja.Rotate(p=1)])
    typed = augment.sample(jax.random.key(7), image=IMAGE)
    raw = augment.sample(jax.random.PRNGKey(7), image=IMAGE)
    np.testing.assert_array_equal(typed.ops[0].map.m, raw.ops[0].map.m)


@pytest.mark.parametrize("impl", ["rbg", "threefry2x32"])
def test_every_generator_works(impl: str) -> None:
    augment = ja.Compose([ja.GaussNoise(p=1), ja.CoarseDropout(fill="random", p=1), ja.ElasticTransform(p=1)])
    out = jax.jit(augment)(jax.random.key(0, impl=impl), image=jnp.full((16, 16, 3), 0.5))
    assert float(out["image"].std()) > 0.05


@pytest.mark.slow
def test_any_split_of_a_batch_gives_the_same() -> None:
    sample = jax.tree.map(jnp.asarray, labelled(20, 24))
    batch = jax.tree.map(lambda x: jnp.stack([x] * 6), sample)
    augment = ja.Compose(
        [ja.HorizontalFlip(), ja.Rotate(p=0.7), ja.RandomGamma()],
        bbox_params=ja.BboxParams("pascal_voc"),
        keypoint_params=ja.KeypointParams("xyas"),
    )
    key = jax.random.key(1)
    # With the loops that compilers make by default: with older ones rows differ by 2e-6 between sizes of a batch.
    options = {"xla_cpu_use_fusion_emitters": True} if jax.__version_info__ < (0, 11) else {}
    run = jax.jit(lambda k, b, start: augment.batch(k, b, start=start), compiler_options=options)
    whole = run(key, batch, 0)
    halves = [run(key, jax.tree.map(lambda x, i=i: x[i : i + 2], batch), i) for i in (0, 2, 4)]
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(jax.tree.map(lambda *x: jnp.concatenate(x), *halves))):
        np.testing.assert_array_equal(a, b)


def test_one_transform_in_two_pipelines_draws_the_same_for_two_cameras() -> None:
    key = jax.random.key(2)
    left = ja.Compose([ja.Resize(8, 8), ja.RandomGamma(p=1)]).sample(key, image=jnp.zeros((10, 12)))
    right = ja.Compose([ja.RandomGamma(p=1)]).sample(key, image=IMAGE)
    np.testing.assert_array_equal(left.ops[1].params["gamma"], right.ops[0].params["gamma"])


#: First bytes of the SHA-256 of what each pipeline draws with key 2026; a change of it breaks users' seeds.
GOLDEN = {
    "flips": "f4bc987937db",
    "affine": "d7158d078438",
    "bends": "f39c8206c0af",
    "crops": "66510d17399a",
    "colour": "73251f602e1a",
    "others": "8c20eeabfdf7",
    "choice": "df033e9918ff",
}


def digest(steps: list[Any]) -> str:
    plan = ja.Compose(steps).sample(jax.random.key(2026), image=jnp.zeros((32, 40, 3)), mask=jnp.zeros((32, 40)))
    rounded = [np.round(np.asarray(x, np.float64), 3) + 0.0 for x in jax.tree.leaves(plan)]
    return hashlib.sha256(b"".join(x.tobytes() for x in rounded)).hexdigest()[:12]


PIPELINES = {
    "flips": [ja.HorizontalFlip(), ja.VerticalFlip(), ja.Transpose(p=1)],
    "affine": [ja.Affine((0.8, 1.2), rotate=(-30, 30), shear=(-5, 5), p=1), ja.ShiftScaleRotate(), ja.Rotate()],
    "bends": [ja.Perspective(p=1), ja.GridDistortion(p=1), ja.ElasticTransform(p=1)],
    "crops": [ja.RandomCrop(20, 24), ja.RandomResizedCrop((16, 16))],
    "colour": [
        ja.RandomBrightnessContrast(),
        ja.ColorJitter(),
        ja.HueSaturationValue(),
        ja.RandomGamma(),
        ja.RGBShift(),
    ],
    "others": [ja.Blur(), ja.GaussianBlur(), ja.GaussNoise(), ja.CoarseDropout(), ja.MaskDropout()],
    "choice": [ja.OneOf([ja.Rotate(), ja.Blur(), ja.RandomGamma()]), ja.Sequential([ja.HorizontalFlip()], p=0.3)],
}


@pytest.mark.parametrize("name", list(PIPELINES))
def test_draws_stay_what_they_are(name: str) -> None:
    assert digest(PIPELINES[name]) == GOLDEN[name]


def test_noise_is_normal_and_differs_between_keys_and_numbers() -> None:
    for seed in range(3):
        field = np.asarray(random_normal(jax.random.key_data(jax.random.key(seed)), (300, 333)))
        assert stats.kstest(field.ravel(), "norm").pvalue > 1e-4
        for shift in (1, 2, 333, field.size // 2):
            flat = field.ravel()
            assert abs(np.corrcoef(flat[:-shift], flat[shift:])[0, 1]) < 0.015
    one, other = (np.asarray(random_normal(jax.random.key_data(jax.random.key(s)), (999,))) for s in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.15
