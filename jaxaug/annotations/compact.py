"""Dropping rows that are no longer valid, on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxaug.core.host_data import host_data
from jaxaug.core.kinds import ANNOTATIONS, names_of
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.sample import check_labels, parse
from jaxaug.core.types import Path


def compact(
    sample: Any,
    *,
    additional_targets: Mapping[str, str] | None = None,
    label_fields: Mapping[Path, tuple[str, ...]] | tuple[str, ...] = (),
) -> Any:
    """Drops dead rows and their labels, so that a sample looks as users of Albumentations are used to.

    Beside a `valid` entry, every entry with as many rows is shortened. A set of rows with a validity entry of its
    own is shortened by that, together with its label fields and the validity entry. Boxes without any are shortened
    by dropping rows of zeros; keypoints without any are left alone, because (0, 0) is a point like another. Of a batch,
    `unpad_batch` makes the list of its samples without dead rows.

    Args:
        sample: a pytree of concrete arrays; does not work under `jit`, where shapes are fixed.
        additional_targets: as in `Compose`.
        label_fields: names of label entries beside the set `bboxes`, else beside the first kind of rows that there is;
            or the names for each set, by its path.

    Returns:
        The sample, shorter, as NumPy arrays where something was dropped; lists stay lists.

    Raises:
        ValueError: called on tracers.

    Example:
        >>> import numpy as np
        >>> sample = {"bboxes": np.array([[0, 0, 4, 4], [0, 0, 0, 0]]), "labels": np.array([7, 8])}
        >>> compact(sample | {"size": (8, 8)}, label_fields=("labels",))["labels"]
        array([7])
    """
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(sample)):
        raise ValueError("compact drops rows, which changes shapes: call it outside jit and vmap.")
    data = host_data(sample, names_of(additional_targets), stack_masks=True)
    layout, values = parse(data.sample, additional_targets, check_shapes=False)
    out = list(values)
    originals = jax.tree.leaves(data.sample)
    for leaf in layout.kind("other", "entry"):
        out[leaf.index] = originals[leaf.index]
    for leaf in layout.kind("valid"):
        keep = np.asarray(values[leaf.index]).astype(bool)
        for other in layout.beside(leaf):
            follows = other in layout.rows or other.kind in ("rows_valid", "valid", "other")
            follows |= other.kind == "mask" and other.leading > 0
            if follows and np.ndim(out[other.index]) and len(out[other.index]) == len(keep):
                out[other.index] = np.asarray(out[other.index])[keep]
    for leaf in layout.rows:
        if layout.beside(leaf, "valid"):
            continue
        flags = layout.flags_of(leaf)
        rows = np.asarray(values[leaf.index])
        if flags:
            keep = np.asarray(values[flags[0].index]).astype(bool)
        elif ANNOTATIONS[leaf.kind].instances:
            place = rows[:, : ANNOTATIONS[leaf.kind].place_columns]
            keep = (place != 0).any(axis=tuple(range(1, place.ndim)))
        else:
            continue
        if keep.ndim != 1:
            continue
        labels = _labels(layout, leaf, label_fields)
        check_labels(layout, values, leaf, [label.name for label in labels])
        for other in [leaf, *flags, *labels]:
            out[other.index] = np.asarray(out[other.index])[keep]
    return data.restored(jax.tree.unflatten(layout.treedef, out))


def _labels(layout: SampleLayout, rows: Leaf, fields: Mapping[Path, tuple[str, ...]] | tuple[str, ...]) -> list[Leaf]:
    """The entries that are labels of a set of rows."""
    beside = layout.beside(rows)
    if isinstance(fields, Mapping):
        names = fields.get(rows.path, ())
    else:
        kinds = sorted(ANNOTATIONS, key=lambda kind: not ANNOTATIONS[kind].instances)
        first = next((kind for kind in kinds if any(leaf.name == kind for leaf in beside)), "")
        names = fields if rows.name == first else ()
    return [leaf for leaf in beside if leaf.name in names]
