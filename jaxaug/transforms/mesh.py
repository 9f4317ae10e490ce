"""Warps that move the nodes of a mesh, and everything between them along."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core import arguments as args
from jaxaug.core.draw import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.view import View
from jaxaug.geometry.maps import Displacement, Map
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.transforms.affine import warp_settings
from jaxaug.transforms.distort import REMAPPING


@struct.struct
class Mesh(Map):
    """Displacements of the nodes of a regular mesh over a picture, kept small until the field is needed.

    Args:
        nodes: (R, C, 2) displacements along x and y in pixels.
        rows, columns: how many of the nodes count, at least two.
        extent: (2,) height and width that the mesh covers.
        size: (height, width) of the field.
        triangles: between nodes linear in two triangles to a cell, else bilinear.
    """

    nodes: Array
    rows: Array
    columns: Array
    extent: Array
    size: tuple[int, int] = static(default=(1, 1))
    triangles: bool = static(default=False)

    def build(self) -> Displacement:
        down, v = _hats(self.size[0], self.extent[0], self.rows, self.nodes.shape[0])
        along, u = _hats(self.size[1], self.extent[1], self.columns, self.nodes.shape[1])
        field = _spread(down, self.nodes, along)
        if self.triangles:
            twist = self.nodes[1:, 1:] + self.nodes[:-1, :-1] - self.nodes[1:, :-1] - self.nodes[:-1, 1:]
            cells = _spread(_cells(down), twist, _cells(along))
            # Two planes that meet where u + v = 1, in place of the saddle through the same corners.
            field = field + cells * (jnp.maximum(u + v[:, None] - 1.0, 0.0) - u * v[:, None])
        return materialize(Displacement(field[0], field[1]))


def _hats(length: int, extent: Array, count: Array, most: int) -> tuple[Array, Array]:
    """(length, most) weights of the nodes along an axis at pixel centres, and (length,) the places in their cells."""
    place = (jnp.arange(length) + 0.5) * ((count - 1) / extent)
    place = jnp.clip(place, 0.0, count - 1.0)
    cell = jnp.clip(jnp.floor(place), 0.0, count - 2.0)
    return jnp.maximum(1.0 - jnp.abs(place[:, None] - jnp.arange(most)), 0.0), place - cell


def _cells(hats: Array) -> Array:
    """(length, most - 1) ones at the cell that each place lies in."""
    first = jnp.argmax(hats > 0, axis=1)
    cell = jnp.minimum(first, hats.shape[1] - 2)
    return (cell[:, None] == jnp.arange(hats.shape[1] - 1)).astype(jnp.float32)


def _spread(down: Array, nodes: Array, along: Array) -> Array:
    """(2, height, width): values of nodes spread by the weights of rows and columns."""
    return jnp.einsum("ij,jkc,lk->cil", down, nodes, along, precision=jax.lax.Precision.HIGHEST)


@transform
class PiecewiseAffine(Transform):
    """Moves the nodes of a mesh at random; between them each triangle is mapped by an affine map of its own.

    Args:
        scale: range of the strength: three standard deviations of a node's displacement along each axis, as a fraction
            of the picture's shorter side; one number r stands for (0, r).
        nb_rows, nb_cols: range of the number of rows and columns of nodes, at least two of each; one number stands for
            itself.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        absolute_scale: `scale` counts pixels.
        keypoint_remapping_method: accepted for compatibility; points always follow the exact inverse.
        p: how often it is applied.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.PiecewiseAffine(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Draws its nodes as Albumentations 2.0.8, which however weighs all of them at every pixel; the pieces are those of
    scikit-image's `PiecewiseAffineTransform`. Nodes read inside the picture.
    """

    scale: Any = args.pair((0.03, 0.05), args.above(0), 0)
    nb_rows: Any = args.pair((4, 4), args.alone, 2, static=True)
    nb_cols: Any = args.pair((4, 4), args.alone, 2, static=True)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    absolute_scale: bool = args.setting(False, bool)
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Any = args.probability(0.5)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        most = (self.nb_rows[1], self.nb_cols[1])
        rows, columns = rng.integer("rows", self.nb_rows), rng.integer("columns", self.nb_cols)
        spread = rng.uniform("scale", self.scale) / 3
        if not self.absolute_scale:
            spread = spread * jnp.minimum(*(jnp.asarray(n, jnp.float32) for n in view.size))
        x = jnp.arange(most[1]) / (columns - 1) * view.width
        y = (jnp.arange(most[0]) / (rows - 1) * view.height)[:, None]
        moved = rng.normal("nodes", (*most, 2)) * spread
        across = jnp.clip(x + moved[..., 0], 0.0, view.width) - x
        down = jnp.clip(y + moved[..., 1], 0.0, view.height) - y
        # Nodes beyond those that count weigh nothing, as long as they are numbers.
        mesh = Mesh(
            jnp.stack([across, down], axis=-1),
            rows,
            columns,
            vector(*view.size),
            size=view.canvas.buffer,
            triangles=True,
        )
        return map_warp(mesh, view.canvas, view.canvas, **warp_settings(self))


@transform
class GridElasticDeform(Transform):
    """Moves the inner nodes of a grid at random; the picture's edge stays where it is.

    Args:
        num_grid_xy: number of cells along x and y.
        magnitude: largest displacement of a node along each axis, in pixels.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.GridElasticDeform((2, 2), 2)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, with one continuous map in place of a projective one for each cell: the
    displacement is bilinear between nodes. Displacements are floats, below half a cell so that cells keep their order.
    """

    num_grid_xy: Any = args.pair(low=1, ordered=False, static=True)
    magnitude: Any = args.number(low=0)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    p: Any = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        columns, rows = self.num_grid_xy
        reach = vector(view.width / (2 * columns + 1), view.height / (2 * rows + 1))
        reach = jnp.minimum(jnp.asarray(self.magnitude, jnp.float32), reach)
        inner = rng.uniform("nodes", (-1.0, 1.0), (rows - 1, columns - 1, 2)) * reach
        mesh = Mesh(
            jnp.pad(inner, ((1, 1), (1, 1), (0, 0))),
            jnp.int32(rows + 1),
            jnp.int32(columns + 1),
            vector(*view.size),
            size=view.canvas.buffer,
        )
        return map_warp(
            mesh,
            view.canvas,
            view.canvas,
            interpolation=self.interpolation,
            mask_interpolation=self.mask_interpolation,
            border_mode="replicate",
        )


@struct.struct
class Spline(Map):
    """Displacements of control points on a regular grid, and the smoothest field through them.

    Args:
        moved: (n * n, 2) displacements along x and y, as fractions of the picture's sides.
        extent: (2,) height and width of the picture.
        size: (height, width) of the field.
    """

    moved: Array
    extent: Array
    size: tuple[int, int] = static(default=(1, 1))

    def build(self) -> Displacement:
        n = round(np.sqrt(self.moved.shape[0]))
        points, solve = _system(n)
        weights = jnp.matmul(solve, self.moved, precision=jax.lax.Precision.HIGHEST)
        x = (jnp.arange(self.size[1]) + 0.5) / self.extent[1]
        y = ((jnp.arange(self.size[0]) + 0.5) / self.extent[0])[:, None]
        plane = weights[n * n :]
        dx, dy = (plane[0, i] + plane[1, i] * x + plane[2, i] * y for i in (0, 1))
        for k, (px, py) in enumerate(points.tolist()):
            bump = _bend((x - px) ** 2 + (y - py) ** 2, jnp)
            dx, dy = dx + weights[k, 0] * bump, dy + weights[k, 1] * bump
        return materialize(Displacement(dx * self.extent[1], dy * self.extent[0]))


def _bend(square: Any, xp: Any) -> Any:
    """The thin plate's r^2 log r of squared distances, up to a factor."""
    return square * xp.log(square + 1e-12)


def _system(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n * n, 2) control points over the unit square, and the matrix from their values to a spline's weights."""
    side = np.linspace(0.0, 1.0, n)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    bends = _bend(((points[:, None] - points) ** 2).sum(axis=-1), np)
    flat = np.concatenate([np.ones((n * n, 1)), points], axis=1)
    system = np.block([[bends, flat], [flat.T, np.zeros((3, 3))]])
    return points, np.linalg.inv(system)[:, : n * n].astype(np.float32)


@transform
class ThinPlateSpline(Transform):
    """Bends the picture like a thin plate that is moved at some points.

    Args:
        scale_range: range of the strength: ten standard deviations of a control point's displacement along each axis,
            as a fraction of the picture's side.
        num_control_points: along each side of the picture; they form a regular grid.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        keypoint_remapping_method: accepted for compatibility; points always follow the exact inverse.
        p: how often it is applied.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ThinPlateSpline(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Draws its points as Albumentations 2.0.8, and interpolates them as Bookstein, "Principal warps: thin-plate splines
    and the decomposition of deformations", 1989.
    """

    scale_range: Any = args.pair((0.2, 0.4), None, 0, 1)
    num_control_points: int = args.setting(4, int, 2)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Any = args.probability(0.5)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        spread = rng.uniform("scale", self.scale_range) / 10
        moved = rng.normal("points", (self.num_control_points**2, 2)) * spread
        plate = Spline(moved, vector(*view.size), size=view.canvas.buffer)
        return map_warp(plate, view.canvas, view.canvas, **warp_settings(self))
