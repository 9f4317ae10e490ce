"""Reading a sample: what each of its leaves is, and whether it fits its name and what is beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.core.host_data import read_path
from jaxaug.core.kinds import ANNOTATIONS, NAMES, PICTURES, SPEAKING, Name, as_target, names_of
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.suggestions import nearest
from jaxaug.core.types import Path, Size


def parse(
    sample: Any,
    additional: Mapping[str, str] | None,
    *,
    entries: Iterable[str] = (),
    labels: Collection[str] = (),
    strict: bool = False,
    check_shapes: bool = True,
    on_host: bool = False,
) -> tuple[SampleLayout, list[Any]]:
    """Finds the targets of a sample.

    Args:
        sample: a pytree, normally nested dicts.
        additional: names that act like built-in ones.
        entries: names of what transforms read; whatever lies under them is no target.
        labels: names of declared labels, which pass through.
        strict: refuse names that are unknown.
        check_shapes: pictures of one group must share their size.
        on_host: arrays of NumPy stay such.

    Returns:
        The layout, and the leaves of the sample as arrays where they are targets.

    Raises:
        ValueError: a shape that does not fit its name, sizes that differ, unknown names under `strict`.
        TypeError: a dtype that its kind cannot have.
    """
    table = names_of(additional)
    read = frozenset(entries) - set(table)
    paths, treedef = jax.tree_util.tree_flatten_with_path(sample)
    leaves: list[Leaf] = []
    values: list[Any] = []
    for index, (path, value) in enumerate(paths):
        leaf = leaf_at(index, path, table, read)
        if strict and leaf.kind == "other" and leaf.name not in labels:
            raise ValueError(
                f"{leaf.label!r} is no known target, and strict=True.{nearest(leaf.name, table)} "
                "Name it in additional_targets, or leave strict off to let it pass untouched."
            )
        leaves.append(leaf)
        values.append(_value(leaf, value, on_host))
    sizes, reference = _picture_sizes(leaves, values, check_shapes)
    layout = SampleLayout(
        treedef,
        tuple(leaves),
        tuple(sizes.items()),
        sizes[reference.group] if reference else _size_alone(leaves, values),
        reference.group if reference else (),
        reference.label if reference else "",
    )
    for leaf in leaves:
        if leaf.is_annotation:
            ANNOTATIONS[leaf.kind].check_form(leaf.label, values[leaf.index])
            _check_frames(leaf, layout, values)
    for leaf in leaves:
        _check_speaking(leaf, layout, values)
    return layout, values


def leaf_at(index: int, path: tuple[Any, ...], table: Mapping[str, Name], read: frozenset[str]) -> Leaf:
    """What a leaf of a sample is, from its path alone.

    Args:
        index: among the leaves.
        path: keys as JAX gives them.
        table: the known names.
        read: names of entries that transforms read.
    """
    keys, last = read_path(path)
    declared = next((key for key in keys if key in read), None)
    name = str(keys[last]) if last >= 0 else ""
    group = keys[: max(last, 0)]
    nested = len(keys) - 1 - last
    if declared is not None:
        return Leaf(index, keys, group, name, "entry", of=declared)
    if name in table:
        known = table[name]
        depth = None if known.depth_axis is None else known.depth_axis - nested
        leading = max(known.leading - nested, 0)
        return Leaf(index, keys, group, name, known.kind, leading, depth if depth is None or depth >= 0 else None)
    if name in SPEAKING:
        return Leaf(index, keys, group, name, name)
    rows = name.removesuffix("_valid")
    if rows != name and rows in table and table[rows].kind in ANNOTATIONS and ANNOTATIONS[table[rows].kind].has_rows:
        return Leaf(index, keys, group, name, "rows_valid", of=rows)
    return Leaf(index, keys, group, name, "other")


def _value(leaf: Leaf, value: Any, on_host: bool) -> Any:
    if leaf.kind in ("other", "entry", "size"):
        return value
    if leaf.is_annotation and not hasattr(value, "dtype"):
        value = np.asarray(value)
    if leaf.is_annotation:
        ANNOTATIONS[leaf.kind].check_dtype(leaf.label, value.dtype)
    return as_target(leaf.kind, leaf.label, value, on_host=on_host)


def _picture_sizes(leaves: list[Leaf], values: list[Any], check_shapes: bool) -> tuple[dict[Path, Size], Leaf | None]:
    """Size of the pictures of each dict, and the picture that draws are relative to.

    That is the `image` of the shallowest dict, of several the one whose path sorts first; else the first picture.
    """
    first: dict[Path, tuple[Leaf, Size]] = {}
    pictures = [leaf for leaf in leaves if leaf.is_picture]
    for leaf in pictures:
        size = picture_size(leaf, values[leaf.index])
        before, other = first.setdefault(leaf.group, (leaf, size))
        if check_shapes and other != size:
            raise ValueError(
                f"{leaf.label!r} is {size[0]} x {size[1]}, but {before.label!r} beside it is "
                f"{other[0]} x {other[1]}. Give pictures of one dict one size, put them in different "
                "dicts, or pass is_check_shapes=False if they show the same scene at different resolutions."
            )
        if leaf.name == "image":
            first[leaf.group] = (leaf, size)
    images = [leaf for leaf in pictures if leaf.name == "image"]
    chosen = min(images, key=lambda leaf: (len(leaf.path), [str(key) for key in leaf.path]), default=None)
    sizes = {group: size for group, (_, size) in first.items()}
    return sizes, chosen or (pictures[0] if pictures else None)


def picture_size(leaf: Leaf, value: Array) -> Size:
    """(height, width) of a picture.

    Raises:
        ValueError: the rank does not fit the name, or a side is empty.
    """
    vector = PICTURES[leaf.kind].vector
    if vector is not None and value.shape[2:] != (vector,):
        raise ValueError(
            f"{leaf.label!r} has shape {value.shape}; {leaf.kind} must have shape (H, W, {vector}). "
            "Give several as several entries."
        )
    low = leaf.leading + 2
    if value.ndim not in (low, low + 1):
        lead = "N, " * leaf.leading if leaf.leading < 2 else "N, D, "
        raise ValueError(
            f"{leaf.label!r} has shape {value.shape}; it must have shape ({lead}H, W) or ({lead}H, W, C)."
            + (" For several pictures at once use 'images' or 'masks'." if not leaf.leading else "")
        )
    height, width = value.shape[leaf.leading : leaf.leading + 2]
    if height < 1 or width < 1:
        raise ValueError(f"{leaf.label!r} has shape {value.shape}: a picture needs at least one pixel.")
    if value.ndim > low and value.shape[-1] < 1:
        raise ValueError(f"{leaf.label!r} has shape {value.shape}: a picture needs at least one channel.")
    return int(height), int(width)


def _size_alone(leaves: list[Leaf], values: list[Any]) -> Size:
    """The size entry of a sample without pictures."""
    told = [leaf for leaf in leaves if leaf.kind == "size"]
    if told:
        leaf = told[0]
        parts = [values[other.index] for other in told if other.group == leaf.group]
        try:
            height, width = (int(n) for part in parts for n in np.asarray(part).reshape(-1))
        except (jax.errors.TracerArrayConversionError, ValueError) as error:
            raise ValueError(
                f"{leaf.label!r} must hold (height, width) as plain numbers when a sample has no picture: "
                "shapes are fixed when a pipeline is traced."
            ) from error
        return height, width
    there = [leaf for leaf in leaves if leaf.is_annotation]
    if there:
        raise ValueError(
            f"The sample holds {' and '.join(repr(leaf.label) for leaf in there)} but no picture: "
            "add 'size': (height, width)."
        )
    raise ValueError(
        "The sample holds no target. Expected at least one of "
        f"{', '.join(repr(n) for n in NAMES)}; got {[leaf.label for leaf in leaves]}."
    )


def _check_frames(leaf: Leaf, layout: SampleLayout, values: list[Any]) -> None:
    """Boxes for each frame need as many frames beside them."""
    frames = values[leaf.index].shape[:-2] if leaf.kind == "bboxes" else ()
    clips = [other for other in layout.beside(leaf) if other.is_picture and other.leading]
    shapes = {values[other.index].shape[: other.leading] for other in clips}
    if frames and frames not in shapes:
        there = f"clips of {' and '.join(map(str, sorted(shapes)))} frames are" if shapes else "no clip is"
        raise ValueError(
            f"{leaf.label!r} has shape {values[leaf.index].shape}, one set of boxes for each of {frames} frames, but "
            f"{there} beside it, such as 'images'. Boxes of one picture have shape (N, 4 or more)."
        )


def _check_speaking(leaf: Leaf, layout: SampleLayout, values: list[Any]) -> None:
    """Entries that speak of others say something about each of them."""
    check = {"size": _check_size, "rows_valid": _check_rows_valid, "valid": _check_valid}.get(leaf.kind)
    if check is not None:
        check(leaf, layout, values)


def _check_size(leaf: Leaf, layout: SampleLayout, values: list[Any]) -> None:
    value = values[leaf.index]
    if not layout.sizes:
        return
    if leaf.group not in dict(layout.sizes) and leaf.group != ():
        raise ValueError(
            f"{leaf.label!r} states the size of a picture, but there is none beside it; pictures are in "
            f"{sorted('/'.join(map(str, g)) or 'the sample itself' for g, _ in layout.sizes)}."
        )
    if jnp.size(value) * len(layout.size_leaves(leaf.group)) != 2:
        raise ValueError(f"{leaf.label!r} has shape {jnp.shape(value)}; it must be (height, width).")


def _check_rows_valid(leaf: Leaf, layout: SampleLayout, values: list[Any]) -> None:
    rows = [other for other in layout.beside(leaf) if other.name == leaf.of]
    if not rows:
        raise ValueError(f"{leaf.label!r} speaks for {leaf.of!r}, which is not beside it.")
    shape = ANNOTATIONS[rows[0].kind].rows_shape(values[rows[0].index].shape)
    if values[leaf.index].shape != shape:
        raise ValueError(
            f"{leaf.label!r} has shape {values[leaf.index].shape}, but {rows[0].label!r} has rows of shape {shape}: "
            "give one flag per row."
        )


def _check_valid(leaf: Leaf, layout: SampleLayout, values: list[Any]) -> None:
    shape = values[leaf.index].shape
    for other in layout.rows_beside(leaf):
        if other.kind == "bboxes" and values[other.index].ndim > 2:
            raise ValueError(
                f"{leaf.label!r} tells of instances, but {other.label!r} has boxes for each of some frames: tell of "
                f"them by '{other.name}_valid' of shape {values[other.index].shape[:-1]}."
            )
        count = values[other.index].shape[0]
        if shape != (count,):
            raise ValueError(
                f"{leaf.label!r} has shape {shape}, but {other.label!r} has {count} rows: "
                "entry i of both must be the same instance."
            )
    masks = layout.instance_masks(leaf)
    count = sum(values[other.index].shape[0] if other.leading else 1 for other in masks)
    if masks and shape != (count,):
        raise ValueError(
            f"{leaf.label!r} has shape {shape}, but there are {count} masks beside it: entry i of both "
            "must be the same instance. Put masks that are no instances into a dict of their own, or give them "
            "another name in additional_targets."
        )


def check_labels(layout: SampleLayout, values: list[Any], rows: Leaf, fields: Iterable[str]) -> None:
    """Label entries lie beside their rows, and there is one label for each.

    Args:
        layout: of the sample.
        values: its leaves.
        rows: the entry that they belong to.
        fields: their names.

    Raises:
        ValueError: one is missing, or has another length.
    """
    beside = layout.beside(rows)
    shape = ANNOTATIONS[rows.kind].rows_shape(jnp.shape(values[rows.index]))
    for field in fields:
        found = [leaf for leaf in beside if leaf.name == field]
        if not found:
            names = sorted({other.name for other in beside})
            raise ValueError(f"label_fields names {field!r}, which is not beside {rows.label!r}; there are {names}.")
        first = values[found[0].index]
        count = len(first) if len(found[0].path) == len(rows.group) + 1 and np.ndim(first) else len(found)
        if count not in shape:
            raise ValueError(
                f"{'/'.join(map(str, (*rows.group, field)))!r} has {count} labels, but {rows.label!r} has "
                f"{' x '.join(map(str, shape))} rows: give one label for each."
            )
