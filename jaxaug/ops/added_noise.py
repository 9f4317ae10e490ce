"""Noise of several distributions, added to an image."""

from __future__ import annotations

from typing import Any

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
from jaxaug.kernels.arithmetic import interpolate
from jaxaug.kernels.random_numbers import normal_field, uniform_field
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.noise import coarse, stretched
from jaxaug.ops.pixel_op import FittedOp

#: Steps of the table of quantiles of a beta distribution.
STEPS = 256


@struct.struct
class AddedNoise(FittedOp):
    """Noise added to an image, in full brightnesses.

    Args:
        key: raw key data of the field.
        params: `low` and `high` of uniform noise, (N,) each, a range per channel or one; `mean` and `std` of normal
            noise; `mean` and `scale` of Laplace's; `alpha`, `beta` and `scale` of beta noise, which lies in
            [-scale, scale].
        active: whether it is applied.
        distribution: uniform, gaussian, laplace or beta.
        spatial: constant for one number per channel, per_pixel for one per value, shared for one per pixel.
        grain: the field is drawn at this fraction of the image's size and stretched.
        patches: (K, 4) x_min, y_min, x_max, y_max as fractions of the image, outside of which it stays as it is; None
            for noise everywhere.
        canvas: of the image that it is fitted to.
        name: what drew it.
    """

    family = "noise"

    key: Array
    params: dict[str, Any]
    patches: Array | None = None
    active: Scalar = static_if_true(default=True)
    distribution: str = static(default="uniform")
    spatial: str = static(default="constant")
    grain: float = static(default=1.0)
    canvas: Canvas | None = None
    name: str = static(default="AddedNoise")

    @property
    def planes(self) -> bool:
        return True

    def for_picture(self, info: PictureInfo) -> AddedNoise | None:
        if info.kind != "image":
            return None
        if self.distribution == "uniform" and self.spatial == "constant":
            ranges = self.params["low"].shape[0]
            if 1 < ranges < info.channels:
                raise ValueError(
                    f"{self.name} has {ranges} ranges of noise and needs one, or one for each channel; {info.label!r} "
                    f"has {info.channels} channels."
                )
        return super().for_picture(info)

    def apply(self, image: FloatImage) -> FloatImage:
        size = (1, 1) if self.spatial == "constant" else coarse(image.size, self.grain)
        planes = 1 if self.spatial == "shared" else image.channels
        field = materialize(self._field(planes, *size))
        if self.spatial != "constant":
            field = stretched(field, image.size, self.grain)
        if self.patches is not None:
            field = jnp.where(self._inside(self.patches, image.size), field, 0.0)
        fields = jnp.broadcast_to(field, (image.channels, *field.shape[1:]))
        noisy = (jnp.clip(part + noise, 0.0, 1.0) for part, noise in zip(image.parts, fields, strict=True))
        return FloatImage(tuple(noisy), image.step)

    def _inside(self, patches: Array, size: tuple[int, int]) -> Array:
        """(height, width) bool: the pixels of the patches."""
        height, width = self.canvas_of(size).size
        x0, y0, x1, y1 = (jnp.round(v * n) for v, n in zip(patches.T, (width, height) * 2, strict=True))
        y, x = (jnp.arange(n) for n in size)
        down, across = (y >= y0[:, None]) & (y < y1[:, None]), (x >= x0[:, None]) & (x < x1[:, None])
        return (down[:, :, None] & across[:, None]).any(axis=0)

    def _field(self, planes: int, height: int, width: int) -> Array:
        p = self.params
        if self.distribution == "gaussian":
            return p["mean"] + p["std"] * normal_field(self.key, planes, height, width)
        share = uniform_field(self.key, planes, height, width)
        if self.distribution == "laplace":
            away = 2 * share - 1
            return p["mean"] - p["scale"] * jnp.sign(away) * jnp.log1p(-jnp.abs(away))
        if self.distribution == "beta":
            return p["scale"] * (2 * beta_quantiles(share, p["alpha"], p["beta"]) - 1)
        low, high = (p[end] if self.spatial == "constant" else p[end][:1] for end in ("low", "high"))
        # Noise that differs from pixel to pixel has the first range in all channels.
        low, high = (jnp.broadcast_to(end[:planes], (planes,))[:, None, None] for end in (low, high))
        return low + (high - low) * share


def beta_quantiles(share: Array, alpha: Any, beta: Any) -> Array:
    """Where a share of a beta distribution lies below, from a table of its quantiles.

    Args:
        share: floats in (0, 1).
        alpha, beta: its parameters, above 0.

    Example:
        >>> import jax.numpy as jnp
        >>> beta_quantiles(jnp.array([0.25, 0.5]), 1.0, 1.0).round(3)
        Array([0.25, 0.5 ], dtype=float32)
    """
    # Finer towards the ends, where the density may be infinite.
    places = np.sin(np.linspace(0, np.pi / 2, STEPS + 1)).astype(np.float32) ** 2
    a, b = (jnp.asarray(v, jnp.float32) for v in (alpha, beta))
    below = jax.scipy.special.betainc(a, b, places)
    table = interpolate(places, below, places)
    # The table is read at the share's own place along such steps.
    place = jnp.arcsin(jnp.sqrt(share)) * np.float32(2 / np.pi * STEPS)
    low = jnp.minimum(jnp.floor(place), STEPS - 1)
    first, second = (jnp.take(table, low.astype(jnp.int32) + step, mode="clip") for step in (0, 1))
    return first + (place - low) * (second - first)
