"""Reading rows and columns apart: chains of warps whose rows and columns stay rows and columns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import branch, materialize
from jaxaug.backend.gather import take_rows
from jaxaug.geometry.maps import Axes
from jaxaug.geometry.warp import Warp
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.sampling.borders import border_coordinate, border_index, coverage
from jaxaug.sampling.interpolation import kernel_matrix, taps
from jaxaug.sampling.rows_and_columns import read_rows_and_columns
from jaxaug.sampling.steps import (
    Fills,
    blend_fills,
    border_of,
    lay,
    needs_rule,
    outer,
    source_extent,
    source_step,
    widens,
    window_of,
    xor,
)
from jaxaug.sampling.whole_pixel import static_where, transposes


def read_separable(picture: Array, chain: list[Warp], method: str) -> Array:
    """A picture (height, width, channels) through a chain, its rows and its columns read apart."""
    height, width = chain[-1].size_out
    u = jnp.arange(width, dtype=jnp.float32) + 0.5
    v = jnp.arange(height, dtype=jnp.float32) + 0.5
    swapped: Array | bool = False
    scale_u = scale_v = jnp.float32(1.0)
    fills: Fills = []
    source = source_step(chain)
    source_border = "replicate"
    readable: Any = (None, None)
    for step in range(len(chain) - 1, -1, -1):
        warp = chain[step]
        if isinstance(warp.map, Axes):
            u, v = _axes_step(warp, u, v, swapped)
        else:
            m = warp.map.m
            turns = transposes(warp)
            # u runs along the output's columns: it is x unless an odd number of exchanges lies behind it.
            ux, uy = static_where(turns, m[1, 0], m[0, 0]), static_where(turns, m[0, 1], m[1, 1])
            cx, cy = static_where(turns, m[1, 2], m[0, 2]), static_where(turns, m[0, 2], m[1, 2])
            au, av = static_where(swapped, uy, ux), static_where(swapped, ux, uy)
            u, v = au * u + static_where(swapped, cy, cx), av * v + static_where(swapped, cx, cy)
            scale_u, scale_v = scale_u * au, scale_v * av
            swapped = xor(swapped, turns)
        if not needs_rule(warp):
            continue
        border = border_of(warp)
        left, above, columns, rows = window_of(warp)
        start_u, start_v = static_where(swapped, above, left), static_where(swapped, left, above)
        extent_u, extent_v = static_where(swapped, rows, columns), static_where(swapped, columns, rows)
        at_source = step == source and warp.window is None
        if step == source and not warp.reads_whole:
            readable = (start_u, extent_u), (start_v, extent_v)
        if border == "constant" and (method == "nearest" or not at_source):
            cover = coverage(v - start_v, extent_v, method), coverage(u - start_u, extent_u, method)
            lay(fills, outer(*cover), warp.fill)
        if at_source:
            source_border = border
        elif method != "nearest" or border != "constant":
            u = border_coordinate(u - start_u, extent_u, border) + start_u
            v = border_coordinate(v - start_v, extent_v, border) + start_v
    if swapped is True:
        picture = pixel_packing.transpose(picture)
    elif swapped is not False:
        picture = branch(swapped, pixel_packing.transpose, lambda p: p, picture)
    rows, columns = source_extent(chain[0], swapped)
    if method == "nearest":
        iv = border_index(jnp.floor(v).astype(jnp.int32), rows, source_border)
        iu = border_index(jnp.floor(u).astype(jnp.int32), columns, source_border)
        return blend_fills(_take_rows(_take_rows(picture, iv, transpose=True), iu, transpose=True), fills, nearest=True)
    if any(widens(w) for w in chain):
        if source_border == "constant":
            lay(fills, outer(coverage(v, rows, method), coverage(u, columns, method)), chain[source].fill)
        wv = kernel_matrix(border_coordinate(v, rows, source_border), scale_v, picture.shape[0], method, readable[1])
        wu = kernel_matrix(border_coordinate(u, columns, source_border), scale_u, picture.shape[1], method, readable[0])
        value = jnp.einsum("ij,jkc->ikc", wv, picture.astype(jnp.float32), precision=jax.lax.Precision.HIGHEST)
        value = jnp.einsum("lk,ikc->ilc", wu, value, precision=jax.lax.Precision.HIGHEST)
        return round_to(blend_fills(value, fills), picture.dtype)
    method = "linear" if method == "area" else method
    u, v = materialize((u, v))
    down, across = taps(v, rows, method, source_border), taps(u, columns, method, source_border)
    return read_rows_and_columns(picture, down, across, chain[source].fill, fills)


def _take_rows(picture: Array, index: Array, *, transpose: bool = False) -> Array:
    """Rows of a picture, each copied whole; the result may be transposed, so that the next ones are its columns."""
    height, width, channels = picture.shape
    rows = take_rows(picture.reshape(height, width * channels), index).reshape(-1, width, channels)
    return pixel_packing.transpose(materialize(rows)) if transpose else rows


def _axes_step(warp: Warp, u: Array, v: Array, swapped: Array | bool) -> tuple[Array, Array]:
    new_u = static_where(swapped, warp.map.pull_y(u), warp.map.pull_x(u))
    new_v = static_where(swapped, warp.map.pull_x(v), warp.map.pull_y(v))
    if warp.active is True:
        return new_u, new_v
    return jnp.where(warp.active, new_u, u), jnp.where(warp.active, new_v, v)
