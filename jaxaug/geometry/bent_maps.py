"""Maps that bend lines: their way from input to output is searched."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.core.types import Scalar
from jaxaug.geometry.inverse_search import invert_map, unique_image
from jaxaug.geometry.maps import Map, Moved


class Reach(NamedTuple):
    """Bounds of how far a map from output to input moves points: least and greatest along x, then along y."""

    least_x: Array
    most_x: Array
    least_y: Array
    most_y: Array


class Bent(Map):
    """What maps share whose way from input to output has to be searched."""

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        raise NotImplementedError

    def pull_centres(self, x: Array, y: Array) -> tuple[Array, Array]:
        """As `pull` for the centres of all pixels, (height, width), which some maps know in a quicker way."""
        return self.pull(x, y)

    def reach(self, size: tuple[Scalar, Scalar]) -> Reach:
        """Bounds of how far `pull` moves the points of an output canvas of (height, width)."""
        raise NotImplementedError

    def push(self, x: Array, y: Array) -> Moved:
        return Moved(*invert_map(self, x, y))

    def push_unique(self, x: Array, y: Array, size: tuple[Scalar, Scalar]) -> Moved:
        """As `push`, but the one image on an output canvas of (height, width), if there is one and no second."""
        return Moved(*unique_image(self, x, y, size))

    def inverse(self) -> Inverse:
        return Inverse(self)


@struct.struct
class Displacement(Bent):
    """A dense map: the output point plus a displacement, given at pixel centres and linear between them.

    Args:
        shift: (2, height, width) along x and along y, in pixels.
    """

    shift: Array

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        _, height, width = self.shift.shape
        fx = jnp.clip(x - 0.5, 0.0, width - 1.0)
        fy = jnp.clip(y - 0.5, 0.0, height - 1.0)
        x0 = jnp.clip(jnp.floor(fx), 0, max(width - 2, 0)).astype(jnp.int32)
        y0 = jnp.clip(jnp.floor(fy), 0, max(height - 2, 0)).astype(jnp.int32)
        ax, ay = fx - x0, fy - y0
        # One number tells a place in the field: two of them would be put together for every reading.
        flat, place = self.shift.reshape(-1), y0 * width + x0
        right, below = min(1, width - 1), width * min(1, height - 1)

        def read(start: int) -> Array:
            def corner(offset: int) -> Array:
                return jnp.take(flat, place + (start + offset), mode="clip")

            top = corner(0) * (1 - ax) + corner(right) * ax
            bottom = corner(below) * (1 - ax) + corner(below + right) * ax
            return top * (1 - ay) + bottom * ay

        return x + read(0), y + read(height * width)

    def pull_centres(self, x: Array, y: Array) -> tuple[Array, Array]:
        return x + self.shift[0], y + self.shift[1]

    def reach(self, size: tuple[Scalar, Scalar]) -> Reach:
        low, high = self.shift.min(axis=(1, 2)), self.shift.max(axis=(1, 2))
        return Reach(low[0], high[0], low[1], high[1])


@struct.struct
class Rescaled(Map):
    """A map between canvases of other sizes than those it was drawn for; scales are for x and y."""

    inner: Map
    in_scale: tuple[Scalar, Scalar] = (1.0, 1.0)
    out_scale: tuple[Scalar, Scalar] = (1.0, 1.0)

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        u, v = self.inner.pull(x / self.out_scale[0], y / self.out_scale[1])
        return u * self.in_scale[0], v * self.in_scale[1]

    def push(self, x: Array, y: Array) -> Moved:
        u, v, ok = self.inner.push(x / self.in_scale[0], y / self.in_scale[1])
        return Moved(u * self.out_scale[0], v * self.out_scale[1], ok)

    def push_unique(self, x: Array, y: Array, size: tuple[Scalar, Scalar]) -> Moved:
        """As `push`, but as `Bent.find` if the map inside is such a map."""
        if not isinstance(self.inner, Bent):
            return self.push(x, y)
        inner_size = size[0] / self.out_scale[1], size[1] / self.out_scale[0]
        u, v, ok = self.inner.push_unique(x / self.in_scale[0], y / self.in_scale[1], inner_size)
        return Moved(u * self.out_scale[0], v * self.out_scale[1], ok)

    def inverse(self) -> Rescaled:
        return Rescaled(self.inner.inverse(), self.out_scale, self.in_scale)


@struct.struct
class Inverse(Map):
    """A map read the other way round."""

    inner: Map

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        u, v, ok = self.inner.push(x, y)
        return jnp.where(ok, u, -1e6), jnp.where(ok, v, -1e6)

    def push(self, x: Array, y: Array) -> Moved:
        u, v = self.inner.pull(x, y)
        return Moved(u, v, jnp.ones(jnp.shape(u), bool))

    def inverse(self) -> Map:
        return self.inner
