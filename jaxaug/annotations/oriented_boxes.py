"""Oriented boxes: rectangles at any angle, and how they follow a warp and stay rectangles."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.box_outlines import Outline
from jaxaug.backend import struct
from jaxaug.core.annotation import Annotation, Placement, concatenated, first_row, rows_like
from jaxaug.core.kinds import annotation
from jaxaug.geometry.maps import Jacobian, Moved
from jaxaug.geometry.matrix_chain import MatrixChain
from jaxaug.geometry.warp import Warp

#: Points along each side of what is visible of a box that tell whether a cut-out has taken all of it.
SAMPLES = 16


@annotation("obboxes")
@struct.struct
class OrientedBoxes(Annotation):
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

    params_kind = "bboxes"
    place_columns = 4

    x: Array
    y: Array
    ax: Array
    ay: Array
    area: Array
    outline: Outline
    valid: Array

    @classmethod
    def no_rows(cls, params: Any) -> tuple[int, ...]:
        return (0, 5)

    @classmethod
    def check_form(cls, label: str, value: Array) -> None:
        if value.ndim != 2 or value.shape[1] < 5:
            raise ValueError(
                f"{label!r} has shape {value.shape}; oriented boxes must have shape (N, 5 or more): centre x and "
                "y, width, height, angle; and (0, 5) if there are none."
            )

    @classmethod
    def start(cls, rows: Array, valid: Array, at: Placement) -> OrientedBoxes:
        zoom = at.zoom
        rows = rows[:, :5].astype(jnp.float32)
        good = jnp.isfinite(rows).all(axis=1) & (rows[:, 2] > 0) & (rows[:, 3] > 0)
        rows = jnp.where(good[:, None], rows, jnp.array([0.5, 0.5, 1.0, 1.0, 0.0]))
        x, y, w, h, angle = (rows[:, i] for i in range(5))
        c, s = jnp.cos(jnp.deg2rad(angle)), jnp.sin(jnp.deg2rad(angle))
        x, y = x * zoom[0], y * zoom[1]
        # Screen angles grow counter-clockwise while y grows downwards.
        ax, ay, bx, by = c * w * zoom[0], -s * w * zoom[1], s * h * zoom[0], c * h * zoom[1]
        turns = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        corners = [[at + (i * a + j * b) / 2 for i, j in turns] for at, a, b in ((x, ax, bx), (y, ay, by))]
        outline = Outline.around(jax.lax.stop_gradient(jnp.stack([jnp.stack(row, axis=1) for row in corners], axis=1)))
        outline = outline.clipped(at.reference.size)
        boxes = cls(x, y, ax, ay, w * h * (zoom[0] * zoom[1]), outline, valid & good)
        return boxes._visible()

    def warp(self, warp: Warp) -> OrientedBoxes:
        # Rectangles are followed by their corners, whatever stands for upright boxes.
        outline, _ = self.outline.warp(warp, self.outline.points[:, :, 0, :0])
        return self._moved(*warp.push_with_jacobian(self.x, self.y), outline)

    def follow(self, chain: MatrixChain) -> OrientedBoxes:
        last = [len(chain.warps) - 1]
        outline = jax.tree.map(lambda c: c[0], self.outline.follow(chain, last))
        moved = Moved(*(c[0] for c in chain.push(self.x, self.y, last)))
        return self._moved(moved, chain.jacobian(self.x, self.y), outline)

    def _moved(self, moved: Moved, jacobian: Jacobian, outline: Outline) -> OrientedBoxes:
        (x, y, ok), (ux, uy, vx, vy) = moved, jacobian
        ax, ay = ux * self.ax + uy * self.ay, vx * self.ax + vy * self.ay
        area, valid = jnp.abs(ux * vy - uy * vx) * self.area, self.valid & ok
        return OrientedBoxes(x, y, ax, ay, area, outline, valid)._visible()

    def erase(self, region: Array, how: str) -> OrientedBoxes:
        height, width = region.shape
        length = jnp.maximum(self.ax**2 + self.ay**2, 1e-12)
        bx, by = -self.ay * self.area / length, self.ax * self.area / length
        # What is visible in coordinates along the axes, both in [-1/2, 1/2] inside the rectangle.
        dx, dy = (self.outline.points[:, i] - at[:, None, None] for i, at in ((0, self.x), (1, self.y)))
        alive = self.outline.alive[:, None]
        steps = (jnp.arange(SAMPLES) + 0.5) / SAMPLES

        def spread(x: Array, y: Array) -> Array:
            square = jnp.maximum(x**2 + y**2, 1e-12)
            place = (dx * x[:, None, None] + dy * y[:, None, None]) / square[:, None, None]
            low = jnp.where(alive, place, 0.5).min(axis=(1, 2), initial=0.5)
            high = jnp.where(alive, place, -0.5).max(axis=(1, 2), initial=-0.5)
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

    def show(self, edges: Array) -> OrientedBoxes:
        return struct.replace(self, outline=self.outline.within(edges))._visible()

    def keep_centred(self, edges: Array, active: Any) -> OrientedBoxes:
        left, top, right, bottom = edges
        inside = (self.x > left) & (self.x < right) & (self.y > top) & (self.y < bottom)
        return struct.replace(self, valid=self.valid & (inside | jnp.logical_not(active)))

    def join(self, other: OrientedBoxes, sets: int) -> OrientedBoxes:
        return concatenated(self, other, sets)

    def finish(self, like: Array, at: Placement) -> tuple[Array, Array]:
        zoom = at.zoom
        ax, ay = self.ax / zoom[0], self.ay / zoom[1]
        still = (ax == 0) & (ay == 0)
        w = jnp.where(still, 0.0, jnp.sqrt(jnp.where(still, 1.0, ax * ax + ay * ay)))
        h = self.area / (zoom[0] * zoom[1]) / jnp.where(still, 1.0, w)
        angle = jnp.mod(jnp.rad2deg(jnp.arctan2(-ay, jnp.where(still, 1.0, ax))), 360.0)
        # The remainder of a very small negative number rounds up to the divisor.
        angle = jnp.where(angle >= 360.0, 0.0, angle)
        columns = jnp.stack([self.x / zoom[0], self.y / zoom[1], w, h, angle], axis=1)
        return rows_like(columns, like), self.valid

    def _visible(self) -> OrientedBoxes:
        """The boxes without those that have left."""
        edges = self.outline.enclose()
        some = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        some &= (self.ax != 0) | (self.ay != 0)
        return struct.replace(self, valid=self.valid & self.outline.exists & some)

    @classmethod
    def check(cls, rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
        height, width = at.size_of_rows(rows.shape[:-1])
        numbers = rows[..., :5].astype(np.float64)
        finite = np.all(np.isfinite(numbers), axis=-1)
        x, y, w, h, angle = np.moveaxis(np.where(np.expand_dims(finite, -1), numbers, 0.0), -1, 0)
        c, s = abs(np.cos(np.deg2rad(angle))), abs(np.sin(np.deg2rad(angle)))
        reach_x, reach_y = (c * w + s * h) / 2, (s * w + c * h) / 2
        inside = (-reach_x < x) & (x < width + reach_x) & (-reach_y < y) & (y < height + reach_y)
        faults = (
            (~finite, "oriented boxes must be finite."),
            ((w <= 0) | (h <= 0), "it has no area; expected width and height above 0."),
            (~inside, "it lies outside its picture of {} x {}. Drop it."),
        )
        for bad, what in faults:
            index = first_row(used & bad)
            if index is not None:
                where = f"{at.row(index)} is {rows[index][:5].tolist()} (centre x, centre y, width, height, angle)"
                raise ValueError(f"{where}: {what.format(f'{height[index]:g}', f'{width[index]:g}')}")
