"""Bright light in the picture, and what it does in a lens."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.regions import check_region
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.flare import lens_flare, physical_flare, sun_flare
from jaxaug.ops.tone import Tone, tone


@transform
class RandomSunFlare(Transform):
    """The sun, and discs of light that it makes in a lens along a line through it.

    Args:
        flare_roi: (x_min, y_min, x_max, y_max) in which the sun lies, as fractions of the picture.
        src_radius: of the sun's glow in pixels, at least 2.
        src_color: of the sun, red, green and blue from 0 to 255; discs are up to a fifth darker.
        angle_range: range of the direction of the line, in turns.
        num_flare_circles_range: range of the number of discs.
        method: `overlay` paints discs one over another, `physics_based` screens a blurred source with spikes and ghosts
            over the picture.

    Raises:
        ValueError: a region without width or height; images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> flare = ja.Compose([ja.RandomSunFlare(src_radius=20, p=1)])
        >>> float(flare(jax.random.key(0), image=jnp.zeros((32, 32, 3)))["image"].max()) > 0.2
        True

    Follows the meaning of Albumentations 2.0.8.
    """

    needs_range = True

    flare_roi: Any = args.numbers((0.0, 0.0, 1.0, 0.5), 0.0, 1.0)
    src_radius: int = args.option(400, int, 2)
    src_color: Any = args.numbers((255.0, 255.0, 255.0), 0, 255)
    angle_range: Range = args.pair((0.0, 1.0), args.alone, 0, 1)
    num_flare_circles_range: Range = args.pair((6, 10), args.alone, 1, static=True)
    method: str = args.choice("overlay", ("overlay", "physics_based"))
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        most = self.num_flare_circles_range[1]
        height, width = (jnp.asarray(n, jnp.float32) for n in view.size)
        x0, y0, x1, y1 = self.flare_roi
        sun = jnp.stack([rng.uniform("x", (x0, x1)), rng.uniform("y", (y0, y1))])
        turn = 2 * math.pi * rng.uniform("angle", self.angle_range)
        # Discs lie at whole steps of a hundredth of the diagonal, as far along the line as the picture is wide.
        step = jnp.maximum(jnp.floor(jnp.sqrt(height**2 + width**2) * 0.01), 1.0)
        count = jnp.ceil(width / step)
        away = -sun[0] * width + step * jnp.floor(rng.uniform("place", shape=(most,)) * count)
        along = jnp.stack([jnp.cos(turn), jnp.sin(turn)]) * away[:, None] / jnp.stack([width, height])
        colour = jnp.stack([jnp.asarray(c, jnp.float32) for c in self.src_color])
        darker = rng.uniform("shade", shape=(most, 3)) * jnp.floor(colour.max() * 0.2)
        given: Any = {
            "source": sun,
            "places": sun + along,
            "cubes": rng.uniform("radius", shape=(most,)),
            "colours": jnp.maximum(colour - darker, 0.0) / 255,
            "colour": colour / 255,
            "used": jnp.arange(most) < rng.integer("count", self.num_flare_circles_range),
        }
        options = (("radius", self.src_radius),)
        if self.method == "physics_based":
            return tone(physical_flare, channels=(1, 3), options=options, **given)
        alphas = rng.uniform("alpha", (0.05, 0.2), (most,))
        return tone(sun_flare, channels=(1, 3), options=options, alphas=alphas, **given)

    def check(self) -> None:
        check_region("RandomSunFlare(flare_roi=...)", self.flare_roi)


@transform
class LensFlare(Transform):
    """A light with a glow and rays, and ghosts: reflections within the lens, on the line through the picture's middle.

    Args:
        flare_roi: (x_min, y_min, x_max, y_max) in which the light lies, as fractions of the picture.
        num_ghosts_range: range of the number of ghosts.
        intensity_range: range of the brightness of the light, in [0, 1]; ghosts have up to half of it.
        num_rays_range: range of the number of rays, at least 2.
        bloom_range: range of the standard deviation of the glow, as a fraction of the picture's diagonal; rays are a
            fifth as wide.

    Raises:
        ValueError: a region without width or height.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> flare = ja.Compose([ja.LensFlare(intensity_range=(0.5, 0.5), p=1)])
        >>> float(flare(jax.random.key(0), image=jnp.zeros((32, 32)))["image"].max()) > 0.1
        True

    Ghosts are placed as by Hullin et al., "Physically-based real-time lens flare rendering", 2011, whose rays of light
    cross the axis of the lens; light is laid over the picture by `screen`, 1 - (1 - a) (1 - b). Images of other than
    three channels get the brightness of the colours.
    """

    needs_range = True

    flare_roi: Any = args.numbers((0.0, 0.0, 1.0, 0.5), 0.0, 1.0)
    num_ghosts_range: Range = args.pair((3, 7), None, 0, static=True)
    intensity_range: Range = args.pair((0.3, 0.7), None, 0, 1)
    num_rays_range: Range = args.pair((4, 8), None, 2)
    bloom_range: Range = args.pair((0.01, 0.05), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        check_region("LensFlare(flare_roi=...)", self.flare_roi)

    def draw(self, rng: Draw, view: View) -> Tone:
        most = self.num_ghosts_range[1]
        x0, y0, x1, y1 = self.flare_roi
        used = jnp.arange(most) < rng.integer("ghosts", self.num_ghosts_range)
        return tone(
            lens_flare,
            source=jnp.stack([rng.uniform("x", (x0, x1)), rng.uniform("y", (y0, y1))]),
            intensity=rng.uniform("intensity", self.intensity_range),
            bloom=rng.uniform("bloom", self.bloom_range),
            rays=rng.integer("rays", self.num_rays_range),
            turn=rng.uniform("turn"),
            along=rng.uniform("along", (0.3, 2.3), (most,)),
            radii=rng.uniform("radius", (0.015, 0.07), (most,)),
            tints=jnp.where(used[:, None], rng.uniform("tint", (0.05, 0.5), (most, 3)), 0.0),
        )
