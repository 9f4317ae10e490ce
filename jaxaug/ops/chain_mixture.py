"""The mixture family: an image mixed with what several chains of ops make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.plan_wording import numbers
from jaxaug.core.types import Scalar
from jaxaug.kernels.dtype import round_to

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class ChainMixture(Op):
    """An op of the family: chains that are alike but for their numbers, and how much each shows.

    Chains may move an image, each elsewhere, so nothing can follow: masks and annotations stay where they are.

    Args:
        links: ops, of which every number has axes (chains, length) in front: a loop over both runs one program.
        weights: (chains,) the share of each; what is left is that of the image itself.
        active: whether it is applied.
        name: what drew it.
    """

    family = "mixture"

    links: tuple[Any, ...]
    weights: Array
    active: Scalar = static_if_true(default=True)
    name: str = static(default="ChainMixture")

    def prepare(self, view: View) -> ChainMixture:
        each = jax.vmap(jax.vmap(lambda links: tuple(op.prepare(view) for op in links)))
        return struct.replace(self, links=each(self.links))

    def mixed(self, picture: Array, apply: Callable[[Array, Sequence[Any]], Array]) -> Array:
        """An image (frames, height, width, channels) mixed with its chains.

        Args:
            picture: the image.
            apply: an image after some ops, one after another, which keep its shape and dtype.
        """

        def chain(total: Array, given: tuple[Any, Array]) -> tuple[Array, None]:
            links, weight = given
            last, _ = jax.lax.scan(lambda image, link: (apply(image, link), None), picture, links)
            return total + weight * last.astype(jnp.float32), None

        def mix(picture: Array) -> Array:
            start = (1 - self.weights.sum()) * picture.astype(jnp.float32)
            total, _ = jax.lax.scan(chain, start, (self.links, self.weights))
            return round_to(total, picture.dtype)

        return branch(self.active, mix, lambda same: same, picture)

    def describe(self) -> str:
        return f"shares of chains {numbers(self.weights)}"
