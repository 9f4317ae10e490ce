"""Affine and projective warps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.draw import Draw
from jaxaug.engine import View
from jaxaug.transforms import args
from jaxaug.transforms.base import Transform, transform
from jaxaug.warp import Structure, Warp, compose3, inverse3, matrix_warp, stack3

METHODS = ("largest_box", "ellipse")


def affine_matrix(size: tuple[Any, Any], scale: Any, angle: Any, shear: Any, shift: Any) -> Array:
    """The matrix from output to input of scaling, turning, shearing and shifting, about the centre of a picture.

    Args:
        size: (height, width).
        scale: factors for x and y; above 1 enlarges.
        angle: degrees, counter-clockwise on screen.
        shear: degrees for x and y.
        shift: pixels for x and y.
    """
    cx, cy = size[1] / 2, size[0] / 2
    radians = jnp.deg2rad(jnp.asarray(angle, jnp.float32))
    c, s = jnp.cos(radians), jnp.sin(radians)
    tx, ty = (jnp.tan(jnp.deg2rad(jnp.asarray(v, jnp.float32))) for v in shear)
    to_origin = stack3([[1, 0, -cx], [0, 1, -cy], [0, 0, 1]])
    scaling = stack3([[scale[0], 0, 0], [0, scale[1], 0], [0, 0, 1]])
    turning = stack3([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    shearing = stack3([[1, -tx, 0], [-ty, 1, 0], [0, 0, 1]])
    back = stack3([[1, 0, cx + shift[0]], [0, 1, cy + shift[1]], [0, 0, 1]])
    forward = compose3(back, compose3(shearing, compose3(turning, compose3(scaling, to_origin))))
    return inverse3(forward)


def warp_settings(transform: Any) -> dict[str, Any]:
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
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        fit_output: not supported: the size of the result would be random.
        keep_ratio: one scaling factor for both axes.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        balanced_scale: shrink and enlarge equally often.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Raises:
        ValueError: both kinds of translation, `keep_ratio` with different ranges, or `fit_output`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.Affine(rotate=(90, 90), p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = turn(jax.random.key(0), image=jnp.zeros((9, 9, 3)), keypoints=jnp.array([[8.0, 4.0]]))
        >>> jnp.round(out["keypoints"], 3)
        Array([[4., 0.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, with pictures, boxes and keypoints about the same centre.
    """

    scale: Any = args.per_axis((1.0, 1.0), args.alone, low=0.0)
    translate_percent: Any = args.per_axis(None, args.alone, missing=0.0)
    translate_px: Any = args.per_axis(None, args.alone, missing=0.0)
    rotate: Any = args.pair(0.0, args.alone)
    shear: Any = args.per_axis((0.0, 0.0), args.alone, missing=0.0)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    fit_output: bool = args.setting(False, bool)
    keep_ratio: bool = args.setting(False, bool)
    rotate_method: str = args.choice("largest_box", METHODS)
    balanced_scale: bool = args.setting(False, bool)
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def check(self) -> None:
        if self.translate_percent is not None and self.translate_px is not None:
            raise ValueError("Affine takes translate_percent or translate_px, got both.")
        if self.fit_output:
            raise ValueError(
                "Affine(fit_output=True) is not supported: the size of the result would be random. "
                "Leave it off, or pad the picture before turning it."
            )
        if self.keep_ratio and not _same(self.scale["x"], self.scale["y"]):
            raise ValueError(f"Affine(keep_ratio=True) needs one range of scale for both axes, got {self.scale}.")

    def draw(self, rng: Draw, view: View) -> Warp:
        scale_x = self._scale(rng, "x")
        scale_y = scale_x if self.keep_ratio else self._scale(rng, "y")
        shear = tuple(rng.uniform(f"shear_{a}", self.shear[a]) for a in "xy")
        matrix = affine_matrix(
            view.size, (scale_x, scale_y), rng.uniform("rotate", self.rotate), shear, self._shift(rng, view)
        )
        return matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **warp_settings(self))

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
        interpolation: how images are read.
        border_mode: what shows outside the picture.
        shift_limit_x: the shift along x, in place of `shift_limit`.
        shift_limit_y: the shift along y, in place of `shift_limit`.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        mask_interpolation: how masks are read.
        fill: value of images outside under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.ShiftScaleRotate(rotate_limit=10, p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    shift_limit: Any = args.pair((-0.0625, 0.0625), args.symmetric, -1, 1)
    scale_limit: Any = args.pair((-0.1, 0.1), args.symmetric, -1)
    rotate_limit: Any = args.pair((-45, 45), args.symmetric)
    interpolation: Any = args.interpolation("linear")
    border_mode: Any = args.border_mode("constant")
    shift_limit_x: Any = args.pair(None, args.symmetric, -1, 1, optional=True)
    shift_limit_y: Any = args.pair(None, args.symmetric, -1, 1, optional=True)
    rotate_method: str = args.choice("largest_box", METHODS)
    mask_interpolation: Any = args.interpolation("nearest")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        along_x = self.shift_limit if self.shift_limit_x is None else self.shift_limit_x
        along_y = self.shift_limit if self.shift_limit_y is None else self.shift_limit_y
        shift = (
            jnp.trunc(rng.uniform("shift_x", along_x) * view.width),
            jnp.trunc(rng.uniform("shift_y", along_y) * view.height),
        )
        scale = (1.0 + rng.uniform("scale_x", self.scale_limit), 1.0 + rng.uniform("scale_y", self.scale_limit))
        matrix = affine_matrix(view.size, scale, rng.uniform("rotate", self.rotate_limit), (0.0, 0.0), shift)
        return matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **warp_settings(self))


