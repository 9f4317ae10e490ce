"""The Voxel family: whole-voxel moves of volumes, with depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.kinds import kinds_without
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View


@struct.struct
class VoxelFlip(Op):
    """An op of the family: volumes turned round along some axes.

    Args:
        flips: (3,) bool, whether z, y and x are turned round.
        active: whether it is applied.
        size: (3,) depth, height and width of the reference, once the op is prepared.
        shape: how a volume (depth, height, width) lies in the frames of a picture, once the op is fitted to one.
        name: what drew it.
    """

    family = "voxel"

    flips: Array
    active: Scalar = static_if_true(default=True)
    size: Any = None
    shape: tuple[int, int] = static(default=(1, 1))
    name: str = static(default="VoxelFlip")

    def refused(self) -> frozenset[str]:
        return kinds_without("flip_voxels")

    def prepare(self, view: View) -> VoxelFlip:
        return struct.replace(self, size=(view.depth(self.name), *view.size))

    def for_picture(self, info: PictureInfo) -> VoxelFlip:
        if info.depth_axis is None:
            raise ValueError(
                f"{self.name} moves volumes, and {info.label!r} has no depth: put pictures of two dimensions into "
                "another sample, or rename the entry to pass it through."
            )
        if info.canvas.extent is not None:
            raise ValueError(
                f"{self.name} moves volumes that fill their arrays; {info.label!r} has a 'size' beside it."
            )
        before, depth = info.leading[: info.depth_axis], info.leading[info.depth_axis]
        count = 1
        for n in before:
            count *= n
        return struct.replace(self, shape=(count, depth))

    def on_annotation(self, rows: Annotation) -> Annotation:
        return rows.flip_voxels(self.flips & self.active, self.size)

    def describe(self) -> str:
        along = [axis for axis, flip in zip("zyx", np.asarray(self.flips), strict=True) if flip]
        return f"turned round along {' and '.join(along)}" if along else "unchanged"

    def on_picture(self, picture: Array) -> Array:
        """A picture (volumes * depth, height, width, channels)."""
        volumes = picture.reshape(*self.shape, *picture.shape[1:])
        for axis in range(3):
            turn = self.flips[axis] & self.active
            volumes = branch(turn, lambda v, axis=axis: jnp.flip(v, axis + 1), lambda v: v, volumes)
        return volumes.reshape(picture.shape)


def move_voxels(picture: Array, ops: Sequence[VoxelFlip], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) after neighbouring moves of voxels, one after another."""
    for op in ops:
        picture = op.on_picture(picture)
    return picture
