"""Connected parts of a mask as regions, and holes within them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug import struct
from jaxaug.control import stored
from jaxaug.erase import Rectangles
from jaxaug.functional.noise import random_uniform
from jaxaug.matrices import vector
from jaxaug.struct import static


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
        rank, found = _ranked(self.key, parts)

        def take_next(_: Any, rank: Array) -> Array:
            return rank.at[jnp.argmin(rank)].set(3.0)

        chosen = jax.lax.fori_loop(0, jnp.minimum(self.count, found), take_next, rank) == 3.0
        return (parts > 0) & chosen[jnp.maximum(parts - 1, 0)]

    def numbers(self, view: Any) -> Array:
        return self.pixels(view).astype(jnp.int32)


@struct.struct
class InParts:
    """Rectangles around random pixels of connected parts of the sample's mask.

    Args:
        key: raw key data that ranks the parts, of which the first N are taken.
        places: (N, K) floats in [0, 1) that say around which of its pixels a part has its holes.
        shares: (N, K, 2) widths and heights as fractions of the square root of the part's area.
        count: how many of the K holes there are in each part.
        values: of the mask; those that touch are one part.
    """

    key: Array
    places: Array
    shares: Array
    count: Array
    values: tuple[int, ...] = static()

    def rectangles(self, view: Any) -> Rectangles:
        """The holes in a sample's parts."""
        wanted = jnp.isin(view.mask(), jnp.asarray(self.values)).any(axis=(0, 3))
        centre, area = random_pixels(self.key, self.places, wanted)
        side = jnp.sqrt(area.astype(jnp.float32))[:, None, None]
        half = jnp.floor(self.shares * side / 2).astype(jnp.int32)
        limit = vector(view.width, view.height).astype(jnp.int32)
        edges = jnp.concatenate([jnp.clip(centre - half, 0, limit - 1), jnp.clip(centre + half, 0, limit)], axis=-1)
        used = (area > 0)[:, None] & (jnp.arange(edges.shape[1]) < self.count)
        return Rectangles(edges.reshape(-1, 4), used.reshape(-1))

    def pixels(self, view: Any) -> Array:
        return self.rectangles(view).pixels(view)

    def numbers(self, view: Any) -> Array:
        return self.rectangles(view).numbers(view)


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


def _ranked(key: Array, parts: Array) -> tuple[Array, Array]:
    """(height * width,) random numbers at the first pixel of each part, 2 elsewhere, and how many parts there are."""
    flat = parts.reshape(-1)
    roots = flat == jnp.arange(1, flat.shape[0] + 1)
    return jnp.where(roots, random_uniform(key, flat.shape), 2.0), roots.sum()


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
    rank, found = _ranked(key, parts)
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
    _, places, areas = jax.lax.fori_loop(0, jnp.minimum(found, most), take_next, start)
    return places, areas
