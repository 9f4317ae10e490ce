"""Blurs."""

from __future__ import annotations

import dataclasses
import math
import numbers

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.filter import Separable


@transform
class Blur(Transform):
    """Averages over a square.

    Args:
        blur_limit: range of the square's side, odd and at least 3; one number r stands for (3, r).

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.Blur((3, 3), p=1)])
        >>> blur(jax.random.key(0), image=jnp.array([[0.0, 3.0, 0.0, 0.0]]))["image"]
        Array([[2., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    blur_limit: Range = args.pair((3, 7), lambda v: (3, v), 0, static=True)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        object.__setattr__(self, "blur_limit", tuple(max(3, v + (v + 1) % 2) for v in self.blur_limit))

    def draw(self, rng: Draw, view: View) -> Separable:
        low, high = self.blur_limit
        size = low + 2 * rng.integer("size", (0, (high - low) // 2))
        kernel = F.box_kernel(size, high)
        return Separable(kernel, kernel)


@transform
class GaussianBlur(Transform):
    """Averages with a Gaussian.

    Args:
        blur_limit: range of the kernel's length; 0 takes seven times the standard deviation; r stands for (0, r).
        sigma_limit: range of the standard deviation in pixels; one number r stands for (0, r). Its upper end fixes
            the length of the compiled kernel where `blur_limit` is 0.

    Raises:
        ValueError: a traced `sigma_limit` with `blur_limit=0`, whose length could not be known.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> blur = ja.Compose([ja.GaussianBlur(sigma_limit=(0.5, 1.0), p=1)])
        >>> blur(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    blur_limit: Range = args.pair(0, args.above(0), 0, static=True)
    sigma_limit: Range = args.pair((0.5, 3.0), args.above(0.0), 0)
    p: Scalar = args.probability(0.5)
    length: int = dataclasses.field(default=0, init=False, repr=False, metadata={"static": True})

    def check(self) -> None:
        longest, sigma = self.blur_limit[1], self.sigma_limit[1]
        if longest == 0:
            if not isinstance(sigma, numbers.Real):
                raise ValueError(
                    "GaussianBlur(blur_limit=0) takes the kernel's length from sigma_limit, which must then be plain "
                    "numbers. Give blur_limit to trace sigma_limit."
                )
            longest = math.floor(float(sigma) * 3.5) * 2 + 1
        object.__setattr__(self, "length", longest | 1)

    def draw(self, rng: Draw, view: View) -> Separable:
        sigma = rng.uniform("sigma", self.sigma_limit)
        if self.blur_limit[1] == 0:
            size = jnp.floor(sigma * 3.5) * 2 + 1
        else:
            drawn = rng.integer("size", self.blur_limit)
            size = jnp.where(drawn == 0, jnp.floor(sigma * 3.5) * 2 + 1, drawn + (drawn + 1) % 2)
        kernel = F.gaussian_kernel(sigma, size, self.length)
        return Separable(kernel, kernel)
