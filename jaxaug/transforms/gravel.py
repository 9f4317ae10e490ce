"""Gravel on the ground."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.regions import check_region
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.kernels.gravel import LARGEST, SPACE, add_gravel
from jaxaug.ops.tone import Tone, tone


@transform
class RandomGravel(Transform):
    """Strews gravel: patches of small squares whose lightness is random, and whose hue stays.

    Patches are a tenth to a fifth of the region wide and high, with a stone for each hundred pixels, so that small
    pictures have none.

    Args:
        gravel_roi: (x_min, y_min, x_max, y_max) in which patches lie, as fractions of the picture.
        number_of_patches: how many patches there are.

    Raises:
        ValueError: a region without width or height; images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> gravel = ja.Compose([ja.RandomGravel((0, 0, 1, 1), 5, p=1)])
        >>> out = gravel(jax.random.key(0), image=jnp.full((120, 120, 1), 0.5))["image"]
        >>> 0 < float((out != 0.5).mean()) < 0.05
        True

    Follows Albumentations 2.0.8, but pixels without a stone keep their values, which its detour over 8 bits of hue and
    saturation changes.
    """

    needs_range = True

    gravel_roi: Any = args.numbers((0.1, 0.4, 0.9, 0.9), 0.0, 1.0)
    number_of_patches: int = args.option(2, int, 1)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        check_region("RandomGravel(gravel_roi=...)", self.gravel_roi)

    def draw(self, rng: Draw, view: View) -> Tone:
        height, width = view.canvas.buffer
        patches = self.number_of_patches
        # Stones first: those of a smaller picture are the first ones of a larger.
        stones = max(1, (height // 5) * (width // 5) // SPACE), patches
        return tone(
            add_gravel,
            channels=(1, 3),
            region=jnp.stack([jnp.asarray(side, jnp.float32) for side in self.gravel_roi]),
            sides=rng.uniform("side", shape=(patches, 2)),
            corners=rng.uniform("corner", shape=(patches, 2)),
            places=rng.uniform("place", shape=(*stones, 2)),
            radius=rng.integer("radius", (1, LARGEST), stones),
            lightness=rng.integer("lightness", (0, 255), stones) / 255,
        )
