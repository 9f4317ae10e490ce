"""Warps that move the nodes of a mesh, and everything between them along."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.meshes import Mesh, Spline
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.transforms.affine import reading_arguments
from jaxaug.transforms.distort import REMAPPING


@transform
class PiecewiseAffine(Transform):
    """Moves the nodes of a mesh at random; between them each triangle is mapped by an affine map of its own.

    Args:
        scale: range of the strength: three standard deviations of a node's displacement along each axis, as a fraction
            of the picture's shorter side; one number r stands for (0, r).
        nb_rows, nb_cols: range of the number of rows and columns of nodes, at least two of each; one number stands for
            itself.
        absolute_scale: `scale` counts pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.PiecewiseAffine(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Draws its nodes as Albumentations 2.0.8, which however weighs all of them at every pixel; the pieces are those of
    scikit-image's `PiecewiseAffineTransform`. Nodes read inside the picture.
    """

    scale: Range = args.pair((0.03, 0.05), args.above(0), 0)
    nb_rows: Range = args.pair((4, 4), args.alone, 2, static=True)
    nb_cols: Range = args.pair((4, 4), args.alone, 2, static=True)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    absolute_scale: bool = args.option(False, bool)
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Scalar = args.probability(0.5)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)

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
        return map_warp(mesh, view.canvas, view.canvas, **reading_arguments(self))


@transform
class GridElasticDeform(Transform):
    """Moves the inner nodes of a grid at random; the picture's edge stays where it is.

    Args:
        num_grid_xy: number of cells along x and y.
        magnitude: largest displacement of a node along each axis, in pixels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.GridElasticDeform((2, 2), 2)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Follows the meaning of Albumentations 2.0.8, with one continuous map in place of a projective one for each cell: the
    displacement is bilinear between nodes. Displacements are floats, below half a cell so that cells keep their order.
    """

    num_grid_xy: Range = args.pair(low=1, ordered=False, static=True)
    magnitude: Scalar = args.number(low=0)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    p: Scalar = args.probability(1.0)

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


@transform
class ThinPlateSpline(Transform):
    """Bends the picture like a thin plate that is moved at some points.

    Args:
        scale_range: range of the strength: ten standard deviations of a control point's displacement along each axis,
            as a fraction of the picture's side.
        num_control_points: along each side of the picture; they form a regular grid.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ThinPlateSpline(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Draws its points as Albumentations 2.0.8, and interpolates them as Bookstein, "Principal warps: thin-plate splines
    and the decomposition of deformations", 1989.
    """

    scale_range: Range = args.pair((0.2, 0.4), None, 0, 1)
    num_control_points: int = args.option(4, int, 2)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Scalar = args.probability(0.5)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        spread = rng.uniform("scale", self.scale_range) / 10
        moved = rng.normal("points", (self.num_control_points**2, 2)) * spread
        plate = Spline(moved, vector(*view.size), size=view.canvas.buffer)
        return map_warp(plate, view.canvas, view.canvas, **reading_arguments(self))
