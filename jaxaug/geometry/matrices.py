"""3 x 3 matrices of projective maps, traced or not, always in full precision."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


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


def inverse3(m: Any) -> Array:
    """The inverse of a 3 x 3 matrix in closed form, scaled so that its last entry is one where it can be."""
    a, b, c = m[0, 0], m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1], m[1, 2]
    g, h, i = m[2, 0], m[2, 1], m[2, 2]
    rows = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    out = stack3(rows)
    last = out[2, 2]
    return out / jnp.where(jnp.abs(last) < 1e-12, 1.0, last)


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
