"""Tiles that change places within one picture, copied as rectangles; other chains of warps look every pixel up."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.geometry.tile_maps import Tiles
from jaxaug.geometry.warp import Warp

#: Pixels of a tile from which on copying it costs less than looking them up.
LARGE = 128


def tiled(chain: Sequence[Warp], picture: Array) -> bool:
    """Whether a chain of warps is nothing but tiles that change places, few enough to copy them one after another.

    Args:
        run: the chain.
        picture: (height, width, channels) that it reads.
    """
    warp = chain[0]
    if len(chain) > 1 or not isinstance(warp.map, Tiles) or not warp.reads_whole or warp.extent_out is not None:
        return False
    height, width = picture.shape[:2]
    return warp.map.source.shape[0] * LARGE <= height * width


def copy_tiles(picture: Array, tiles: Tiles) -> Array:
    """A picture (height, width, channels) with its tiles in other places.

    Args:
        picture: of the size that the tiles fill.
        tiles: rows and columns of tiles that differ by a pixel at most, as `RandomGridShuffle` draws them.

    Example:
        >>> import jax.numpy as jnp
        >>> halves = Tiles(jnp.array([0.0, 1.0]), jnp.array([0.0, 2.0, 4.0]), jnp.array([1, 0]))
        >>> copy_tiles(jnp.arange(4)[None, :, None], halves)[0, :, 0]
        Array([2, 3, 0, 1], dtype=int32)
    """
    height, width, channels = picture.shape
    y, x = tiles.y.astype(jnp.int32), tiles.x.astype(jnp.int32) * channels
    rows, columns = len(y) - 1, len(x) - 1
    # All are copied as the largest may be: what reaches beyond a tile lies where later ones come, or on the rim.
    tall, wide = -(-height // rows), -(-width // columns) * channels
    flat = picture.reshape(height, width * channels)
    if width % columns:
        flat = materialize(jnp.concatenate([flat, flat[:, -channels:]], axis=1))
    if height % rows:
        flat = materialize(jnp.concatenate([flat, flat[-1:]], axis=0))

    def copy(tile: Array, out: Array) -> Array:
        source = tiles.source[tile]
        block = jax.lax.dynamic_slice(flat, (y[source // columns], x[source % columns]), (tall, wide))
        return jax.lax.dynamic_update_slice(out, block, (y[tile // columns], x[tile % columns]))

    out = jax.lax.fori_loop(0, rows * columns, copy, jnp.zeros_like(flat))
    return out[:height, : width * channels].reshape(picture.shape)
