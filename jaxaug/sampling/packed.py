"""Reading 8-bit pictures linearly whose pixels are packed into words: one read a pixel, and no loop over channels."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.strips import in_strips
from jaxaug.core.fill import fill_values
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.dtype import round_to
from jaxaug.sampling.borders import border_coordinate
from jaxaug.sampling.steps import Fills, total


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
