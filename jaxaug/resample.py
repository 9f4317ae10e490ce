"""Reading pixels through a chain of warps: one resampling, every border, every interpolation.

A chain is read from its last step to its first: output pixel centres become coordinates of the step before, that
step's border rule is applied there, and so on down to the stored picture. A constant border leaves a *coverage*: how
much of the value comes from the picture rather than from that step's fill. Away from double interpolation this is
what applying the steps one after another would show.

Chains that only move whole pixels copy them; axis-aligned chains read rows and columns apart; all others gather.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.warp import Axes, Matrix, Structure, Warp, compose3, either

Kind = Literal["image", "mask"]
Fills = list[tuple[Any, Any]]


def settings(warp: Warp, kind: Kind) -> tuple[str, Any]:
    """The interpolation and fill that a warp uses for a kind of picture."""
    if kind == "image":
        return warp.interpolation, warp.fill
    return warp.mask_interpolation, warp.fill_mask


def runs(warps: Sequence[Warp], kind: Kind) -> list[list[Warp]]:
    """Splits a chain into the longest stretches that one resampling can show.

    Steps of different interpolations cannot share one, nor can a widened kernel with a map that bends rows.
    """
    out: list[list[Warp]] = []
    for warp in warps:
        if out and _joins(out[-1], warp, kind):
            out[-1].append(warp)
        else:
            out.append([warp])
    return out


def _joins(run: list[Warp], warp: Warp, kind: Kind) -> bool:
    chain = [w for w in [*run, warp] if not w.is_lattice]
    if any(_widens(w, kind) for w in chain) and not all(isinstance(w.map, Matrix) and w.is_separable for w in chain):
        return False
    return len({(settings(w, kind)[0], w.antialias) for w in chain}) <= 1


def _widens(warp: Warp, kind: Kind) -> bool:
    method = settings(warp, kind)[0]
    return method == "area" or (warp.antialias and method != "nearest")


def resample(picture: Array, warps: Sequence[Warp], kind: Kind) -> Array:
    """Reads a picture through a chain of warps, given in the order in which they apply.

    Args:
        picture: (height, width, channels), any dtype; its size is the first warp's `size_in`.
        warps: the chain.
        kind: `image` reads with each warp's interpolation and fill, `mask` with those for masks.

    Returns:
        (height, width, channels) of the last warp's `size_out`, in the picture's dtype.
    """
    for run in runs(warps, kind):
        active: Any = False
        for warp in run:
            active = either(active, warp.active)
        if active is True or run[0].size_in != run[-1].size_out:
            picture = _resample_run(picture, run, kind)
        else:
            picture = jax.lax.cond(active, lambda p, r=run: _resample_run(p, r, kind), lambda p: p, picture)
    return picture


def _resample_run(picture: Array, run: list[Warp], kind: Kind) -> Array:
    method = next((settings(w, kind)[0] for w in run if not w.is_lattice), "nearest")
    swap = _swap(run)
    if all(w.is_separable for w in run) and (isinstance(swap, bool) or picture.shape[0] == picture.shape[1]):
        return _read_separable(picture, run, kind, method)
    return _read_dense(picture, run, kind, "linear" if method == "area" else method)


def _swap(run: list[Warp]) -> Array | bool:
    """Whether the chain exchanges rows and columns, statically where the sizes tell."""
    swap: Array | bool = False
    for warp in run:
        swap = _xor(swap, _swaps(warp))
    return swap


def _swaps(warp: Warp) -> Array | bool:
    if not (isinstance(warp.map, Matrix) and warp.structure & Structure.SWAP):
        return False
    height, width = warp.size_in
    if height != width:
        return warp.size_out == (width, height)
    return warp.map.swaps


def _xor(a: Array | bool, b: Array | bool) -> Array | bool:
    if isinstance(a, bool) and isinstance(b, bool):
        return a != b
    return jnp.logical_xor(a, b)


def _pick(condition: Array | bool, yes: Any, no: Any) -> Any:
    if isinstance(condition, bool):
        return yes if condition else no
    return jnp.where(condition, yes, no)


# Borders ------------------------------------------------------------------------------------------------------------


def fold(coordinate: Array, extent: Any, border: str) -> Array:
    """Brings a coordinate into the canvas by a border's rule, and half a pixel inside its edges.

    Args:
        coordinate: edge coordinates along one axis.
        extent: length of the canvas along it.
        border: replicate, reflect, reflect_101 or wrap; a constant border is clamped like replicate.
    """
    if border == "reflect":
        period = 2.0 * extent
        coordinate = coordinate - period * jnp.floor(coordinate / period)
        coordinate = jnp.minimum(coordinate, period - coordinate)
    elif border == "reflect_101":
        period = jnp.maximum(2.0 * (extent - 1.0), 1e-6)
        centred = coordinate - 0.5
        centred = centred - period * jnp.floor(centred / period)
        coordinate = jnp.minimum(centred, period - centred) + 0.5
    elif border == "wrap":
        coordinate = coordinate - extent * jnp.floor(coordinate / extent)
    return jnp.clip(coordinate, 0.5, extent - 0.5)


def fold_index(index: Array, extent: int, border: str) -> Array:
    """The same rule for the index of a pixel."""
    if border == "reflect":
        index = jnp.mod(index, 2 * extent)
        index = jnp.minimum(index, 2 * extent - 1 - index)
    elif border == "reflect_101":
        period = max(2 * (extent - 1), 1)
        index = jnp.mod(index, period)
        index = jnp.minimum(index, period - index)
    elif border == "wrap":
        index = jnp.mod(index, extent)
    return jnp.clip(index, 0, extent - 1)


def _coverage(coordinate: Array, extent: Any, method: str) -> Array:
    """How much of a value read there comes from inside the canvas, along one axis."""
    if method == "nearest":
        return (coordinate >= 0) & (coordinate < extent)
    return jnp.clip(coordinate + 0.5, 0.0, 1.0) * jnp.clip(extent + 0.5 - coordinate, 0.0, 1.0)


def _needs_rule(warp: Warp) -> bool:
    return not (warp.covers and warp.is_lattice)


def _source(run: list[Warp]) -> int:
    """The step whose border is that of the stored picture: the first that does more than turn it in place."""
    return next((i for i, w in enumerate(run) if not (w.is_lattice and w.is_onto)), 0)


def _window(warp: Warp) -> tuple[Any, Any, Any, Any]:
    """Left, top, width and height of what may be read of a warp's input."""
    if warp.window is None:
        return 0.0, 0.0, warp.size_in[1], warp.size_in[0]
    x0, y0, x1, y1 = (warp.window[i] for i in range(4))
    return x0, y0, x1 - x0, y1 - y0


