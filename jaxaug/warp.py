"""The Warp family: where each output pixel reads, and where each point goes.

A warp is a map from output to input coordinates between two canvases, with a rule for what lies outside the
input. All coordinates are *edge coordinates* in pixels: x to the right, y down, pixel k covers [k, k + 1) and has
its centre at k + 0.5, so that a flip is x -> width - x for pixels, boxes and points alike.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug import struct
from jaxaug.control import stored
from jaxaug.struct import is_concrete, static, switch

Scalar = Any
Axis = Callable[[Array], Array]


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


class Map(Protocol):
    """Coordinates of an output canvas to coordinates of an input canvas, and back."""

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Output to input, elementwise."""
        ...

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Input to output, elementwise, and whether that point has an image."""
        ...

    def inverse(self) -> Map:
        """The map the other way round."""
        ...


@struct.struct
class Matrix:
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
class Axes:
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


class Bent:
    """What maps share whose way from input to output has to be searched."""

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        raise NotImplementedError

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        return invert_map(self.pull, x, y)

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


@struct.struct
class Tiles:
    """A map that lets tiles of a grid change places with tiles of their own size.

    Args:
        y, x: (R + 1,) and (C + 1,) edges of rows and columns of tiles.
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
class Rescaled:
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

    def inverse(self) -> Rescaled:
        return Rescaled(self.inner.inverse(), self.out_scale, self.in_scale)


@struct.struct
class Inverse:
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


@struct.struct
class Canvas:
    """Where a picture is kept: a buffer, and how much of it the picture fills from its top left corner on.

    Args:
        buffer: (height, width) of the array.
        extent: (2,) true height and width in pixels, perhaps drawn; None where the picture fills its buffer.
    """

    buffer: tuple[int, int] = static()
    extent: Any = None

    @property
    def size(self) -> tuple[Scalar, Scalar]:
        """(height, width) of the picture: plain numbers where it fills its buffer."""
        return self.buffer if self.extent is None else (self.extent[0], self.extent[1])

    def turned(self) -> Canvas:
        """The canvas of the picture with rows and columns exchanged."""
        return Canvas(self.buffer[::-1], None if self.extent is None else self.extent[::-1])

    def measured(self) -> Any:
        """The extent as an array, which is known where the picture fills its buffer."""
        return np.asarray(self.buffer, np.float32) if self.extent is None else self.extent


