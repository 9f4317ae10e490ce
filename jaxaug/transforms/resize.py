"""Changes of size."""

from __future__ import annotations

from typing import Any

from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform
from jaxaug.warp import Structure, Warp, matrix_warp


@transform
class Resize(Transform):
    """Scales to a fixed size.

    Args:
        height, width: of the result.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the picture shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.
        antialias: widen the kernel where the picture shrinks.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> resize = ja.Compose([ja.Resize(1, 2)])
        >>> resize(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[0.5, 2.5]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; boxes, keypoints and nearest-read masks agree with the picture to a
    fraction of a pixel. `antialias` as in torchvision.
    """

    height: int = args.setting(kind=int, low=1)
    width: int = args.setting(kind=int, low=1)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Any = args.probability(1.0)
    antialias: bool = args.setting(False, bool)

    def draw(self, rng: Draw, view: View) -> Warp:
        shrinks = self.height < view.height or self.width < view.width
        area_image = shrinks and self.area_for_downscale is not None
        area_mask = shrinks and self.area_for_downscale == "image_mask"
        return matrix_warp(
            [[view.width / self.width, 0, 0], [0, view.height / self.height, 0], [0, 0, 1]],
            view.size,
            (self.height, self.width),
            Structure.SCALE if (self.height, self.width) != view.size else Structure.IDENTITY,
            interpolation="area" if area_image else self.interpolation,
            mask_interpolation="area" if area_mask else self.mask_interpolation,
            antialias=self.antialias,
            covers=True,
        )
