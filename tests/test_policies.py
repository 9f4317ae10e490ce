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


def pillow(name: str, strength: float, sign: int) -> np.ndarray:
    """What Pillow's own functions make of the photograph, as the papers' code calls them."""
    image, signed = Image.fromarray(PHOTO), sign * strength
    height, width = PHOTO.shape[:2]
    shift = signed * 150 / 331
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
        out = ImageOps.posterize(image, 8 - round(4 * strength))
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


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"RandAugment\(magnitude=...\) must be from 0 to num_magnitude_bins - 1 = 30"):
        ja.RandAugment(2, 31)
    with pytest.raises(ValueError, match="policy"):
        ja.AutoAugment("mnist")
    assert all(_pairs(text).shape == (25, 2, 3) for text in POLICIES.values())
