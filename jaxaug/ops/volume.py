"""The Volume family: functions of the values of whole volumes, along depth too."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.dtype import from_unit, to_unit


@struct.struct
class OnVolumes(Op):
    """An op of the family: a kernel and its arguments.

    Args:
        params: keyword arguments of the kernel that are arrays.
        kernel: a function of floats in [0, 1] of shape (depth, height, width, channels) that keeps the shape.
        options: static keyword arguments of the kernel, as pairs.
        active: whether it is applied.
        shape: how many volumes of which depth lie in the frames of a picture, once the op is fitted to one.
        max_value: full brightness of volumes of floats, once the op is fitted to one.
        name: what drew it.
    """

    family = "volume"

    params: dict[str, Any]
    kernel: Importable = static()
    options: tuple[tuple[str, Any], ...] = static(default=())
    active: Scalar = static_if_true(default=True)
    shape: tuple[int, int] = static(default=(1, 1))
    max_value: float = static(default=1.0)
    name: str = static(default="OnVolumes")

    def for_picture(self, info: PictureInfo) -> OnVolumes | None:
        if info.kind != "image":
            return None
        if info.depth_axis is None:
            raise ValueError(
                f"{self.name} changes volumes, and {info.label!r} has no depth: put pictures of two dimensions into "
                "another sample, or rename the entry to pass it through."
            )
        if info.canvas.extent is not None:
            raise ValueError(
                f"{self.name} changes volumes that fill their arrays; {info.label!r} has a 'size' beside it. Put a "
                "Resize or a crop of fixed size before it."
            )
        count, depth = math.prod(info.leading[: info.depth_axis]), info.leading[info.depth_axis]
        return struct.replace(self, shape=(count, depth), max_value=info.max_value)

    def on_picture(self, picture: Array) -> Array:
        """A picture (volumes * depth, height, width, channels)."""
        kernel = functools.partial(self.kernel(), **self.params, **dict(self.options))

        def changed(picture: Array) -> Array:
            volumes = to_unit(picture, self.max_value).reshape(*self.shape, *picture.shape[1:])
            return from_unit(jax.vmap(kernel)(volumes).reshape(picture.shape), picture.dtype, self.max_value)

        return branch(self.active, changed, lambda same: same, picture)


def on_volumes(kernel: Callable[..., Any], options: tuple[tuple[str, Any], ...] = (), **params: Any) -> OnVolumes:
    """An op on whole volumes from a function and its arguments.

    Args:
        kernel: a function at the top of a module, see `OnVolumes`.
        options: its static arguments, as pairs.
        **params: its arguments that are numbers or arrays.

    Raises:
        ValueError: a function that cannot be imported by its name.
    """
    return OnVolumes({name: jnp.asarray(value) for name, value in params.items()}, Importable.of(kernel), options)


def change_volumes(picture: Array, ops: Sequence[OnVolumes], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) after neighbouring ops on volumes, one after another."""
    for op in ops:
        picture = op.on_picture(picture)
    return picture
