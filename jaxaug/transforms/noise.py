"""Noise."""

from __future__ import annotations

from typing import Any

from jaxaug.core import arguments as args
from jaxaug.core.draw import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.view import View
from jaxaug.ops.noise import AdditiveNoise


@transform
class GaussNoise(Transform):
    """Adds normal noise.

    Args:
        std_range: range of the standard deviation, as a fraction of full brightness.
        mean_range: range of the mean, as a fraction of full brightness.
        per_channel: every channel has noise of its own.
        noise_scale_factor: draw the noise at this fraction of the image's size and stretch it, in (0, 1].
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> noisy = ja.Compose([ja.GaussNoise(p=1)])
        >>> noisy(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8; frames of a clip share their noise.
    """

    std_range: Any = args.pair((0.2, 0.44), None, 0, 1)
    mean_range: Any = args.pair((0.0, 0.0), None, -1, 1)
    per_channel: bool = args.setting(True, bool)
    noise_scale_factor: float = args.setting(1.0, float, 0.0)
    p: Any = args.probability(0.5)

    def check(self) -> None:
        if not 0 < self.noise_scale_factor <= 1:
            raise ValueError(f"GaussNoise(noise_scale_factor=...) must be in (0, 1], got {self.noise_scale_factor}.")

    def draw(self, rng: Draw, view: View) -> AdditiveNoise:
        key = rng.words("field")
        return AdditiveNoise(
            key,
            rng.uniform("mean", self.mean_range),
            rng.uniform("std", self.std_range),
            per_channel=self.per_channel,
            grain=self.noise_scale_factor,
        )