@struct.struct
class Warp:
    """An op of the family: one map, its canvases, and what shows outside the input.

    Args:
        map: coordinates of the output canvas to coordinates of the input canvas.
        fill: value of pictures outside a constant border: a number, or one per channel.
        fill_mask: the same for masks.
        active: whether the warp is applied; an inactive one is the identity.
        size_in: (height, width) of the input canvas.
        size_out: (height, width) of the output canvas.
        interpolation: for pictures: nearest, linear, cubic, lanczos or area.
        mask_interpolation: the same for masks.
        border_mode: constant, replicate, reflect, reflect_101 or wrap.
        window: (x_min, y_min, x_max, y_max) of the input that may be read, if not all of it.
        extent_in, extent_out: (2,) true heights and widths where pictures do not fill the canvases, see `Canvas`.
        covers: the border never shows, because every output pixel reads inside the input.
        nested: a lattice warp of which, along each axis, one canvas contains the other.
        antialias: widen the reading kernel where the warp shrinks the picture.
        outline: how a box follows: by its `corners`, or by its inscribed `ellipse`.
        name: what drew it.
    """

    map: Any
    fill: Any = 0.0
    fill_mask: Any = 0.0
    active: Scalar = switch(default=True)
    window: Any = None
    extent_in: Any = None
    extent_out: Any = None
    size_in: tuple[int, int] = static(default=(1, 1))
    size_out: tuple[int, int] = static(default=(1, 1))
    interpolation: str = static(default="linear")
    mask_interpolation: str = static(default="nearest")
    border_mode: str = static(default="constant")
    covers: bool = static(default=False)
    nested: bool = static(default=False)
    antialias: bool = static(default=False)
    outline: str = static(default="corners")
    name: str = static(default="Warp")

    @property
    def structure(self) -> Structure:
        return self.map.structure if isinstance(self.map, Matrix) else Structure.PROJECTIVE

    @property
    def is_separable(self) -> bool:
        return isinstance(self.map, Axes) or (isinstance(self.map, Matrix) and self.structure.is_axis_aligned)

    @property
    def is_lattice(self) -> bool:
        return isinstance(self.map, Matrix) and self.structure.is_lattice

    @property
    def is_onto(self) -> bool:
        """The input fills the output exactly, so nothing can leave the picture."""
        return self.covers and self.is_separable and not self.structure & Structure.SHIFT

    @property
    def resizes(self) -> bool:
        return self.size_in != self.size_out

    @property
    def canvas_in(self) -> Canvas:
        return Canvas(self.size_in, self.extent_in)

    @property
    def canvas_out(self) -> Canvas:
        return Canvas(self.size_out, self.extent_out)

    @property
    def limits(self) -> Any:
        """(x_min, y_min, x_max, y_max) of the input that the border lies around; None for the whole canvas."""
        if self.window is not None or self.extent_in is None:
            return self.window
        return vector(0, 0, self.extent_in[1], self.extent_in[0])

    def realise(self, _view: Any) -> Warp:
        """The warp with its map ready for use; maps that store only a key make their field here."""
        make = getattr(self.map, "realise", None)
        return struct.replace(self, map=make()) if make else self

    def gate(self, on: Scalar) -> Warp:
        """The same warp, applied only where `on` holds."""
        active = both(self.active, on)
        if on is True:
            return struct.replace(self, active=active)
        extent = self.extent_out
        if extent is not None:
            extent = jnp.where(on, extent, self.canvas_in.measured())
        gated = struct.replace(self, active=active, extent_out=extent)
        if not isinstance(self.map, Matrix):
            return gated
        eye = jnp.eye(3, dtype=jnp.float32)
        window = None if self.window is None else jnp.where(on, self.window, self._whole())
        return struct.replace(gated, map=Matrix(jnp.where(on, self.map.m, eye), self.map.structure), window=window)

    def _whole(self) -> Array:
        """The whole input as a window."""
        height, width = self.canvas_in.measured()
        return vector(0, 0, width, height)

    def pull(self, x: Array, y: Array, *, centres: bool = False) -> tuple[Array, Array]:
        """Where the output points (x, y) read.

        Args:
            x, y: the points.
            centres: they are the centres of all pixels, at which a dense field need not be looked up.
        """
        if centres and isinstance(self.map, Displacement):
            u, v = x + self.map.dx, y + self.map.dy
        else:
            u, v = self.map.pull(x, y)
        if isinstance(self.map, Matrix) or self.active is True:
            return u, v
        return jnp.where(self.active, u, x), jnp.where(self.active, v, y)

    def push(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Where the input points (x, y) go, and whether they have an image at all."""
        u, v, ok = self.map.push(x, y)
        if isinstance(self.map, Matrix) or self.active is True:
            return u, v, ok
        return jnp.where(self.active, u, x), jnp.where(self.active, v, y), ok | ~jnp.asarray(self.active)

    def jacobian(self, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
        """Derivatives of `push` at (x, y): (du/dx, du/dy, dv/dx, dv/dy)."""

        def both_coordinates(a: Array, b: Array) -> tuple[Array, Array]:
            return self.push(a, b)[:2]

        one, zero = jnp.ones_like(x), jnp.zeros_like(x)
        _, along = jax.linearize(both_coordinates, x, y)
        (ux, vx), (uy, vy) = along(one, zero), along(zero, one)
        return ux, uy, vx, vy

    @property
    def mirrors(self) -> Array | bool:
        """Whether left and right change places."""
        if not isinstance(self.map, Matrix):
            return False
        if not self.structure & ~(Structure.SHIFT | Structure.SCALE):
            return False
        m = self.map.m
        return m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0] < 0

    def rescaled(self, canvas: Canvas) -> Warp:
        """The same warp for a picture on another canvas than the reference.

        A result that fills its canvas fills that of the other picture too; any other result keeps the other
        picture's scale.
        """
        if canvas.buffer == self.size_in and canvas.extent is None and self.extent_in is None:
            return self
        larger = (canvas.buffer[0] / self.size_in[0], canvas.buffer[1] / self.size_in[1])
        size_out = tuple(max(1, round(n * r)) for n, r in zip(self.size_out, larger, strict=True))
        in_scale: tuple[Scalar, Scalar] = (larger[1], larger[0])
        out_scale: tuple[Scalar, Scalar] = (size_out[1] / self.size_out[1], size_out[0] / self.size_out[0])
        extent_out = self.extent_out
        whole = all(r == int(r) for r in larger) and in_scale == out_scale and larger[0] == larger[1]
        if canvas.extent is not None or self.extent_in is not None:
            down, across = canvas.measured() / self.canvas_in.measured()
            in_scale, whole = (across, down), False
        if extent_out is not None:
            out_scale, extent_out = in_scale, extent_out * vector(*in_scale[::-1])
        new_map: Any
        if isinstance(self.map, Matrix):
            before = stack3([[in_scale[0], 0, 0], [0, in_scale[1], 0], [0, 0, 1]])
            after = stack3([[1 / out_scale[0], 0, 0], [0, 1 / out_scale[1], 0], [0, 0, 1]])
            structure = self.structure if whole else self.structure | Structure.SCALE
            new_map = Matrix(compose3(before, compose3(self.map.m, after)), structure)
        else:
            new_map = Rescaled(self.map, in_scale, out_scale)
        window = None if self.window is None else self.window * vector(*in_scale, *in_scale)
        return struct.replace(
            self,
            map=new_map,
            size_in=canvas.buffer,
            size_out=size_out,
            extent_in=canvas.extent,
            extent_out=extent_out,
            window=window,
        )

    def inverse(self) -> Warp:
        """The warp that undoes this one; what it cannot know shows as the fill."""
        return struct.replace(
            self,
            map=self.map.inverse(),
            window=None,
            size_in=self.size_out,
            size_out=self.size_in,
            extent_in=self.extent_out,
            extent_out=self.extent_in,
            border_mode="constant",
            covers=self.is_onto,
            antialias=False,
        )

    def align(self, other: Warp) -> tuple[Warp, Warp] | None:
        """Both warps with one tree structure, so that a choice between them is a choice of numbers."""
        if not (isinstance(self.map, Matrix) and isinstance(other.map, Matrix)):
            return None
        same = ("size_in", "size_out", "interpolation", "mask_interpolation", "border_mode", "antialias", "outline")
        if any(getattr(self, n) != getattr(other, n) for n in same if not self._ignores(n) and not other._ignores(n)):
            return None
        # A warp that never shows its border or never interpolates has no say in those settings.
        lead = other if self._ignores("interpolation") else self
        border = other if self._ignores("border_mode") else self
        structure = self.structure | other.structure
        windowed = self.window is not None or other.window is not None
        partial = self.extent_out is not None or other.extent_out is not None

        def joined(w: Warp) -> Warp:
            return struct.replace(
                w,
                map=Matrix(jnp.asarray(w.map.m, jnp.float32), structure),
                interpolation=lead.interpolation,
                mask_interpolation=lead.mask_interpolation,
                border_mode=border.border_mode,
                window=w._whole() if windowed and w.window is None else w.window,
                extent_out=jnp.asarray(w.canvas_out.measured()) if partial else None,
                covers=self.covers and other.covers,
                nested=self.nested and other.nested,
                name=f"{self.name}|{other.name}",
            )

        return joined(self), joined(other)

    def _ignores(self, setting: str) -> bool:
        if setting == "border_mode":
            return self.covers
        return setting in ("interpolation", "mask_interpolation", "antialias", "outline") and self.is_lattice


def map_warp(
    new_map: Any, canvas_in: Canvas | tuple[int, int], canvas_out: Canvas | tuple[int, int], **settings: Any
) -> Warp:
    """The warp of a map between two canvases.

    Args:
        new_map: from output to input coordinates.
        canvas_in, canvas_out: canvases, or (height, width) where pictures fill them.
        **settings: further fields of `Warp`.
    """
    before, after = (c if isinstance(c, Canvas) else Canvas(c) for c in (canvas_in, canvas_out))
    return Warp(
        new_map,
        size_in=before.buffer,
        size_out=after.buffer,
        extent_in=before.extent,
        extent_out=after.extent,
        **settings,
    )


def matrix_warp(
    m: Any,
    canvas_in: Canvas | tuple[int, int],
    canvas_out: Canvas | tuple[int, int],
    structure: Structure,
    **settings: Any,
) -> Warp:
    """The warp of a matrix that takes output to input coordinates.

    Args:
        m: 3 x 3, or anything that stacks to it.
        canvas_in, canvas_out: canvases, or (height, width) where pictures fill them.
        structure: what the matrix may contain.
        **settings: further fields of `Warp`.
    """
    if isinstance(m, list | tuple):
        m = stack3(m)
    return map_warp(Matrix(m, structure), canvas_in, canvas_out, **settings)


def identity(canvas: Canvas | tuple[int, int]) -> Warp:
    """The warp that changes nothing."""
    return matrix_warp(jnp.eye(3, dtype=jnp.float32), canvas, canvas, Structure.IDENTITY, covers=True, name="identity")


def both(a: Scalar, b: Scalar) -> Scalar:
    """Logical and that stays static where it can."""
    if a is True:
        return b
    if b is True:
        return a
    return jnp.logical_and(a, b)


def either(a: Scalar, b: Scalar) -> Scalar:
    """Logical or that stays static where it can."""
    if a is True or b is True:
        return True
    return jnp.logical_or(a, b)


def vector(*entries: Any) -> Array:
    """Entries, traced or not, as one float32 array."""
    return jnp.stack([jnp.asarray(v, jnp.float32) for v in entries])


def ratio(length: Any, parts: Any) -> Any:
    """`length / parts`, rounded once also where the length is drawn: XLA multiplies by the reciprocal of a constant."""
    if is_concrete(length):
        return length / parts
    return length / jnp.where(length >= 0, jnp.asarray(parts, jnp.float32), 1.0)


def stack3(rows: Any) -> Array:
    """A 3 x 3 float32 matrix from nested entries, traced or not."""
    return vector(*(v for row in rows for v in row)).reshape(3, 3)


def compose3(a: Any, b: Any) -> Array:
    """The matrix product of two 3 x 3 matrices in full precision."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)


def inverse3(m: Any) -> Array:
    """The inverse of a 3 x 3 matrix in closed form, scaled so that its last entry is one where it can be."""
    a, b, c = m[0, 0], m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1], m[1, 2]
    g, h, i = m[2, 0], m[2, 1], m[2, 2]
    rows = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    out = stack3(rows)
    last = out[2, 2]
    return out / jnp.where(jnp.abs(last) < 1e-12, 1.0, last)


