"""3 x 3 matrices of projective maps, traced or not, always in full precision."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete

#: How far in front of the horizon of a projective map points must lie; the top left corner of the picture is at 1.
HORIZON = 1e-6


def vector(*entries: Any) -> Any:
    """Entries, traced or not, as one float32 array; what is known stays known while a function is traced."""
    if all(isinstance(v, int | float | np.number) for v in entries):
        return np.array(entries, np.float32)
    return jnp.stack([jnp.asarray(v, jnp.float32) for v in entries])


def stack3(rows: Any) -> Any:
    """A 3 x 3 float32 matrix from nested entries, traced or not."""
    return vector(*(v for row in rows for v in row)).reshape(3, 3)


def compose3(a: Any, b: Any) -> Any:
    """The products of matrices (..., 3, 3) in full precision, as sums: a matmul is a kernel of its own everywhere."""
    xp: Any = np if is_concrete(a) and is_concrete(b) else jnp
    return (xp.asarray(a)[..., :, :, None] * xp.asarray(b)[..., None, :, :]).sum(axis=-2)


def inverse3(m: Any) -> Any:
    """The inverses of matrices (..., 3, 3) in closed form, scaled so that the last entries are one where they can be.

    What is known stays known while a function is traced, and is worked out in double precision.
    """
    xp: Any = np if is_concrete(m) else jnp
    m = np.asarray(m, np.float64) if is_concrete(m) else jnp.asarray(m, jnp.float32)
    # Cofactors are products of neighbours further on, once round.
    twice = xp.concatenate([m, m[..., :2, :]], axis=-2)
    twice = xp.concatenate([twice, twice[..., :2]], axis=-1)
    one, two = slice(1, 4), slice(2, 5)
    cofactors = twice[..., one, one] * twice[..., two, two] - twice[..., one, two] * twice[..., two, one]
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
    ok = w > HORIZON
    w = jnp.where(ok, w, 1.0)
    return jnp.where(ok, u / w, -1e6), jnp.where(ok, v / w, -1e6), ok
