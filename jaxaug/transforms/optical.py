"""Warps of lenses and of water."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.lenses import Radial, Waves
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp, map_warp
from jaxaug.transforms.affine import reading_arguments
from jaxaug.transforms.distort import REMAPPING


@transform
class OpticalDistortion(Transform):
    """Distorts like a lens: barrels and pincushions.

    Args:
        distort_limit: range of the coefficient k; one number r stands for (-r, r).
        mode: `camera` multiplies distances from the centre by 1 + k r^2 + k r^4, where r counts sides of the picture;
            `fisheye` by 1 + k r^2, where r counts half diagonals.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> lens = ja.OpticalDistortion((0.5, 0.5), mode="fisheye", p=1)
        >>> lens = ja.Compose([lens], keypoint_params=ja.KeypointParams("xy"))
        >>> out = lens(jax.random.key(0), image=jnp.ones((9, 9, 3)), keypoints=jnp.array([[4.0, 4.0], [7.0, 4.0]]))
        >>> out["keypoints"].round(2)
        Array([[4.  , 4.  ],
               [6.74, 4.  ]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, about the centre of the picture rather than half a pixel beside it.
    """

    distort_limit: Range = args.pair((-0.05, 0.05), args.symmetric)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    mode: str = args.choice("camera", ("camera", "fisheye"))
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    p: Scalar = args.probability(0.5)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        k = rng.uniform("k", self.distort_limit)
        sides = vector(view.width, view.height)
        if self.mode == "camera":
            lens = Radial(sides / 2, sides, k, k)
        else:
            radius = jnp.sqrt((sides**2).sum()) / 2
            lens = Radial(sides / 2, vector(radius, radius), k, 0.0)
        return map_warp(lens, view.canvas, view.canvas, **reading_arguments(self))


#: Slope of all waves together; from one on a map may fold.
STEEPEST = 0.9


@transform
class WaterRefraction(Transform):
    """Looks at the picture through moving water: waves of random directions shift its points.

    Args:
        amplitude_range: range of the height of all waves together, as a fraction of the shorter side; lowered where the
            picture would fold over itself.
        wavelength_range: range of the waves' lengths, as a fraction of the shorter side.
        num_waves_range: range of the number of waves.
        map_resolution_range: accepted for compatibility; the waves are computed exactly.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> water = ja.Compose([ja.WaterRefraction(p=1)])
        >>> water(jax.random.key(0), image=jnp.ones((9, 9, 3)))["image"].shape
        (9, 9, 3)

    Has the arguments of the successor of Albumentations. Waves shift along the direction in which they travel, as light
    bends at a slope; short ones are as much lower as they are shorter, so that slopes are alike.
    """

    amplitude_range: Range = args.pair((0.01, 0.05), None, 0, 1)
    wavelength_range: Range = args.pair((0.05, 0.2), None, 0)
    num_waves_range: Range = args.pair((3, 7), None, 1, static=True)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    keypoint_remapping_method: str = args.choice("mask", REMAPPING)
    border_mode: Reading = args.border_mode("reflect_101")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    map_resolution_range: Range = args.pair((1.0, 1.0), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        most = self.num_waves_range[1]
        side = jnp.minimum(*(jnp.asarray(n, jnp.float32) for n in view.size))
        used = jnp.arange(most) < rng.integer("count", self.num_waves_range)
        wavelength = jnp.maximum(rng.uniform("wavelength", self.wavelength_range, (most,)), 1e-3) * side
        share = jnp.where(used, wavelength, 0.0)
        height = rng.uniform("amplitude", self.amplitude_range) * side
        # All slopes together stay below one.
        height = jnp.minimum(height, STEEPEST / (2 * np.pi) * share.sum() / used.sum())
        direction = rng.uniform("direction", (0.0, 2 * np.pi), (most,))
        water = Waves(
            height * share / share.sum(),
            wavelength,
            direction,
            direction,
            rng.uniform("phase", (0.0, 2 * np.pi), (most,)),
        )
        return map_warp(water, view.canvas, view.canvas, **reading_arguments(self))
