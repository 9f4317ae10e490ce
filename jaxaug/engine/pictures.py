"""The pictures of a sample under way: ops wait until one is looked at, and are fitted to each by itself."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any, Protocol

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.compiler import materialize
from jaxaug.backend.outside_jit import Fixed
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import PICTURES
from jaxaug.core.layout import Leaf, SampleLayout, input_canvas
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo, canonical
from jaxaug.core.sample import picture_size
from jaxaug.core.settings import Settings
from jaxaug.kernels.dtype import full_brightness
from jaxaug.ops.families import FAMILIES

#: A picture (frames, height, width, channels), what is known of it, and how many ops have been applied to it.
State = tuple[Array, PictureInfo, int]


class MixingOp(Protocol):
    """What mixes the pictures and rows of two samples."""

    def on_pictures(self, own: Array, other: Array, info: PictureInfo) -> Array:
        """A picture (frames, height, width, channels) with that of another sample."""
        ...

    def on_instances(self, own: Array, other: Array, info: PictureInfo) -> Array:
        """Masks (N, height, width, channels) of what is seen of instances, and behind them those of another sample."""
        ...

    def on_rows(self, own: Any, other: Any, canvas: Canvas, sets: int) -> Any:
        """Annotations on a canvas, and behind them those of another sample."""
        ...


class Pictures:
    """All pictures of a sample under way.

    Args:
        layout: of the sample.
        values: its leaves.
        settings: of the pipeline.
    """

    def __init__(self, layout: SampleLayout, values: list[Any], settings: Settings) -> None:
        self._layout = layout
        self._ops: list[Op] = []
        unit = fill_unit(layout, values, settings.max_value)
        self._states: dict[int, State] = {}
        for leaf in layout.pictures:
            value = values[leaf.index]
            size = picture_size(leaf, value)
            picture = canonical(value, leaf.leading)
            info = PictureInfo(
                leaf.label,
                leaf.kind,
                value.dtype,
                picture.shape[-1],
                input_canvas(layout, values, leaf.group, size),
                value.shape[: leaf.leading],
                leaf.depth_axis,
                layout.on_reference(leaf.group, size),
                settings.mask_interpolation,
                settings.max_value,
                unit,
                value.ndim == leaf.leading + 3,
            )
            self._states[leaf.index] = (picture, info, 0)

    def fork(self) -> Pictures:
        """A copy that goes its own way."""
        other = copy.copy(self)
        other._ops, other._states = list(self._ops), dict(self._states)
        return other

    def push(self, op: Op) -> None:
        """Lets an op, prepared for the sample, wait until somebody looks."""
        self._ops.append(op)

    def settle(self) -> None:
        """Applies everything that waits."""
        for leaf in self._layout.pictures:
            self.now(leaf)

    def now(self, leaf: Leaf) -> tuple[Array, PictureInfo]:
        """A picture with all ops so far applied, and what is known of it."""
        picture, info, done = self._states[leaf.index]
        if done < len(self._ops):
            picture, info = advance(picture, info, self._ops[done:])
            self._states[leaf.index] = (picture, info, len(self._ops))
        return picture, info

    def canvas_of(self, canvas: Canvas) -> Canvas:
        """Where a picture of another size than the reference is kept after all ops so far.

        Args:
            canvas: where it came in.
        """
        info = PictureInfo("", "image", jnp.uint8, 3, canvas, on_reference=False)
        for op in self._ops:
            if FAMILIES[op.family].moves:
                fitted = op.for_picture(info)
                info = info if fitted is None else fitted.after(info)
        return info.canvas

    def sized_by(self) -> list[str]:
        """Names of what drew the size of pictures."""
        return list(dict.fromkeys(str(op.name) for op in self._ops if op.tells_size))

    def paired(self, other: Pictures, op: MixingOp) -> Pictures:
        """The pictures, each mixed with that of another sample; masks of instances lie behind each other."""
        mixed = self.fork()
        instances = [mask for leaf in self._layout.kind("valid") for mask in self._layout.instance_masks(leaf)]
        for leaf in self._layout.pictures:
            (own, info), (theirs, _) = self.now(leaf), other.now(leaf)
            if leaf in instances:
                new = op.on_instances(own, theirs, info)
                info = info.replace(leading=new.shape[:1])
            else:
                new = op.on_pictures(own, theirs, info)
            mixed._states[leaf.index] = (new, info, len(self._ops))
        return mixed

    def content(self) -> dict[int, tuple[Array, Canvas, Fixed]]:
        """The pictures, where they are kept and what else is known of them, with nothing left to be done."""
        found = {leaf.index: self.now(leaf) for leaf in self._layout.pictures}
        return {
            index: (picture, info.canvas, Fixed((info.max_value, info.channel_axis)))
            for index, (picture, info) in found.items()
        }

    def resumed(self, content: dict[int, tuple[Array, Canvas, Fixed]]) -> Pictures:
        """The pictures of the same sample with other content."""
        other = copy.copy(self)
        other._ops, other._states = [], {}
        for index, (picture, canvas, known) in content.items():
            max_value, channel_axis = known.value
            info = self._states[index][1].replace(
                canvas=canvas,
                dtype=picture.dtype,
                channels=picture.shape[-1],
                max_value=max_value,
                channel_axis=channel_axis,
            )
            other._states[index] = (picture, info, 0)
        return other


def advance(picture: Array, info: PictureInfo, ops: Sequence[Op]) -> tuple[Array, PictureInfo]:
    """A picture (frames, height, width, channels) through ops, neighbours that one family runs together."""
    steps: list[tuple[Any, Op, PictureInfo]] = []
    for op in ops:
        fitted = op.for_picture(info)
        if fitted is not None:
            steps.append((FAMILIES[fitted.family].run, fitted, info))
            info = fitted.after(info)
    for place, (run, together) in enumerate(itertools.groupby(steps, key=lambda step: step[0])):
        chosen = list(together)
        # What one family leaves is kept in memory, or the next one would make every pixel anew wherever it reads it.
        picture = run(materialize(picture) if place else picture, [op for _, op, _ in chosen], chosen[0][2])
    return picture, info


def fill_unit(layout: SampleLayout, values: list[Any], max_value: float) -> float | None:
    """Full brightness of the images whose units fills are given in, if a sample has images of several.

    Those are the units of the images of whole numbers, of the reference before others; a fill beside floats alone
    counts in floats.
    """
    images = [leaf for leaf in layout.pictures if PICTURES[leaf.kind].name == "image"]
    images.sort(key=lambda leaf: (leaf.group != layout.reference_group, leaf.name != "image"))
    dtypes = [values[leaf.index].dtype for leaf in images]
    units = [full_brightness(dtype, max_value) for dtype in dtypes]
    if len(set(units)) < 2:
        return None
    counted = (unit for unit, dtype in zip(units, dtypes, strict=True) if jnp.issubdtype(dtype, jnp.integer))
    return next(counted, max_value)
