"""The Erase family: regions that are cut out of pictures, and what that does to masks, boxes and keypoints."""

from __future__ import annotations

import functools
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug import struct, words
from jaxaug.control import stored
from jaxaug.dtype import round_to
from jaxaug.fill import fill_values
from jaxaug.functional.noise import random_uniform
from jaxaug.struct import static, switch
from jaxaug.warp import both


class Region(Protocol):
    """Which pixels of the reference an op cuts out."""

    def pixels(self, view: Any) -> Array:
        """(height, width) bool."""
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
        height, width = view.canvas.buffer
        x, y = jnp.arange(width), jnp.arange(height)
        across = (x >= self.edges[:, :1]) & (x < self.edges[:, 2:3])
        down = (y >= self.edges[:, 1:2]) & (y < self.edges[:, 3:])
        holes = (across & self.used[:, None])[:, None, :] & down[:, :, None]
        # One after another: reductions over the first axis are loops of single pixels.
        return functools.reduce(jnp.logical_or, list(holes)) if 0 < len(holes) <= 16 else holes.any(axis=0)


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


@struct.struct
class Erase:
    """An op of the family: a region, and what takes its place.

    Args:
        region: what is cut out.
        key: raw key data of random fills.
        fill: value of images there, in their own units: a number or one per channel.
        fill_mask: the same for masks; None leaves masks alone.
        active: whether anything is cut out.
        mode: `constant`, `random` (every pixel its own value) or `random_uniform` (one value for the region).
        name: what drew it.
    """

    region: Any
    key: Array
    fill: Any = 0.0
    fill_mask: Any = None
    active: Any = switch(default=True)
    mode: str = static(default="constant")
    name: str = static(default="Erase")

    def gate(self, on: Any) -> Erase:
        return struct.replace(self, active=both(self.active, on))

    def pixels(self, view: Any) -> Array:
        """(height, width) bool: the pixels of the reference that go."""
        pixels = self.region.pixels(view)
        return pixels if self.active is True else pixels & self.active

    def on_image(self, image: Array, region: Array) -> Array:
        """An image (height, width, channels) with the region filled."""
        if self.mode == "constant" and words.fits(image):
            level = words.pack(round_to(fill_values(self.fill, image), image.dtype)[None, None])
            whole = jnp.where(region, level, stored(words.pack(image)))
            return words.unpack(stored(whole), image.shape[-1])
        if self.mode == "constant":
            colour = jnp.broadcast_to(fill_values(self.fill, image), image.shape)
        else:
            shape = image.shape if self.mode == "random" else (1, 1, image.shape[2])
            high = float(jnp.iinfo(image.dtype).max) if jnp.issubdtype(image.dtype, jnp.integer) else 1.0
            colour = jnp.broadcast_to(high * random_uniform(self.key, shape), image.shape)
        return jnp.where(region[..., None], round_to(colour, image.dtype), image)

    def on_mask(self, mask: Array, region: Array) -> Array:
        """A mask (height, width, channels) with the region filled, unless masks are left alone."""
        if self.fill_mask is None:
            return mask
        return jnp.where(region[..., None], round_to(fill_values(self.fill_mask, mask), mask.dtype), mask)


def stretch(region: Array, size: tuple[int, int]) -> Array:
    """A region for a picture stored at another size."""
    if region.shape == size:
        return region
    rows = jnp.clip(((jnp.arange(size[0]) + 0.5) * region.shape[0] / size[0]).astype(jnp.int32), 0, region.shape[0] - 1)
    columns = ((jnp.arange(size[1]) + 0.5) * region.shape[1] / size[1]).astype(jnp.int32)
    return region[rows][:, jnp.clip(columns, 0, region.shape[1] - 1)]
