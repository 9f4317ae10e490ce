"""Chains of matrix warps: what steps one after another do to points and outlines, in one go for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.geometry.maps import Jacobian, Moved, Structure
from jaxaug.geometry.matrices import HORIZON, compose3, inverse3, vector
from jaxaug.geometry.warp import Warp


class HalfPlanes(NamedTuple):
    """Lines of which points count on one side.

    Args:
        lines: (C, 4 or 5, 3) a, b, c of unit normals; points with a x + b y + c >= 0 count. For each cut the sides of a
            canvas, and perhaps the horizon, on which nothing is to be seen.
        steps: (C,) from which step on each cut counts.
    """

    lines: Array
    steps: np.ndarray


@struct.struct
class MatrixChain:
    """Matrix warps one after another.

    Args:
        warps: S of them.
        forward: (S, 3, 3) from the input of the first to the output of each.
    """

    warps: tuple[Warp, ...]
    forward: Array

    @classmethod
    def of(cls, warps: Sequence[Warp]) -> MatrixChain:
        """The chain of some matrix warps in order."""
        matrices = [w.map.m for w in warps]
        drawn = [m for m in matrices if not is_concrete(m)]
        together = iter(inverse3(jnp.stack(drawn)) if drawn else ())
        forward = jnp.stack([inverse3(m) if is_concrete(m) else next(together) for m in matrices])
        # Products of two, four and so on neighbours: as few operations as the number of warps has digits.
        reach, eye = 1, jnp.eye(3, dtype=jnp.float32)
        while reach < len(warps):
            before = jnp.concatenate([jnp.broadcast_to(eye, (reach, 3, 3)), forward[:-reach]])
            forward = compose3(forward, before)
            reach *= 2
        return cls(tuple(warps), forward)

    @property
    def is_projective(self) -> bool:
        return any(w.structure & Structure.PROJECTIVE for w in self.warps)

    @property
    def sizes(self) -> Array:
        """(S, 2) heights and widths after each step."""
        return jnp.stack([jnp.asarray(w.canvas_out.measured()) for w in self.warps])

    @property
    def mirrors(self) -> Array | bool:
        """Whether left and right change places."""
        if all(warp.mirrors is False for warp in self.warps):
            return False
        m = self.forward[-1]
        return m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0] < 0

    def push(self, x: Array, y: Array, steps: Sequence[int]) -> Moved:
        """Where points of the first input are after some of the steps, and whether they still have an image.

        Args:
            x, y: points, (...).
            steps: K of them.

        Returns:
            (K, ...) each; a point is behind the horizon from the step on that puts it there.
        """
        m = self.forward if self.is_projective else self.forward[np.asarray(steps)]
        m = m.reshape(*m.shape, *(1,) * x.ndim)
        u, v = (m[:, i, 0] * x + m[:, i, 1] * y + m[:, i, 2] for i in range(2))
        if not self.is_projective:
            return Moved(u, v, jnp.ones(u.shape, bool))
        w = m[:, 2, 0] * x + m[:, 2, 1] * y + m[:, 2, 2]
        chosen = np.asarray(steps)
        later = jnp.asarray(np.arange(len(self.warps)) > chosen[:, None])
        ok = (later.reshape(*later.shape, *(1,) * x.ndim) | (w > HORIZON)).all(axis=1)
        w = jnp.where(ok, w[chosen], 1.0)
        return Moved(jnp.where(ok, u[chosen] / w, -1e6), jnp.where(ok, v[chosen] / w, -1e6), ok)

    def jacobian(self, x: Array, y: Array) -> Jacobian:
        """Derivatives of where points of the first input are after the last step."""
        m = self.forward[-1]
        if not self.is_projective:
            return Jacobian(*(jnp.broadcast_to(m[i, j], x.shape) for i in range(2) for j in range(2)))
        u, v, w = (m[i, 0] * x + m[i, 1] * y + m[i, 2] for i in range(3))
        w = jnp.where(w > HORIZON, w, 1.0)
        return Jacobian(*((m[i, j] - m[2, j] * at / w) / w for i, at in ((0, u), (1, v)) for j in range(2)))

    @property
    def half_planes(self) -> HalfPlanes | None:
        """What each step leaves of its input, in coordinates of the first; None if every output shows all of it."""
        cuts = np.array([i for i, w in enumerate(self.warps) if not w.is_onto], int)
        if not cuts.size:
            return None
        m = self.forward[cuts]
        height, width = (self.sizes[cuts, i, None] for i in range(2))
        x, y, w = m[:, 0], m[:, 1], m[:, 2]
        lines = [x, width * w - x, y, height * w - y]
        if self.is_projective:
            lines.append(w - jnp.array([0.0, 0.0, HORIZON]))
        return HalfPlanes(_unit(jnp.stack(lines, axis=1)), cuts)


def canvas_sides(size: tuple[Any, Any]) -> HalfPlanes:
    """The half-planes whose common part is a canvas of (height, width)."""
    height, width = size
    lines = vector(1, 0, 0, -1, 0, width, 0, 1, 0, 0, -1, height).reshape(1, 4, 3)
    return HalfPlanes(jnp.asarray(lines), np.zeros(1, int))


def _unit(lines: Array) -> Array:
    """Lines (..., 3) with normals of length one; one without a direction is kept as it is."""
    square = (lines[..., :2] ** 2).sum(axis=-1, keepdims=True)
    some = square > 1e-20
    return lines / jnp.where(some, jnp.sqrt(jnp.where(some, square, 1.0)), 1.0)
