"""Changes of size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.targets import Size
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform
from jaxaug.warp import Structure, Warp, matrix_warp


@transform
class Resize(Transform):
    """Scales to a fixed size.

    Args:
        height, width: of the result.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.
        antialias: widen the kernel where the picture shrinks.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> resize = ja.Compose([ja.Resize(1, 2)])
        >>> resize(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[0.5, 2.5]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; boxes, keypoints and nearest-read masks agree with the picture to a
    fraction of a pixel. `antialias` as in torchvision.
    """

    height: int = args.setting(kind=int, low=1)
    width: int = args.setting(kind=int, low=1)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Any = args.probability(1.0)
    antialias: bool = args.setting(False, bool)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (self.height, self.width)
        return scaled(view, size, antialias=self.antialias, **reading(self, shrinks=_smaller(size, view)))


def scaled(view: View, size: Size, **settings: Any) -> Warp:
    """The warp that shows the whole picture at another size.

    Args:
        view: the picture.
        size: (height, width) of the result.
        **settings: how pictures are read.
    """
    height, width = size
    return matrix_warp(
        [[view.width / width, 0, 0], [0, view.height / height, 0], [0, 0, 1]],
        view.size,
        size,
        Structure.SCALE if size != view.size else Structure.IDENTITY,
        covers=True,
        **settings,
    )


def reading(resize: Any, *, shrinks: bool = True) -> dict[str, str]:
    """How a transform reads pictures that it may average over areas.

    Args:
        resize: has `interpolation`, `mask_interpolation` and `area_for_downscale`.
        shrinks: the picture may become smaller.
    """
    area = resize.area_for_downscale if shrinks else None
    return {
        "interpolation": resize.interpolation if area is None else "area",
        "mask_interpolation": "area" if area == "image_mask" else resize.mask_interpolation,
    }


def _smaller(size: Size, view: View) -> bool:
    return size[0] < view.height or size[1] < view.width


@transform
class _MaxSize(Transform):
    """What resizes that keep the aspect ratio share; they differ in which side must fit."""

    fits: ClassVar[Callable[..., float]]

    max_size: Any = dataclasses.field(default=None, metadata={"static": True})
    max_size_hw: Any = dataclasses.field(default=None, metadata={"static": True})
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Any = args.probability(1.0)

    def check(self) -> None:
        name = type(self).__name__
        if (self.max_size is None) == (self.max_size_hw is None):
            raise ValueError(
                f"{name} needs exactly one of max_size and max_size_hw, got {self.max_size} and {self.max_size_hw}."
            )
        if self.max_size is not None and not (isinstance(self.max_size, int) and self.max_size >= 1):
            raise ValueError(
                f"{name}(max_size=...) must be a whole number of at least 1, got {self.max_size!r}: of several sizes "
                "one would be random, and shapes cannot be. Give one."
            )
        if self.max_size_hw is not None:
            sides = tuple(self.max_size_hw) if isinstance(self.max_size_hw, list | tuple) else ()
            given = [v for v in sides if v is not None]
            if len(sides) != 2 or not given or not all(isinstance(v, int) and v >= 1 for v in given):
                raise ValueError(
                    f"{name}(max_size_hw=...) must be (height, width), one of them perhaps None, got "
                    f"{self.max_size_hw!r}."
                )
            object.__setattr__(self, "max_size_hw", sides)

    def draw(self, rng: Draw, view: View) -> Warp:
        limits = self.max_size_hw if self.max_size is None else (self.max_size, self.max_size)
        factors = [limit / side for limit, side in zip(limits, view.size, strict=True) if limit is not None]
        height, width = (max(1, round(side * type(self).fits(factors))) for side in view.size)
        size = (height, width)
        return scaled(view, size, **reading(self, shrinks=_smaller(size, view)))


@transform
class LongestMaxSize(_MaxSize):
    """Scales so that the longest side has a given length, and keeps the aspect ratio.

    Args:
        max_size: length of the longest side.
        max_size_hw: in its place, the largest (height, width); None for a side that may have any length.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of the two sizes, or several lengths, of which one would be random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shrink = ja.Compose([ja.LongestMaxSize(10)])
        >>> shrink(jax.random.key(0), image=jnp.zeros((30, 20, 3)))["image"].shape
        (10, 7, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    fits = staticmethod(min)


@transform
class SmallestMaxSize(_MaxSize):
    """Scales so that the shortest side has a given length, and keeps the aspect ratio.

    Args:
        max_size: length of the shortest side.
        max_size_hw: in its place, the least (height, width); None for a side that may have any length.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of the two sizes, or several lengths, of which one would be random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shrink = ja.Compose([ja.SmallestMaxSize(10)])
        >>> shrink(jax.random.key(0), image=jnp.zeros((30, 20, 3)))["image"].shape
        (15, 10, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    fits = staticmethod(max)
