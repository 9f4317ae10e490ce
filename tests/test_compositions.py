"""Compositions: what is chosen, in which order, how often, and that plans tell all of it."""

from __future__ import annotations

import collections
import itertools
import pickle
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from scenes import labelled

import jaxaug as ja

KEY = jax.random.key(11)
PARAMS: dict[str, Any] = {
    "bbox_params": ja.BboxParams("pascal_voc"),
    "keypoint_params": ja.KeypointParams("xy"),
}
COUNT = 512


def one(picture: Any) -> Any:
    return picture * 10 + 1


def two(picture: Any) -> Any:
    return picture * 10 + 2


def three(picture: Any) -> Any:
    return picture * 10 + 3


def four(picture: Any) -> Any:
    return picture * 10 + 4


def five(picture: Any) -> Any:
    return picture * 10 + 5


def digits(*ps: float) -> list[Any]:
    """Steps that write a digit behind those there are, so that the result tells which were applied, and when."""
    fns = (one, two, three, four, five)
    return [ja.Lambda(image=fn, p=p) for fn, p in zip(fns, ps, strict=False)]


def written(step: Any, count: int = COUNT) -> list[str]:
    """The digits that many draws of a step write."""
    outs = jax.jit(ja.Compose([step]).batch)(KEY, image=jnp.zeros((count, 1, 1, 1)))
    return [f"{int(v):d}" for v in np.asarray(outs["image"]).reshape(-1)]


def even(found: list[str], expected: set[str]) -> None:
    """All outcomes occur, and no other, equally often."""
    counts = collections.Counter(found)
    assert set(counts) == expected
    assert scipy.stats.chisquare(list(counts.values())).pvalue > 1e-3


@pytest.mark.parametrize("n", [2, 4])
def test_some_are_chosen_in_their_order(n: int) -> None:
    found = written(ja.SomeOf(digits(1, 1, 1, 1, 1), n=n))
    even(found, {"".join(c) for c in itertools.combinations("12345", n)})


def test_some_are_chosen_again_where_they_may_be() -> None:
    counts = collections.Counter(written(ja.SomeOf(digits(1, 1, 1), n=2, replace=True)))
    assert set(counts) == {"11", "12", "13", "22", "23", "33"}
    assert scipy.stats.chisquare([counts["12"] / 2, counts["13"] / 2, counts["23"] / 2, counts["11"]]).pvalue > 1e-3


def test_the_order_is_random() -> None:
    even(written(ja.RandomOrder(digits(1, 1, 1), n=3)), {"".join(c) for c in itertools.permutations("123")})
    even(written(ja.RandomOrder(digits(1, 1, 1), n=2)), {"".join(c) for c in itertools.permutations("123", 2)})


@pytest.mark.slow
def test_each_that_is_chosen_is_applied_with_its_own_p() -> None:
    for step in (ja.SomeOf(digits(1, 0.5, 0), n=3), ja.SomeOf(digits(1, 0.5, 0), n=1, p=1)):
        counts = collections.Counter(written(step))
        assert set(counts) == ({"1", "12"} if step.n == 3 else {"0", "1", "2"})
        share = counts["12" if step.n == 3 else "2"] / COUNT
        assert abs(share - (1 / 2 if step.n == 3 else 1 / 6)) < 0.08


def test_one_or_the_other_is_always_applied() -> None:
    a, b = digits(0.5, 0.0)
    for step in (ja.OneOrOther(a, b, p=0.25), ja.OneOrOther(transforms=[a, b], p=0.25)):
        counts = collections.Counter(written(step))
        assert set(counts) == {"1", "2"}
        assert abs(counts["1"] / COUNT - 0.25) < 0.08
    nested = collections.Counter(written(ja.OneOf([ja.OneOrOther(a, b, p=0.25)], p=1)))
    assert abs(nested["1"] / COUNT - 0.25) < 0.08


