"""What must hold for every transform, over the one table."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled, smooth
from scipy.ndimage import binary_erosion
from table import BY_NAME, TABLE

import jaxaug as ja
from jaxaug.backend import struct

NAMES = [case.name for case in TABLE]
COUNT = 3
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}


def each(*names: str) -> Any:
    """Parametrizes over cases; tests of one case share a worker, and so its compiled programs."""
    chosen = names or tuple(NAMES)
    return pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.xdist_group(n)) for n in chosen])


def where(condition: Any) -> tuple[str, ...]:
    return tuple(case.name for case in TABLE if condition(case))


def close(a: Any, b: Any, levels: float = 1.0, points: float = 1e-3, slopes: float = 1e-7) -> None:
    """Two samples agree: pictures to a level, rows to a fraction of a pixel, everything else exactly.

    Args:
        a, b: the samples.
        levels: by which most pixels of images may differ.
        points: by which rows may differ.
        slopes: by which, relative to them, angles and sizes of points may differ besides.
    """
    assert jax.tree.structure(a) == jax.tree.structure(b)
    paths = jax.tree_util.tree_leaves_with_path(a)
    for (path, x), y in zip(paths, jax.tree.leaves(b), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        name = jax.tree_util.keystr(path)
        assert x.shape == y.shape, name
        assert x.dtype == y.dtype, name
        if "image" in name:
            step = levels if x.dtype.kind == "u" else levels / 255
            apart = np.abs(x.astype(np.float64) - y.astype(np.float64))
            # Two programs may round a coordinate apart, which shows where a step or an edge is.
            assert np.mean(apart > step) <= 0.002, (name, apart.max())
        elif "mask" in name:
            assert np.mean(x != y) <= 0.002, name
        else:
            place = 2 if "keypoints" in name and x.ndim > 1 else None
            np.testing.assert_allclose(x[..., :place], y[..., :place], atol=points, err_msg=name)
            if place:
                np.testing.assert_allclose(x[..., place:], y[..., place:], rtol=slopes, atol=points, err_msg=name)


@functools.cache
def observed(name: str) -> dict[str, Any]:
    """Everything about one case that a compiled program can tell, computed once."""
    case = BY_NAME[name]
    augment = ja.Compose([case.transform], **PARAMS)
    channels = 3 if 3 in case.channels else case.channels[0]
    sample = jax.tree.map(jnp.asarray, labelled(*case.size, channels))
    batch = jax.tree.map(lambda x: jnp.stack([x] * COUNT), sample)
    key = jax.random.key(5)
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(COUNT))
    traces = []

    def several(augment: Any, keys: Any, batch: Any) -> Any:
        traces.append(1)

        def one(key: Any, sample: Any) -> Any:
            plan = augment.sample(key, sample)
            out = augment.apply(plan, sample)
            return {"plan": plan, "out": augment(key, sample), "replay": out, "back": augment.invert(plan, out)}

        return jax.vmap(one)(keys, batch)

    program = jax.jit(several)
    mapped = program(augment, keys, batch)
    other = program(augment, jax.vmap(lambda i: jax.random.fold_in(key, i + 100))(jnp.arange(COUNT)), batch)
    return {
        "case": case,
        "augment": augment,
        "sample": sample,
        "key": key,
        "keys": keys,
        "mapped": mapped,
        "other": other,
        "traces": len(traces),
        "batched": jax.jit(augment.batch)(key, batch),
        "eager": augment(keys[0], sample),
    }


def leaf(tree: Any, i: int) -> Any:
    return jax.tree.map(lambda x: x[i], tree)


@each()
def test_structure_and_dtypes_are_kept(name: str) -> None:
    seen = observed(name)
    before, after = seen["sample"], seen["eager"]
    assert jax.tree.structure(before) == jax.tree.structure(after)
    for key in before:
        expected = jnp.float32 if (key, name) == ("image", "Normalize") else before[key].dtype
        assert after[key].dtype == expected, key
    np.testing.assert_array_equal(after["labels"], before["labels"])


@each()
def test_jit_vmap_and_batch_agree_with_eager(name: str) -> None:
    seen = observed(name)
    close(leaf(seen["mapped"]["out"], 0), seen["eager"])
    for i in range(COUNT):
        close(leaf(seen["batched"], i), leaf(seen["mapped"]["out"], i))


@each()
def test_draws_are_equal_bit_for_bit_under_vmap_and_in_a_loop(name: str) -> None:
    seen = observed(name)
    alone = seen["augment"].sample(seen["keys"][1], seen["sample"])
    for a, b in zip(jax.tree.leaves(alone), jax.tree.leaves(leaf(seen["mapped"]["plan"], 1)), strict=True):
        if jnp.issubdtype(jnp.asarray(a).dtype, jnp.floating):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
        else:
            np.testing.assert_array_equal(a, b)


@each()
def test_replay_equals_the_call(name: str) -> None:
    seen = observed(name)
    for i in range(COUNT):
        # Sizes of points come from slopes: differences of displacements of some pixels, which float32 holds to 3e-7.
        close(leaf(seen["mapped"]["replay"], i), leaf(seen["mapped"]["out"], i), 0.0, points=1e-5, slopes=2e-6)


@each()
def test_a_stored_plan_replays_bit_for_bit(name: str, tmp_path: Any) -> None:
    seen = observed(name)
    augment, sample = seen["augment"], seen["sample"]
    plan = augment.sample(seen["keys"][0], sample)
    leaves, tree = jax.tree.flatten(plan)
    np.savez(tmp_path / "plan.npz", *[np.asarray(x) for x in leaves])
    stored = np.load(tmp_path / "plan.npz")
    again = jax.tree.unflatten(tree, [stored[f"arr_{i}"] for i in range(len(leaves))])
    first, second = augment.apply(plan, sample), augment.apply(again, sample)
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(a, b)


@each()
def test_the_same_key_repeats_and_another_key_differs(name: str) -> None:
    seen = observed(name)
    first, second = jax.tree.leaves(seen["mapped"]["plan"]), jax.tree.leaves(seen["other"]["plan"])
    differs = any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert differs == seen["case"].random
    assert seen["traces"] == 1, "new keys must not retrace"


@each(*where(lambda case: case.family == "warp"))
def test_invert_brings_points_and_boxes_back(name: str) -> None:
    seen = observed(name)
    before, after, back = seen["sample"], seen["mapped"]["out"], seen["mapped"]["back"]
    alive = np.asarray(after["keypoints_valid"])
    assert alive.sum() >= 2, "the case must keep some points inside to prove anything"
    for i, j in zip(*np.nonzero(alive), strict=True):
        np.testing.assert_allclose(back["keypoints"][i, j, :2], before["keypoints"][j, :2], atol=0.05)
        np.testing.assert_allclose(back["keypoints"][i, j, 2:], before["keypoints"][j, 2:], atol=0.5)
    assert back["image"].shape == (COUNT, *before["image"].shape)


@each(*where(lambda case: case.exact and case.family == "warp"))
def test_inverting_whole_pixel_warps_is_exact(name: str) -> None:
    seen = observed(name)
    image = np.asarray(seen["sample"]["image"])
    for i in range(COUNT):
        back = np.asarray(seen["mapped"]["back"]["image"][i])
        same = (back == image).all(axis=-1)
        outside = (back == 0).all(axis=-1)
        assert (same | outside).all()
        out = np.asarray(seen["mapped"]["out"]["image"][i])
        kept = min(out.shape[0] * out.shape[1], image.shape[0] * image.shape[1])
        assert same.sum() >= kept * 0.95


@each(*where(lambda case: case.family == "warp" and case.name != "PixelSpread"))
def test_pictures_come_back_to_two_levels(name: str) -> None:
    seen = observed(name)
    image = np.asarray(seen["sample"]["image"], np.int32)
    assert image.min() > 8
    for i in range(COUNT):
        back = np.asarray(seen["mapped"]["back"]["image"][i], np.int32)
        # The fill is black, which this picture is nowhere; next to it two readings blend with it.
        shown = binary_erosion((back != 0).all(axis=-1), iterations=1 if seen["case"].exact else 2)
        assert shown.mean() > 0.1
        assert np.abs(back - image)[shown].max() <= 2


@each()
def test_every_dtype_and_number_of_channels(name: str) -> None:
    case = BY_NAME[name]
    height, width = case.size
    scene = labelled(height, width)
    sample: dict[str, Any] = {n: scene[n] for n in ("mask", *case.needs)}
    kinds = [np.uint8, np.float32, np.uint16, np.float16, jnp.bfloat16]
    for channels in case.channels:
        # Every dtype of one number of channels, and of the others two.
        for dtype in kinds if channels == case.channels[-1] else kinds[:2]:
            value = labelled(height, width, channels, np.float32)["image"]
            whole = np.issubdtype(np.dtype(dtype), np.integer)
            value = (value * np.iinfo(dtype).max if whole else value).astype(dtype)
            sample[f"{np.dtype(dtype).name}_{channels}"] = {"image": jnp.asarray(value)}
    if 1 in case.channels:
        sample["flat"] = {"image": jnp.asarray((smooth(height, width, 1)[..., 0] * 255).astype(np.uint8))}
    augment = ja.Compose([case.transform], **PARAMS)
    out = jax.jit(augment)(jax.random.key(3), sample)
    reference = None
    groups = sorted((g for g in out if g not in scene), key=lambda g: not g.startswith("float32"))
    for group, value in ((g, out[g]) for g in groups):
        image = value["image"]
        assert image.ndim == sample[group]["image"].ndim
        if name != "Normalize":
            assert image.dtype == sample[group]["image"].dtype
        if group.endswith(f"_{case.channels[-1]}") and name not in ("Solarize", "Posterize"):
            top = np.iinfo(image.dtype).max if jnp.issubdtype(image.dtype, jnp.integer) else 1.0
            unit = np.asarray(image, np.float64) / (1.0 if name == "Normalize" else top)
            reference = unit if reference is None else reference
            coarse = {"float16": 4e-3, "bfloat16": 3e-2}.get(group.split("_")[0], 8e-3)
            coarse *= 5 if name == "Normalize" else 1
            assert np.mean(np.abs(unit - reference) > coarse) < 0.01, group


@each(*where(lambda case: case.limit is not None))
def test_gradients_are_finite_and_right(name: str) -> None:
    case = BY_NAME[name]
    channels = 3 if 3 in case.channels else case.channels[0]
    image = jnp.asarray(smooth(*case.size, channels)) * 0.5 + 0.2
    key = jax.random.key(12)
    path = case.limit or ()

    def loss(limit: Any, image: Any) -> Any:
        value = limit
        if len(path) == 2:
            old = getattr(case.transform, path[0])
            value = tuple(limit if i == path[1] else v for i, v in enumerate(old))
        if name == "Affine":
            value = (0.0, limit)
        augment = ja.Compose([struct.replace(case.transform, **{path[0]: value})])
        out = augment(key, image=image)["image"]
        ramp = jnp.linspace(0.0, 1.0, out.size).reshape(out.shape)
        return jnp.mean(ramp * out**2)

    start = getattr(case.transform, path[0])
    start = float(start[path[1]]) if len(path) == 2 else float(start)
    program = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    _, (by_limit, by_image) = program(jnp.float32(start), image)
    assert np.isfinite(by_limit)
    assert np.isfinite(np.asarray(by_image)).all()
    assert np.abs(np.asarray(by_image)).max() > 0
    step = max(abs(start), 0.05) * 0.001
    high, _ = program(jnp.float32(start + step), image)
    low, _ = program(jnp.float32(start - step), image)
    slope = float(high - low) / (2 * step)
    np.testing.assert_allclose(by_limit, slope, rtol=0.05, atol=1e-7 / step)


@each("HorizontalFlip", "Rotate", "ColorJitter", "GaussNoise", "CoarseDropout", "GridDistortion")
def test_a_probability_of_zero_or_one_is_certain_and_between_is_not(name: str) -> None:
    case = BY_NAME[name]
    sample = {"image": jnp.asarray(labelled(*case.size)["image"]), "mask": jnp.asarray(labelled(*case.size)["mask"])}
    batch = jax.tree.map(lambda x: jnp.stack([x] * 40), sample)
    augment = ja.Compose([struct.replace(case.transform, p=jnp.float32(0.5))])
    out = jax.jit(lambda a, k, b: a.batch(k, b))(augment, jax.random.key(0), batch)
    same = np.array([np.array_equal(o, i) for o, i in zip(out["image"], batch["image"], strict=True)])
    assert 8 <= same.sum() <= 32
    never = ja.Compose([struct.replace(case.transform, p=0.0)])(jax.random.key(0), sample)
    np.testing.assert_array_equal(never["image"], sample["image"])


def test_magnitudes_are_leaves_and_do_not_retrace() -> None:
    traces = []

    @jax.jit
    def run(augment: ja.Compose, key: Any, image: Any) -> Any:
        traces.append(1)
        return augment(key, image=image)["image"]

    image = jnp.asarray(smooth(24, 31))
    key = jax.random.key(0)
    results = []
    for angle, limit in ((10.0, 0.1), (20.0, 0.2), (35.0, 0.4)):
        steps = [ja.Rotate((angle, angle), p=1), ja.RandomBrightnessContrast(limit, limit, p=0.7)]
        results.append(run(ja.Compose(steps), key, image))
    assert len(traces) == 1
    assert not np.allclose(results[0], results[1])
