"""Displacements of a few nodes, and the fields that they make: linear on a mesh, or the smoothest through all."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Size
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.geometry.maps import Map


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
    size: Size = static(default=(1, 1))
    triangles: bool = static(default=False)

    def describe(self, before: Canvas, after: Canvas) -> str:
        return f"nodes moved by up to {number(jnp.linalg.norm(self.nodes, axis=-1).max())} px"

    def build(self) -> Displacement:
        down, v = _hats(self.size[0], self.extent[0], self.rows, self.nodes.shape[0])
        along, u = _hats(self.size[1], self.extent[1], self.columns, self.nodes.shape[1])
        field = _spread(down, self.nodes, along)
        if self.triangles:
            twist = self.nodes[1:, 1:] + self.nodes[:-1, :-1] - self.nodes[1:, :-1] - self.nodes[:-1, 1:]
            cells = _spread(_cells(down), twist, _cells(along))
            # Two planes that meet where u + v = 1, in place of the saddle through the same corners.
            field = field + cells * (jnp.maximum(u + v[:, None] - 1.0, 0.0) - u * v[:, None])
        return materialize(Displacement(field))


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
    size: Size = static(default=(1, 1))

    def describe(self, before: Canvas, after: Canvas) -> str:
        return f"control points moved by up to {number(100 * jnp.abs(self.moved).max())} % of a side"

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
        return materialize(Displacement(jnp.stack([dx * self.extent[1], dy * self.extent[0]])))


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
