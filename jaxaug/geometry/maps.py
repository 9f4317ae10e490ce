"""Maps: where the points of an output canvas lie on an input canvas, and the other way round.

All coordinates are *edge coordinates* in pixels: x to the right, y down, pixel k covers [k, k + 1) and has its centre
at k + 0.5, so that a flip is x -> width - x for pixels, boxes and points alike.
"""

from __future__ import annotations

import enum

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core.types import Scalar
from jaxaug.geometry.inverse_search import find_image, invert_map
from jaxaug.geometry.matrices import inverse3, transform


class Structure(enum.IntFlag):
    """What the matrix of a warp may contain, known without looking at its numbers.

    Composing warps joins their flags, so a chain knows statically how it may be read: a lattice moves whole
    pixels, an axis-aligned warp reads rows and columns apart, anything else reads in two dimensions.
    """

    IDENTITY = 0
    FLIP_X = 1
    FLIP_Y = 2
    SWAP = 4
    SHIFT = 8
    SCALE = 16
    AFFINE = 32
    PROJECTIVE = 64
    LATTICE = 15
    AXIS_ALIGNED = 31

    @property
    def is_lattice(self) -> bool:
        return not self & ~Structure.LATTICE

    @property
    def is_axis_aligned(self) -> bool:
        return not self & ~Structure.AXIS_ALIGNED


class Map:
    """Coordinates of an output canvas to coordinates of an input canvas, and back."""

    def build(self) -> Map:
        """The map ready for use; maps that hold only a key make their field here."""
        return self

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Output to input, elementwise."""
        raise NotImplementedError

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Input to output, elementwise, and whether that point has an image."""
        raise NotImplementedError

    def inverse(self) -> Map:
        """The map the other way round."""
        raise NotImplementedError


@struct.struct
class Matrix(Map):
    """A projective map given by its 3 x 3 matrix from output to input.

    Applied as multiply-adds, never as a matmul, so that no accelerator rounds coordinates to a short format.
    """

    m: Array
    structure: Structure = static(default=Structure.AFFINE)

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        u, v, _ = transform(self.m, x, y, projective=bool(self.structure & Structure.PROJECTIVE))
        return u, v

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        return transform(inverse3(self.m), x, y, projective=bool(self.structure & Structure.PROJECTIVE))

    def inverse(self) -> Matrix:
        return Matrix(inverse3(self.m), self.structure)

    @property
    def swaps(self) -> Array | bool:
        """Whether x and y change places; only meaningful for axis-aligned matrices."""
        if not self.structure & Structure.SWAP:
            return False
        return jnp.abs(self.m[0, 1]) > jnp.abs(self.m[0, 0])


@struct.struct
class Axes(Map):
    """A map that treats x and y apart, each as a monotone piecewise-linear function through knots.

    Beyond the first and last knot it goes on with slope one.
    """

    out_x: Array
    in_x: Array
    out_y: Array
    in_y: Array

    def pull_x(self, x: Array) -> Array:
        return _piecewise(x, self.out_x, self.in_x)

    def pull_y(self, y: Array) -> Array:
        return _piecewise(y, self.out_y, self.in_y)

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        return self.pull_x(x), self.pull_y(y)

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        u = _piecewise(x, self.in_x, self.out_x)
        v = _piecewise(y, self.in_y, self.out_y)
        return u, v, jnp.ones(jnp.shape(u), bool)

    def inverse(self) -> Axes:
        return Axes(self.in_x, self.out_x, self.in_y, self.out_y)


class Bent(Map):
    """What maps share whose way from input to output has to be searched."""

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        raise NotImplementedError

    def pull_centres(self, x: Array, y: Array) -> tuple[Array, Array]:
        """As `pull` for the centres of all pixels, (height, width), which some maps know in a quicker way."""
        return self.pull(x, y)

    def reach(self, size: tuple[Scalar, Scalar]) -> tuple[Array, Array, Array, Array]:
        """Bounds of how far `pull` moves the points of an output canvas: least and greatest along x, then along y."""
        raise NotImplementedError

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        return invert_map(self, x, y)

    def find(self, x: Array, y: Array, size: tuple[Scalar, Scalar]) -> tuple[Array, Array, Array]:
        """As `push`, but the one image on an output canvas of (height, width), if there is one and no second."""
        return find_image(self, x, y, size)

    def inverse(self) -> Inverse:
        return Inverse(self)


