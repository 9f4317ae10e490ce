"""Cut-outs of stripes across the whole picture."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.erase import Erase, Rectangles
from jaxaug.transforms.dropout import FILLS, cut


@transform
class XYMasking(Transform):
    """Cuts out stripes across the whole picture, as is done with spectrograms.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_masks_x, num_masks_y: range of the number of upright and of level stripes; one number stands for itself.
        mask_x_length, mask_y_length: range of their widths in pixels; one number r stands for (0, r).
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Raises:
        ValueError: no stripes of any width, or stripes wider than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> stripe = ja.Compose([ja.XYMasking(1, 0, (2, 2), 0, p=1)])
        >>> int(stripe(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        8

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    num_masks_x: Range = args.pair(0, args.alone, 0, static=True)
    num_masks_y: Range = args.pair(0, args.alone, 0, static=True)
    mask_x_length: Range = args.pair(0, args.above(0), 0, static=True)
    mask_y_length: Range = args.pair(0, args.above(0), 0, static=True)
    fill: Fill = args.fill(0.0, names=FILLS)
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if not any(self.mask_x_length) and not any(self.mask_y_length):
            raise ValueError("XYMasking needs a mask_x_length or mask_y_length above 0.")

    def draw(self, rng: Draw, view: View) -> Erase:
        x = _stripes(rng, "x", self.num_masks_x, self.mask_x_length, view)
        y = _stripes(rng, "y", self.num_masks_y, self.mask_y_length, view)
        return cut(rng, Rectangles(*(jnp.concatenate(pair) for pair in zip(x, y, strict=True))), self)


def _stripes(rng: Draw, axis: str, count: Any, length: Any, view: View) -> tuple[Array, Array]:
    """Edges of stripes at random places along an axis, and which of them count."""
    height, width = view.size
    extent = width if axis == "x" else height
    room = view.canvas.buffer[1 if axis == "x" else 0]
    if length[1] > room:
        raise ValueError(
            f"The stripes are up to {length[1]} pixels wide, but along {axis} {view.picture_name} has {room}: lower "
            f"the length along {axis}."
        )
    most = int(count[1])
    used = jnp.arange(most) < rng.integer(f"count_{axis}", count)
    wide = jnp.minimum(rng.integer(f"length_{axis}", length, (most,)), jnp.asarray(extent, jnp.int32))
    start = rng.offset(f"start_{axis}", extent - wide, (most,))
    none = jnp.zeros_like(start)
    x = (start, start + wide) if axis == "x" else (none, none + jnp.asarray(width, jnp.int32))
    y = (none, none + jnp.asarray(height, jnp.int32)) if axis == "x" else (start, start + wide)
    return jnp.stack([x[0], y[0], x[1], y[1]], axis=1), used


@transform
class TimeMasking(Transform):
    """Cuts a stretch of time out of a spectrogram: one upright stripe.

    Args:
        time_mask_param: its greatest width in pixels.

    Raises:
        ValueError: a stripe wider than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mask = ja.Compose([ja.TimeMasking(3, p=1)])
        >>> mask(jax.random.key(0), image=jnp.ones((4, 8)))["image"].shape
        (4, 8)

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    time_mask_param: int = args.option(40, int, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        edges, used = _stripes(rng, "x", (1, 1), (0, self.time_mask_param), view)
        return Erase(Rectangles(edges, used), rng.key("fill"), fill_mask=0.0)


@transform
class FrequencyMasking(Transform):
    """Cuts a band of frequencies out of a spectrogram: one level stripe.

    Args:
        freq_mask_param: its greatest height in pixels.

    Raises:
        ValueError: a stripe higher than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mask = ja.Compose([ja.FrequencyMasking(3, p=1)])
        >>> mask(jax.random.key(0), image=jnp.ones((4, 8)))["image"].shape
        (4, 8)

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    freq_mask_param: int = args.option(30, int, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        edges, used = _stripes(rng, "y", (1, 1), (0, self.freq_mask_param), view)
        return Erase(Rectangles(edges, used), rng.key("fill"), fill_mask=0.0)
