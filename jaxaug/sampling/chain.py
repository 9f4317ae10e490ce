"""Reading pixels through a chain of warps: one resampling, every border, every interpolation.

A chain is read from its last step to its first: output pixel centres become coordinates of the step before, that
step's border rule is applied there, and so on down to the stored picture. A constant border leaves a *coverage*: how
much of the value comes from the picture rather than from that step's fill. Away from double interpolation this is
what applying the steps one after another would show.

Chains that only move whole pixels copy them; axis-aligned chains read rows and columns apart; all others gather.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax import Array

from jaxaug.backend.compiler import branch, either
from jaxaug.geometry.maps import Matrix
from jaxaug.geometry.warp import Warp
from jaxaug.sampling.remap import read_dense
from jaxaug.sampling.separable import read_separable
from jaxaug.sampling.steps import chain_transposes, widens
from jaxaug.sampling.tiles import copy_tiles, tiled
from jaxaug.sampling.whole_pixel import copies, copy_pixels


def resample(picture: Array, warps: Sequence[Warp]) -> Array:
    """Reads a picture through a chain of warps, given in the order in which they apply.

    Args:
        picture: (height, width, channels), any dtype; its size is the first warp's `size_in`.
        warps: the chain, fitted to the picture.

    Returns:
        (height, width, channels) of the last warp's `size_out`, in the picture's dtype.
    """
    for stretch in stretches(warps):
        if all(copies(w) for w in stretch):
            for warp in stretch:
                picture = copy_pixels(picture, warp)
            continue
        active: Any = False
        for warp in stretch:
            active = either(active, warp.active)
        if active is True or stretch[0].size_in != stretch[-1].size_out:
            picture = _read_stretch(picture, stretch)
        else:
            picture = branch(active, lambda p, r=stretch: _read_stretch(p, r), lambda p: p, picture)
    return picture


def stretches(warps: Sequence[Warp]) -> list[list[Warp]]:
    """Splits a chain into the longest stretches that one resampling can show.

    Steps of different interpolations cannot share one, nor can a widened kernel with a map that bends rows.
    """
    out: list[list[Warp]] = []
    for warp in warps:
        if out and _joins(out[-1], warp):
            out[-1].append(warp)
        else:
            out.append([warp])
    return out


def _joins(stretch: list[Warp], warp: Warp) -> bool:
    chain = [w for w in [*stretch, warp] if not w.is_whole_pixel]
    if any(widens(w) for w in chain) and not all(isinstance(w.map, Matrix) and w.is_separable for w in chain):
        return False
    return len({(w.interpolation, w.antialias) for w in chain}) <= 1


def _read_stretch(picture: Array, stretch: list[Warp]) -> Array:
    method = next((w.interpolation for w in stretch if not w.is_whole_pixel), "nearest")
    swap = chain_transposes(stretch)
    if all(w.is_separable for w in stretch) and (isinstance(swap, bool) or picture.shape[0] == picture.shape[1]):
        return read_separable(picture, stretch, method)

    def dense(picture: Array, stretch: list[Warp]) -> Array:
        return read_dense(picture, stretch, "linear" if method == "area" else method)

    if tiled(stretch, picture):
        return jax.lax.platform_dependent(
            picture,
            stretch,
            cpu=lambda picture, stretch: copy_tiles(picture, stretch[0].map),
            default=dense,
        )
    return dense(picture, stretch)
