"""Named recipes: the augmentations that published results were trained with."""

from __future__ import annotations

from typing import Any

from jaxaug.annotations.box_formats import BboxParams
from jaxaug.pipeline.choices import OneOf
from jaxaug.pipeline.compose import Compose
from jaxaug.policies.randaugment import RandAugment
from jaxaug.transforms import (
    Affine,
    CenterCrop,
    ColorJitter,
    CutMix,
    Erasing,
    GaussianBlur,
    HorizontalFlip,
    HueSaturationValue,
    LetterBox,
    MixUp,
    Normalize,
    PhotoMetricDistort,
    RandomIoUCrop,
    RandomResizedCrop,
    RandomSizedCrop,
    RandomZoomOut,
    Resize,
    SmallestMaxSize,
    Solarize,
    ToGray,
)

__all__ = [
    "cityscapes",
    "coco_detection",
    "deit",
    "dino",
    "imagenet_resnet",
    "imagenet_resnet_eval",
    "moco_v2",
    "octo",
    "simclr",
    "ssd",
]


def imagenet_resnet(size: int = 224) -> Compose:
    """Training of a ResNet on ImageNet: a random resized crop, a flip, and normalisation.

    Args:
        size: side of the result in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.recipes.imagenet_resnet(64)
        >>> augment(jax.random.key(0), image=jnp.zeros((80, 90, 3), jnp.uint8))["image"].shape
        (64, 64, 3)

    The values of PyTorch's ImageNet example: areas of 0.08 to 1, ratios of 3/4 to 4/3, flips of one half.
    """
    crop = RandomResizedCrop((size, size), scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), antialias=True, p=1)
    return Compose([crop, HorizontalFlip(p=0.5), Normalize(p=1)])


def imagenet_resnet_eval(size: int = 224, resize: int = 256) -> Compose:
    """Evaluation of a ResNet on ImageNet: the centre of the picture, once its shorter side has a length.

    Args:
        size: side of the result in pixels.
        resize: length of the shorter side before the crop, in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> look = ja.recipes.imagenet_resnet_eval(56, 64)
        >>> look(jax.random.key(0), image=jnp.zeros((80, 90, 3), jnp.uint8))["image"].shape
        (56, 56, 3)

    The values of PyTorch's ImageNet example.
    """
    return Compose([SmallestMaxSize(resize, p=1), CenterCrop(size, size, p=1), Normalize(p=1)])


def simclr(size: int = 224, strength: float = 1.0) -> Compose:
    """One view of SimCLR: a crop, a flip, strong changes of colour, and blur; call it with a key for each view.

    Args:
        size: side of the result in pixels.
        strength: of the changes of colour.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> view = ja.recipes.simclr(32)
        >>> view(jax.random.key(0), image=jnp.zeros((40, 40, 3), jnp.uint8))["image"].shape
        (32, 32, 3)

    After Chen et al., "A simple framework for contrastive learning of visual representations", 2020, appendix A: jitter
    of 0.8, 0.8, 0.8 and 0.2 times the strength, applied to 80 %, gray to 20 %, blur of 0.1 to 2 pixels to 50 %, with a
    kernel of a tenth of the side.
    """
    most = 0.8 * strength
    length = max(3, size // 10 | 1)
    return Compose(
        [
            RandomResizedCrop((size, size), scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), antialias=True, p=1),
            HorizontalFlip(p=0.5),
            ColorJitter(most, most, most, 0.2 * strength, p=0.8),
            ToGray(p=0.2),
            GaussianBlur((length, length), (0.1, 2.0), p=0.5),
        ]
    )


