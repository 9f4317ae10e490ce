"""Pipelines that are written and read again are equal, draw equally, and name only what their reader knows."""

from __future__ import annotations

import json
from typing import Any

import jax
import numpy as np
import pytest
import yaml
from table import APART, SIZED, TABLE, Case

import jaxaug as ja
from jaxaug.core import arguments as args

KEY = jax.random.key(5)


def halved(image: Any) -> Any:
    """A function of the user's own."""
    return image * 0.5


@ja.transform
class Dimmed(ja.Transform):
    """A transform of the user's own."""

    by: float = args.option(0.5, float, 0)
    p: Any = args.probability(0.5)

    def draw(self, rng: Any, view: Any) -> Any:
        raise NotImplementedError


def through_json(step: Any) -> Any:
    return ja.from_dict(json.loads(json.dumps(ja.to_dict(step), allow_nan=False)), modules=[__name__, "jax"])


@pytest.mark.parametrize("case", [*TABLE, *SIZED, *APART], ids=lambda case: case.name)
def test_every_transform_survives_json(case: Case) -> None:
    again = through_json(case.transform)
    assert again == case.transform
    assert hash(again) == hash(case.transform)


WHOLE = ja.Compose(
    [
        ja.RandomCrop(32, 30),
        ja.OneOf([ja.Posterize((2, 5)), ja.Sequential([ja.NoOp(), ja.Rotate((0, 30))]), Dimmed(0.25)], p=0.3),
        ja.Compose([ja.Affine(scale={"x": (0.5, 1), "y": (1, 2)}, fill=(1, 2, 3))], p=0.4),
        ja.SomeOf([ja.HorizontalFlip(p=1), ja.VerticalFlip(p=1)], n=3, replace=True),
        ja.OneOrOther(ja.Blur(), ja.RandomOrder([ja.NoOp(), ja.InvertImg()])),
        ja.SelectiveChannelTransform([ja.Blur()], [2, 0]),
        ja.Lambda(image=halved, name="halved"),
    ],
    p=0.9,
    bbox_params=ja.BboxParams("coco", label_fields=["labels"], min_area=3),
    keypoint_params=ja.KeypointParams(
        "xya",
        label_fields=["parts", "ids"],
        label_mapping={"parts": {"left": "right", "right": "left"}, "ids": {1: 2, 2: 1}},
    ),
    target_params={"polygons": {"label_fields": {"polygons": ["names"], "roofs": ["kinds"]}}},
    additional_targets={"image1": "image"},
    is_check_shapes=False,
    strict=True,
    mask_interpolation="nearest",
    fuse=False,
    max_value=255.0,
    seed=3,
    save_applied_params=True,
)


def test_all_that_a_pipeline_says_survives_json_and_yaml() -> None:
    again = through_json(WHOLE)
    assert again == WHOLE
    assert again.arguments() == WHOLE.arguments()
    text = yaml.safe_dump(ja.to_dict(WHOLE))
    assert ja.from_dict(yaml.safe_load(text), modules=[__name__]) == WHOLE
    assert type(through_json(ja.ReplayCompose([ja.Blur()], save_key="done"))) is ja.ReplayCompose


def test_what_was_read_draws_the_same() -> None:
    first = ja.Compose([ja.OneOf([ja.Posterize((2, 5), p=1), ja.Rotate((5, 30), p=1)], p=0.8), ja.GaussNoise(p=1)])
    image = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    both = [augment.batch(KEY, {"image": np.stack([image] * 4)})["image"] for augment in (first, through_json(first))]
    np.testing.assert_array_equal(*both)


def test_arrays_and_odd_numbers_survive() -> None:
    references = [np.arange(48, dtype=np.uint8).reshape(4, 4, 3)]
    again = through_json(ja.FDA(references, read_fn=None))
    assert again.reference_images[0].dtype == np.uint8
    np.testing.assert_array_equal(again.reference_images[0], references[0])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([["Blur"]], r"must be \{'format': 1, 'pipeline': \[name, arguments\]\}, got list. Lists of steps are read by"),
        ({"transform": {}}, r"got the keys \['transform'\].*pipelines of Albumentations by from_albumentations"),
        ({"format": 2, "pipeline": ["Blur"]}, "written in format 2, and this version of jaxaug reads 1"),
        ({"format": 1, "pipeline": "Blur"}, r"The pipeline must be \[name, arguments\], got 'Blur'"),
        ({"format": 1, "pipeline": ["Blurr"]}, "The pipeline names 'Blurr', which is unknown. Did you mean 'Blur'"),
        ({"format": 1, "pipeline": ["Blur", {"size": 3}]}, "The pipeline: Blur has no argument 'size'"),
        (
            {"format": 1, "pipeline": ["Lambda", {"image": {"$function": ["os", "system"]}}]},
            "names the function 'os.system', which is not known",
        ),
    ],
)
def test_what_is_no_pipeline(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ja.from_dict(data)


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="cannot be imported by its name"):
        ja.to_dict(ja.Lambda(image=lambda image: image))
    with pytest.raises(TypeError, match="to_dict writes a Compose or one of its steps, got list"):
        ja.to_dict([ja.Blur()])  # type: ignore[arg-type]