# Taps ---------------------------------------------------------------------------------------------------------------


def taps(coordinate: Array, extent: int, method: str, border: str) -> tuple[list[tuple[Array, Array]], Array | None]:
    """The pixels that a coordinate reads along one axis.

    Args:
        coordinate: edge coordinates.
        extent: number of pixels along the axis.
        method: linear, cubic (a = -0.75, as OpenCV) or lanczos (8 taps).
        border: where taps beyond the canvas read; under `constant` they weigh nothing.

    Returns:
        The (index, weight) pairs, and under `constant` the sum of the weights inside the canvas.
    """
    position = coordinate - 0.5
    base = jnp.floor(position)
    t = position - base
    base = base.astype(jnp.int32)
    offsets: tuple[int, ...]
    if method == "linear":
        offsets, weights = (0, 1), [1 - t, t]
    elif method == "cubic":
        offsets, weights = (-1, 0, 1, 2), [_cubic(t + 1), _cubic(t), _cubic(1 - t), _cubic(2 - t)]
    elif method == "lanczos":
        offsets = (-3, -2, -1, 0, 1, 2, 3, 4)
        weights = [_lanczos(t - o) for o in offsets]
        total = sum(weights[1:], weights[0])
        weights = [w / total for w in weights]
    else:
        raise ValueError(f"interpolation must be nearest, linear, cubic, lanczos or area, got {method!r}.")
    if border != "constant":
        return [(fold_index(base + o, extent, border), w) for o, w in zip(offsets, weights, strict=True)], None
    pairs = []
    cover = jnp.zeros_like(t)
    for offset, weight in zip(offsets, weights, strict=True):
        index = base + offset
        weight = jnp.where((index >= 0) & (index < extent), weight, 0.0)
        cover = cover + weight
        pairs.append((jnp.clip(index, 0, extent - 1), weight))
    return pairs, cover


