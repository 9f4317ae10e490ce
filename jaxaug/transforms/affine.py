"""Affine warps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrices import compose3, stack3, vector
from jaxaug.geometry.warp import Warp, matrix_warp

METHODS = ("largest_box", "ellipse")
#: Steps in which the ranges of scale, angle and shear are searched for the largest result.
FINE = (2, 2, 361, 9, 9)


def affine_matrix(size: tuple[Any, Any], scale: Any, angle: Any, shear: Any, shift: Any) -> Array:
    """The matrix from output to input of scaling, turning, shearing and shifting, about the centre of a picture.

    Args:
        size: (height, width).
        scale: factors for x and y; above 1 enlarges.
        angle: degrees, counter-clockwise on screen.
        shear: degrees for x and y.
        shift: pixels for x and y.
    """
    xx, xy, yx, yy = _linear(scale, angle, shear, jnp)
    back = vector(yy, -xy, -yx, xx).reshape(2, 2) / (xx * yy - xy * yx)
    # The centre moves by the shift.
    centre = vector(size[1] / 2, size[0] / 2)
    offset = centre - (back * (centre + vector(*shift))).sum(axis=1)
    return jnp.concatenate([jnp.concatenate([back, offset[:, None]], axis=1), np.array([[0, 0, 1]], np.float32)])


def _linear(scale: Any, angle: Any, shear: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """The entries of the part of an affine map from input to output that does not shift."""
    c, s = xp.cos(xp.deg2rad(angle)), xp.sin(xp.deg2rad(angle))
    tx, ty = (xp.tan(xp.deg2rad(v)) for v in shear)
    (ax, ay), (bx, by) = (c * scale[0], s * scale[1]), (-s * scale[0], c * scale[1])
    return ax - tx * bx, ay - tx * by, bx - ty * ax, by - ty * ay


def _spans(linear: tuple[Any, Any, Any, Any], size: tuple[Any, Any], xp: Any) -> tuple[Any, Any]:
    """Height and width of a picture after a map."""
    xx, xy, yx, yy = (xp.abs(v) for v in linear)
    return yx * size[1] + yy * size[0], xx * size[1] + xy * size[0]


def reading_arguments(transform: Any) -> dict[str, Any]:
    """The fields of a warp that come straight from a transform's arguments."""
    names = ("interpolation", "mask_interpolation", "border_mode", "fill", "fill_mask")
    out = {n: getattr(transform, n) for n in names}
    if getattr(transform, "rotate_method", "largest_box") == "ellipse":
        out["outline"] = "ellipse"
    return out


