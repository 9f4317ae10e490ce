"""What becomes of the entries of a sample that are no pictures when it is mixed with another one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.settings import Settings
from jaxaug.engine.traversal import Traversal


@dataclasses.dataclass(frozen=True)
class MixedEntries:
    """The entries that a mixing op changes, as indices of leaves.

    Args:
        layout: of the sample.
        axes: of entries behind whose rows those of the other sample come: boxes, points, masks of instances, their
            labels and flags; each with the axis of its rows.
        soft: labels of the whole sample, which are mixed by shares.
        weights: weights of rows.
    """

    layout: SampleLayout
    axes: dict[int, int]
    soft: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()

    def mixed(self, op: Any, own: tuple[Traversal, list[Any]], other: tuple[Traversal, list[Any]]) -> list[Any]:
        """The leaves of a sample mixed with those of another, besides pictures.

        Args:
            op: of the family Mix.
            own, other: both samples under way, and their leaves as they came in.
        """
        (traversal, leaves), (partner, others) = own, other
        leaves, others = list(leaves), list(others)
        for index in self.soft:
            leaves[index] = op.on_labels(leaves[index], others[index], traversal.canvas)
        for index in self.weights:
            leaves[index], others[index] = op.on_row_weights(leaves[index], others[index])
        for rows in self.layout.rows:
            # Each sample has been mirrored or not by itself.
            for leaf in self.layout.beside(rows, "other"):
                for sample, values in ((traversal, leaves), (partner, others)):
                    values[leaf.index] = sample.rows(rows).relabelled(leaf.name, values[leaf.index])
        for index, axis in self.axes.items():
            leaves[index] = jnp.concatenate([leaves[index], others[index]], axis)
        return leaves


def mixed_entries(layout: SampleLayout, settings: Settings, op: Any, values: Sequence[Any]) -> MixedEntries:
    """Finds the entries that a mixing op changes.

    Args:
        layout: of a sample.
        settings: of the pipeline.
        op: of the family Mix.
        values: the sample's leaves, or their shapes and dtypes.

    Raises:
        ValueError: labels that are whole numbers, of which no share can be taken; weights of rows that are missing;
            masks or labels of instances in a list, to which nothing can be added.
    """
    axes = _rows_of(layout, settings, op, values)
    soft = [leaf for leaf in layout.kind("other") if leaf.name == op.label and leaf.index not in axes]
    weights = [leaf for leaf in layout.kind("other") if leaf.name == op.row_weights and leaf.index in axes]
    if op.row_weights and not weights:
        raise ValueError(
            f"{op.name}(row_weights={op.row_weights!r}) names no entry of one weight for each of the rows beside it, "
            "such as ones of shape (B, N) for boxes (B, N, 4)."
        )
    for leaf in (*soft, *weights):
        dtype = values[leaf.index].dtype
        if not jnp.issubdtype(dtype, jnp.floating):
            raise ValueError(
                f"{op.name} mixes {leaf.label!r} by shares, but its dtype is {dtype}: give floats, such as "
                "jax.nn.one_hot(labels, classes), or another name in labels. Labels of boxes or points stay as they "
                "are once label_fields names them."
            )
    for rows in layout.rows:
        swapped = dict(getattr(settings.params_of(rows), "label_mapping", None) or ())
        for leaf in layout.beside(rows, "other"):
            if leaf.name in swapped and leaf.index not in axes:
                raise ValueError(
                    f"{op.name} puts the rows of another sample, perhaps a mirror image, behind {rows.label!r}, so "
                    f"label_mapping swaps {leaf.label!r} for some of them alone: give a label for each row, in an "
                    "entry that label_fields names."
                )
    return MixedEntries(layout, axes, *(tuple(leaf.index for leaf in found) for found in (soft, weights)))


def _rows_of(layout: SampleLayout, settings: Settings, op: Any, values: Sequence[Any]) -> dict[int, int]:
    """The entries that hold something for each row of annotations or each instance, with the axis of the rows."""
    shapes = [np.shape(value) for value in values]
    axes: dict[int, int] = {}
    for rows in layout.rows:
        kind, beside = ANNOTATIONS[rows.kind], layout.beside(rows, "other")
        axis, flags = kind.instance_axis(len(shapes[rows.index])), kind.rows_shape(shapes[rows.index])
        axes |= dict.fromkeys([leaf.index for leaf in (rows, *layout.flags_of(rows))], axis)
        names = {*settings.label_fields(rows), op.row_weights}
        for leaf in (leaf for leaf in beside if leaf.name in names):
            _refuse_list(op, leaf)
            if shapes[leaf.index][: len(flags)] == flags:
                axes[leaf.index] = axis
            elif shapes[leaf.index][:1] == flags[axis : axis + 1]:
                # All frames share their labels.
                axes[leaf.index] = 0
    for valid in layout.kind("valid"):
        masks = layout.instance_masks(valid)
        if not masks and not layout.rows_beside(valid):
            continue
        for leaf in masks:
            _refuse_list(op, leaf)
        axes |= dict.fromkeys([leaf.index for leaf in (valid, *masks)], 0)
        for leaf in layout.beside(valid, "other"):
            shape, floats = shapes[leaf.index], jnp.issubdtype(values[leaf.index].dtype, jnp.floating)
            # As many floats as there are instances may be those of classes.
            if shape[:1] == shapes[valid.index] and not (leaf.name == op.label and len(shape) == 1 and floats):
                axes.setdefault(leaf.index, 0)
    return axes


def _refuse_list(op: Any, leaf: Leaf) -> None:
    """Refuses an entry in a list, to which nothing can be added.

    Raises:
        ValueError: it is one.
    """
    if len(leaf.path) > len(leaf.group) + 1:
        name = "/".join(map(str, (*leaf.group, leaf.name)))
        raise ValueError(
            f"{op.name} puts the instances of another sample behind those of {name!r}, which is a list: give one array "
            "with an axis of instances behind that of the batch."
        )
