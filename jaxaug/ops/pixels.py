"""Ops that change the values of images and move nothing: tones, filters and noise.

Each is a function of one image of floats in [0, 1]. Neighbouring ones run in one pass without rounding in between.
Frames of a clip and slices of a volume are images that share the op, its noise included.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, materialize
from jaxaug.backend.struct import static, switch
from jaxaug.geometry.warp import Canvas, both
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import from_unit, to_unit
from jaxaug.kernels.filters import convolve_levels, convolve_rows
from jaxaug.kernels.noise import random_normal
from jaxaug.sampling.interpolation import fold_index

#: Ops that run in one loop over the pixels; beyond a dozen XLA's loop no longer fits the registers.
LONGEST_PASS = 8


@struct.struct
class Frame:
    """One image of floats on its way through a pass, laid out for who reads it.

    Loops over the two or three channels of each pixel are slow, so there are none: an image is either one array of rows
    in which channels alternate, or one array per channel.

    Args:
        parts: arrays (height, width * step).
        step: channels in each part.
    """

    parts: tuple[Array, ...]
    step: int = static(default=1)

    @staticmethod
    def read(picture: Array, *, planes: bool, table: Array | None = None) -> Frame:
        """An image (height, width, channels) of any dtype.

        Args:
            picture: the image.
            planes: one array per channel, else rows.
            table: (256,) floats for the levels of an 8-bit image, in place of level / 255.
        """
        height, width, channels = picture.shape

        def unit(values: Array) -> Array:
            return to_unit(values) if table is None else jnp.take(table, values.astype(jnp.int32), mode="clip")

        if not planes or channels == 1:
            return Frame((unit(picture.reshape(height, width * channels)),), channels)
        if pixel_packing.fits(picture):
            packed = materialize(pixel_packing.pack(picture))
            return Frame(tuple(unit(pixel_packing.plane(packed, c)) for c in range(channels)))
        apart = materialize(jnp.moveaxis(picture, -1, 0))
        return Frame(tuple(unit(apart[c]) for c in range(channels)))

    @property
    def channels(self) -> int:
        return len(self.parts) * self.step

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.parts[0].shape
        return height, width // self.step

    def image(self) -> Array:
        """Floats (height, width, channels)."""
        if len(self.parts) == 1:
            return self.parts[0].reshape(*self.size, self.step)
        return jnp.stack(materialize(self.parts), axis=-1)

    def write(self, dtype: Any) -> Array:
        """The image (height, width, channels) in a dtype."""
        if len(self.parts) == 1 or np.dtype(dtype) != np.uint8 or self.channels > pixel_packing.BYTES:
            return from_unit(self.image(), dtype)
        return pixel_packing.unpack(
            materialize(pixel_packing.join([part * np.float32(255) for part in self.parts])), self.channels
        )

    def like(self, image: Array) -> Frame:
        """Another image of floats (height, width, channels) in the layout of this one."""
        return Frame.read(image, planes=len(self.parts) > 1)

    def each(self, fn: Callable[..., Array], **params: Any) -> Frame:
        """A function of each value, whose parameters are numbers or hold one number per channel."""
        return Frame(tuple(fn(part, **self._spread(params, i)) for i, part in enumerate(self.parts)), self.step)

    def _spread(self, params: dict[str, Any], place: int) -> dict[str, Any]:
        """Parameters for one part: those per channel along the row, or that of the plane."""

        def one(value: Any) -> Any:
            if jnp.size(value) == 1:
                return jnp.reshape(value, ())
            per_channel = jnp.asarray(value)[: self.channels]
            return per_channel[place] if self.step == 1 else materialize(jnp.tile(per_channel, self.size[1]))

        return {name: one(value) for name, value in params.items()}


@runtime_checkable
class PixelOp(Protocol):
    """What the engine asks of an op on pixels."""

    active: Any
    name: str

    @property
    def planes(self) -> bool:
        """Whether it wants the channels apart."""
        ...

    @property
    def light(self) -> bool:
        """Whether computing it for nothing is cheaper than a branch."""
        ...

    @property
    def exact(self) -> bool:
        """Whether `on_levels` rounds nothing."""
        ...

    @property
    def on_levels(self) -> Callable[[Frame], Frame] | None:
        """The op for rows of whole 8-bit levels, in and out, where it has a form for them."""
        ...

    @property
    def reaches(self) -> bool:
        """Whether it reads neighbours of a pixel."""
        ...

    def within(self, inside: Array) -> PixelOp:
        """The same op for an image of which only some pixels (height, width) count."""
        ...

    def apply(self, frame: Frame) -> Frame:
        """The changed image."""
        ...

    def dtype(self, dtype: Any) -> Any:
        """The dtype of the result for images of a dtype."""
        ...

    def gate(self, on: Any) -> PixelOp:
        """The same op, applied only where `on` holds."""
        ...


class _Gated:
    """What all ops on pixels share."""

    active: Any
    name: str

    @property
    def planes(self) -> bool:
        return False

    @property
    def light(self) -> bool:
        return False

    @property
    def exact(self) -> bool:
        return False

    @property
    def on_levels(self) -> Callable[[Frame], Frame] | None:
        return None

    @property
    def reaches(self) -> bool:
        return False

    def within(self, inside: Array) -> Any:
        return self

    def dtype(self, dtype: Any) -> Any:
        return dtype

    def gate(self, on: Any) -> Any:
        return struct.replace(self, active=both(self.active, on))


@struct.struct
class Tone(_Gated):
    """A function of each pixel's channels, perhaps with statistics of the whole image.

    Args:
        params: keyword arguments of the function that are arrays.
        active: whether it is applied.
        fn: the kernel.
        reads: what the kernel takes: single `values`, a tuple of `planes`, or the `image` (height, width, channels).
        options: its static keyword arguments, as pairs.
        levels: the kernel for whole 8-bit levels, where there is one.
        rounds: that one rounds, so that it only counts where nothing else follows or goes before.
        curve: the kernel treats every value of every channel alike and is dear, so that for 8-bit images a table of
            its 256 values is cheaper.
        makes_float: the result is float32 whatever came in.
        counts: the kernel takes statistics of the whole image, of the pixels that its argument `inside` marks.
        name: what drew it.
    """

    params: dict[str, Any]
    active: Any = switch(default=True)
    fn: Callable[..., Any] = static(default=lambda image: image)
    reads: str = static(default="image")
    options: tuple[tuple[str, Any], ...] = static(default=())
    levels: Callable[..., Array] | None = static(default=None)
    rounds: bool = static(default=False)
    curve: bool = static(default=False)
    makes_float: bool = static(default=False)
    counts: bool = static(default=False)
    name: str = static(default="Tone")

    @property
    def planes(self) -> bool:
        return self.reads == "planes"

    @property
    def light(self) -> bool:
        return self.reads == "values" and not self.curve

    @property
    def exact(self) -> bool:
        return self.levels is not None and not self.rounds

    @property
    def on_levels(self) -> Callable[[Frame], Frame] | None:
        levels = self.levels
        return None if levels is None else lambda frame: frame.each(levels, **self.params)

    def apply(self, frame: Frame) -> Frame:
        fn = functools.partial(self.fn, **dict(self.options))
        if self.reads == "values":
            return frame.each(fn, **self.params)
        if self.reads == "planes":
            return Frame(fn(frame.parts, **self.params))
        return frame.like(fn(frame.image(), **self.params))

    def within(self, inside: Array) -> Tone:
        return struct.replace(self, params=self.params | {"inside": inside}) if self.counts else self

    def dtype(self, dtype: Any) -> Any:
        return jnp.dtype(jnp.float32) if self.makes_float else dtype


def tone(
    fn: Callable[..., Any], *, options: tuple[tuple[str, Any], ...] = (), curve: bool = False, **params: Any
) -> Tone:
    """A tone from a function and its arguments.

    Args:
        fn: a function of `jaxaug.functional`, or one on floats in [0, 1] of shape (height, width, channels).
        options: its static arguments, as pairs.
        curve: it is dear, and a function of each value alone.
        **params: its other arguments, numbers or arrays.
    """
    known = {n: getattr(fn, n) for n in ("reads", "levels", "rounds", "makes_float", "counts") if hasattr(fn, n)}
    return Tone(params, fn=getattr(fn, "kernel", fn), options=options, curve=curve, **known)


@struct.struct
class Separable(_Gated):
    """A filter with one kernel down the rows and one along the columns, both symmetric and of a sum of at most one.

    Args:
        rows: (K,) weights of at least zero, K odd.
        columns: (K',) weights of at least zero, K' odd.
        active: whether it is applied.
        name: what drew it.
    """

    rows: Array
    columns: Array
    active: Any = switch(default=True)
    name: str = static(default="Filter")

    @property
    def reaches(self) -> bool:
        return True

    def apply(self, frame: Frame) -> Frame:
        filtered = (materialize(convolve_rows(part, self.rows, self.columns, frame.step)) for part in frame.parts)
        return Frame(tuple(filtered), frame.step)

    @property
    def on_levels(self) -> Callable[[Frame], Frame] | None:
        def filtered(frame: Frame) -> Frame:
            (part,) = frame.parts
            return Frame((materialize(convolve_levels(part, self.rows, self.columns, frame.step)),), frame.step)

        return filtered

    def align(self, other: Any) -> tuple[Separable, Separable] | None:
        """Both filters with kernels of one length, so that a choice between them is a choice of weights."""
        if not isinstance(other, Separable):
            return None
        rows = max(self.rows.shape[0], other.rows.shape[0])
        columns = max(self.columns.shape[0], other.columns.shape[0])

        def padded(f: Separable) -> Separable:
            return struct.replace(
                f,
                rows=jnp.pad(f.rows, (rows - f.rows.shape[0]) // 2),
                columns=jnp.pad(f.columns, (columns - f.columns.shape[0]) // 2),
                name=f"{self.name}|{other.name}",
            )

        return padded(self), padded(other)


@struct.struct
class Noise(_Gated):
    """Normal noise added to an image; the op keeps the key of the field, never the field.

    Args:
        key: raw key data of the field.
        mean, std: of the noise, in full brightnesses.
        active: whether it is applied.
        per_channel: every channel has a field of its own.
        grain: the field is drawn at this fraction of the image's size and stretched.
        name: what drew it.
    """

    key: Array
    mean: Any
    std: Any
    active: Any = switch(default=True)
    per_channel: bool = static(default=True)
    grain: float = static(default=1.0)
    name: str = static(default="Noise")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, frame: Frame) -> Frame:
        height, width = frame.size
        rows, columns = (max(1, int(n * self.grain)) for n in (height, width))
        field = materialize(random_normal(self.key, (len(frame.parts) if self.per_channel else 1, rows, columns)))
        if (rows, columns) != (height, width):
            field = jax.image.resize(field, (field.shape[0], height, width), "linear")
        fields = jnp.broadcast_to(field, (len(frame.parts), height, width))
        noisy = (
            jnp.clip(part + (self.mean + self.std * field), 0.0, 1.0)
            for part, field in zip(frame.parts, fields, strict=True)
        )
        return Frame(tuple(noisy), frame.step)


@struct.struct
class Switch(_Gated):
    """One of several ops of different kinds, chosen by an index: only the chosen one runs.

    Args:
        index: which of the ops.
        ops: the ops.
        active: whether any is applied.
        name: what drew it.
    """

    index: Array
    ops: tuple[Any, ...]
    active: Any = switch(default=True)
    name: str = static(default="Switch")

    @property
    def planes(self) -> bool:
        return any(op.planes for op in self.ops)

    @property
    def reaches(self) -> bool:
        return any(op.reaches for op in self.ops)

    def within(self, inside: Array) -> Switch:
        return struct.replace(self, ops=tuple(op.within(inside) for op in self.ops))

    def apply(self, frame: Frame) -> Frame:
        return self.choose([op.apply for op in self.ops], frame)

    def choose(self, branches: Sequence[Callable[[Any], Any]], operand: Any) -> Any:
        """Runs the chosen one of some functions.

        Raises:
            ValueError: they make results of different shapes.
        """
        shapes = [jax.eval_shape(b, operand) for b in branches]
        if len({str(shape) for shape in shapes}) > 1:
            raise ValueError(f"{self.name}: the options change an image to different shapes: {shapes}.")
        return jax.lax.switch(self.index, branches, operand)

    def dtype(self, dtype: Any) -> Any:
        dtypes = {np.dtype(op.dtype(dtype)) for op in self.ops}
        if len(dtypes) > 1:
            raise ValueError(
                f"{self.name}: from {np.dtype(dtype)} the options make different dtypes, {sorted(map(str, dtypes))}. "
                "Put the transform that changes the dtype behind the choice."
            )
        return dtypes.pop()


def apply_pixels(image: Array, ops: Sequence[PixelOp], canvas: Canvas) -> Array:
    """Runs ops over an image in one pass.

    Args:
        image: (frames, height, width, channels).
        ops: in order.
        canvas: how much of the buffer the image fills.

    Raises:
        ValueError: an op that may or may not apply would change the dtype or the channels.
    """
    dtype = image.dtype
    for op in ops:
        after = op.dtype(dtype)
        if op.active is not True and np.dtype(after) != np.dtype(dtype):
            raise ValueError(
                f"{op.name} turns {np.dtype(dtype)} into {np.dtype(after)}, but is applied at random: the dtype of "
                f"the result would be random too. Use {op.name}(p=1)."
            )
        dtype = after

    if canvas.extent is not None:
        rows, columns = (jnp.arange(n) for n in image.shape[1:3])
        ops = [op.within(canvas.inside()) for op in ops]
        if any(op.reaches for op in ops):
            # Filters mirror what they read at the end of an array, so the picture goes on mirrored beyond its own.
            height, width = (v.astype(jnp.int32) for v in canvas.extent)
            image = jnp.take(image, fold_index(rows, height, "reflect_101"), axis=1, mode="clip")
            image = jnp.take(image, fold_index(columns, width, "reflect_101"), axis=2, mode="clip")
    one = functools.partial(_run, ops=list(ops), dtype=dtype)
    if image.shape[0] == 1:
        return one(image[0])[None]
    return jax.vmap(one)(image)


def _run(picture: Array, ops: list[PixelOp], dtype: Any) -> Array:
    """One image (height, width, channels) through a pass."""
    height, width, channels = picture.shape
    first, *rest = ops
    if not rest and first.active is not True and not first.light:
        sure = struct.replace(first, active=True)
        _same_shape(first, picture.shape, jax.eval_shape(lambda p: _run(p, [sure], dtype), picture).shape)
        return branch(first.active, lambda p: _run(p, [sure], dtype), lambda p: p, picture)
    if isinstance(first, Switch) and not rest:
        return first.choose([functools.partial(_run, ops=[op], dtype=dtype) for op in first.ops], picture)
    if picture.dtype == dtype == jnp.uint8 and (not rest or all(op.exact for op in ops)):
        frame = Frame((picture.reshape(height, width * channels),), channels)
        after = [op.on_levels for op in ops]
        if None not in after:
            for op, change in zip(ops, after, strict=True):
                frame = _select(op, change(frame), frame)  # type: ignore[misc]
            return frame.image()
    table = None
    if picture.dtype == jnp.uint8 and getattr(first, "curve", False):
        table = materialize(_after(first, Frame((to_unit(jnp.arange(256, dtype=jnp.uint8))[None],))).parts[0][0])
        ops = rest
    frame = Frame.read(picture, planes=any(op.planes for op in ops), table=table)
    for place, op in enumerate(ops, 1):
        frame = _after(op, frame)
        if place % LONGEST_PASS == 0:
            frame = materialize(frame)
    return frame.write(dtype)


def _after(op: PixelOp, frame: Frame) -> Frame:
    """One op, skipped where it is not active."""
    if op.active is True:
        return op.apply(frame)
    if op.light:
        return _select(op, op.apply(frame), frame)
    shape = jax.eval_shape(op.apply, frame)
    _same_shape(op, (*frame.size, frame.channels), (*frame.size, shape.channels))
    return branch(op.active, op.apply, lambda f: f, frame)


def _select(op: PixelOp, after: Frame, before: Frame) -> Frame:
    if op.active is True:
        return after
    return jax.tree.map(lambda a, b: jnp.where(op.active, a, b), after, before)


def _same_shape(op: PixelOp, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    if after != before:
        raise ValueError(
            f"{op.name} turns an image of shape {before} into {after}, but is applied at random: the shape of the "
            f"result would be random too. Use {op.name}(p=1)."
        )
