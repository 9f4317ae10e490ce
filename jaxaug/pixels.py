"""Ops that change the values of images and move nothing: tones, filters and noise.

Each is a function of one image of floats in [0, 1], shape (height, width, channels). Neighbouring ones run in one pass
without rounding in between. Frames of a clip and slices of a volume are images that share the op, its noise included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug import struct
from jaxaug.control import branch, stored
from jaxaug.functional.dtype import from_unit, to_unit
from jaxaug.functional.filters import convolve_separable
from jaxaug.functional.noise import random_normal
from jaxaug.struct import static, switch
from jaxaug.warp import both

#: Ops that run in one loop over the pixels; beyond a dozen XLA's loop no longer fits the registers.
LONGEST_PASS = 8


@runtime_checkable
class PixelOp(Protocol):
    """What the engine asks of an op on pixels."""

    active: Any
    name: str

    def apply(self, image: Array) -> Array:
        """The changed image; floats in, floats out."""
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
        fn: the kernel, from `jaxaug.functional`.
        curve: the kernel treats every value of every channel alike and is dear, so that for 8-bit images a table of
            its 256 values is cheaper.
        options: its static keyword arguments, as pairs.
        makes_float: the result is float32 whatever came in.
        name: what drew it.
    """

    params: dict[str, Any]
    active: Any = switch(default=True)
    fn: Callable[..., Array] = static(default=lambda image: image)
    options: tuple[tuple[str, Any], ...] = static(default=())
    curve: bool = static(default=False)
    makes_float: bool = static(default=False)
    name: str = static(default="Tone")

    def apply(self, image: Array) -> Array:
        return self.fn(image, **self.params, **dict(self.options))

    def dtype(self, dtype: Any) -> Any:
        return jnp.dtype(jnp.float32) if self.makes_float else dtype


def tone(
    fn: Callable[..., Array],
    *,
    options: tuple[tuple[str, Any], ...] = (),
    curve: bool = False,
    makes_float: bool = False,
    **params: Any,
) -> Tone:
    """A tone from a public function of `jaxaug.functional` and its arguments.

    Args:
        fn: the function.
        options: its static arguments, as pairs.
        curve: it is dear, and a function of each value alone.
        makes_float: the result is float32 whatever came in.
        **params: its other arguments, numbers or arrays.
    """
    return Tone(params, fn=getattr(fn, "kernel", fn), options=options, curve=curve, makes_float=makes_float)


@struct.struct
class Separable(_Gated):
    """A filter with one kernel down the rows and one along the columns.

    Args:
        rows: (K,) weights, K odd.
        columns: (K',) weights, K' odd.
        active: whether it is applied.
        name: what drew it.
    """

    rows: Array
    columns: Array
    active: Any = switch(default=True)
    name: str = static(default="Filter")

    def apply(self, image: Array) -> Array:
        return convolve_separable.kernel(image, self.rows, self.columns)

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

    def apply(self, image: Array) -> Array:
        height, width, channels = image.shape
        rows, columns = (max(1, int(n * self.grain)) for n in (height, width))
        field = stored(random_normal(self.key, (rows, columns, channels if self.per_channel else 1)))
        if (rows, columns) != (height, width):
            field = jax.image.resize(field, (height, width, field.shape[2]), "linear")
        return jnp.clip(image + (self.mean + self.std * field), 0.0, 1.0)


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

    def apply(self, image: Array) -> Array:
        branches = [op.apply for op in self.ops]
        shapes = {jax.eval_shape(b, image).shape for b in branches}
        if len(shapes) > 1:
            raise ValueError(f"{self.name}: the options change an image to different shapes {sorted(shapes)}.")
        return jax.lax.switch(self.index, branches, image)

    def dtype(self, dtype: Any) -> Any:
        dtypes = {np.dtype(op.dtype(dtype)) for op in self.ops}
        if len(dtypes) > 1:
            raise ValueError(
                f"{self.name}: from {np.dtype(dtype)} the options make different dtypes, {sorted(map(str, dtypes))}. "
                "Put the transform that changes the dtype behind the choice."
            )
        return dtypes.pop()


def apply_pixels(image: Array, ops: Sequence[PixelOp]) -> Array:
    """Runs ops over an image in one pass.

    Args:
        image: (frames, height, width, channels).
        ops: in order.

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

    def one(frame: Array) -> Array:
        rest = list(ops)
        if frame.dtype == jnp.uint8 and getattr(ops[0], "curve", False):
            table = stored(x_after(rest.pop(0), to_unit(jnp.arange(256, dtype=jnp.uint8))))
            x = jnp.take(table, frame.astype(jnp.int32), mode="clip")
        else:
            x = to_unit(frame)
        for place, op in enumerate(rest, 1):
            x = x_after(op, x)
            if place % LONGEST_PASS == 0:
                x = stored(x)
        return from_unit(x, dtype)

    if image.shape[0] == 1:
        return one(image[0])[None]
    return jax.vmap(one)(image)


def x_after(op: PixelOp, x: Array) -> Array:
    """One op, skipped where it is not active."""
    if op.active is True:
        return op.apply(x)
    shape = jax.eval_shape(op.apply, x).shape
    if shape != x.shape:
        raise ValueError(
            f"{op.name} turns an image of shape {x.shape} into {shape}, but is applied at random: the shape of the "
            f"result would be random too. Use {op.name}(p=1)."
        )
    return branch(op.active, op.apply, lambda v: v, x)
