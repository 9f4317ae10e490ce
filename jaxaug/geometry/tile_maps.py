"""Maps that move pieces of the picture or single pixels, and turn none of them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.canvas import Canvas
from jaxaug.geometry.maps import Map, Matrix, Moved, Structure
from jaxaug.kernels.random_numbers import bits_at, place


class Torn(Map):
    """What maps share that move pieces of the picture or its pixels and turn none of them."""


@struct.struct
class Tiles(Torn):
    """A map that lets tiles of a grid change places with tiles of their own size.

    Args:
        y, x: (R + 1,) and (C + 1,) edges of rows and columns of tiles, whose sizes differ by a pixel at most.
        source: (R * C,) number of the input tile that each output tile shows, row by row.
    """

    y: Array
    x: Array
    source: Array

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        across, down = self._shifts()
        tile = self._tile(x, y)
        return x + jnp.take(across, tile, mode="clip"), y + jnp.take(down, tile, mode="clip")

    def push(self, x: Array, y: Array) -> Moved:
        u, v = self.inverse().pull(x, y)
        return Moved(u, v, jnp.ones(jnp.shape(u), bool))

    def inverse(self) -> Tiles:
        """The map that puts every tile back."""
        return struct.replace(self, source=jnp.argsort(self.source).astype(self.source.dtype))

    def describe(self, before: Canvas, after: Canvas) -> str:
        count = self.source.shape[-1]
        return f"{int((np.asarray(self.source) != np.arange(count)).sum())} of {count} tiles change places"

    def torn(self, edges: Array) -> tuple[Array, Array]:
        """The pieces that boxes are torn into.

        Args:
            edges: (N, 4) x_min, y_min, x_max, y_max in the input.

        Returns:
            (N, R * C, 4) the piece of each tile in the output, and (N, R * C) which of them there are.
        """
        x, y = jnp.meshgrid(self.x[:-1], self.y[:-1])
        far_x, far_y = jnp.meshgrid(self.x[1:], self.y[1:])
        low = jnp.maximum(edges[:, None, :2], jnp.stack([x, y], axis=-1).reshape(-1, 2))
        high = jnp.minimum(edges[:, None, 2:], jnp.stack([far_x, far_y], axis=-1).reshape(-1, 2))
        shift = jnp.stack(self.inverse()._shifts(), axis=-1)
        return jnp.concatenate([low + shift, high + shift], axis=-1), (high > low).all(axis=-1)

    def _shifts(self) -> tuple[Array, Array]:
        """How far to the right and down each tile reads."""
        columns = self.x.shape[0] - 1
        here = jnp.arange(self.source.shape[0])
        return (
            self.x[self.source % columns] - self.x[here % columns],
            self.y[self.source // columns] - self.y[here // columns],
        )

    def _tile(self, x: Array, y: Array) -> Array:
        column = sum(((x >= edge).astype(jnp.int32) for edge in self.x[1:-1]), jnp.zeros(jnp.shape(x), jnp.int32))
        row = sum(((y >= edge).astype(jnp.int32) for edge in self.y[1:-1]), jnp.zeros(jnp.shape(y), jnp.int32))
        return row * (self.x.shape[0] - 1) + column


@struct.struct
class Scatter(Torn):
    """A map that reads every pixel from a random one near it, without keeping a field of them.

    Args:
        key: raw key data.
        fineness: cells of pixels that are read together, per pixel along each axis.
        radius: the greatest distance along each axis in pixels.
    """

    key: Array
    fineness: Array
    radius: int = static(default=1)

    def describe(self, before: Canvas, after: Canvas) -> str:
        return f"pixels scattered by up to {self.radius} px"

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        column, row = (jnp.floor(jnp.floor(c) * self.fineness).astype(jnp.int32) for c in (x, y))
        bits = bits_at(self.key, place(row, column))
        many = 2 * self.radius + 1
        across, down = (((half * many) >> 16).astype(jnp.int32) - self.radius for half in (bits >> 16, bits & 0xFFFF))
        return x + across, y + down

    def push(self, x: Array, y: Array) -> Moved:
        return Moved(x, y, jnp.ones(jnp.shape(x), bool))

    def inverse(self) -> Matrix:
        """Nothing: what was scattered cannot be gathered."""
        return Matrix(jnp.eye(3, dtype=jnp.float32), Structure.IDENTITY)
