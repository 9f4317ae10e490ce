"""Pipelines of torchvision become pipelines here, by names and attributes of their classes alone."""

from __future__ import annotations

import enum
import warnings
from typing import Any

import numpy as np
import pytest

import jaxaug as ja


class InterpolationMode(enum.Enum):
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


def stand_in(name: str, **attributes: Any) -> Any:
    """An object built as those of torchvision are: a class of that name, arguments as attributes."""
    return type(name, (), attributes)()


def one(name: str, **attributes: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ja.PortWarning)
        (step,) = ja.from_torchvision(stand_in(name, **attributes)).transforms
    return step


def test_a_training_pipeline() -> None:
    steps = [
        stand_in("ToImage"),
        stand_in(
            "RandomResizedCrop",
            size=[32, 32],
            scale=(0.2, 1.0),
            ratio=(0.75, 1.33),
            interpolation=InterpolationMode.BICUBIC,
            antialias=True,
        ),
        stand_in("RandomHorizontalFlip", p=0.3),
        stand_in(
            "RandomApply",
            transforms=[
                stand_in("ColorJitter", brightness=(0.6, 1.4), contrast=None, saturation=(0.8, 1.2), hue=(-0.1, 0.1))
            ],
            p=0.8,
        ),
        stand_in("RandomErasing", p=0.2, scale=(0.02, 0.3), ratio=(0.3, 3.3), value=[0.0]),
        stand_in("ToDtype", dtype="torch.float32", scale=True),
        stand_in("Normalize", mean=[0.5] * 3, std=[0.25] * 3),
    ]
    augment = ja.from_torchvision(stand_in("Compose", transforms=steps))
    names = [type(step).__name__ for step in augment.transforms]
    assert names == ["RandomResizedCrop", "HorizontalFlip", "Sequential", "Erasing", "ToFloat", "Normalize"]
    crop, flip, jitter = augment.transforms[:3]
    assert crop.interpolation == "cubic"
    assert crop.antialias
    assert flip.p == 0.3
    assert jitter.p == 0.8
    assert jitter.transforms[0].contrast == (1.0, 1.0)


@pytest.mark.parametrize(
    ("name", "attributes", "here", "arguments"),
    [
        ("CenterCrop", {"size": (8, 9)}, "CenterCrop", {"height": 8, "width": 9}),
        ("RandomCrop", {"size": [8], "padding": None, "pad_if_needed": False}, "RandomCrop", {"height": 8, "width": 8}),
        ("Resize", {"size": [8, 9], "antialias": True}, "Resize", {"height": 8, "width": 9, "antialias": True}),
        ("RandomRotation", {"degrees": [-5.0, 5.0], "expand": False}, "Rotate", {"limit": (-5, 5), "p": 1}),
        ("RandomSolarize", {"threshold": 51, "p": 0.5}, "Solarize", {"threshold_range": (0.2, 0.2)}),
        ("GaussianBlur", {"kernel_size": (5, 5), "sigma": [0.1, 2.0]}, "GaussianBlur", {"blur_limit": (5, 5), "p": 1}),
        ("RandomPosterize", {"bits": 3, "p": 0.4}, "Posterize", {"p": 0.4}),
        ("RandomGrayscale", {"p": 0.1}, "ToGray", {"p": 0.1}),
    ],
)
def test_arguments(name: str, attributes: dict[str, Any], here: str, arguments: dict[str, Any]) -> None:
    step = one(name, **attributes)
    assert type(step).__name__ == here
    for argument, value in arguments.items():
        np.testing.assert_allclose(np.asarray(getattr(step, argument), float), value, rtol=1e-6)


def test_padding_by_one_number_and_then_cropping() -> None:
    steps = ja.from_torchvision(
        stand_in("RandomCrop", size=(32, 32), padding=4, pad_if_needed=False, padding_mode="reflect", fill=0)
    ).transforms
    assert [type(step).__name__ for step in steps] == ["Pad", "RandomCrop"]
    assert steps[0].border_mode == "reflect_101"


def test_a_choice_keeps_its_weights() -> None:
    flips = [stand_in("RandomHorizontalFlip", p=0.5), stand_in("RandomVerticalFlip", p=1.0)]
    choice = one("RandomChoice", transforms=flips, p=[0.25, 0.75])
    assert [option.p for option in choice.transforms] == [0.25, 0.75]
    assert choice.transforms[0].transforms[0].p == 0.5


def test_mixing_is_drawn_once_for_a_batch_as_there() -> None:
    mixing = [stand_in("MixUp", alpha=0.8, num_classes=10), stand_in("CutMix", alpha=1.0, num_classes=10)]
    told = [pytest.warns(ja.PortWarning, match=rf"{name}: call augment\.batch") for name in ("MixUp", "CutMix")]
    with told[0], told[1]:
        augment = ja.from_torchvision([stand_in("RandomChoice", transforms=mixing, p=[0.75, 0.25])])
    options = ja.MixUp(0.8, same_on_batch=True, p=0.75), ja.CutMix(1.0, same_on_batch=True, p=0.25)
    assert list(augment) == [ja.OneOf(options, p=1.0)]
    assert augment[0].mixes


def test_all_refusals_come_in_one_error() -> None:
    steps = [
        stand_in("ScaleJitter"),
        stand_in("GaussianBlur", kernel_size=(3, 5), sigma=(1, 2)),
        stand_in("RandomAffine", degrees=(0, 0), center=(3, 3), translate=None, scale=None, shear=None, fill=0),
    ]
    with pytest.raises(ValueError, match="in 3 points") as error:
        ja.from_torchvision(steps)
    assert all(name in str(error.value) for name in ("ScaleJitter", "kernel_size=(3, 5)", "center=(3, 3)"))


def test_the_zooms_of_single_shot_detectors_keep_their_arguments() -> None:
    scales = {"min_scale": 0.4, "max_scale": 0.9, "min_aspect_ratio": 0.6, "max_aspect_ratio": 1.5}
    steps = [
        stand_in("RandomZoomOut", side_range=(1.0, 3.0), fill=[123, 117, 104], p=0.4),
        stand_in("RandomIoUCrop", options=[0.0, 0.5, 1.0], trials=20, **scales),
    ]
    assert list(ja.from_torchvision(steps)) == [
        ja.RandomZoomOut((1.0, 3.0), (123, 117, 104), p=0.4),
        ja.RandomIoUCrop(0.4, 0.9, 0.6, 1.5, (0.0, 0.5, 1.0), 20),
    ]


def test_policies_keep_their_arguments() -> None:
    steps = [
        stand_in("RandAugment", num_ops=3, magnitude=7, num_magnitude_bins=11, interpolation="bilinear", fill=None),
        stand_in("TrivialAugmentWide", num_magnitude_bins=21, interpolation="nearest", fill=[1, 2, 3]),
        stand_in("AutoAugment", policy=stand_in("AutoAugmentPolicy", value="cifar10"), fill=0),
        stand_in("AugMix", severity=5, mixture_width=2, chain_depth=-1, alpha=0.5, all_ops=False, fill=None),
    ]
    assert list(ja.from_torchvision(steps)) == [
        ja.RandAugment(3, 7, 11, interpolation="linear"),
        ja.TrivialAugmentWide(21, fill=(1, 2, 3)),
        ja.AutoAugment("cifar10", interpolation="linear"),
        ja.AugMix(5, 2, -1, 0.5, False),
    ]
