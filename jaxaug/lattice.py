"""Warps that move whole pixels: transposing, reversing and slicing, never interpolating."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.control import branch
from jaxaug.fill import Kind, fill_values, settings
from jaxaug.dtype import round_to
from jaxaug.warp import Matrix, Structure, Warp


def moves(warp: Warp, kind: Kind) -> bool:
    """Whether a warp is a turn and a window that slices can show."""
    if not warp.is_lattice or warp.window is not None:
        return False
    square = warp.size_in[0] == warp.size_in[1]
    if warp.structure & Structure.SWAP and warp.structure & Structure.SHIFT and not square:
        return False
    return warp.covers or (warp.nested and warp.border_mode == "constant")


def move(picture: Array, warp: Warp, kind: Kind) -> Array:
    """A picture through a lattice warp, by transposing, reversing and slicing it."""
    m, structure = warp.map.m, warp.structure
    turns = swaps(warp)
    picture = _where(turns, lambda p: jnp.swapaxes(p, 0, 1), picture)
    across, down = pick(turns, m[1, 0], m[0, 0]), pick(turns, m[0, 1], m[1, 1])
    if structure & (Structure.FLIP_X | Structure.SWAP):
        picture = _where(across < 0, lambda p: p[:, ::-1], picture)
    if structure & (Structure.FLIP_Y | Structure.SWAP):
        picture = _where(down < 0, lambda p: p[::-1], picture)
    if not structure & Structure.SHIFT:
        return picture
    rows, columns, channels = picture.shape
    height, width = warp.size_out
    left, top = pick(turns, m[1, 2], m[0, 2]), pick(turns, m[0, 2], m[1, 2])
    left, top = jnp.where(across < 0, columns - left, left), jnp.where(down < 0, rows - top, top)
    pad = (0, 0) if warp.covers else (max(height - rows, 0), max(width - columns, 0))
    if any(pad):
        fill = round_to(fill_values(settings(warp, kind)[1], picture), picture.dtype)
        canvas = jnp.broadcast_to(fill, (rows + 2 * pad[0], columns + 2 * pad[1], channels))
        picture = jax.lax.dynamic_update_slice(canvas, picture, (pad[0], pad[1], 0))
    start = (jnp.round(top).astype(jnp.int32) + pad[0], jnp.round(left).astype(jnp.int32) + pad[1], 0)
    return jax.lax.dynamic_slice(picture, start, (height, width, channels))


def _where(condition: Array | bool, change: Any, picture: Array) -> Array:
    if isinstance(condition, bool):
        return change(picture) if condition else picture
    return branch(condition, change, lambda p: p, picture)


def swaps(warp: Warp) -> Array | bool:
    """Whether a warp exchanges rows and columns, statically where its sizes tell."""
    if not (isinstance(warp.map, Matrix) and warp.structure & Structure.SWAP):
        return False
    height, width = warp.size_in
    if height != width:
        return warp.size_out == (width, height)
    return warp.map.swaps


def pick(condition: Array | bool, yes: Any, no: Any) -> Any:
    """One of two values, statically where the condition is known."""
    if isinstance(condition, bool):
        return yes if condition else no
    return jnp.where(condition, yes, no)
