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
        return _scaled(view, (self.height, self.width), self, antialias=self.antialias)


def _scaled(view: View, size: Size, resize: Any, *, antialias: bool = False) -> Warp:
    """The warp that shows the whole picture at another size."""
    height, width = size
    shrinks = height < view.height or width < view.width
    area_image = shrinks and resize.area_for_downscale is not None
    area_mask = shrinks and resize.area_for_downscale == "image_mask"
    return matrix_warp(
        [[view.width / width, 0, 0], [0, view.height / height, 0], [0, 0, 1]],
        view.size,
        size,
        Structure.SCALE if size != view.size else Structure.IDENTITY,
        interpolation="area" if area_image else resize.interpolation,
        mask_interpolation="area" if area_mask else resize.mask_interpolation,
        antialias=antialias,
        covers=True,
    )


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
        return _scaled(view, (height, width), self)


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
