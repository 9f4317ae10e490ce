"""The Warp family: a map between two canvases, and what shows where the map leads outside the picture."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import both
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import PICTURES
from jaxaug.core.op import Op, aligned, joint_name, same_fills
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Fill, Scalar, Size
from jaxaug.geometry.bent_maps import Bent, Rescaled
from jaxaug.geometry.maps import Axes, Jacobian, Matrix, Moved, Structure
from jaxaug.geometry.matrices import compose3, stack3, vector

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View

#: How pictures are read.
READING = ("interpolation", "mask_interpolation", "antialias")


@struct.struct
class Warp(Op):
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
        reads_inside: the border never shows, because every output pixel reads inside the input.
        nested: a lattice warp of which, along each axis, one canvas contains the other.
        antialias: widen the reading kernel where the warp shrinks the picture.
        outline: how a box follows: by its `corners`, or by its inscribed `ellipse`.
        name: what drew it.
    """

    family = "warp"

    map: Any
    fill: Fill = 0.0
    fill_mask: Fill = 0.0
    active: Scalar = static_if_true(default=True)
    window: Any = None
    extent_in: Any = None
    extent_out: Any = None
    size_in: Size = static(default=(1, 1))
    size_out: Size = static(default=(1, 1))
    interpolation: str = static(default="linear")
    mask_interpolation: str = static(default="nearest")
    border_mode: str = static(default="constant")
    reads_inside: bool = static(default=False)
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
    def is_whole_pixel(self) -> bool:
        return isinstance(self.map, Matrix) and self.structure.is_whole_pixel

    @property
    def is_onto(self) -> bool:
        """The input fills the output exactly, so nothing can leave the picture."""
        return self.reads_inside and self.is_separable and not self.structure & Structure.SHIFT

    @property
    def joins_chains(self) -> bool:
        return isinstance(self.map, Matrix)

    @property
    def resizes(self) -> tuple[Size, Size] | None:
        return None if self.size_in == self.size_out else (self.size_in, self.size_out)

    @property
    def tells_size(self) -> bool:
        return self.extent_out is not None

    @property
    def canvas_in(self) -> Canvas:
        return Canvas(self.size_in, self.extent_in)

    @property
    def canvas_out(self) -> Canvas:
        return Canvas(self.size_out, self.extent_out)

    @property
    def _folds(self) -> bool:
        """Whether the map may show a point more than once."""
        inner = self.map.inner if isinstance(self.map, Rescaled) else self.map
        return isinstance(inner, Bent)

    @property
    def reads_whole(self) -> bool:
        """Whether the border lies around the whole buffer of the input."""
        return self.window is None and self.extent_in is None

    def prepare(self, view: View) -> Warp:
        """The warp with its map ready for use; maps that hold only a key make their field here.

        Raises:
            ValueError: it was drawn for pictures of another size than those of the sample.
        """
        canvas = view.canvas
        if self.size_in != canvas.buffer:
            raise ValueError(
                f"{self.name} was drawn for pictures of {self.size_in[0]} x {self.size_in[1]}, "
                f"but here {view.picture_name} is {canvas.buffer[0]} x {canvas.buffer[1]}: "
                "apply a plan to samples of the size it was made for."
            )
        if (self.extent_in is None) != (canvas.extent is None):
            raise ValueError(
                f"{self.name} was drawn for a sample with{'out' if self.extent_in is None else ''} a 'size' beside its "
                "picture: apply a plan to samples of the same entries."
            )
        return self.built()

    def built(self) -> Warp:
        """The warp with its map ready for use."""
        return struct.replace(self, map=self.map.build())

    def for_picture(self, info: PictureInfo) -> Warp:
        """The warp at the scale of a picture, with the interpolation and fill of its kind."""
        own = self if info.on_reference else self.rescaled(info.canvas)
        kind = PICTURES[info.kind]
        if kind.vector:
            return struct.replace(own, interpolation="linear", antialias=False, fill=0.0)
        if kind.labels:
            method = info.mask_interpolation or self.mask_interpolation
            return struct.replace(own, interpolation=method, fill=self.fill_mask)
        return struct.replace(own, fill=info.own_units(self.fill))

    def after(self, info: PictureInfo) -> PictureInfo:
        return info.replace(canvas=self.canvas_out)

    def canvas_after(self, canvas: Canvas) -> Canvas:
        return self.canvas_out

    def on_annotation(self, rows: Annotation) -> Annotation:
        return rows.warp(self)

    def describe(self) -> str:
        return self.map.describe(self.canvas_in, self.canvas_out)

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
            centres: they are the centres of all pixels, (height, width).
        """
        if centres and isinstance(self.map, Bent):
            u, v = self.map.pull_centres(x, y)
        else:
            u, v = self.map.pull(x, y)
        if isinstance(self.map, Matrix) or self.active is True:
            return u, v
        return jnp.where(self.active, u, x), jnp.where(self.active, v, y)

    def push(self, x: Array, y: Array) -> Moved:
        """Where the input points (x, y) go, and whether they have an image at all."""
        u, v, ok = self.map.push(x, y)
        if isinstance(self.map, Matrix) or self.active is True:
            return Moved(u, v, ok)
        return Moved(jnp.where(self.active, u, x), jnp.where(self.active, v, y), ok | ~jnp.asarray(self.active))

    def push_unique(self, x: Array, y: Array) -> Moved:
        """As `push`, but points that the output shows more than once have no image: for points, not for outlines."""
        if not self._folds:
            return self.push(x, y)
        u, v, ok = self.map.push_unique(x, y, self.canvas_out.size)
        if self.active is True:
            return Moved(u, v, ok)
        return Moved(jnp.where(self.active, u, x), jnp.where(self.active, v, y), ok | ~jnp.asarray(self.active))

    def push_with_jacobian(self, x: Array, y: Array) -> tuple[Moved, Jacobian]:
        """What `push_unique` returns, and its derivatives."""
        one, zero = jnp.ones_like(x), jnp.zeros_like(x)
        if not self._folds:
            (u, v), along, ok = jax.linearize(lambda a, b: _apart(*self.push(a, b)), x, y, has_aux=True)
            (ux, vx), (uy, vy) = along(one, zero), along(zero, one)
            return Moved(u, v, ok), Jacobian(ux, uy, vx, vy)
        u, v, ok = self.push_unique(x, y)
        _, (xu, yu) = jax.jvp(self.pull, (u, v), (one, zero))
        _, (xv, yv) = jax.jvp(self.pull, (u, v), (zero, one))
        slope = xu * yv - xv * yu
        slope = jnp.where(jnp.abs(slope) < 1e-6, 1e-6, slope)
        return Moved(u, v, ok), Jacobian(yv / slope, -xv / slope, -yu / slope, xu / slope)

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
            reads_inside=self.is_onto,
            antialias=False,
        )

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        warps = [self, *others]
        if not all(isinstance(w, Warp) and isinstance(w.map, Matrix) for w in warps):
            return None
        # A warp that never shows its border or never interpolates has no say in those settings.
        same = {}
        for setting in ("size_in", "size_out", *READING, "border_mode", "outline"):
            said = {getattr(w, setting) for w in warps if not w._ignores(setting)}
            if len(said) > 1:
                return None
            same[setting] = said.pop() if said else getattr(self, setting)
        structure = functools.reduce(operator.or_, (w.structure for w in warps))
        windowed = any(w.window is not None for w in warps)
        partial = any(w.extent_out is not None for w in warps)
        name = joint_name(warps)

        def joined(w: Warp) -> Warp:
            return struct.replace(
                w,
                map=Matrix(jnp.asarray(w.map.m, jnp.float32), structure),
                window=w._whole() if windowed and w.window is None else w.window,
                extent_out=jnp.asarray(w.canvas_out.measured()) if partial else None,
                reads_inside=all(w.reads_inside for w in warps),
                nested=all(w.nested for w in warps),
                name=name,
                **same,
            )

        return aligned(same_fills([joined(w) for w in warps], "fill", "fill_mask"))

    def _ignores(self, setting: str) -> bool:
        if setting == "border_mode":
            return self.reads_inside
        return setting in (*READING, "outline") and self.is_whole_pixel


def map_warp(new_map: Any, canvas_in: Canvas | Size, canvas_out: Canvas | Size, **settings: Any) -> Warp:
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
    canvas_in: Canvas | Size,
    canvas_out: Canvas | Size,
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


def identity(canvas: Canvas | Size) -> Warp:
    """The warp that changes nothing."""
    return matrix_warp(
        jnp.eye(3, dtype=jnp.float32), canvas, canvas, Structure.IDENTITY, reads_inside=True, name="identity"
    )


def enlarged(canvas: Canvas, buffer: Size) -> Warp:
    """The warp that gives a picture a larger buffer, in which it stays as large as it is.

    Args:
        canvas: where the picture is kept, with its extent.
        buffer: (height, width).
    """
    eye = jnp.eye(3, dtype=jnp.float32)
    return matrix_warp(eye, canvas, Canvas(buffer, canvas.extent), Structure.IDENTITY, nested=True, name="room")


def _apart(u: Array, v: Array, ok: Array) -> tuple[tuple[Array, Array], Array]:
    return (u, v), ok
