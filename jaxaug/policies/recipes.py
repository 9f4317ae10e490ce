"""Named recipes: the augmentations that published results were trained with."""

from __future__ import annotations

from jaxaug.pipeline.compose import Compose
from jaxaug.transforms import (
    CenterCrop,
    ColorJitter,
    GaussianBlur,
    HorizontalFlip,
    Normalize,
    RandomResizedCrop,
    SmallestMaxSize,
    ToGray,
)

__all__ = ["imagenet_resnet", "imagenet_resnet_eval", "moco_v2", "simclr"]


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
