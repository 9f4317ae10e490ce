"""The Erase family: regions that are cut out of pictures, and what that does to masks, boxes and keypoints."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, materialize
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.fill import fill_values
from jaxaug.core.kinds import PICTURES, kinds_without
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo, nearest_index, over_frames, resize_nearest
from jaxaug.core.plan_wording import number, told
from jaxaug.core.types import Fill, Scalar
from jaxaug.kernels import pixel_packing
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.dtype import full_brightness, round_to
from jaxaug.kernels.inpainting import inpaint_planes
from jaxaug.kernels.random_numbers import bits_at, places, random_uniform, uniform_at, uniform_field
from jaxaug.ops.float_image import FloatImage

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation
    from jaxaug.core.view import View

#: Holes whose places are told.
MOST_PLACES = 3


class Region(Protocol):
    """Which pixels of the reference an op cuts out."""

    def pixels(self, view: View) -> Array:
        """(height, width) bool."""
        ...

    def numbers(self, view: View) -> Array:
        """(height, width) int32: which hole a pixel is in, 0 for none; the last one where holes overlap."""
        ...

    def describe(self) -> str:
        """Where it is, in a short line."""
        return ", ".join(told(self))


@runtime_checkable
class Gridded(Region, Protocol):
    """A region that rows and columns tell, so that every value of a picture is as easily looked up as a pixel."""

    def on_values(self, shape: tuple[int, ...], size: tuple[int, ...]) -> Array:
        """(height, width, channels) bool: `pixels` of a reference (height, width), for each value of a picture."""
        ...


@struct.struct
class Rectangles(Region):
    """Axis-aligned holes.

    Args:
        edges: (K, 4) x_min, y_min, x_max, y_max in whole pixels.
        used: (K,) holes that count.
    """

    edges: Array
    used: Array

    def pixels(self, view: View) -> Array:
        return _crossed(*self._sides(view.canvas.buffer))

    def on_values(self, shape: tuple[int, ...], size: tuple[int, ...]) -> Array:
        down, across = self._sides(size)
        return _crossed(
            down[:, nearest_index(shape[0], size[0])], across[:, nearest_index(shape[1], size[1], shape[2])]
        ).reshape(shape)

    def numbers(self, view: View) -> Array:
        sides = self._sides(view.canvas.buffer)

        def cover(i: Any, numbers: Array) -> Array:
            down, across = (jnp.take(side, i, axis=0, mode="clip") for side in sides)
            return jnp.where(down[:, None] & across, i + 1, numbers)

        count = len(self.edges)
        start = jnp.zeros(view.canvas.buffer, jnp.int32)
        if count > 16:
            return jax.lax.fori_loop(0, count, cover, start)
        return functools.reduce(lambda numbers, i: cover(i, numbers), range(count), start)

    def describe(self) -> str:
        edges = np.asarray(self.edges).reshape(-1, 4)[np.asarray(self.used).reshape(-1)]
        places = [f"x {number(x0)} to {number(x1)}, y {number(y0)} to {number(y1)}" for x0, y0, x1, y1 in edges]
        if not places:
            return "no hole"
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        return "; ".join(places[:MOST_PLACES]) + more

    def _sides(self, size: tuple[int, ...]) -> tuple[Array, Array]:
        """(K, height) and (K, width) bool: rows and columns of each hole."""
        height, width = size
        x, y = jnp.arange(width), jnp.arange(height)
        across = (x >= self.edges[:, :1]) & (x < self.edges[:, 2:3])
        return (y >= self.edges[:, 1:2]) & (y < self.edges[:, 3:]), across & self.used[:, None]


@struct.struct
class Erase(Op):
    """An op of the family: a region, and what takes its place.

    Args:
        region: what is cut out.
        key: raw key data of random fills.
        fill: value of images there: a number or one per channel, in their own units.
        fill_mask: the same for masks; None leaves masks alone.
        active: whether anything is cut out.
        holes: (height, width) once the op is prepared: 0 where a pixel of the reference stays; else True, or the number
            of its hole.
        mode: `constant` (the fill), `random` (every pixel its own colour), `random_uniform` (every hole its own
            colour), `inpaint_telea` or `inpaint_ns` (what is around a hole, drawn smoothly into it; both words mean
            `jaxaug.functional.inpaint`) or `grayscale` (the picture without its colours).
        rows: `cut` (boxes shrink to what is left of them, keypoints in the region disappear), `thin` (boxes keep their
            shape and have less to show, keypoints stay) or `keep` (both stay as they are).
        per_channel: every channel of an image loses pixels of its own.
        max_value: full brightness of the images of floats that it is fitted to.
        name: what drew it.
    """

    family = "erase"

    region: Any
    key: Array
    fill: Fill = 0.0
    fill_mask: Fill = None
    active: Scalar = static_if_true(default=True)
    holes: Array | None = None
    mode: str = static(default="constant")
    rows: str = static(default="cut")
    per_channel: bool = static(default=False)
    max_value: float = static(default=1.0)
    name: str = static(default="Erase")

    def refused(self) -> frozenset[str]:
        return kinds_without("erase")

    def prepare(self, view: View) -> Erase:
        holes = self.region.numbers(view) if self.mode == "random_uniform" else self.region.pixels(view)
        if self.active is not True:
            holes = jnp.where(self.active, holes, jnp.zeros_like(holes))
        return struct.replace(self, holes=holes)

    def for_picture(self, info: PictureInfo) -> Erase | None:
        if info.kind == "image":
            return struct.replace(self, fill=info.own_units(self.fill), max_value=info.max_value)
        if self.fill_mask is None:
            return None
        # A label is no vector: where masks are filled, there is none.
        return struct.replace(self, fill_mask=0.0) if PICTURES[info.kind].vector else self

    def on_annotation(self, rows: Annotation) -> Annotation:
        return rows.erase(self.gaps != 0, self.rows)

    def describe(self) -> str:
        filled = [] if self.mode == "constant" else [f"filled by {self.mode.replace('_', ' ')}"]
        return ", ".join([self.region.describe(), *filled])

    @property
    def gaps(self) -> Array:
        """`holes`, which there are once the op is prepared."""
        assert self.holes is not None, "a cut-out is prepared before it is applied"
        return self.holes

    def on_image(self, image: Array) -> Array:
        """An image (height, width, channels) with the holes of the reference filled."""
        holes = self.gaps
        if self.per_channel:
            return self._drop(image, self.region.apart(image.shape))
        if self.mode == "constant" and isinstance(self.region, Gridded):
            return self._drop(image, self.region.on_values(image.shape, holes.shape))
        holes = resize_nearest(holes, image.shape[:2])
        region = holes != 0
        if pixel_packing.fits(image):
            whole = jnp.where(region, self._packed(image, holes), materialize(pixel_packing.pack(image)))
            return pixel_packing.unpack(materialize(whole), image.shape[-1])
        return jnp.where(region[..., None], self._colours(image, holes), image)

    def on_mask(self, mask: Array) -> Array:
        """A mask (height, width, channels) with the holes of the reference filled."""
        holes = resize_nearest(self.gaps, mask.shape[:2])
        return jnp.where((holes != 0)[..., None], round_to(fill_values(self.fill_mask, mask), mask.dtype), mask)

    def _packed(self, image: Array, holes: Array) -> Array:
        """What shows in the holes, as packed pixels."""
        if self.mode == "random":
            return bits_at(self.key, places(*holes.shape))
        if self.mode == "random_uniform":
            return bits_at(self.key, holes)
        return pixel_packing.pack(self._colours(image, holes))

    def _colours(self, image: Array, holes: Array) -> Array:
        """What shows in the holes, as pixels of which there may be one for all."""
        if self.mode == "constant":
            return round_to(fill_values(self.fill, image), image.dtype)[None, None]
        if self.mode == "grayscale":
            floats = FloatImage.read(image, planes=True)
            planes = floats.parts if floats.step == 1 else tuple(jnp.moveaxis(floats.image(), -1, 0))
            return FloatImage((luma(planes),) * len(planes)).write(image.dtype)
        if self.mode in ("inpaint_telea", "inpaint_ns"):
            return branch((holes != 0).any(), self._inpainted, lambda pair: pair[0], (image, holes != 0))
        channels = image.shape[-1]
        if self.mode == "random":
            share = jnp.moveaxis(uniform_field(self.key, channels, *image.shape[:2]), 0, -1)
        else:
            share = uniform_at(self.key, holes[..., None] * channels + jnp.arange(channels))
        return round_to(share * full_brightness(image.dtype, self.max_value), image.dtype)

    def _inpainted(self, pair: tuple[Array, Array]) -> Array:
        image, region = pair
        planes = jnp.stack(FloatImage.read(image, planes=True).parts)
        return FloatImage(tuple(inpaint_planes(planes, region))).write(image.dtype)

    def _drop(self, image: Array, region: Array) -> Array:
        """An image without some of its values, (height, width, channels) bool."""
        height, width, channels = image.shape
        rows = (height, width * channels)
        if self.mode == "constant":
            value = fill_values(self.fill, image)
        else:
            value = random_uniform(self.key, (channels,)) * full_brightness(image.dtype, self.max_value)
        level = jnp.tile(round_to(value, image.dtype), width)
        gone = region.reshape(rows) if self.active is True else region.reshape(rows) & self.active
        return jnp.where(gone, level, image.reshape(rows)).reshape(image.shape)


def _crossed(down: Array, across: Array) -> Array:
    """(n, m) bool: where a row and a column of the same hole meet, of flags (K, n) and (K, m)."""
    down, across = materialize((_bits(down), _bits(across)))
    return (down[:, :, None] & across[:, None, :] != 0).any(axis=0)


def _bits(flags: Array) -> Array:
    """Flags (K, n) as the bits of numbers: (1, n) uint8 if there are few, else (K / 32, n) uint32."""
    count, length = flags.shape
    dtype, bits = (jnp.uint8, 8) if count <= 8 else (jnp.uint32, 32)
    places = jnp.pad(flags, ((0, -count % bits), (0, 0))).reshape(-1, bits, length).astype(dtype)
    return (places << jnp.arange(bits, dtype=dtype)[:, None]).sum(axis=1, dtype=dtype)


def cut_out(picture: Array, ops: Sequence[Erase], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) after neighbouring cut-outs, one after another."""
    for i, op in enumerate(ops):
        cut = op.on_image if info.kind == "image" else op.on_mask
        picture = over_frames(cut, materialize(picture) if i else picture)
    return picture
