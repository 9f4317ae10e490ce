"""Warps that tear the picture: tiles that change places, and pixels that scatter."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.tile_maps import Scatter, Tiles
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.transforms.affine import reading_arguments
from jaxaug.transforms.distort import REMAPPING


@transform
class RandomGridShuffle(Transform):
    """Cuts the picture into tiles and lets them change places.

    Boxes enclose the pieces that they are torn into, keypoints stay on their tile.

    Args:
        grid: number of rows and columns of tiles.

    Raises:
        ValueError: more tiles than pixels along a side.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shuffle = ja.Compose([ja.RandomGridShuffle((1, 3), p=1)])
        >>> sorted(shuffle(jax.random.key(0), image=jnp.arange(6.0).reshape(1, 6))["image"][0, ::2].tolist())
        [0.0, 2.0, 4.0]

    Follows the meaning of Albumentations 2.0.8: where the picture does not divide, tiles differ by a pixel, and only
    those of one shape change places.
    """

    grid: Range = args.pair((3, 3), None, 1, ordered=False, static=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        rows, columns = self.grid
        if rows > view.canvas.buffer[0] or columns > view.canvas.buffer[1]:
            raise ValueError(
                f"RandomGridShuffle(grid={self.grid}) needs a pixel for each tile, but {view.picture_name} is "
                f"{view.canvas.buffer[0]} x {view.canvas.buffer[1]}: ask for fewer tiles."
            )
        y, x = (_edges(rng, n, side, length) for n, side, length in zip("yx", self.grid, view.size, strict=True))
        # Tiles of one shape have one number; in random order and in their own, the lists of them pair up.
        shape = ((y[1:] - y[:-1])[:, None] * 65536.0 + (x[1:] - x[:-1])).reshape(-1)
        shuffled = jnp.lexsort((rng.uniform("order", shape=shape.shape), shape))
        source = jnp.zeros(rows * columns, jnp.int32).at[jnp.argsort(shape, stable=True)].set(shuffled)
        return map_warp(
            Tiles(y, x, source),
            view.canvas,
            view.canvas,
            interpolation="nearest",
            mask_interpolation="nearest",
            reads_inside=True,
        )


def _edges(rng: Draw, axis: str, count: int, length: Any) -> Array:
    """(count + 1,) edges of almost equal parts of a side; which are a pixel longer is random."""
    length = jnp.asarray(length, jnp.float32)
    least = jnp.floor(length / count + 1e-4)
    longer = rng.permutation(f"longer_{axis}", count) < length - least * count
    return jnp.concatenate([jnp.zeros(1), jnp.cumsum(least + longer)])


@transform
class PixelSpread(Transform):
    """Lets every pixel show another one near it, as through frosted glass.

    Boxes and keypoints stay: on average nothing moves. For the same reason `invert` leaves the picture as it is.

    Args:
        radius: the greatest distance along each axis, in pixels.
        keypoint_remapping_method: accepted for compatibility; points stay.
        map_resolution_range: range of the fineness: at 1 every pixel is read by itself, at 1/2 squares of two pixels.

    Raises:
        ValueError: a fineness of zero.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> spread = ja.Compose([ja.PixelSpread(p=1)])
        >>> spread(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Has the arguments of the successor of Albumentations.
    """

    radius: int = args.option(2, int, 1)
    interpolation: Reading = args.interpolation("nearest")
    mask_interpolation: Reading = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    border_mode: Reading = args.border_mode("reflect_101")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    map_resolution_range: Range = args.pair((1.0, 1.0), None, 1e-6, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        fineness = rng.uniform("fineness", self.map_resolution_range)
        glass = Scatter(rng.key("places"), fineness, radius=self.radius)
        return map_warp(glass, view.canvas, view.canvas, **reading_arguments(self))
