"""What is lost on the way through files and small screens."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from jaxaug import functional as F
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.rescale import Rescale
from jaxaug.ops.tone import Tone, tone


@transform
class ImageCompression(Transform):
    """Compresses an image as JPEG and decompresses it.

    Args:
        compression_type: `jpeg`; there is no other.
        quality_range: range of the quality, whole numbers in [1, 100].

    Raises:
        ValueError: `webp`, whose decoder predicts blocks from one another and cannot run in parallel.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> stored = ja.Compose([ja.ImageCompression(quality_range=(5, 5), p=1)])
        >>> stored(jax.random.key(0), image=jnp.array([[10, 200, 10, 200]], jnp.uint8))["image"]
        Array([[  4, 187,  24, 173]], dtype=uint8)

    Follows libjpeg, with chroma at half the size (4:2:0), as OpenCV does. The first three channels are red, green and
    blue; Albumentations 2.0.8 stores them as blue, green and red, so that red loses what blue should. Every channel
    beyond, and each of one or two, is stored without colour. Gradients pass as if nothing were rounded.
    """

    needs_range = True

    compression_type: str = args.choice("jpeg", ("jpeg", "webp"))
    quality_range: Range = args.pair((99, 100), None, 1, 100)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.compression_type == "webp":
            raise ValueError(
                "ImageCompression(compression_type='webp') is not offered: WebP predicts every block from those before "
                "it, which no compiled program does in parallel. Use 'jpeg', or compress on the host."
            )

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.jpeg, quality=rng.integer("quality", self.quality_range))


def _readings(default: tuple[tuple[str, str], ...]) -> Any:
    """Interpolations for making small and for making large, as pairs of a name and a word; static."""

    def convert(where: str, v: Any) -> tuple[tuple[str, str], ...]:
        try:
            given = dict(v)
        except (TypeError, ValueError):
            given = {}
        if set(given) != {"downscale", "upscale"}:
            raise ValueError(f"{where} must be a dict with the keys 'downscale' and 'upscale', got {v!r}.")
        return tuple((way, args.read_interpolation(f"{where}[{way!r}]", given[way])) for way in sorted(given))

    return dataclasses.field(default=default, metadata={"convert": convert, "static": True})


@transform
class Downscale(Transform):
    """Makes an image small and large again.

    Args:
        scale_range: range of the fraction of its sides at which it is small, above 0 and at most 1.
        interpolation_pair: how it is read, `{"downscale": ..., "upscale": ...}`: nearest, linear, cubic, lanczos or
            area, or OpenCV's numbers for them.

    Raises:
        ValueError: a fraction of 0.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> coarse = ja.Compose([ja.Downscale((0.5, 0.5), p=1)])
        >>> coarse(jax.random.key(0), image=jnp.array([[1, 2, 3, 4]], jnp.uint8))["image"]
        Array([[2, 2, 4, 4]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, but nearest reads the pixel around the centre, as INTER_NEAREST_EXACT
    of OpenCV does, so that nothing moves.
    """

    scale_range: Range = args.pair((0.25, 0.25), None, 0, 1)
    interpolation_pair: Any = _readings((("downscale", "nearest"), ("upscale", "nearest")))
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if is_concrete(self.scale_range[0]) and float(self.scale_range[0]) == 0:
            raise ValueError("Downscale(scale_range=...) must begin above 0: nothing is left of a picture at 0.")

    def draw(self, rng: Draw, view: View) -> Rescale:
        down, up = (method for _, method in self.interpolation_pair)
        high = self.scale_range[1]
        # Eighths, so that few bounds make few programs.
        most = math.ceil(float(high) * 8) / 8 if is_concrete(high) else 1.0
        return Rescale(rng.uniform("scale", self.scale_range), most, down, up)
