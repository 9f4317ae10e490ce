"""Policies: each operation is that of Pillow, choices are even, and everything moves in step."""

from __future__ import annotations

import collections
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from pictures import astronaut
from PIL import Image, ImageEnhance, ImageOps
from scenes import labelled

import jaxaug as ja
from jaxaug.ops.chain_mixture import ChainMixture
from jaxaug.policies.augmix import chains
from jaxaug.policies.autoaugment import POLICIES, _pairs
from jaxaug.policies.operations import NAMES, Space, operation
from jaxaug.policies.randaugment import EVEN

KEY = jax.random.key(7)
PHOTO = np.ascontiguousarray(astronaut())


@ja.transform
class Operation(ja.Transform):
    """One operation, as policies apply it."""

    which: Any = 0
    strength: Any = 0.5
    p: Any = 1.0

    def draw(self, rng: Any, view: Any) -> Any:
        reading = {"interpolation": "nearest", "mask_interpolation": "nearest"}
        return operation(rng, view, "0", jnp.asarray(self.which, jnp.int32), self.strength, Space(), **reading)


def pillow(
    name: str, strength: float, sign: int, photo: np.ndarray = PHOTO, far: float = 150 / 331, kept: int = 8
) -> np.ndarray:
    """What Pillow's own functions make of a photograph, as the papers' code calls them.

    Args:
        name: of the operation.
        strength: from 0 to 1.
        sign: 1 or -1.
        photo: (height, width, 3) uint8.
        far: of shifts at full strength, as a fraction of the side.
        kept: bits of a level before any go.
    """
    image, signed = Image.fromarray(photo), sign * strength
    height, width = photo.shape[:2]
    shift = signed * far
    maps = {
        "ShearX": (1, signed * 0.3, 0, 0, 1, 0),
        "ShearY": (1, 0, 0, signed * 0.3, 1, 0),
        "TranslateX": (1, 0, -math.trunc(shift * width), 0, 1, 0),
        "TranslateY": (1, 0, 0, 0, 1, -math.trunc(shift * height)),
    }
    if name in maps:
        out = image.transform(image.size, Image.Transform.AFFINE, maps[name])
    elif name == "Rotate":
        out = image.rotate(signed * 30)
    elif name in ("Brightness", "Contrast", "Color", "Sharpness"):
        out = getattr(ImageEnhance, name)(image).enhance(1 + 0.9 * signed)
    elif name == "Posterize":
        out = ImageOps.posterize(image, kept - round(4 * strength))
    elif name == "Solarize":
        out = ImageOps.solarize(image, math.ceil(255 * (1 - strength)))
    else:
        ops = {"AutoContrast": ImageOps.autocontrast, "Equalize": ImageOps.equalize, "Invert": ImageOps.invert}
        out = ops[name](image) if name in ops else image
    return np.asarray(out, int)


