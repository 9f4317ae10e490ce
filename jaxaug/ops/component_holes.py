"""Connected parts of a mask as regions, and holes within them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.backend.struct import static
from jaxaug.core.plan_wording import number
from jaxaug.geometry.matrices import vector
from jaxaug.kernels.connected_components import Runs, over_runs
from jaxaug.kernels.random_numbers import place, uniform_at
from jaxaug.ops.erase import Rectangles, Region


@struct.struct
class Objects(Region):
    """Some connected parts of the sample's mask: pixels of one value that touch, diagonally too.

    Args:
        key: raw key data that ranks the parts.
        count: how many are cut out.
    """

    key: Array
    count: Array

    def describe(self) -> str:
        return f"{number(self.count)} of the parts of a mask"

    def pixels(self, view: Any) -> Array:
        def choose(runs: Runs) -> Array:
            rank, found = _ranked(self.key, runs)

            def take_next(_: Any, rank: Array) -> Array:
                return rank.at[jnp.argmin(rank)].set(3.0)

            chosen = jax.lax.fori_loop(0, jnp.minimum(self.count, found), take_next, rank) == 3.0
            return runs.to_pixels(chosen.at[runs.part].get(mode="fill", fill_value=False))

        return over_runs(choose, _flat_mask(view.mask()))

    def numbers(self, view: Any) -> Array:
        return self.pixels(view).astype(jnp.int32)


@struct.struct
class InParts(Region):
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

    def describe(self) -> str:
        return f"{number(self.count)} holes in each part of a mask"

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


@with_own_settings
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

    def first_pixels(runs: Runs) -> Array:
        first = runs.start.at[runs.part].get(mode="fill", fill_value=-1)
        return runs.to_pixels(first + 1)

    return over_runs(first_pixels, labels)


def _ranked(key: Array, runs: Runs) -> tuple[Array, Array]:
    """(K,) random numbers for the runs that are the first of a part, 2 for others, and how many parts there are."""
    width = runs.number.shape[1]
    return jnp.where(runs.first, uniform_at(key, place(runs.start // width, runs.start % width)), 2.0), runs.first.sum()


def random_pixels(key: Array, shares: Array, wanted: Array) -> tuple[Array, Array]:
    """Pixels of the connected parts of a picture, each part's with even chances.

    Args:
        key: raw key data that ranks the parts: if there are more than N, the first are taken.
        shares: (N, K) floats in [0, 1), one for each pixel asked for.
        wanted: (height, width) bool.

    Returns:
        (N, K, 2) x and y, and (N,) how many pixels each part has; 0 where there is none.
    """
    shares, width = jnp.asarray(shares), wanted.shape[1]
    most, each = shares.shape

    def choose(runs: Runs) -> tuple[Array, Array]:
        rank, found = _ranked(key, runs)

        def take_next(i: Any, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            rank, places, areas = state
            root = jnp.argmin(rank)
            size = jnp.where(runs.part == root, runs.size, 0)
            until = jnp.cumsum(size)
            nth = jnp.floor(shares[i] * until[-1]).astype(jnp.int32)
            nth = jnp.minimum(nth, until[-1] - 1)
            run = (until <= nth[:, None]).sum(axis=1)
            pixel = runs.start[run] + nth - (until - size)[run]
            found_at = jnp.stack([pixel % width, pixel // width], axis=1)
            return rank.at[root].set(3.0), places.at[i].set(found_at), areas.at[i].set(until[-1])

        start = (rank, jnp.zeros((most, each, 2), jnp.int32), jnp.zeros(most, jnp.int32))
        return jax.lax.fori_loop(0, jnp.minimum(found, most), take_next, start)[1:]

    return over_runs(choose, wanted)
