"""Noise of several distributions, added to pictures."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.suggestions import nearest
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.added_noise import AddedNoise

#: Default, least and most of each parameter of a distribution.
PARAMETERS: dict[str, dict[str, tuple[Any, float, float]]] = {
    "uniform": {"ranges": (((-0.1, 0.1),), -1.0, 1.0)},
    "gaussian": {"mean_range": ((0.0, 0.0), -1.0, 1.0), "std_range": ((0.05, 0.15), 0.0, 1.0)},
    "laplace": {"mean_range": ((0.0, 0.0), -1.0, 1.0), "scale_range": ((0.05, 0.15), 0.0, 1.0)},
    "beta": {
        "alpha_range": ((0.5, 1.5), 1e-2, 1e3),
        "beta_range": ((0.5, 1.5), 1e-2, 1e3),
        "scale_range": ((0.1, 0.3), 0.0, 1.0),
    },
}


@transform
class AdditiveNoise(Transform):
    """Adds noise.

    Args:
        noise_type: its distribution: `uniform`, `gaussian`, `laplace` or `beta`.
        spatial_mode: `constant` adds one number to each channel, `per_pixel` one to each value, `shared` one to each
            pixel, `patch` one to each pixel of some rectangles.
        noise_params: ranges of its parameters, in full brightnesses: for `uniform` `ranges`, a list of one range or of
            one per channel; for `gaussian` `mean_range` and `std_range`; for `laplace` `mean_range` and `scale_range`;
            for `beta`, which is stretched to [-scale, scale], `alpha_range`, `beta_range` and `scale_range`. What is
            left out, or None for all, has its default.
        approximation: draw the noise at this fraction of the image's size and stretch it, in [0, 1].
        patch_count_range: range of the number of rectangles of `patch`.
        patch_height_range, patch_width_range: range of their sides as fractions of the image's.
        per_channel: the noise of `patch` is one number to each value.

    Raises:
        ValueError: parameters of another distribution, or fewer ranges than an image has channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> brighter = ja.Compose([ja.AdditiveNoise(noise_params={"ranges": [(0.25, 0.25)]}, p=1)])
        >>> brighter(jax.random.key(0), image=jnp.zeros((1, 2)))["image"]
        Array([[0.25, 0.25]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; frames of a clip share their noise. Patches have the names of its
    successor.
    """

    needs_range = True

    noise_type: str = args.choice("uniform", ("uniform", "gaussian", "laplace", "beta"))
    spatial_mode: str = args.choice("constant", ("constant", "per_pixel", "shared", "patch"))
    noise_params: Any = None
    approximation: float = args.option(1.0, float, 0.0)
    p: Scalar = args.probability(0.5)
    patch_count_range: Range = args.pair((1, 1), None, 1, static=True)
    patch_height_range: Range = args.pair((0.1, 1.0), None, 0, 1)
    patch_width_range: Range = args.pair((0.1, 1.0), None, 0, 1)
    per_channel: bool = args.option(False)

    def check(self) -> None:
        if self.approximation > 1:
            raise ValueError(f"AdditiveNoise(approximation=...) must be in [0, 1], got {self.approximation:g}.")
        object.__setattr__(self, "noise_params", _read_params(self.noise_type, self.noise_params))

    def draw(self, rng: Draw, view: View) -> AddedNoise:
        given = self.noise_params
        if self.noise_type == "uniform":
            params = {n: jnp.stack([jnp.asarray(r[i]) for r in given["ranges"]]) for i, n in enumerate(("low", "high"))}
        else:
            params = {name.removesuffix("_range"): rng.uniform(name, limits) for name, limits in given.items()}
        patches, spatial = None, self.spatial_mode
        if spatial == "patch":
            patches, spatial = self._patches(rng), "per_pixel" if self.per_channel else "shared"
        return AddedNoise(
            rng.key("field"),
            params,
            patches,
            distribution=self.noise_type,
            spatial=spatial,
            grain=self.approximation,
        )

    def _patches(self, rng: Draw) -> Array:
        """(K, 4) rectangles as fractions of the image; those that are too many are empty."""
        most = self.patch_count_range[1]
        ranges = (("width", self.patch_width_range), ("height", self.patch_height_range))
        side = jnp.stack([rng.uniform(name, limits, (most,)) for name, limits in ranges], axis=1)
        start = rng.uniform("corner", shape=(most, 2)) * (1.0 - side)
        used = jnp.arange(most) < rng.integer("patches", self.patch_count_range)
        return jnp.where(used[:, None], jnp.concatenate([start, start + side], axis=1), 0.0)


def _read_params(kind: str, given: Any) -> dict[str, Any]:
    known = PARAMETERS[kind]
    if given is not None and not isinstance(given, dict):
        raise TypeError(f"AdditiveNoise(noise_params=...) must be a dict of ranges, got {given!r}.")
    for name in given or {}:
        if name not in (*known, "noise_type"):
            raise ValueError(
                f"AdditiveNoise(noise_params=...) of {kind!r} noise has {', '.join(known)}, got {name!r}."
                f"{nearest(name, known)}"
            )

    def ranges(name: str) -> Any:
        default, low, high = known[name]
        value = (given or {}).get(name, default)
        where = f"AdditiveNoise(noise_params={{{name!r}: ...}})"
        one = args.pair(default, None, low, high).metadata["convert"]
        if name != "ranges":
            return one(where, value)
        if not isinstance(value, list | tuple) or not value:
            raise TypeError(f"{where} must be a list of ranges (low, high), got {value!r}.")
        return tuple(one(where, r) for r in value)

    return {name: ranges(name) for name in known}
