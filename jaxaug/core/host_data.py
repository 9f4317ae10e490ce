"""Data as it lies on the host, as arrays: lists of rows and labels, words, pictures and tensors of other libraries."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend.struct import is_concrete
from jaxaug.core.kinds import ANNOTATIONS, Name
from jaxaug.core.types import Path
from jaxaug.kernels.dtype import exactly

#: Words that a mapping of labels swaps, by the name of the label entry.
Vocabularies = Mapping[str, tuple[str, ...]]
#: Ways of Pillow to store pictures whose arrays are no brightnesses.
_INDEXED = ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV")


@dataclasses.dataclass(frozen=True)
class Converted:
    """An entry that became an array.

    Args:
        place: where it stands among the entries of the sample.
        original: what it was.
        array: what it became.
        words: what the numbers of the array stand for, if it held words.
    """

    place: int
    original: Any
    array: Any
    words: tuple[str, ...] = ()

    def restored(self, new: Any) -> Any:
        """What the entry has become on the way, as what it was."""
        if new is self.array:
            return self.original
        if not self.words:
            return _nested_like(self.original, new)
        if not is_concrete(new):
            raise TypeError(
                f"The words {', '.join(map(repr, self.words))} change places here, and under jit and vmap there are no "
                "words: keep labels outside, or give them and label_mapping as whole numbers."
            )
        values = np.array([*self.words, None], object)[np.asarray(new)]
        if isinstance(self.original, np.ndarray):
            return values.astype(str) if self.original.dtype.kind == "U" else values
        return type(self.original)(values.tolist())


def _nested_like(original: Any, new: Any) -> Any:
    """An array as nested lists or tuples, as deep as the original is."""
    if type(original) not in (list, tuple):
        return new.item() if isinstance(new, np.generic) else new
    new = np.asarray(new) if is_concrete(new) else new
    return type(original)([_nested_like(original[0], item) for item in new])


@dataclasses.dataclass(frozen=True)
class HostData:
    """A sample of arrays, and how its entries come back as what they were.

    Args:
        sample: lists of rows are arrays, and so are lists of labels and words that a mapping swaps.
        converted: the entries that became an array.
    """

    sample: Any
    converted: tuple[Converted, ...] = ()

    def restored(self, out: Any) -> Any:
        """A result of the same structure, with lists and words where the sample had them."""
        if not self.converted:
            return out
        entries, tree = jax.tree.flatten(out, is_leaf=is_list)
        for entry in self.converted:
            entries[entry.place] = entry.restored(entries[entry.place])
        return jax.tree.unflatten(tree, entries)


def host_data(
    sample: Any,
    table: Mapping[str, Name],
    *,
    params: Mapping[str, Any] | None = None,
    vocabularies: Vocabularies | None = None,
    stack_masks: bool = False,
) -> HostData:
    """A sample as a user has it, as one of arrays.

    Args:
        sample: a pytree.
        table: names of targets.
        params: what is said about kinds of annotations.
        vocabularies: words of labels that are to be numbers.
        stack_masks: lists of masks become one array, and lists again afterwards.

    Raises:
        TypeError: rows that hold words, words that cannot be numbers, or a picture whose values are no brightnesses.
        ValueError: rows of different lengths, or numbers that the array could not hold.
    """
    entries, tree = jax.tree_util.tree_flatten_with_path(sample, is_leaf=is_list)
    out, converted = [], []
    for place, (path, value) in enumerate(entries):
        keys, last = read_path(path)
        name, label = str(keys[last]) if last >= 0 else "", "/".join(map(str, keys))
        known = table.get(name)
        words: tuple[str, ...] = ()
        rows = name.removesuffix("_valid")
        if known is not None and known.kind in ANNOTATIONS:
            kind = ANNOTATIONS[known.kind]
            said = (params or {}).get(kind.params_kind or kind.kind)
            new = _as_array(value)
            # No rows are no rows, whatever their format would be.
            if is_list(value) and (value or said is not None or not kind.params_needed):
                new = _rows(label, value, kind.rank, kind.no_rows(said))
        elif known is not None:
            new = jax.tree.map(lambda leaf, label=label, of=known: _picture(label, leaf, of), value)
            if is_list(value) and any(isinstance(item, int | float) for item in _items(value)):
                raise TypeError(
                    f"{label!r} is a list of numbers; it must be an array, or a list of arrays: numpy.array(...)."
                )
            if stack_masks and is_list(value) and known.kind == "mask" and len({np.shape(mask) for mask in new}) == 1:
                new = np.stack([np.asarray(mask) for mask in new])
        elif name == "size":
            new = _as_array(value)
        elif name == "valid" or (rows != name and rows in table):
            new = np.asarray(value, bool) if is_list(value) else _as_array(value)
        else:
            new, words = _labels(label, value, (vocabularies or {}).get(name, ()))
        if words or (is_list(value) and not is_list(new)):
            converted.append(Converted(place, value, new, words))
        out.append(new)
    return HostData(jax.tree.unflatten(tree, out), tuple(converted))


def read_path(path: tuple[Any, ...]) -> tuple[Path, int]:
    """The keys of a path in a pytree, and which of them is the name: the last that is no place in a list, or -1."""
    last = max((i for i, key in enumerate(path) if not isinstance(key, jax.tree_util.SequenceKey)), default=-1)
    return tuple(_key(key) for key in path), last


def _key(entry: Any) -> Any:
    for attribute in ("key", "idx", "name"):
        if hasattr(entry, attribute):
            return getattr(entry, attribute)
    return str(entry)


def is_list(value: Any) -> bool:
    """Whether a value is a list or tuple, perhaps of more of them, that holds no other container."""
    return type(value) in (list, tuple) and all(is_list(item) or _is_item(item) for item in value)


def _is_item(value: Any) -> bool:
    plain = str | bool | int | float | np.generic | np.ndarray | jax.Array | None
    return isinstance(value, plain) or (type(value) not in (list, tuple) and jax.tree_util.all_leaves([value]))


def _items(value: Any) -> Iterator[Any]:
    """What lies in nested lists."""
    if type(value) in (list, tuple):
        for item in value:
            yield from _items(item)
    else:
        yield value


def _is_regular(value: Any) -> bool:
    """Whether nested lists have one length at each depth."""
    if type(value) not in (list, tuple):
        return True
    shapes = {len(item) if type(item) in (list, tuple) else None for item in value}
    return len(shapes) <= 1 and all(_is_regular(item) for item in value)


def _as_array(value: Any) -> Any:
    """An array of another library as one of NumPy or JAX; everything else is returned as it is."""
    if value is None or isinstance(value, np.ndarray | np.generic | jax.Array | str | int | float):
        return value
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return np.asarray(value)
    return jnp.from_dlpack(value) if hasattr(value, "__dlpack__") else value


def _picture(label: str, value: Any, known: Name) -> Any:
    if known.kind == "image" and getattr(value, "mode", None) in _INDEXED:
        raise TypeError(
            f"{label!r} is a picture of mode {value.mode!r}, whose numbers are no brightnesses of red, green and blue: "
            "give picture.convert('RGB')."
        )
    return _as_array(value)


def _rows(label: str, value: Any, rank: int, nothing: tuple[int, ...]) -> Any:
    """Rows in nested lists as one array; a list of several arrays of rows stays one."""
    items = [_as_array(item) for item in _items(value)]
    if any(np.ndim(item) >= rank for item in items):
        return value
    if not items:
        return np.zeros(nothing, np.float32)
    if any(isinstance(item, str) for item in items):
        word = next(item for item in items if isinstance(item, str))
        raise TypeError(
            f"{label!r} holds the word {word!r}, but rows hold numbers: put words into an entry beside it, such as "
            "'labels', and name that in label_fields."
        )
    try:
        if any(isinstance(item, jax.Array) for item in items):
            several = any(np.ndim(item) for item in items)
            dtype = jax.dtypes.canonicalize_dtype(jnp.result_type(*items)) if several else jnp.float32
            return jnp.asarray(jax.tree.map(lambda item: jnp.asarray(item).astype(dtype), value))
        array = np.asarray(value)
        kinds = array.dtype.kind
    except ValueError:
        kinds = "O"
    if kinds not in "biuf":
        raise ValueError(
            f"{label!r} is a list whose rows differ in length or hold no numbers: give every row as many numbers."
        )
    return array if any(np.ndim(item) for item in items) else exactly(label, array, np.float32)


def _labels(label: str, value: Any, words: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Labels as an array, and the words that its numbers stand for.

    Args:
        label: their place in the sample.
        value: the labels.
        words: those that are to be swapped, whose numbers are their places; without any, words stay words.
    """
    if is_list(value):
        items = list(_items(value))
        if any(isinstance(item, jax.Array) or np.ndim(item) for item in items if not isinstance(item, str)):
            return value, ()
        # Numbers of one type are an array of numbers; what is mixed stays as it is.
        alike = len({type(item) for item in items}) == 1 and isinstance(items[0], bool | int | float | np.generic)
        array = np.asarray(value) if alike and _is_regular(value) else np.fromiter(value, object, len(value))
    elif isinstance(value, np.ndarray):
        array = value
    else:
        return value, ()
    if not words:
        return array, ()
    # Beyond the rows of a padded sample there is None.
    if not all(isinstance(item, str | None) for item in array.reshape(-1)):
        raise TypeError(
            f"label_mapping swaps the words {', '.join(map(repr, words))} in {label!r}, but there are other labels "
            "than words: map what is there."
        )
    others = {str(item) for item in array.reshape(-1) if item is not None}.difference(words)
    words = (*words, *sorted(others))
    places: dict[Any, int] = {word: place for place, word in enumerate(words)}
    return np.array([places.get(item, len(words)) for item in array.reshape(-1)], np.int32).reshape(array.shape), words
