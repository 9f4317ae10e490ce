"""Cut-outs: parts of the picture that disappear, with what they hide."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug import functional as F
from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.erase import Erase, Objects, Rectangles
from jaxaug.pixels import Tone, tone
from jaxaug.targets import Size
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform


@transform
class CoarseDropout(Transform):
    """Cuts out rectangles.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_holes_range: range of the number of rectangles.
        hole_height_range, hole_width_range: range of their size: floats up to 1 are fractions of the picture, whole
            numbers are pixels.
        fill: value of images there: a number, one per channel, `random` (every pixel its own) or `random_uniform`
            (one for all).
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> holes = ja.Compose([ja.CoarseDropout((1, 1), (2, 2), (2, 2), p=1)])
        >>> int(holes(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        12

    Follows the meaning of Albumentations 2.0.8, except that boxes are not rounded to whole pixels.
    """

    num_holes_range: Any = args.pair((1, 2), None, 1, static=True)
    hole_height_range: Any = args.lengths((0.1, 0.2))
    hole_width_range: Any = args.lengths((0.1, 0.2))
    fill: Any = args.fill(0.0, words=("random", "random_uniform"))
    fill_mask: Any = args.fill(None, optional=True)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        most = self.num_holes_range[1]
        used = jnp.arange(most) < rng.integer("count", self.num_holes_range)
        height = _length(rng, "height", self.hole_height_range, view.height, most)
        width = _length(rng, "width", self.hole_width_range, view.width, most)
        top = jnp.floor(rng.uniform("top", shape=(most,)) * (view.height - height + 1)).astype(jnp.int32)
        left = jnp.floor(rng.uniform("left", shape=(most,)) * (view.width - width + 1)).astype(jnp.int32)
        edges = jnp.stack([left, top, left + width, top + height], axis=1)
        return _erase(rng, Rectangles(edges, used), self)


def _erase(rng: Draw, region: Any, transform: Any) -> Erase:
    """The op that cuts out a region, with the fills of a transform."""
    worded = isinstance(transform.fill, str)
    return Erase(
        region,
        rng.words("fill"),
        fill=0.0 if worded else transform.fill,
        fill_mask=transform.fill_mask,
        mode=transform.fill if worded else "constant",
    )


def _length(rng: Draw, name: str, limits: Any, extent: int, count: int) -> Array:
    """Lengths of holes in whole pixels, at most those of the picture."""
    if jnp.issubdtype(jnp.result_type(limits[1]), jnp.integer):
        drawn = rng.integer(name, limits, (count,))
    else:
        drawn = jnp.floor(rng.uniform(name, limits, (count,)) * extent).astype(jnp.int32)
    return jnp.clip(drawn, 0, extent)


@transform
class Erasing(Transform):
    """Cuts out one rectangle of random area and aspect ratio.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        scale: range of its area as a fraction of the picture's.
        ratio: range of its width divided by its height.
        fill: value of images there: a number, one per channel, `random` (every pixel its own) or `random_uniform`
            (one for all).
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> erase = ja.Compose([ja.Erasing((0.25, 0.25), (1, 1), p=1)])
        >>> int(erase(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        12

    Follows the meaning of Albumentations 2.0.8, after Zhong et al., "Random erasing data augmentation", 2020: where no
    rectangle of the least area fits into the picture, nothing is cut out.
    """

    scale: Any = args.pair((0.02, 0.33), None, 0)
    ratio: Any = args.pair((0.3, 3.3), None, 0)
    fill: Any = args.fill(0.0, words=("random", "random_uniform"))
    fill_mask: Any = args.fill(None, optional=True)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        height, width = view.size
        low, high = (jnp.asarray(v, jnp.float32) * (height * width) for v in self.scale)
        flat, wide = (jnp.asarray(v, jnp.float32) for v in self.ratio)
        most = jnp.minimum(high, jnp.minimum(flat * height**2, width**2 / wide))
        area = rng.uniform("area", (low, jnp.maximum(low, most)))
        ratio = rng.uniform("ratio", (jnp.maximum(flat, area / height**2), jnp.minimum(wide, width**2 / area)))
        h = jnp.clip(jnp.round(jnp.sqrt(area / ratio)), 0, height).astype(jnp.int32)
        w = jnp.clip(jnp.round(jnp.sqrt(area * ratio)), 0, width).astype(jnp.int32)
        top = jnp.floor(rng.uniform("top") * (height - h + 1)).astype(jnp.int32)
        left = jnp.floor(rng.uniform("left") * (width - w + 1)).astype(jnp.int32)
        edges = jnp.stack([left, top, left + w, top + h])[None]
        return _erase(rng, Rectangles(edges, (most >= low)[None]), self)


@transform
class XYMasking(Transform):
    """Cuts out stripes across the whole picture, as is done with spectrograms.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_masks_x, num_masks_y: range of the number of upright and of level stripes; one number stands for itself.
        mask_x_length, mask_y_length: range of their widths in pixels; one number r stands for (0, r).
        fill: value of images there: a number, one per channel, `random` (every pixel its own) or `random_uniform`
            (one for all).
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Raises:
        ValueError: no stripes of any width, or stripes wider than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> stripe = ja.Compose([ja.XYMasking(1, 0, (2, 2), 0, p=1)])
        >>> int(stripe(jax.random.key(0), image=jnp.ones((4, 4)))["image"].sum())
        8

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    num_masks_x: Any = args.pair(0, args.alone, 0, static=True)
    num_masks_y: Any = args.pair(0, args.alone, 0, static=True)
    mask_x_length: Any = args.pair(0, args.above(0), 0, static=True)
    mask_y_length: Any = args.pair(0, args.above(0), 0, static=True)
    fill: Any = args.fill(0.0, words=("random", "random_uniform"))
    fill_mask: Any = args.fill(None, optional=True)
    p: Any = args.probability(0.5)

    def check(self) -> None:
        if not any(self.mask_x_length) and not any(self.mask_y_length):
            raise ValueError("XYMasking needs a mask_x_length or mask_y_length above 0.")

    def draw(self, rng: Draw, view: View) -> Erase:
        x = _stripes(rng, "x", self.num_masks_x, self.mask_x_length, view.size)
        y = _stripes(rng, "y", self.num_masks_y, self.mask_y_length, view.size)
        return _erase(rng, Rectangles(*(jnp.concatenate(pair) for pair in zip(x, y, strict=True))), self)


def _stripes(rng: Draw, axis: str, count: Any, length: Any, size: Size) -> tuple[Array, Array]:
    """Edges of stripes at random places along an axis, and which of them count."""
    height, width = size
    extent = width if axis == "x" else height
    if length[1] > extent:
        raise ValueError(
            f"The stripes are up to {length[1]} pixels wide, but along {axis} the picture has {extent}: lower the "
            f"length along {axis}."
        )
    most = int(count[1])
    used = jnp.arange(most) < rng.integer(f"count_{axis}", count)
    wide = rng.integer(f"length_{axis}", length, (most,))
    start = jnp.floor(rng.uniform(f"start_{axis}", shape=(most,)) * (extent - wide + 1)).astype(jnp.int32)
    none = jnp.zeros_like(start)
    x = (start, start + wide) if axis == "x" else (none, none + width)
    y = (none, none + height) if axis == "x" else (start, start + wide)
    return jnp.stack([x[0], y[0], x[1], y[1]], axis=1), used


@transform
class TimeMasking(Transform):
    """Cuts a stretch of time out of a spectrogram: one upright stripe.

    Args:
        time_mask_param: its greatest width in pixels.
        p: how often it is applied.

    Raises:
        ValueError: a stripe wider than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mask = ja.Compose([ja.TimeMasking(3, p=1)])
        >>> mask(jax.random.key(0), image=jnp.ones((4, 8)))["image"].shape
        (4, 8)

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    time_mask_param: int = args.setting(40, int, 1)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        edges, used = _stripes(rng, "x", (1, 1), (0, self.time_mask_param), view.size)
        return Erase(Rectangles(edges, used), rng.words("fill"), fill_mask=0.0)


@transform
class FrequencyMasking(Transform):
    """Cuts a band of frequencies out of a spectrogram: one level stripe.

    Args:
        freq_mask_param: its greatest height in pixels.
        p: how often it is applied.

    Raises:
        ValueError: a stripe higher than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mask = ja.Compose([ja.FrequencyMasking(3, p=1)])
        >>> mask(jax.random.key(0), image=jnp.ones((4, 8)))["image"].shape
        (4, 8)

    Follows the meaning of Albumentations 2.0.8, after Park et al., "SpecAugment", 2019.
    """

    freq_mask_param: int = args.setting(30, int, 1)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        edges, used = _stripes(rng, "y", (1, 1), (0, self.freq_mask_param), view.size)
        return Erase(Rectangles(edges, used), rng.words("fill"), fill_mask=0.0)


@transform
class ChannelDropout(Transform):
    """Replaces whole channels of images by one value.

    Args:
        channel_drop_range: range of the number of channels.
        fill: the value, in the units of the image.
        p: how often it is applied.

    Raises:
        ValueError: an image of one channel, or as many channels to drop as there are.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.ChannelDropout(p=1)])
        >>> int(drop(jax.random.key(0), image=jnp.ones((1, 1, 3)))["image"].sum())
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    channel_drop_range: Any = args.pair((1, 1), None, 1, static=True)
    fill: Any = args.number(0.0)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        fewest, channels = view.channels()
        most = self.channel_drop_range[1]
        if most >= fewest:
            raise ValueError(
                f"ChannelDropout drops up to {most} channels, but an image has {fewest}: at least one must be left. "
                "Lower channel_drop_range."
            )
        count = rng.integer("count", self.channel_drop_range)
        value = jnp.asarray(self.fill, jnp.float32) / view.top()
        return tone(F.drop_channels, rank=rng.permutation("rank", channels), count=count, value=value)


@transform
class MaskDropout(Transform):
    """Cuts out objects: connected parts of the sample's mask.

    Looks at the entry `mask`, else at the first mask there is; planes of a stack are different objects. Boxes shrink
    to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        max_objects: range of the number of objects; one number r stands for (1, r).
        fill: value of images there, a number or one per channel.
        fill_mask: value of masks there; None leaves masks alone.
        p: how often it is applied.

    Raises:
        ValueError: the sample has no mask.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.MaskDropout(p=1)])
        >>> out = drop(jax.random.key(0), image=jnp.ones((1, 3)), mask=jnp.array([[1, 0, 0]]))
        >>> out["image"], out["mask"]
        (Array([[0., 1., 1.]], dtype=float32), Array([[0, 0, 0]], dtype=int32))

    Follows the meaning of Albumentations 2.0.8, and shrinks boxes as CoarseDropout does.
    """

    max_objects: Any = args.pair((1, 1), args.above(1), 1)
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0, optional=True)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        ranks = rng.words("ranks")
        region = Objects(ranks, rng.integer("count", self.max_objects))
        return Erase(region, ranks, fill=self.fill, fill_mask=self.fill_mask)
