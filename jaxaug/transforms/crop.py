"""Crops and pads: windows of whole pixels, copied and never interpolated."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp

from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.targets import Size
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform
from jaxaug.warp import Structure, Warp, matrix_warp

POSITIONS = ("center", "top_left", "top_right", "bottom_left", "bottom_right", "random")


def padding_before(rng: Draw, position: str, extra: Size) -> tuple[Any, Any]:
    """How much of a padding goes above and to the left of the picture.

    Args:
        rng: source of randomness, for the position `random`.
        position: where the picture lies in the padded one.
        extra: rows and columns to add in all.
    """
    rows, columns = extra
    if position == "center":
        return rows // 2, columns // 2
    if position == "random":
        above = rng.integer("above", (0, rows)) if rows else 0
        return above, rng.integer("left", (0, columns)) if columns else 0
    return (rows if position.startswith("bottom") else 0), (columns if position.endswith("right") else 0)


def window(view: View, top: Any, left: Any, size: Size, *, inside: bool, nested: bool = True, **settings: Any) -> Warp:
    """The warp that shows a window of a picture.

    Args:
        view: the picture.
        top, left: the window's first row and column; negative ones lie outside.
        size: (height, width) of the window.
        inside: the window is known to lie in the picture.
        nested: along each axis the window lies in the picture or the picture in the window.
        **settings: what shows outside.
    """
    rows = [[1, 0, left], [0, 1, top], [0, 0, 1]]
    return matrix_warp(rows, view.size, size, Structure.SHIFT, covers=inside, nested=nested, **settings)


def _outside(transform: Any) -> dict[str, Any]:
    return {n: getattr(transform, n) for n in ("border_mode", "fill", "fill_mask")}


def _missing(name: str, size: Size, view: View, pad: bool) -> Size:
    """Rows and columns that a picture lacks for a crop.

    Raises:
        ValueError: it lacks some, and padding is off.
    """
    missing = (max(size[0] - view.height, 0), max(size[1] - view.width, 0))
    if any(missing) and not pad:
        raise ValueError(
            f"{name}: the crop of {size[0]} x {size[1]} is larger than the picture of {view.height} x {view.width}. "
            "Make it smaller, or pass pad_if_needed=True."
        )
    return missing


@transform
class Crop(Transform):
    """Keeps a fixed window.

    Args:
        x_min, y_min: first column and row.
        x_max, y_max: one past the last column and row.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: an empty window, or one that reaches over the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.Crop(1, 0, 3, 1)])
        >>> crop(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[1., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    x_min: int = args.setting(0, int, 0)
    y_min: int = args.setting(0, int, 0)
    x_max: int = args.setting(1024, int, 1)
    y_max: int = args.setting(1024, int, 1)
    pad_if_needed: bool = args.setting(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(1.0)

    def check(self) -> None:
        if self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError(
                f"Crop needs x_min < x_max and y_min < y_max, got x {self.x_min}..{self.x_max}, "
                f"y {self.y_min}..{self.y_max}."
            )

    def draw(self, rng: Draw, view: View) -> Warp:
        missing = _missing("Crop", (self.y_max, self.x_max), view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        size = (self.y_max - self.y_min, self.x_max - self.x_min)
        inside = not any(missing)
        return window(view, self.y_min - above, self.x_min - left, size, inside=inside, nested=inside, **_outside(self))


@transform
class CenterCrop(Transform):
    """Keeps the middle.

    Args:
        height, width: of the result.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a crop larger than the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.CenterCrop(1, 2)])
        >>> crop(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[1., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    height: int = args.setting(kind=int, low=1)
    width: int = args.setting(kind=int, low=1)
    pad_if_needed: bool = args.setting(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (self.height, self.width)
        missing = _missing("CenterCrop", size, view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        top = (view.height + missing[0] - self.height) // 2 - above
        return window(
            view,
            top,
            (view.width + missing[1] - self.width) // 2 - left,
            size,
            inside=not any(missing),
            **_outside(self),
        )


@transform
class RandomCrop(Transform):
    """Keeps a random window of a fixed size.

    Args:
        height, width: of the result.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a crop larger than the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomCrop(4, 4)])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (4, 4, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    height: int = args.setting(kind=int, low=1)
    width: int = args.setting(kind=int, low=1)
    pad_if_needed: bool = args.setting(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (self.height, self.width)
        missing = _missing("RandomCrop", size, view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        top = rng.integer("top", (0, view.height + missing[0] - self.height))
        start = rng.integer("start", (0, view.width + missing[1] - self.width))
        return window(view, top - above, start - left, size, inside=not any(missing), **_outside(self))


@transform
class RandomResizedCrop(Transform):
    """Keeps a window of random area and aspect ratio, scaled to a fixed size.

    Args:
        size: (height, width) of the result.
        scale: range of the window's area as a fraction of the picture's.
        ratio: range of the window's width divided by its height.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the window shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.
        antialias: widen the kernel where the window shrinks.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomResizedCrop((4, 4))])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 10, 3)))["image"].shape
        (4, 4, 3)

    Follows the meaning of Albumentations 2.0.8: of ten tries the first that fits, else the largest window in the
    middle. `antialias` as in torchvision.
    """

    size: Any = args.pair(low=1, ordered=False, static=True)
    scale: Any = args.pair((0.08, 1.0), None, 0, 1)
    ratio: Any = args.pair((0.75, 4 / 3), None, 0)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Any = args.probability(1.0)
    antialias: bool = args.setting(False, bool)

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        tries = 10
        area = rng.uniform("area", self.scale, (tries,)) * (height * width)
        low, high = (jnp.asarray(v, jnp.float32) for v in self.ratio)
        aspect = jnp.exp(rng.uniform("aspect", (jnp.log(low), jnp.log(high)), (tries,)))
        w, h = jnp.round(jnp.sqrt(area * aspect)), jnp.round(jnp.sqrt(area / aspect))
        fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
        first = jnp.argmax(fits)
        found = fits[first]
        whole_w = jnp.where(width / height > high, jnp.round(height * high), float(width))
        whole_h = jnp.where(width / height < low, jnp.round(width / low), float(height))
        w, h = jnp.where(found, w[first], whole_w), jnp.where(found, h[first], whole_h)
        left = jnp.where(found, jnp.floor((width - w + 1) * rng.uniform("left")), jnp.floor((width - w) / 2))
        top = jnp.where(found, jnp.floor((height - h + 1) * rng.uniform("top")), jnp.floor((height - h) / 2))
        return _zoomed(view, left, top, w, h, self, antialias=self.antialias)


def _zoomed(view: View, left: Any, top: Any, w: Any, h: Any, crop: Any, *, antialias: bool = False) -> Warp:
    """The warp that shows a window at the size of a crop; nothing beyond the window is read."""
    left, top, w, h = (jnp.asarray(v, jnp.float32) for v in (left, top, w, h))
    area_image, area_mask = crop.area_for_downscale is not None, crop.area_for_downscale == "image_mask"
    return matrix_warp(
        [[w / crop.size[1], 0, left], [0, h / crop.size[0], top], [0, 0, 1]],
        view.size,
        crop.size,
        Structure.SCALE | Structure.SHIFT,
        window=jnp.stack([left, top, left + w, top + h]),
        interpolation="area" if area_image else crop.interpolation,
        mask_interpolation="area" if area_mask else crop.mask_interpolation,
        antialias=antialias,
        covers=True,
    )


@transform
class RandomSizedCrop(Transform):
    """Keeps a window of random height and fixed aspect ratio, scaled to a fixed size.

    Args:
        min_max_height: range of the window's height in pixels.
        size: (height, width) of the result.
        w2h_ratio: the window's width divided by its height.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        area_for_downscale: average over areas where the window shrinks: for `image`, `image_mask` or not at all.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a window that is larger than the picture.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomSizedCrop((4, 6), (8, 8))])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 10, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    min_max_height: Any = args.pair(low=1, static=True)
    size: Any = args.pair(low=1, ordered=False, static=True)
    w2h_ratio: float = args.setting(1.0, float, 0)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    area_for_downscale: Any = args.choice(None, (None, "image", "image_mask"))
    p: Any = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        tallest = self.min_max_height[1]
        widest = int(tallest * self.w2h_ratio)
        if tallest > view.height or widest > view.width:
            raise ValueError(
                f"RandomSizedCrop takes windows of up to {tallest} x {widest}, but the picture is {view.height} x "
                f"{view.width}. Lower min_max_height, or put PadIfNeeded before it."
            )
        h = rng.integer("height", self.min_max_height).astype(jnp.float32)
        w = jnp.floor(h * self.w2h_ratio)
        top = jnp.floor((view.height - h + 1) * rng.uniform("top"))
        left = jnp.floor((view.width - w + 1) * rng.uniform("left"))
        return _zoomed(view, left, top, w, h, self)


@transform
class Pad(Transform):
    """Adds rows and columns.

    Args:
        padding: pixels on every side: one number, (left and right, top and bottom), or (left, top, right, bottom).
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        border_mode: what shows in the padding.
        p: how often it is applied; 0 or 1, unless nothing is added.

    Raises:
        ValueError: a padding of another length or below zero.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> pad = ja.Compose([ja.Pad((1, 0))])
        >>> pad(jax.random.key(0), image=jnp.ones((1, 2)))["image"]
        Array([[0., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    padding: Any = dataclasses.field(default=0, metadata={"static": True})
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    border_mode: Any = args.border_mode("constant")
    p: Any = args.probability(1.0)

    def check(self) -> None:
        value = self.padding
        sides = (value,) if isinstance(value, int) else tuple(value) if isinstance(value, list | tuple) else ()
        if len(sides) not in (1, 2, 4) or not all(isinstance(v, int) and v >= 0 for v in sides):
            raise ValueError(
                "Pad(padding=...) must be a whole number of at least 0, or two or four of them: (left and right, top "
                f"and bottom) or (left, top, right, bottom); got {value!r}."
            )
        object.__setattr__(self, "padding", sides * (4 // len(sides)))

    def draw(self, rng: Draw, view: View) -> Warp:
        left, top, right, bottom = self.padding
        size = (view.height + top + bottom, view.width + left + right)
        return window(view, -top, -left, size, inside=not any(self.padding), **_outside(self))


@transform
class PadIfNeeded(Transform):
    """Pads pictures that are too small.

    Args:
        min_height, min_width: least size of the result; None if a divisor is given.
        pad_height_divisor, pad_width_divisor: numbers that the size of the result is a multiple of.
        position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied; 0 or 1, unless the size stays the same.

    Raises:
        ValueError: both or neither of a least size and its divisor.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> pad = ja.Compose([ja.PadIfNeeded(1, 4)])
        >>> pad(jax.random.key(0), image=jnp.ones((1, 2)))["image"]
        Array([[0., 1., 1., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    min_height: Any = args.setting(1024, int, 1, optional=True)
    min_width: Any = args.setting(1024, int, 1, optional=True)
    pad_height_divisor: Any = args.setting(None, int, 1, optional=True)
    pad_width_divisor: Any = args.setting(None, int, 1, optional=True)
    position: str = args.choice("center", POSITIONS)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(1.0)

    def check(self) -> None:
        for axis in ("height", "width"):
            least, divisor = getattr(self, f"min_{axis}"), getattr(self, f"pad_{axis}_divisor")
            if (least is None) == (divisor is None):
                raise ValueError(
                    f"PadIfNeeded needs exactly one of min_{axis} and pad_{axis}_divisor, got {least} and {divisor}."
                )

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (
            _padded(view.height, self.min_height, self.pad_height_divisor),
            _padded(view.width, self.min_width, self.pad_width_divisor),
        )
        extra = (size[0] - view.height, size[1] - view.width)
        above, left = padding_before(rng, self.position, extra)
        return window(view, -above, -left, size, inside=not any(extra), **_outside(self))


def _padded(length: int, least: int | None, divisor: int | None) -> int:
    if divisor is not None:
        return -(-length // divisor) * divisor
    return max(length, least or 0)