def test_siblings_and_repeats_are_independent() -> None:
    twice = ja.Sequential([ja.SomeOf(digits(1, 1, 1), n=1), ja.SomeOf(digits(1, 1, 1), n=1)], p=1)
    even(written(twice), {a + b for a in "123" for b in "123"})
    noisy = ja.SomeOf([ja.GaussNoise(p=1)], n=2, replace=True)
    image = jnp.full((8, 8, 3), 0.5)
    plan = ja.Compose([noisy]).sample(KEY, image=image)
    assert not np.array_equal(plan.ops[0].key, plan.ops[1].key)


NESTED = ja.Compose(
    [
        ja.RandomOrder([ja.HorizontalFlip(), ja.Rotate(20, p=1), ja.RandomBrightnessContrast(p=1)], n=2),
        ja.SomeOf([ja.Affine(translate_px=(-3, 3), p=1), ja.GaussNoise(p=1), ja.CoarseDropout(p=1)], n=2, replace=True),
        ja.OneOrOther(ja.Sequential([ja.VerticalFlip(p=1), ja.Blur(p=1)], p=0.3), ja.Solarize(p=1)),
        ja.SelectiveChannelTransform([ja.OneOf([ja.RandomGamma(), ja.InvertImg()], p=0.8)], channels=(0, -1), p=0.7),
    ],
    **PARAMS,
)


def sample() -> dict[str, Any]:
    known = labelled(30, 34)
    return {
        "image": known["image"],
        "mask": known["mask"],
        "bboxes": known["bboxes"],
        "keypoints": known["keypoints"][:, :2],
    }


def alike(one: Any, other: Any) -> None:
    for name in ("mask", "bboxes", "keypoints"):
        np.testing.assert_allclose(np.asarray(one[name]), np.asarray(other[name]), atol=1e-3)
    apart = np.abs(np.asarray(one["image"], int) - np.asarray(other["image"], int))
    assert np.mean(apart > 1) < 0.002


@pytest.mark.slow
def test_plans_of_nested_choices_replay_a_batch() -> None:
    count, given = 6, sample()
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * count), given)
    outs = jax.jit(NESTED.batch)(KEY, batch)
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(count))
    plans = jax.jit(jax.vmap(NESTED.sample))(keys, batch)
    replay = jax.jit(lambda plan, sample: NESTED.apply(plan, sample))
    for i in range(count):
        plan = jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[i], plans)
        stored = pickle.loads(pickle.dumps(plan))
        alike(replay(stored, given), jax.tree.map(lambda leaf, i=i: leaf[i], outs))
    first = jax.tree.map(lambda leaf: np.asarray(leaf)[0], plans)
    alike(replay(ja.Plan.from_json(first.to_json()), given), jax.tree.map(lambda leaf: leaf[0], outs))


@pytest.mark.slow
def test_orders_and_repeats_are_undone() -> None:
    moves = [ja.Rotate(15, p=1), ja.Affine(translate_px=(-2, 2), p=1), ja.HorizontalFlip(p=1)]
    augment = ja.Compose([ja.RandomOrder(moves, n=3), ja.SomeOf(moves, n=2, replace=True)], **PARAMS)
    # Points about the middle, which nothing pushes out of the picture.
    given = {"image": sample()["image"], "keypoints": np.array([[16.0, 14.0], [19.0, 15.5]], np.float32)}
    plans = jax.jit(jax.vmap(augment.sample, in_axes=(0, None)))(jax.random.split(KEY, 8), given)
    there = jax.jit(jax.vmap(augment.apply, in_axes=(0, None)))(plans, given)
    back = jax.jit(jax.vmap(augment.invert))(plans, there)
    moved = np.abs(np.asarray(there["keypoints"]) - given["keypoints"]).max(axis=(1, 2))
    assert (moved > 0.5).sum() >= 6
    assert len(np.unique(moved.round(3))) == 8
    np.testing.assert_allclose(back["keypoints"], np.stack([given["keypoints"]] * 8), atol=1e-3)


