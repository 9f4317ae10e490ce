"""Reading in two dimensions: chains of warps of any kind, pixel by pixel."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.core.fill import fill_values
from jaxaug.geometry.maps import Matrix, Structure
from jaxaug.geometry.matrices import compose3
from jaxaug.geometry.warp import Warp
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.sampling.borders import border_coordinate, border_index, coverage
from jaxaug.sampling.interpolation import taps
from jaxaug.sampling.packed import read_packed_dense
from jaxaug.sampling.steps import Fills, blend_fills, border_of, lay, needs_rule, source_extent, source_step, window_of


def coordinates(chain: list[Warp], method: str, *, at_source: bool) -> tuple[Array, Array, Fills]:
    """Where every output pixel of a chain reads in the stored picture, and what its borders lay over it.

    Args:
        run: the chain.
        method: how it is read.
        at_source: whether the border of the stored picture is left to whoever reads it.
    """
    height, width = chain[-1].size_out
    y, x = jnp.meshgrid(
        jnp.arange(height, dtype=jnp.float32) + 0.5, jnp.arange(width, dtype=jnp.float32) + 0.5, indexing="ij"
    )
    fills: Fills = []
    source = source_step(chain)
    pending: Any = None
    projective = False

    def settle() -> None:
        nonlocal x, y, pending, projective
        if pending is not None:
            structure = Structure.PROJECTIVE if projective else Structure.AFFINE
            x, y = Matrix(pending, structure).pull(x, y)
        pending, projective = None, False

    for step in range(len(chain) - 1, -1, -1):
        warp = chain[step]
        if isinstance(warp.map, Matrix):
            pending = warp.map.m if pending is None else compose3(warp.map.m, pending)
            projective = projective or bool(warp.structure & Structure.PROJECTIVE)
        else:
            settle()
            x, y = warp.pull(x, y, centres=step == len(chain) - 1)
        if (step == source and at_source) or not needs_rule(warp):
            continue
        settle()
        border = border_of(warp)
        left, above, columns, rows = window_of(warp)
        if border == "constant":
            inside = (coverage(y - above, rows, method), coverage(x - left, columns, method))
            cover = inside[0] & inside[1] if method == "nearest" else inside[0] * inside[1]
            lay(fills, cover, warp.fill)
        if method != "nearest" or border != "constant":
            x, y = (
                border_coordinate(x - left, columns, border) + left,
                border_coordinate(y - above, rows, border) + above,
            )
    settle()
    return x, y, fills


def read_dense(picture: Array, chain: list[Warp], method: str) -> Array:
    """A picture (height, width, channels) through a chain, each pixel read where it lies."""
    source = chain[source_step(chain)]
    border = border_of(source)
    in_words = method == "linear" and pixel_packing.fits(picture) and (source.extent_in is None or border != "wrap")
    # The rim of packed words lies around the whole buffer.
    at_source = source.window is None and not (in_words and source.extent_in is not None)
    x, y, fills = coordinates(chain, method, at_source=at_source)
    border = border if at_source else "replicate"
    rows, columns = source_extent(chain[0])
    stride, channels = picture.shape[1:]
    fill = source.fill
    if method == "nearest":
        if border == "constant":
            lay(fills, coverage(x, columns, method) & coverage(y, rows, method), fill)
        ix = border_index(jnp.floor(x).astype(jnp.int32), columns, border)
        iy = border_index(jnp.floor(y).astype(jnp.int32), rows, border)
        flat = picture.reshape(-1, channels)
        index = materialize(iy * stride + ix)
        if channels == 1:
            read = jnp.take(flat[:, 0], index, mode="clip")[..., None]
        else:
            read = jnp.take(flat, index, axis=0, mode="clip")
        return blend_fills(read, fills, nearest=True)
    if in_words:
        return read_packed_dense(picture, x, y, border, fill, fills)
    x, y = materialize((x, y))
    pairs_x, cover_x = taps(x, columns, method, border)
    pairs_y, cover_y = taps(y, rows, method, border)
    flat = picture.reshape(-1, channels)
    value = jnp.zeros((*x.shape, channels), jnp.float32)
    for iy, wy in pairs_y:
        for ix, wx in pairs_x:
            read = jnp.take(flat, iy * stride + ix, axis=0, mode="clip").astype(jnp.float32)
            value = value + read * (wx * wy)[..., None]
    if cover_x is not None and cover_y is not None:
        value = value + (1 - cover_x * cover_y)[..., None] * fill_values(fill, picture)
    return round_to(blend_fills(value, fills), picture.dtype)
