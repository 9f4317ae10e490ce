"""Crops that are scaled to a fixed size."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar, Size
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import Warp, matrix_warp
from jaxaug.transforms.resize import reading


def zoomed(view: View, place: tuple[Any, Any, Any, Any], size: Size, **settings: Any) -> Warp:
    """The warp that shows a window at another size; nothing beyond the window is read.

    Args:
        view: the picture.
        place: left, top, width and height of the window in pixels.
        size: (height, width) of the result.
        **settings: how pictures are read.
    """
    left, top, w, h = (jnp.asarray(v, jnp.float32) for v in place)
    return matrix_warp(
        [[w / size[1], 0, left], [0, h / size[0], top], [0, 0, 1]],
        view.canvas,
        size,
        Structure.SCALE | Structure.SHIFT,
        window=jnp.stack([left, top, left + w, top + h]),
        reads_inside=True,
        **settings,
    )


@transform
class RandomResizedCrop(Transform):
    """Keeps a window of random area and aspect ratio, scaled to a fixed size.

    Args:
        size: (height, width) of the result.
        scale: range of the window's area as a fraction of the picture's.
        ratio: range of the window's width divided by its height.
        area_for_downscale: average over areas where the window shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.
        antialias: widen the kernel where the window shrinks.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomResizedCrop((4, 4))])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 10, 3)))["image"].shape
        (4, 4, 3)

    Follows the meaning of Albumentations 2.0.8: of ten tries the first that fits, else the largest window in the
    middle. `antialias` as in torchvision.
    """

    size: Range = args.pair(low=1, ordered=False, static=True, ends="(height, width)")
    scale: Range = args.pair((0.08, 1.0), None, 0, 1)
    ratio: Range = args.pair((0.75, 4 / 3), None, 0)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Scalar = args.probability(1.0)
    antialias: bool = args.option(False, bool)

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        tries = 10
        area = rng.uniform("area", self.scale, (tries,)) * (height * width)
        low, high = (jnp.asarray(v, jnp.float32) for v in self.ratio)
        aspect = jnp.exp(rng.uniform("aspect", (jnp.log(low), jnp.log(high)), (tries,)))
        w, h = jnp.round(jnp.sqrt(area * aspect)), jnp.round(jnp.sqrt(area / aspect))
        fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
        first = jnp.argmax(fits)
        found = fits[first]
        whole_w = jnp.where(width / height > high, jnp.round(height * high), width)
        whole_h = jnp.where(width / height < low, jnp.round(width / low), height)
        w, h = jnp.where(found, w[first], whole_w), jnp.where(found, h[first], whole_h)
        left = jnp.where(found, jnp.floor((width - w + 1) * rng.uniform("left")), jnp.floor((width - w) / 2))
        top = jnp.where(found, jnp.floor((height - h + 1) * rng.uniform("top")), jnp.floor((height - h) / 2))
        return zoomed(view, (left, top, w, h), self.size, antialias=self.antialias, **reading(self))


@transform
class RandomSizedCrop(Transform):
    """Keeps a window of random height and fixed aspect ratio, scaled to a fixed size.

    Args:
        min_max_height: range of the window's height in pixels.
        size: (height, width) of the result.
        w2h_ratio: the window's width divided by its height.
        area_for_downscale: average over areas where the window shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a window that is larger than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomSizedCrop((4, 6), (8, 8))])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 10, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    min_max_height: Range = args.pair(low=1, static=True)
    size: Range = args.pair(low=1, ordered=False, static=True, ends="(height, width)")
    w2h_ratio: float = args.option(1.0, float, 0)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        tallest = self.min_max_height[1]
        widest = int(tallest * self.w2h_ratio)
        rows, columns = view.canvas.buffer
        if tallest > rows or widest > columns:
            raise ValueError(
                f"RandomSizedCrop takes windows of up to {tallest} x {widest}, but {view.picture_name} is {rows} x "
                f"{columns}. Lower min_max_height, or put PadIfNeeded before it."
            )
        h = jnp.minimum(rng.integer("height", self.min_max_height).astype(jnp.float32), view.height)
        w = jnp.minimum(jnp.floor(h * self.w2h_ratio), view.width)
        top = jnp.floor((view.height - h + 1) * rng.uniform("top"))
        left = jnp.floor((view.width - w + 1) * rng.uniform("left"))
        return zoomed(view, (left, top, w, h), self.size, **reading(self))
