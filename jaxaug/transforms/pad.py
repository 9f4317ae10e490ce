"""Pads: the whole picture on a larger canvas."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.canvas import Canvas
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.warp import Warp
from jaxaug.transforms.crop import POSITIONS, outside, padding_before, window
from jaxaug.transforms.resize import scaled


@transform
class Pad(Transform):
    """Adds rows and columns.

    Args:
        padding: pixels on every side: one number, (left and right, top and bottom), or (left, top, right, bottom).
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless nothing is added.

    Raises:
        ValueError: a padding of another length or below zero.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> pad = ja.Compose([ja.Pad((1, 0))])
        >>> pad(jax.random.key(0), image=jnp.ones((1, 2)))["image"]
        Array([[0., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    padding: Any = dataclasses.field(default=0, metadata={"static": True})
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    border_mode: Reading = args.border_mode("constant")
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        value = self.padding
        sides = args.whole_numbers(value, 0)
        if sides is None or len(sides) not in (1, 2, 4):
            raise ValueError(
                "Pad(padding=...) must be a whole number of at least 0, or two or four of them: (left and right, top "
                f"and bottom) or (left, top, right, bottom); got {value!r}."
            )
        object.__setattr__(self, "padding", sides * (4 // len(sides)))

    def draw(self, rng: Draw, view: View) -> Warp:
        left, top, right, bottom = self.padding
        rows, columns = view.canvas.buffer
        size = (view.height + top + bottom, view.width + left + right)
        after = view.drawn((rows + top + bottom, columns + left + right), *size)
        return window(view.canvas, -top, -left, after, inside=not any(self.padding), **outside(self))


@transform
class PadIfNeeded(Transform):
    """Pads pictures that are too small.

    Args:
        min_height, min_width: least size of the result; None if a divisor is given.
        pad_height_divisor, pad_width_divisor: numbers that the size of the result is a multiple of.
        position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of a least size and its divisor.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> pad = ja.Compose([ja.PadIfNeeded(1, 4)])
        >>> pad(jax.random.key(0), image=jnp.ones((1, 2)))["image"]
        Array([[0., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    min_height: Any = args.option(1024, int, 1, optional=True)
    min_width: Any = args.option(1024, int, 1, optional=True)
    pad_height_divisor: Any = args.option(None, int, 1, optional=True)
    pad_width_divisor: Any = args.option(None, int, 1, optional=True)
    position: str = args.choice("center", POSITIONS)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        for axis in ("height", "width"):
            least, divisor = getattr(self, f"min_{axis}"), getattr(self, f"pad_{axis}_divisor")
            if (least is None) == (divisor is None):
                raise ValueError(
                    f"PadIfNeeded needs exactly one of min_{axis} and pad_{axis}_divisor, got {least} and {divisor}."
                )

    def draw(self, rng: Draw, view: View) -> Warp:
        least = ((self.min_height, self.pad_height_divisor), (self.min_width, self.pad_width_divisor))
        size = tuple(_padded(side, *limits) for side, limits in zip(view.size, least, strict=True))
        buffer = tuple(_padded(side, *limits) for side, limits in zip(view.canvas.buffer, least, strict=True))
        extra = (size[0] - view.height, size[1] - view.width)
        above, left = padding_before(rng, self.position, extra)
        inside = view.canvas.extent is None and not any(extra)
        after = view.drawn((buffer[0], buffer[1]), *size)
        return window(view.canvas, -above, -left, after, inside=inside, **outside(self))


def _padded(length: Any, least: int | None, divisor: int | None) -> Any:
    if divisor is not None:
        return -(-length // divisor) * divisor
    return max(length, least or 0) if isinstance(length, int) else jnp.maximum(length, least or 0)


@transform
class LetterBox(Transform):
    """Scales the whole picture to fit into a fixed size, keeps its aspect ratio and pads the rest.

    Args:
        size: (height, width) of the result.
        fill: value of images in the padding.
        position: where the picture lies in the result.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> box = ja.Compose([ja.LetterBox((3, 2), fill=0.5)])
        >>> box(jax.random.key(0), image=jnp.ones((4, 8)))["image"]
        Array([[0.5, 0.5],
               [1. , 1. ],
               [0.5, 0.5]], dtype=float32)

    Follows the meaning of the preprocessing of YOLO detectors, known by this name.
    """

    size: Range = args.pair(low=1, ordered=False, static=True, ends="(height, width)")
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    position: str = args.choice("center", POSITIONS)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> tuple[Warp, Warp]:
        if view.canvas.extent is None:
            factor = min(self.size[0] / view.height, self.size[1] / view.width)
            inner = Canvas((max(1, round(view.height * factor)), max(1, round(view.width * factor))))
        else:
            factor = jnp.minimum(self.size[0] / view.height, self.size[1] / view.width)
            inner = view.drawn(self.size, *(jnp.maximum(1, jnp.round(side * factor)) for side in view.size))
        extra = (self.size[0] - inner.size[0], self.size[1] - inner.size[1])
        above, left = padding_before(rng, self.position, extra)
        fills = {"fill": self.fill, "fill_mask": self.fill_mask}
        fit = scaled(view, inner, interpolation=self.interpolation, mask_interpolation=self.mask_interpolation)
        inside = inner.extent is None and not any(extra)
        return fit, window(inner, -above, -left, self.size, inside=inside, **fills)


@transform
class RandomZoomOut(Transform):
    """Puts the picture somewhere on a larger canvas, so that what it shows becomes small.

    The size of the canvas is random: under `jit` a transform of fixed size behind, such as `Resize`, makes one
    resampling with it, in which the canvas is never written; else the sample needs a `size` entry, which tells it.

    Args:
        side_range: range of the sides of the canvas, in sides of the picture, at least 1.
        fill: what shows around images: a number or one per channel.
        fill_mask: what shows around masks.
        p: how often it is applied.

    Raises:
        ValueError: sides below 1; under `jit`, a sample without a `size` entry whose size stays random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> out = ja.Compose([ja.RandomZoomOut((2, 2), p=1)])
        >>> out(jax.random.key(0), image=jnp.ones((4, 6)))["image"].shape
        (8, 12)

    After Liu et al., "SSD: single shot multibox detector", 2016, as torchvision's `RandomZoomOut`.
    """

    side_range: Range = args.pair((1.0, 4.0), args.alone, 1, static=float)
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        side = rng.uniform("side", self.side_range)
        height, width = (jnp.maximum(jnp.floor(n * side), n) for n in view.size)
        rows, columns = (math.floor(n * self.side_range[1]) for n in view.canvas.buffer)
        top, left = rng.offset("top", height - view.height), rng.offset("left", width - view.width)
        after = view.drawn((rows, columns), height, width)
        return window(view.canvas, -top, -left, after, inside=False, fill=self.fill, fill_mask=self.fill_mask)
