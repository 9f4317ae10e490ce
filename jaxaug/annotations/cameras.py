"""Camera matrices: how the pinhole camera of a picture follows a warp."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxaug.geometry.maps import Matrix
from jaxaug.geometry.matrices import compose3, inverse3, stack3
from jaxaug.geometry.warp import Warp


def move_camera(matrix: Array, warp: Warp, label: str) -> Array:
    """A camera matrix after a warp of its picture.

    A projective warp gives it a last row other than (0, 0, 1): it still takes points in space to pixels, but no
    longer has a focal length for each axis. The size of its last entry stays.

    Args:
        matrix: (3, 3), from camera coordinates to pixels, whose centres are integers.
        warp: drawn for the size of the camera's picture.
        label: the name of the target, for the message.

    Raises:
        ValueError: the warp bends straight lines, which no camera matrix can follow.

    Example:
        >>> import jax.numpy as jnp
        >>> from jaxaug.geometry.maps import Structure
        >>> from jaxaug.geometry.warp import matrix_warp
        >>> flip = matrix_warp([[-1, 0, 8], [0, 1, 0], [0, 0, 1]], (6, 8), (6, 8), Structure.FLIP_X, covers=True)
        >>> move_camera(jnp.array([[9.0, 0, 3], [0, 9, 2], [0, 0, 1]]), flip, "intrinsics").tolist()
        [[-9.0, 0.0, 4.0], [0.0, 9.0, 2.0], [0.0, 0.0, 1.0]]

    After Hartley and Zisserman, "Multiple View Geometry in Computer Vision", 2004, chapter 6.
    """
    if not isinstance(warp.map, Matrix):
        raise ValueError(
            f"{warp.name} bends the picture, and no camera matrix can follow: the sample holds {label!r}, which only "
            "affine and projective transforms move. Take one of the two out, or rename the entry to pass it through."
        )
    to_edges = stack3([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_centres = stack3([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    moved = compose3(to_centres, compose3(inverse3(warp.map.m), compose3(to_edges, matrix)))
    last, before = jnp.abs(moved[2, 2]), jnp.abs(matrix[2, 2])
    return moved * jnp.where((last > 1e-6) & (before > 0), before / jnp.where(last > 1e-6, last, 1.0), 1.0)
