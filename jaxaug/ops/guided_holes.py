"""Holes where a region of the sample allows them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.plan_wording import number
from jaxaug.geometry.matrices import vector
from jaxaug.ops.erase import Rectangles, Region


@struct.struct
class Guided(Region):
    """Rectangles around random pixels of a region, of which only what lies in the region is cut out.

    Args:
        places: (K,) floats in [0, 1) that say around which of its pixels, in reading order.
        shares: (K, 2) widths and heights as fractions of the picture's.
        count: how many of the K holes there are.
        spared: (N, 4) x_min, y_min, x_max, y_max of what no hole reaches into, in pixels.
        kept: (N,) which of these count.
        key: name of the region in the sample.
    """

    places: Array
    shares: Array
    count: Array
    spared: Array
    kept: Array
    key: str = static()

    def allowed(self, view: Any) -> Array:
        """(height, width) bool: the pixels that may be cut out."""
        y, x = (jnp.arange(n) + 0.5 for n in view.canvas.buffer)
        x0, y0, x1, y1 = (self.spared[:, i, None] for i in range(4))
        rows, columns = ((v > low) & (v < high) for v, low, high in ((y, y0, y1), (x, x0, x1)))
        spared = (rows[:, :, None] & columns[:, None] & self.kept[:, None, None]).any(axis=0)
        return view.region(self.key) & ~spared

    def _rectangles(self, view: Any, allowed: Array) -> Rectangles:
        until = jnp.cumsum(allowed.sum(axis=1))
        nth = jnp.minimum(jnp.floor(self.places * until[-1]).astype(jnp.int32), until[-1] - 1)
        row = jnp.minimum((until <= nth[:, None]).sum(axis=1), allowed.shape[0] - 1)
        chosen = jnp.take(allowed, row, axis=0)
        before = nth - (until[row] - chosen.sum(axis=1))
        column = (jnp.cumsum(chosen, axis=1) <= before[:, None]).sum(axis=1)
        size = jnp.maximum(jnp.floor(self.shares * vector(view.width, view.height)), 1).astype(jnp.int32)
        start = jnp.stack([column, row], axis=1) - size // 2
        used = (jnp.arange(len(self.places)) < self.count) & (until[-1] > 0)
        return Rectangles(jnp.concatenate([start, start + size], axis=1), used)

    def pixels(self, view: Any) -> Array:
        allowed = self.allowed(view)
        return self._rectangles(view, allowed).pixels(view) & allowed

    def numbers(self, view: Any) -> Array:
        allowed = self.allowed(view)
        return jnp.where(allowed, self._rectangles(view, allowed).numbers(view), 0)

    def describe(self) -> str:
        return f"{number(self.count)} holes within {self.key!r}"
