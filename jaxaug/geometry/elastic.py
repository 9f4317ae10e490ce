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
from jaxaug.core.canvas import Canvas
from jaxaug.core.types import Size
from jaxaug.geometry.bent_maps import Displacement
from jaxaug.geometry.maps import Map
from jaxaug.kernels.random_numbers import normal_field, uniform_field


@struct.struct
class ElasticMap(Map):
    """A smooth random displacement, kept as its key and strength until it is needed.

    Args:
        key: raw key data of the field.
        alpha: strength in pixels before smoothing.
        sigma: standard deviation of the smoothing in pixels.
        extent: (2,) height and width of the picture, where it does not fill the field.
        size: (height, width) of the field.
        radius: taps beyond it are cut off; 0 keeps all.
        same: one field for both axes.
        distribution: gaussian or uniform.
    """

    key: Array
    alpha: Any
    sigma: Any
    extent: Any = None
    size: Size = static(default=(1, 1))
    radius: int = static(default=0)
    same: bool = static(default=False)
    distribution: str = static(default="gaussian")

    def build(self) -> Displacement:
        planes, canvas = 1 if self.same else 2, Canvas(self.size, self.extent)
        if self.distribution == "gaussian":
            noise = materialize(normal_field(self.key, planes, *self.size))
            seen = noise if self.extent is None else jnp.where(canvas.inside(), noise, 0.0)
            noise = noise / jnp.maximum(jnp.abs(seen).max(), 1e-6)
        else:
            noise = 2.0 * uniform_field(self.key, planes, *self.size) - 1.0
        noise = materialize(noise)
        sides = zip(self.size, canvas.size, strict=True)
        down, along = (_smoothing(n, true, self.sigma, self.radius) for n, true in sides)
        field = jnp.einsum("ij,njk,lk->nil", down, noise, along, precision=jax.lax.Precision.HIGHEST)
        return materialize(Displacement(jnp.broadcast_to(self.alpha * field, (2, *self.size))))


def _smoothing(n: int, true: Any, sigma: Any, radius: int) -> Array:
    """The matrix of a Gaussian filter of n pixels, of which the outermost of the first few are repeated for ever.

    Weights are integrals of the Gaussian over each pixel, so what lies beyond the ends is known in closed form.
    """
    width = jnp.asarray(sigma, jnp.float32)

    def below(edge: Array) -> Array:
        limit = radius + 0.5 if radius else jnp.inf
        return 0.5 * (1.0 + jax.scipy.special.erf(jnp.clip(edge, -limit, limit) / (width * np.sqrt(2.0))))

    edges = jnp.arange(n + 1, dtype=jnp.float32) - 0.5
    # What lies beyond the first few is as the last of them.
    at = jnp.minimum(jnp.arange(n, dtype=jnp.float32), true - 1)
    cumulative = below(edges - at[:, None])
    low, high = below(jnp.float32(-jnp.inf)), below(jnp.float32(jnp.inf))
    cumulative = jnp.where(jnp.arange(n + 1) >= true, high, cumulative.at[:, 0].set(low))
    return (cumulative[:, 1:] - cumulative[:, :-1]) / (high - low)
