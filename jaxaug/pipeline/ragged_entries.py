"""The entries of nested samples as arrays of NumPy, by the dict that holds them, and how they become one array."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import jax
import numpy as np

from jaxaug.core.kinds import ANNOTATIONS, PICTURES, names_of
from jaxaug.core.layout import Leaf
from jaxaug.core.sample import leaf_at
from jaxaug.core.types import Path

#: The entries of one dict by their names, each as one array per sample.
Columns: TypeAlias = dict[Any, list[np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Group:
    """One dict of a sample: what its entries are, by their names.

    Args:
        path: keys from the root to the dict.
        leaves: the entries.
    """

    path: Path
    leaves: tuple[Leaf, ...]

    def label(self, name: Any) -> str:
        """An entry's place in the sample, for messages."""
        return "/".join(map(str, (*self.path, name)))

    def names(self, *kinds: str) -> list[str]:
        """The entries of some kinds."""
        return [leaf.name for leaf in self.leaves if leaf.kind in kinds]

    @property
    def pictures(self) -> list[Leaf]:
        """The pictures, `image` before others."""
        return sorted((leaf for leaf in self.leaves if leaf.kind in PICTURES), key=lambda leaf: leaf.name != "image")

    @property
    def rows(self) -> list[Leaf]:
        """The annotations with rows, those whose rows are instances before others."""
        found = [leaf for leaf in self.leaves if leaf.kind in ANNOTATIONS and ANNOTATIONS[leaf.kind].has_rows]
        return sorted(found, key=lambda leaf: not ANNOTATIONS[leaf.kind].instances)

    @property
    def masks(self) -> list[Leaf]:
        """The masks that may be one for each instance."""
        return [leaf for leaf in self.leaves if leaf.name == "masks" and leaf.leading]

    @property
    def row_sets(self) -> list[Leaf]:
        """All that may be rows of instances."""
        return [*self.rows, *self.masks]


def flattened(sample: Any, label: str) -> dict[Path, np.ndarray]:
    """The entries of nested dicts by their paths, as arrays; strings as arrays of objects.

    Args:
        sample: nested dicts of arrays, lists, numbers and strings.
        label: the sample in words, for messages.

    Raises:
        TypeError: the sample is no dict, or an entry cannot be an array.
    """
    if not isinstance(sample, Mapping):
        raise TypeError(f"{label} must be a dict of targets, perhaps of dicts, got {type(sample).__name__}.")
    out: dict[Path, np.ndarray] = {}
    for name, value in sample.items():
        if isinstance(value, Mapping):
            inner = flattened(value, f"{label}[{name!r}]")
            out |= {(name, *path): array for path, array in inner.items()}
        else:
            out[(name,)] = _array(value, f"{label}[{name!r}]")
    return out


def _array(value: Any, label: str) -> np.ndarray:
    try:
        array = np.asarray(value)
        if array.dtype.kind in "US":
            # Beside strings NumPy makes strings of numbers too.
            array = np.asarray(value, object)
    except ValueError as error:
        raise TypeError(
            f"{label} is a list whose items have different shapes. Give one array, or put them into dicts of their own."
        ) from error
    if array.dtype.kind == "O" and not all(isinstance(item, str | int | float | None) for item in array.ravel()):
        kinds = sorted({type(item).__name__ for item in array.ravel()})
        raise TypeError(f"{label} must be an array, a list, a number or a string, got {' and '.join(kinds)}.")
    return array


def nested(flat: Mapping[Path, Any]) -> dict[str, Any]:
    """The inverse of `flattened`."""
    out: dict[str, Any] = {}
    for path, value in flat.items():
        place = out
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return out


def groups_of(paths: Sequence[Path], additional: Mapping[str, str] | None) -> list[Group]:
    """The dicts that hold some entries, and what the entries are."""
    table = names_of(additional)
    groups: dict[Path, list[Leaf]] = {}
    for index, path in enumerate(paths):
        keys = tuple(jax.tree_util.DictKey(key) for key in path)
        groups.setdefault(path[:-1], []).append(leaf_at(index, keys, table, frozenset()))
    return [Group(path, tuple(leaves)) for path, leaves in groups.items()]


def stacked(group: Group, name: Any, arrays: Sequence[np.ndarray], room: Mapping[int, int]) -> np.ndarray:
    """The arrays of an entry as one with a leading axis, with zeros or None in what is left of the room.

    Args:
        group: the dict that holds the entry.
        name: of the entry.
        arrays: one per sample; empty ones take the shape and dtype of the others.
        room: lengths of the axes along which they may differ.

    Raises:
        ValueError: they differ along another axis.
        TypeError: they have dtypes that no array can hold together.
    """
    filled = [array for array in arrays if array.size] or [max(arrays, key=np.ndim)]
    shapes, dtypes = {array.shape for array in filled}, {array.dtype for array in filled}
    lengths = [set(axis) for axis in zip(*shapes, strict=False)]
    if len({len(shape) for shape in shapes}) > 1 or any(len(n) > 1 and i not in room for i, n in enumerate(lengths)):
        raise ValueError(
            f"{group.label(name)!r} has shapes {_listed(shapes)} in the samples of one batch. Heights and widths of "
            "pictures, rows, and what is as long as the rows beside it can be padded; anything else needs one shape."
        )
    alike = name not in (leaf.name for leaf in group.pictures) and all(dtype.kind in "iuf" for dtype in dtypes)
    if len(dtypes) > 1 and not alike:
        raise TypeError(
            f"{group.label(name)!r} has dtypes {_listed(dtypes)} in the samples of one batch: cast it to one of them."
        )
    dtype = np.result_type(*dtypes)
    shape = [room.get(axis, max(n)) for axis, n in enumerate(lengths)]
    out = np.full((len(arrays), *shape), None if dtype.kind == "O" else 0, dtype)
    capacity = [leaf for leaf in group.rows if leaf.name == name and ANNOTATIONS[leaf.kind].capacity_axis is not None]
    for i, array in enumerate(arrays):
        if not array.size:
            continue
        if capacity:
            axis = ANNOTATIONS[capacity[0].kind].capacity_axis
            array = np.pad(array, [(0, shape[a] - n if a == axis else 0) for a, n in enumerate(array.shape)], "edge")
        place: tuple[Any, ...] = (i, *map(slice, array.shape), ...)
        out[place] = array
    return out


def _listed(values: Any) -> str:
    """Some values in words, the first few of many."""
    words = sorted(map(str, values))
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
