"""Images in another dtype."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_op import PixelOp


@struct.struct
class ToDtype(PixelOp):
    """Images in another dtype, full brightness being that of the dtype.

    Args:
        factor: of the values besides.
        dtype: the dtype's name.
        active: whether it is applied.
        name: what drew it.
    """

    family = "tone"

    factor: Scalar
    dtype: str = static()
    active: Scalar = static_if_true(default=True)
    name: str = static(default="ToDtype")

    def after(self, info: PictureInfo) -> PictureInfo:
        dtype: Any = np.dtype(self.dtype)
        whole = jnp.issubdtype(dtype, jnp.integer)
        return info.replace(dtype=dtype, max_value=info.max_value if whole else 1.0)

    @property
    def by_value(self) -> bool:
        return True

    @property
    def uniform(self) -> bool:
        return True

    @property
    def cheap(self) -> bool:
        return True

    def apply(self, image: FloatImage) -> FloatImage:
        return image.each(_multiplied, factor=self.factor)


def _multiplied(value: Array, factor: Any) -> Array:
    return value * factor