def test_operations_are_those_of_pillow() -> None:
    run = jax.jit(lambda which, strength, key: ja.Compose([Operation(which, strength)])(key, image=PHOTO)["image"])
    for name in NAMES:
        signs = set()
        for i in range(5):
            out = np.asarray(run(NAMES.index(name), 0.75, jax.random.key(i)), int)
            apart = [np.mean(np.abs(out - pillow(name, 0.75, sign)).max(axis=-1) > 1) for sign in (-1, 1)]
            assert min(apart) < 0.01, (name, apart)
            signs.add(int(np.argmin(apart)))
        assert len(signs) == 2 or name in ("Identity", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_operations_on_other_dtypes_are_those_on_bytes(dtype: Any) -> None:
    run = jax.jit(lambda which, image: ja.Compose([Operation(which, 0.75)])(KEY, image=image)["image"])
    full = 65535 if dtype == np.uint16 else 1.0
    picture = (PHOTO / 255 * full).astype(dtype)
    for name in NAMES:
        levels = np.asarray(run(NAMES.index(name), PHOTO), float)
        other = np.asarray(run(NAMES.index(name), picture), float) / full * 255
        assert np.mean(np.abs(levels - other) > 1.01) < 0.01, name


def test_operations_are_drawn_evenly_and_differ_between_samples() -> None:
    count = 1024
    image = jnp.zeros((count, 4, 4, 3), jnp.uint8)
    keys = jax.random.split(KEY, count)
    plans = jax.jit(jax.vmap(ja.Compose([ja.RandAugment(1, 9)]).sample))(keys, {"image": image})
    warp, colour = plans.ops
    kinds = np.where(np.asarray(warp.active), "moves", np.where(np.asarray(colour.active), "colours", "nothing"))
    counts = collections.Counter(kinds.tolist())
    expected = [count * n / 14 for n in (5, 8, 1)]
    assert scipy.stats.chisquare([counts[k] for k in ("moves", "colours", "nothing")], expected).pvalue > 1e-3
    assert len(EVEN) == 14


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy",
    [
        ja.RandAugment(2, 20),
        ja.TrivialAugmentWide(),
        ja.AutoAugment("svhn"),
        ja.AugMix(5),
        ja.three_augment(),
    ],
)
def test_all_targets_follow_in_batches_plans_and_replays(policy: Any) -> None:
    params: dict[str, Any] = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xy")}
    augment = ja.Compose([policy], **params)
    known = labelled(40, 44)
    given = {n: known[n] for n in ("image", "mask", "bboxes")} | {"keypoints": known["keypoints"][:, :2]}
    batch = jax.tree.map(lambda leaf: np.stack([leaf] * 8), given)
    outs = jax.jit(augment.batch)(KEY, batch)
    alone = jax.jit(lambda i: augment(jax.random.fold_in(KEY, i), given))
    for i in range(8):
        one = alone(i)
        for name in given:
            apart = np.abs(np.asarray(outs[name][i], float) - np.asarray(one[name], float))
            # Two programs may round a place apart, which shows where the nearest pixel is read.
            assert np.mean(apart > 1.001) < (0.03 if name in ("image", "mask") else 1e-9), name
    plan = augment.sample(KEY, given)
    replayed = augment.apply(ja.Plan.from_json(plan.to_json()), given)
    np.testing.assert_allclose(np.asarray(replayed["bboxes"]), np.asarray(augment(KEY, given)["bboxes"]), atol=1e-3)
    back = augment.invert(plan, replayed)
    assert back["image"].shape == given["image"].shape


def test_masks_and_points_move_with_the_picture() -> None:
    """A disc that is brighter than all else stays under its mask and around its point."""
    rows, columns = np.mgrid[:60, :60]
    disc = (rows - 33) ** 2 + (columns - 24) ** 2 <= 64
    image = np.where(disc[..., None], 255, 0).astype(np.uint8).repeat(3, axis=-1)
    run = jax.jit(
        lambda which, key: ja.Compose([Operation(which, 0.5)], keypoint_params=ja.KeypointParams("xy"))(
            key, image=image, mask=disc.astype(np.uint8), keypoints=np.array([[24.0, 33.0]], np.float32)
        )
    )
    for name in ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"):
        out = run(NAMES.index(name), KEY)
        bright = np.asarray(out["image"])[..., 0] > 127
        np.testing.assert_array_equal(bright, np.asarray(out["mask"]) == 1, err_msg=name)
        if bright.any():
            y, x = (np.mean(side[bright]) for side in (rows, columns))
            np.testing.assert_allclose(out["keypoints"][0], [x, y], atol=1.0, err_msg=name)


@ja.transform
class Chains(ja.Transform):
    """Chains of operations that are not drawn."""

    which: Any = 0
    strength: Any = 0
    sign: Any = 1
    on: Any = True
    weights: Any = 0
    p: Any = 1.0

    def draw(self, rng: Any, view: Any) -> Any:
        reading = {"interpolation": "nearest", "fill": 0.0}
        return ChainMixture(chains(view, self.which, self.strength, self.sign, self.on, **reading), self.weights)


