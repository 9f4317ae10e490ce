"""Shifts and scales to a mean and a spread."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.normalization import clip_values
from jaxaug.ops.tone import Tone, tone


@transform
class Normalize(Transform):
    """Shifts and scales values to a mean and a spread; the result is float32.

    Args:
        mean, std: of images whose full brightness is 1, a number or one per channel; by default those of ImageNet.
        max_pixel_value: value that counts as full brightness. The default, 255, stands for full brightness of the
            image's dtype, so float images in [0, 1] are not divided again.
        normalization: `standard` uses `mean` and `std`; `image` and `image_per_channel` the image's own mean and
            standard deviation; `min_max` and `min_max_per_channel` its own smallest and largest value.
            These read none of the arguments before, which may be None then.
        p: how often it is applied; images come out as floats either way, where it is not with full brightness 1.
        clip_range: range to which the result is cut; None leaves it as it is.

    Raises:
        ValueError: a mean or std of another length than the image has channels, or None where `standard` reads it.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> normalize = ja.Compose([ja.Normalize(0.5, 0.5)])
        >>> normalize(jax.random.key(0), image=jnp.array([[0, 255]], jnp.uint8))["image"].round(3)
        Array([[-1.,  1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8; `clip_range` has the name of its successor.
    """

    leaves_range = True

    mean: Fill = args.fill((0.485, 0.456, 0.406), optional=True)
    std: Fill = args.fill((0.229, 0.224, 0.225), optional=True)
    max_pixel_value: Scalar = args.number(255.0, optional=True)
    normalization: str = args.choice(
        "standard", ("standard", "image", "image_per_channel", "min_max", "min_max_per_channel")
    )
    p: Scalar = args.probability(1.0)
    clip_range: Range | None = args.pair(None, optional=True)

    @property
    def needs_range(self) -> bool:  # type: ignore[override]
        return self.normalization == "standard"

    def check(self) -> None:
        for name in ("mean", "std", "max_pixel_value"):
            if self.normalization == "standard" and getattr(self, name) is None:
                raise ValueError(
                    f"Normalize({name}=None) fits the modes that take it from the image, got normalization='standard': "
                    f"give {name}, or choose 'image', 'image_per_channel', 'min_max' or 'min_max_per_channel'."
                )

    def draw(self, rng: Draw, view: View) -> Tone | tuple[Tone, Tone]:
        scaled = self._scaled()
        if self.clip_range is None:
            return scaled
        return scaled, tone(clip_values, low=self.clip_range[0], high=self.clip_range[1])

    def _scaled(self) -> Tone:
        if self.normalization != "standard":
            return tone(F.standardize, options=(("by", self.normalization),))
        return tone(
            F.scale_shift,
            fit=_standard,
            mean=jnp.asarray(self.mean, jnp.float32),
            std=jnp.asarray(self.std, jnp.float32),
            most=self.max_pixel_value,
        )


def _standard(info: PictureInfo, mean: Any, std: Any, most: Any) -> dict[str, Any]:
    for name, value in (("mean", mean), ("std", std)):
        if jnp.size(value) not in (1, info.channels):
            raise ValueError(
                f"Normalize({name}=...) has {jnp.size(value)} values and needs images of as many channels; "
                f"{info.label!r} has {info.channels}."
            )
    unit = jnp.where(most == 255.0, 1.0, info.full_brightness / most)
    return {"scale": unit / std, "shift": -mean / std}
