"""Channels: in another order, or more of them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.backend.struct import static
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.kernels.random_numbers import random_bits
from jaxaug.ops.tone import Tone, tone


@transform
class ChannelShuffle(Transform):
    """Puts the channels in a random order, the same one in all images of as many channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shuffle = ja.Compose([ja.ChannelShuffle(p=1)])
        >>> sorted(shuffle(jax.random.key(0), image=jnp.array([[[1, 2, 3]]], jnp.uint8))["image"][0, 0].tolist())
        [1, 2, 3]

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.order_channels, fit=_shuffled, key=rng.key("order"))


def _shuffled(info: PictureInfo, key: Any) -> dict[str, Any]:
    return {"order": jnp.argsort(random_bits(key, (info.channels,)))}


def _read_order(where: str, v: Any) -> tuple[int, ...]:
    order = args.whole_numbers(v, 0)
    if order is None or sorted(order) != list(range(len(order))) or len(order) < 2:
        raise ValueError(f"{where} must hold each of the numbers 0 to C - 1 once, for images of C channels, got {v!r}.")
    return order


@transform
class ChannelSwap(Transform):
    """Puts the channels in a given order: by default RGB becomes BGR.

    Args:
        channel_order: which channel each channel of the result is.

    Raises:
        ValueError: images of another number of channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> swap = ja.Compose([ja.ChannelSwap(p=1)])
        >>> swap(jax.random.key(0), image=jnp.array([[[1, 2, 3]]], jnp.uint8))["image"]
        Array([[[3, 2, 1]]], dtype=uint8)
    """

    channel_order: tuple[int, ...] = static(default=(2, 1, 0), convert=_read_order)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.order_channels, channels=(len(self.channel_order),), order=jnp.array(self.channel_order))


@transform
class ToRGB(Transform):
    """Repeats the one channel of gray images; images of three channels stay as they are.

    Args:
        num_output_channels: channels of the result.
        p: how often it is applied; 0 or 1, unless the number of channels stays the same.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ja.Compose([ja.ToRGB()])(jax.random.key(0), image=jnp.ones((4, 5, 1)))["image"].shape
        (4, 5, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    num_output_channels: int = args.option(3, int, 1)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(F.repeat_channel, channels=(1, 3), options=(("num_output_channels", self.num_output_channels),))