def moco_v2(size: int = 224) -> Compose:
    """One view of MoCo v2: a crop, changes of colour, blur, a flip and normalisation; a key for each view.

    Args:
        size: side of the result in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> view = ja.recipes.moco_v2(32)
        >>> view(jax.random.key(0), image=jnp.zeros((40, 40, 3), jnp.uint8))["image"].shape
        (32, 32, 3)

    After Chen et al., "Improved baselines with momentum contrastive learning", 2020, whose code crops areas of 0.2
    to 1, jitters by 0.4, 0.4, 0.4 and 0.1 in 80 %, and blurs with 0.1 to 2 pixels in 50 %.
    """
    return Compose(
        [
            RandomResizedCrop((size, size), scale=(0.2, 1.0), ratio=(3 / 4, 4 / 3), antialias=True, p=1),
            ColorJitter(0.4, 0.4, 0.4, 0.1, p=0.8),
            ToGray(p=0.2),
            GaussianBlur(0, (0.1, 2.0), p=0.5),
            HorizontalFlip(p=0.5),
            Normalize(p=1),
        ]
    )


def deit(size: int = 224) -> Compose:
    """Training of a vision transformer on ImageNet: RandAugment, erasing, and MixUp or CutMix for each batch.

    Call its `batch`; labels are floats such as `jax.nn.one_hot(labels, classes)` in an entry `labels`.

    Args:
        size: side of the result in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> batch = {"image": jnp.zeros((2, 40, 40, 3), jnp.uint8), "labels": jnp.eye(2)}
        >>> jax.eval_shape(ja.recipes.deit(32).batch, jax.random.key(0), batch)["image"].shape
        (2, 32, 32, 3)

    After Touvron et al., "Training data-efficient image transformers", 2021, table 9: RandAugment of magnitude 9,
    erasing in 25 %, MixUp with 0.8 and CutMix with 1.0, either by equal chances. There erased pixels are normal rather
    than even noise.
    """
    return Compose(
        [
            RandomResizedCrop((size, size), scale=(0.08, 1.0), interpolation="cubic", antialias=True, p=1),
            HorizontalFlip(p=0.5),
            RandAugment(2, 9),
            Erasing(scale=(0.02, 1 / 3), fill="random", p=0.25),
            Normalize(p=1),
            OneOf([MixUp(0.8, same_on_batch=True), CutMix(1.0, same_on_batch=True)], p=1),
        ]
    )


def dino(size: int = 224, local_size: int = 96) -> tuple[Compose, Compose, Compose]:
    """The views of DINO: two large ones, whose blur and solarisation differ, and a small one to be called many times.

    Args:
        size: side of the large views in pixels.
        local_size: side of the small ones.

    Returns:
        The first large view, the second, and the small one.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> first, second, local = ja.recipes.dino(32, 16)
        >>> jax.eval_shape(local, jax.random.key(0), {"image": jnp.zeros((40, 40, 3), jnp.uint8)})["image"].shape
        (16, 16, 3)

    After Caron et al., "Emerging properties in self-supervised vision transformers", 2021, whose code jitters by 0.4,
    0.4, 0.2 and 0.1 in 80 %, blurs all of the first views, 10 % of the second and half of the small ones, and solarises
    20 % of the second.
    """

    def view(side: int, scale: tuple[float, float], blur: float, *more: Any) -> Compose:
        return Compose(
            [
                RandomResizedCrop((side, side), scale=scale, interpolation="cubic", antialias=True, p=1),
                HorizontalFlip(p=0.5),
                ColorJitter(0.4, 0.4, 0.2, 0.1, p=0.8),
                ToGray(p=0.2),
                GaussianBlur(0, (0.1, 2.0), p=blur),
                *more,
                Normalize(p=1),
            ]
        )

    large = (0.4, 1.0)
    return (
        view(size, large, 1.0),
        view(size, large, 0.1, Solarize((128 / 255, 128 / 255), p=0.2)),
        view(local_size, (0.05, 0.4), 0.5),
    )


