"""The Noise family: a random field combined with an image; an op keeps the key of its field, never the field."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour import lightness_hls, shift_hls
from jaxaug.kernels.random_numbers import (
    normal_field,
    places,
    plane_keys,
    poisson_counts,
    poisson_field,
    uniform_at,
    uniform_field,
)
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import Change, FittedOp, PixelOp


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
        planes = len(image.parts) if self.per_channel else 1
        field = stretched(
            materialize(normal_field(self.key, planes, *coarse(image.size, self.grain))), image.size, self.grain
        )
        fields = jnp.broadcast_to(field, (len(image.parts), height, width))
        noisy = (
            jnp.clip(part + (self.mean + self.std * field), 0.0, 1.0)
            for part, field in zip(image.parts, fields, strict=True)
        )
        return FloatImage(tuple(noisy), image.step)


def coarse(size: tuple[int, int], grain: float) -> tuple[int, int]:
    """(height, width) of a field drawn at a fraction of an image's size."""
    height, width = (max(int(np.ceil(n * grain)), 1) for n in size)
    return height, width


def stretched(field: Array, size: tuple[int, int], grain: float) -> Array:
    """A field (planes, ...) drawn at a fraction of an image's size, at that size: between its numbers linearly."""
    if grain == 1.0:
        return field
    down, along = (_weights(n, m, grain) for n, m in zip(size, field.shape[1:], strict=True))
    return jnp.einsum("ij,njk,lk->nil", down, field, along, precision=jax.lax.Precision.HIGHEST)


def _weights(length: int, count: int, grain: float) -> np.ndarray:
    """(length, count) weights of the numbers of a coarse field at the pixels along a side."""
    at = np.clip((np.arange(length) + 0.5) * grain - 0.5, 0, count - 1)
    return np.maximum(1 - np.abs(at[:, None] - np.arange(count)), 0).astype(np.float32)


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
        share = uniform_field(self.key, len(image.parts) if self.per_channel else 1, *size)
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
        counts = poisson_field(self.key, light / self.scale)
        noisy = jnp.clip(counts * self.scale, 0.0, 1.0)
        # The slope of a root at zero is infinite.
        seen = jnp.where(noisy > 0, jnp.where(noisy > 0, noisy, 1.0) ** (1.0 / self.gamma), 0.0)
        return FloatImage(tuple(seen), image.step)


@struct.struct
class SensorNoise(FittedOp):
    """Grain of lightness that grows with contrast and shrinks in the light, and grain of hue.

    Args:
        keys: (2, ...) raw key data of the two fields.
        hue: standard deviation of the hue, in turns.
        intensity: weight of the grain of lightness, and how frequent it is.
        active: whether it is applied.
        canvas: of the picture that it is fitted to.
        name: what drew it.
    """

    family = "noise"

    keys: Array
    hue: Scalar
    intensity: Scalar
    active: Scalar = static_if_true(default=True)
    canvas: Canvas | None = None
    name: str = static(default="SensorNoise")

    def for_picture(self, info: PictureInfo) -> SensorNoise | None:
        if info.kind != "image":
            return None
        if info.channels not in (1, 3):
            raise ValueError(f"{self.name} needs images of 1 or 3 channels; {info.label!r} has {info.channels}.")
        return super().for_picture(info)

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        assert self.canvas is not None, "noise of a sensor is fitted to a picture before it is added"
        light = materialize(lightness_hls(image.parts))
        inside = None if self.canvas.extent is None else self.canvas.inside()
        mean = light.mean(where=inside)
        # The slope of a root at zero is infinite.
        spread = jnp.sqrt(jnp.maximum(((light - mean) ** 2).mean(where=inside), 1e-12))
        grain = poisson_counts(materialize(uniform_field(self.keys[0], 1, *image.size)[0]), spread * self.intensity)
        turns = self.hue * materialize(normal_field(self.keys[1], 1, *image.size)[0])
        noisy = shift_hls.traits.kernel(image.parts, turns, grain * self.intensity * (1 - light))
        return FloatImage(noisy, image.step)


@struct.struct
class SaltPepper(PixelOp):
    """Pixels that are white or black.

    Args:
        key: raw key data of the field.
        salt, pepper: share of the white and of the black pixels.
        active: whether it is applied.
        name: what drew it.
    """

    family = "noise"

    key: Array
    salt: Scalar
    pepper: Scalar
    active: Scalar = static_if_true(default=True)
    name: str = static(default="SaltPepper")

    @property
    def exact_uint8(self) -> bool:
        return True

    @property
    def apply_uint8(self) -> Change | None:
        return self._scattered

    def apply(self, image: FloatImage) -> FloatImage:
        return self._scattered(image)

    def _scattered(self, image: FloatImage) -> FloatImage:
        height, width = image.size
        share = uniform_at(plane_keys(self.key, 0), places(height, width, image.step))
        white, black = share < self.salt, share > 1 - self.pepper

        def one(part: Array) -> Array:
            full = 255 if part.dtype == jnp.uint8 else 1
            return jnp.where(white, jnp.asarray(full, part.dtype), jnp.where(black, jnp.asarray(0, part.dtype), part))

        return FloatImage(tuple(one(part) for part in image.parts), image.step)
