"""AugMix: a picture mixed with what several chains of operations make of it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.ops.chain_mixture import ChainMixture
from jaxaug.policies.operations import MOVING, NAMES, Space, signed_operation

#: Operations of the paper, and those that tests of robustness to such changes leave out.
PARTIAL = (*MOVING, "Posterize", "Solarize", "AutoContrast", "Equalize")
FACTORS = ("Brightness", "Color", "Contrast", "Sharpness")
#: Operations at full strength, which is the last of so many.
SPACE, STRENGTHS = Space(translate=1 / 3, bits=4.0, kept=4.0), 10
#: Length of the longest chain where it is drawn.
LONGEST = 3


@transform
class AugMix(Transform):
    """Mixes an image with several chains of operations on it, each operation drawn evenly.

    Each chain moves the image elsewhere, so that no mask, box or point could follow the mixture: all of them stay as
    they are, and the image is left blended about where it was. `invert` leaves it alone, too.

    Args:
        severity: strengths are drawn from the lowest so many of ten, the lowest being none.
        mixture_width: how many chains.
        chain_depth: how many operations each has; -1 draws from 1 to 3 for each.
        alpha: of the distributions Dirichlet(alpha, ...) of the shares of chains, and Beta(alpha, alpha) of what the
            image itself leaves to them; above 0.
        all_ops: brightness, colour, contrast and sharpness too, and not only the paper's operations.
        interpolation: how images are read.
        fill: what shows outside.
        p: how often it is applied.

    Raises:
        ValueError: a severity that is not from 1 to 10, or no operation.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> image = jnp.zeros((8, 8, 3), jnp.uint8)
        >>> ja.AugMix()(jax.random.key(0), image=image, mask=image[..., 0])["image"].shape
        (8, 8, 3)

    After Hendrycks et al., "AugMix: a simple data processing method to improve robustness and uncertainty", 2020, with
    the operations and strengths of torchvision. There the mixture of bytes is cut off, here it is rounded; chains round
    after each operation in both.
    """

    needs_range = True

    severity: Scalar = args.number(3, 1, STRENGTHS)
    mixture_width: int = args.option(3, int, 1)
    chain_depth: int = args.option(-1, int, -1)
    alpha: Scalar = args.number(1.0, 0)
    all_ops: bool = args.option(True, bool)
    interpolation: Reading = args.interpolation("linear")
    fill: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        if self.chain_depth == 0:
            raise ValueError("AugMix(chain_depth=...) must be at least 1, or -1 to draw it, got 0.")

    def draw(self, rng: Draw, view: View) -> ChainMixture:
        length = LONGEST if self.chain_depth < 0 else self.chain_depth
        shape = (self.mixture_width, length)
        numbers = np.array([NAMES.index(name) for name in (*PARTIAL, *(FACTORS if self.all_ops else ()))])
        which = jnp.take(jnp.asarray(numbers), rng.integer("operations", (0, len(numbers) - 1), shape))
        strength = rng.integer("strengths", (0, self.severity - 1), shape) / (STRENGTHS - 1)
        sign = jnp.where(rng.uniform("signs", shape=shape) < 0.5, -1.0, 1.0)
        depth = rng.integer("depths", (1, length), (self.mixture_width, 1)) if self.chain_depth < 0 else length
        on = jnp.broadcast_to(jnp.arange(length) < depth, shape)

        logs = rng.log_gamma("shares", self.alpha, (self.mixture_width + 2,))
        weights = jax.nn.softmax(logs[-2:])[0] * jax.nn.softmax(logs[: self.mixture_width])
        reading = {"interpolation": self.interpolation, "fill": self.fill}
        return ChainMixture(chains(view, which, strength, sign, on, **reading), weights)


def chains(view: View, which: Array, strength: Array, sign: Array, on: Array, **reading: Any) -> tuple[Any, ...]:
    """Chains of operations.

    Args:
        view: the sample.
        which: (chains, length) numbers among `NAMES`.
        strength: (chains, length) from 0 to 1.
        sign: (chains, length) 1 or -1.
        on: (chains, length) whether each is applied at all.
        **reading: how images are read, and what shows outside.
    """

    def link(which: Array, strength: Array, sign: Array, on: Array) -> tuple[Any, ...]:
        return signed_operation(view, which, strength, sign, SPACE, on, **reading)

    return jax.vmap(jax.vmap(link))(which, strength, sign, on)