@transform
class Affine(Transform):
    """Scales, turns, shears and shifts about the centre, in that order.

    Args:
        scale: range of the scaling factor, or a dict of ranges for `x` and `y`, drawn apart.
        translate_percent: range of the shift as a fraction of the picture's size, or a dict for `x` and `y`.
        translate_px: range of the shift in whole pixels, or a dict for `x` and `y`.
        rotate: range of the angle in degrees, counter-clockwise.
        shear: range of the shear in degrees, or a dict for `x` and `y`.
        fit_output: the result has the size of the whole transformed picture, which then fills it. That size is
            random: under `jit` the sample needs a `size` entry, which tells it.
        keep_ratio: one scaling factor for both axes.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        balanced_scale: shrink and enlarge equally often.

    Raises:
        ValueError: both kinds of translation, `keep_ratio` with different ranges, or `fit_output` with ranges that are
            traced, which leaves the size without a bound.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.Affine(rotate=(90, 90), p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = turn(jax.random.key(0), image=jnp.zeros((9, 9, 3)), keypoints=jnp.array([[8.0, 4.0]]))
        >>> jnp.round(out["keypoints"], 3)
        Array([[4., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, with pictures, boxes and keypoints about the same centre.
    """

    scale: Range = args.per_axis((1.0, 1.0), args.alone, low=0.0)
    translate_percent: Range = args.per_axis(None, args.alone, missing=0.0)
    translate_px: Range = args.per_axis(None, args.alone, missing=0.0)
    rotate: Range = args.pair(0.0, args.alone)
    shear: Range = args.per_axis((0.0, 0.0), args.alone, missing=0.0)
    interpolation: Reading = args.interpolation("linear")
    mask_interpolation: Reading = args.interpolation("nearest")
    fit_output: bool = args.option(False, bool)
    keep_ratio: bool = args.option(False, bool)
    rotate_method: str = args.choice("largest_box", METHODS)
    balanced_scale: bool = args.option(False, bool)
    border_mode: Reading = args.border_mode("constant")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.translate_percent is not None and self.translate_px is not None:
            raise ValueError("Affine takes translate_percent or translate_px, got both.")
        if self.keep_ratio and not _same(self.scale["x"], self.scale["y"]):
            raise ValueError(f"Affine(keep_ratio=True) needs one range of scale for both axes, got {self.scale}.")

    def draw(self, rng: Draw, view: View) -> Warp:
        scale_x = self._scale(rng, "x")
        scale_y = scale_x if self.keep_ratio else self._scale(rng, "y")
        shear = tuple(rng.uniform(f"shear_{a}", self.shear[a]) for a in "xy")
        turn = rng.uniform("rotate", self.rotate)
        if self.fit_output:
            return self._fitted(view, (scale_x, scale_y), turn, shear)
        matrix = affine_matrix(view.size, (scale_x, scale_y), turn, shear, self._shift(rng, view))
        return matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **reading_arguments(self))

    def _fitted(self, view: View, scale: tuple[Array, Array], angle: Array, shear: tuple[Array, ...]) -> Warp:
        """The warp onto a canvas that holds the whole transformed picture."""
        matrix = affine_matrix(view.size, scale, angle, shear, (0.0, 0.0))
        ends = [*self.scale.values(), self.rotate, *self.shear.values()]
        if not all(is_concrete(v) for pair in ends for v in pair):
            raise ValueError(
                "Affine(fit_output=True) needs plain numbers as ranges: traced ones leave the size of the result "
                "without a bound, and under jit the buffer that holds it is fixed."
            )
        ranges = [np.linspace(float(low), float(high), n) for (low, high), n in zip(ends, FINE, strict=True)]
        sx, sy, a, tx, ty = np.meshgrid(*ranges, indexing="ij")
        buffer = view.canvas.buffer
        linear = _linear((sx, sy), a, (tx, ty), np)
        most = tuple(int(np.ceil(1.01 * v.max())) + 1 for v in _spans(linear, buffer, np))
        height, width = (jnp.ceil(v - 1e-3) for v in _spans(_linear(scale, angle, shear, jnp), view.size, jnp))
        return matrix_warp(
            compose3(matrix, stack3([[1, 0, (view.width - width) / 2], [0, 1, (view.height - height) / 2], [0, 0, 1]])),
            view.canvas,
            view.drawn((most[0], most[1]), height, width),
            Structure.AFFINE,
            **reading_arguments(self),
        )

    def _scale(self, rng: Draw, axis: str) -> Array:
        low, high = self.scale[axis]
        if not self.balanced_scale:
            return rng.uniform(f"scale_{axis}", (low, high))
        shrinks, grows = jnp.less(low, 1.0), jnp.greater(high, 1.0)
        shrink = jnp.where(shrinks & grows, rng.coin(f"shrink_{axis}", 0.5), shrinks)
        ends = (jnp.where(shrink, jnp.minimum(low, 1.0), 1.0), jnp.where(shrink, 1.0, jnp.maximum(high, 1.0)))
        return rng.uniform(f"scale_{axis}", ends)

    def _shift(self, rng: Draw, view: View) -> tuple[Any, Any]:
        if self.translate_px is not None:
            return rng.integer("shift_x", self.translate_px["x"]), rng.integer("shift_y", self.translate_px["y"])
        if self.translate_percent is not None:
            # Whole pixels, towards zero, as the reference does.
            return (
                jnp.trunc(rng.uniform("shift_x", self.translate_percent["x"]) * view.width),
                jnp.trunc(rng.uniform("shift_y", self.translate_percent["y"]) * view.height),
            )
        return 0.0, 0.0


def _same(a: Any, b: Any) -> bool:
    return all(x is y or (args.is_number(x) and args.is_number(y) and bool(x == y)) for x, y in zip(a, b, strict=True))


