"""The way through a bent map against its direction: searched for every point, and counted where a map may fold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import branch

Pull = Callable[[Array, Array], tuple[Array, Array]]

#: Cells along each side of the lattice in which the images of a point are counted.
CELLS = 12
#: Images nearer to each other than this many pixels count as one.
APART = 1.0


class Bending(Protocol):
    """A map from output to input that has no closed form the other way."""

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Output to input, elementwise."""
        ...

    def reach(self, size: tuple[Any, Any]) -> tuple[Array, Array, Array, Array]:
        """Bounds of how far `pull` moves points of the output: least and greatest along x, then along y."""
        ...


@jax.jit
def invert_map(bent: Bending, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Solves bent.pull(u, v) = (x, y) for every point.

    Returns:
        u, v and whether that is an image of the point: to 0.02 px, and not on the inside of a fold, where the map turns
        the picture over.
    """
    u, v, close, upright = _newton(bent.pull, x, y, *_nearer(bent.pull, x, y))
    return u, v, close & upright


@jax.jit
def unique_image(bent: Bending, x: Array, y: Array, size: tuple[Any, Any]) -> tuple[Array, Array, Array]:
    """Solves bent.pull(u, v) = (x, y) for every point, and looks whether a canvas shows it more than once.

    All images of a point lie as far from it as the map moves points at most. That window is laid out with cells of two
    triangles, in each of which the map is nearly affine: those whose images hold the point are its images.

    Args:
        bent: the map.
        x, y: (N,) points of the input.
        size: (height, width) of the output canvas.

    Returns:
        u, v and whether that is the only image of the point: to 0.02 px. A point that the canvas does not show gets an
        image beyond it.
    """
    left, right, up, down = jax.lax.stop_gradient(bent.reach(size))
    x0, x1 = (jnp.clip(x - far, 0.0, size[1]) for far in (right, left))
    y0, y1 = (jnp.clip(y - far, 0.0, size[0]) for far in (down, up))
    window = jax.lax.stop_gradient((x, y, x0, (x1 - x0) / CELLS, y0, (y1 - y0) / CELLS))
    # A map that moves all points alike, but for less than a pixel, cannot show one at two places.
    far = jnp.maximum(right - left, down - up) > APART
    none = jnp.zeros(jnp.shape(x), jnp.int32), x, y
    count, u, v = branch(far, lambda w: _count(bent.pull, *w), lambda w: none, window)
    near_u, near_v = _nearer(bent.pull, x, y)
    u, v = jnp.where(count > 0, u, near_u), jnp.where(count > 0, v, near_v)
    u, v, close, upright = _newton(bent.pull, x, y, u, v)
    return u, v, close & jnp.where(count > 0, count == 1, upright)


def _nearer(pull: Pull, x: Array, y: Array) -> tuple[Array, Array]:
    """Fixed-point steps from the points themselves towards images of them."""

    def closer(_: int, guess: tuple[Array, Array]) -> tuple[Array, Array]:
        px, py = pull(*guess)
        return jax.lax.stop_gradient((guess[0] - (px - x), guess[1] - (py - y)))

    # A loop, because the program of one step is long.
    return jax.lax.fori_loop(0, 6, closer, jax.lax.stop_gradient((x, y)))


def _newton(pull: Pull, x: Array, y: Array, u: Array, v: Array) -> tuple[Array, Array, Array, Array]:
    """Newton steps from a guess to an image of each point.

    The last step takes its slopes from the one before, and alone carries the derivative, which by the implicit function
    theorem is that of the true inverse.

    Returns:
        u, v, whether they solve pull(u, v) = (x, y) to 0.02 px, and whether the map keeps the picture upright there.
    """

    def step(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        u, v = state[:2]
        one, zero = jnp.ones_like(u), jnp.zeros_like(u)
        there, change = jax.linearize(pull, u, v)
        slopes = *change(one, zero), *change(zero, one)
        return jax.lax.stop_gradient((*closer(u, v, there, slopes), *slopes))

    def closer(u: Array, v: Array, there: tuple[Array, Array], slopes: tuple[Array, ...]) -> tuple[Array, Array]:
        a, c, b, d = slopes
        slope = a * d - b * c
        det = jnp.where(jnp.abs(slope) < 0.05, jnp.where(slope < 0, -0.05, 0.05), slope)
        rx, ry = there[0] - x, there[1] - y
        return u - (d * rx - b * ry) / det, v - (a * ry - c * rx) / det

    start = jax.lax.stop_gradient((u, v))
    u, v, *slopes = jax.lax.fori_loop(0, 4, step, (*start, *(jnp.zeros_like(u) for _ in range(4))))
    there = pull(u, v)
    close = (there[0] - x) ** 2 + (there[1] - y) ** 2 < 0.02**2
    a, c, b, d = slopes
    return *closer(u, v, there, (a, c, b, d)), close, a * d - b * c > 0


def _count(pull: Pull, x: Array, y: Array, x0: Array, across: Array, y0: Array, down: Array) -> tuple[Array, ...]:
    """How many cells of a lattice show each point, and where in them it lies, on average.

    Args:
        pull: the map.
        x, y: (N,) points.
        x0, across, y0, down: (N,) where the lattice of each point starts, and the sides of its cells.
    """
    steps = jnp.arange(CELLS + 1.0)
    nodes_x = jnp.broadcast_to(x0[:, None, None] + across[:, None, None] * steps, (*x.shape, CELLS + 1, CELLS + 1))
    nodes_y = jnp.broadcast_to((y0[:, None] + down[:, None] * steps)[..., None], nodes_x.shape)
    u, v = pull(nodes_x, nodes_y)
    u, v = u - x[:, None, None], v - y[:, None, None]

    def side(first: Any, second: Any) -> Array:
        """On which side of an edge of each cell the point lies; edges go from one node of it to another."""
        return u[first] * v[second] - u[second] * v[first]

    near, far = slice(None, -1), slice(1, None)
    rows = side((..., near), (..., far))
    columns = side((slice(None), near), (slice(None), far))
    diagonal = side((slice(None), near, near), (slice(None), far, far))
    above, left, right, below = rows[:, near], columns[..., near], columns[..., far], rows[:, far]
    count, u, v = jnp.zeros(x.shape, jnp.int32), jnp.zeros_like(x), jnp.zeros_like(x)
    # Sides are twice the areas of the parts into which a point cuts its triangle, and so tell where in it it lies.
    for sides, over, under in (
        ((above, right, -diagonal), above - diagonal, above),
        ((diagonal, -below, -left), -left, diagonal - left),
    ):
        held = _alike(*sides)
        share = 1.0 / jnp.where(held, sum(sides), 1.0)
        count += held.sum(axis=(1, 2), dtype=jnp.int32)
        u += jnp.where(held, steps[:-1] + over * share, 0.0).sum(axis=(1, 2))
        v += jnp.where(held, steps[:-1, None] + under * share, 0.0).sum(axis=(1, 2))
    some = jnp.maximum(count, 1)
    return count, x0 + across * u / some, y0 + down * v / some


def _alike(a: Array, b: Array, c: Array) -> Array:
    """Whether a point lies on one side of all three edges."""
    return ((a > 0) & (b > 0) & (c > 0)) | ((a < 0) & (b < 0) & (c < 0))
