"""Pictures of vectors: optical flow and surface normals are read with a warp, and their vectors follow it.

Reading is one resampling of the whole chain, always linear; outside a constant border everything is zero. Then every
vector goes through the steps one after another, from the place that its pixel shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import branch, either
from jaxaug.geometry.bent_maps import Inverse, Rescaled
from jaxaug.geometry.maps import Jacobian, Matrix, Structure
from jaxaug.geometry.matrices import inverse3
from jaxaug.geometry.tile_maps import Torn
from jaxaug.geometry.warp import Warp
from jaxaug.sampling.chain import resample
from jaxaug.sampling.steps import enter

Vector = tuple[Array, Array]


def move_flow(flow: Array, warps: Sequence[Warp]) -> Array:
    """An optical flow whose two frames both go through a chain of warps.

    The flow at a pixel says where what it shows lies in the next frame: both ends go forward. A vector whose far end
    has no image becomes zero.

    Args:
        flow: (height, width, 2) in pixels, x then y.
        warps: the chain in the order in which it applies, read linearly and with zeros outside constant borders.

    Returns:
        (height, width, 2) of the last warp's `size_out`.

    Example:
        >>> import jax.numpy as jnp
        >>> from jaxaug.geometry.maps import Jacobian, Structure
        >>> from jaxaug.geometry.warp import matrix_warp
        >>> flip = matrix_warp([[-1, 0, 2], [0, 1, 0], [0, 0, 1]], (1, 2), (1, 2), Structure.FLIP_X, reads_inside=True)
        >>> move_flow(jnp.array([[[1.0, 5.0], [2.0, 6.0]]]), [flip])
        Array([[[-2.,  6.],
                [-1.,  5.]]], dtype=float32)
    """

    def along(flow: Array) -> Array:
        chain = list(warps)
        read = resample(flow.astype(jnp.float32), chain)
        return _forward(read, chain, _both_ends).astype(flow.dtype)

    return _if_active(flow, warps, along)


def move_normals(normals: Array, warps: Sequence[Warp]) -> Array:
    """Surface normals through a chain of warps: x and y turn with the rotation nearest to each warp, z stays.

    Lengths are read apart from directions, so that unit normals stay unit.

    Args:
        normals: (height, width, 3), x to the right, y down.
        warps: the chain in the order in which it applies, read linearly and with zeros outside constant borders.

    Returns:
        (height, width, 3) of the last warp's `size_out`.

    Example:
        >>> import jax.numpy as jnp
        >>> from jaxaug.geometry.maps import Jacobian, Structure
        >>> from jaxaug.geometry.warp import matrix_warp
        >>> flip = matrix_warp([[-1, 0, 1], [0, 1, 0], [0, 0, 1]], (1, 1), (1, 1), Structure.FLIP_X, reads_inside=True)
        >>> move_normals(jnp.array([[[0.6, 0.0, 0.8]]]), [flip])
        Array([[[-0.6,  0. ,  0.8]]], dtype=float32)
    """

    def along(normals: Array) -> Array:
        chain = list(warps)
        value = normals.astype(jnp.float32)
        if all(w.is_whole_pixel for w in chain):
            read = resample(value, chain)
        else:
            read = resample(jnp.concatenate([value, _length(value)], axis=-1), chain)
            read, length = read[..., :3], read[..., 3:]
            read = read * (length / jnp.maximum(_length(read), 1e-6))
        turned = _forward(read[..., :2], chain, _turned)
        return jnp.concatenate([turned, read[..., 2:]], axis=-1).astype(normals.dtype)

    return _if_active(normals, warps, along)


def _if_active(picture: Array, warps: Sequence[Warp], change: Callable[[Array], Array]) -> Array:
    active: Any = False
    for warp in warps:
        active = either(active, warp.active)
    if active is True or warps[0].size_in != warps[-1].size_out:
        return change(picture)
    return branch(active, change, lambda p: p, picture)


def _length(vectors: Array) -> Array:
    square = (vectors * vectors).sum(axis=-1, keepdims=True)
    # The slope of a root at zero is infinite.
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def _forward(vectors: Array, chain: list[Warp], step: Callable[..., Vector]) -> Array:
    """Vectors (height, width, 2) that were read through a chain, after each of its steps."""
    height, width = chain[-1].size_out
    y, x = jnp.meshgrid(
        jnp.arange(height, dtype=jnp.float32) + 0.5, jnp.arange(width, dtype=jnp.float32) + 0.5, indexing="ij"
    )
    places = []
    for warp in reversed(chain):
        u, v = warp.pull(x, y)
        inside_x, inside_y, mirrors_x, mirrors_y = enter(warp, u, v)
        places.append((warp, (x, y), (u, v), (mirrors_x, mirrors_y)))
        x, y = inside_x, inside_y
    vx, vy = vectors[..., 0], vectors[..., 1]
    for warp, after, before, (mirrors_x, mirrors_y) in reversed(places):
        # Beyond a border that mirrors, the vectors are mirrored too.
        vx, vy = jnp.where(mirrors_x, -vx, vx), jnp.where(mirrors_y, -vy, vy)
        vx, vy = step(warp, after, before, (vx, vy))
    return jnp.stack([vx, vy], axis=-1)


def _is_affine(warp: Warp) -> bool:
    return isinstance(warp.map, Matrix) and not warp.structure & Structure.PROJECTIVE


def _both_ends(warp: Warp, after: Vector, before: Vector, vector: Vector) -> Vector:
    """Vectors after a step, from where both their ends go.

    Args:
        warp: the step.
        after, before: the places of the pixels in its output and in its input.
        vector: the vectors before it.
    """
    vx, vy = vector
    if _is_affine(warp):
        m = inverse3(warp.map.m)
        return m[0, 0] * vx + m[0, 1] * vy, m[1, 0] * vx + m[1, 1] * vy
    x, y, ok = warp.push(before[0] + vx, before[1] + vy)
    if _is_torn(warp.map):
        # Where pixels scatter, points stay, and so does what starts at them.
        after = warp.push(*before)[:2]
    # No motion stays none, also where a pixel shows nothing and its place in the input means nothing.
    ok &= (vx != 0) | (vy != 0)
    return jnp.where(ok, x - after[0], 0.0), jnp.where(ok, y - after[1], 0.0)


def _turned(warp: Warp, after: Vector, before: Vector, vector: Vector) -> Vector:
    """Vectors turned, and mirrored where the step mirrors, by the orthogonal matrix nearest to its Jacobian.

    That is the polar factor of the derivatives of `push`, and the inverse of that of the derivatives of `pull`.
    """
    if _is_torn(warp.map):
        return vector
    back = not _is_inverse(warp.map)
    if _is_affine(warp):
        ux, uy, vx, vy = (warp.map.m[i, j] for i in (0, 1) for j in (0, 1))
    else:
        ux, uy, vx, vy = _slopes(warp.pull, *after) if back else _slopes(lambda x, y: warp.push(x, y)[:2], *before)
    mirrors = ux * vy - uy * vx < 0
    c, s = jnp.where(mirrors, ux - vy, ux + vy), jnp.where(mirrors, vx + uy, uy - vx if back else vx - uy)
    square = c * c + s * s
    scale = 1.0 / jnp.sqrt(jnp.where(square > 0, square, 1.0))
    c, s = jnp.where(square > 0, c * scale, 1.0), s * scale
    along, across = vector
    return c * along + jnp.where(mirrors, s, -s) * across, s * along + jnp.where(mirrors, -c, c) * across


def _is_inverse(map: Any) -> bool:
    """Whether `push` of a map is the side that needs no search."""
    return isinstance(map, Inverse) or (isinstance(map, Rescaled) and isinstance(map.inner, Inverse))


def _is_torn(map: Any) -> bool:
    return isinstance(map.inner if isinstance(map, Rescaled) else map, Torn)


def _slopes(fn: Callable[[Array, Array], Vector], x: Array, y: Array) -> Jacobian:
    """Derivatives over a whole pixel: bent maps have kinks at pixel centres."""
    right, left, below, above = fn(x + 0.5, y), fn(x - 0.5, y), fn(x, y + 0.5), fn(x, y - 0.5)
    return Jacobian(right[0] - left[0], below[0] - above[0], right[1] - left[1], below[1] - above[1])
