"""One step of a chain: its border, its window, and the fills that borders of several steps lay over a picture."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array

from jaxaug.core.fill import fill_values
from jaxaug.geometry.warp import Warp
from jaxaug.kernels.dtype import round_to
from jaxaug.sampling.borders import border_coordinate, is_mirrored
from jaxaug.sampling.whole_pixel import static_where, transposes

#: What borders lay over a picture, the last step's first: how much of each value is not covered, and the fill there.
Fills: TypeAlias = list[tuple[Array, Any]]


def border_of(warp: Warp) -> str:
    """The rule by which a step reads outside its input; one that never does may use any."""
    return "replicate" if warp.reads_inside else warp.border_mode


def widens(warp: Warp) -> bool:
    """Whether a step's kernel grows where it shrinks the picture."""
    method = warp.interpolation
    return method == "area" or (warp.antialias and method != "nearest")


def needs_rule(warp: Warp) -> bool:
    """Whether a step may read outside its input or between pixels."""
    return not (warp.reads_inside and warp.is_whole_pixel)


def source_step(chain: list[Warp]) -> int:
    """The step whose border is that of the stored picture: the first that does more than turn it in place."""
    return next((i for i, w in enumerate(chain) if not (w.is_whole_pixel and w.is_onto)), 0)


def chain_transposes(chain: list[Warp]) -> Array | bool:
    """Whether the chain exchanges rows and columns, statically where the sizes tell."""
    swap: Array | bool = False
    for warp in chain:
        swap = xor(swap, transposes(warp))
    return swap


def xor(a: Array | bool, b: Array | bool) -> Array | bool:
    """Exclusive or that stays known where it can."""
    if isinstance(a, bool) and isinstance(b, bool):
        return a != b
    return jnp.logical_xor(a, b)


class Window(NamedTuple):
    """A rectangle of a canvas."""

    left: Any
    top: Any
    width: Any
    height: Any


class Entered(NamedTuple):
    """Points of a step's input, brought into it by its border's rule.

    Args:
        x, y: where they are read.
        mirrors_x, mirrors_y: bool, whether the border shows the picture backwards there.
    """

    x: Array
    y: Array
    mirrors_x: Array
    mirrors_y: Array


def window_of(warp: Warp) -> Window:
    """What may be read of a warp's input."""
    if warp.window is None:
        height, width = warp.canvas_in.size
        return Window(0.0, 0.0, width, height)
    x0, y0, x1, y1 = (warp.window[i] for i in range(4))
    return Window(x0, y0, x1 - x0, y1 - y0)


def enter(warp: Warp, x: Array, y: Array) -> Entered:
    """Points of a step's input brought into it by its border's rule."""
    border = border_of(warp)
    left, above, columns, rows = window_of(warp)
    mirrors = is_mirrored(x - left, columns, border), is_mirrored(y - above, rows, border)
    if not needs_rule(warp):
        return Entered(x, y, *mirrors)
    x = border_coordinate(x - left, columns, border) + left
    return Entered(x, border_coordinate(y - above, rows, border) + above, *mirrors)


def source_extent(warp: Warp, swapped: Array | bool = False) -> tuple[Any, Any]:
    """Rows and columns of the stored picture, after it has been turned."""
    if warp.extent_in is None:
        # A chain that may or may not turn its picture has a square one.
        return warp.size_in[::-1] if swapped is True else warp.size_in
    height, width = warp.extent_in.astype(jnp.int32)
    return static_where(swapped, width, height), static_where(swapped, height, width)


def lay(fills: Fills, cover: Array, fill: Any) -> None:
    """Adds what an earlier step's border lays over the picture; two of one colour are one."""
    if fills and isinstance(fill, int | float) and isinstance(fills[-1][1], int | float) and fill == fills[-1][1]:
        later = fills.pop()[0]
        cover = cover & later if cover.dtype == bool else cover * later
    fills.append((cover, fill))


def outer(rows: Array, columns: Array) -> Array:
    """Coverages of pixels from those of rows and columns."""
    if rows.dtype == bool:
        return rows[:, None] & columns[None, :]
    return rows[:, None] * columns[None, :]


def total(terms: Iterable[Array]) -> Array:
    """The sum of some arrays."""
    return functools.reduce(jnp.add, terms)


def blend_fills(value: Array, fills: Fills, *, nearest: bool = False) -> Array:
    """Lays the fills of the steps over a value, the first step's lowest."""
    for cover, fill in reversed(fills):
        colour = fill_values(fill, value)
        if nearest:
            value = jnp.where(cover[..., None], value, round_to(colour, value.dtype))
        else:
            value = value * cover[..., None] + (1 - cover[..., None]) * colour
    return value
