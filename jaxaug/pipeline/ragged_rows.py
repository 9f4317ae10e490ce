"""Rows of ragged samples: how many a buffer holds, what is as long as they are, and what tells them from padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf
from jaxaug.pipeline.ragged_entries import Columns, Group

#: The lengths of the padded axes of entries, by their names.
Rooms: TypeAlias = dict[Any, dict[int, int]]


def row_rooms(group: Group, columns: Columns, rows: Any, label_fields: Any) -> tuple[Rooms, Columns]:
    """The room of entries that have rows or are as long as them, and the flags beside.

    Args:
        group: a dict of the samples.
        columns: its entries.
        rows: the numbers of rows that a user wants, see `pad_batch`.
        label_fields: names of the labels, perhaps by rows, or None if lengths tell.

    Returns:
        The rooms, and the validity entries that the dict has or needs.

    Raises:
        ValueError: more rows than there is room for; rows that share a `valid` and differ in number.
    """
    counts = {leaf.name: [row_count(leaf, array) for array in columns[leaf.name]] for leaf in group.row_sets}
    instances = _instances(group, columns, counts)
    if not instances:
        counts = {leaf.name: counts[leaf.name] for leaf in group.rows}
    lengths = {name: _lengths(columns[name]) for name in group.names("other")}
    labels = labels_of(group, lengths, counts, label_fields)
    room = _room(group, counts, [n[0] for name, n in lengths.items() if name not in labels], rows)
    if instances:
        room = dict.fromkeys(room, max(room.values()))
    padded = {name: [room[labels[name]]] if name in labels else n for name, n in lengths.items()}
    again = labels_of(group, padded, {name: [n] for name, n in room.items()}, label_fields)
    for name in lengths:
        if again.get(name) != labels.get(name):
            raise ValueError(
                f"{group.label(name)!r} would look like labels of {again[name]!r} in the batch, with as many items: "
                f"say what are labels, label_fields={{{again[name]!r}: [...]}}, or take other rows than {room}."
            )
    rooms: Rooms = {name: {0: room[of]} for name, of in labels.items()}
    flags: Columns = {}
    for leaf in group.rows:
        own, shapes = f"{leaf.name}_valid", [_flags_shape(leaf, array) for array in columns[leaf.name]]
        rooms[leaf.name] = {_row_axis(leaf, shapes[0]): room[leaf.name]}
        if not instances or len(shapes[0]) > 1 or own in columns:
            flags[own], rooms[own] = columns.get(own) or [np.ones(n, bool) for n in shapes], rooms[leaf.name]
        capacity = ANNOTATIONS[leaf.kind].capacity_axis
        if capacity is not None:
            most = max(array.shape[capacity] for array in columns[leaf.name])
            rooms[leaf.name] = rooms[leaf.name] | {capacity: most}
    if instances:
        flags["valid"] = columns.get("valid") or [np.ones(n, bool) for n in counts[instances[0]]]
        rooms |= {name: rooms.get(name, {}) | {0: room[instances[0]]} for name in ("valid", *instances)}
    return rooms, flags


def labels_of(
    group: Group,
    lengths: Mapping[Any, list[int]],
    counts: Mapping[Any, list[int]],
    label_fields: Any,
) -> dict[Any, Any]:
    """The entries that are labels of rows, and of which: of several sets with as many rows, the first.

    Args:
        group: a dict of the samples.
        lengths: of the entries that are no targets, in each sample.
        counts: numbers of rows of the others.
        label_fields: names of the labels, perhaps by rows, or None if lengths tell.

    Raises:
        ValueError: a label field that is as long as no rows.
    """
    out = {}
    for name, own in lengths.items():
        fitting = [of for of, count in counts.items() if count == own and _may_label(name, of, label_fields)]
        if fitting:
            out[name] = fitting[0]
        elif any(_may_label(name, of, label_fields) for of in counts) and label_fields is not None:
            raise ValueError(
                f"label_fields names {group.label(name)!r}, which has {own} items in the samples, as many as no rows "
                f"beside it: {dict(counts)}."
            )
    return out


def _may_label(name: Any, of: Any, label_fields: Any) -> bool:
    if label_fields is None:
        return True
    return name in (label_fields.get(of, ()) if isinstance(label_fields, Mapping) else label_fields)


def shorten_rows(group: Group, sample: Mapping[Any, np.ndarray], labels: Mapping[Any, Any]) -> dict[Any, np.ndarray]:
    """The entries of one dict of one sample without rows that are not valid, and without labels of those.

    Args:
        group: the dict.
        sample: its entries.
        labels: which of them are labels, and of which rows.
    """
    out = dict(sample)
    if "valid" in out:
        keep = out["valid"].astype(bool)
        for leaf in group.row_sets:
            out[leaf.name] = out[leaf.name][keep]
        for name in ("valid", *labels, *(f"{leaf.name}_valid" for leaf in group.rows)):
            if name in out:
                out[name] = out[name][keep]
    for leaf in group.rows:
        own = f"{leaf.name}_valid"
        if own in out and "valid" not in out:
            alive = out[own].astype(bool)
            axis = _row_axis(leaf, alive.shape)
            keep = alive.any(axis=tuple(a for a in range(alive.ndim) if a != axis))
            for name in (leaf.name, own):
                out[name] = np.compress(keep, out[name], axis=axis)
            out |= {name: out[name][keep] for name, of in labels.items() if of == leaf.name}
        if own in out:
            alive = out[own].astype(bool).reshape(out[own].shape + (1,) * (out[leaf.name].ndim - out[own].ndim))
            out[leaf.name] = np.where(alive, out[leaf.name], np.zeros((), out[leaf.name].dtype))
        capacity = ANNOTATIONS[leaf.kind].capacity_axis
        if capacity is not None:
            out[leaf.name] = _without_repeats(out[leaf.name], capacity)
    return out


def _instances(group: Group, columns: Columns, counts: Mapping[Any, list[int]]) -> list[Any]:
    """The sets of which item i is one instance: those that a `valid` speaks for, or masks and rows as many."""
    if "valid" in columns:
        told = {"valid": _lengths(columns["valid"]), **counts}
        for i, of_one in enumerate(zip(*told.values(), strict=True)):
            if len(set(of_one)) > 1:
                raise ValueError(
                    f"samples[{i}] has {dict(zip(told, of_one, strict=True))} rows, but item i of all must be the same "
                    f"instance, because {group.label('valid')!r} speaks for them together."
                )
        return list(counts)
    alike = len({tuple(n) for n in counts.values()}) == 1
    return list(counts) if alike and group.masks else []


def _lengths(arrays: Sequence[np.ndarray]) -> list[int]:
    return [len(array) if array.ndim else -1 for array in arrays]


def _flags_shape(leaf: Leaf, array: np.ndarray) -> tuple[int, ...]:
    return ANNOTATIONS[leaf.kind].rows_shape(array.shape) if leaf.is_annotation else array.shape[:1]


def _row_axis(leaf: Leaf, shape: tuple[int, ...]) -> int:
    """The axis that counts rows: of boxes in the frames of a clip the last, of joints of persons the first."""
    return len(shape) - 1 if leaf.is_annotation and ANNOTATIONS[leaf.kind].instances else 0


def row_count(leaf: Leaf, array: np.ndarray) -> int:
    """How many rows an entry has, or masks.

    Raises:
        ValueError: an empty list, which has no columns.
    """
    shape = _flags_shape(leaf, array)
    if not shape:
        raise ValueError(
            f"{leaf.label!r} has no rows in any sample, and so no columns either: give arrays of shape (0, columns)."
        )
    return shape[_row_axis(leaf, shape)]


def _room(group: Group, counts: Mapping[Any, list[int]], taken: Sequence[int], rows: Any) -> dict[Any, int]:
    """How many rows the buffers have, one at least, and no number that would be taken for another's."""
    room: dict[Any, int] = {}
    for name, own in counts.items():
        most = max(*own, 1)
        wanted = rows.get(name) if isinstance(rows, Mapping) else rows
        if wanted is None:
            shared = [room[other] for other in room if counts[other] == own]
            free = (n for n in range(most, most + len(taken) + len(room) + 1) if n not in (*taken, *room.values()))
            room[name] = shared[0] if shared else next(free)
        elif most > wanted:
            raise ValueError(
                f"samples[{int(np.argmax(own))}] has {most} rows of {group.label(name)!r}, but there is room for "
                f"{wanted}: raise rows, or drop some first."
            )
        else:
            room[name] = int(wanted)
    return room


def _without_repeats(rows: np.ndarray, axis: int) -> np.ndarray:
    """Rows whose capacity is no larger than one of them needs, three at least."""
    moved = np.moveaxis(rows, axis, 0)
    n = len(moved)
    while n > 3 and np.array_equal(moved[n - 1], moved[n - 2]):
        n -= 1
    return np.moveaxis(moved[:n], 0, axis)