def _cubic(d: Array, a: float = -0.75) -> Array:
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return jnp.where(d <= 1, near, jnp.where(d < 2, far, 0.0))


def _lanczos(d: Array, lobes: int = 4) -> Array:
    return jnp.where(jnp.abs(d) < lobes, jnp.sinc(d) * jnp.sinc(d / lobes), 0.0)


def kernel_matrix(coordinate: Array, scale: Array, extent: int, method: str) -> Array:
    """Weights of every source pixel for every output coordinate, widened where the picture shrinks.

    Args:
        coordinate: (n,) edge coordinates of the outputs.
        scale: source pixels per output pixel.
        extent: number of source pixels.
        method: area (a box), linear (a triangle), cubic or lanczos.

    Returns:
        (n, extent), rows summing to one.
    """
    stretch = jnp.maximum(jnp.abs(scale), 1.0)
    d = (jnp.arange(extent) + 0.5 - coordinate[:, None]) / stretch
    if method == "area":
        lower = jnp.maximum(jnp.arange(extent), coordinate[:, None] - stretch / 2)
        upper = jnp.minimum(jnp.arange(1, extent + 1), coordinate[:, None] + stretch / 2)
        w = jnp.maximum(upper - lower, 0.0)
    elif method == "linear":
        w = jnp.maximum(1 - jnp.abs(d), 0.0)
    elif method == "cubic":
        w = _cubic(jnp.abs(d), -0.5)
    else:
        w = _lanczos(d, 3)
    return w / jnp.maximum(w.sum(axis=1, keepdims=True), 1e-12)


# Reading rows and columns apart -------------------------------------------------------------------------------------


