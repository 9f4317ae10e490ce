"""The projective warp."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrices import compose3, inverse3, stack3, vector
from jaxaug.geometry.matrices import transform as transform_points
from jaxaug.geometry.warp import Warp, matrix_warp
from jaxaug.transforms.affine import reading_arguments


@transform
class Perspective(Transform):
    """Looks at the picture from another side: a random quadrangle inside it becomes the whole picture.

    Args:
        scale: range of the standard deviation of the corners' distance from the picture's corners, as a fraction of
            its size; one number r stands for (0, r).
        keep_size: the result has the size of the picture; otherwise that of the quadrangle, which is random: under
            `jit` the sample needs a `size` entry, which tells it.
        fit_output: the whole warped picture fills the result, instead of the quadrangle; at most twice as large along
            each axis as the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.Perspective(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Draws its corners as Albumentations 2.0.8; the quadrangle fills the result exactly.
    """

    scale: Range = args.pair((0.05, 0.1), lambda v: (0.0, v), 0)
    keep_size: bool = args.option(True, bool)
    fit_output: bool = args.option(False, bool)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        inward = jnp.mod(jnp.abs(rng.uniform("scale", self.scale) * rng.normal("corners", (4, 2))), 0.32)
        outer = jnp.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        corners = jnp.abs(outer - inward) * view.canvas.measured()[::-1]
        sides = jnp.linalg.norm(corners - jnp.roll(corners, -1, axis=0), axis=1)
        matrix = square_to_quadrangle(corners)
        high, wide = jnp.maximum(sides[1], sides[3]), jnp.maximum(sides[0], sides[2])
        if self.fit_output:
            left, top, right, bottom = _seen(matrix, view.size)
            zoom = stack3([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1]])
            matrix, high, wide = compose3(matrix, zoom), high * (bottom - top), wide * (right - left)
        after = view.canvas
        if not self.keep_size:
            rows, columns = view.canvas.buffer
            # Corners move by less than a third of the picture.
            most = (2 * rows, 2 * columns) if self.fit_output else (rows + columns // 3, columns + rows // 3)
            high, wide = (jnp.clip(jnp.round(v), 2, n) for v, n in zip((high, wide), most, strict=True))
            after = view.drawn(most, high, wide)
            height, width = after.size
        matrix = matrix * vector(1 / width, 1 / height, 1)
        return matrix_warp(matrix, view.canvas, after, Structure.PROJECTIVE, **reading_arguments(self))


def _seen(matrix: Array, size: tuple[Any, Any]) -> tuple[Array, Array, Array, Array]:
    """The box around a whole picture, in units of the square that a matrix takes to its quadrangle."""
    height, width = size
    x, y = vector(0, width, width, 0), vector(0, 0, height, height)
    u, v, _ = transform_points(inverse3(matrix), x, y, projective=True)
    return u.min(), v.min(), u.max(), v.max()


def square_to_quadrangle(corners: Array) -> Any:
    """The projective matrix that takes the unit square to a quadrangle, in closed form (Heckbert 1989).

    Args:
        corners: (4, 2) images of (0, 0), (1, 0), (1, 1) and (0, 1).
    """
    p0, p1, p2, p3 = corners
    (ax, ay), (bx, by), (cx, cy) = p1 - p2, p3 - p2, p0 - p1 + p2 - p3
    bottom = vector(cx * by - bx * cy, ax * cy - cx * ay) / (ax * by - bx * ay)
    top = jnp.stack([p1 - p0 + bottom[0] * p1, p3 - p0 + bottom[1] * p3, p0], axis=1)
    return jnp.concatenate([top, jnp.append(bottom, 1.0)[None]])
