"""Warps that move whole pixels: transposing, reversing and slicing, never interpolating."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.compiler import branch, by_backend, materialize
from jaxaug.backend.gather import copied, multiplied, multiplied_columns
from jaxaug.core.fill import fill_values
from jaxaug.core.types import Size
from jaxaug.geometry.maps import Matrix, Structure
from jaxaug.geometry.warp import Warp
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to


def copies(warp: Warp) -> bool:
    """Whether a warp is a turn and a window that slices can show."""
    if not warp.is_whole_pixel or warp.window is not None:
        return False
    if _roams(warp):
        return warp.reads_inside and not warp.structure & ~Structure.SHIFT and warp.size_out[1] <= warp.size_in[1]
    square = warp.size_in[0] == warp.size_in[1]
    if warp.structure & Structure.SWAP and warp.structure & Structure.SHIFT and not square:
        return False
    return warp.reads_inside or (warp.nested and warp.border_mode == "constant")


def _roams(warp: Warp) -> bool:
    """Whether a window of the picture may reach over its buffer, where it need not show anything."""
    return warp.extent_in is not None or warp.extent_out is not None


def copy_pixels(picture: Array, warp: Warp) -> Array:
    """A picture through a lattice warp, by transposing, reversing and slicing it."""
    m, structure = warp.map.m, warp.structure
    turns = transposes(warp)
    picture = _where(turns, pixel_packing.transpose, picture)
    across, down = static_where(turns, m[1, 0], m[0, 0]), static_where(turns, m[0, 1], m[1, 1])
    if structure & (Structure.FLIP_X | Structure.SWAP):
        picture = _where(across < 0, lambda p: p[:, ::-1], picture)
    if structure & (Structure.FLIP_Y | Structure.SWAP):
        picture = _where(down < 0, lambda p: p[::-1], picture)
    if not structure & Structure.SHIFT:
        return picture
    rows, columns, _ = picture.shape
    fill = None if warp.reads_inside else round_to(fill_values(warp.fill, picture), picture.dtype)
    if isinstance(m, np.ndarray) and not structure & ~Structure.SHIFT:
        return _cut_and_framed(picture, round(float(m[1, 2])), round(float(m[0, 2])), fill, size=warp.size_out)
    left, top = static_where(turns, m[1, 2], m[0, 2]), static_where(turns, m[0, 2], m[1, 2])
    left, top = jnp.where(across < 0, columns - left, left), jnp.where(down < 0, rows - top, top)
    left, top = (jnp.round(v).astype(jnp.int32) for v in (left, top))
    slices = _run_on if _roams(warp) else _sliced
    sized = [functools.partial(fn, size=warp.size_out) for fn in (_multiplied, slices)]
    return by_backend(*sized, picture, top, left, fill)


def _cut_and_framed(picture: Array, top: int, left: int, fill: Array | None, *, size: Size) -> Array:
    """The window of a picture at a place that is known while a function is traced."""
    rows, columns, channels = picture.shape
    height, width = size
    bottom, right = top + height, left + width
    inner = picture[max(top, 0) : bottom, max(left, 0) : right]
    if fill is None or inner.shape[:2] == size:
        return inner
    # Joined, because compilers pad by a loop that asks where each value lies.
    flat = inner.reshape(len(inner), -1)
    line = jnp.tile(fill, width)
    beside = [max(n, 0) * channels for n in (-left, right - columns)]
    before, after = (jnp.broadcast_to(line[:n], (len(flat), n)) for n in beside)
    flat = jnp.concatenate([before, flat, after], axis=1)
    above, below = (jnp.broadcast_to(line, (max(n, 0), line.size)) for n in (-top, bottom - rows))
    return jnp.concatenate([above, flat, below], axis=0).reshape(height, width, channels)


def _sliced(picture: Array, top: Array, left: Array, fill: Array | None, *, size: Size) -> Array:
    """The window of a picture at a place; a fill shows where it lies outside."""
    rows, columns, channels = picture.shape
    height, width = size
    # Rows in which channels alternate: loops over the channels of each pixel are slow.
    flat = picture.reshape(rows, columns * channels)
    if fill is not None:
        if height >= rows and width >= columns:
            canvas = jnp.broadcast_to(jnp.tile(fill, width), (height, width * channels))
            pasted = jax.lax.dynamic_update_slice(canvas, materialize(flat), (-top, -left * channels))
            return materialize(pasted).reshape(height, width, channels)
        above, before = max(height - rows, 0), max(width - columns, 0)
        line = jnp.tile(fill, columns + 2 * before)
        canvas = jnp.broadcast_to(line, (rows + 2 * above, line.size))
        flat = jax.lax.dynamic_update_slice(canvas, materialize(flat), (above, before * channels))
        left, top = left + before, top + above
    out = jax.lax.dynamic_slice(flat, (top, left * channels), (height, width * channels))
    return out.reshape(height, width, channels)


def _run_on(picture: Array, top: Array, left: Array, _fill: None, *, size: Size) -> Array:
    """The window of a picture at a place; where it reaches over the picture's buffer, anything shows."""
    rows, columns, channels = picture.shape
    height, width = size
    # One slice of all rows and another one: what lies right of a row is the start of the next.
    down = copied(picture.reshape(rows, columns * channels), top + jnp.arange(height + 1))
    values = jax.lax.dynamic_slice(materialize(down).reshape(-1), (left * channels,), (height * columns * channels,))
    return values.reshape(height, columns * channels)[:, : width * channels].reshape(height, width, channels)


def _multiplied(picture: Array, top: Array, left: Array, fill: Array | None, *, size: Size) -> Array:
    """The same where slices at places that differ between samples are gathers."""
    rows, columns, channels = picture.shape
    down, across = top + jnp.arange(size[0]), left + jnp.arange(size[1])
    out = multiplied(picture.reshape(rows, columns * channels), down).reshape(size[0], columns, channels)
    out = multiplied_columns(out, across)
    if fill is None:
        return out
    inside = ((down >= 0) & (down < rows))[:, None] & ((across >= 0) & (across < columns))
    return jnp.where(inside[..., None], out, fill)


def _where(condition: Array | bool, change: Any, picture: Array) -> Array:
    if isinstance(condition, bool):
        return change(picture) if condition else picture
    return branch(condition, change, lambda p: p, picture)


def transposes(warp: Warp) -> Array | bool:
    """Whether a warp exchanges rows and columns, statically where its sizes tell."""
    if not (isinstance(warp.map, Matrix) and warp.structure & Structure.SWAP):
        return False
    height, width = warp.size_in
    if height != width:
        return warp.size_out == (width, height)
    return warp.map.transposes


def static_where(condition: Array | bool, yes: Any, no: Any) -> Any:
    """One of two values, statically where the condition is known."""
    if isinstance(condition, bool):
        return yes if condition else no
    return jnp.where(condition, yes, no)
