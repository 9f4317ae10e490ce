"""Formats of boxes: what their columns mean, and which boxes are kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core.settings import hashable_fields
from jaxaug.core.suggestions import nearest
from jaxaug.core.types import Scalar
from jaxaug.geometry.matrices import vector

FORMATS = ("coco", "pascal_voc", "albumentations", "yolo")
#: Those whose numbers are divided by the picture's size.
FRACTIONS = ("albumentations", "yolo")


@dataclasses.dataclass(frozen=True)
class BboxParams:
    """What boxes look like and which of them are kept.

    Args:
        format: `coco` (x, y, width, height in pixels), `pascal_voc` (x_min, y_min, x_max, y_max in pixels),
            `albumentations` (the same, divided by the picture's size) or `yolo` (centre x, centre y, width, height,
            divided by the picture's size).
        label_fields: names of entries beside the boxes that `compact` shortens with them; a dict gives them per
            box set, `{"bboxes": ["labels"], "bboxes2": ["labels2"]}`.
        min_area: boxes with less visible area, in square pixels, are filtered.
        min_visibility: boxes of which a smaller fraction of the area they came in with is left are filtered.
        min_width: boxes with less visible width, in pixels, are filtered.
        min_height: boxes with less visible height, in pixels, are filtered.
        check_each_transform: filter after every transform, not only at the end.
        clip: boxes that reach over the picture's edge are cut there before anything else, so `check` accepts them.
        filter_invalid_bboxes: boxes without area are dropped as they come in, so `check` accepts them.
        max_accept_ratio: boxes longer than this many times their width, or wider than this many times their
            height, are filtered; at least 1.

    Raises:
        ValueError: an unknown format or a ratio below 1.

    Example:
        >>> import jaxaug as ja
        >>> ja.BboxParams(format="coco", min_visibility=0.1).format
        'coco'

    Follows the meaning of Albumentations 2.0.8, except that `min_visibility` compares with the box as it first came
    in rather than with the last step.
    """

    format: str
    label_fields: Any = None
    min_area: float = 0.0
    min_visibility: float = 0.0
    min_width: float = 0.0
    min_height: float = 0.0
    check_each_transform: bool = True
    clip: bool = False
    filter_invalid_bboxes: bool = False
    max_accept_ratio: float | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(
                f"BboxParams(format={self.format!r}) is unknown.{nearest(self.format, FORMATS)} "
                f"Expected one of {', '.join(FORMATS)}."
            )
        if self.max_accept_ratio is not None and self.max_accept_ratio < 1:
            raise ValueError(f"BboxParams(max_accept_ratio={self.max_accept_ratio}) must be at least 1.")
        object.__setattr__(self, "label_fields", hashable_fields(self.label_fields))

    @property
    def limits(self) -> bool:
        """Whether more is asked of a box than that some of it is left."""
        least = (self.min_area, self.min_visibility, self.min_width, self.min_height)
        return any(least) or self.max_accept_ratio is not None


def to_edges(boxes: Array, form: str, size: tuple[Scalar, Scalar]) -> Array:
    """Boxes (N, 4 or more) of a format as x_min, y_min, x_max, y_max in pixels."""
    b = boxes[:, :4].astype(jnp.float32)
    if form in FRACTIONS:
        b = b * far_edges(size)
    if form == "coco":
        b = jnp.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], axis=1)
    if form == "yolo":
        b = jnp.concatenate([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], axis=1)
    return b


def from_edges(b: Array, form: str, size: tuple[Scalar, Scalar]) -> Array:
    """The inverse of `to_edges`, for edges that are cut to the picture first: what is rounded never lies outside it."""
    limit = far_edges(size)
    b = jnp.clip(b, 0.0, limit)
    low, length, far = b[:, :2], b[:, 2:] - b[:, :2], limit[:2]
    if form == "albumentations":
        return jnp.minimum(b / limit, 1.0)
    if form == "coco":
        room = far - low
        # What is left to the far edge may have been rounded up; below half of it, this difference is exact.
        room = jnp.where(far - room < low, room * np.float32(1 - 2.0**-23), room)
        return jnp.concatenate([low, jnp.minimum(length, room)], axis=1)
    if form == "yolo":
        centre = jnp.clip((low + b[:, 2:]) / 2 / far, 0.0, 1.0)
        room = 2.0 * jnp.minimum(centre, 1.0 - centre)
        return jnp.concatenate([centre, jnp.minimum(length / far, room)], axis=1)
    return b


def far_edges(size: tuple[Scalar, Scalar]) -> Array:
    """The greatest x and y, twice: where boxes end, and how many pixels make a unit of those divided by the size."""
    return vector(size[1], size[0], size[1], size[0])


def edges_on_host(boxes: np.ndarray, form: str, height: np.ndarray, width: np.ndarray) -> np.ndarray:
    """What `to_edges` gives, of boxes (..., 4 or more) whose pictures have a height and width each."""
    x, y, right, bottom = np.moveaxis(boxes[..., :4].astype(np.float64), -1, 0)
    if form in FRACTIONS:
        x, y, right, bottom = x * width, y * height, right * width, bottom * height
    if form == "coco":
        right, bottom = x + right, y + bottom
    if form == "yolo":
        x, y, right, bottom = x - right / 2, y - bottom / 2, x + right / 2, y + bottom / 2
    return np.stack([x, y, right, bottom], axis=-1)