@transform
class ShiftScaleRotate(Transform):
    """Shifts, scales and turns about the centre.

    Args:
        shift_limit: range of the shift as a fraction of the picture's size; one number r stands for (-r, r).
        scale_limit: range of the change of scale; 0.1 stands for factors from 0.9 to 1.1.
        rotate_limit: range of the angle in degrees, counter-clockwise.
        shift_limit_x: the shift along x, in place of `shift_limit`.
        shift_limit_y: the shift along y, in place of `shift_limit`.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ShiftScaleRotate(rotate_limit=10, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    shift_limit: Range = args.pair((-0.0625, 0.0625), args.symmetric, -1, 1)
    scale_limit: Range = args.pair((-0.1, 0.1), args.symmetric, -1)
    rotate_limit: Range = args.pair((-45, 45), args.symmetric)
    interpolation: Reading = args.interpolation("linear")
    border_mode: Reading = args.border_mode("constant")
    shift_limit_x: Range = args.pair(None, args.symmetric, -1, 1, optional=True)
    shift_limit_y: Range = args.pair(None, args.symmetric, -1, 1, optional=True)
    rotate_method: str = args.choice("largest_box", METHODS)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        along_x = self.shift_limit if self.shift_limit_x is None else self.shift_limit_x
        along_y = self.shift_limit if self.shift_limit_y is None else self.shift_limit_y
        shift = (
            jnp.trunc(rng.uniform("shift_x", along_x) * view.width),
            jnp.trunc(rng.uniform("shift_y", along_y) * view.height),
        )
        scale = (1.0 + rng.uniform("scale_x", self.scale_limit), 1.0 + rng.uniform("scale_y", self.scale_limit))
        matrix = affine_matrix(view.size, scale, rng.uniform("rotate", self.rotate_limit), (0.0, 0.0), shift)
        return matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **reading_arguments(self))


@transform
class Rotate(Transform):
    """Turns about the centre.

    Args:
        limit: range of the angle in degrees, counter-clockwise; one number r stands for (-r, r).
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        crop_border: keep only the largest upright window without border. Its size is random: under `jit` the sample
            needs a `size` entry, which tells it.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.Rotate((90, 90), interpolation="nearest", p=1)])
        >>> turn(jax.random.key(0), image=jnp.array([[1.0, 2.0], [3.0, 4.0]]))["image"]
        Array([[2., 4.],
               [1., 3.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    limit: Range = args.pair((-90, 90), args.symmetric)
    interpolation: Reading = args.interpolation("linear")
    border_mode: Reading = args.border_mode("constant")
    rotate_method: str = args.choice("largest_box", METHODS)
    crop_border: bool = args.option(False, bool)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        angle = rng.uniform("angle", self.limit)
        matrix = affine_matrix(view.size, (1.0, 1.0), angle, (0.0, 0.0), (0.0, 0.0))
        after = view.canvas
        if self.crop_border:
            left, top, right, bottom = largest_window(view.size, angle)
            matrix = compose3(matrix, stack3([[1, 0, left], [0, 1, top], [0, 0, 1]]))
            after = view.drawn(view.canvas.buffer, bottom - top, right - left)
        return matrix_warp(matrix, view.canvas, after, Structure.AFFINE, **reading_arguments(self))


def largest_window(size: tuple[Any, Any], angle: Array) -> tuple[Array, Array, Array, Array]:
    """The largest upright window in a turned picture, within the unturned one and in whole pixels.

    Args:
        size: (height, width) of the picture.
        angle: degrees.

    Returns:
        x_min, y_min, x_max, y_max.
    """
    height, width = (jnp.asarray(v, jnp.float32) for v in size)
    s, c = (jnp.abs(f(jnp.deg2rad(angle))) for f in (jnp.sin, jnp.cos))
    shorter, longer = jnp.minimum(height, width), jnp.maximum(height, width)
    # Either two corners touch the longer sides, or all four touch one side each.
    half = (shorter <= 2 * s * c * longer) | (jnp.abs(s - c) < 1e-6)
    across, down = shorter / 2 / jnp.maximum(s, 1e-6), shorter / 2 / jnp.maximum(c, 1e-6)
    double = jnp.where(half, 1.0, c * c - s * s)
    wide = jnp.where(half, jnp.where(width >= height, across, down), (width * c - height * s) / double)
    high = jnp.where(half, jnp.where(width >= height, down, across), (height * c - width * s) / double)
    left, top = jnp.ceil((width - wide) / 2 - 1e-3), jnp.ceil((height - high) / 2 - 1e-3)
    left, top = (jnp.clip(v, 0.0, (n - 1) // 2) for v, n in ((left, width), (top, height)))
    return left, top, width - left, height - top


@transform
class SafeRotate(Transform):
    """Turns about the centre and scales so that the whole picture stays inside.

    Args:
        limit: range of the angle in degrees, counter-clockwise; one number r stands for (-r, r).
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.SafeRotate((90, 90), p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = turn(jax.random.key(0), image=jnp.zeros((9, 5, 3)), keypoints=jnp.array([[4.0, 0.0]]))
        >>> out["keypoints"].round(1)
        Array([[-0.2,  0.4]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, without rounding the size of the turned picture to whole pixels.
    """

    limit: Range = args.pair((-90, 90), args.symmetric)
    interpolation: Reading = args.interpolation("linear")
    border_mode: Reading = args.border_mode("constant")
    rotate_method: str = args.choice("largest_box", METHODS)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        angle = rng.uniform("angle", self.limit)
        turn = affine_matrix(view.size, (1.0, 1.0), angle, (0.0, 0.0), (0.0, 0.0))
        c, s = (jnp.abs(f(jnp.deg2rad(angle))) for f in (jnp.cos, jnp.sin))
        zoom_x, zoom_y = (height * s + width * c) / width, (height * c + width * s) / height
        zoom = stack3([[zoom_x, 0, (1 - zoom_x) * width / 2], [0, zoom_y, (1 - zoom_y) * height / 2], [0, 0, 1]])
        return matrix_warp(compose3(turn, zoom), view.canvas, view.canvas, Structure.AFFINE, **reading_arguments(self))
