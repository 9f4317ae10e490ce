"""Filters whose weights are noise."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.kernels.random_numbers import normal_field
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import FittedOp
from jaxaug.sampling.borders import border_index


@struct.struct
class RandomFilter(FittedOp):
    """An image plus what normal weights of a sum of zero make of it, cut to [0, 1].

    Args:
        key: raw key data of the weights.
        strength: deviation of the weights times the side of their square.
        side: of the square in pixels, odd and at most `widest`.
        widest: odd.
        per_channel: every channel has weights of its own.
        border: what lies beyond the picture's edge.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "filter"

    key: Array
    strength: Scalar
    side: Scalar
    widest: int = static()
    per_channel: bool = static(default=False)
    border: str = static(default="reflect_101")
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="RandomFilter")

    def weights(self, channels: int) -> Array:
        """(K, K, channels or 1) weights in the middle of the widest square."""
        planes = channels if self.per_channel else 1
        drawn = jnp.moveaxis(normal_field(self.key, planes, self.widest, self.widest), 0, 2)
        side = jnp.asarray(self.side, jnp.float32)
        offset = jnp.abs(jnp.arange(self.widest, dtype=jnp.float32) - self.widest // 2)
        near = 2 * offset < side
        within = (near[:, None] & near[None])[..., None]
        drawn = jnp.moveaxis(
            normal_field(self.key, channels if self.per_channel else 1, self.widest, self.widest), 0, 2
        )
        mean = jnp.where(within, drawn, 0.0).sum(axis=(0, 1), keepdims=True) / side**2
        same = ((offset[:, None] == 0) & (offset[None] == 0))[..., None]
        return same.astype(jnp.float32) + jnp.where(within, drawn - mean, 0.0) * (self.strength / side)

    def apply(self, image: FloatImage) -> FloatImage:
        weights, size = self.weights(image.channels), image.size

        def filtered(part: Array, place: int) -> Array:
            own = weights
            if self.per_channel:
                first = place * image.step
                own = jnp.tile(weights[..., first : first + image.step], (1, 1, size[1]))
            framed = materialize(self._framed(materialize(part), size, image.step))

            def add_row(row: Array, total: Array) -> Array:
                for column in range(self.widest):
                    window = jax.lax.dynamic_slice(framed, (row, column * image.step), part.shape)
                    total = total + own[row, column][None] * window
                return total

            return jnp.clip(jax.lax.fori_loop(0, self.widest, add_row, jnp.zeros_like(part)), 0.0, 1.0)

        return FloatImage(tuple(filtered(part, i) for i, part in enumerate(image.parts)), image.step)

    def _framed(self, part: Array, size: tuple[int, int], step: int) -> Array:
        """Rows with what lies beyond the picture's edges around them."""
        reach = self.widest // 2
        true = [jnp.asarray(n).astype(jnp.int32) for n in self.canvas_of(size).size]
        down, across = (jnp.arange(-reach, n + reach) for n in size)
        rows = jnp.take(part, border_index(down, true[0], self.border), axis=0, mode="clip")
        pixels = rows.reshape(rows.shape[0], size[1], step)
        framed = jnp.take(pixels, border_index(across, true[1], self.border), axis=1, mode="clip")
        if self.border == "constant":
            inside = [(index >= 0) & (index < n) for index, n in zip((down, across), true, strict=True)]
            framed = jnp.where((inside[0][:, None] & inside[1][None])[..., None], framed, 0.0)
        return framed.reshape(framed.shape[0], -1)

    def describe(self) -> str:
        return f"random weights over {number(self.side)} x {number(self.side)} px, strength {number(self.strength)}"
