"""3 x 3 matrices of projective maps, traced or not, always in full precision."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete


def vector(*entries: Any) -> Any:
    """Entries, traced or not, as one float32 array; what is known stays known while a function is traced."""
    if all(isinstance(v, int | float | np.number) for v in entries):
        return np.array(entries, np.float32)
    return jnp.stack([jnp.asarray(v, jnp.float32) for v in entries])


def stack3(rows: Any) -> Any:
    """A 3 x 3 float32 matrix from nested entries, traced or not."""
    return vector(*(v for row in rows for v in row)).reshape(3, 3)


def compose3(a: Any, b: Any) -> Array:
    """The matrix product of two 3 x 3 matrices in full precision."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)


def inverse3(m: Any) -> Any:
    """The inverses of matrices (..., 3, 3) in closed form, scaled so that the last entries are one where they can be.

    Rows of the inverse are cross products of columns of the matrix. What is known stays known while a function is
    traced, and is worked out in double precision.
    """
    known = is_concrete(m)
    xp: Any = np if known else jnp
    m = np.asarray(m, np.float64) if known else jnp.asarray(m, jnp.float32)
    turn, back = np.array([1, 2, 0]), np.array([2, 0, 1])
    one, other = m[..., turn, :], m[..., back, :]
    cofactors = one[..., turn] * other[..., back] - one[..., back] * other[..., turn]
    out = xp.swapaxes(cofactors, -1, -2)
    last = out[..., 2:, 2:]
    return (out / xp.where(xp.abs(last) < 1e-12, 1.0, last)).astype(np.float32)


def transform(m: Any, x: Array, y: Array, *, projective: bool) -> tuple[Array, Array, Array]:
    """Points through a matrix, and whether they lie in front of its horizon."""
    u = m[0, 0] * x + m[0, 1] * y + m[0, 2]
    v = m[1, 0] * x + m[1, 1] * y + m[1, 2]
    if not projective:
        return u, v, jnp.ones(jnp.shape(u), bool)
    w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    ok = w > 1e-6
    w = jnp.where(ok, w, 1.0)
    return jnp.where(ok, u / w, -1e6), jnp.where(ok, v / w, -1e6), ok
