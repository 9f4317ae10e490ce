"""Reading 8-bit pictures linearly whose pixels are packed into words: one read a pixel, and no loop over channels."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.gather import take_rows
from jaxaug.backend.strips import in_strips
from jaxaug.core.fill import fill_values
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.kernels.fixed_point import ONE, Lanes, pack_lanes, to_weight, unpack_lanes, weighted_sum
from jaxaug.sampling.borders import border_coordinate
from jaxaug.sampling.interpolation import Taps
from jaxaug.sampling.steps import Fills, total


def read_packed_separable(picture: Array, down: Taps, across: Taps, fill: Any, fills: Fills) -> Array:
    """Reads an 8-bit picture linearly along rows and columns, in whole numbers.

    Rows are copied whole and mixed, and so are columns, as rows of the transpose: cheaper than reading pixels.

    Args:
        picture: (height, width, channels) that `pixel_packing.fits`.
        down, across: what `taps` gives for the outputs' rows and columns.
        fill: what shows where the weights inside the picture do not sum to one.
        fills: what the borders of later steps lay over it.
    """
    channels = picture.shape[-1]

    def colour(of: Any) -> Lanes:
        level = round_to(fill_values(of, picture), picture.dtype)
        return unpack_lanes(pixel_packing.pack(level[None, None])[0, 0], channels)

    def mix(reads: list[Lanes], pairs: list[tuple[Array, Array]], cover: Array | None) -> Lanes:
        one = to_weight(pairs[1][1])
        other = jnp.minimum(to_weight(pairs[0][1]), ONE - one)
        shares = materialize([share[:, None] for share in (other, one, ONE - one - other)])
        whole = cover is None
        return weighted_sum(list(zip(reads if whole else [*reads, colour(fill)], shares, strict=not whole)), channels)

    packed = materialize(pixel_packing.pack(picture))
    rows = materialize(mix([unpack_lanes(take_rows(packed, i), channels) for i, _ in down[0]], *down))
    turned = materialize([lane.T for lane in rows])
    lanes = mix([tuple(take_rows(lane, i) for lane in turned) for i, _ in across[0]], *across)
    for above, over in reversed(fills):
        share = to_weight(above.T)
        lanes = weighted_sum([(lanes, share), (colour(over), ONE - share)], channels)
    return pixel_packing.unpack(materialize(materialize(pack_lanes(lanes)).T), channels)


def read_packed_dense(picture: Array, x: Array, y: Array, border: str, fill: Any, fills: Fills) -> Array:
    """Reads a picture linearly whose pixels are packed: four gathers, everything else in whole vectors.

    The picture gets a rim that holds what its border shows, so that no tap needs to be looked at.

    Args:
        picture: (height, width, channels) that `pixel_packing.fits`.
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
            x, y = border_coordinate(x, columns, border), border_coordinate(y, rows, border)
        x, y = x - 0.5, y - 0.5
    stride = columns + 3
    flat = materialize(rimmed).reshape(-1)
    colours = [fill_values(over, picture) for _, over in fills]

    def mix(grids: tuple[Array, Array, list[Array]]) -> Array:
        x, y, reads_inside = grids
        left, above = jnp.floor(x), jnp.floor(y)
        corner = materialize((above.astype(jnp.int32) + 1) * stride + left.astype(jnp.int32) + 1)
        ax, ay = x - left, y - above
        reads = materialize([jnp.take(flat, corner + step, mode="clip") for step in (0, 1, stride, stride + 1)])
        weights = ((1 - ax) * (1 - ay), ax * (1 - ay), (1 - ax) * ay, ax * ay)
        planes = []
        for channel in range(channels):
            value = total(_floats(pixel_packing.plane(w, channel)) * p for w, p in zip(reads, weights, strict=True))
            for cover, colour in reversed(list(zip(reads_inside, colours, strict=True))):
                value = value * cover + (1 - cover) * colour[channel]
            planes.append(value)
        return materialize(pixel_packing.join(planes))

    # Computed once: where each loop computes a coordinate anew, one may round it below a whole number and another not,
    # and the place that is read is not the one that is weighed.
    grids = materialize((x, y, [cover for cover, _ in fills]))
    return pixel_packing.unpack(in_strips(mix, grids), channels)


def _floats(levels: Array) -> Array:
    return levels.astype(jnp.int32).astype(jnp.float32)
