"""Changes of brightness by an image's own histogram."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug import functional as F
from jaxaug.backend.importable import Importable
from jaxaug.backend.struct import static
from jaxaug.core import arguments as args
from jaxaug.core.picture import PictureInfo
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.tone import Tone, tone


@transform
class CLAHE(Transform):
    """Raises local contrast: adaptive histogram equalisation whose contrast is limited.

    Images of colour keep their colour: the lightness L* of CIE L*a*b* changes.

    Args:
        clip_limit: range of the largest count of a level in a tile, in mean counts, at least 1; one number r stands for
            (1, r).
        tile_grid_size: tiles along x and along y, each at least 1.

    Raises:
        ValueError: images of other than one or three channels.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ramp = jnp.tile(jnp.linspace(0.4, 0.6, 64), (64, 1))
        >>> out = ja.Compose([ja.CLAHE((4, 4), p=1)])(jax.random.key(0), image=ramp)["image"]
        >>> bool(out.max() - out.min() > 0.25)
        True

    Follows OpenCV's `createCLAHE`, after Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems
    IV, 1994. Levels of 8 bits count; those of images of finer steps keep their steps.
    """

    needs_range = True

    clip_limit: Range = args.pair((1.0, 4.0), args.above(1.0), 1)
    tile_grid_size: tuple[int, int] = args.pair((8, 8), None, 1, ordered=False, static=True, ends="(x, y)")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        return tone(
            F.clahe,
            fit=_of_whole_levels,
            channels=(1, 3),
            options=(("tiles", self.tile_grid_size),),
            clip_limit=rng.uniform("clip_limit", self.clip_limit),
        )


def _of_whole_levels(info: PictureInfo, **params: Any) -> dict[str, Any]:
    return {**params, "whole": info.dtype == jnp.uint8}


def _read_mask(where: str, v: Any) -> Any:
    if v is None or callable(v):
        return v
    if np.ndim(v) not in (2, 3):
        raise TypeError(f"{where} must be a mask (H, W) or (H, W, C), or a function that makes one, got {v!r}.")
    return jnp.asarray(v)


def _read_names(where: str, v: Any) -> tuple[str, ...]:
    if not isinstance(v, list | tuple) or not all(isinstance(name, str) for name in v):
        raise TypeError(f"{where} must be a list of names of entries of the sample, got {v!r}.")
    return tuple(v)


@transform
class Equalize(Transform):
    """Makes all levels about equally frequent.

    Args:
        mode: `cv`, as OpenCV counts, or `pil`, as Pillow does.
        by_channels: every channel by itself, else brightness alone, whose change all channels share.
        mask: (H, W) or (H, W, C) array of the images' size, of which pixels above zero count; or a function, at the top
            of a module, that makes it from `image`, floats (H, W, C) in [0, 1].
        mask_params: names of entries of the sample that the function gets as further keyword arguments: `mask` is the
            sample's mask as it is by then, others are no targets.

    Raises:
        ValueError: images of other than one or three channels, or a mask of another size.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> equalize = ja.Compose([ja.Equalize(p=1)])
        >>> equalize(jax.random.key(0), image=jnp.array([[10, 20, 30]], jnp.uint8))["image"]
        Array([[  0, 128, 255]], dtype=uint8)

    Follows OpenCV's `equalizeHist` and Pillow's `ImageOps.equalize`, which counts the values below each level;
    Albumentations 2.0.8 counts the level itself too.
    """

    needs_range = True

    mode: str = args.choice("cv", ("cv", "pil"))
    by_channels: bool = args.option(True, bool)
    mask: Any = dataclasses.field(
        default=None, metadata={"convert": _read_mask, "static": lambda v: v is None or callable(v)}
    )
    mask_params: tuple[str, ...] = static(default=(), convert=_read_names)
    p: Scalar = args.probability(0.5)

    def entries(self) -> frozenset[str]:
        return frozenset(self.mask_params) - {"mask"}

    def check(self) -> None:
        if self.mask_params and not callable(self.mask):
            raise ValueError(f"Equalize(mask_params={self.mask_params!r}) needs a function as mask.")

    def draw(self, rng: Draw, view: View) -> Tone:
        options: tuple[tuple[str, Any], ...] = (("mode", self.mode), ("by_channels", self.by_channels))
        if not callable(self.mask):
            given = {} if self.mask is None else {"mask": self.mask}
            return tone(F.equalize, fit=_with_a_mask, channels=(1, 3), options=options, **given)
        seen: dict[str, Any] = {n: view.mask()[0] if n == "mask" else view.entry(n) for n in self.mask_params}
        options += (("mask_function", Importable.of(self.mask)),)
        return tone(F.equalize, channels=(1, 3), options=options, **seen)


def _with_a_mask(info: PictureInfo, **given: Any) -> dict[str, Any]:
    shape = np.shape(given.get("mask", np.empty(info.canvas.buffer)))
    if shape[:2] != info.canvas.buffer or shape[2:] not in ((), (1,), (info.channels,)):
        raise ValueError(
            f"Equalize: the mask has shape {shape}, but {info.label!r} is {info.canvas.buffer} with {info.channels} "
            "channels: give a mask of its height and width, with one channel or as many."
        )
    return given


@transform
class AutoContrast(Transform):
    """Stretches each channel from black to full brightness.

    Args:
        cutoff: percentage of the values at each end that need not fit.
        ignore: a level of 0 to 255 that does not count and stays as it is, such as that of a background.
        method: `cdf` stretches in proportion to how many values lie below, `pil` evenly.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> stretch = ja.Compose([ja.AutoContrast(method="pil", p=1)])
        >>> stretch(jax.random.key(0), image=jnp.array([[50, 75, 150]], jnp.uint8))["image"]
        Array([[  0,  64, 255]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, with the ends of Pillow's `ImageOps.autocontrast`: the same number of
    values is cut at both, and level 255 counts.
    """

    needs_range = True

    cutoff: Scalar = args.number(0.0, 0, 100)
    ignore: int | None = args.option(None, int, 0, optional=True)
    method: str = args.choice("cdf", ("cdf", "pil"))
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.ignore is not None and self.ignore > 255:
            raise ValueError(f"AutoContrast(ignore=...) must be a level of 0 to 255, got {self.ignore}.")

    def draw(self, rng: Draw, view: View) -> Tone:
        options = (("ignore", self.ignore), ("method", self.method))
        return tone(F.auto_contrast, options=options, cutoff=self.cutoff)
