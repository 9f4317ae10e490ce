"""Maps: where the points of an output canvas lie on an input canvas, and the other way round.

All coordinates are *edge coordinates* in pixels: x to the right, y down, pixel k covers [k, k + 1) and has its centre
at k + 0.5, so that a flip is x -> width - x for pixels, boxes and points alike.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number, told
from jaxaug.geometry.decomposition import in_words
from jaxaug.geometry.matrices import inverse3, transform
from jaxaug.kernels.arithmetic import interpolate


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
    WHOLE_PIXEL = 15
    AXIS_ALIGNED = 31

    @property
    def is_whole_pixel(self) -> bool:
        return not self & ~Structure.WHOLE_PIXEL

    @property
    def is_axis_aligned(self) -> bool:
        return not self & ~Structure.AXIS_ALIGNED


class Moved(NamedTuple):
    """Where points of an input go in an output.

    Args:
        x, y: their places there, of any shape.
        exists: bool, whether the point has an image at all.
    """

    x: Array
    y: Array
    exists: Array


class Jacobian(NamedTuple):
    """Derivatives of the places (u, v) in an output by the places (x, y) in an input, of the shape of the points."""

    ux: Array
    uy: Array
    vx: Array
    vy: Array


class Map:
    """Coordinates of an output canvas to coordinates of an input canvas, and back."""

    def build(self) -> Map:
        """The map ready for use; maps that hold only a key make their field here."""
        return self

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Output to input, elementwise."""
        raise NotImplementedError

    def push(self, x: Array, y: Array) -> Moved:
        """Input to output, elementwise."""
        raise NotImplementedError

    def inverse(self) -> Map:
        """The map the other way round."""
        raise NotImplementedError

    def describe(self, before: Canvas, after: Canvas) -> str:
        """What it does in a short line, from one canvas to another."""
        return ", ".join(told(self))


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

    def push(self, x: Array, y: Array) -> Moved:
        return Moved(*transform(inverse3(self.m), x, y, projective=bool(self.structure & Structure.PROJECTIVE)))

    def inverse(self) -> Matrix:
        return Matrix(inverse3(self.m), self.structure)

    def describe(self, before: Canvas, after: Canvas) -> str:
        if jnp.ndim(self.m) != 2:
            return super().describe(before, after)
        return in_words(self.m, before, after, projective=bool(self.structure & Structure.PROJECTIVE))

    @property
    def transposes(self) -> Array | bool:
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

    def push(self, x: Array, y: Array) -> Moved:
        u = _piecewise(x, self.in_x, self.out_x)
        v = _piecewise(y, self.in_y, self.out_y)
        return Moved(u, v, jnp.ones(jnp.shape(u), bool))

    def inverse(self) -> Axes:
        return Axes(self.in_x, self.out_x, self.in_y, self.out_y)

    def describe(self, before: Canvas, after: Canvas) -> str:
        across, down = jnp.abs(self.in_x - self.out_x).max(), jnp.abs(self.in_y - self.out_y).max()
        return f"columns moved by up to {number(across)} px, rows by up to {number(down)} px"


#: Knots from which on looking for the piece is cheaper than summing all.
MANY_KNOTS = 24


def _piecewise(x: Array, knots: Array, values: Array) -> Array:
    """Linear interpolation through knots, going on with slope one beyond them."""
    if knots.shape[0] > MANY_KNOTS:
        inside = interpolate(x, knots, values)
        return inside + jnp.minimum(x - knots[0], 0.0) + jnp.maximum(x - knots[-1], 0.0)
    # A sum of hinges, in which no pixel has to look for its piece.
    pieces = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    slopes = jnp.concatenate([jnp.ones(1), pieces, jnp.ones(1)])
    places, bends, start = materialize((knots, slopes[1:] - slopes[:-1], values[0] - knots[0]))
    out = x + start
    for i in range(knots.shape[0]):
        out = out + bends[i] * jnp.maximum(x - places[i], 0.0)
    return out
