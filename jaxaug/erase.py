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
        down, across = self._sides(view)
        if not 0 < len(across) <= 16:
            # Counts, of which any precision tells whether they are zero.
            return jnp.matmul(down.T.astype(jnp.float32), across.astype(jnp.float32)) > 0
        # One after another: reductions over the first axis are loops of single pixels.
        return functools.reduce(jnp.logical_or, [d[:, None] & a for d, a in zip(down, across, strict=True)])

    def numbers(self, view: Any) -> Array:
        sides = self._sides(view)

        def cover(i: Any, numbers: Array) -> Array:
            down, across = (jnp.take(side, i, axis=0, mode="clip") for side in sides)
            return jnp.where(down[:, None] & across, i + 1, numbers)

        count = len(self.edges)
        start = jnp.zeros(view.size, jnp.int32)
        if count > 16:
            return jax.lax.fori_loop(0, count, cover, start)
        return functools.reduce(lambda numbers, i: cover(i, numbers), range(count), start)

    def _sides(self, view: Any) -> tuple[Array, Array]:
        """(K, height) and (K, width) bool: rows and columns of each hole."""
        x, y = jnp.arange(view.width), jnp.arange(view.height)
        across = (x >= self.edges[:, :1]) & (x < self.edges[:, 2:3])
        return (y >= self.edges[:, 1:2]) & (y < self.edges[:, 3:]), across & self.used[:, None]


@struct.struct
class Objects:
    """Some connected parts of the sample's mask: pixels of one value that touch, diagonally too.

    Args:
        key: raw key data that ranks the parts.
        count: how many are cut out.
    """

    key: Array
    count: Array

    def pixels(self, view: Any) -> Array:
        parts = connected_parts(_flat_mask(view.mask()))
        height, width = parts.shape
        flat = parts.reshape(-1)
        roots = flat == jnp.arange(1, height * width + 1)
        rank = random_uniform(self.key, flat.shape)
        rank = jnp.where(roots, rank, 2.0)
        parts_left = jnp.minimum(self.count, roots.sum())

        def take_next(_: Any, rank: Array) -> Array:
            return rank.at[jnp.argmin(rank)].set(3.0)

        chosen = jax.lax.fori_loop(0, parts_left, take_next, rank) == 3.0
        return ((flat > 0) & chosen[jnp.maximum(flat - 1, 0)]).reshape(height, width)

    def numbers(self, view: Any) -> Array:
        return self.pixels(view).astype(jnp.int32)


def _flat_mask(mask: Array) -> Array:
    """One label per pixel from a stack of masks (frames, height, width, channels): 0 is background.

    Different planes are different objects; where they overlap the first one counts.
    """
    planes = jnp.moveaxis(mask, -1, 1).reshape(-1, *mask.shape[1:3])
    if planes.shape[0] == 1:
        return planes[0]
    labels = jnp.zeros(planes.shape[1:], jnp.float32)
    for i in range(planes.shape[0]):
        value = jnp.where(planes[i] != 0, planes[i].astype(jnp.float32) + 65536.0 * i, 0.0)
        labels = jnp.where(labels == 0, value, labels)
    return labels


def connected_parts(labels: Array) -> Array:
    """Numbers the connected parts of a label map, 8 neighbours, background 0.

    Args:
        labels: (height, width).

    Returns:
        (height, width) int32: one plus the flat index of the first pixel of each part, 0 for background.

    Example:
        >>> import jax.numpy as jnp
        >>> connected_parts(jnp.array([[1, 0, 2], [1, 0, 0]]))
        Array([[1, 0, 3],
               [1, 0, 0]], dtype=int32)
    """
    height, width = labels.shape
    some = labels != 0
    far = height * width + 1
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]

    def neighbours(a: Array, outside: Any) -> list[Array]:
        rimmed = stored(jnp.pad(a, 1, constant_values=outside))
        return [rimmed[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in shifts]

    def follow(parts: Array) -> Array:
        """The number that the pixel of one's own number has by now."""
        reached = jnp.take(parts, parts - 1, mode="clip")
        return stored(jnp.where(parts < far, jnp.minimum(parts, reached), far))

    beside = neighbours(labels, 0)
    joined = stored([some & (other == labels) for other in beside])
    # At first a run of pixels in a row has the number of its first one.
    number = jnp.arange(1, far, dtype=jnp.int32).reshape(height, width)
    first = some & (beside[shifts.index((0, -1))] != labels)
    run = jax.lax.associative_scan(jnp.maximum, stored(jnp.where(first, number, 0).T), axis=0).T
    start = stored(jnp.where(some, run, far))

    def spread(parts: Array) -> Array:
        lowest = parts
        for other, same in zip(neighbours(parts, far), joined, strict=True):
            lowest = jnp.minimum(lowest, jnp.where(same, other, far))
        # The pixel that gave its number hears of a lower one, and all follow it: so whole parts merge at once.
        flat, root = stored(lowest).reshape(-1), parts.reshape(-1) - 1
        flat = stored(flat.at[root].min(flat, mode="drop"))
        return follow(follow(flat)).reshape(height, width)

    def again(state: tuple[Array, Array]) -> Array:
        return state[1]

    def step(state: tuple[Array, Array]) -> tuple[Array, Array]:
        new = spread(state[0])
        return new, jnp.any(new != state[0])

    parts, _ = jax.lax.while_loop(again, step, (start, jnp.array(True)))
    return jnp.where(some, parts, 0)


def random_pixels(key: Array, shares: Array, wanted: Array) -> tuple[Array, Array]:
    """Pixels of the connected parts of a picture, each part's with even chances.

    Args:
        key: raw key data that ranks the parts: if there are more than N, the first are taken.
        shares: (N, K) floats in [0, 1), one for each pixel asked for.
        wanted: (height, width) bool.

    Returns:
        (N, K, 2) x and y, and (N,) how many pixels each part has; 0 where there is none.
    """
    parts = connected_parts(wanted)
    height, width = parts.shape
    flat = parts.reshape(-1)
    roots = flat == jnp.arange(1, height * width + 1)
    rank = jnp.where(roots, random_uniform(key, flat.shape), 2.0)
    most, each = shares.shape

    def take_next(i: Any, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        rank, places, areas = state
        root = jnp.argmin(rank)
        part = (parts == root + 1).astype(jnp.int32)
        until = jnp.cumsum(part.sum(axis=1))
        nth = jnp.floor(shares[i] * until[-1]).astype(jnp.int32)
        nth = jnp.minimum(nth, until[-1] - 1)[:, None]
        y = (until <= nth).sum(axis=1)
        before = jnp.cumsum(part[y], axis=1) + (until[y] - part[y].sum(axis=1))[:, None]
        x = (before <= nth).sum(axis=1)
        return rank.at[root].set(3.0), places.at[i].set(jnp.stack([x, y], axis=1)), areas.at[i].set(until[-1])

    start = (rank, jnp.zeros((most, each, 2), jnp.int32), jnp.zeros(most, jnp.int32))
    _, places, areas = jax.lax.fori_loop(0, jnp.minimum(roots.sum(), most), take_next, start)
    return places, areas


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


def stretch(region: Array, size: tuple[int, int]) -> Array:
    """A region for a picture stored at another size."""
    if region.shape == size:
        return region
    rows = jnp.clip(((jnp.arange(size[0]) + 0.5) * region.shape[0] / size[0]).astype(jnp.int32), 0, region.shape[0] - 1)
    columns = ((jnp.arange(size[1]) + 0.5) * region.shape[1] / size[1]).astype(jnp.int32)
    return region[rows][:, jnp.clip(columns, 0, region.shape[1] - 1)]
