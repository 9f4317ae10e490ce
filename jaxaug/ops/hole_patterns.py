"""Regions with many holes at regular places, or of single pixels."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.gather import take_rows
from jaxaug.core.picture import nearest_index
from jaxaug.core.plan_wording import number, sides
from jaxaug.kernels.random_numbers import uniform_field
from jaxaug.ops.erase import Region


@struct.struct
class Crossings(Region):
    """Holes where some columns of pixels cross some rows of them.

    Args:
        x, wide: (M,) where each column starts, and its width, in whole pixels.
        y, high: (N,) where each row starts, and its height.
    """

    x: Array
    wide: Array
    y: Array
    high: Array

    def pixels(self, view: Any) -> Array:
        row, column = self._lines(view.canvas.buffer)
        return (row > 0) & (column > 0)

    def on_values(self, shape: tuple[int, ...], size: tuple[int, ...]) -> Array:
        row, column = self._lines(size)
        column = materialize(column > 0)[nearest_index(shape[1], size[1], shape[2])]
        return ((row > 0)[nearest_index(shape[0], size[0])] & column).reshape(shape)

    def numbers(self, view: Any) -> Array:
        row, column = self._lines(view.canvas.buffer)
        return jnp.where((row > 0) & (column > 0), (row - 1) * self.x.shape[0] + column, 0)

    def describe(self) -> str:
        return f"holes where {len(self.x)} columns cross {len(self.y)} rows"

    def _lines(self, size: tuple[int, ...]) -> tuple[Array, Array]:
        """(height, 1) and (width,) one plus the number of the last row and column of holes at each place."""
        height, width = size
        return _last(self.y, self.high, height)[:, None], _last(self.x, self.wide, width)


def _last(start: Array, length: Array, extent: int) -> Array:
    """(extent,) one plus the number of the last stretch that covers each place, 0 for none."""
    place, number = jnp.arange(extent), jnp.arange(1, start.shape[0] + 1)
    inside = (place >= start[:, None]) & (place < (start + length)[:, None])
    return jnp.where(inside, number[:, None], 0).max(axis=0, initial=0)


@struct.struct
class Cells(Region):
    """One hole at its own place in each cell of a grid.

    Args:
        columns: (M,) where the columns of cells start; those that are not used start beyond the picture.
        rows: (N,) where the rows of cells start.
        x, y: (N, M) left and upper edges of the holes, in whole pixels.
        wide: (M,) widths of the holes of each column.
        high: (N,) heights of the holes of each row.
    """

    columns: Array
    rows: Array
    x: Array
    y: Array
    wide: Array
    high: Array

    def pixels(self, view: Any) -> Array:
        height, width = view.canvas.buffer
        across, down = jnp.arange(width), jnp.arange(height)
        column, row = _cell(self.columns, width), _cell(self.rows, height)
        left = jnp.take(self.x, column, axis=1, mode="clip")
        inside = (across >= left) & (across < left + jnp.take(self.wide, column, mode="clip"))
        # Columns of pixels without a hole have one that starts below the picture.
        top = jnp.where(inside, jnp.take(self.y, column, axis=1, mode="clip"), height)
        top = materialize(take_rows(materialize(top), row))
        high = jnp.take(self.high, row, mode="clip")[:, None]
        return (down[:, None] >= top) & (down[:, None] < top + high)

    def describe(self) -> str:
        return f"a hole of up to {sides((self.high.max(), self.wide.max()))} px in each cell of a grid"

    def numbers(self, view: Any) -> Array:
        height, width = view.canvas.buffer
        column, row = _cell(self.columns, width), _cell(self.rows, height)[:, None]
        return jnp.where(self.pixels(view), row * self.columns.shape[0] + column + 1, 0)


def _cell(starts: Array, extent: int) -> Array:
    """(extent,) the number of the cell at each place."""
    return (jnp.arange(extent) >= starts[:, None]).sum(axis=0) - 1


@struct.struct
class TurnedGrid(Region):
    """Square holes between the lines of a grid that may be turned.

    Args:
        unit: side of a cell in pixels, a line and a hole.
        line: width of the lines as a fraction of it.
        x, y: where a line begins, in cells from the middle of the picture.
        angle: of the grid, in radians counter-clockwise.
    """

    unit: Array
    line: Array
    x: Array
    y: Array
    angle: Array

    def pixels(self, view: Any) -> Array:
        u, v = self._places(view)
        return (u - jnp.floor(u) >= self.line) & (v - jnp.floor(v) >= self.line)

    def numbers(self, view: Any) -> Array:
        u, v = (jnp.floor(c).astype(jnp.int32) for c in self._places(view))
        return jnp.where(self.pixels(view), ((u & 0x7FF) << 11) + (v & 0x7FF) + 1, 0)

    def describe(self) -> str:
        turned = number(jnp.rad2deg(self.angle))
        return f"a grid of cells of {number(self.unit)} px and {number(self.line)} of line, turned by {turned} degrees"

    def _places(self, view: Any) -> tuple[Array, Array]:
        """The centre of each pixel in cells of the grid."""
        height, width = view.canvas.buffer
        x = (jnp.arange(width) + (0.5 - view.width / 2)) / self.unit
        y = (jnp.arange(height) + (0.5 - view.height / 2))[:, None] / self.unit
        cosine, sine = jnp.cos(self.angle), jnp.sin(self.angle)
        return (x * cosine - self.x) - y * sine, x * sine + (y * cosine - self.y)


@struct.struct
class Specks(Region):
    """Single pixels, each with the same probability.

    Args:
        key: raw key data.
        share: the probability.
    """

    key: Array
    share: Any

    def pixels(self, view: Any) -> Array:
        return uniform_field(self.key, 1, *view.canvas.buffer)[0] < self.share

    def numbers(self, view: Any) -> Array:
        return self.pixels(view).astype(jnp.int32)

    def describe(self) -> str:
        return f"{number(100 * self.share)} % of all pixels"

    def apart(self, shape: tuple[int, int, int]) -> Array:
        """The same for each value of an image (height, width, channels) apart."""
        # The first plane is that of `pixels`.
        return jnp.moveaxis(uniform_field(self.key, 1 + shape[2], *shape[:2])[1:] < self.share, 0, -1)
