"""Brightness in colours of its own."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.tone import Tone, tone


def _read_colours(where: str, v: Any) -> Any:
    if v is None and "mid_range" in where:
        return None
    if not isinstance(v, list | tuple | np.ndarray) or len(v) != 2 or any(np.shape(colour) != (3,) for colour in v):
        raise TypeError(f"{where} must be a pair of colours ((r, g, b), (r, g, b)) in levels of 255, got {v!r}.")
    low, high = (tuple(float(level) for level in colour) for colour in v)
    if not all(0 <= a <= b <= 255 for a, b in zip(low, high, strict=True)):
        raise ValueError(f"{where} must be (low, high) with 0 <= low <= high <= 255 in each channel, got {v!r}.")
    return low, high


def _colours(default: Any) -> Any:
    metadata = {"convert": _read_colours, "static": lambda v: v is None}
    return dataclasses.field(default=default, metadata=metadata)


@transform
class Colorize(Transform):
    """Shows brightness in other colours: from one for black, perhaps over one between, to one for white.

    Args:
        black_range: colours ((r, g, b), (r, g, b)) in levels of 0 to 255 between which that of black is drawn.
        white_range: those of white.
        mid_range: those of the brightness between; None goes straight from black to white.
        mid_value_range: range of the level of that brightness, within [1, 254].

    Raises:
        TypeError: a range that is no pair of colours.
        ValueError: a range that is not (low, high), or images of other than three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> colorize = ja.Compose([ja.Colorize(white_range=((255, 0, 0), (255, 0, 0)), p=1)])
        >>> colorize(jax.random.key(0), image=jnp.full((1, 1, 3), 100, jnp.uint8))["image"]
        Array([[[100,   0,   0]]], dtype=uint8)

    Follows Pillow's `ImageOps.colorize`, on the brightness of ITU-R BT.601.
    """

    needs_range = True

    black_range: Any = _colours(((0, 0, 0), (0, 0, 0)))
    white_range: Any = _colours(((255, 255, 255), (255, 255, 255)))
    mid_range: Any = _colours(None)
    mid_value_range: Range = args.pair((127, 127), None, 1, 254)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        def colour(name: str, limits: Any) -> Array:
            low, high = (jnp.asarray(levels, jnp.float32) for levels in limits)
            return (low + (high - low) * rng.uniform(name, shape=(3,))) / 255

        black, white = colour("black", self.black_range), colour("white", self.white_range)
        mid_value = rng.uniform("mid value", self.mid_value_range) / 255
        mid = black + mid_value * (white - black) if self.mid_range is None else colour("mid", self.mid_range)
        return tone(F.colorize, channels=(3,), black=black, mid=mid, white=white, mid_value=mid_value)
