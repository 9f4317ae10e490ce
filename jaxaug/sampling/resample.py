"""Reading pixels through a chain of warps: one resampling, every border, every interpolation.

A chain is read from its last step to its first: output pixel centres become coordinates of the step before, that
step's border rule is applied there, and so on down to the stored picture. A constant border leaves a *coverage*: how
much of the value comes from the picture rather than from that step's fill. Away from double interpolation this is
what applying the steps one after another would show.

Chains that only move whole pixels copy them; axis-aligned chains read rows and columns apart; all others gather.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import branch, in_strips, materialize
from jaxaug.backend.gather import take_columns, take_rows
from jaxaug.geometry.maps import Axes, Matrix, Structure
from jaxaug.geometry.matrices import compose3
from jaxaug.geometry.warp import Warp, either
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.kernels.fixed_point import ONE, Lanes, gathered, mixed, spread, weight
from jaxaug.sampling.fill import Kind, fill_values, settings
from jaxaug.sampling.interpolation import coverage, fold, fold_index, kernel_matrix, mirrored, taps
from jaxaug.sampling.tiles import copy_tiles, tiled
from jaxaug.sampling.whole_pixel import move, moves, pick, swaps

Fills = list[tuple[Any, Any]]
Taps = tuple[list[tuple[Array, Array]], Array | None]


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
        if all(moves(w, kind) for w in run):
            for warp in run:
                picture = move(picture, warp, kind)
            continue
        active: Any = False
        for warp in run:
            active = either(active, warp.active)
        if active is True or run[0].size_in != run[-1].size_out:
            picture = _resample_run(picture, run, kind)
        else:
            picture = branch(active, lambda p, r=run: _resample_run(p, r, kind), lambda p: p, picture)
    return picture


def _resample_run(picture: Array, run: list[Warp], kind: Kind) -> Array:
    method = next((settings(w, kind)[0] for w in run if not w.is_lattice), "nearest")
    swap = _swap(run)
    if all(w.is_separable for w in run) and (isinstance(swap, bool) or picture.shape[0] == picture.shape[1]):
        return _read_separable(picture, run, kind, method)

    def dense(picture: Array, run: list[Warp]) -> Array:
        return _read_dense(picture, run, kind, "linear" if method == "area" else method)

    if tiled(run, picture):
        return jax.lax.platform_dependent(
            picture, run, cpu=lambda picture, run: copy_tiles(picture, run[0].map), default=dense
        )
    return dense(picture, run)


def _swap(run: list[Warp]) -> Array | bool:
    """Whether the chain exchanges rows and columns, statically where the sizes tell."""
    swap: Array | bool = False
    for warp in run:
        swap = _xor(swap, swaps(warp))
    return swap


def _xor(a: Array | bool, b: Array | bool) -> Array | bool:
    if isinstance(a, bool) and isinstance(b, bool):
        return a != b
    return jnp.logical_xor(a, b)


def _needs_rule(warp: Warp) -> bool:
    return not (warp.covers and warp.is_lattice)


def _source(run: list[Warp]) -> int:
    """The step whose border is that of the stored picture: the first that does more than turn it in place."""
    return next((i for i, w in enumerate(run) if not (w.is_lattice and w.is_onto)), 0)


def _window(warp: Warp) -> tuple[Any, Any, Any, Any]:
    """Left, top, width and height of what may be read of a warp's input."""
    if warp.window is None:
        height, width = warp.canvas_in.size
        return 0.0, 0.0, width, height
    x0, y0, x1, y1 = (warp.window[i] for i in range(4))
    return x0, y0, x1 - x0, y1 - y0


