"""Crops that look at boxes or at a mask before they choose their window."""

from __future__ import annotations

import dataclasses
import numbers
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar, Size
from jaxaug.core.view import View
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp
from jaxaug.transforms.crop import window
from jaxaug.transforms.resized_crop import zoomed

#: How much of a box a window shows at least, in pixels along each axis, if it need only touch it.
TOUCH = 0.01


@transform
class RandomSizedBBoxSafeCrop(Transform):
    """Keeps a random window that holds all boxes, scaled to a fixed size.

    All box sets of the sample count. Every window of whole pixels that holds them is equally likely.

    Args:
        height, width: of the result.
        erosion_rate: how much narrower and lower the rectangle around all boxes is made before the window has to hold
            it: 0 keeps all boxes whole, 1 takes no notice of them.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: the sample has no boxes.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomSizedBBoxSafeCrop(4, 4)], bbox_params=ja.BboxParams("pascal_voc"))
        >>> out = crop(jax.random.key(0), image=jnp.zeros((8, 8)), bboxes=jnp.array([[0.0, 0.0, 8.0, 8.0]]))
        >>> out["bboxes"]
        Array([[0., 0., 4., 4.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8: without a valid box the window has the shape of the picture and at
    least 1 - `erosion_rate` of its height. There the far sides of a window are rounded down, here no box is cut, and a
    single box is eroded as several are.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    erosion_rate: Scalar = args.number(0.0, 0, 1)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        return zoomed(
            view,
            _around_all(rng, view, self.erosion_rate),
            (self.height, self.width),
            interpolation=self.interpolation,
            mask_interpolation=self.mask_interpolation,
        )


@transform
class BBoxSafeRandomCrop(Transform):
    """Keeps a random window that holds all boxes.

    All box sets of the sample count. The size of the window is random: under `jit` the sample needs a `size` entry,
    which tells it.

    Args:
        erosion_rate: how much narrower and lower the rectangle around all boxes is made before the window has to hold
            it: 0 keeps all boxes whole, 1 takes no notice of them.

    Raises:
        ValueError: the sample has no boxes; under `jit`, a sample without a `size` entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.BBoxSafeRandomCrop()], bbox_params=ja.BboxParams("pascal_voc"))
        >>> out = crop(jax.random.key(0), image=jnp.zeros((8, 8)), bboxes=jnp.array([[0.0, 0.0, 8.0, 8.0]]))
        >>> out["image"].shape
        (8, 8)

    Follows the meaning of Albumentations 2.0.8, as `RandomSizedBBoxSafeCrop` does.
    """

    erosion_rate: Scalar = args.number(0.0, 0, 1)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        left, top, w, h = _around_all(rng, view, self.erosion_rate)
        after = view.drawn(view.canvas.buffer, h, w)
        return window(view.canvas, top, left, after, inside=True)


def _around_all(rng: Draw, view: View, erosion: Any) -> tuple[Array, Array, Array, Array]:
    """Left, top, width and height of a random window around all boxes."""
    low, high, some = _union(view, erosion)
    extent = (view.width, view.height)
    left, top = (rng.integer(n, (0, low[i])) for i, n in enumerate(("left", "top")))
    right, bottom = (rng.integer(n, (jnp.ceil(high[i]), extent[i])) for i, n in enumerate(("right", "bottom")))
    h = rng.integer("height", (jnp.maximum(jnp.floor(view.height * (1 - erosion)), 1), view.height))
    w = jnp.maximum(h * view.width // view.height, 1)
    x, y = rng.integer("x", (0, view.width - w)), rng.integer("y", (0, view.height - h))
    around, anywhere = (left, top, right - left, bottom - top), (x, y, w, h)
    x, y, w, h = (jnp.where(some, a, b) for a, b in zip(around, anywhere, strict=True))
    return x, y, w, h


def _union(view: View, erosion: Any) -> tuple[Array, Array, Array]:
    """The eroded rectangle around all boxes: its least and greatest x and y, and whether there is one."""
    edges, valid = view.boxes()
    limit = vector(view.width, view.height)
    low = jnp.where(valid[:, None], edges[:, :2], limit).min(axis=0, initial=3e8)
    high = jnp.where(valid[:, None], edges[:, 2:], 0.0).max(axis=0, initial=0.0)
    shrink = (high - low) * jnp.asarray(erosion, jnp.float32) / 2
    low, high = jnp.clip(low + shrink, 0.0, limit), jnp.clip(high - shrink, 0.0, limit)
    return low, high, valid.any() & (high - low > 1e-3).all()


@transform
class RandomCropNearBBox(Transform):
    """Keeps a window around one box, whose sides are shifted at random.

    The size of the window is random: under `jit` the sample needs a `size` entry, which tells it.

    Args:
        max_part_shift: largest shift of the upper and lower side as a fraction of the box's height, and of the left and
            right side as a fraction of its width; one number r stands for (0, r).
        cropping_bbox_key: the entry that holds the box: one of `bboxes` kind, whose first row counts, or an array (4,)
            of x_min, y_min, x_max, y_max in pixels, for a crop before anything else moves the picture.

    Raises:
        ValueError: the sample has no such entry, or an array after the picture has moved; under `jit`, a sample
            without a `size` entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomCropNearBBox(0)])
        >>> out = crop(jax.random.key(0), image=jnp.zeros((8, 8)), cropping_bbox=jnp.array([1, 2, 4, 7]))
        >>> out["image"].shape
        (5, 3)

    Follows the meaning of Albumentations 2.0.8, with both ends of every shift included; a window keeps one pixel of the
    picture at least.
    """

    max_part_shift: Range = args.pair((0.0, 0.3), args.above(0), 0, 1)
    cropping_bbox_key: str = args.entry("cropping_bbox")
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        limit = vector(view.width, view.height, view.width, view.height)
        box = jnp.clip(jnp.round(view.box(self.cropping_bbox_key)), 0.0, limit)
        w, h = box[2] - box[0], box[3] - box[1]
        sides = []
        for i, (name, part, length) in enumerate(
            zip(("left", "top", "right", "bottom"), self.max_part_shift[::-1] * 2, (w, h, w, h), strict=True)
        ):
            shift = jnp.round(length * part)
            sides.append(jnp.clip(box[i] + rng.integer(name, (-shift, shift)), 0, limit[i]))
        left, top = (jnp.minimum(side, n - 1) for side, n in zip(sides[:2], limit[:2], strict=True))
        w, h = (jnp.maximum(far - near, 1) for far, near in zip(sides[2:], (left, top), strict=True))
        after = view.drawn(view.canvas.buffer, h, w)
        return window(view.canvas, top, left, after, inside=True)


@transform
class AtLeastOneBBoxRandomCrop(Transform):
    """Keeps a random window of a fixed size that shows at least one box.

    All box sets of the sample count. One box is chosen, and every window of whole pixels that shows enough of it is
    equally likely; a box that is larger than the window fills it.

    Args:
        height, width: of the result.
        erosion_factor: how much of the box's width and height may be left out: with 0 the window holds all of it, with
            1 it touches it.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: the sample has no boxes, or a crop larger than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.AtLeastOneBBoxRandomCrop(2, 2)], bbox_params=ja.BboxParams("pascal_voc"))
        >>> out = crop(jax.random.key(0), image=jnp.zeros((8, 8)), bboxes=jnp.array([[6.0, 3.0, 8.0, 5.0]]))
        >>> out["bboxes"]
        Array([[0., 0., 2., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8: without a valid box it is a random crop. There the first pixel is
    rounded down, so a window may miss a box that it should touch.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    erosion_factor: Scalar = args.number(0.0, 0, 1)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = _fitting(self, view)
        edges, valid = (jnp.concatenate([a, jnp.zeros_like(a, shape=(1, *a.shape[1:]))]) for a in view.boxes())
        chosen = edges[jnp.argmax(jnp.where(valid, rng.uniform("box", shape=valid.shape), -1.0))]
        places = []
        for i, name in enumerate(("left", "top")):
            near, far, length = chosen[i], chosen[i + 2], size[1 - i]
            room = jnp.maximum(view.size[1 - i] - length, 0)
            shown = jnp.maximum((far - near) * (1 - self.erosion_factor), TOUCH)
            ends = jnp.stack([near + shown - length, far - shown])
            last = jnp.floor(ends.max())
            # Where only a window between two pixels shows all of it, the one before comes nearest.
            first = jnp.minimum(jnp.ceil(ends.min()), last)
            limits = (jnp.clip(end, 0, room) for end in (first, last))
            low, high = (
                jnp.where(valid.any(), a, b) for a, b in zip(limits, (jnp.zeros_like(room), room), strict=True)
            )
            places.append(rng.integer(name, (low, high)))
        left, top = places
        return window(view.canvas, top, left, size, inside=view.canvas.extent is None)


def _fitting(crop: Any, view: View) -> Size:
    """The size of a crop.

    Raises:
        ValueError: the picture is smaller.
    """
    rows, columns = view.canvas.buffer
    if crop.height > rows or crop.width > columns:
        raise ValueError(
            f"{type(crop).__name__}: the crop of {crop.height} x {crop.width} is larger than the picture of "
            f"{rows} x {columns}. Make it smaller, or put PadIfNeeded before it."
        )
    return crop.height, crop.width


@transform
class CropNonEmptyMaskIfExists(Transform):
    """Keeps a random window of a fixed size around a pixel of the mask that is not zero.

    Looks at the entry `mask`, else at the first mask there is, all planes of a stack together. Every such pixel is
    equally likely, and lies anywhere in the window.

    Args:
        height, width: of the result.
        ignore_values: values of the mask that count as zero.
        ignore_channels: channels of masks of several channels that do not count.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: the sample has no mask, or a crop larger than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.CropNonEmptyMaskIfExists(1, 2)])
        >>> out = crop(jax.random.key(0), image=jnp.zeros((3, 4)), mask=jnp.zeros((3, 4), int).at[2, 3].set(5))
        >>> out["mask"]
        Array([[0, 5]], dtype=int32)

    Follows the meaning of Albumentations 2.0.8: an empty mask leaves a random crop.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    ignore_values: Any = dataclasses.field(default=None, metadata={"static": True})
    ignore_channels: Any = dataclasses.field(default=None, metadata={"static": True})
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        for name in ("ignore_values", "ignore_channels"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, list | tuple) or not all(isinstance(v, numbers.Integral) for v in value):
                raise TypeError(
                    f"CropNonEmptyMaskIfExists({name}=...) must be a list of whole numbers or None, got {value!r}."
                )
            object.__setattr__(self, name, tuple(int(v) for v in value))

    def draw(self, rng: Draw, view: View) -> Warp:
        size = _fitting(self, view)
        x, y, some = self._pixel(rng, view)
        places = []
        for name, at, length, whole in (("left", x, self.width, view.width), ("top", y, self.height, view.height)):
            room = jnp.asarray(jnp.maximum(whole - length, 0), jnp.int32)
            around = jnp.clip(at - rng.integer(f"{name} of pixel", (0, length - 1)), 0, room)
            places.append(jnp.where(some, around, rng.integer(name, (0, room))))
        left, top = places
        return window(view.canvas, top, left, size, inside=view.canvas.extent is None)

    def _pixel(self, rng: Draw, view: View) -> tuple[Array, Array, Array]:
        """A random pixel that counts, and whether there is any."""
        mask = view.mask()
        counts = ~jnp.isin(mask, jnp.array((0, *(self.ignore_values or ()))))
        if mask.shape[-1] > 1:
            counts &= jnp.array([c not in (self.ignore_channels or ()) for c in range(mask.shape[-1])])
        pixels = counts.any(axis=(0, 3))
        # First the row, then the column: sums over all pixels that stay exact, and nothing of the mask's size to keep.
        rows = jnp.cumsum(pixels.sum(axis=1))
        count = rows[-1]
        y = jnp.argmax(rows > rng.integer("row", (0, count - 1)))
        columns = jnp.cumsum(pixels[y].astype(jnp.int32))
        x = jnp.argmax(columns > rng.integer("column", (0, columns[-1] - 1)))
        return x, y, count > 0
