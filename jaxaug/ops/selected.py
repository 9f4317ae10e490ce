"""Ops on pixels that change some of an image's channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class Selected(Op):
    """An op of the family: ops on an image of some channels of another, which then take their places again.

    Args:
        ops: what is done, in order.
        channels: numbers of the channels.
        active: whether it is applied.
        name: what drew it.
    """

    family = "selected"

    ops: tuple[Any, ...]
    channels: tuple[int, ...] = static(default=(0, 1, 2))
    active: Scalar = static_if_true(default=True)
    name: str = static(default="Selected")

    def prepare(self, view: View) -> Selected:
        return struct.replace(self, ops=tuple(op.prepare(view) for op in self.ops))

    def for_picture(self, info: PictureInfo) -> Selected | None:
        if info.kind != "image":
            return None
        if any(not -info.channels <= channel < info.channels for channel in self.channels):
            raise ValueError(
                f"{self.name}(channels={self.channels}) names channels that {info.label!r} does not have: there are "
                f"{info.channels}, numbered from 0."
            )
        inner = self.inner(info)
        fitted = []
        for op in self.ops:
            own = op.for_picture(inner)
            if own is not None:
                fitted.append(own)
                inner = own.after(inner)
        if (inner.channels, np.dtype(inner.dtype)) != (len(self.channels), np.dtype(info.dtype)):
            raise ValueError(
                f"{self.name} puts channels back into {info.label!r}, but its transforms turn {len(self.channels)} of "
                f"{np.dtype(info.dtype)} into {inner.channels} of {np.dtype(inner.dtype)}: use transforms that keep "
                "both."
            )
        return struct.replace(self, ops=tuple(fitted))

    def inner(self, info: PictureInfo) -> PictureInfo:
        """What is known of the image of the channels."""
        return info.replace(channels=len(self.channels))

    def taken(self, image: Array) -> Array:
        """The channels of an image (frames, height, width, channels)."""
        return jnp.take(image, jnp.asarray(self.channels), axis=-1)

    def put_back(self, image: Array, changed: Array) -> Array:
        """An image with other values in those channels, if the op is active."""
        new = image.at[..., jnp.asarray(self.channels)].set(changed)
        return new if self.active is True else jnp.where(self.active, new, image)

    def describe(self) -> str:
        inside = "; ".join(f"{op.name}: {op.describe()}" for op in self.ops if op.active is True or bool(op.active))
        return f"channels {', '.join(map(str, self.channels))}: {inside or 'nothing'}"
