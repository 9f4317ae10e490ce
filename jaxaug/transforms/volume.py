"""Volumes: moves with depth."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.ops.voxel import VoxelFlip


@transform
class Flip3D(Transform):
    """Turns volumes round along random axes, with their masks and keypoints.

    Args:
        axes: those along which a volume may be turned round, each with even chances: 0 is depth, 1 height, 2 width.
        flip_axes: those along which it is turned round, instead.

    Raises:
        ValueError: a sample without a volume, or with targets that have no depth.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> flip = ja.Compose([ja.Flip3D(flip_axes=(0,), p=1)])
        >>> flip(jax.random.key(0), volume=jnp.arange(3.0).reshape(3, 1, 1))["volume"].ravel()
        Array([2., 1., 0.], dtype=float32)

    Has the arguments of the successor of Albumentations.
    """

    axes: Any = args.axes((0, 1, 2))
    flip_axes: Any = args.axes(None)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> VoxelFlip:
        allowed = np.isin(np.arange(3), self.axes if self.flip_axes is None else self.flip_axes)
        if self.flip_axes is not None:
            return VoxelFlip(jnp.asarray(allowed))
        return VoxelFlip((rng.uniform("axes", shape=(3,)) < 0.5) & allowed)
