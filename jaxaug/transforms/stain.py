"""Stains of histology."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.stain import STAINS
from jaxaug.ops.tone import Tone, tone


@transform
class HEStain(Transform):
    """Changes how strongly tissue is stained with hematoxylin and with eosin.

    Args:
        method: whose stains they are: those of a `preset`, of a `random_preset`, or those found in each picture by the
            method of `macenko` or of `vahadane`.
        preset: `ruifrok`, `macenko`, `standard`, `high_contrast`, `h_heavy`, `e_heavy`, `dark` or `light`, for the
            method `preset`; None is `standard`.
        intensity_scale_range: range of the factor of the amount of each stain, at least 0.
        intensity_shift_range: range of what is added to it, in optical densities, within [-1, 1].
        augment_background: amounts change everywhere, and not only where brightness lies below 0.85.

    Raises:
        ValueError: a preset beside another method, or images of other than three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> fade = ja.Compose([ja.HEStain("preset", "standard", (0, 0), (0, 0), p=1)])
        >>> fade(jax.random.key(0), image=jnp.array([[[90, 60, 150]]], jnp.uint8))["image"]
        Array([[[255, 255, 255]]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, with `macenko` as in Macenko et al., "A method for normalizing
    histology slides for quantitative analysis", 2009: there rows of axes are taken for columns. A picture without
    tissue has the stains of the preset `standard`.
    """

    needs_range = True

    method: str = args.choice("random_preset", ("preset", "random_preset", "vahadane", "macenko"))
    preset: str | None = args.choice(None, (None, *STAINS))
    intensity_scale_range: Range = args.pair((0.7, 1.3), None, 0)
    intensity_shift_range: Range = args.pair((-0.2, 0.2), None, -1, 1)
    augment_background: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.preset is not None and self.method != "preset":
            raise ValueError(
                f"HEStain(preset={self.preset!r}) is for method='preset', got method={self.method!r}: leave one out."
            )
        if self.method == "preset" and self.preset is None:
            object.__setattr__(self, "preset", "standard")

    def draw(self, rng: Draw, view: View) -> Tone:
        scale = rng.uniform("scale", self.intensity_scale_range, (2,))
        shift = rng.uniform("shift", self.intensity_shift_range, (2,))
        if self.method in ("preset", "random_preset"):
            number = rng.integer("preset", (0, len(STAINS) - 1)) if self.preset is None else 0
            names = STAINS if self.preset is None else (self.preset,)
            known: dict[str, Any] = {"stains": jnp.array([STAINS[name] for name in names], jnp.float32)[number]}
            method = "preset"
        else:
            known, method = {}, self.method
        options = (("method", method), ("augment_background", self.augment_background))
        return tone(F.change_stains, channels=(3,), options=options, scale=scale, shift=shift, **known)
