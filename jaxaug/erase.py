"""The Erase family: regions that are cut out of pictures, and what that does to masks, boxes and keypoints."""

from __future__ import annotations

import functools
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug import struct, words
from jaxaug.boxes import Boxes
from jaxaug.control import branch, stored
from jaxaug.dtype import round_to, top
from jaxaug.fill import fill_values
from jaxaug.functional.colour import luma
from jaxaug.functional.inpainting import inpaint_planes
from jaxaug.functional.noise import bits_at, random_bits, random_uniform, uniform_at
from jaxaug.keypoints import Points
from jaxaug.pixels import Frame
from jaxaug.struct import static, switch
from jaxaug.warp import both


class Region(Protocol):
    """Which pixels of the reference an op cuts out."""

    def pixels(self, view: Any) -> Array:
        """(height, width) bool."""
        ...

    def numbers(self, view: Any) -> Array:
        """(height, width) int32: which hole a pixel is in, 0 for none; the last one where holes overlap."""
        ...


@struct.struct
class Rectangles:
    """Axis-aligned holes.

    Args:
        edges: (K, 4) x_min, y_min, x_max, y_max in whole pixels.
        used: (K,) holes that count.
    """

    edges: Array
    used: Array

    def pixels(self, view: Any) -> Array:
        down, across = stored(tuple(_bits(side) for side in self._sides(view)))
        return (down[:, :, None] & across[:, None, :] != 0).any(axis=0)

    def numbers(self, view: Any) -> Array:
        sides = self._sides(view)

        def cover(i: Any, numbers: Array) -> Array:
            down, across = (jnp.take(side, i, axis=0, mode="clip") for side in sides)
            return jnp.where(down[:, None] & across, i + 1, numbers)

        count = len(self.edges)
        start = jnp.zeros(view.canvas.buffer, jnp.int32)
        if count > 16:
            return jax.lax.fori_loop(0, count, cover, start)
        return functools.reduce(lambda numbers, i: cover(i, numbers), range(count), start)

    def _sides(self, view: Any) -> tuple[Array, Array]:
        """(K, height) and (K, width) bool: rows and columns of each hole."""
        height, width = view.canvas.buffer
        x, y = jnp.arange(width), jnp.arange(height)
        across = (x >= self.edges[:, :1]) & (x < self.edges[:, 2:3])
        return (y >= self.edges[:, 1:2]) & (y < self.edges[:, 3:]), across & self.used[:, None]


