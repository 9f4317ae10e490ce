"""CutMix and MixUp: other samples of a batch show in all pictures, and labels are mixed in the same shares."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxaug as ja

COUNT, SIZE = 6, (24, 30)
KEY = jax.random.key(4)


def batch(count: int = COUNT) -> dict[str, Any]:
    """Pictures of one value each, which tells whose pixels are whose, and one-hot labels."""
    own = np.arange(1, count + 1)
    return {
        "image": np.broadcast_to(own[:, None, None, None], (count, *SIZE, 3)).astype(np.uint8),
        "mask": np.broadcast_to(own[:, None, None] * 1000, (count, *SIZE)).astype(np.int32),
        "twice": {"image": np.broadcast_to(own[:, None, None], (count, 48, 60)).astype(np.float32)},
        "labels": np.eye(count, dtype=np.float32),
        "names": own,
    }


def mixed(seed: int = 0, p: float = 1.0, **arguments: Any) -> Any:
    augment = ja.Compose([ja.CutMix(p=p, **arguments)])
    return jax.tree.map(np.asarray, jax.jit(augment.batch)(jax.random.key(seed), batch()))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_a_window_shows_one_other_sample_and_labels_its_share(seed: int) -> None:
    out = mixed(seed)
    partners = []
    for i in range(COUNT):
        shown = out["image"][i, ..., 0]
        other = shown != i + 1
        (partner,) = set(np.unique(shown[other])) or {i + 1}
        # What is pasted is a whole rectangle, the same in every picture of the sample.
        rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
        assert other.sum() == len(rows) * len(columns)
        assert other.sum() == 0 or (np.ptp(rows) + 1, np.ptp(columns) + 1) == (len(rows), len(columns))
        np.testing.assert_array_equal(out["image"][i], np.repeat(shown[..., None], 3, axis=-1))
        np.testing.assert_array_equal(out["mask"][i], shown.astype(int) * 1000)
        large = out["twice"]["image"][i]
        assert set(np.unique(large)) <= {i + 1, partner}
        assert np.mean(large[::2, ::2] != shown) < 0.1
        expected = np.zeros(COUNT)
        expected[i] += 1 - other.mean()
        expected[partner - 1] += other.mean()
        np.testing.assert_allclose(out["labels"][i], expected, atol=1e-6)
        if other.any():
            assert partner != i + 1
            partners.append(partner)
    assert len(set(partners)) == len(partners) >= COUNT // 2
    np.testing.assert_array_equal(out["names"], batch()["names"])


@pytest.mark.slow
def test_shares_are_drawn_and_windows_follow_the_probability() -> None:
    many = batch(200)
    shares = []
    for p in (0.5, 1.0):
        out = jax.jit(ja.Compose([ja.CutMix(alpha=50.0, p=p)]).batch)(KEY, many)
        # Beta(50, 50) keeps about half of each picture, less what of the window lies outside.
        shares.append(1 - np.asarray(out["labels"]).max(axis=1))
    assert 0.38 < np.mean(shares[0] > 0) < 0.62
    assert np.mean(shares[1] > 0) > 0.99
    assert 0.15 < shares[1].mean() < 0.45


def test_a_probability_of_zero_mixes_nothing() -> None:
    jax.tree.map(np.testing.assert_array_equal, mixed(p=0.0), batch())


@pytest.mark.slow
def test_outside_jit_it_is_the_same() -> None:
    augment = ja.Compose([ja.CutMix(p=1)])
    eager = augment.batch(jax.random.key(0), jax.tree.map(jnp.asarray, batch()))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), eager, mixed())


def test_samples_are_blended_as_their_labels_are() -> None:
    given = batch() | {"one_hot": np.eye(COUNT, dtype=np.float32)[:, None, None] * np.ones((1, *SIZE, 1), np.float32)}
    augment = ja.Compose([ja.MixUp(alpha=2.0, p=1)], additional_targets={"one_hot": "mask"})
    out = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, given))
    labels, own = out["labels"], np.arange(1, COUNT + 1)
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
    assert ((labels > 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose(out["twice"]["image"], np.broadcast_to((labels @ own)[:, None, None], (COUNT, 48, 60)))
    np.testing.assert_array_equal(out["image"], np.broadcast_to(np.rint(labels @ own), out["image"].T.shape).T)
    np.testing.assert_allclose(out["one_hot"], np.broadcast_to(labels[:, None, None], out["one_hot"].shape), atol=1e-6)
    larger = own[labels.argmax(axis=1)] * 1000
    np.testing.assert_array_equal(out["mask"], np.broadcast_to(larger[:, None, None], out["mask"].shape))


def test_each_sample_is_blended_or_gets_a_window() -> None:
    augment = ja.Compose([ja.OneOf([ja.MixUp(50.0), ja.CutMix(50.0)], p=1)])
    out = jax.tree.map(np.asarray, jax.jit(augment.batch)(KEY, batch(24)))
    picture, own = out["twice"]["image"], np.arange(1, 25)
    blended = (picture == picture[:, :1, :1]).all(axis=(1, 2))
    assert 4 <= blended.sum() <= 20
    # Neither sees what the other did to a partner.
    assert (np.abs(picture - np.rint(picture)) < 1e-4)[~blended].all()
    apart = np.abs(out["image"].mean(axis=(1, 2, 3)) - out["labels"] @ own)
    assert apart[~blended].max() < 1e-4
    assert apart[blended].max() <= 0.5


def test_steps_around_it_draw_as_without_it() -> None:
    steps = [ja.RandomBrightnessContrast(p=1), ja.HorizontalFlip(p=0.5), ja.RandomCrop(11, 13)]
    value = np.random.default_rng(0).uniform(size=(COUNT, *SIZE, 3)).astype(np.float32)
    given = {"image": value, "labels": np.eye(COUNT, dtype=np.float32)}
    between = ja.Compose([*steps[:1], ja.CutMix(p=1), *steps[1:]])
    out, plain = (jax.jit(augment.batch)(KEY, given) for augment in (between, ja.Compose(steps)))
    own = (np.abs(np.asarray(out["image"]) - np.asarray(plain["image"])) < 1e-6).all(axis=-1)
    changed = np.asarray(out["labels"]).max(axis=1) < 1
    assert changed.any()
    # Pixels that no window hides are those of the same draws; only samples with a window have others.
    assert own.any(axis=(1, 2)).sum() >= COUNT - 1
    assert own[~changed].all()
    assert not own.all()


def test_it_is_refused_where_nothing_can_be_mixed() -> None:
    alone = {"image": jnp.zeros((*SIZE, 3), jnp.uint8)}
    several = jax.tree.map(lambda x: jnp.stack([x] * 3), alone)
    numbered = several | {"labels": jnp.arange(3)}
    for run, given, message in (
        (ja.Compose([ja.CutMix(p=1)]), alone, "CutMix mixes the samples of a batch, and this is one sample"),
        (ja.Compose([ja.OneOf([ja.CutMix(), ja.HorizontalFlip()], p=1)]).batch, several, "CutMix mixes the samples"),
        (ja.Compose([ja.SomeOf([ja.CutMix(), ja.MixUp()], 1)]).batch, several, "mixes the samples of a batch"),
        (ja.Compose([ja.OneOf([ja.CutMix(), ja.MixUp()])]), alone, r"CutMix\|MixUp mixes the samples of a batch"),
        (ja.Compose([ja.CutMix()], p=0.5).batch, several, "with CutMix mixes samples and cannot be applied at random"),
        (ja.Compose([ja.CutMix(p=1)]).batch, numbered, "CutMix mixes 'labels' by shares, but its dtype is int"),
    ):
        with pytest.raises(ValueError, match=message):
            jax.eval_shape(run, KEY, given)
    kept = jax.jit(ja.Compose([ja.CutMix(labels="classes", p=1)]).batch)(KEY, numbered)
    np.testing.assert_array_equal(kept["labels"], jnp.arange(3))
