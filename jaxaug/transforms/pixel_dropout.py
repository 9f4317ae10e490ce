"""Values that drop out: single pixels, and whole channels."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.random_numbers import random_bits
from jaxaug.ops.erase import Erase
from jaxaug.ops.hole_patterns import Specks
from jaxaug.ops.tone import Tone, tone


@transform
class ChannelDropout(Transform):
    """Replaces whole channels of images by one value: the same ones of all images of as many channels.

    Args:
        channel_drop_range: range of the number of channels.
        fill: the value, in the units of the image.

    Raises:
        ValueError: an image of one channel, or as many channels to drop as there are.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.ChannelDropout(p=1)])
        >>> int(drop(jax.random.key(0), image=jnp.ones((1, 1, 3)))["image"].sum())
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    channel_drop_range: Range = args.pair((1, 1), None, 1, static=True)
    fill: Scalar = args.number(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.drop_channels,
            fit=_dropped,
            fewest=self.channel_drop_range[1] + 1,
            rank=rng.key("rank"),
            count=rng.integer("count", self.channel_drop_range),
            fill=self.fill,
        )


def _dropped(info: PictureInfo, rank: Any, count: Any, fill: Any) -> dict[str, Any]:
    """Which channels an image loses, the same ones of all images of as many channels."""
    drop = jnp.argsort(random_bits(rank, (info.channels,))) < count
    return {"drop": drop, "value": info.own_units(fill) / info.full_brightness}


@transform
class PixelDropout(Transform):
    """Replaces single pixels.

    Keypoints stay, and boxes keep their shape: `min_visibility` and `min_area` count the pixels of a box that are
    left. With `per_channel` boxes stay as they are.

    Args:
        dropout_prob: probability of each pixel to be replaced.
        per_channel: every channel of an image loses values of its own.
        drop_value: value of images there: a number, one per channel, or None for a random colour.
        mask_drop_value: value of masks there, at the same pixels as in images; None leaves masks alone.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.PixelDropout(0.5, p=1)])
        >>> bool(0.4 < drop(jax.random.key(0), image=jnp.ones((50, 50)))["image"].mean() < 0.6)
        True

    Follows the meaning of Albumentations 2.0.8, except that images and masks lose the same pixels.
    """

    dropout_prob: Scalar = args.number(0.01, 0, 1)
    per_channel: bool = args.option(False, bool)
    drop_value: Fill = args.fill(0.0, optional=True)
    mask_drop_value: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        colourful = self.drop_value is None
        return Erase(
            Specks(rng.key("pixels"), jnp.asarray(self.dropout_prob, jnp.float32)),
            rng.key("fill"),
            fill=0.0 if colourful else self.drop_value,
            fill_mask=self.mask_drop_value,
            mode="random_uniform" if colourful else "constant",
            rows="keep" if self.per_channel else "thin",
            per_channel=self.per_channel,
        )
