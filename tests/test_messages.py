"""The messages of a first hour: what was wrong, what was expected, what came and what to do, in that order."""

from __future__ import annotations

import dataclasses
import json
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from table import APART, SIZED, TABLE

import jaxaug as ja

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A

KEY = jax.random.key(0)
IMAGE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
FLIP = ja.HorizontalFlip(p=1)


# Calls --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step", [ja.Rotate(30, p=1), ja.OneOf([FLIP, ja.VerticalFlip()], p=1), ja.Sequential([FLIP], p=1), ja.Resize(8, 9)]
)
def test_a_step_called_by_itself_acts_as_a_compose_of_one(step: Any) -> None:
    whole = ja.Compose([step])
    for one, other in (
        (step(KEY, image=IMAGE), whole(KEY, image=IMAGE)),
        (step(KEY, {"image": IMAGE}), whole(KEY, image=IMAGE)),
        (jax.jit(step)(KEY, {"image": IMAGE}), whole(KEY, image=IMAGE)),
    ):
        np.testing.assert_allclose(np.asarray(one["image"], int), np.asarray(other["image"], int), atol=1)


def test_a_key_comes_first() -> None:
    augment = ja.Compose([FLIP])
    for call in (augment, augment.sample, augment.batch, FLIP):
        with pytest.raises(TypeError, match=r"key must be a JAX PRNG key, got NoneType.* augment\(key, image=image\)"):
            call(image=IMAGE)
        with pytest.raises(TypeError, match=r"key must be a JAX PRNG key.* It has no name: keywords are targets"):
            call(image=IMAGE, key=KEY)
        with pytest.raises(TypeError, match="key must be a JAX PRNG key, got dict"):
            call({"image": IMAGE})
    assert augment(KEY, image=IMAGE, key=3)["key"] == 3


def test_pictures_in_place_of_a_sample() -> None:
    for picture in (IMAGE, jnp.asarray(IMAGE), Image.fromarray(IMAGE)):
        with pytest.raises(
            TypeError, match=r"A sample must be a dict of targets, got \w+\. Write augment\(key, \{'image'"
        ):
            ja.Compose([FLIP])(KEY, picture)
    with pytest.raises(TypeError, match=r"'image' must be an array, got str\. Read files and decode pictures first"):
        ja.Compose([FLIP])(KEY, image="cat.png")
    with pytest.raises(TypeError, match="'image' is a list of numbers; it must be an array, or a list of arrays"):
        ja.Compose([FLIP])(KEY, image=IMAGE.tolist())
    with pytest.raises(ValueError, match=r"'image' has shape \(20, 30, 0\): a picture needs at least one channel"):
        ja.Compose([FLIP])(KEY, image=IMAGE[..., :0])


def test_messages_of_jax_do_not_begin_with_a_page() -> None:
    augment = ja.Compose([case.transform for case in TABLE if case.name != "Normalize"])
    sample = {"image": IMAGE, "labels": ["cat"]}
    for call in (augment, augment.batch):
        with pytest.raises(TypeError, match=r"Compose\(HorizontalFlip, .* and \d+ more\).*labels") as error:
            jax.jit(call)(KEY, sample)
        assert str(error.value).index("labels") < 350
    assert repr(ja.Compose([FLIP, ja.OneOf([FLIP])])) == "Compose(HorizontalFlip, OneOf)"


# Names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Affine3D",
            "jaxaug has no 'Affine3D'. Albumentations has it, and it is not here yet; nearest is 'Flip3D'",
        ),
        ("Superpixels", "not here yet; nearest is 'Posterize'"),
        ("ReplayCompose", r"augment\.sample\(key, sample\) is what is applied"),
        ("HorzontalFlip", r"jaxaug has no 'HorzontalFlip'\. Did you mean 'HorizontalFlip'\?"),
        ("quux", r"jaxaug has no 'quux'\.$"),
    ],
)
def test_names_that_are_not_here(name: str, message: str) -> None:
    if hasattr(ja, name):
        pytest.skip("it has come")
    with pytest.raises(AttributeError, match=message):
        getattr(ja, name)
    with pytest.raises(ValueError, match="Entry 0 of the pipeline names"):
        ja.from_list(json.loads(json.dumps([[name]])))


