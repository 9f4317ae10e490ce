"""Cropping and padding each side by an amount of its own."""

from __future__ import annotations

import dataclasses
import numbers
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.canvas import Canvas
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import Warp, identity, matrix_warp
from jaxaug.transforms.affine import reading_arguments
from jaxaug.transforms.crop import outside, window

SIDES = ("top", "right", "bottom", "left")


class Fixed(tuple[tuple[float], ...]):
    """Amounts that fix the size of the result, and so are static."""


def _amounts(*, whole: bool) -> Any:
    """One amount for all sides, or four: each a number, a range (low, high), or three and more to choose from."""

    def one(where: str, v: Any) -> tuple[Any, ...]:
        options = (v,) if args.is_number(v) else tuple(v) if isinstance(v, list | tuple) else ()
        if not options or not all(args.is_number(o) for o in options):
            raise TypeError(f"{where} must be a number, a pair (low, high) or a list of numbers for a side, got {v!r}.")
        known = [o for o in options if is_concrete(o)]
        if whole and any(float(o) != int(o) for o in known):
            raise TypeError(f"{where} must be whole numbers of pixels, got {v!r}. Fractions of a side are percent=.")
        if len(options) == 2 and len(known) == 2 and known[0] > known[1]:
            raise ValueError(f"{where} must be (low, high) with low <= high, got {v!r}.")
        return tuple(float(o) if isinstance(o, numbers.Real) else o for o in options)

    def convert(where: str, v: Any) -> Any:
        if v is None:
            return None
        listed = isinstance(v, list | tuple)
        sides = v if listed and (len(v) == 4 or (len(v) == 1 and not args.is_number(v[0]))) else (v,)
        if listed and sides[0] is v and len(v) > 2:
            raise TypeError(f"{where} must be one amount, a pair (low, high) or four amounts, got {v!r}.")
        return tuple(one(where, side) for side in sides)

    metadata = {"convert": convert, "static": lambda v: v is None or isinstance(v, Fixed)}
    return dataclasses.field(default=None, metadata=metadata)


