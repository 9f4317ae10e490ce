"""Light that falls on a picture: its colour, and more of it in one place than in another."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.tone import Tone, tone

#: Temperature of white light, in kelvin, and how often a draw is redder.
WHITE, REDDER = 6000.0, 0.4
COLDEST = {"blackbody": 3000.0, "cied": 4000.0}
HOTTEST = 15000.0


@transform
class PlanckianJitter(Transform):
    """Changes the colour of the light to that of another temperature, as the sun and lamps do.

    Args:
        mode: `blackbody`, or `cied` for the daylight of the CIE (illuminants D).
        temperature_limit: range of the temperature in kelvin that holds 6000, within 3000 to 15000, for `cied` from
            4000 on; None for all of it.
        sampling_method: `uniform` draws 40 % below and 60 % above 6000 kelvin, evenly each; `gaussian` draws as many on
            each side, of a normal distribution about 6000 of which a range is three deviations.

    Raises:
        ValueError: a range beyond these, or images of other than three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> redder = ja.Compose([ja.PlanckianJitter(temperature_limit=(3000, 6000), p=1)])
        >>> red, green, blue = redder(jax.random.key(0), image=jnp.full((1, 1, 3), 0.5))["image"][0, 0]
        >>> bool(red > green > blue)
        True

    Follows Zini et al., "Planckian jitter: countering the color-crippling effects of color jitter on self-supervised
    training", 2023, and Albumentations 2.0.8.
    """

    needs_range = True

    mode: str = args.choice("blackbody", ("blackbody", "cied"))
    temperature_limit: Any = args.pair(None, None, 3000, 15000, optional=True)
    sampling_method: str = args.choice("uniform", ("uniform", "gaussian"))
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.temperature_limit is None:
            object.__setattr__(self, "temperature_limit", (COLDEST[self.mode], HOTTEST))
        low, high = self.temperature_limit
        coldest = COLDEST[self.mode]
        if is_concrete(low) and is_concrete(high) and not coldest <= low <= WHITE <= high:
            raise ValueError(
                f"PlanckianJitter(temperature_limit=...) must hold {WHITE:g} and start at {coldest:g} or above for "
                f"mode {self.mode!r}, got ({low:g}, {high:g})."
            )

    def draw(self, rng: Draw, view: View) -> Tone:
        low, high = self.temperature_limit
        if self.sampling_method == "uniform":
            away = rng.uniform("away")
        else:
            away = jnp.minimum(jnp.abs(rng.normal("away")) / 3, 1.0)
        end = jnp.where(rng.coin("redder", REDDER), low, high)
        gains = F.planckian_gains(WHITE + away * (end - WHITE), self.mode)
        return tone(F.mix_channels, channels=(3,), matrix=jnp.diag(gains))


@transform
class Illumination(Transform):
    """Lights a picture unevenly: from a side, from a corner or by a spot.

    Args:
        mode: `linear` from one side to the other, `corner` by the distance from a corner, `gaussian` for a spot.
        intensity_range: range of the change of brightness, as a fraction of it, within [0.01, 0.2].
        effect_type: `brighten`, `darken` or `both` at random: which of two sides is the brighter one, whether light is
            lost or gained away from the corner, whether the spot is bright or dark.
        angle_range: range of the direction of `linear` in degrees, within [0, 360]; 0 is to the right, 90 is down.
        center_range: range of the place of the spot along both sides, as a fraction of them.
        sigma_range: range of the spot's standard deviation, as a fraction of the longer side, within [0.2, 1].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> light = ja.Compose([ja.Illumination("linear", (0.2, 0.2), "brighten", (0, 0), p=1)])
        >>> light(jax.random.key(0), image=jnp.full((1, 3), 100, jnp.uint8))["image"]
        Array([[ 80, 100, 120]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, whose change from side to side is `intensity` at the ends only for
    multiples of 45 degrees; here for all.
    """

    needs_range = True

    mode: str = args.choice("linear", ("linear", "corner", "gaussian"))
    intensity_range: Range = args.pair((0.01, 0.2), args.alone, 0.01, 0.2)
    effect_type: str = args.choice("both", ("brighten", "darken", "both"))
    angle_range: Range = args.pair((0, 360), args.alone, 0, 360)
    center_range: Range = args.pair((0.1, 0.9), args.alone, 0, 1)
    sigma_range: Range = args.pair((0.2, 1.0), args.alone, 0.2, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        sign = {"brighten": 1.0, "darken": -1.0}.get(self.effect_type)
        intensity = rng.uniform("intensity", self.intensity_range)
        intensity = intensity * (jnp.where(rng.coin("brighten", 0.5), 1.0, -1.0) if sign is None else sign)
        if self.mode == "linear":
            return tone(F.light_from_side, intensity=intensity, angle=rng.uniform("angle", self.angle_range))
        if self.mode == "corner":
            return tone(F.light_from_corner, intensity=intensity, corner=rng.integer("corner", (0, 3)))
        centre, sigma = rng.uniform("centre", self.center_range, (2,)), rng.uniform("sigma", self.sigma_range)
        return tone(F.light_spot, intensity=intensity, centre=centre, sigma=sigma)


@transform
class Vignetting(Transform):
    """Darkens a picture towards its corners, as lenses do.

    Args:
        intensity_range: range of the share of its light that the corner farthest from the centre loses, in [0, 1].
        center_range: range of the place of the centre along both sides, as a fraction of them, in [0, 1].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> darken = ja.Compose([ja.Vignetting((0.4, 0.4), (0.5, 0.5), p=1)])
        >>> darken(jax.random.key(0), image=jnp.full((1, 3), 100, jnp.uint8))["image"]
        Array([[ 60, 100,  60]], dtype=uint8)

    The loss grows by the square of the distance, the first term of the fall of light by the fourth power of the cosine.
    """

    needs_range = True

    intensity_range: Range = args.pair((0.2, 0.5), None, 0, 1)
    center_range: Range = args.pair((0.3, 0.7), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        centre = rng.uniform("centre", self.center_range, (2,))
        return tone(F.vignette, intensity=rng.uniform("intensity", self.intensity_range), centre=centre)


@transform
class ExposureMatching(Transform):
    """Exposes a picture so that its mean brightness is a given one: all values are multiplied by one gain.

    Args:
        target_mean_range: range of the mean brightness (ITU-R BT.601), as a fraction of full brightness, in [0, 1].
        gain_range: range within which the gain is kept, at least 0; None keeps it as it is.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> expose = ja.Compose([ja.ExposureMatching((0.5, 0.5), p=1)])
        >>> expose(jax.random.key(0), image=jnp.array([[0.125, 0.375]]))["image"]
        Array([[0.25, 0.75]], dtype=float32)

    The gain of a camera's automatic exposure by the mean of the frame. What it lifts beyond full brightness is cut off,
    so that the mean of such a picture is lower. A black picture stays black.
    """

    needs_range = True

    target_mean_range: Range = args.pair((0.3, 0.5), None, 0, 1)
    gain_range: Any = args.pair(None, None, 0, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        least, most = (0.0, jnp.inf) if self.gain_range is None else self.gain_range
        target = rng.uniform("target", self.target_mean_range)
        return tone(F.match_exposure, target=target, least=least, most=most)