def test_every_name_of_albumentations_is_here_or_is_told_of() -> None:
    names = [n for n, v in vars(A).items() if isinstance(v, type) and issubclass(v, A.BasicTransform | A.BaseCompose)]
    base = {"BasicTransform", "DualTransform", "ImageOnlyTransform", "NoOp", "Transform3D", "BaseCompose"}
    missing = [name for name in names if not hasattr(ja, name) and name not in base]
    for name in missing:
        with pytest.raises(AttributeError, match=f"'{name}'. (Albumentations has it|Of Albumentations)"):
            getattr(ja, name)


def test_what_is_no_step_of_a_pipeline() -> None:
    with pytest.raises(
        TypeError, match=r"\[0\] must be a transform.*, got HorizontalFlip of Album.* Write ja.HorizontalFl"
    ):
        ja.Compose([A.HorizontalFlip()])
    with pytest.raises(TypeError, match=r"got Blur of Albumentations.* Write ja.Blur\(\.\.\.\)"):
        ja.OneOf([FLIP, A.Blur])
    with pytest.raises(TypeError, match=r"got Lambda of Albumentations.* Write ja.Lambda"):
        ja.Compose([A.Lambda()])
    with pytest.raises(TypeError, match=r"got function of .* A function of images becomes a transform by a class"):
        ja.Compose([lambda image: image])
    with pytest.raises(TypeError, match=r"\[0\] is the class HorizontalFlip: call it, HorizontalFlip\(\.\.\.\)"):
        ja.Compose([ja.HorizontalFlip])
    with pytest.raises(
        TypeError, match="'bboxes' must be BboxParams of jaxaug or a dict of its arguments, got BboxParams of"
    ):
        ja.Compose([FLIP], bbox_params=A.BboxParams("coco"))


# Sizes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [ja.Resize, ja.RandomCrop, ja.CenterCrop, ja.RandomSizedBBoxSafeCrop])
def test_one_number_or_a_pair_for_height_and_width(make: Any) -> None:
    assert repr(make(8)) == repr(make(height=8)) == repr(make(8, 8))
    assert repr(make((8, 9), p=1)) == repr(make(height=[8, 9], p=1)) == repr(make(8, 9, p=1))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ja.RandomResizedCrop(64, 64),
        lambda: ja.RandomSizedCrop((32, 48), 64, 64),
        lambda: ja.LetterBox(64),
        lambda: ja.RandomResizedCrop(size=64),
    ],
)
def test_a_size_is_a_pair(make: Any) -> None:
    with pytest.raises(
        TypeError, match=r"\w+\(size=\.\.\.\) must be a pair \(height, width\), got 64\. Write \(64, 64\)"
    ):
        make()


def test_messages_about_sizes_name_the_reference() -> None:
    sample = {"left": {"image": IMAGE}, "a": {"b": {"image": IMAGE[:8]}}}
    for steps in ([ja.RandomCrop(21, 8)], [ja.RandomSizedCrop((21, 21), (8, 8))], [ja.TimeMasking(31, p=1)]):
        with pytest.raises(ValueError, match="the reference picture 'left/image'"):
            ja.Compose(steps)(KEY, sample)
    augment = ja.Compose([FLIP])
    plan = augment.sample(KEY, image=IMAGE)
    with pytest.raises(ValueError, match="but here the reference picture 'a/b/image' is 8 x 30: apply a plan to"):
        augment.apply(plan, {"a": sample["a"]})


# All messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*TABLE, *SIZED, *APART], ids=lambda case: case.name)
def test_no_message_begins_with_what_was_given(case: Any) -> None:
    kind, wrong, said = type(case.transform), "x" * 2000, []
    for field in dataclasses.fields(kind):
        try:
            kind(**{field.name: wrong})
        except (TypeError, ValueError) as error:
            said.append(str(error))
    assert all(kind.__name__ in message[:60] for message in said)