@struct.struct
class Erase:
    """An op of the family: a region, and what takes its place.

    Args:
        region: what is cut out.
        key: raw key data of random fills.
        fill: value of images there, in their own units: a number or one per channel.
        fill_mask: the same for masks; None leaves masks alone.
        active: whether anything is cut out.
        mode: `constant` (the fill), `random` (every pixel its own colour), `random_uniform` (every hole its own
            colour), `inpaint_telea` or `inpaint_ns` (what is around a hole, drawn smoothly into it; both words mean
            `jaxaug.functional.inpaint`) or `grayscale` (the picture without its colours).
        rows: `cut` (boxes shrink to what is left of them, keypoints in the region disappear), `thin` (boxes keep their
            shape and have less to show, keypoints stay) or `keep` (both stay as they are).
        per_channel: every channel of an image loses pixels of its own.
        name: what drew it.
    """

    region: Any
    key: Array
    fill: Any = 0.0
    fill_mask: Any = None
    active: Any = switch(default=True)
    mode: str = static(default="constant")
    rows: str = static(default="cut")
    per_channel: bool = static(default=False)
    name: str = static(default="Erase")

    def gate(self, on: Any) -> Erase:
        return struct.replace(self, active=both(self.active, on))

    def holes(self, view: Any) -> Array:
        """(height, width): 0 where a pixel of the reference stays; else True, or the number of its hole."""
        holes = self.region.numbers(view) if self.mode == "random_uniform" else self.region.pixels(view)
        return holes if self.active is True else jnp.where(self.active, holes, jnp.zeros_like(holes))

    def on_boxes(self, boxes: Boxes, region: Array) -> Boxes:
        """Boxes after the region (height, width) bool is gone."""
        if self.rows == "keep":
            return boxes
        return boxes.erase(region, shrink=self.rows == "cut")

    def on_points(self, points: Points, region: Array) -> Points:
        """Keypoints after the region (height, width) bool is gone."""
        return points.erase(region) if self.rows == "cut" else points

    def on_image(self, image: Array, holes: Array) -> Array:
        """An image (height, width, channels) with its holes filled."""
        region = holes != 0
        if self.per_channel:
            return self._drop(image, self.region.values(image.shape))
        if words.fits(image):
            whole = jnp.where(region, self._words(image, holes), stored(words.pack(image)))
            return words.unpack(stored(whole), image.shape[-1])
        return jnp.where(region[..., None], self._colours(image, holes), image)

    def on_mask(self, mask: Array, holes: Array) -> Array:
        """A mask (height, width, channels) with the holes filled, unless masks are left alone."""
        if self.fill_mask is None:
            return mask
        return jnp.where((holes != 0)[..., None], round_to(fill_values(self.fill_mask, mask), mask.dtype), mask)

    def _words(self, image: Array, holes: Array) -> Array:
        """What shows in the holes, as packed pixels."""
        if self.mode == "random":
            return random_bits(self.key, holes.shape)
        if self.mode == "random_uniform":
            return bits_at(self.key, holes)
        return words.pack(self._colours(image, holes))

    def _colours(self, image: Array, holes: Array) -> Array:
        """What shows in the holes, as pixels of which there may be one for all."""
        if self.mode == "constant":
            return round_to(fill_values(self.fill, image), image.dtype)[None, None]
        if self.mode == "grayscale":
            frame = Frame.read(image, planes=True)
            planes = frame.parts if frame.step == 1 else tuple(jnp.moveaxis(frame.image(), -1, 0))
            return Frame((luma(planes),) * len(planes)).write(image.dtype)
        if self.mode in ("inpaint_telea", "inpaint_ns"):
            return branch((holes != 0).any(), self._inpainted, lambda pair: pair[0], (image, holes != 0))
        channels = image.shape[-1]
        if self.mode == "random":
            share = random_uniform(self.key, image.shape)
        else:
            share = uniform_at(self.key, holes[..., None] * channels + jnp.arange(channels))
        return round_to(share * top(image.dtype), image.dtype)

    def _inpainted(self, pair: tuple[Array, Array]) -> Array:
        image, region = pair
        planes = jnp.stack(Frame.read(image, planes=True).parts)
        return Frame(tuple(inpaint_planes(planes, region))).write(image.dtype)

    def _drop(self, image: Array, region: Array) -> Array:
        """An image whose channels lose values of their own, (height, width, channels) bool."""
        height, width, channels = image.shape
        rows = (height, width * channels)
        if self.mode == "constant":
            value = fill_values(self.fill, image)
        else:
            value = random_uniform(self.key, (channels,)) * top(image.dtype)
        level = jnp.tile(round_to(value, image.dtype), width)
        gone = region.reshape(rows) if self.active is True else region.reshape(rows) & self.active
        return jnp.where(gone, level, image.reshape(rows)).reshape(image.shape)


def _bits(flags: Array) -> Array:
    """Flags (K, n) as words of 32 holes, (K / 32, n) uint32."""
    count, length = flags.shape
    places = jnp.pad(flags, ((0, -count % 32), (0, 0))).reshape(-1, 32, length).astype(jnp.uint32)
    return (places << jnp.arange(32, dtype=jnp.uint32)[:, None]).sum(axis=1, dtype=jnp.uint32)


def stretch(region: Array, size: tuple[int, int]) -> Array:
    """A region for a picture stored at another size."""
    if region.shape == size:
        return region
    rows = jnp.clip(((jnp.arange(size[0]) + 0.5) * region.shape[0] / size[0]).astype(jnp.int32), 0, region.shape[0] - 1)
    columns = ((jnp.arange(size[1]) + 0.5) * region.shape[1] / size[1]).astype(jnp.int32)
    return region[rows][:, jnp.clip(columns, 0, region.shape[1] - 1)]
