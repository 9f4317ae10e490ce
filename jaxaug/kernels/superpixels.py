"""Superpixels: clusters of neighbouring pixels of like colour, by simple linear iterative clustering (SLIC).

Every pixel looks for the nearest centre among the 25 that begin around it. Pixels lie in small blocks, and those of a
block look at the same 36; so every round is a few products of matrices, whatever was drawn.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.backend.struct import static
from jaxaug.kernels.connected_components import follow, united
from jaxaug.kernels.decorators import Planes
from jaxaug.kernels.lab import to_lab

#: Rounds of clustering, and how far a step of the grid is in units of colour, as in scikit-image.
ROUNDS = 10
COMPACTNESS = 10.0
#: How many steps of the grid away, along an axis, a pixel's centre may begin; and how many centres a block looks at.
REACH = 2
NEAR = 2 * REACH + 2
#: Side of a block in steps of the grid, of which it may lie in two, and at most in pixels.
BLOCK, LARGEST_BLOCK = 0.6, 16

HIGHEST = jax.lax.Precision.HIGHEST


@struct.struct
class CentreGrid:
    """Where centres begin: at every `pitch`-th pixel along each axis, as regular_grid of scikit-image spaces them.

    Args:
        counts: how many there are down and across.
        start: row and column of the first.
        pitch: pixels between them, down and across.
    """

    counts: tuple[Any, Any]
    start: tuple[Any, Any]
    pitch: tuple[Any, Any]

    @staticmethod
    def of(size: tuple[Any, Any], count: Any, most: tuple[int, int] | None = None, xp: Any = jnp) -> CentreGrid:
        """The grid of about so many centres in a picture.

        Args:
            size: (height, width).
            count: of centres.
            most: how many there may be down and across; there are fewer where these are not enough.
            xp: jax.numpy, or numpy where all is known.
        """
        sides = tuple(xp.asarray(n).astype(np.float32) for n in size)
        even = xp.sqrt(sides[0] * sides[1] / count)
        short, long = xp.minimum(*sides), xp.maximum(*sides)
        # A strip that is narrower than a step has one row of centres.
        steps = [xp.where(short < even, xp.where(n == short, short, long / count), even) for n in sides]
        start = [xp.minimum(xp.floor(step / 2), n - 1) for step, n in zip(steps, sides, strict=True)]
        left = [n - s for n, s in zip(sides, start, strict=True)]
        least = [1, 1] if most is None else [xp.ceil(n / m) for n, m in zip(left, most, strict=True)]
        pitch = [xp.maximum(xp.round(step), at_least) for step, at_least in zip(steps, least, strict=True)]
        counts = [xp.ceil(n / p) for n, p in zip(left, pitch, strict=True)]
        rows, columns = ([v[axis].astype(np.int32) for v in (counts, start, pitch)] for axis in (0, 1))
        return CentreGrid(*zip(rows, columns, strict=True))


@struct.struct
class SegmentBounds:
    """What fixes the shapes of arrays.

    Args:
        most: how many centres there may be down and across.
        block: side of a block in pixels.
    """

    most: tuple[int, int] = static()
    block: int = static()

    @staticmethod
    def of(buffer: tuple[int, int], counts: tuple[int, int], *, drawn: bool) -> SegmentBounds:
        """Bounds for a picture.

        Args:
            buffer: (height, width) of its array.
            counts: range of the number of segments.
            drawn: the picture fills an unknown part of the array.
        """
        grids = [CentreGrid.of(buffer, n, None, np) for n in range(counts[0], counts[1] + 1)]
        pitch = min(int(p) for grid in grids for p in grid.pitch)
        block = min(max(round(BLOCK * pitch), 1), LARGEST_BLOCK)
        if drawn:
            # Enough for pictures four times as long as they are wide.
            side = math.ceil(2.5 * math.sqrt(counts[1])) + 2
            return SegmentBounds((side, side), block)
        down, across = (max(int(grid.counts[axis]) for grid in grids) for axis in (0, 1))
        return SegmentBounds((down, across), block)


@struct.struct
class Clusters:
    """The clusters of a picture, whose pixels lie in blocks: M down, N across, and P pixels in each.

    Args:
        down: (M, 6, R) 1 for the rows of centres that are near a row of blocks, else 0.
        across: (N, 6, C) the same for columns.
        owner: (M, N, P) which of the 36 centres near its block a pixel belongs to; 36 beyond the picture.
        size: (height, width) of the picture's array.
    """

    down: Array
    across: Array
    owner: Array
    size: tuple[int, int] = static()

    @property
    def blocks(self) -> tuple[int, int]:
        return self.down.shape[0], self.across.shape[0]

    @property
    def block(self) -> int:
        return math.isqrt(self.owner.shape[2])

    def by_blocks(self, image: Planes) -> Array:
        """(M, N, F, P) an image of F channels (height, width)."""
        (m, n), side = self.blocks, self.block
        height, width = self.size
        whole = jnp.pad(jnp.stack(image), ((0, 0), (0, m * side - height), (0, n * side - width)))
        apart = whole.reshape(len(image), m, side, n, side)
        return apart.transpose(1, 3, 0, 2, 4).reshape(m, n, len(image), side * side)

    def in_place(self, values: Array) -> Planes:
        """The inverse of `by_blocks`."""
        (m, n), side = self.blocks, self.block
        whole = values.reshape(m, n, -1, side, side).transpose(2, 0, 3, 1, 4).reshape(-1, m * side, n * side)
        return tuple(whole[:, : self.size[0], : self.size[1]])

    def near(self, values: Array) -> Array:
        """(M, N, 36, F) of values (R, C, F) of centres those that are near each block, 0 where there is none."""
        chosen = jnp.einsum("mir,njc,rcf->mnijf", self.down, self.across, values, precision=HIGHEST)
        return chosen.reshape(*self.blocks, NEAR * NEAR, -1)

    def means(self, pixels: Array, otherwise: Any = 0.0) -> Array:
        """(R, C, F) means of pixels (M, N, F, P) over each cluster, and something else where it has none."""
        own = (self.owner[:, :, None] == np.arange(NEAR * NEAR)[:, None]).astype(jnp.float32)
        counted = jnp.concatenate([pixels, jnp.ones_like(pixels[:, :, :1])], axis=2)
        sums = jnp.einsum("mnkp,mnfp->mnkf", own, counted, precision=HIGHEST).reshape(*self.blocks, NEAR, NEAR, -1)
        total = jnp.einsum("mir,njc,mnijf->rcf", self.down, self.across, sums, precision=HIGHEST)
        share = jnp.maximum(total[..., -1:], 1.0)
        return jnp.where(total[..., -1:] > 0, total[..., :-1] / share, otherwise)

    def spread(self, values: Array) -> Array:
        """(M, N, F, P) the value (R, C, F) of its cluster at every pixel."""
        near = jnp.moveaxis(self.near(values), -1, 2)
        return jnp.take_along_axis(near, self.owner[:, :, None], axis=-1, mode="clip")


@with_own_settings
def superpixels(image: Planes, count: Any, bounds: SegmentBounds, *, size: tuple[Any, Any]) -> Array:
    """The segments of a picture: (height, width) int32, at each pixel the number of the first pixel of its segment.

    Args:
        image: floats (height, width), one array for each channel.
        count: of segments, about.
        bounds: for the picture's array and the range of `count`.
        size: true (height, width).

    After Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", 2012, with the units, the
    start and the ten rounds of scikit-image: three channels are compared in CIE Lab, others as they are, over their own
    range. Then every connected part is a segment; one of less than half the pixels of a step of the grid joins the
    segment before its first pixel.
    """
    grid = CentreGrid.of(size, count, bounds.most)
    found = clusters(jax.lax.stop_gradient(image), count, bounds, size=size)
    centre = jnp.arange(math.prod(bounds.most), dtype=jnp.float32).reshape(*bounds.most, 1)
    (labels,) = found.in_place(found.spread(centre))
    y, x = (jnp.arange(n) for n in labels.shape)
    inside = (y < size[0])[:, None] & (x < size[1])
    labels = jnp.where(inside, labels.astype(jnp.int32), -1).reshape(-1)
    number, width = jnp.arange(labels.size), x.size
    # Four neighbours; a rim of the picture has none beyond.
    left = (number % width > 0) & (labels == jnp.roll(labels, 1))
    up = (number >= width) & (labels == jnp.roll(labels, width))
    part = united(jnp.where(left, number - 1, number), jnp.where(up, number - width, number))
    area = jnp.zeros(labels.shape, jnp.int32).at[part].add(1, mode="drop")
    pixels = jnp.asarray(size[0]).astype(jnp.int32) * jnp.asarray(size[1]).astype(jnp.int32)
    least = pixels // (grid.counts[0] * grid.counts[1]) // 2
    before = jnp.where(number % width > 0, number - 1, number - width)
    small = (part == number) & (area < least) & (before >= 0)
    joined = jnp.where(small, part.at[before].get(mode="clip"), part)
    return follow(joined).reshape(inside.shape)


@with_own_settings
def segment_means(image: Planes, first: Array) -> Planes:
    """An image in the mean colours of its segments.

    Args:
        image: floats (height, width) in [0, 1], one array for each channel.
        first: (height * width,) the number of the first pixel of each pixel's segment.
    """
    means = _segment_means(jnp.stack([plane.reshape(-1) for plane in image]), first)
    return tuple(mean.reshape(image[0].shape) for mean in means)


@jax.custom_jvp
def _segment_means(values: Array, first: Array) -> Array:
    """(C, N) means of values (C, N) over the segments of `first` (N,)."""
    # Sums of whole numbers do not depend on their order.
    levels = np.float32(min(2**16 - 1, (2**31 - 1) // first.size))
    whole = jnp.round(values * levels).astype(jnp.int32)
    sums = jnp.zeros(whole.shape, jnp.int32).at[:, first].add(whole, mode="drop")
    return (sums / (levels * _areas(first)))[:, first]


@_segment_means.defjvp
def _change_of_means(primals: tuple[Array, Array], changes: tuple[Array, Any]) -> tuple[Array, Array]:
    values, first = primals
    sums = jnp.zeros_like(values).at[:, first].add(changes[0], mode="drop")
    return _segment_means(values, first), (sums / _areas(first))[:, first]


def _areas(first: Array) -> Array:
    """(N,) pixels of the segment that begins at each pixel, or 1."""
    return jnp.maximum(jnp.zeros(first.shape, jnp.int32).at[first].add(1, mode="drop"), 1).astype(jnp.float32)


@with_own_settings
def clusters(image: Planes, count: Any, bounds: SegmentBounds, *, size: tuple[Any, Any]) -> Clusters:
    """The pixels that are nearest to each centre, after `ROUNDS` of moving centres to the means of their pixels."""
    height, width = image[0].shape
    grid = CentreGrid.of(size, count, bounds.most)
    y, x = (jnp.arange(n) for n in (height, width))
    inside = (y < size[0])[:, None] & (x < size[1])
    down, across = (_axis(grid, axis, length, bounds) for axis, length in enumerate((height, width)))
    blocks = (len(down.near), len(across.near), bounds.block**2)
    found = Clusters(down.near, across.near, jnp.zeros(blocks, jnp.int32), size=(height, width))
    both = down.seen[:, None, :, None, :, None] & across.seen[None, :, None, :, None, :]
    seen = both.reshape(*blocks[:2], NEAR * NEAR, blocks[2])
    # Pixels in whole numbers, which are exact, and colours in their units.
    unit = jnp.maximum(*grid.pitch) * np.float32(1 / COMPACTNESS)
    places = (jnp.broadcast_to(v.astype(jnp.float32), (height, width)) for v in (y[:, None], x))
    pixels = found.by_blocks((*places, *(plane * unit for plane in _colours(image, inside))))
    used = found.by_blocks((inside,))[:, :, 0]
    pixels, used, seen = materialize((pixels, used, seen))
    first = [s + p * jnp.arange(m) for s, p, m in zip(grid.start, grid.pitch, bounds.most, strict=True)]
    corner = jnp.stack(jnp.meshgrid(*first, indexing="ij"), axis=-1).astype(jnp.float32)
    centres = jnp.pad(corner, ((0, 0), (0, 0), (0, len(image))))

    def step(_: Any, state: tuple[Array, Clusters]) -> tuple[Array, Clusters]:
        centres, found = state
        owner = _nearest(pixels, found.near(centres), seen)
        found = struct.replace(found, owner=jnp.where(used, owner, NEAR * NEAR))
        return found.means(pixels, centres), found

    return jax.lax.fori_loop(0, ROUNDS, step, (centres, found))[1]


@struct.struct
class _Axis:
    """What blocks along an axis look at, M of them of S pixels.

    Args:
        near: (M, 6, R) 1 where a centre is the first, second, ... sixth that a block looks at, else 0.
        seen: (M, 6, S) whether a pixel does.
    """

    near: Array
    seen: Array


def _axis(grid: CentreGrid, axis: int, length: int, bounds: SegmentBounds) -> _Axis:
    count, start, pitch = grid.counts[axis], grid.start[axis], grid.pitch[axis]
    place = np.arange(-(-length // bounds.block) * bounds.block).reshape(-1, bounds.block)
    # The nearest centre, rounded in whole numbers.
    own = jnp.clip((2 * (place - start) + pitch) // (2 * pitch), 0, count - 1)
    centre = own[:, :1] + np.arange(-REACH, NEAR - REACH)
    known = (centre >= 0) & (centre < count)
    seen = known[..., None] & (jnp.abs(centre[..., None] - own[:, None]) <= REACH)
    return _Axis((centre[..., None] == np.arange(bounds.most[axis])).astype(jnp.float32), seen)


def _nearest(pixels: Array, centres: Array, seen: Array) -> Array:
    """(M, N, P) which of the centres (M, N, 36, F), of those it sees, is nearest to each pixel (M, N, F, P)."""
    products = jnp.einsum("mnkf,mnfp->mnkp", centres, pixels, precision=HIGHEST)
    # What they are apart, less what is the same for all centres.
    apart = (centres**2).sum(axis=-1)[..., None] - 2 * products
    apart = materialize(jnp.where(seen, apart, jnp.inf))
    order = np.arange(NEAR * NEAR, dtype=np.int32)[:, None]
    return jnp.where(apart == apart.min(axis=2, keepdims=True), order, NEAR * NEAR - 1).min(axis=2)


def _colours(image: Planes, inside: Array) -> Planes:
    """Channels in units of CIE Lab, or over their own range."""
    whole = jnp.stack(image)
    low, high = jnp.where(inside, whole, jnp.inf).min(), jnp.where(inside, whole, -jnp.inf).max()
    scale = 1 / jnp.where(high > low, high - low, 1.0)
    planes = tuple((plane - low) * scale for plane in image)
    if len(planes) != 3:
        return planes
    light, a, b = to_lab(planes)
    return 100 * light, a, b
