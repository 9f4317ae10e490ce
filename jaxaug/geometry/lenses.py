"""Maps of lenses and of waves on water, in closed form from output to input."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.geometry.bent_maps import Bent, Reach


@struct.struct
class Radial(Bent):
    """A map along the rays from a centre: a distance r from it, in a unit of its own, becomes r (1 + a r^2 + b r^4).

    Args:
        centre: (2,) x and y.
        unit: (2,) pixels along x and y in which distances count as one.
        a, b: coefficients.
    """

    centre: Array
    unit: Array
    a: Any
    b: Any

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        across, down = x - self.centre[0], y - self.centre[1]
        square = (across / self.unit[0]) ** 2 + (down / self.unit[1]) ** 2
        stretch = square * (self.a + self.b * square)
        return x + across * stretch, y + down * stretch

    def describe(self, before: Canvas, after: Canvas) -> str:
        return f"distances r from the centre times 1 + {number(self.a)} r^2 + {number(self.b)} r^4"

    def reach(self, size: tuple[Any, Any]) -> Reach:
        far = tuple(jnp.maximum(c, n - c) for c, n in zip(self.centre, size[::-1], strict=True))
        square = (far[0] / self.unit[0]) ** 2 + (far[1] / self.unit[1]) ** 2
        most = square * (jnp.abs(self.a) + jnp.abs(self.b) * square)
        return Reach(-far[0] * most, far[0] * most, -far[1] * most, far[1] * most)


@struct.struct
class Waves(Bent):
    """A map that shifts every point by a sum of travelling sine waves.

    Args:
        amplitude: (N,) in pixels.
        wavelength: (N,) in pixels.
        travels, sways: (N,) directions in which a wave travels and in which it shifts, in radians.
        phase: (N,) in radians.
    """

    amplitude: Array
    wavelength: Array
    travels: Array
    sways: Array
    phase: Array

    def describe(self, before: Canvas, after: Canvas) -> str:
        return f"{self.amplitude.shape[-1]} waves, of up to {number(jnp.max(self.amplitude))} px"

    def pull(self, x: Array, y: Array) -> tuple[Array, Array]:
        number = 2 * np.pi / self.wavelength
        u, v = x, y
        for i in range(self.amplitude.shape[0]):
            along = jnp.cos(self.travels[i]) * number[i] * x + jnp.sin(self.travels[i]) * number[i] * y
            height = self.amplitude[i] * jnp.sin(along + self.phase[i])
            u, v = u + jnp.cos(self.sways[i]) * height, v + jnp.sin(self.sways[i]) * height
        return u, v

    def pull_centres(self, x: Array, y: Array) -> tuple[Array, Array]:
        number = 2 * np.pi / self.wavelength
        across = (jnp.cos(self.travels) * number)[:, None] * x[0] + self.phase[:, None]
        down = (jnp.sin(self.travels) * number)[:, None] * y[:, 0]
        # The sine of a sum is a sum of products, of a row and a column each.
        rows = jnp.concatenate([jnp.cos(down), jnp.sin(down)])
        columns = jnp.concatenate([jnp.sin(across), jnp.cos(across)])

        def total(share: Array) -> Array:
            weighed = rows * jnp.tile(self.amplitude * share, 2)[:, None]
            return jnp.matmul(weighed.T, columns, precision=jax.lax.Precision.HIGHEST)

        return x + total(jnp.cos(self.sways)), y + total(jnp.sin(self.sways))

    def reach(self, size: tuple[Any, Any]) -> Reach:
        most = jnp.abs(self.amplitude).sum()
        return Reach(-most, most, -most, most)