@transform
class Rotate(Transform):
    """Turns about the centre.

    Args:
        limit: range of the angle in degrees, counter-clockwise; one number r stands for (-r, r).
        interpolation: how images are read.
        border_mode: what shows outside the picture.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        crop_border: not supported: the size of the result would be random.
        mask_interpolation: how masks are read.
        fill: value of images outside under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Raises:
        ValueError: `crop_border`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.Rotate((90, 90), interpolation="nearest", p=1)])
        >>> turn(jax.random.key(0), image=jnp.array([[1.0, 2.0], [3.0, 4.0]]))["image"]
        Array([[2., 4.],
               [1., 3.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    limit: Any = args.pair((-90, 90), args.symmetric)
    interpolation: Any = args.interpolation("linear")
    border_mode: Any = args.border_mode("constant")
    rotate_method: str = args.choice("largest_box", METHODS)
    crop_border: bool = args.setting(False, bool)
    mask_interpolation: Any = args.interpolation("nearest")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def check(self) -> None:
        if self.crop_border:
            raise ValueError(
                "Rotate(crop_border=True) is not supported: the size of the result would be random. "
                "Put CenterCrop behind it."
            )

    def draw(self, rng: Draw, view: View) -> Warp:
        angle = rng.uniform("angle", self.limit)
        matrix = affine_matrix(view.size, (1.0, 1.0), angle, (0.0, 0.0), (0.0, 0.0))
        return matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **warp_settings(self))


@transform
class SafeRotate(Transform):
    """Turns about the centre and scales so that the whole picture stays inside.

    Args:
        limit: range of the angle in degrees, counter-clockwise; one number r stands for (-r, r).
        interpolation: how images are read.
        border_mode: what shows outside the picture.
        rotate_method: how boxes follow: the smallest box around the corners, or around the inscribed ellipse.
        mask_interpolation: how masks are read.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.SafeRotate((90, 90), p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = turn(jax.random.key(0), image=jnp.zeros((9, 5, 3)), keypoints=jnp.array([[4.0, 0.0]]))
        >>> out["keypoints"].round(1)
        Array([[-0.2,  0.4]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, without rounding the size of the turned picture to whole pixels.
    """

    limit: Any = args.pair((-90, 90), args.symmetric)
    interpolation: Any = args.interpolation("linear")
    border_mode: Any = args.border_mode("constant")
    rotate_method: str = args.choice("largest_box", METHODS)
    mask_interpolation: Any = args.interpolation("nearest")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        angle = rng.uniform("angle", self.limit)
        turn = affine_matrix(view.size, (1.0, 1.0), angle, (0.0, 0.0), (0.0, 0.0))
        c, s = (jnp.abs(f(jnp.deg2rad(angle))) for f in (jnp.cos, jnp.sin))
        zoom_x, zoom_y = (height * s + width * c) / width, (height * c + width * s) / height
        zoom = stack3([[zoom_x, 0, (1 - zoom_x) * width / 2], [0, zoom_y, (1 - zoom_y) * height / 2], [0, 0, 1]])
        return matrix_warp(compose3(turn, zoom), view.canvas, view.canvas, Structure.AFFINE, **warp_settings(self))


@transform
class Perspective(Transform):
    """Looks at the picture from another side: a random quadrangle inside it becomes the whole picture.

    Args:
        scale: range of the standard deviation of the corners' distance from the picture's corners, as a fraction of
            its size; one number r stands for (0, r).
        keep_size: must stay True: otherwise the size of the result would be random.
        fit_output: not supported yet: the whole warped picture inside the result.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        border_mode: what shows outside the picture.
        fill: value of images there under a constant border.
        fill_mask: value of masks there.
        p: how often it is applied.

    Raises:
        ValueError: `keep_size=False` or `fit_output=True`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.Perspective(p=1)])
        >>> augment(jax.random.key(0), image=jnp.ones((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Draws its corners as Albumentations 2.0.8; the quadrangle fills the result exactly.
    """

    scale: Any = args.pair((0.05, 0.1), lambda v: (0.0, v), 0)
    keep_size: bool = args.setting(True, bool)
    fit_output: bool = args.setting(False, bool)
    interpolation: Any = args.interpolation("linear")
    mask_interpolation: Any = args.interpolation("nearest")
    border_mode: Any = args.border_mode("constant")
    fill: Any = args.fill(0.0)
    fill_mask: Any = args.fill(0.0)
    p: Any = args.probability(0.5)

    def check(self) -> None:
        if self.fit_output or not self.keep_size:
            raise ValueError(
                "Perspective(fit_output=True) and Perspective(keep_size=False) are not supported: the size of the "
                "result would be random. Put Resize behind it for another size."
            )

    def draw(self, rng: Draw, view: View) -> Warp:
        height, width = view.size
        inward = jnp.mod(jnp.abs(rng.uniform("scale", self.scale) * rng.normal("corners", (4, 2))), 0.32)
        outer = jnp.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        corners = jnp.abs(outer - inward) * view.canvas.measured()[::-1]
        matrix = square_to_quadrangle(corners)
        unit = stack3([[1 / width, 0, 0], [0, 1 / height, 0], [0, 0, 1]])
        return matrix_warp(
            compose3(matrix, unit), view.canvas, view.canvas, Structure.PROJECTIVE, **warp_settings(self)
        )


def square_to_quadrangle(corners: Array) -> Any:
    """The projective matrix that takes the unit square to a quadrangle, in closed form (Heckbert 1989).

    Args:
        corners: (4, 2) images of (0, 0), (1, 0), (1, 1) and (0, 1).
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (tuple(corner) for corner in corners)
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g = (sx * dy2 - dx2 * sy) / area
    h = (dx1 * sy - sx * dy1) / area
    return stack3(
        [
            [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            [g, h, 1.0],
        ]
    )
