"""Changes of size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax.numpy as jnp

from jaxaug.backend.compiler import exact_ratio
from jaxaug.core import arguments as args
from jaxaug.core.canvas import Canvas
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp, matrix_warp


@transform
class Resize(Transform):
    """Scales to a fixed size.

    Args:
        height, width: of the result.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.
        antialias: widen the kernel where the picture shrinks.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> resize = ja.Compose([ja.Resize(1, 2)])
        >>> resize(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[0.5, 2.5]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; boxes, keypoints and nearest-read masks agree with the picture to a
    fraction of a pixel. `antialias` as in torchvision.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Scalar = args.probability(1.0)
    antialias: bool = args.option(False, bool)

    def draw(self, rng: Draw, view: View) -> Warp:
        after = Canvas((self.height, self.width))
        return scaled(view, after, antialias=self.antialias, **reading(self, shrinks=_smaller(after, view)))


def scaled(view: View, after: Canvas, **settings: Any) -> Warp:
    """The warp that shows the whole picture at another size.

    Args:
        view: the picture.
        after: canvas of the result.
        **settings: how pictures are read.
    """
    height, width = after.size
    known = view.canvas.extent is None and after.extent is None
    return matrix_warp(
        [[exact_ratio(view.width, width), 0, 0], [0, exact_ratio(view.height, height), 0], [0, 0, 1]],
        view.canvas,
        after,
        Structure.IDENTITY if known and after.buffer == view.canvas.buffer else Structure.SCALE,
        reads_inside=True,
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


def _smaller(after: Canvas, view: View) -> bool:
    """Whether a picture may shrink; where it does not, averages over areas are what linear reading gives."""
    known = view.canvas.extent is None and after.extent is None
    return not known or after.buffer[0] < view.height or after.buffer[1] < view.width


@transform
class _MaxSize(Transform):
    """What resizes that keep the aspect ratio share; they differ in which side must fit."""

    fits: ClassVar[Callable[..., int]]

    max_size: Any = dataclasses.field(default=None, metadata={"static": True})
    max_size_hw: Any = dataclasses.field(default=None, metadata={"static": True})
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        name = type(self).__name__
        if (self.max_size is None) == (self.max_size_hw is None):
            raise ValueError(
                f"{name} needs exactly one of max_size and max_size_hw, got {self.max_size} and {self.max_size_hw}."
            )
        if self.max_size is not None:
            sizes = args.whole_numbers(self.max_size, 1)
            if sizes is None:
                raise ValueError(
                    f"{name}(max_size=...) must be a whole number of at least 1, or a list of some, got "
                    f"{self.max_size!r}."
                )
            object.__setattr__(self, "max_size", sizes)
        if self.max_size_hw is not None:
            sides = tuple(self.max_size_hw) if isinstance(self.max_size_hw, list | tuple) else ()
            given = args.whole_numbers([v for v in sides if v is not None], 1)
            if len(sides) != 2 or given is None:
                raise ValueError(
                    f"{name}(max_size_hw=...) must be (height, width), one of them perhaps None, got "
                    f"{self.max_size_hw!r}."
                )
            object.__setattr__(self, "max_size_hw", tuple(None if v is None else int(v) for v in sides))

    def draw(self, rng: Draw, view: View) -> Warp:
        options = [self.max_size_hw] if self.max_size is None else [(v, v) for v in self.max_size]
        known = view.canvas.extent is None
        sizes = [
            self._sides(option, view.size, *((max, round) if known else (jnp.maximum, jnp.round))) for option in options
        ]
        if known and len(sizes) == 1:
            return self._to(view, Canvas(sizes[0]))
        most = sizes if known else [self._most(option, view.canvas.buffer) for option in options]
        rows, columns = (max(sides) for sides in zip(*most, strict=True))
        index = rng.integer("max_size", (0, len(sizes) - 1))
        height, width = (jnp.take(vector(*sides), index) for sides in zip(*sizes, strict=True))
        return self._to(view, view.drawn((rows, columns), height, width))

    def _to(self, view: View, after: Canvas) -> Warp:
        return scaled(view, after, **reading(self, shrinks=_smaller(after, view)))

    def _sides(self, limits: Any, size: tuple[Any, Any], larger: Any, rounded: Any) -> tuple[Any, Any]:
        """Height and width of the result within limits of which one may be missing."""
        factors = [limit / side for limit, side in zip(limits, size, strict=True) if limit is not None]
        factor = factors[0]
        for other in factors[1:]:
            # The least of two numbers is the negative of the largest of their negatives.
            factor = larger(factor, other) if type(self).fits is max else -larger(-factor, -other)
        return larger(1, rounded(size[0] * factor)), larger(1, rounded(size[1] * factor))

    def _most(self, limits: Any, buffer: tuple[int, int]) -> tuple[int, int]:
        """The largest result for pictures of any size in a buffer: the other side may be a single pixel."""
        sides = ((limits[0], limits[1], buffer[0]), (limits[1], limits[0], buffer[1]))
        most = [
            type(self).fits(n for n in (own, other and other * side) if n is not None) for own, other, side in sides
        ]
        return most[0], most[1]


@transform
class LongestMaxSize(_MaxSize):
    """Scales so that the longest side has a given length, and keeps the aspect ratio.

    Args:
        max_size: length of the longest side, or a list of which one is drawn.
        max_size_hw: in its place, the largest (height, width); None for a side that may have any length.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of the two sizes; under `jit`, a list for a sample without a `size` entry, which
            tells the size that was drawn.

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

    Of a picture with a `size` entry the longer side has no bound but one too large to be written: crop behind it.

    Args:
        max_size: length of the shortest side, or a list of which one is drawn.
        max_size_hw: in its place, the least (height, width); None for a side that may have any length.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of the two sizes; under `jit`, a list for a sample without a `size` entry, which
            tells the size that was drawn.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shrink = ja.Compose([ja.SmallestMaxSize(10)])
        >>> shrink(jax.random.key(0), image=jnp.zeros((30, 20, 3)))["image"].shape
        (15, 10, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    fits = staticmethod(max)


@transform
class RandomScale(Transform):
    """Scales by a random factor.

    The size of the result is random: under `jit` the sample needs a `size` entry, which tells it.

    Args:
        scale_limit: range of the change of scale; 0.1 stands for factors from 0.9 to 1.1. Plain numbers: the buffer
            that holds the largest result follows from them.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.

    Raises:
        ValueError: under `jit`, a sample without a `size` entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> double = ja.Compose([ja.RandomScale((1, 1), p=1)])
        >>> double(jax.random.key(0), image=jnp.zeros((4, 6, 3)))["image"].shape
        (8, 12, 3)
        >>> image = jnp.zeros((4, 6, 3))
        >>> out = jax.jit(double)(jax.random.key(0), {"image": image, "size": jnp.array([3, 5])})
        >>> out["image"].shape, out["size"]
        ((8, 12, 3), Array([ 6, 10], dtype=int32))

    Follows the meaning of Albumentations 2.0.8.
    """

    scale_limit: Range = args.pair((-0.1, 0.1), args.symmetric, -1, static=float)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        factor = 1.0 + rng.uniform("scale", self.scale_limit)
        height, width = (jnp.maximum(jnp.floor(n * factor + 1e-4), 1.0) for n in view.size)
        rows, columns = (max(1, int(n * (1.0 + self.scale_limit[1]) + 1e-4)) for n in view.canvas.buffer)
        after = view.drawn((rows, columns), height, width)
        return scaled(view, after, **reading(self, shrinks=_smaller(after, view)))