@struct.struct
class Displacement(Bent):
    """A dense map: the output point plus a displacement, given at pixel centres and linear between them."""

    dx: Array
    dy: Array

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        height, width = self.dx.shape
        fx = jnp.clip(x - 0.5, 0.0, width - 1.0)
        fy = jnp.clip(y - 0.5, 0.0, height - 1.0)
        x0 = jnp.clip(jnp.floor(fx), 0, max(width - 2, 0)).astype(jnp.int32)
        y0 = jnp.clip(jnp.floor(fy), 0, max(height - 2, 0)).astype(jnp.int32)
        x1, y1 = jnp.minimum(x0 + 1, width - 1), jnp.minimum(y0 + 1, height - 1)
        ax, ay = fx - x0, fy - y0

        def read(field: Array) -> Array:
            top = field[y0, x0] * (1 - ax) + field[y0, x1] * ax
            bottom = field[y1, x0] * (1 - ax) + field[y1, x1] * ax
            return top * (1 - ay) + bottom * ay

        return x + read(self.dx), y + read(self.dy)

    def pull_centres(self, x: Array, y: Array) -> tuple[Array, Array]:
        return x + self.dx, y + self.dy

    def reach(self, size: tuple[Scalar, Scalar]) -> tuple[Array, Array, Array, Array]:
        return self.dx.min(), self.dx.max(), self.dy.min(), self.dy.max()


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

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        u, v = self.inverse().pull(x, y)
        return u, v, jnp.ones(jnp.shape(u), bool)

    def inverse(self) -> Tiles:
        """The map that puts every tile back."""
        return struct.replace(self, source=jnp.argsort(self.source).astype(self.source.dtype))

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
class Rescaled(Map):
    """A map between canvases of other sizes than those it was drawn for; scales are for x and y."""

    inner: Map
    in_scale: tuple[Scalar, Scalar] = (1.0, 1.0)
    out_scale: tuple[Scalar, Scalar] = (1.0, 1.0)

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        u, v = self.inner.pull(x / self.out_scale[0], y / self.out_scale[1])
        return u * self.in_scale[0], v * self.in_scale[1]

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        u, v, ok = self.inner.push(x / self.in_scale[0], y / self.in_scale[1])
        return u * self.out_scale[0], v * self.out_scale[1], ok

    def find(self, x: Array, y: Array, size: tuple[Scalar, Scalar]) -> tuple[Array, Array, Array]:
        """As `push`, but as `Bent.find` if the map inside is such a map."""
        if not isinstance(self.inner, Bent):
            return self.push(x, y)
        inner_size = size[0] / self.out_scale[1], size[1] / self.out_scale[0]
        u, v, ok = self.inner.find(x / self.in_scale[0], y / self.in_scale[1], inner_size)
        return u * self.out_scale[0], v * self.out_scale[1], ok

    def inverse(self) -> Rescaled:
        return Rescaled(self.inner.inverse(), self.out_scale, self.in_scale)


@struct.struct
class Inverse(Map):
    """A map read the other way round."""

    inner: Map

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        u, v, ok = self.inner.push(x, y)
        return jnp.where(ok, u, -1e6), jnp.where(ok, v, -1e6)

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        u, v = self.inner.pull(x, y)
        return u, v, jnp.ones(jnp.shape(u), bool)

    def inverse(self) -> Map:
        return self.inner


#: Knots from which on looking for the piece is cheaper than summing all.
MANY_KNOTS = 24


def _piecewise(x: Array, knots: Array, values: Array) -> Array:
    """Linear interpolation through knots, going on with slope one beyond them."""
    if knots.shape[0] > MANY_KNOTS:
        inside = jnp.interp(x, knots, values)
        return inside + jnp.minimum(x - knots[0], 0.0) + jnp.maximum(x - knots[-1], 0.0)
    # A sum of hinges, in which no pixel has to look for its piece.
    pieces = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    slopes = jnp.concatenate([jnp.ones(1), pieces, jnp.ones(1)])
    places, bends, start = materialize((knots, slopes[1:] - slopes[:-1], values[0] - knots[0]))
    out = x + start
    for i in range(knots.shape[0]):
        out = out + bends[i] * jnp.maximum(x - places[i], 0.0)
    return out
