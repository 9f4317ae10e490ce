"""Fine detail, stressed."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.filter import Square


@transform
class Emboss(Transform):
    """Lights edges from the upper left, as on a stamped sheet, and blends the result with the picture.

    Args:
        alpha: range of the weight of the result.
        strength: range of the height of the relief.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> emboss = ja.Compose([ja.Emboss((1, 1), (0, 0), p=1)])
        >>> emboss(jax.random.key(0), image=jnp.full((4, 4), 0.5))["image"][0]
        Array([0.5, 0.5, 0.5, 0.5], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    alpha: Range = args.pair((0.2, 0.5), args.alone, 0, 1)
    strength: Range = args.pair((0.2, 0.7), args.alone, 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Square:
        alpha, s = rng.uniform("alpha", self.alpha), rng.uniform("strength", self.strength)
        zero, one = jnp.zeros(()), jnp.ones(())
        relief = jnp.stack([-1 - s, -s, zero, -s, one, s, zero, s, 1 + s]).reshape(3, 3)
        same = jnp.zeros((3, 3)).at[1, 1].set(1.0)
        return Square((1 - alpha) * same + alpha * relief, jnp.array([0.0, 1.0]))
