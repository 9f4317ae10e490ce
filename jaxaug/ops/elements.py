"""Pictures of other things laid over a picture, and what that does to masks."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import both, exact_ratio, materialize
from jaxaug.backend.gather import take_columns, take_rows
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo, over_frames
from jaxaug.core.plan_wording import number
from jaxaug.core.suggestions import nearest
from jaxaug.core.types import Scalar
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.dtype import from_unit, round_to, to_unit
from jaxaug.sampling.interpolation import kernel_matrix

if TYPE_CHECKING:
    from jaxaug.core.view import View

#: What an element may be told of; `bbox_id` says nothing about pictures.
KNOWN = ("image", "mask", "bbox", "mask_id", "bbox_id")


@struct.struct
class Element:
    """A picture that is laid over another.

    Args:
        image: (h, w, C), bytes or other whole numbers, or floats.
        mask: (h, w), above 0 where it shows; None for everywhere.
        box: (4,) x_min, y_min, x_max, y_max that it is stretched to, as fractions of the other picture.
        mask_id: value of masks where it shows; None leaves them alone.
    """

    image: Array
    mask: Array | None
    box: Array
    mask_id: Array | None

    def covers(self, canvas: Canvas) -> Array:
        """(height, width) bool: which pixels of a picture it hides."""
        x0, y0, x1, y1 = self._edges(canvas)
        y, x = (jnp.arange(n) for n in canvas.buffer)
        inside = ((y >= y0) & (y < y1))[:, None] & ((x >= x0) & (x < x1))
        if self.mask is None:
            return inside
        shown = (self.mask > 0).reshape(self.image.shape[:2])
        for axis, (place, low, high) in enumerate(((y, y0, y1), (x, x0, x1))):
            share = exact_ratio(jnp.float32(shown.shape[axis]), jnp.maximum(high - low, 1))
            at = jnp.floor((place - low + np.float32(0.5)) * share).astype(jnp.int32)
            shown = take_rows(shown, at) if axis == 0 else take_columns(shown[..., None], at)[..., 0]
        return inside & shown

    def read(self, canvas: Canvas, info: PictureInfo) -> Array:
        """(height, width, channels) the element as a picture shows it, also beyond its box."""
        unit = to_unit(self.image, info.max_value)
        x0, y0, x1, y1 = self._edges(canvas)
        for axis, (low, high) in enumerate(((y0, y1), (x0, x1))):
            length = unit.shape[axis]
            step = exact_ratio(jnp.float32(length), jnp.maximum(high - low, 1))
            at = (jnp.arange(canvas.buffer[axis]) - low + np.float32(0.5)) * step
            weights = kernel_matrix(jnp.clip(at, 0.0, length), step, length, "area")
            subscripts = "ij,jkc->ikc" if axis == 0 else "ij,kjc->kic"
            unit = materialize(jnp.einsum(subscripts, weights, unit, precision=jax.lax.Precision.HIGHEST))
        if unit.shape[2] != info.channels:
            planes = luma(tuple(jnp.moveaxis(unit, -1, 0)))
            unit = jnp.broadcast_to(planes[..., None], (*planes.shape, info.channels))
        return from_unit(unit, info.dtype, info.max_value)

    def _edges(self, canvas: Canvas) -> Sequence[Array]:
        """x_min, y_min, x_max and y_max in whole pixels of a picture."""
        height, width = canvas.size
        return tuple(jnp.round(v * n) for v, n in zip(self.box, (width, height, width, height), strict=True))


@struct.struct
class Elements(Op):
    """An op of a family of its own: elements that lie over a picture, one after another.

    Args:
        corners: (N, 2) where elements without a box lie, across and down, as shares of the room that they have.
        elements: N of them, once the op is prepared.
        active: whether it is applied.
        entry: name of the entry of the sample that holds them.
        name: what drew it.
    """

    family = "elements"

    corners: Array
    elements: tuple[Element, ...] | None = None
    active: Scalar = static_if_true(default=True)
    entry: str = static(default="")
    name: str = static(default="Elements")

    def prepare(self, view: View) -> Elements:
        found = elements_in(view, self.entry)
        made = (_element(told, corner, view) for told, corner in zip(found, self.corners, strict=True))
        return struct.replace(self, elements=tuple(made))

    def for_picture(self, info: PictureInfo) -> Elements | None:
        return self if info.kind in ("image", "mask") else None

    def on_picture(self, picture: Array, info: PictureInfo) -> Array:
        """A picture (height, width, channels) with the elements over it."""
        assert self.elements is not None, "overlays are read before they are applied"
        for element in self.elements:
            if info.kind == "image":
                shown = element.read(info.canvas, info)
            elif element.mask_id is not None:
                shown = round_to(element.mask_id.astype(jnp.float32), info.dtype)
            else:
                continue
            hidden = both(self.active, element.covers(info.canvas))
            picture = jnp.where(hidden[..., None], shown, picture)
        return picture

    def describe(self) -> str:
        count = len(np.asarray(self.corners).reshape(-1, 2))
        return f"{number(count)} element{'s' if count > 1 else ''} of {self.entry!r}"


def elements_in(view: View, name: str) -> list[Mapping[str, Any]]:
    """What an entry tells of elements, one dict for each.

    Raises:
        ValueError: something is no dict of what an element has.
    """
    entry = view.entry(name)
    found = entry if isinstance(entry, list) else [entry]
    for told in found:
        if not isinstance(told, Mapping) or "image" not in told:
            got = f"a dict of {sorted(told)}" if isinstance(told, Mapping) else type(told).__name__
            raise ValueError(f"{name!r} must hold dicts with an 'image' each, and perhaps {_KNOWN}, got {got}.")
        for key in told:
            if key not in KNOWN:
                raise ValueError(f"{name!r} tells {key!r} of an element, which has {_KNOWN}.{nearest(key, KNOWN)}")
        image, mask = jnp.shape(told["image"]), jnp.shape(told.get("mask", told["image"]))
        if len(image) not in (2, 3) or mask[:2] != image[:2] or ("mask" in told and mask[2:] not in ((), (1,))):
            raise ValueError(
                f"{name!r} needs images (h, w) or (h, w, C) and masks (h, w) of their size, got an image of shape "
                f"{image}" + (f" with a mask of shape {mask}." if "mask" in told else ".")
            )
    return found


_KNOWN = ", ".join(map(repr, KNOWN))


def _element(told: Mapping[str, Any], corner: Array, view: View) -> Element:
    image = jnp.asarray(told["image"])
    image = image if image.ndim == 3 else image[..., None]
    mask_id = told.get("mask_id")
    size = jnp.stack([jnp.asarray(n, jnp.float32) for n in (view.width, view.height)])
    own: Any = np.array(image.shape[1::-1], np.float32)
    if "bbox" in told:
        box = jnp.floor(_numbers(told["bbox"])[:4] * jnp.tile(size, 2))
    else:
        # One that is too large is stretched to the whole picture.
        own = jnp.where((own > size).any(), size, own)
        start = jnp.floor(corner * (size - own + 1))
        box = jnp.concatenate([start, start + own])
    mask = jnp.asarray(told["mask"]) if "mask" in told else None
    return Element(image, mask, box / jnp.tile(size, 2), None if mask_id is None else jnp.asarray(mask_id))


def _numbers(value: Any) -> Array:
    parts = [jnp.asarray(part, jnp.float32) for part in jax.tree.leaves(value)]
    return jnp.stack(parts) if len(parts) > 1 else parts[0]


def lay_over(picture: Array, ops: Sequence[Elements], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) with the elements of neighbouring ops over it."""
    for i, op in enumerate(ops):
        change = functools.partial(op.on_picture, info=info)
        picture = over_frames(change, materialize(picture) if i else picture)
    return picture