def test_new_magnitudes_compile_nothing() -> None:
    traces = 0

    @jax.jit
    def run(augment: Any, key: Any, sample: Any) -> Any:
        nonlocal traces
        traces += 1
        return augment(key, sample)

    for limit in (5.0, 10.0, 15.0):
        some = ja.SomeOf([ja.Rotate(limit, p=1), ja.RandomGamma((80, 100 + limit))], n=1)
        augment = ja.Compose([some, ja.OneOrOther(ja.Blur(), ja.InvertImg())])
        run(augment, KEY, {"image": jnp.zeros((12, 12, 3))})
    assert traces == 1


# Channels -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_only_the_chosen_channels_change(dtype: Any) -> None:
    image = labelled(16, 18, 6, dtype=dtype)["image"]
    inner = [ja.GaussianBlur(p=1), ja.InvertImg(p=1)]
    augment = ja.Compose([ja.SelectiveChannelTransform(inner, channels=[1, -1, 3])])
    out = np.asarray(jax.jit(augment)(KEY, image=image)["image"])
    alone = np.asarray(ja.Compose([ja.GaussianBlur((3, 3), (1, 1), p=1), ja.InvertImg(p=1)])(KEY, image=image)["image"])
    assert alone.shape == out.shape
    np.testing.assert_array_equal(out[..., [0, 2, 4]], image[..., [0, 2, 4]])
    assert all((out[..., c] != image[..., c]).mean() > 0.5 for c in (1, 3, 5))


@pytest.mark.parametrize(
    ("steps", "channels", "message"),
    [
        ([ja.Rotate(p=1)], (0,), "changes values of some channels, but Rotate does more"),
        ([ja.ToGray(p=1)], (0, 1, 2), None),
        ([ja.ToFloat()], (0,), "keep both"),
        ([ja.InvertImg(p=1)], (3,), r"names channels that 'image' does not have: there are 3"),
    ],
)
def test_what_cannot_change_some_channels(steps: list[Any], channels: tuple[int, ...], message: str | None) -> None:
    augment = ja.Compose([ja.SelectiveChannelTransform(steps, channels)])
    if message is None:
        augment(KEY, image=sample()["image"])
        return
    with pytest.raises(ValueError, match=message):
        augment(KEY, image=sample()["image"])


# What results tell --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_result_replays_itself() -> None:
    augment = ja.ReplayCompose([ja.Rotate(p=1), ja.GaussNoise(p=0.5)], **PARAMS)
    given = sample()
    out = augment(KEY, given)
    again = ja.ReplayCompose.replay(out["replay"], given)
    for name in given:
        np.testing.assert_array_equal(again[name], out[name])
    outs = jax.jit(augment.batch)(KEY, jax.tree.map(lambda leaf: np.stack([leaf] * 3), given))
    second = jax.tree.map(lambda leaf: leaf[1], outs["replay"])
    alike(ja.ReplayCompose.replay(second, given), jax.tree.map(lambda leaf: leaf[1], {n: outs[n] for n in given}))
    with pytest.raises(ValueError, match="adds an entry 'replay' to a dict of targets that has none"):
        augment(KEY, out)


def test_a_result_tells_what_was_applied() -> None:
    augment = ja.Compose([ja.HorizontalFlip(p=0), ja.Rotate((20, 20), p=1)], save_applied_params=True)
    out = augment(KEY, image=sample()["image"])
    ((name, text),) = out["applied_transforms"]
    assert (name, text) == ("Rotate", "20 degrees")
    with pytest.raises(ValueError, match="call the pipeline outside jit"):
        jax.jit(augment)(KEY, image=sample()["image"])


def test_a_seed_is_the_key_of_calls_without_one() -> None:
    image = sample()["image"]
    augment = ja.Compose([ja.Rotate(p=1)], seed=5)
    wanted = ja.Compose([ja.Rotate(p=1)])(jax.random.key(5), image=image)["image"]
    np.testing.assert_array_equal(augment(image=image)["image"], wanted)
    np.testing.assert_array_equal(augment(None, {"image": image})["image"], wanted)
    assert not np.array_equal(augment(KEY, image=image)["image"], wanted)
    with pytest.raises(TypeError, match="key must be a JAX PRNG key, got NoneType"):
        jax.jit(lambda image: augment(image=image))(image)


