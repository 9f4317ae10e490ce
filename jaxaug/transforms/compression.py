"""What is lost on the way through files and small screens."""

from __future__ import annotations

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
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
