"""3-Augment of DeiT III."""

from __future__ import annotations

from typing import Any

from jaxaug.pipeline.choices import OneOf
from jaxaug.pipeline.compositions import Sequential
from jaxaug.transforms.blur import GaussianBlur
from jaxaug.transforms.colour import ColorJitter, ToGray
from jaxaug.transforms.tones import Solarize


def three_augment(color_jitter: float = 0.3, p: Any = 1.0) -> Sequential:
    """One of grey, solarised and blurred, each as likely, and then colours jittered.

    Args:
        color_jitter: by how much brightness, contrast and saturation vary.
        p: how often it is applied.

    Returns:
        The steps, for a `Compose`.

    Example:
        >>> import jaxaug as ja
        >>> augment = ja.Compose([ja.RandomResizedCrop((224, 224)), ja.HorizontalFlip(), ja.three_augment()])
        >>> len(augment[2])
        2

    After Touvron, Cord and Jégou, "DeiT III: revenge of the ViT", 2022.
    """
    one = OneOf([ToGray(p=1.0), Solarize(p=1.0), GaussianBlur(sigma_limit=(0.1, 2.0), p=1.0)], p=1.0)
    around = (1 - color_jitter, 1 + color_jitter)
    jitter = ColorJitter(around, around, around, 0.0, p=1.0)
    return Sequential([one, jitter], p=p)
