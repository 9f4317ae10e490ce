"""Weather and light."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.regions import check_region
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.weather import shadow_coverage
from jaxaug.ops.overlay import Overlay, overlay


@transform
class RandomShadow(Transform):
    """Darkens random polygons.

    Args:
        shadow_roi: (x_min, y_min, x_max, y_max) in which their corners lie, as fractions of the picture.
        num_shadows_limit: range of the number of polygons.
        shadow_dimension: corners of each, at least 3.
        shadow_intensity_range: range of the share of the light that each takes.

    Raises:
        ValueError: a region without width or height, or outside [0, 1].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shade = ja.Compose([ja.RandomShadow(p=1)])
        >>> float(shade(jax.random.key(0), image=jnp.ones((16, 16, 3)))["image"].min())
        0.5

    Follows the meaning of Albumentations 2.0.8; polygons that cross themselves are filled by the even-odd rule.
    """

    needs_range = True

    shadow_roi: Any = args.numbers((0.0, 0.5, 1.0, 1.0), 0.0, 1.0)
    num_shadows_limit: Range = args.pair((1, 2), args.alone, 1, static=True)
    shadow_dimension: int = args.option(5, int, 3)
    shadow_intensity_range: Range = args.pair((0.5, 0.5), args.alone, 0, 1)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        check_region("RandomShadow(shadow_roi=...)", self.shadow_roi)

    def draw(self, rng: Draw, view: View) -> Overlay:
        most = self.num_shadows_limit[1]
        x0, y0, x1, y1 = self.shadow_roi
        shape = (most, self.shadow_dimension)
        corners = jnp.stack([rng.uniform("x", (x0, x1), shape), rng.uniform("y", (y0, y1), shape)], axis=-1)
        used = jnp.arange(most) < rng.integer("count", self.num_shadows_limit)
        darkness = jnp.where(used, rng.uniform("darkness", self.shadow_intensity_range, (most,)), 0.0)
        return overlay(shadow_coverage, colour=0.0, vertices=corners, darkness=darkness)