def _read_separable(picture: Array, run: list[Warp], kind: Kind, method: str) -> Array:
    height, width = run[-1].size_out
    u = jnp.arange(width, dtype=jnp.float32) + 0.5
    v = jnp.arange(height, dtype=jnp.float32) + 0.5
    swapped: Array | bool = False
    scale_u = scale_v = jnp.float32(1.0)
    fills: Fills = []
    source = _source(run)
    source_border = "replicate"
    for step in range(len(run) - 1, -1, -1):
        warp = run[step]
        if isinstance(warp.map, Axes):
            u, v = _axes_step(warp, u, v, swapped)
        else:
            m = warp.map.m
            turns = _swaps(warp)
            # u runs along the output's columns: it is x unless an odd number of exchanges lies behind it.
            ux, uy = _pick(turns, m[1, 0], m[0, 0]), _pick(turns, m[0, 1], m[1, 1])
            cx, cy = _pick(turns, m[1, 2], m[0, 2]), _pick(turns, m[0, 2], m[1, 2])
            au, av = _pick(swapped, uy, ux), _pick(swapped, ux, uy)
            u, v = au * u + _pick(swapped, cy, cx), av * v + _pick(swapped, cx, cy)
            scale_u, scale_v = scale_u * au, scale_v * av
            swapped = _xor(swapped, turns)
        if not _needs_rule(warp):
            continue
        border = "replicate" if warp.covers else warp.border_mode
        left, above, columns, rows = _window(warp)
        start_u, start_v = _pick(swapped, above, left), _pick(swapped, left, above)
        extent_u, extent_v = _pick(swapped, rows, columns), _pick(swapped, columns, rows)
        if border == "constant" and (method == "nearest" or step > source):
            covers = _coverage(v - start_v, extent_v, method), _coverage(u - start_u, extent_u, method)
            fills.append((_outer(*covers), settings(warp, kind)[1]))
        if step == source and warp.window is None:
            source_border = border
        elif method != "nearest" or border != "constant":
            u = fold(u - start_u, extent_u, border) + start_u
            v = fold(v - start_v, extent_v, border) + start_v
    if swapped is True:
        picture = jnp.swapaxes(picture, 0, 1)
    elif swapped is not False:
        picture = jax.lax.cond(swapped, lambda p: jnp.swapaxes(p, 0, 1), lambda p: p, picture)
    rows, columns = picture.shape[:2]
    if method == "nearest":
        iv = fold_index(jnp.floor(v).astype(jnp.int32), rows, source_border)
        iu = fold_index(jnp.floor(u).astype(jnp.int32), columns, source_border)
        out = jnp.take(jnp.take(picture, iv, axis=0, mode="clip"), iu, axis=1, mode="clip")
        return _compose(out, fills, nearest=True)
    value = picture.astype(jnp.float32)
    if any(_widens(w, kind) for w in run):
        if source_border == "constant":
            colour = settings(run[source], kind)[1]
            fills.append((_outer(_coverage(v, rows, method), _coverage(u, columns, method)), colour))
        wv = kernel_matrix(fold(v, rows, source_border), scale_v, rows, method)
        wu = kernel_matrix(fold(u, columns, source_border), scale_u, columns, method)
        value = jnp.einsum("ij,jkc->ikc", wv, value, precision=jax.lax.Precision.HIGHEST)
        value = jnp.einsum("lk,ikc->ilc", wu, value, precision=jax.lax.Precision.HIGHEST)
        return round_to(_compose(value, fills), picture.dtype)
    method = "linear" if method == "area" else method
    pairs_v, cover_v = taps(v, rows, method, source_border)
    pairs_u, cover_u = taps(u, columns, method, source_border)
    value = sum(
        (jnp.take(value, i, axis=0, mode="clip") * w[:, None, None] for i, w in pairs_v[1:]),
        jnp.take(value, pairs_v[0][0], axis=0, mode="clip") * pairs_v[0][1][:, None, None],
    )
    value = sum(
        (jnp.take(value, i, axis=1, mode="clip") * w[:, None] for i, w in pairs_u[1:]),
        jnp.take(value, pairs_u[0][0], axis=1, mode="clip") * pairs_u[0][1][:, None],
    )
    if cover_u is not None and cover_v is not None:
        value = value + (1 - _outer(cover_v, cover_u)[..., None]) * fill_values(settings(run[source], kind)[1], picture)
    return round_to(_compose(value, fills), picture.dtype)


def _axes_step(warp: Warp, u: Array, v: Array, swapped: Array | bool) -> tuple[Array, Array]:
    new_u = _pick(swapped, warp.map.pull_y(u), warp.map.pull_x(u))
    new_v = _pick(swapped, warp.map.pull_x(v), warp.map.pull_y(v))
    if warp.active is True:
        return new_u, new_v
    return jnp.where(warp.active, new_u, u), jnp.where(warp.active, new_v, v)


def _outer(rows: Array, columns: Array) -> Array:
    if rows.dtype == bool:
        return rows[:, None] & columns[None, :]
    return rows[:, None] * columns[None, :]


# Reading in two dimensions ------------------------------------------------------------------------------------------