def enter(warp: Warp, x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
    """Points of a step's input brought into it by its border's rule, and whether that mirrors x and y there."""
    border = "replicate" if warp.covers else warp.border_mode
    left, above, columns, rows = _window(warp)
    mirrors = mirrored(x - left, columns, border), mirrored(y - above, rows, border)
    if not _needs_rule(warp):
        return x, y, *mirrors
    return fold(x - left, columns, border) + left, fold(y - above, rows, border) + above, *mirrors


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
    readable: Any = (None, None)
    for step in range(len(run) - 1, -1, -1):
        warp = run[step]
        if isinstance(warp.map, Axes):
            u, v = _axes_step(warp, u, v, swapped)
        else:
            m = warp.map.m
            turns = swaps(warp)
            # u runs along the output's columns: it is x unless an odd number of exchanges lies behind it.
            ux, uy = pick(turns, m[1, 0], m[0, 0]), pick(turns, m[0, 1], m[1, 1])
            cx, cy = pick(turns, m[1, 2], m[0, 2]), pick(turns, m[0, 2], m[1, 2])
            au, av = pick(swapped, uy, ux), pick(swapped, ux, uy)
            u, v = au * u + pick(swapped, cy, cx), av * v + pick(swapped, cx, cy)
            scale_u, scale_v = scale_u * au, scale_v * av
            swapped = _xor(swapped, turns)
        if not _needs_rule(warp):
            continue
        border = "replicate" if warp.covers else warp.border_mode
        left, above, columns, rows = _window(warp)
        start_u, start_v = pick(swapped, above, left), pick(swapped, left, above)
        extent_u, extent_v = pick(swapped, rows, columns), pick(swapped, columns, rows)
        at_source = step == source and warp.window is None
        if step == source and not warp.reads_whole:
            readable = (start_u, extent_u), (start_v, extent_v)
        if border == "constant" and (method == "nearest" or not at_source):
            covers = coverage(v - start_v, extent_v, method), coverage(u - start_u, extent_u, method)
            _lay(fills, _outer(*covers), settings(warp, kind)[1])
        if at_source:
            source_border = border
        elif method != "nearest" or border != "constant":
            u = fold(u - start_u, extent_u, border) + start_u
            v = fold(v - start_v, extent_v, border) + start_v
    if swapped is True:
        picture = pixel_packing.transpose(picture)
    elif swapped is not False:
        picture = branch(swapped, pixel_packing.transpose, lambda p: p, picture)
    rows, columns = _extent(run[0], swapped)
    if method == "nearest":
        iv = fold_index(jnp.floor(v).astype(jnp.int32), rows, source_border)
        iu = fold_index(jnp.floor(u).astype(jnp.int32), columns, source_border)
        return _compose(_take_rows(_take_rows(picture, iv, transpose=True), iu, transpose=True), fills, nearest=True)
    if any(_widens(w, kind) for w in run):
        if source_border == "constant":
            _lay(fills, _outer(coverage(v, rows, method), coverage(u, columns, method)), settings(run[source], kind)[1])
        wv = kernel_matrix(fold(v, rows, source_border), scale_v, picture.shape[0], method, readable[1])
        wu = kernel_matrix(fold(u, columns, source_border), scale_u, picture.shape[1], method, readable[0])
        value = jnp.einsum("ij,jkc->ikc", wv, picture.astype(jnp.float32), precision=jax.lax.Precision.HIGHEST)
        value = jnp.einsum("lk,ikc->ilc", wu, value, precision=jax.lax.Precision.HIGHEST)
        return round_to(_compose(value, fills), picture.dtype)
    method = "linear" if method == "area" else method
    u, v = materialize((u, v))
    pairs_v, cover_v = taps(v, rows, method, source_border)
    pairs_u, cover_u = taps(u, columns, method, source_border)
    colour = settings(run[source], kind)[1]
    if method == "linear" and pixel_packing.fits(picture):
        return _lerp_words(picture, (pairs_v, cover_v), (pairs_u, cover_u), colour, fills)
    value = picture.astype(jnp.float32)
    value = _total(_take_rows(value, i) * w[:, None, None] for i, w in pairs_v)
    value = _total(take_columns(value, i) * w[:, None] for i, w in pairs_u)
    if cover_u is not None and cover_v is not None:
        value = value + (1 - _outer(cover_v, cover_u)[..., None]) * fill_values(colour, picture)
    return round_to(_compose(value, fills), picture.dtype)


def _extent(warp: Warp, swapped: Array | bool = False) -> tuple[Any, Any]:
    """Rows and columns of the stored picture, after it has been turned."""
    if warp.extent_in is None:
        # A chain that may or may not turn its picture has a square one.
        return warp.size_in[::-1] if swapped is True else warp.size_in
    height, width = warp.extent_in.astype(jnp.int32)
    return pick(swapped, width, height), pick(swapped, height, width)


def _total(terms: Iterable[Array]) -> Array:
    return functools.reduce(jnp.add, terms)


def _take_rows(picture: Array, index: Array, *, transpose: bool = False) -> Array:
    """Rows of a picture, each copied whole; the result may be transposed, so that the next ones are its columns."""
    height, width, channels = picture.shape
    rows = take_rows(picture.reshape(height, width * channels), index).reshape(-1, width, channels)
    return pixel_packing.transpose(materialize(rows)) if transpose else rows


def _lerp_words(picture: Array, down: Taps, across: Taps, fill: Any, fills: Fills) -> Array:
    """Reads an 8-bit picture linearly along rows and columns, in whole numbers.

    Rows are copied whole and mixed, and so are columns, as rows of the transpose: cheaper than reading pixels.

    Args:
        picture: (height, width, channels) that `words.fits`.
        down, across: what `taps` gives for the outputs' rows and columns.
        fill: what shows where the weights inside the picture do not sum to one.
        fills: what the borders of later steps lay over it.
    """
    channels = picture.shape[-1]

    def colour(of: Any) -> Lanes:
        level = round_to(fill_values(of, picture), picture.dtype)
        return spread(pixel_packing.pack(level[None, None])[0, 0], channels)

    def mix(reads: list[Lanes], pairs: list[tuple[Array, Array]], cover: Array | None) -> Lanes:
        one = weight(pairs[1][1])
        other = jnp.minimum(weight(pairs[0][1]), ONE - one)
        shares = materialize([share[:, None] for share in (other, one, ONE - one - other)])
        whole = cover is None
        return mixed(list(zip(reads if whole else [*reads, colour(fill)], shares, strict=not whole)), channels)

    packed = materialize(pixel_packing.pack(picture))
    rows = materialize(mix([spread(take_rows(packed, i), channels) for i, _ in down[0]], *down))
    turned = materialize([lane.T for lane in rows])
    lanes = mix([tuple(take_rows(lane, i) for lane in turned) for i, _ in across[0]], *across)
    for above, over in reversed(fills):
        share = weight(above.T)
        lanes = mixed([(lanes, share), (colour(over), ONE - share)], channels)
    return pixel_packing.unpack(materialize(materialize(gathered(lanes)).T), channels)


def _floats(levels: Array) -> Array:
    return levels.astype(jnp.int32).astype(jnp.float32)


def _axes_step(warp: Warp, u: Array, v: Array, swapped: Array | bool) -> tuple[Array, Array]:
    new_u = pick(swapped, warp.map.pull_y(u), warp.map.pull_x(u))
    new_v = pick(swapped, warp.map.pull_x(v), warp.map.pull_y(v))
    if warp.active is True:
        return new_u, new_v
    return jnp.where(warp.active, new_u, u), jnp.where(warp.active, new_v, v)


def _lay(fills: Fills, cover: Array, fill: Any) -> None:
    """Adds what an earlier step's border lays over the picture; two of one colour are one."""
    if fills and isinstance(fill, int | float) and isinstance(fills[-1][1], int | float) and fill == fills[-1][1]:
        later = fills.pop()[0]
        cover = cover & later if cover.dtype == bool else cover * later
    fills.append((cover, fill))


def _outer(rows: Array, columns: Array) -> Array:
    if rows.dtype == bool:
        return rows[:, None] & columns[None, :]
    return rows[:, None] * columns[None, :]


# Reading in two dimensions ------------------------------------------------------------------------------------------


def coordinates(run: list[Warp], kind: Kind, method: str, *, at_source: bool) -> tuple[Array, Array, Fills]:
    """Where every output pixel of a chain reads in the stored picture, and what its borders lay over it.

    Args:
        run: the chain.
        kind: of picture.
        method: how it is read.
        at_source: whether the border of the stored picture is left to whoever reads it.
    """
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
            x, y = warp.pull(x, y, centres=step == len(run) - 1)
        if (step == source and at_source) or not _needs_rule(warp):
            continue
        settle()
        border = "replicate" if warp.covers else warp.border_mode
        left, above, columns, rows = _window(warp)
        if border == "constant":
            inside = (coverage(y - above, rows, method), coverage(x - left, columns, method))
            cover = inside[0] & inside[1] if method == "nearest" else inside[0] * inside[1]
            _lay(fills, cover, settings(warp, kind)[1])
        if method != "nearest" or border != "constant":
            x, y = fold(x - left, columns, border) + left, fold(y - above, rows, border) + above
    settle()
    return x, y, fills


def _read_dense(picture: Array, run: list[Warp], kind: Kind, method: str) -> Array:
    source = run[_source(run)]
    border = "replicate" if source.covers else source.border_mode
    in_words = method == "linear" and pixel_packing.fits(picture) and (source.extent_in is None or border != "wrap")
    # The rim of packed words lies around the whole buffer.
    at_source = source.window is None and not (in_words and source.extent_in is not None)
    x, y, fills = coordinates(run, kind, method, at_source=at_source)
    border = border if at_source else "replicate"
    rows, columns = _extent(run[0])
    stride, channels = picture.shape[1:]
    fill = settings(source, kind)[1]
    if method == "nearest":
        if border == "constant":
            _lay(fills, coverage(x, columns, method) & coverage(y, rows, method), fill)
        ix = fold_index(jnp.floor(x).astype(jnp.int32), columns, border)
        iy = fold_index(jnp.floor(y).astype(jnp.int32), rows, border)
        flat = picture.reshape(-1, channels)
        index = materialize(iy * stride + ix)
        if channels == 1:
            read = jnp.take(flat[:, 0], index, mode="clip")[..., None]
        else:
            read = jnp.take(flat, index, axis=0, mode="clip")
        return _compose(read, fills, nearest=True)
    if in_words:
        return _read_words(picture, x, y, border, fill, fills)
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
    return round_to(_compose(value, fills), picture.dtype)


def _read_words(picture: Array, x: Array, y: Array, border: str, fill: Any, fills: Fills) -> Array:
    """Reads a picture linearly whose pixels are packed: four gathers, everything else in whole vectors.

    The picture gets a rim that holds what its border shows, so that no tap needs to be looked at.

    Args:
        picture: (height, width, channels) that `words.fits`.
        x, y: (H, W) edge coordinates.
        border: what the rim holds.
        fill: its value if it is constant.
        fills: what the borders of later steps lay over the picture.
    """
    rows, columns, channels = picture.shape
    packed, rim = materialize(pixel_packing.pack(picture)), ((1, 2), (1, 2))
    if border == "constant":
        level = round_to(fill_values(fill, picture), picture.dtype)
        rimmed = jnp.pad(packed, rim, constant_values=pixel_packing.pack(level[None, None])[0, 0])
        x, y = jnp.clip(x - 0.5, -1.0, columns), jnp.clip(y - 0.5, -1.0, rows)
    else:
        rimmed = jnp.pad(packed, rim, mode="wrap" if border == "wrap" else "edge")
        if border == "wrap":
            x, y = x - columns * jnp.floor(x / columns), y - rows * jnp.floor(y / rows)
        else:
            x, y = fold(x, columns, border), fold(y, rows, border)
        x, y = x - 0.5, y - 0.5
    stride = columns + 3
    flat = materialize(rimmed).reshape(-1)
    colours = [fill_values(over, picture) for _, over in fills]

    def mix(grids: tuple[Array, Array, list[Array]]) -> Array:
        x, y, covers = grids
        left, above = jnp.floor(x), jnp.floor(y)
        corner = materialize((above.astype(jnp.int32) + 1) * stride + left.astype(jnp.int32) + 1)
        ax, ay = x - left, y - above
        reads = materialize([jnp.take(flat, corner + step, mode="clip") for step in (0, 1, stride, stride + 1)])
        weights = ((1 - ax) * (1 - ay), ax * (1 - ay), (1 - ax) * ay, ax * ay)
        planes = []
        for channel in range(channels):
            value = _total(_floats(pixel_packing.plane(w, channel)) * p for w, p in zip(reads, weights, strict=True))
            for cover, colour in reversed(list(zip(covers, colours, strict=True))):
                value = value * cover + (1 - cover) * colour[channel]
            planes.append(value)
        return materialize(pixel_packing.join(planes))

    # Reckoned once: where each loop reckons a coordinate anew, one may round it below a whole number and another not,
    # and the place that is read is not the one that is weighed.
    grids = materialize((x, y, [cover for cover, _ in fills]))
    return pixel_packing.unpack(in_strips(mix, grids), channels)


def _compose(value: Array, fills: Fills, *, nearest: bool = False) -> Array:
    """Lays the fills of the steps over a value, the first step's lowest."""
    for cover, fill in reversed(fills):
        colour = fill_values(fill, value)
        if nearest:
            value = jnp.where(cover[..., None], value, round_to(colour, value.dtype))
        else:
            value = value * cover[..., None] + (1 - cover[..., None]) * colour
    return value
