"""Crops that overlap a box at least so much."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp
from jaxaug.ops.centre_filter import CentreFilter
from jaxaug.transforms.crop import window

#: How often a least overlap is drawn; with the default ones a round in 1000 or so would draw again after the last.
ROUNDS = 20


@transform
class RandomIoUCrop(Transform):
    """Keeps a random window that overlaps a box at least so much, of a least overlap that is drawn too.

    A least overlap is drawn, and then windows until one fits: it holds the centre of a box, and overlaps such a box by
    intersection over union at least so much. Where none of `trials` does, the next least overlap is drawn. One of 1 or
    more leaves the picture whole, and so does a sample without boxes. Boxes whose centres lie outside of the window are
    no longer valid, the others are cut at it. All box sets of the sample count.

    The size of the window is random: under `jit` a transform of fixed size behind, such as `Resize`, makes one
    resampling with it; else the sample needs a `size` entry, which tells it.

    Args:
        min_scale, max_scale: of each side of the window, in sides of the picture.
        min_aspect_ratio, max_aspect_ratio: of the width of the window by its height.
        sampler_options: least overlaps, each as likely.
        trials: how many windows are tried for each.
        p: how often it is applied.

    Raises:
        ValueError: the sample has no entry of boxes; no least overlap; a range whose ends are the wrong way round;
            under `jit`, a sample without a `size` entry whose size stays random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomIoUCrop(), ja.Resize(8, 8)], bbox_params=ja.BboxParams("pascal_voc"))
        >>> out = crop(jax.random.key(0), image=jnp.zeros((20, 20)), bboxes=jnp.array([[4.0, 4.0, 16.0, 14.0]]))
        >>> out["image"].shape, out["bboxes"].shape
        ((8, 8), (1, 4))

    After Liu et al., "SSD: single shot multibox detector", 2016, as torchvision's `RandomIoUCrop`, which draws least
    overlaps without end; here the picture stays whole after 20.
    """

    min_scale: Scalar = args.number(0.3, 0, 1)
    max_scale: Scalar = args.number(1.0, 0, 1)
    min_aspect_ratio: Scalar = args.number(0.5, 0)
    max_aspect_ratio: Scalar = args.number(2.0, 0)
    sampler_options: Any = dataclasses.field(default=(0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0), metadata={"static": True})
    trials: int = args.option(40, int, 1)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        options = self.sampler_options
        if not isinstance(options, list | tuple) or not options or not all(args.is_number(v) for v in options):
            raise ValueError(f"RandomIoUCrop(sampler_options=...) must be a list of numbers, got {options!r}.")
        object.__setattr__(self, "sampler_options", tuple(float(v) for v in options))
        for name in ("scale", "aspect_ratio"):
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if isinstance(low, float) and isinstance(high, float) and low > high:
                raise ValueError(f"RandomIoUCrop needs min_{name} <= max_{name}, got {low:g} and {high:g}.")

    def draw(self, rng: Draw, view: View) -> tuple[CentreFilter, Warp]:
        left, top, right, bottom = self._window(rng, view)
        after = view.drawn(view.canvas.buffer, bottom - top, right - left)
        crop = window(view.canvas, top, left, after, inside=True)
        return CentreFilter(jnp.stack([left, top, right, bottom])), crop

    def _window(self, rng: Draw, view: View) -> tuple[Array, Array, Array, Array]:
        """The sides of the window: x_min, y_min, x_max, y_max in whole pixels."""
        boxes, valid = view.boxes()
        options = jnp.asarray(self.sampler_options, jnp.float32)
        least = options[rng.integer("options", (0, len(options) - 1), (ROUNDS,))]
        drawn = rng.uniform("windows", shape=(ROUNDS, self.trials, 4))
        whole = jnp.asarray(vector(view.width, view.height))
        size = jnp.floor(whole * (self.min_scale + (self.max_scale - self.min_scale) * drawn[..., :2]))
        low = jnp.floor((whole - size) * drawn[..., 2:])
        high = low + size
        ratio = size[..., 0] / jnp.maximum(size[..., 1], 1)
        fits = (ratio >= self.min_aspect_ratio) & (ratio <= self.max_aspect_ratio) & (size >= 1).all(axis=-1)
        # Of every window with every box.
        near, far, centre = boxes[:, :2], boxes[:, 2:], (boxes[:, :2] + boxes[:, 2:]) / 2
        start, end = low[..., None, :], high[..., None, :]
        holds = valid & ((centre > start) & (centre < end)).all(axis=-1)
        common = jnp.maximum(jnp.minimum(end, far) - jnp.maximum(start, near), 0).prod(axis=-1)
        union = (far - near).prod(axis=-1) + size.prod(axis=-1)[..., None] - common
        overlap = jnp.where(holds, common / union, -1.0).max(axis=-1, initial=-1.0)
        fits &= holds.any(axis=-1) & (overlap >= least[:, None])
        stays = least >= 1
        settled = stays | fits.any(axis=-1)
        which = jnp.argmax(settled)
        trial = jnp.argmax(fits[which])
        crops = settled[which] & ~stays[which]
        low, high = (jnp.where(crops, a[which, trial], b) for a, b in ((low, jnp.zeros(2)), (high, whole)))
        return low[0], low[1], high[0], high[1]