def coco_detection(size: int = 640, box_format: str = "coco", label_fields: Any = ("labels",)) -> Compose:
    """Training of a detector: shifts and zooms, changes of colour and a flip, in a square that holds the whole picture.

    Args:
        size: side of the result in pixels.
        box_format: of the boxes.
        label_fields: names of the entries with their labels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sample = {"image": jnp.zeros((30, 40, 3), jnp.uint8), "bboxes": jnp.array([[4.0, 5.0, 20.0, 10.0]])}
        >>> out = ja.recipes.coco_detection(64)(jax.random.key(0), {**sample, "labels": jnp.array([1])})
        >>> out["image"].shape, out["bboxes"].shape
        ((64, 64, 3), (1, 4))

    The values of the YOLO detectors of Ultralytics, without their mosaic: hue, saturation and value by 1.5, 70 and 40 %
    (added, where they multiply), shifts of a tenth, zooms by half, flips of one half, gray borders of 114.
    """
    return Compose(
        [
            LetterBox((size, size), fill=114, p=1),
            Affine(scale=(0.5, 1.5), translate_percent=(-0.1, 0.1), keep_ratio=True, fill=114, p=1),
            HueSaturationValue((-3, 3), (-178, 178), (-102, 102), p=1),
            HorizontalFlip(p=0.5),
        ],
        bbox_params=BboxParams(box_format, label_fields=label_fields, min_visibility=0.1),
    )


def ssd(size: int = 300, box_format: str = "coco", label_fields: Any = ("labels",)) -> Compose:
    """Training of a single shot detector: changes of colour, zooms out and in, and a flip.

    Args:
        size: side of the result in pixels.
        box_format: of the boxes.
        label_fields: names of the entries with their labels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sample = {"image": jnp.zeros((30, 40, 3), jnp.uint8), "bboxes": jnp.array([[4.0, 5.0, 20.0, 10.0]])}
        >>> out = ja.recipes.ssd(64)(jax.random.key(0), {**sample, "labels": jnp.array([1])})
        >>> out["image"].shape, out["bboxes"].shape
        ((64, 64, 3), (1, 4))

    After Liu et al., "SSD: single shot multibox detector", 2016, with the values of torchvision's references: canvases
    of up to four times the side around one half of the pictures, filled with the mean of ImageNet; windows that overlap
    a box by a drawn least one. Both zooms and the resize are one resampling.
    """
    return Compose(
        [
            PhotoMetricDistort(p=1),
            RandomZoomOut((1.0, 4.0), fill=(123, 117, 104), p=0.5),
            RandomIoUCrop(p=1),
            HorizontalFlip(p=0.5),
            Resize(size, size, p=1),
        ],
        bbox_params=BboxParams(box_format, label_fields=label_fields),
    )


def cityscapes(size: tuple[int, int] = (512, 1024), sides: tuple[int, int] = (256, 1024)) -> Compose:
    """Training of a segmentation of streets: a window of half to twice the scale, a flip and changes of colour.

    Args:
        size: (height, width) of the result in pixels.
        sides: range of the window's height in the picture; those of half and twice the scale by default.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sample = {"image": jnp.zeros((64, 128, 3), jnp.uint8), "mask": jnp.zeros((64, 128), jnp.uint8)}
        >>> jax.eval_shape(ja.recipes.cityscapes((32, 64), (16, 64)), jax.random.key(0), sample)["mask"].shape
        (32, 64)

    The values of MMSegmentation's configurations for Cityscapes. There a window in which one class fills more than
    three quarters is drawn anew.
    """
    return Compose(
        [
            RandomSizedCrop(sides, size, w2h_ratio=size[1] / size[0], p=1),
            HorizontalFlip(p=0.5),
            PhotoMetricDistort(hue_range=(-0.05, 0.05), p=1),
            Normalize(p=1),
        ]
    )


def octo(size: int = 256) -> Compose:
    """The cameras of a robot's policy: a window of most of the picture, and slight changes of colour.

    Several cameras in one sample are moved alike; give each its own call for draws of its own.

    Args:
        size: side of the result in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sample = {"image": jnp.zeros((40, 40, 3), jnp.uint8)}
        >>> jax.eval_shape(ja.recipes.octo(32), jax.random.key(0), sample)["image"].shape
        (32, 32, 3)

    After "Octo: an open-source generalist robot policy", 2024, whose code crops areas of 0.8 to 1 with ratios of 0.9 to
    1.1, and changes brightness, contrast and saturation by a tenth and hue by 0.05.
    """
    return Compose(
        [
            RandomResizedCrop((size, size), scale=(0.8, 1.0), ratio=(0.9, 1.1), p=1),
            ColorJitter(0.1, 0.1, 0.1, 0.05, p=1),
        ]
    )
