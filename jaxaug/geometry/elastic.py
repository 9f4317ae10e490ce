"""Smooth random displacements."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static
from jaxaug.core.types import Size
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.geometry.maps import Map
from jaxaug.kernels.random_numbers import random_normal, random_uniform


@struct.struct
class ElasticMap(Map):
    """A smooth random displacement, kept as its key and strength until it is needed.

    Args:
        key: raw key data of the field.
        alpha: strength in pixels before smoothing.
        sigma: standard deviation of the smoothing in pixels.
        size: (height, width) of the field.
        radius: taps beyond it are cut off; 0 keeps all.
        same: one field for both axes.
        distribution: gaussian or uniform.
    """

    key: Array
    alpha: Any
    sigma: Any
    size: Size = static(default=(1, 1))
    radius: int = static(default=0)
    same: bool = static(default=False)
    distribution: str = static(default="gaussian")

    def build(self) -> Displacement:
        shape = (1 if self.same else 2, *self.size)
        if self.distribution == "gaussian":
            noise = materialize(random_normal(self.key, shape))
            noise = noise / jnp.maximum(jnp.abs(noise).max(), 1e-6)
        else:
            noise = 2.0 * random_uniform(self.key, shape) - 1.0
        noise = materialize(noise)
        down, along = (_smoothing(n, self.sigma, self.radius) for n in self.size)
        field = jnp.einsum("ij,njk,lk->nil", down, noise, along, precision=jax.lax.Precision.HIGHEST)
        return materialize(Displacement(jnp.broadcast_to(self.alpha * field, (2, *self.size))))


def _smoothing(n: int, sigma: Any, radius: int) -> Array:
    """The matrix of a Gaussian filter of n pixels whose outermost ones are repeated for ever.

    Weights are integrals of the Gaussian over each pixel, so what lies beyond the ends is known in closed form.
    """
    width = jnp.asarray(sigma, jnp.float32)

    def below(edge: Array) -> Array:
        limit = radius + 0.5 if radius else jnp.inf
        return 0.5 * (1.0 + jax.scipy.special.erf(jnp.clip(edge, -limit, limit) / (width * np.sqrt(2.0))))

    edges = jnp.arange(n + 1, dtype=jnp.float32) - 0.5
    cumulative = below(edges - jnp.arange(n, dtype=jnp.float32)[:, None])
    low, high = below(jnp.float32(-jnp.inf)), below(jnp.float32(jnp.inf))
    cumulative = cumulative.at[:, 0].set(low).at[:, -1].set(high)
    return (cumulative[:, 1:] - cumulative[:, :-1]) / (high - low)
