"""Grain of film: noise that is coarse, and strongest in the midtones."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.plan_wording import number
from jaxaug.core.types import Scalar
from jaxaug.kernels.arithmetic import clip_unit, finite_sqrt
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.random_numbers import normal_field
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import PixelOp


@struct.struct
class GrainNoise(PixelOp):
    """Normal noise, smoothed to grains, which all channels of a pixel share.

    Args:
        key: raw key data of the field.
        intensity: standard deviation in the midtones, in full brightnesses.
        kernel: (K,) symmetric weights that smooth the field down the rows and along the columns, K odd.
        active: whether it is applied.
        name: what drew it.
    """

    family = "noise"

    key: Array
    intensity: Scalar
    kernel: Array
    active: Scalar = static_if_true(default=True)
    name: str = static(default="GrainNoise")

    @property
    def planes(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        grey = luma(image.parts)
        noise = materialize(self.intensity * grain_strength(grey) * self._field(image.size))
        return FloatImage(tuple(clip_unit(part + noise) for part in image.parts), image.step)

    def _field(self, size: tuple[int, int]) -> Array:
        """(height, width) smooth numbers of a variance of one, of which a smaller picture's are the top left part."""
        margin = self.kernel.shape[0] - 1
        field = normal_field(self.key, 1, size[0] + margin, size[1] + margin)[0]
        for axis, length in enumerate(size):
            field = materialize(field)
            taps = (jax.lax.slice_in_dim(field, i, i + length, axis=axis) for i in range(margin + 1))
            field = sum((weight * tap for weight, tap in zip(self.kernel, taps, strict=True)), jnp.float32(0))
        return field / (self.kernel**2).sum()

    def describe(self) -> str:
        return f"grain of deviation {number(self.intensity)}"


def grain_strength(grey: Array) -> Array:
    """How strong grain is at a brightness in [0, 1]: 1 in the midtones, 0 in black and in white.

    A brightness g is the share of a film that grains leave uncovered, and the variance of a share is g (1 - g).

    Example:
        >>> import jax.numpy as jnp
        >>> [round(float(v), 2) for v in grain_strength(jnp.array([0.0, 0.1, 0.5, 0.9, 1.0]))]
        [0.0, 0.6, 1.0, 0.6, 0.0]
    """
    return finite_sqrt(jnp.clip(4 * grey * (1 - grey), 0.0, 1.0))