@pytest.mark.slow
def test_views_differ_and_are_those_of_a_batch() -> None:
    augment = ja.Compose([ja.Rotate(p=1)], **PARAMS)
    pair = jax.jit(lambda key, sample: ja.views(key, sample, augment))(KEY, sample())
    assert pair["image"].shape == (2, 30, 34, 3)
    assert not np.array_equal(pair["image"][0], pair["image"][1])
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * 3), sample())
    pairs = jax.vmap(lambda key, one: ja.views(key, one, augment))(jax.random.split(KEY, 3), batch)
    assert pairs["bboxes"].shape == (3, 2, *batch["bboxes"].shape[1:])
    with pytest.raises(TypeError, match="must be a Compose"):
        ja.views(KEY, sample(), ja.Rotate())


# Lists of steps -----------------------------------------------------------------------------------------------------


def test_a_composition_is_a_list_of_its_steps() -> None:
    steps = [ja.HorizontalFlip(), ja.Rotate(20), ja.Blur()]
    augment = ja.Compose(steps, **PARAMS)
    assert len(augment) == 3
    assert augment[1] == ja.Rotate(20)
    assert list(augment[1:]) == steps[1:]
    assert augment[1:].settings == augment.settings
    assert ja.Compose(steps[:2], **PARAMS) + steps[2] == augment
    assert steps[:1] + ja.Compose(steps[1:], **PARAMS) == augment
    assert augment != ja.Compose(steps)
    assert hash(augment) == hash(ja.Compose(steps, **PARAMS))
    assert ja.Rotate(20) != ja.Rotate(21)
    with pytest.raises(ValueError, match="needs images between 0 and full brightness"):
        _ = ja.Compose([ja.Normalize()]) + ja.Solarize()
    choice = ja.OneOf([ja.HorizontalFlip(p=1), ja.Normalize(mean=(0.5, 0.5, 0.5))], p=1)
    assert ja.Compose([choice]).describe().splitlines() == [
        "Compose(",
        "    OneOf(",
        "        HorizontalFlip(p=1.0),",
        "        Normalize(mean=(0.5, 0.5, 0.5)),",
        "        p=1.0,",
        "    ),",
        ")",
    ]


def test_a_notebook_shows_a_pipeline_as_a_tree() -> None:
    said = '<b>&"' * 40
    sticker = ja.OverlayElements(metadata_key=said, p=0.25)
    augment = ja.Compose([ja.OneOf([ja.HorizontalFlip(), ja.Rotate(30, p=1)], p=0.3), sticker], **PARAMS)
    tree = ElementTree.fromstring(f"<div>{augment._repr_html_()}</div>")
    steps = [["".join(part.itertext()) for part in place if part.tag in ("b", "span")] for place in tree.iter("li")]
    expected = [
        ["OneOf", "p = 0.3"],
        ["HorizontalFlip", "p = 0.5"],
        ["Rotate", "p = 1.0"],
        ["OverlayElements", "p = 0.25"],
    ]
    assert steps == expected
    assert [len(place.findall("li")) for place in tree.iter("ul")] == [2, 2]
    arguments = [part.text or "" for part in tree.iter("code")]
    assert "limit=(-30.0, 30.0)" in arguments
    assert [text for text in arguments if said[:20] in text] == [f"metadata_key={said!r}"[:79] + "…"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.SomeOf([]), r"SomeOf\(transforms=\[\]\) needs at least one option"),
        (lambda: ja.SomeOf([ja.Blur()], n=0), "at least 1"),
        (lambda: ja.OneOrOther(ja.Blur()), "OneOrOther needs two transforms"),
        (lambda: ja.OneOrOther(ja.Blur(), ja.Blur(), [ja.Blur()] * 2), "OneOrOther needs two transforms"),
        (lambda: ja.SelectiveChannelTransform([ja.Blur()], [0, 0]), "numbers of channels, each once"),
    ],
)
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_more_than_there_are_is_all_of_them() -> None:
    with pytest.warns(UserWarning, match=r"SomeOf\(n=3\) chooses among 2 transforms: all of them"):
        assert ja.SomeOf([ja.Blur(), ja.Rotate()], n=3).n == 2
