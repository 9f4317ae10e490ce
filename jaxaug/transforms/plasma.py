"""Light, contrast and shadow that follow a plasma pattern."""

from __future__ import annotations

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.tone import Tone, tone

#: The least roughness: below it a pattern no longer changes.
SMOOTHEST = 1e-3


@transform
class PlasmaBrightnessContrast(Transform):
    """Changes brightness and contrast from place to place, by a random plasma pattern that all channels share.

    Args:
        brightness_range: range of what is added where the pattern is highest, in full brightnesses, within [-1, 1].
        contrast_range: range of how much more values differ from the mean there, as a share, within [-1, 1].
        plasma_size: side of the square that the largest patches of the pattern are quarters of, in pixels, if the
            picture's longer side is no shorter.
        roughness: how much stronger patches of half the size are, above 0: below 1 clouds, above 1 grain.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> change = ja.Compose([ja.PlasmaBrightnessContrast((0.5, 0.5), (0, 0), roughness=0.5, p=1)])
        >>> out = change(jax.random.key(0), image=jnp.full((9, 9), 0.25))["image"]
        >>> float(out.min()), float(out.max())
        (0.25, 0.75)

    Follows the meaning of Albumentations 2.0.8, where `plasma_size` has no effect, midpoints below zero become zero,
    and all that is below zero on the way, such as a pattern times a negative contrast, is cut off.
    """

    needs_range = True

    brightness_range: Range = args.pair((-0.3, 0.3), None, -1, 1)
    contrast_range: Range = args.pair((-0.3, 0.3), None, -1, 1)
    plasma_size: int = args.option(256, int, 1)
    roughness: Scalar = args.number(3.0, SMOOTHEST)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.plasma_brightness_contrast,
            options=(("plasma_size", self.plasma_size),),
            key_data=rng.key("plasma"),
            brightness=rng.uniform("brightness", self.brightness_range),
            contrast=rng.uniform("contrast", self.contrast_range),
            roughness=self.roughness,
        )


@transform
class PlasmaShadow(Transform):
    """Darkens a picture by a random plasma pattern.

    Args:
        shadow_intensity_range: range of the share of the light that is lost where the pattern is highest, in [0, 1].
        plasma_size: side of the square that the largest patches of the pattern are quarters of, in pixels, if the
            picture's longer side is no shorter.
        roughness: how much stronger patches of half the size are, above 0: below 1 clouds, above 1 grain.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> shade = ja.Compose([ja.PlasmaShadow((0.5, 0.5), roughness=0.5, p=1)])
        >>> out = shade(jax.random.key(0), image=jnp.ones((9, 9)))["image"]
        >>> float(out.min()), float(out.max())
        (0.5, 1.0)

    Follows the meaning of Albumentations 2.0.8, where `plasma_size` has no effect and midpoints below zero become zero.
    """

    shadow_intensity_range: Range = args.pair((0.3, 0.7), None, 0, 1)
    plasma_size: int = args.option(256, int, 1)
    roughness: Scalar = args.number(3.0, SMOOTHEST)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.plasma_shadow,
            options=(("plasma_size", self.plasma_size),),
            key_data=rng.key("plasma"),
            intensity=rng.uniform("intensity", self.shadow_intensity_range),
            roughness=self.roughness,
        )