@transform
class CropAndPad(Transform):
    """Crops or pads each side, and scales what is left back to the size of the picture.

    Args:
        px: pixels to add on each side; below zero they are cropped. A number, a range (low, high), or four of them for
            top, right, bottom and left, where three and more numbers for a side are values to choose from.
        percent: in its place, fractions of the picture's height and width.
        keep_size: scale back. Without it the size is random unless every amount is one number: under `jit` the sample
            needs a `size` entry then, which tells it.
        sample_independently: draw a range that stands for all sides anew for each, rather than once.
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of `px` and `percent`, or traced amounts without `keep_size`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> change = ja.Compose([ja.CropAndPad(px=(0, 1, 0, -2), keep_size=False)])
        >>> change(jax.random.key(0), image=jnp.array([[1.0, 2.0, 3.0]]))["image"]
        Array([[3., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, except that ranges include their upper end, that a `fill` of several
    numbers is one per channel, and that a crop of everything leaves the one row or column in the middle.
    """

    px: Any = _amounts(whole=True)
    percent: Any = _amounts(whole=False)
    keep_size: bool = args.option(True, bool)
    sample_independently: bool = args.option(True, bool)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        if (self.px is None) == (self.percent is None):
            raise ValueError(f"CropAndPad needs exactly one of px and percent, got {self.px} and {self.percent}.")
        if self.keep_size:
            return
        name = "px" if self.percent is None else "percent"
        amounts = getattr(self, name)
        if not all(len(side) == 1 and isinstance(side[0], float) for side in amounts):
            return
        object.__setattr__(self, name, Fixed(amounts))

    def draw(self, rng: Draw, view: View) -> tuple[Warp, Warp]:
        amounts = self.px if self.percent is None else self.percent
        # What fixes the size of the result must be known while tracing, so it is worked out without JAX.
        xp = np if isinstance(amounts, Fixed) and view.canvas.extent is None else jnp
        top, right, bottom, left = self._drawn(rng, view, xp)
        rows, columns = view.size
        y, h, above, height = _split(top, bottom, rows, xp)
        x, w, before, width = _split(left, right, columns, xp)
        if xp is np:
            inner, whole = Canvas((int(h), int(w))), (int(height), int(width))
            cut = window(view.canvas, y, x, inner, inside=True)
            return cut, window(inner, -above, -before, whole, inside=inner.buffer == whole, **outside(self))
        if not self.keep_size:
            inner = view.drawn(view.canvas.buffer, h, w)
            cut = window(view.canvas, y, x, inner, inside=True)
            return cut, window(inner, -above, -before, self._room(view, height, width), inside=False, **outside(self))
        # A side that is not padded shows no border, however close to it linear reading comes.
        rim = 0.0 if self.border_mode == "wrap" else 0.5
        rims = jnp.stack([jnp.where(jnp.asarray(v) > 0, 0.0, rim) for v in (left, top, right, bottom)])
        kept = jnp.stack([jnp.asarray(v, jnp.float32) for v in (x, y, x + w, y + h)])
        pad = matrix_warp(
            [[width / columns, 0, x - before], [0, height / rows, y - above], [0, 0, 1]],
            view.canvas,
            view.canvas,
            Structure.SCALE | Structure.SHIFT,
            window=kept + rims * jnp.array([-1.0, -1.0, 1.0, 1.0]),
            **reading_arguments(self),
        )
        return struct.replace(identity(view.canvas), window=kept, reads_inside=False, border_mode="replicate"), pad

    def _room(self, view: View, height: Any, width: Any) -> Canvas:
        """The canvas of a result of random size."""
        amounts = self.px if self.percent is None else self.percent
        if not all(is_concrete(o) for side in amounts for o in side):
            raise ValueError(
                "CropAndPad(keep_size=False) needs plain numbers as amounts: traced ones leave the size of the result "
                "without a bound, and under jit the buffer that holds it is fixed."
            )
        most = [max(0.0, *(float(o) for o in side)) for side in amounts * (4 // len(amounts))]
        rows, columns = view.canvas.buffer
        if self.percent is not None:
            most = [int(v * n + 1e-3) for v, n in zip(most, (rows, columns, rows, columns), strict=True)]
        top, right, bottom, left = (int(v) for v in most)
        return view.drawn((rows + top + bottom, columns + left + right), height, width)

    def _drawn(self, rng: Draw, view: View, xp: Any) -> list[Any]:
        """Whole pixels to add at the top, right, bottom and left."""
        amounts = self.px if self.percent is None else self.percent
        shared = len(amounts) == 1 and not self.sample_independently
        names = ("all",) if shared else SIDES
        drawn = [self._one(rng, n, a) for n, a in zip(names, amounts * (len(names) // len(amounts)), strict=True)]
        units = (1, 1, 1, 1) if self.percent is None else view.size * 2
        # A thousandth of a pixel gives back what a fraction lost as a float.
        return [xp.trunc(v * n + xp.sign(v) * 1e-3) for v, n in zip(drawn * (4 // len(drawn)), units, strict=True)]

    def _one(self, rng: Draw, name: str, options: tuple[Any, ...]) -> Any:
        if len(options) == 1:
            return options[0]
        if len(options) > 2:
            return jnp.stack([jnp.asarray(o, jnp.float32) for o in options])[rng.integer(name, (0, len(options) - 1))]
        return rng.integer(name, options) if self.percent is None else rng.uniform(name, options)


def _split(before: Any, after: Any, length: int, xp: Any) -> tuple[Any, Any, Any, Any]:
    """What amounts on both sides make of an axis.

    Returns:
        First pixel and length of the crop, the padding before it, and the length of both.
    """
    cut, cut_after = xp.maximum(-before, 0), xp.maximum(-after, 0)
    kept = length - xp.minimum(cut + cut_after, length - 1)
    too_much = cut + cut_after + kept - length
    first = xp.clip(cut - xp.ceil(too_much / 2), 0, length - kept)
    pads = xp.maximum(before, 0), xp.maximum(after, 0)
    return first, kept, pads[0], kept + pads[0] + pads[1]
