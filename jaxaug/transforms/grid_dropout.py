"""Cut-outs at the places of a regular grid."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.random_numbers import uniform_field
from jaxaug.ops.erase import Erase
from jaxaug.ops.hole_patterns import Cells, Crossings, TurnedGrid
from jaxaug.transforms.dropout import FILLS, cut


@transform
class GridDropout(Transform):
    """Divides the picture into cells and cuts a rectangle out of each.

    Cells differ in size by up to a pixel, so that together they cover the picture. Boxes shrink to what is left of
    them, boxes and keypoints that are covered disappear.

    Args:
        ratio: side of a hole divided by that of its cell, in (0, 1]; at least one pixel of a cell goes and one stays.
        random_offset: each hole has a random place within its cell.
        unit_size_range: range of the side of a cell in pixels, at least 2. Without it and without `holes_number_xy`
            there are about ten cells along each side.
        holes_number_xy: number of cells along x and y, instead of their size.
        shift_xy: where holes start in their cells along x and y, in pixels, without `random_offset`.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Raises:
        ValueError: cells larger than the picture, or of less than two pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> grid = ja.Compose([ja.GridDropout(holes_number_xy=(2, 2), random_offset=False, p=1)])
        >>> grid(jax.random.key(0), image=jnp.ones((4, 4)))["image"][0]
        Array([0., 1., 0., 1.], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, after Chen et al., "GridMask data augmentation", 2020.
    """

    ratio: Scalar = args.number(0.5, 0, 1)
    random_offset: bool = args.option(True, bool)
    unit_size_range: Range = args.pair(None, None, 2, optional=True, static=True)
    holes_number_xy: Range = args.pair(None, None, 1, optional=True, ordered=False, static=True)
    shift_xy: Range = args.pair((0, 0), None, 0, ordered=False)
    fill: Fill = args.fill(0.0, names=FILLS)
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if is_concrete(self.ratio) and float(self.ratio) <= 0:
            raise ValueError(f"GridDropout(ratio=...) must be in (0, 1], got {float(self.ratio):g}.")

    def draw(self, rng: Draw, view: View) -> Erase:
        counts, most = self._counts(rng, view)
        columns, width = _split(rng, "x", view.width, counts[0], most[0])
        rows, height = _split(rng, "y", view.height, counts[1], most[1])
        wide, high = _share(width, self.ratio), _share(height, self.ratio)
        if self.random_offset:
            x, y = (uniform_field(rng.key(name), 1, most[1], most[0])[0] for name in "xy")
            x = columns + jnp.floor(x * (width - wide + 1)).astype(jnp.int32)
            y = rows[:, None] + jnp.floor(y * (height - high + 1)[:, None]).astype(jnp.int32)
            return cut(rng, Cells(columns, rows, x, y, wide, high), self)
        right, down = (jnp.floor(jnp.asarray(s, jnp.float32)).astype(jnp.int32) for s in self.shift_xy)
        x = jnp.clip(columns + right, 0, view.width - wide)
        y = jnp.clip(rows + down, 0, view.height - high)
        return cut(rng, Crossings(x, wide, y, high), self)

    def _counts(self, rng: Draw, view: View) -> tuple[tuple[Any, Any], tuple[int, int]]:
        """How many cells there are along x and y, and the most that there can be."""
        rows, columns = view.canvas.buffer
        sides = (view.width, view.height)
        if self.holes_number_xy is not None:
            if 2 * self.holes_number_xy[0] > columns or 2 * self.holes_number_xy[1] > rows:
                raise ValueError(
                    f"GridDropout(holes_number_xy={self.holes_number_xy}) needs two pixels for each cell, but "
                    f"{view.picture_name} is {rows} x {columns}: ask for fewer holes."
                )
            return self.holes_number_xy, self.holes_number_xy
        if self.unit_size_range is not None:
            least, greatest = self.unit_size_range
            if greatest > min(rows, columns):
                raise ValueError(
                    f"GridDropout(unit_size_range={self.unit_size_range}) has cells of up to {greatest} pixels, but "
                    f"{view.picture_name} is {rows} x {columns}: no cell may be larger than its shorter side."
                )
            unit = rng.integer("unit", self.unit_size_range)
            counts = tuple(jnp.maximum(side // unit, 1).astype(jnp.int32) for side in sides)
            return (counts[0], counts[1]), (columns // least, rows // least)
        if view.canvas.extent is None:
            known = (_tenths(columns, max), _tenths(rows, max))
            return known, known
        counts = tuple(_tenths(side.astype(jnp.int32), jnp.maximum) for side in sides)
        # Sides below thirty pixels have cells of two.
        return (counts[0], counts[1]), (14, 14)


def _tenths(side: Any, larger: Any) -> Any:
    """How many cells of a tenth of a side there are, or of two pixels where that is less."""
    return larger(1, side // larger(2, side // 10))


def _split(rng: Draw, axis: str, extent: Any, count: Any, most: int) -> tuple[Array, Array]:
    """Starts and lengths (most,) of almost equal parts of a side, in random order; those not used have no length."""
    used = jnp.arange(most) < count
    order = jnp.where(used, rng.uniform(f"order_{axis}", shape=(most,)), 2.0)
    rank = (order < order[:, None]).sum(axis=1)
    extent = jnp.asarray(extent, jnp.int32)
    length = jnp.where(used, extent // count + (rank < extent % count), 0).astype(jnp.int32)
    return jnp.cumsum(length) - length, length


def _share(length: Array, ratio: Any) -> Array:
    """Sides of the holes in cells of some lengths."""
    # A product that should be whole is not cut to the number below.
    whole = jnp.floor(length * jnp.asarray(ratio, jnp.float32) + 1e-4).astype(jnp.int32)
    return jnp.minimum(jnp.maximum(whole, 1), jnp.maximum(length - 1, 0))


@transform
class GridMask(Transform):
    """Lays a grid of lines over the picture and cuts out the squares between them.

    Boxes shrink to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        num_grid_range: range of the number of cells along the shorter side.
        line_width_range: range of the width of the lines, which stay, as a fraction of a cell.
        rotation_range: range of the angle of the grid in degrees, counter-clockwise.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mask = ja.Compose([ja.GridMask((2, 2), (0.5, 0.5), p=1)])
        >>> int(mask(jax.random.key(0), image=jnp.ones((8, 8)))["image"].sum())
        48

    After Chen et al., "GridMask data augmentation", 2020: the width of the lines is their ratio r, and the grid starts
    anywhere. Has the arguments of the successor of Albumentations.
    """

    num_grid_range: Range = args.pair((3, 7), None, 2)
    line_width_range: Range = args.pair((0.2, 0.5), None, 0, 1)
    rotation_range: Range = args.pair((0.0, 0.0))
    fill: Fill = args.fill(0.0, names=(*FILLS, "grayscale"))
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        grid = TurnedGrid(
            jnp.minimum(*view.size) / rng.integer("count", self.num_grid_range),
            rng.uniform("line", self.line_width_range),
            rng.uniform("x"),
            rng.uniform("y"),
            jnp.deg2rad(rng.uniform("angle", self.rotation_range)),
        )
        return cut(rng, grid, self)
