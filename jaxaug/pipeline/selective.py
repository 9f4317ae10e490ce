"""A composition that changes some channels only."""

from __future__ import annotations

from typing import Any

from jax import Array

from jaxaug.backend import struct
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Ops, Walk, transform
from jaxaug.core.types import Scalar
from jaxaug.ops.families import FAMILIES, PIXELS
from jaxaug.ops.selected import Selected
from jaxaug.pipeline.compositions import Composition, steps_field


def _read_channels(where: str, v: Any) -> tuple[int, ...]:
    chosen = args.whole_numbers(v, -(10**6))
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"{where} must be numbers of channels, each once, such as (0, 1, 2), got {v!r}.")
    return chosen


@transform
class SelectiveChannelTransform(Composition):
    """Transforms of pixel values that see and change some channels of images only.

    Args:
        transforms: list of transforms and compositions of them, which keep the number of channels and the dtype.
        channels: numbers of the channels, from 0; negative ones count from the last.
        p: how often it is applied.

    Raises:
        ValueError: a channel that images do not have, or a transform that moves pixels or changes their dtype.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.SelectiveChannelTransform([ja.InvertImg(p=1)], channels=[2])])
        >>> augment(jax.random.key(0), image=jnp.zeros((1, 1, 3), jnp.uint8))["image"]
        Array([[[  0,   0, 255]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, which lets transforms move the pixels of some channels as well.
    """

    transforms: Any = steps_field()
    channels: tuple[int, ...] = struct.static(default=(0, 1, 2), convert=_read_channels)
    p: Scalar = args.probability(1.0)

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        inside = walk.in_turn(self.transforms, key)
        for op in inside:
            if FAMILIES[op.family] is not PIXELS:
                raise ValueError(
                    f"SelectiveChannelTransform changes values of some channels, but {op.name} does more: other "
                    f"channels, masks and points would not follow. Put {op.name} beside it."
                )
        return (Selected(inside, channels=self.channels, name="SelectiveChannelTransform"),)
