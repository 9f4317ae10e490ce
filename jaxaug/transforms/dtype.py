"""Images in another dtype."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.kernels.dtype import full_brightness
from jaxaug.ops.dtype import ToDtype
from jaxaug.ops.tone import Tone, tone


@transform
class ToFloat(Transform):
    """Makes float32 images of images of whole numbers, full brightness becoming 1; images of floats keep their values.

    Args:
        max_value: what values are divided by; None for full brightness of the image's dtype.
        p: how often it is applied; images come out as floats either way, where it is not with full brightness 1.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> floats = ja.Compose([ja.ToFloat()])
        >>> floats(jax.random.key(0), image=jnp.array([[0, 51, 255]], jnp.uint8))["image"].round(3)
        Array([[0. , 0.2, 1. ]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    max_value: Scalar | None = args.number(None, 1e-6, optional=True)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Tone:
        given = {} if self.max_value is None else {"most": self.max_value}
        return tone(F.scale_shift, fit=_divided, **given)


def _divided(info: PictureInfo, most: Any = None) -> dict[str, Any]:
    whole = jnp.issubdtype(info.dtype, jnp.integer)
    return {"scale": info.full_brightness / most if whole and most is not None else 1.0, "shift": 0.0}


@transform
class FromFloat(Transform):
    """Makes images of whole numbers of images of floats in [0, 1], rounded to the nearest and cut to what is there.

    Args:
        dtype: `uint8`, `uint16` or `uint32`.
        max_value: what values are multiplied by; None for the dtype's largest number.
        p: how often it is applied; 0 or 1.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> levels = ja.Compose([ja.FromFloat()])
        >>> levels(jax.random.key(0), image=jnp.array([[0.0, 0.2, 1.5]]))["image"]
        Array([[  0,  51, 255]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8; images of whole numbers keep their brightness.
    """

    needs_range = True

    dtype: str = args.choice("uint8", ("uint8", "uint16", "uint32"))
    max_value: Scalar | None = args.number(None, 1e-6, optional=True)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> ToDtype:
        factor = 1.0 if self.max_value is None else self.max_value / full_brightness(self.dtype)
        return ToDtype(jnp.asarray(factor, jnp.float32), dtype=self.dtype)
