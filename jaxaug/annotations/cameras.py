"""Camera matrices: how the pinhole camera of a picture follows a warp."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.core.annotation import Annotation, Placement
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import annotation
from jaxaug.geometry.maps import Matrix
from jaxaug.geometry.matrices import compose3, inverse3, stack3
from jaxaug.geometry.warp import Warp


@annotation("intrinsics")
@struct.struct
class Camera(Annotation):
    """A camera matrix under way, from camera coordinates to pixels of its own picture, whose centres are integers.

    Args:
        matrix: (3, 3).
        canvas: of the camera's picture.
    """

    has_rows = False

    matrix: Array
    canvas: Canvas
    valid: Any = True

    @classmethod
    def check_dtype(cls, label: str, dtype: Any) -> None:
        if not jnp.issubdtype(dtype, jnp.floating):
            raise TypeError(f"{label!r} has dtype {dtype}; a camera matrix holds fractions. Cast it to float32 first.")

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.shape != (3, 3):
            raise ValueError(
                f"{label!r} has shape {value.shape}; a camera matrix must be one array of shape (3, 3). "
                "Give several as several entries."
            )

    @classmethod
    def refuses(cls, op: Any) -> bool:
        # No matrix takes points in space to where a bent map puts them.
        return isinstance(op, Warp) and not isinstance(op.map, Matrix)

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> Camera:
        return cls(jnp.asarray(rows, jnp.float32), at.own)

    def warp(self, warp: Warp) -> Camera:
        own = warp.rescaled(self.canvas)
        return Camera(move_camera(self.matrix, own), own.canvas_out)

    def erase(self, region: Array, how: str) -> Camera:
        return self

    def morph(self, reach: Any, active: Any, size: tuple[Any, Any]) -> Camera:
        return self

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        return self.matrix.astype(like.dtype), jnp.array(True)

    @classmethod
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        if not np.isfinite(rows).all():
            raise ValueError(f"{at.label!r} is {rows.tolist()}: it must be finite.")


def move_camera(matrix: Array, warp: Warp) -> Array:
    """A camera matrix after an affine or projective warp of its picture.

    A projective warp gives it a last row other than (0, 0, 1): it still takes points in space to pixels, but no
    longer has a focal length for each axis. The size of its last entry stays.

    Args:
        matrix: (3, 3), from camera coordinates to pixels, whose centres are integers.
        warp: of a matrix, drawn for the size of the camera's picture.

    Example:
        >>> import jax.numpy as jnp
        >>> from jaxaug.geometry.maps import Structure
        >>> from jaxaug.geometry.warp import matrix_warp
        >>> flip = matrix_warp([[-1, 0, 8], [0, 1, 0], [0, 0, 1]], (6, 8), (6, 8), Structure.FLIP_X, reads_inside=True)
        >>> move_camera(jnp.array([[9.0, 0, 3], [0, 9, 2], [0, 0, 1]]), flip).tolist()
        [[-9.0, 0.0, 4.0], [0.0, 9.0, 2.0], [0.0, 0.0, 1.0]]

    After Hartley and Zisserman, "Multiple View Geometry in Computer Vision", 2004, chapter 6.
    """
    to_edges = stack3([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_centres = stack3([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    moved = compose3(to_centres, compose3(inverse3(warp.map.m), compose3(to_edges, matrix)))
    last, before = jnp.abs(moved[2, 2]), jnp.abs(matrix[2, 2])
    return moved * jnp.where((last > 1e-6) & (before > 0), before / jnp.where(last > 1e-6, last, 1.0), 1.0)
