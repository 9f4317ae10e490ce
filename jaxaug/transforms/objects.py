"""Cut-outs of objects, and within them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Fill, Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.component_holes import InParts, Objects
from jaxaug.ops.erase import Erase, Rectangles
from jaxaug.ops.guided_holes import Guided
from jaxaug.transforms.dropout import FILLS, cut


@transform
class MaskDropout(Transform):
    """Cuts out objects: connected parts of the sample's mask.

    Looks at the entry `mask`, else at the first mask there is; planes of a stack are different objects. Boxes shrink
    to what is left of them, boxes and keypoints that are covered disappear.

    Args:
        max_objects: range of the number of objects; one number r stands for (1, r).
        fill: value of images there: a number, one per channel, `inpaint_telea` or `inpaint_ns`.
        fill_mask: value of masks there; None leaves masks alone.

    Raises:
        ValueError: the sample has no mask.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> drop = ja.Compose([ja.MaskDropout(p=1)])
        >>> out = drop(jax.random.key(0), image=jnp.ones((1, 3)), mask=jnp.array([[1, 0, 0]]))
        >>> out["image"], out["mask"]
        (Array([[0., 1., 1.]], dtype=float32), Array([[0, 0, 0]], dtype=int32))

    Follows the meaning of Albumentations 2.0.8, and shrinks boxes as CoarseDropout does.
    """

    max_objects: Range = args.pair((1, 1), args.above(1), 1)
    fill: Fill = args.fill(0.0, names=("inpaint_telea", "inpaint_ns"))
    fill_mask: Fill = args.fill(0.0, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        ranks = rng.key("ranks")
        region = Objects(ranks, rng.integer("count", self.max_objects))
        worded = isinstance(self.fill, str)
        fill = 0.0 if worded else self.fill
        return Erase(region, ranks, fill=fill, fill_mask=self.fill_mask, mode=self.fill if worded else "constant")


#: Objects of a mask that holes are cut into; of more a random choice gets some.
MOST_OBJECTS = 64


@transform
class ConstrainedCoarseDropout(Transform):
    """Cuts rectangles out of objects: of connected parts of the sample's mask, or of boxes.

    With `mask_indices` and a mask, holes are centred on random pixels of each part, and their size is relative to the
    square root of its area. Else, with `bbox_labels`, they lie within each box, and their size is relative to its
    sides. Every object gets the same number of holes; without an object nothing is cut out. Boxes shrink to what is
    left of them, boxes and keypoints that are covered disappear.

    Args:
        num_holes_range: range of the number of holes in each object.
        hole_height_range, hole_width_range: range of their size as a fraction of the object's.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.
        mask_indices: values of the mask that are objects; parts of different values that touch are one object. At
            most 64 parts get holes, chosen at random.
        bbox_labels: labels of the boxes that are objects, as in the first label field or the fifth column of the boxes.

    Raises:
        ValueError: neither is given, or the sample has nothing to look at.
        TypeError: strings among the labels asked for, where those of the sample are numbers.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> holes = ja.ConstrainedCoarseDropout((1, 1), (1, 1), (1, 1), mask_indices=[2], p=1)
        >>> mask = jnp.zeros((8, 8), jnp.int32).at[2:6, 2:6].set(2)
        >>> out = ja.Compose([holes])(jax.random.key(0), image=jnp.ones((8, 8)), mask=mask)
        >>> int((out["image"] == 0).sum())
        16

    Follows the meaning of Albumentations 2.0.8.
    """

    num_holes_range: Range = args.pair((1, 1), None, 1, static=True)
    hole_height_range: Range = args.pair((0.1, 0.1), None, 0, 1)
    hole_width_range: Range = args.pair((0.1, 0.1), None, 0, 1)
    fill: Fill = args.fill(0.0, names=FILLS)
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)
    mask_indices: Any = args.several(1)
    bbox_labels: Any = args.several()

    def check(self) -> None:
        if self.mask_indices is None and self.bbox_labels is None:
            raise ValueError(
                "ConstrainedCoarseDropout needs to know what is an object: give mask_indices, values of a mask, or "
                "bbox_labels, labels of boxes."
            )

    def draw(self, rng: Draw, view: View) -> Erase:
        count = rng.integer("count", self.num_holes_range)
        if self.mask_indices is None or not (view.has("mask") or self.bbox_labels is None):
            return cut(rng, self._in_boxes(rng, view, count), self)
        places = rng.uniform("places", shape=(MOST_OBJECTS, self.num_holes_range[1]))
        shares = self._shares(rng, MOST_OBJECTS)
        return cut(rng, InParts(rng.key("parts"), places, shares, count, self.mask_indices), self)

    def _in_boxes(self, rng: Draw, view: View, count: Array) -> Rectangles:
        boxes, valid, labels = view.labelled_boxes()
        corner, side = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
        size = jnp.floor(self._shares(rng, boxes.shape[0]) * side)
        start = jnp.floor(corner + rng.uniform("places", shape=size.shape) * (side - size))
        edges = jnp.concatenate([start, start + size], axis=-1).astype(jnp.int32)
        used = (valid & _among(labels, self.bbox_labels, "ConstrainedCoarseDropout(bbox_labels=...)"))[:, None] & (
            jnp.arange(edges.shape[1]) < count
        )
        return Rectangles(edges.reshape(-1, 4), used.reshape(-1))

    def _shares(self, rng: Draw, objects: int) -> Array:
        """(N, K, 2) widths and heights of the holes as fractions of the object's."""
        shape = (objects, self.num_holes_range[1])
        across, down = (
            rng.uniform(name, limits, shape)
            for name, limits in (("width", self.hole_width_range), ("height", self.hole_height_range))
        )
        return jnp.stack([across, down], axis=-1)