def test_chains_are_mixed_as_by_the_code_of_augmix() -> None:
    """Pillow's operations one after another, and the shares of torchvision's `AugMix`, from the same numbers."""
    names = [["Rotate", "Equalize", "ShearX"], ["Solarize", "TranslateY", "Color"], ["Posterize", "Contrast", "Rotate"]]
    tenths = np.array([[7, 3, 9], [4, 8, 2], [6, 5, 1]])
    sign, depth = np.array([[1, 1, -1], [1, -1, -1], [1, 1, 1]]), np.array([2, 3, 1])
    on, weights = np.arange(3) < depth[:, None], np.array([0.3, 0.25, 0.2], np.float32)
    which = np.array([[NAMES.index(name) for name in chain] for chain in names])
    dtypes = (jnp.int32, jnp.float32, jnp.float32, bool, jnp.float32)
    given = [jnp.asarray(v, dtype) for v, dtype in zip((which, tenths / 9, sign, on, weights), dtypes, strict=True)]
    sample = {"image": PHOTO, "mask": PHOTO[..., 0] // 64}
    out = jax.jit(lambda given: ja.Compose([Chains(*given)])(KEY, sample))(given)
    mixed = 0.25 * PHOTO.astype(float)
    for chain, weight in enumerate(weights):
        image = PHOTO
        for link in range(depth[chain]):
            arguments = names[chain][link], tenths[chain, link] / 9, int(sign[chain, link])
            image = pillow(*arguments, image, 1 / 3, 4).astype(np.uint8)
        mixed += weight * image
    assert np.mean(np.abs(np.asarray(out["image"], float) - mixed).max(axis=-1) > 1.6) < 0.02
    np.testing.assert_array_equal(out["mask"], sample["mask"])


def test_chains_are_drawn_evenly_and_weigh_as_their_distributions_say() -> None:
    count = 1024
    image = {"image": jnp.zeros((count, 4, 6, 3), jnp.uint8)}
    draw = jax.jit(lambda augment: jax.vmap(augment.sample)(jax.random.split(KEY, count), image))
    (mixture,) = draw(ja.Compose([ja.AugMix(severity=10)])).ops
    weights = np.asarray(mixture.weights, float)
    assert scipy.stats.kstest(weights.sum(axis=1), "uniform").pvalue > 1e-3
    assert scipy.stats.kstest((weights / weights.sum(axis=1, keepdims=True))[:, 0], "beta", (1, 2)).pvalue > 1e-3
    warp, colour = mixture.links
    moves = np.asarray(warp.active)
    depth = (moves | np.asarray(colour.active)).sum(axis=-1)
    assert scipy.stats.chisquare(np.bincount(depth.ravel(), minlength=4)[1:]).pvalue > 1e-3
    # Five of thirteen operations move a picture.
    assert scipy.stats.binomtest(int(moves.sum()), int(depth.sum()), 5 / 13).pvalue > 1e-3
    turns = np.rad2deg(np.arccos(np.clip(np.asarray(warp.map.m)[..., 0, 0], -1, 1)))
    assert turns.max() == pytest.approx(30, abs=0.1)
    (least,) = draw(ja.Compose([ja.AugMix(severity=1)])).ops
    np.testing.assert_allclose(least.links[0].map.m, np.broadcast_to(np.eye(3), (count, 3, 3, 3, 3)), atol=1e-6)


@pytest.mark.slow
def test_gradients_go_through_chains() -> None:
    augment = ja.Compose([ja.AugMix(8)])
    picture = jnp.asarray(PHOTO[::8, ::8], jnp.float32) / 255
    slope = jax.jit(jax.grad(lambda image: augment(KEY, image=image)["image"].sum()))(picture)
    assert np.isfinite(np.asarray(slope)).all()
    assert (np.asarray(slope) != 0).mean() > 0.5


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"AugMix\(chain_depth=...\) must be at least 1, or -1 to draw it, got 0"):
        ja.AugMix(chain_depth=0)
    with pytest.raises(ValueError, match=r"RandAugment\(magnitude=...\) must be from 0 to num_magnitude_bins - 1 = 30"):
        ja.RandAugment(2, 31)
    with pytest.raises(ValueError, match="policy"):
        ja.AutoAugment("mnist")
    assert all(_pairs(text).shape == (25, 2, 3) for text in POLICIES.values())
