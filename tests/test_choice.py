"""OneOf and Sequential: what is chosen is what would have run alone."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled, smooth

import jaxaug as ja
from jaxaug.core.canvas import Canvas
from jaxaug.core.random import child_keys
from jaxaug.core.sample import parse
from jaxaug.engine.choice import merge
from jaxaug.engine.walk import walk

PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}
SIZE = (37, 45)

CHOICES = {
    "warps": [
        ja.HorizontalFlip(p=1),
        ja.Rotate(40, border_mode="reflect_101", p=1),
        ja.Affine((0.8, 1.2), shear=(-10, 10), border_mode="reflect_101", p=1),
        ja.Perspective(border_mode="reflect_101", fill=(0.1, 0.2, 0.3), p=1),
        ja.ElasticTransform(50, 5, p=1),
        ja.GridDistortion(p=1),
    ],
    "tones": [ja.RandomGamma(p=1), ja.InvertImg(p=1), ja.ColorJitter(p=1), ja.Solarize(p=1), ja.Posterize(p=1)],
    "curves": [ja.RandomGamma(p=1), ja.InvertImg(p=1), ja.Solarize(p=1), ja.Posterize(p=1)],
    "matrices": [ja.RandomBrightnessContrast(p=1), ja.ToGray(p=1), ja.ToSepia(p=1), ja.RGBShift(p=1)],
    "filters": [ja.Blur(p=1), ja.GaussianBlur((3, 7), p=1), ja.Emboss(p=1)],
    "mixture": [
        ja.Rotate(40, p=1),
        ja.GaussianBlur(p=1),
        ja.Blur(p=1),
        ja.GaussNoise(p=1),
        ja.CoarseDropout(p=1),
        ja.RandomGamma(p=1),
    ],
    "sequences": [
        ja.Sequential([ja.Rotate(30, p=1), ja.RandomGamma(p=1), ja.HorizontalFlip(p=1)], p=1),
        ja.Sequential([ja.RandomGamma(p=1), ja.Rotate(30, p=1)], p=1),
        ja.Blur(p=1),
    ],
    "sizes": [ja.RandomCrop(20, 24), ja.Resize(20, 24), ja.RandomResizedCrop((20, 24)), ja.CenterCrop(20, 24)],
}


#: Choices that are tried on pictures of bytes too, which have forms of their own.
BYTES = ("tones", "curves", "matrices", "filters")
SLOW = (*BYTES, "warps", "sequences", "sizes")


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, np.float32) for name in CHOICES if name not in SLOW]
    + [(name, np.uint8) for name in BYTES]
    + [pytest.param(name, np.float32, marks=pytest.mark.slow) for name in SLOW],
)
def test_a_choice_does_what_its_option_does_alone(name: str, dtype: Any) -> None:
    """Replays every option by hand, through the same slots and apart from them."""
    options = CHOICES[name]
    sample = jax.tree.map(jnp.asarray, labelled(*SIZE, dtype=dtype))
    augment = ja.Compose([], **PARAMS)
    key = jax.random.key(9)

    def ops_of(i: int) -> tuple[Any, ...]:
        return walk(options[i], child_keys(key, [str(i)])[0], augment.start(sample, key))

    @jax.jit
    def chosen(index: Any, sample: Any) -> Any:
        every = [ops_of(i) for i in range(len(options))]
        return augment.apply(ja.Plan(merge(every, index, Canvas(SIZE))), sample)

    @functools.partial(jax.jit, static_argnums=0)
    def alone_of(i: int, sample: Any) -> Any:
        return augment.apply(ja.Plan(ops_of(i)), sample)

    layout, _ = parse(sample, None)
    assert layout.reference_size == SIZE
    for i in range(len(options)):
        alone = alone_of(i, sample)
        out = chosen(jnp.int32(i), sample)
        assert jax.tree.structure(out) == jax.tree.structure(alone)
        apart = np.abs(np.asarray(out["image"], np.float64) - np.asarray(alone["image"], np.float64))
        assert np.mean(apart > (1 if dtype == np.uint8 else 2e-3)) < 0.01, (i, apart.max())
        np.testing.assert_allclose(out["keypoints"], alone["keypoints"], atol=1e-3)
        # Bent outlines are followed in finer pieces where several options may bend them.
        np.testing.assert_allclose(out["bboxes"], alone["bboxes"], atol=0.01)
        assert np.mean(np.asarray(out["mask"]) != np.asarray(alone["mask"])) < 0.01


def test_affine_options_share_one_slot() -> None:
    plan = ja.Compose([ja.OneOf([ja.Rotate(), ja.Perspective(), ja.HorizontalFlip(), ja.Affine()], p=1)]).sample(
        jax.random.key(0), image=jnp.zeros((16, 16, 3))
    )
    assert len(plan) == 1


def test_filters_share_one_slot_of_weights() -> None:
    plan = ja.Compose([ja.OneOf([ja.Blur(), ja.GaussianBlur()], p=1)]).sample(
        jax.random.key(0), image=jnp.zeros((16, 16, 3))
    )
    assert plan.names() == ["Blur|GaussianBlur"]
    assert type(plan.ops[0]).__name__ == "Separable"


def test_a_sequence_applies_as_a_whole_or_not_at_all() -> None:
    augment = ja.Compose([ja.Sequential([ja.InvertImg(p=1), ja.HorizontalFlip(p=1)], p=0.5)])
    image = jnp.asarray(smooth(9, 11))
    out = jax.jit(augment.batch)(jax.random.key(0), image=jnp.stack([image] * 40))["image"]
    whole = np.asarray((1 - image)[:, ::-1])
    kinds = [np.allclose(o, image, atol=1e-6) * 1 + np.allclose(o, whole, atol=1e-6) * 2 for o in np.asarray(out)]
    assert set(kinds) == {1, 2}


def test_nested_choices() -> None:
    augment = ja.Compose(
        [ja.OneOf([ja.OneOf([ja.Rotate(), ja.Blur()]), ja.Sequential([ja.RandomGamma(), ja.InvertImg()])], p=1)]
    )
    out = jax.jit(augment.batch)(jax.random.key(0), image=jnp.stack([jnp.asarray(smooth(16, 16))] * 4))
    assert out["image"].shape == (4, 16, 16, 3)
    assert np.isfinite(np.asarray(out["image"])).all()
