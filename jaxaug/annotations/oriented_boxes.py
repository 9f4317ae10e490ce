"""Oriented boxes: rectangles at any angle, and how they follow a warp and stay rectangles."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.boxes import Boxes
from jaxaug.backend import struct
from jaxaug.geometry.warp import Warp

#: Points along each side of what is visible of a box that tell whether a cut-out has taken all of it.
SAMPLES = 16


@struct.struct
class Oriented:
    """A set of N oriented boxes under way, in edge coordinates of the reference.

    A row is centre x, centre y, width, height and angle: pixels, and degrees counter-clockwise on screen from the
    picture's x axis to the box's width axis; they come out in [0, 360). A warp moves the centre, takes the width axis
    along by its Jacobian there, and scales the area as the picture around the centre; the height follows from both.
    That is exact for turns, mirrors and even scaling, and elsewhere keeps the direction and length of the width
    axis, and the area.

    A row is alive while any of its rectangle is in the picture, wherever its centre is; rectangles are never cut.

    Args:
        x, y: (N,) centres.
        ax, ay: (N,) the width axis, as long as the box is wide.
        area: (N,) square pixels.
        outline: what is visible of the rectangles, cut at the edge of every canvas on the way.
        valid: (N,) rows that have not left.
    """

    x: Array
    y: Array
    ax: Array
    ay: Array
    area: Array
    outline: Boxes
    valid: Array

    @classmethod
    def start(cls, rows: Array, valid: Array, size: tuple[Any, Any], zoom: Any) -> Oriented:
        """Oriented boxes that enter a pipeline; bad rows become invalid and harmless.

        Args:
            rows: (N, 5 or more).
            valid: (N,) rows that are in use.
            size: (height, width) of the reference, known or drawn.
            zoom: reference pixels per pixel of the rows' own picture, for x and y.
        """
        rows = rows[:, :5].astype(jnp.float32)
        good = jnp.isfinite(rows).all(axis=1) & (rows[:, 2] > 0) & (rows[:, 3] > 0)
        rows = jnp.where(good[:, None], rows, jnp.array([0.5, 0.5, 1.0, 1.0, 0.0]))
        x, y, w, h, angle = (rows[:, i] for i in range(5))
        c, s = jnp.cos(jnp.deg2rad(angle)), jnp.sin(jnp.deg2rad(angle))
        x, y = x * zoom[0], y * zoom[1]
        # Screen angles grow counter-clockwise while y grows downwards.
        ax, ay, bx, by = c * w * zoom[0], -s * w * zoom[1], s * h * zoom[0], c * h * zoom[1]
        corners_x = jnp.stack([x + (i * ax + j * bx) / 2 for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))], axis=1)
        corners_y = jnp.stack([y + (i * ay + j * by) / 2 for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))], axis=1)
        outline = Boxes.around(jax.lax.stop_gradient(corners_x), jax.lax.stop_gradient(corners_y), size)
        boxes = cls(x, y, ax, ay, w * h * (zoom[0] * zoom[1]), outline, valid & good)
        return boxes._visible()

    def warp(self, warp: Warp) -> Oriented:
        """The boxes after a warp."""
        (x, y, ok), (ux, uy, vx, vy) = warp.follow(self.x, self.y)
        moved = struct.replace(
            self,
            x=x,
            y=y,
            ax=ux * self.ax + uy * self.ay,
            ay=vx * self.ax + vy * self.ay,
            area=jnp.abs(ux * vy - uy * vx) * self.area,
            outline=self.outline.warp(struct.replace(warp, outline="corners")),
            valid=self.valid & ok,
        )
        return moved._visible()

    def erase(self, region: Array) -> Oriented:
        """The boxes after a cut-out: those of which it takes all that is visible are gone.

        Args:
            region: (height, width) bool, the pixels that are gone.
        """
        height, width = region.shape
        length = jnp.maximum(self.ax**2 + self.ay**2, 1e-12)
        bx, by = -self.ay * self.area / length, self.ax * self.area / length
        # What is visible in coordinates along the axes, both in [-1/2, 1/2] inside the rectangle.
        dx = jnp.concatenate([self.outline.ax, self.outline.bx], axis=1) - self.x[:, None]
        dy = jnp.concatenate([self.outline.ay, self.outline.by], axis=1) - self.y[:, None]
        alive = jnp.concatenate([self.outline.alive] * 2, axis=1)
        steps = (jnp.arange(SAMPLES) + 0.5) / SAMPLES

        def spread(x: Array, y: Array) -> Array:
            place = (dx * x[:, None] + dy * y[:, None]) / jnp.maximum(x**2 + y**2, 1e-12)[:, None]
            low = jnp.where(alive, place, 0.5).min(axis=1, initial=0.5)
            high = jnp.where(alive, place, -0.5).max(axis=1, initial=-0.5)
            low, high = jnp.maximum(low, -0.5), jnp.minimum(high, 0.5)
            return low[:, None] + (high - low)[:, None] * steps

        along, across = spread(self.ax, self.ay)[:, :, None], spread(bx, by)[:, None, :]
        x = self.x[:, None, None] + along * self.ax[:, None, None] + across * bx[:, None, None]
        y = self.y[:, None, None] + along * self.ay[:, None, None] + across * by[:, None, None]
        seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        ix = jnp.clip(jnp.floor(x).astype(jnp.int32), 0, width - 1)
        iy = jnp.clip(jnp.floor(y).astype(jnp.int32), 0, height - 1)
        gone = (region[iy, ix] | ~seen).all(axis=(1, 2)) & seen.any(axis=(1, 2))
        return struct.replace(self, valid=self.valid & ~gone)

    def rows(self, zoom: Any) -> Array:
        """The boxes as (N, 5) rows again.

        Args:
            zoom: reference pixels per pixel of the rows' own picture, for x and y.
        """
        ax, ay = self.ax / zoom[0], self.ay / zoom[1]
        still = (ax == 0) & (ay == 0)
        w = jnp.where(still, 0.0, jnp.sqrt(jnp.where(still, 1.0, ax * ax + ay * ay)))
        h = self.area / (zoom[0] * zoom[1]) / jnp.where(still, 1.0, w)
        angle = jnp.mod(jnp.rad2deg(jnp.arctan2(-ay, jnp.where(still, 1.0, ax))), 360.0)
        # The remainder of a very small negative number rounds up to the divisor.
        angle = jnp.where(angle >= 360.0, 0.0, angle)
        return jnp.stack([self.x / zoom[0], self.y / zoom[1], w, h, angle], axis=1)

    def _visible(self) -> Oriented:
        """The boxes without those that have left."""
        edges = self.outline.enclose()
        some = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        some &= (self.ax != 0) | (self.ay != 0)
        return struct.replace(self, valid=self.valid & self.outline.valid & some)


def check_oriented(label: str, rows: np.ndarray, size: tuple[float, float]) -> None:
    """Looks at the values of oriented boxes.

    Args:
        label: the name of the target.
        rows: (N, 5 or more).
        size: (height, width) of their picture.

    Raises:
        ValueError: a box that is not finite, has no area or lies outside its picture, naming target and row.
    """
    for i, row in enumerate(rows[:, :5]):
        where = f"{label!r} row {i} is {row.tolist()} (centre x, centre y, width, height, angle)"
        if not np.isfinite(row).all():
            raise ValueError(f"{where}: oriented boxes must be finite.")
        x, y, w, h, angle = row
        if w <= 0 or h <= 0:
            raise ValueError(f"{where}: it has no area; expected width and height above 0.")
        c, s = abs(np.cos(np.deg2rad(angle))), abs(np.sin(np.deg2rad(angle)))
        reach_x, reach_y = (c * w + s * h) / 2, (s * w + c * h) / 2
        if not (-reach_x < x < size[1] + reach_x and -reach_y < y < size[0] + reach_y):
            raise ValueError(f"{where}: it lies outside its picture of {size[0]:g} x {size[1]:g}. Drop it.")