@transform
class GuidedCoarseDropout(Transform):
    """Cuts rectangles out of a region that the sample names.

    They are centred on random pixels of the region, and only what lies in it is cut out. Boxes shrink to what is left
    of them, boxes and keypoints that are covered disappear.

    Args:
        region_key: name of the entry of the sample that holds the region, (h, w), above 0 inside. It is no target,
            unless it is the name of a mask; then it moves with the picture.
        protected_bbox_labels: labels of boxes that no hole reaches into, as in the first label field or the fifth
            column of the boxes.
        protection_margin: how far around them neither, as a fraction of their sides.
        num_holes_range: range of the number of holes.
        hole_height_range, hole_width_range: range of their size as a fraction of the picture's.
        fill: value of images there: a number, one per channel, or a word, see `jaxaug.ops.erase.Erase`.
        fill_mask: value of masks there; None leaves masks alone.

    Raises:
        ValueError: the sample has no such entry, or a picture that has moved away from it; no boxes to protect.
        TypeError: strings among the labels asked for, where those of the sample are numbers.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> holes = ja.GuidedCoarseDropout(hole_height_range=(1, 1), hole_width_range=(1, 1), p=1)
        >>> sample = {"image": jnp.ones((1, 4)), "dropout_region": jnp.array([[0, 0, 1, 1]])}
        >>> ja.Compose([holes])(jax.random.key(0), sample)["image"]
        Array([[1., 1., 0., 0.]], dtype=float32)

    The names are those of Albumentations' successor, the meaning is what they say.
    """

    region_key: str = args.entry("dropout_region")
    protected_bbox_labels: Any = args.several()
    protection_margin: Scalar = args.number(0.0, 0)
    num_holes_range: Range = args.pair((1, 1), None, 1, static=True)
    hole_height_range: Range = args.pair((0.05, 0.2), None, 0, 1)
    hole_width_range: Range = args.pair((0.05, 0.2), None, 0, 1)
    fill: Fill = args.fill(0.0, names=(*FILLS, "grayscale"))
    fill_mask: Fill = args.fill(None, optional=True)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Erase:
        most = self.num_holes_range[1]
        ranges = (("width", self.hole_width_range), ("height", self.hole_height_range))
        region = Guided(
            rng.uniform("places", shape=(most,)),
            jnp.stack([rng.uniform(name, limits, (most,)) for name, limits in ranges], axis=1),
            rng.integer("count", self.num_holes_range),
            *self._spared(view),
            key=self.region_key,
        )
        return cut(rng, region, self)

    def _spared(self, view: View) -> tuple[Array, Array]:
        """(N, 4) boxes with their margins, and (N,) which of them are protected."""
        if self.protected_bbox_labels is None:
            return jnp.zeros((0, 4)), jnp.zeros(0, bool)
        boxes, valid, labels = view.labelled_boxes()
        margin = (boxes[:, 2:] - boxes[:, :2]) * self.protection_margin
        where = "GuidedCoarseDropout(protected_bbox_labels=...)"
        kept = valid & _among(labels, self.protected_bbox_labels, where)
        return boxes + jnp.concatenate([-margin, margin], axis=1), kept


def _among(labels: Array | np.ndarray, wanted: tuple[Any, ...], where: str) -> Array:
    """(N,) labels that are asked for."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "USO":
        return jnp.asarray(np.isin(labels.astype(str), [str(w) for w in wanted]))
    names = [w for w in wanted if isinstance(w, str)]
    if names:
        raise TypeError(
            f"{where} asks for {names[0]!r}, but the sample's labels are numbers, as they must be under jit: ask for "
            "numbers."
        )
    return jnp.isin(jnp.asarray(labels), jnp.asarray(wanted))
