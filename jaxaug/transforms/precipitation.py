"""Fog, rain and snow."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.filters import gaussian_kernel
from jaxaug.kernels.haze import SCENES
from jaxaug.kernels.precipitation import add_rain, add_snow_texture, bleach, fog_coverage
from jaxaug.ops.filter import Separable
from jaxaug.ops.haze import Haze
from jaxaug.ops.overlay import Overlay, overlay
from jaxaug.ops.tone import Tone, tone

#: Patches of fog that are drawn.
PATCHES = 1024
#: Streaks of rain for each row of the picture.
STREAKS = {"drizzle": 1 / 4, "default": 1 / 3, "heavy": 1.0, "torrential": 2.0}


@transform
class RandomFog(Transform):
    """Lays round patches of fog over the picture, more of them in its middle, and blurs it a little.

    Args:
        alpha_coef: how much one patch covers where the fog is densest.
        fog_coef_range: range of the density of the fog: denser fog has larger patches, fewer of them, that cover more.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> fog = ja.Compose([ja.RandomFog(p=1)])
        >>> float(fog(jax.random.key(0), image=jnp.zeros((32, 32, 3)))["image"].max()) > 0.3
        True

    Follows the meaning of Albumentations 2.0.8; images may have any number of channels.
    """

    needs_range = True

    alpha_coef: Scalar = args.number(0.08, 0, 1)
    fog_coef_range: Range = args.pair((0.3, 1.0), args.alone, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> tuple[Overlay, Separable]:
        cover = overlay(
            fog_coverage,
            colour=1.0,
            places=rng.uniform("place", (-0.5, 0.5), (PATCHES, 2)),
            region=rng.uniform("region", shape=(PATCHES,)),
            radius=rng.uniform("radius", shape=(PATCHES,)),
            density=rng.uniform("density", self.fog_coef_range),
            alpha=self.alpha_coef,
        )
        longest = max(3, min(view.canvas.buffer) // 30) | 1
        side = jnp.maximum(jnp.minimum(*view.size) // 30, 3)
        side = side + (side + 1) % 2
        blur = gaussian_kernel(0.3 * ((side - 1) * 0.5 - 1) + 0.8, side, longest)
        return cover, Separable(blur, blur)


@transform
class AtmosphericFog(Transform):
    """Fog that hides what is far away.

    Far is what an entry `depth` says, in any unit, as it has moved with the picture; without one a scene of a simple
    shape is assumed. All pictures of a sample share the depths of the reference picture.

    Args:
        density_range: range of the density of the fog: the light of the farthest place falls by the factor
            exp(-density).
        fog_color: red, green and blue of the fog from 0 to 255.
        depth_mode: the scene of a sample without depths: `linear` is near at the bottom and far at the top, `diagonal`
            near at the lower right corner and far at the upper left one, `radial` near in the middle and far in the
            corners.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> fog = ja.Compose([ja.AtmosphericFog((20, 20), (255, 255, 255), p=1)])
        >>> sample = {"image": jnp.zeros((1, 3)), "depth": jnp.array([[0.0, 4.0, 200.0]])}
        >>> [round(float(v), 2) for v in fog(jax.random.key(0), sample)["image"][0]]
        [0.0, 0.33, 1.0]

    Follows Koschmieder, "Theorie der horizontalen Sichtweite", 1924; images of other than three channels get the
    brightness of the colour.
    """

    needs_range = True

    density_range: Range = args.pair((1.0, 3.0), None, 0)
    fog_color: Any = args.numbers((200.0, 200.0, 200.0), 0, 255)
    depth_mode: str = args.choice("linear", SCENES)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Haze:
        colour = jnp.stack([jnp.asarray(c, jnp.float32) for c in self.fog_color]) / 255
        return Haze(rng.uniform("density", self.density_range), colour, scene=self.depth_mode)


@transform
class RandomRain(Transform):
    """Streaks of rain: slanting lines, blurred and added to a picture that becomes darker.

    Args:
        slant_range: range of how far a streak goes along while it falls, in pixels, between -45 and 45.
        drop_length: of a streak in pixels; None for an eighth of the height.
        drop_width: of a streak in pixels.
        drop_color: of a streak, red, green and blue from 0 to 255.
        blur_value: side of the box that blurs streaks, in pixels; 1 leaves them sharp.
        brightness_coefficient: factor of the brightness.
        rain_type: `drizzle`, `default`, `heavy` or `torrential`: a fourth, a third, one or two streaks for each row of
            the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> rain = ja.Compose([ja.RandomRain(p=1)])
        >>> float(rain(jax.random.key(0), image=jnp.zeros((32, 32, 3)))["image"].max()) > 0.05
        True

    Follows the meaning of Albumentations 2.0.8; images of other than three channels get the brightness of the colour.
    """

    needs_range = True

    slant_range: Range = args.pair((-10.0, 10.0), args.symmetric, -45, 45)
    drop_length: int | None = args.option(None, int, 1, optional=True)
    drop_width: int = args.option(1, int, 1)
    drop_color: Any = args.numbers((200.0, 200.0, 200.0), 0, 255)
    blur_value: int = args.option(7, int, 1)
    brightness_coefficient: Scalar = args.number(0.7, 0, 1)
    rain_type: str = args.choice("default", tuple(STREAKS))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        per_row = STREAKS[self.rain_type]
        count = max(1, int(view.canvas.buffer[0] * per_row))
        options = (
            ("length", self.drop_length),
            ("width", self.drop_width),
            ("blur", self.blur_value),
            ("per_row", per_row),
        )
        return tone(
            add_rain,
            options=options,
            x=rng.uniform("x", shape=(count,)),
            y=rng.uniform("y", shape=(count,)),
            slant=rng.uniform("slant", self.slant_range),
            colour=jnp.stack([jnp.asarray(c, jnp.float32) for c in self.drop_color]) / 255,
            brightness=self.brightness_coefficient,
        )


@transform
class RandomSnow(Transform):
    """Snow: dark pixels are bleached, or a grain of snow is laid over the picture.

    Args:
        brightness_coeff: `bleach`: factor of the lightness of dark pixels; `texture`: by how much snow makes the
            picture brighter.
        snow_point_range: range of how much snow there is: `bleach`: half of it and a third is the lightness below which
            pixels count as dark.
        method: `bleach` or `texture`.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> snow = ja.Compose([ja.RandomSnow(p=1)])
        >>> snow(jax.random.key(0), image=jnp.full((1, 1, 3), 0.25))["image"]
        Array([[[0.625, 0.625, 0.625]]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; a texture whitens colours, whose hue it turns there.
    """

    needs_range = True

    brightness_coeff: Scalar = args.number(2.5, 0)
    snow_point_range: Range = args.pair((0.1, 0.3), args.alone, 0, 1)
    method: str = args.choice("bleach", ("bleach", "texture"))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        point = rng.uniform("point", self.snow_point_range)
        if self.method == "bleach":
            return tone(bleach, channels=(1, 3), point=point, coefficient=self.brightness_coeff)
        return tone(
            add_snow_texture,
            channels=(1, 3),
            point=point,
            coefficient=self.brightness_coeff,
            key=rng.key("grain"),
            sparkles=rng.key("sparkles"),
        )
