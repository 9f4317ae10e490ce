"""A sample under way: ops move every target of it.

Ops pile up until somebody looks: then neighbours that one family runs go through a picture together, and matrix warps
one after another through annotations. A traversal that nobody looks at, such as `Compose.sample`, touches no pixel.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete
from jaxaug.core.annotation import Annotation, Placement
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf, SampleLayout, input_canvas
from jaxaug.core.op import Op
from jaxaug.core.picture import restored
from jaxaug.core.settings import Settings
from jaxaug.core.types import Path
from jaxaug.core.view import View
from jaxaug.engine.pictures import MixingOp, Pictures
from jaxaug.engine.rows import Rows
from jaxaug.engine.validity import flags_in_use, tell, tell_instances


class Traversal:
    """A sample under way. Lives within one call and is never shared between calls.

    Args:
        layout: of the sample.
        values: its leaves.
        settings: of the pipeline.
    """

    def __init__(self, layout: SampleLayout, values: list[Any], settings: Settings) -> None:
        self.layout = layout
        self.values = values
        self.settings = settings
        self.canvas = self._input_canvas(layout.reference_group)
        self.view = View(self)
        self.has_moved = False
        self._pictures = Pictures(layout, values, settings)
        self._rows = Rows({leaf.index: self._started(leaf) for leaf in layout.annotations})

    def fork(self) -> Traversal:
        """A copy that goes its own way, for options of which only one will count."""
        other = copy.copy(self)
        other.view = View(other)
        other._pictures = self._pictures.fork()
        other._rows = self._rows.fork()
        return other

    def push(self, op: Op) -> None:
        """Applies an op, once somebody looks.

        Raises:
            ValueError: a target of a kind that the op cannot move.
        """
        prepared = op.prepare(self.view)
        self.check_moves(prepared)
        self._rows.push(prepared)
        self._pictures.push(prepared)
        canvas = prepared.canvas_after(self.canvas)
        self.has_moved |= canvas is not self.canvas
        self.canvas = canvas
        if not self.settings.fuse:
            self._rows.now()
            self._pictures.settle()

    def picture(self, leaf: Leaf) -> Array:
        """A picture (frames, height, width, channels) with all ops so far applied."""
        return self._pictures.now(leaf)[0]

    def rows(self, leaf: Leaf) -> Annotation:
        """An annotation with all ops so far applied."""
        return self._rows.now()[leaf.index]

    def content(self) -> Any:
        """All that changes on the way, as a pytree, with nothing left to be done; for stages of a batch."""
        return self.canvas, self._pictures.content(), self._rows.now()

    def resumed(self, content: Any) -> Traversal:
        """The traversal of the same layout with other content."""
        other = self.fork()
        other.canvas, pictures, annotations = content
        other._rows = Rows(annotations)
        other._pictures = self._pictures.resumed(pictures)
        return other

    def paired(self, other: Traversal, op: MixingOp) -> Traversal:
        """The sample with each target mixed with that of another sample of the same layout."""

        def join(index: int, own: Annotation, theirs: Annotation) -> Annotation:
            shape = np.shape(self.values[index])
            axis = type(own).instance_axis(len(shape))
            joined: Annotation = op.on_rows(own, theirs, self.canvas, math.prod(shape[:axis]))
            return joined

        mixed = self.fork()
        mixed._pictures = self._pictures.paired(other._pictures, op)
        mixed._rows = self._rows.paired(other._rows, join)
        return mixed

    def finish(self) -> Any:
        """The sample with everything applied."""
        out = list(self.values)
        for leaf in self.layout.pictures:
            picture, info = self._pictures.now(leaf)
            trimmed = self._trimmed(leaf, picture, info.canvas)
            out[leaf.index] = restored(trimmed, self.values[leaf.index], leaf.leading, info.channel_axis)
        self._finish_sizes(out)
        alive = {leaf.index: self._finish_annotation(leaf, out) for leaf in self.layout.annotations}
        tell_instances(self.layout, self.values, alive, out)
        return jax.tree.unflatten(self.layout.treedef, out)

    def _input_canvas(self, group: Path) -> Canvas:
        return input_canvas(self.layout, self.values, group)

    def check_moves(self, op: Op) -> None:
        """Refuses an op if the sample holds a target that it cannot move.

        Raises:
            ValueError: it does; the message names the target.
        """
        refused = op.refused()
        for leaf in self.layout.leaves:
            if leaf.kind in refused or (leaf.is_annotation and ANNOTATIONS[leaf.kind].refuses(op)):
                raise ValueError(
                    f"{op.name} cannot move {leaf.label!r}: no {leaf.kind} can follow what it does to pictures. "
                    "Take one of the two out, or rename the entry to pass it through."
                )

    def _placement(self, leaf: Leaf, own: Canvas, reference: Canvas) -> Placement:
        return Placement(leaf.label, self.settings.params_of(leaf), own, reference)

    def _started(self, leaf: Leaf) -> Annotation:
        kind, rows = ANNOTATIONS[leaf.kind], jnp.asarray(self.values[leaf.index])
        valid = flags_in_use(self.layout, self.values, leaf, kind.rows_shape(rows.shape))
        return kind.start(rows, valid, self._placement(leaf, self._input_canvas(leaf.group), self.canvas))

    def _finish_annotation(self, leaf: Leaf, out: list[Any]) -> Array:
        """Writes an annotation and what speaks of it; returns the flags of the rows that are left."""
        rows, old = self._rows.now()[leaf.index], jnp.asarray(self.values[leaf.index])
        new, valid = rows.finish(old, self._placement(leaf, self._output_canvas(leaf.group), self.canvas))
        out[leaf.index] = tell(self.layout, leaf, rows, new, valid, out)
        for other in self.layout.beside(leaf, "other"):
            labels = out[other.index]
            out[other.index] = rows.relabelled(other.name, labels)
        return valid

    def _output_canvas(self, group: Path) -> Canvas:
        """The canvas that the pictures of a group have now."""
        if self.layout.on_reference(group, self.layout.size_of(group)):
            return self.canvas
        return self._pictures.canvas_of(self._input_canvas(group))

    def _trimmed(self, leaf: Leaf, picture: Array, canvas: Canvas) -> Array:
        """A picture with zeros beyond its extent."""
        if canvas.extent is None:
            return picture
        if self.layout.size_leaves(leaf.group):
            return canvas.blanked(picture)
        raise ValueError(
            f"{leaf.label!r} gets a random size by {' and '.join(self._pictures.sized_by())}, and under jit or vmap "
            "shapes cannot be random: the picture lies in a buffer then, and its size must be told. Add 'size': "
            "jnp.array([height, width]) to the sample, or put a transform of fixed size behind."
        )

    def _finish_sizes(self, out: list[Any]) -> None:
        """The size entries: two numbers, or one array of both."""
        for leaf in self.layout.kind("size"):
            place = self.layout.beside(leaf, "size").index(leaf)
            old = self.values[leaf.index]
            height, width = self._output_canvas(leaf.group).size
            dtype = jax.dtypes.canonicalize_dtype(getattr(old, "dtype", int))
            if is_concrete(height) and is_concrete(width):
                known = np.asarray((height, width) if jnp.ndim(old) else (height, width)[place])
                out[leaf.index] = jnp.asarray(known, dtype) if hasattr(old, "dtype") else type(old)(known)
            else:
                new = jnp.stack([height, width]) if jnp.ndim(old) else (height, width)[place]
                out[leaf.index] = new.astype(dtype)
