"""Crops: windows of whole pixels, copied and never interpolated."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.canvas import Canvas
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Reading, Scalar, Size
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.warp import Warp, matrix_warp

POSITIONS = ("center", "top_left", "top_right", "bottom_left", "bottom_right", "random")


def padding_before(rng: Draw, position: str, extra: tuple[Any, Any]) -> tuple[Any, Any]:
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
        return _random_part(rng, "above", rows), _random_part(rng, "left", columns)
    return (rows if position.startswith("bottom") else 0), (columns if position.endswith("right") else 0)


def _random_part(rng: Draw, name: str, extra: Any) -> Any:
    return 0 if isinstance(extra, int) and not extra else rng.integer(name, (0, extra))


def window(
    picture: Canvas, top: Any, left: Any, after: Canvas | Size, *, inside: bool, nested: bool = True, **settings: Any
) -> Warp:
    """The warp that shows a window of a picture.

    Args:
        picture: canvas of the picture.
        top, left: the window's first row and column; negative ones lie outside.
        after: canvas of the window, or (height, width).
        inside: the window is known to lie in the picture.
        nested: along each axis the window lies in the picture or the picture in the window.
        **settings: what shows outside.
    """
    rows = [[1, 0, left], [0, 1, top], [0, 0, 1]]
    return matrix_warp(rows, picture, after, Structure.SHIFT, reads_inside=inside, nested=nested, **settings)


def outside(transform: Any) -> dict[str, Any]:
    """What a transform shows outside the picture."""
    return {n: getattr(transform, n) for n in ("border_mode", "fill", "fill_mask")}


def _missing(name: str, size: Size, view: View, pad: bool) -> tuple[tuple[Any, Any], bool]:
    """Rows and columns that a picture lacks for a crop, and whether it is known to lack none.

    Raises:
        ValueError: it lacks some, and padding is off.
    """
    rows, columns = view.canvas.buffer
    room = (max(size[0] - rows, 0), max(size[1] - columns, 0))
    if any(room) and not pad:
        raise ValueError(
            f"{name}: the crop of {size[0]} x {size[1]} is larger than {view.picture_name} of {rows} x {columns}. "
            "Make it smaller, or pass pad_if_needed=True."
        )
    if view.canvas.extent is None:
        return room, not any(room)
    # Whether a picture in a buffer is large enough shows when the program runs: what it lacks is padded.
    return (jnp.maximum(size[0] - view.height, 0), jnp.maximum(size[1] - view.width, 0)), False


@transform
class Crop(Transform):
    """Keeps a fixed window.

    Args:
        x_min, y_min: first column and row.
        x_max, y_max: one past the last column and row.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: an empty window, or one that reaches over the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.Crop(1, 0, 3, 1)])
        >>> crop(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[1., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    x_min: int = args.option(0, int, 0)
    y_min: int = args.option(0, int, 0)
    x_max: int = args.option(1024, int, 1)
    y_max: int = args.option(1024, int, 1)
    pad_if_needed: bool = args.option(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        if self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError(
                f"Crop needs x_min < x_max and y_min < y_max, got x {self.x_min}..{self.x_max}, "
                f"y {self.y_min}..{self.y_max}."
            )

    def draw(self, rng: Draw, view: View) -> Warp:
        missing, inside = _missing("Crop", (self.y_max, self.x_max), view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        size = (self.y_max - self.y_min, self.x_max - self.x_min)
        return window(
            view.canvas, self.y_min - above, self.x_min - left, size, inside=inside, nested=inside, **outside(self)
        )


@transform
class CenterCrop(Transform):
    """Keeps the middle.

    Args:
        height, width: of the result.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a crop larger than the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.CenterCrop(1, 2)])
        >>> crop(jax.random.key(0), image=jnp.arange(4.0).reshape(1, 4))["image"]
        Array([[1., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    pad_if_needed: bool = args.option(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (self.height, self.width)
        missing, inside = _missing("CenterCrop", size, view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        top = (view.height + missing[0] - self.height) // 2 - above
        return window(
            view.canvas,
            top,
            (view.width + missing[1] - self.width) // 2 - left,
            size,
            inside=inside,
            **outside(self),
        )


@transform
class RandomCrop(Transform):
    """Keeps a random window of a fixed size.

    Args:
        height, width: of the result.
        pad_if_needed: pad a picture that is too small, instead of raising.
        pad_position: where the picture lies in the padded one.
        border_mode: what shows in the padding.
        p: how often it is applied; under jit without a `size` 0 or 1, unless the size stays the same.

    Raises:
        ValueError: a crop larger than the picture without `pad_if_needed`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomCrop(4, 4)])
        >>> crop(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (4, 4, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    height: int = args.option(kind=int, low=1)
    width: int = args.option(kind=int, low=1)
    pad_if_needed: bool = args.option(False, bool)
    pad_position: str = args.choice("center", POSITIONS)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        size = (self.height, self.width)
        missing, inside = _missing("RandomCrop", size, view, self.pad_if_needed)
        above, left = padding_before(rng, self.pad_position, missing)
        top = rng.integer("top", (0, view.height + missing[0] - self.height))
        start = rng.integer("start", (0, view.width + missing[1] - self.width))
        return window(view.canvas, top - above, start - left, size, inside=inside, **outside(self))


@transform
class RandomCropFromBorders(Transform):
    """Cuts a random part off each side.

    The size of the result is random: under `jit` the sample needs a `size` entry, which tells it.

    Args:
        crop_left, crop_right, crop_top, crop_bottom: the most that is cut off, as a fraction of the picture's side.

    Raises:
        ValueError: under `jit`, a sample without a `size` entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> crop = ja.Compose([ja.RandomCropFromBorders(0.5, 0, 0, 0)])
        >>> crop(jax.random.key(1), image=jnp.zeros((4, 8)))["image"].shape
        (4, 4)

    Follows the meaning of Albumentations 2.0.8.
    """

    crop_left: Scalar = args.number(0.1, 0, 1)
    crop_right: Scalar = args.number(0.1, 0, 1)
    crop_top: Scalar = args.number(0.1, 0, 1)
    crop_bottom: Scalar = args.number(0.1, 0, 1)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Warp:
        left, right = self._ends(rng, "left", "right", view.width)
        top, bottom = self._ends(rng, "top", "bottom", view.height)
        after = view.drawn(view.canvas.buffer, bottom - top, right - left)
        return window(view.canvas, top, left, after, inside=True)

    def _ends(self, rng: Draw, near: str, far: str, length: Any) -> tuple[Any, Any]:
        # A thousandth of a pixel gives back what a fraction lost as a float.
        most = jnp.floor(length * jnp.asarray(getattr(self, f"crop_{near}"), jnp.float32) + 1e-3)
        first = rng.integer(near, (0, jnp.minimum(most, length - 1)))
        least = jnp.floor(length * (1 - jnp.asarray(getattr(self, f"crop_{far}"), jnp.float32)) + 1e-3)
        return first, rng.integer(far, (jnp.maximum(first + 1, least), length))