def transform(m: Any, x: Array, y: Array, *, projective: bool) -> tuple[Array, Array, Array]:
    """Points through a matrix, and whether they lie in front of its horizon."""
    u = m[0, 0] * x + m[0, 1] * y + m[0, 2]
    v = m[1, 0] * x + m[1, 1] * y + m[1, 2]
    if not projective:
        return u, v, jnp.ones(jnp.shape(u), bool)
    w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    ok = w > 1e-6
    w = jnp.where(ok, w, 1.0)
    return jnp.where(ok, u / w, -1e6), jnp.where(ok, v / w, -1e6), ok


def invert_map(pull: Callable[[Array, Array], tuple[Array, Array]], x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Solves pull(u, v) = (x, y) for every point.

    Fixed-point steps bring the guess near, Newton steps make it exact; the last step alone carries the
    derivative, which by the implicit function theorem is that of the true inverse.

    Returns:
        u, v and whether that is an image of the point: to 0.02 px, and not on the inside of a fold, where the map turns
        the picture over.
    """

    def residual(u: Array, v: Array) -> tuple[Array, Array]:
        px, py = pull(u, v)
        return px - x, py - y

    def newton(u: Array, v: Array) -> tuple[Array, Array, Array]:
        one, zero = jnp.ones_like(u), jnp.zeros_like(u)
        u0, v0 = jax.lax.stop_gradient((u, v))
        _, (a, c) = jax.jvp(pull, (u0, v0), (one, zero))
        _, (b, d) = jax.jvp(pull, (u0, v0), (zero, one))
        a, b, c, d = jax.lax.stop_gradient((a, b, c, d))
        slope = a * d - b * c
        det = jnp.where(jnp.abs(slope) < 0.05, jnp.where(slope < 0, -0.05, 0.05), slope)
        rx, ry = residual(u0, v0)
        return u0 - (d * rx - b * ry) / det, v0 - (a * ry - c * rx) / det, slope > 0

    def closer(_: int, guess: tuple[Array, Array]) -> tuple[Array, Array]:
        rx, ry = residual(*guess)
        return jax.lax.stop_gradient((guess[0] - rx, guess[1] - ry))

    def close(_: int, guess: tuple[Array, Array]) -> tuple[Array, Array]:
        return jax.lax.stop_gradient(newton(*guess)[:2])

    # Loops, because the program of one step is long.
    u, v = jax.lax.fori_loop(0, 6, closer, jax.lax.stop_gradient((x, y)))
    u, v, upright = newton(*jax.lax.fori_loop(0, 3, close, (u, v)))
    rx, ry = residual(u, v)
    return u, v, upright & (rx * rx + ry * ry < 0.02**2)


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
    places, bends, start = stored((knots, slopes[1:] - slopes[:-1], values[0] - knots[0]))
    out = x + start
    for i in range(knots.shape[0]):
        out = out + bends[i] * jnp.maximum(x - places[i], 0.0)
    return out
