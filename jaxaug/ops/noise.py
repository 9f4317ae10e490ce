"""The Noise family: a random field combined with an image; an op keeps the key of its field, never the field."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.types import Scalar
from jaxaug.kernels.random_numbers import random_normal, random_poisson, random_uniform
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import PixelOp


@struct.struct
class NormalNoise(PixelOp):
    """Normal noise added to an image.

    Args:
        key: raw key data of the field.
        mean, std: of the noise, in full brightnesses.
        active: whether it is applied.
        per_channel: every channel has a field of its own.
        grain: the field is drawn at this fraction of the image's size and stretched.
        name: what drew it.
    """

    family = "noise"

    key: Array
    mean: Scalar
    std: Scalar
    active: Scalar = static_if_true(default=True)
    per_channel: bool = static(default=True)
    grain: float = static(default=1.0)
    name: str = static(default="NormalNoise")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        height, width = image.size
        rows, columns = (max(1, int(n * self.grain)) for n in (height, width))
        field = materialize(random_normal(self.key, (len(image.parts) if self.per_channel else 1, rows, columns)))
        if (rows, columns) != (height, width):
            field = jax.image.resize(field, (field.shape[0], height, width), "linear")
        fields = jnp.broadcast_to(field, (len(image.parts), height, width))
        noisy = (
            jnp.clip(part + (self.mean + self.std * field), 0.0, 1.0)
            for part, field in zip(image.parts, fields, strict=True)
        )
        return FloatImage(tuple(noisy), image.step)


@struct.struct
class UniformFactors(PixelOp):
    """An image multiplied by uniform noise.

    Args:
        key: raw key data of the field.
        low, high: range of the factors.
        active: whether it is applied.
        per_channel: every channel has factors of its own.
        elementwise: every pixel has factors of its own.
        name: what drew it.
    """

    family = "noise"

    key: Array
    low: Scalar
    high: Scalar
    active: Scalar = static_if_true(default=True)
    per_channel: bool = static(default=False)
    elementwise: bool = static(default=False)
    name: str = static(default="UniformFactors")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        size = image.size if self.elementwise else (1, 1)
        share = random_uniform(self.key, (len(image.parts) if self.per_channel else 1, *size))
        factors = jnp.broadcast_to(self.low + (self.high - self.low) * share, (len(image.parts), *size))
        noisy = (jnp.clip(part * factor, 0.0, 1.0) for part, factor in zip(image.parts, factors, strict=True))
        return FloatImage(tuple(noisy), image.step)


@struct.struct
class PoissonCounts(PixelOp):
    """Photons counted instead of light: each value is a Poisson variate whose mean is the value itself.

    Args:
        key: raw key data of the counts.
        scale: brightness of one photon; more of it is more noise.
        gamma: values are raised to this power before photons are counted, and its root is taken after.
        active: whether it is applied.
        name: what drew it.
    """

    family = "noise"

    key: Array
    scale: Scalar
    gamma: Scalar
    active: Scalar = static_if_true(default=True)
    name: str = static(default="PoissonCounts")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        light = jnp.stack(image.parts) ** self.gamma
        counts = random_poisson(self.key, light / self.scale)
        noisy = jnp.clip(counts * self.scale, 0.0, 1.0)
        # The slope of a root at zero is infinite.
        seen = jnp.where(noisy > 0, jnp.where(noisy > 0, noisy, 1.0) ** (1.0 / self.gamma), 0.0)
        return FloatImage(tuple(seen), image.step)
