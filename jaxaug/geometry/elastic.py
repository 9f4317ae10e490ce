"""Smooth random displacements."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import is_concrete, static
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Size
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.geometry.maps import Map
from jaxaug.kernels.random_numbers import normal_field, uniform_field

#: Cells of noise to a standard deviation of the smoothing: with four, the field deviates by 0.3 % less.
CELLS = 4
#: Standard deviations beyond which the weights of a Gaussian are nothing in 32 bits, and rows smoothed at once.
REACH, BLOCK = 5.5, 64


@struct.struct
class ElasticMap(Map):
    """A smooth random displacement, kept as its key and strength until it is needed.

    Args:
        key: raw key data of the field.
        alpha: strength in pixels before smoothing.
        sigma: standard deviation of the smoothing in pixels.
        extent: (2,) height and width of the picture, where it does not fill the field.
        size: (height, width) of the field.
        radius: taps beyond it are cut off; 0 keeps all.
        same: one field for both axes.
        distribution: gaussian or uniform.
        cell: width in pixels of the cells that share a number before smoothing, see `cell_of`.
        reach: pixels beyond which the smoothing's weights are nothing; 0 if that is not known.
    """

    key: Array
    alpha: Any
    sigma: Any
    extent: Any = None
    size: Size = static(default=(1, 1))
    radius: int = static(default=0)
    same: bool = static(default=False)
    distribution: str = static(default="gaussian")
    cell: int = static(default=1)
    reach: int = static(default=0)

    def build(self) -> Displacement:
        planes, canvas = 1 if self.same else 2, Canvas(self.size, self.extent)
        sides = [_Cells.along(n, true, self.cell) for n, true in zip(self.size, canvas.size, strict=True)]
        rows, columns = (side.low.shape[0] for side in sides)
        if self.distribution == "uniform":
            noise = 2.0 * uniform_field(self.key, planes, rows, columns) - 1.0
        else:
            noise = materialize(normal_field(self.key, planes, rows, columns))
            if self.cell > 1:
                largest = largest_of(planes * math.prod(canvas.size), self.key)
            else:
                seen = noise if self.extent is None else jnp.where(canvas.inside(), noise, 0.0)
                largest = jnp.abs(seen).max()
            noise = noise / jnp.maximum(largest, 1e-6)
        field = materialize(noise)
        for axis, side in enumerate(sides, 1):
            field = self._smoothed(field, side, self.size[axis - 1], axis)
        return materialize(Displacement(jnp.broadcast_to(self.alpha * field, (2, *self.size))))

    def _smoothed(self, field: Array, cells: _Cells, n: int, axis: int) -> Array:
        """A field whose axis of cells has become one of n smoothed pixels."""
        spec = "ij,njk->nik" if axis == 1 else "lk,nik->nil"
        span = BLOCK + 2 * self.reach
        if not self.reach or self.cell > 1 or n <= 2 * span:
            weights = self._weights(jnp.arange(n), cells)
            return jnp.einsum(spec, weights, field, precision=jax.lax.Precision.HIGHEST)
        # Pixels that lie together read cells that lie together: a few small matrices in place of a large one.
        blocks = math.ceil(n / BLOCK)
        pixels = np.arange(blocks * BLOCK).reshape(blocks, BLOCK)
        seen = np.clip(pixels[:, :1] - self.reach, 0, n - span) + np.arange(span)
        parts = _Cells(cells.low[seen], cells.high[seen], cells.gain[seen], jnp.broadcast_to(cells.end, (blocks,)))
        weights = jax.vmap(self._weights)(jnp.asarray(pixels), parts)
        noise = jnp.take(field, jnp.asarray(seen), axis=axis)
        spec = "bij,nbjk->nbik" if axis == 1 else "blk,nibk->nibl"
        smoothed = jnp.einsum(spec, weights, noise, precision=jax.lax.Precision.HIGHEST)
        shape = list(field.shape)
        shape[axis] = blocks * BLOCK
        return jax.lax.slice_in_dim(smoothed.reshape(shape), 0, n, axis=axis)

    def _weights(self, pixels: Array, cells: _Cells) -> Array:
        """(pixels, cells) integrals of the smoothing Gaussian, centred on each pixel, over each cell."""
        limit = self.radius + 0.5 if self.radius else jnp.inf
        width = jnp.asarray(self.sigma, jnp.float32) * np.sqrt(2.0)
        # What lies beyond the picture is as its last pixel.
        at = jnp.minimum(pixels.astype(jnp.float32), cells.end)[:, None]

        def below(edge: Array) -> Array:
            return 0.5 * (1.0 + jax.scipy.special.erf(jnp.clip(edge, -limit, limit) / width))

        whole = below(jnp.float32(jnp.inf)) - below(jnp.float32(-jnp.inf))
        return (below(cells.high - at) - below(cells.low - at)) * cells.gain / whole


class _Cells(NamedTuple):
    """Intervals along an axis, each with one random number; the outermost pixel is repeated for ever.

    Args:
        low, high: (cells,) their ends, in coordinates in which pixels lie at whole numbers.
        gain: (cells,) what a number is multiplied by, so that a sum over wide cells varies as one over pixels.
        end: the last pixel.
    """

    low: Array
    high: Array
    gain: Array
    end: Array

    @staticmethod
    def along(n: int, true: Any, cell: int) -> _Cells:
        """Cells of so many pixels for n pixels, of which the first few are a picture's.

        The two outermost pixels weigh more than a cell inside, so wide cells leave them to two cells of their own,
        which come first.
        """
        end = jnp.asarray(true, jnp.float32) - 1.0
        inside = jnp.arange(n if cell == 1 else math.ceil(max(n - 2, 0) / cell), dtype=jnp.float32)
        if cell == 1:
            low, high = inside - 0.5, inside + 0.5
            low, high = jnp.where(inside > 0, low, -jnp.inf), jnp.where(inside < end, high, jnp.inf)
            return _Cells(jnp.where(inside <= end, low, jnp.inf), high, jnp.ones(n), end)
        edges = jnp.minimum(0.5 + cell * jnp.arange(inside.size + 1, dtype=jnp.float32), jnp.maximum(end - 0.5, 0.5))
        low = jnp.concatenate([jnp.stack([-jnp.inf, jnp.maximum(end - 0.5, 0.5)]), edges[:-1]])
        high = jnp.concatenate([jnp.stack([0.5, jnp.inf]), edges[1:]])
        gain = jnp.where(jnp.isfinite(high - low), jax.lax.rsqrt(jnp.maximum(high - low, 1e-6)), 1.0)
        return _Cells(low, high, gain, end)


def cell_of(sigma: Any) -> tuple[int, int]:
    """The width of the cells that share a number before smoothing, and the reach of the smoothing, both in pixels.

    Where the smoothing is wide, neighbouring numbers make no difference that is left: one for several pixels, with
    their deviation, gives a field of the same distribution. (1, 0) if the standard deviation is traced.

    Example:
        >>> cell_of(5.0), cell_of(50.0)
        ((1, 28), (12, 275))
    """
    if not is_concrete(sigma):
        return 1, 0
    return max(int(float(sigma) / CELLS), 1), math.ceil(REACH * float(sigma))


def largest_of(count: Any, key: Array) -> Array:
    """The largest magnitude among so many normal numbers, drawn from its distribution.

    Args:
        count: how many.
        key: raw key data; the field's own will do, which draws no third plane.
    """
    drawn = uniform_field(key, 3, 1, 1)[2, 0, 0]
    beyond = -jnp.expm1(jnp.log(drawn) / jnp.asarray(count, jnp.float32))
    return -jax.scipy.special.ndtri(beyond / 2)