def coordinates(run: list[Warp], kind: Kind, method: str) -> tuple[Array, Array, Fills]:
    """Where every output pixel of a chain reads in the stored picture, and what its borders lay over it."""
    height, width = run[-1].size_out
    y, x = jnp.meshgrid(
        jnp.arange(height, dtype=jnp.float32) + 0.5, jnp.arange(width, dtype=jnp.float32) + 0.5, indexing="ij"
    )
    fills: Fills = []
    source = _source(run)
    pending: Any = None
    projective = False

    def settle() -> None:
        nonlocal x, y, pending, projective
        if pending is not None:
            structure = Structure.PROJECTIVE if projective else Structure.AFFINE
            x, y = Matrix(pending, structure).pull(x, y)
        pending, projective = None, False

    for step in range(len(run) - 1, -1, -1):
        warp = run[step]
        if isinstance(warp.map, Matrix):
            pending = warp.map.m if pending is None else compose3(warp.map.m, pending)
            projective = projective or bool(warp.structure & Structure.PROJECTIVE)
        else:
            settle()
            x, y = warp.pull(x, y)
        if (step == source and warp.window is None) or not _needs_rule(warp):
            continue
        settle()
        border = "replicate" if warp.covers else warp.border_mode
        left, above, columns, rows = _window(warp)
        if border == "constant":
            inside = (_coverage(y - above, rows, method), _coverage(x - left, columns, method))
            cover = inside[0] & inside[1] if method == "nearest" else inside[0] * inside[1]
            fills.append((cover, settings(warp, kind)[1]))
        if method != "nearest" or border != "constant":
            x, y = fold(x - left, columns, border) + left, fold(y - above, rows, border) + above
    settle()
    return x, y, fills


def _read_dense(picture: Array, run: list[Warp], kind: Kind, method: str) -> Array:
    rows, columns, channels = picture.shape
    x, y, fills = coordinates(run, kind, method)
    source = run[_source(run)]
    border = "replicate" if source.covers or source.window is not None else source.border_mode
    fill = settings(source, kind)[1]
    flat = picture.reshape(rows * columns, channels)
    if method == "nearest":
        if border == "constant":
            fills.append((_coverage(x, columns, method) & _coverage(y, rows, method), fill))
        ix = fold_index(jnp.floor(x).astype(jnp.int32), columns, border)
        iy = fold_index(jnp.floor(y).astype(jnp.int32), rows, border)
        return _compose(jnp.take(flat, iy * columns + ix, axis=0, mode="clip"), fills, nearest=True)
    pairs_x, cover_x = taps(x, columns, method, border)
    pairs_y, cover_y = taps(y, rows, method, border)
    value = jnp.zeros((*x.shape, channels), jnp.float32)
    for iy, wy in pairs_y:
        for ix, wx in pairs_x:
            read = jnp.take(flat, iy * columns + ix, axis=0, mode="clip").astype(jnp.float32)
            value = value + read * (wx * wy)[..., None]
    if cover_x is not None and cover_y is not None:
        value = value + (1 - cover_x * cover_y)[..., None] * fill_values(fill, picture)
    return round_to(_compose(value, fills), picture.dtype)


def _compose(value: Array, fills: Fills, *, nearest: bool = False) -> Array:
    """Lays the fills of the steps over a value, the first step's lowest."""
    for cover, fill in reversed(fills):
        colour = fill_values(fill, value)
        if nearest:
            value = jnp.where(cover[..., None], value, round_to(colour, value.dtype))
        else:
            value = value * cover[..., None] + (1 - cover[..., None]) * colour
    return value


def fill_values(fill: Any, picture: Array) -> Array:
    """A fill as one float per channel.

    Raises:
        ValueError: it is neither one number nor one per channel.
    """
    channels = picture.shape[-1]
    value = jnp.asarray(fill, jnp.float32).reshape(-1)
    if value.size not in (1, channels):
        raise ValueError(
            f"A fill needs one value, or one per channel: the picture has {channels} channels, "
            f"the fill has {value.size} values. Give a single number to fill all channels."
        )
    return jnp.broadcast_to(value, (channels,))


def round_to(value: Array, dtype: Any) -> Array:
    """Floats to a dtype: rounded to the nearest and clipped to its range if it counts, else cast."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return value > 0.5
    if jnp.issubdtype(dtype, jnp.integer):
        info = jnp.iinfo(dtype)
        return jnp.clip(jnp.round(value), info.min, info.max).astype(dtype)
    return value.astype(dtype)
