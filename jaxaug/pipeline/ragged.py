"""Ragged data: samples of many sizes and numbers of rows as one batch of buffers, and back, on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxaug.core.arguments import whole_numbers
from jaxaug.core.types import Path, Size
from jaxaug.pipeline.ragged_entries import Columns, Group, flattened, groups_of, nested, stacked
from jaxaug.pipeline.ragged_rows import labels_of, row_count, row_rooms, shorten_rows


def pad_batch(
    samples: Sequence[Any],
    *,
    size: Any = None,
    multiple_of: Any = 1,
    rows: int | Mapping[str, int] | None = None,
    label_fields: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    additional_targets: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Makes one batch of samples whose pictures differ in size and whose rows differ in number, on the host.

    Every entry of the batch is a NumPy array with a leading axis B. A pipeline treats each sample as it would alone,
    and one compiled program serves all sizes and numbers that the buffers hold.

    - Pictures lie in buffers of one size, zeros beyond their own; a `size` (B, 2) beside them tells height and width.
    - Boxes, points and other rows fill up with zeros, and `bboxes_valid`, `keypoints_valid`, ... tell which count. In
      a dict with a `valid`, or whose `masks` are in every sample as many as all its rows, item i of each is one
      instance, and one `valid` tells. Polygons of fewer vertices repeat their last one.
    - Other entries that are as long as some rows beside them, in every sample, are their labels, and fill up with
      zeros or None; of several sets that fit, boxes come before points, unless `label_fields` says otherwise. The
      rest must have one shape: numbers become arrays (B,), lists become arrays.
    - Strings lie in arrays of objects, which `Compose.batch` passes through outside `jit`, and `jit` refuses.

    Args:
        samples: B nested dicts with the same entries. `size` and validity entries that they have count.
        size: (height, width) of the buffers, or one number for both; None takes the largest of each.
        multiple_of: heights and widths of the buffers are rounded up to multiples of it, or of two numbers.
        rows: room for rows: one number for all, or by name, `{"bboxes": 32, "keypoints": 8}`; None takes the most
            that a sample has. Give `size` and `rows` to run the same program on every batch.
        label_fields: names of the entries that are labels, if lengths should not tell; or by rows,
            `{"bboxes": ["labels"]}`.
        additional_targets: as in `Compose`.

    Returns:
        The batch; `unpad_batch` takes it apart.

    Raises:
        ValueError: no samples; entries that not all of them have; shapes that differ where nothing can be padded; a
            picture or rows without room. The message names entry and sample.
        TypeError: a sample that is no dict, or an entry that is no array; pictures of several dtypes.

    Example:
        >>> import numpy as np, jaxaug as ja
        >>> wide = {"image": np.ones((4, 6, 3)), "bboxes": np.array([[1.0, 1, 3, 3], [0, 0, 6, 4]]), "labels": [7, 8]}
        >>> high = {"image": np.ones((7, 5, 3)), "bboxes": np.zeros((0, 4)), "labels": []}
        >>> batch = ja.pad_batch([wide, high], multiple_of=4)
        >>> {name: batch[name].shape for name in sorted(batch)}
        {'bboxes': (2, 2, 4), 'bboxes_valid': (2, 2), 'image': (2, 8, 8, 3), 'labels': (2, 2), 'size': (2, 2)}
        >>> batch["size"].tolist()
        [[4, 6], [7, 5]]
    """
    flat = [flattened(sample, f"samples[{i}]") for i, sample in enumerate(samples)]
    if not flat:
        raise ValueError("pad_batch needs at least one sample, got none.")
    for i, sample in enumerate(flat):
        if sample.keys() != flat[0].keys():
            apart = sorted("/".join(map(str, path)) for path in sample.keys() ^ flat[0].keys())
            raise ValueError(
                f"Only one of samples[0] and samples[{i}] has {', '.join(map(repr, apart))}. Give all samples of a "
                "batch the same entries, such as bboxes of shape (0, 4) where there are none."
            )
    out: dict[Path, np.ndarray] = {}
    for group in groups_of(list(flat[0]), additional_targets):
        columns = _columns(group, flat)
        rooms, flags = row_rooms(group, columns, rows, label_fields)
        if group.pictures:
            sizes = _true_sizes(group, columns)
            buffer = _buffer(group, sizes, size, multiple_of)
            for leaf in group.pictures:
                pictures = zip(columns[leaf.name], sizes, strict=True)
                columns[leaf.name] = [_cut(picture, leaf.leading, own) for picture, own in pictures]
                rooms[leaf.name] = rooms.get(leaf.name, {}) | {leaf.leading: buffer[0], leaf.leading + 1: buffer[1]}
            columns["size"] = [np.array(own, np.int32) for own in sizes]
        for name, arrays in (columns | flags).items():
            out[(*group.path, name)] = stacked(group, name, arrays, rooms.get(name, {}))
    return nested(out)


def unpad_batch(
    batch: Any,
    *,
    label_fields: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    additional_targets: Mapping[str, str] | None = None,
    keep: Iterable[str] = (),
    channels_first: bool = False,
) -> list[dict[str, Any]]:
    """Takes a batch of `pad_batch` apart into samples, before or after augmentation, on the host.

    Pictures are cut to their `size`, and rows that are not valid are dropped together with their labels, as `compact`
    does for one sample. Single points that are gone among others of their row are zeros. The entries that told of
    sizes and validity have said what they had to say, and are left out.

    Args:
        batch: nested dicts of arrays with a leading axis B, of NumPy or JAX.
        label_fields: as in `pad_batch`.
        additional_targets: as in `Compose`.
        keep: names of entries that stay although they tell of sizes or validity, such as `valid`.
        channels_first: images hold channels before their rows, as `ToTensorV2` leaves them.

    Returns:
        B samples of NumPy arrays. `unpad_batch(pad_batch(samples))` are the samples: values and dtypes are the same;
        lists have become arrays, except those of strings.

    Raises:
        TypeError: the batch is no dict.
        ValueError: an entry without a leading axis of the same length as the others, or a picture smaller than its
            `size`.

    Example:
        >>> import numpy as np, jaxaug as ja
        >>> samples = [{"image": np.ones((4, 6)), "file": "a.png"}, {"image": np.ones((7, 5)), "file": "b.png"}]
        >>> [(one["image"].shape, one["file"]) for one in ja.unpad_batch(ja.pad_batch(samples, size=8))]
        [((4, 6), 'a.png'), ((7, 5), 'b.png')]
    """
    flat = flattened(batch, "the batch")
    sizes = {array.shape[0] if array.ndim else -1 for array in flat.values()}
    if len(sizes) != 1 or -1 in sizes:
        raise ValueError(
            f"Every entry of a batch needs the same leading axis, got shapes "
            f"{ {'/'.join(map(str, path)): array.shape for path, array in flat.items()} }: unpad_batch takes what "
            "pad_batch or Compose.batch returned."
        )
    out: list[dict[Path, Any]] = [{} for _ in range(sizes.pop())]
    for group in groups_of(list(flat), additional_targets):
        columns = {leaf.name: flat[leaf.path] for leaf in group.leaves}
        told = [leaf.name for leaf in group.row_sets if "valid" in columns or f"{leaf.name}_valid" in columns]
        lengths = {name: list(columns[name].shape[1:2]) for name in group.names("other")}
        counts = {leaf.name: [row_count(leaf, columns[leaf.name][0])] for leaf in group.row_sets if leaf.name in told}
        labels = labels_of(group, lengths, counts, label_fields)
        dropped = set(group.names("valid", "rows_valid", *["size"] * bool(group.pictures))) - set(keep)
        for i, sample in enumerate(out):
            one = shorten_rows(group, {name: array[i, ...] for name, array in columns.items()}, labels)
            one = _cut_pictures(group, one, channels_first=channels_first)
            sample |= {(*group.path, name): _plain(array) for name, array in one.items() if name not in dropped}
    return [nested(sample) for sample in out]


def bucket_by_size(sizes: Iterable[Any], multiple_of: Any) -> dict[Size, list[int]]:
    """Sorts pictures by the size of the buffer that they fit, so that buffers waste little and programs are few.

    Args:
        sizes: (height, width) of each picture.
        multiple_of: heights and widths of buffers are multiples of it, or of two numbers: small ones waste less, and
            make more buffers, with a compiled program each.

    Returns:
        The buffers (height, width), each with the indices of its pictures.

    Raises:
        ValueError: sizes or multiples that are no whole numbers of at least 1.

    Example:
        >>> import jaxaug as ja
        >>> ja.bucket_by_size([(480, 640), (500, 610), (300, 200)], multiple_of=128)
        {(512, 640): [0, 1], (384, 256): [2]}
    """
    steps = _two_numbers("bucket_by_size(multiple_of=...)", multiple_of)
    buckets: dict[Size, list[int]] = {}
    for i, size in enumerate(sizes):
        buckets.setdefault(_rounded_up(_two_numbers(f"sizes[{i}]", size), steps), []).append(i)
    return buckets


def _two_numbers(where: str, value: Any) -> Size:
    """(height, width) from two whole numbers, or one for both."""
    found = whole_numbers(value, 1)
    if found is None or len(found) > 2:
        raise ValueError(f"{where} must be one whole number of at least 1, or two for height and width, got {value!r}.")
    return found[0], found[-1]


def _rounded_up(size: Size, steps: Size) -> Size:
    height, width = (-(-n // step) * step for n, step in zip(size, steps, strict=True))
    return height, width


def _columns(group: Group, flat: Sequence[Mapping[Path, np.ndarray]]) -> Columns:
    """The entries of one dict in all samples; empty lists have the shape of the others."""
    out: Columns = {}
    for leaf in group.leaves:
        arrays = [sample[leaf.path] for sample in flat]
        like = max(arrays, key=np.ndim)
        out[leaf.name] = [
            np.zeros((0, *like.shape[1:]), like.dtype) if not array.size and array.ndim < like.ndim else array
            for array in arrays
        ]
    return out


def _true_sizes(group: Group, columns: Columns) -> list[Size]:
    """(height, width) of the pictures of one dict in each sample.

    Raises:
        ValueError: pictures of a sample that differ, or that a `size` beside them does not fit.
    """
    leaves = group.pictures
    sizes = []
    for i in range(len(columns[leaves[0].name])):
        shapes = {leaf.name: columns[leaf.name][i].shape for leaf in leaves}
        found = {leaf.name: shapes[leaf.name][leaf.leading : leaf.leading + 2] for leaf in leaves}
        # Masks of no instances have the shape of another sample's.
        seen = {name: size for name, size in found.items() if 0 not in shapes[name] or name == leaves[0].name}
        if len(set(seen.values())) > 1 or any(len(size) < 2 for size in seen.values()):
            raise ValueError(
                f"samples[{i}] has pictures of shapes { {group.label(name): shapes[name] for name in seen} }; "
                "in one dict they must have one height and width. Put others into dicts of their own."
            )
        height, width = found[leaves[0].name]
        if "size" in columns:
            told = columns["size"][i]
            if told.shape != (2,) or not (1 <= told[0] <= height and 1 <= told[1] <= width):
                raise ValueError(
                    f"samples[{i}] has {group.label('size')!r} {told.tolist()} beside pictures of {height} x {width}: "
                    "it must be their true (height, width)."
                )
            height, width = int(told[0]), int(told[1])
        sizes.append((height, width))
    return sizes


def _buffer(group: Group, sizes: Sequence[Size], size: Any, multiple_of: Any) -> Size:
    """(height, width) of the buffers that hold the pictures of one dict."""
    steps = _two_numbers("pad_batch(multiple_of=...)", multiple_of)
    most = max(height for height, _ in sizes), max(width for _, width in sizes)
    if size is None:
        return _rounded_up(most, steps)
    buffer = _rounded_up(_two_numbers("pad_batch(size=...)", size), steps)
    for i, (height, width) in enumerate(sizes):
        if height > buffer[0] or width > buffer[1]:
            raise ValueError(
                f"samples[{i}] has {group.label(group.pictures[0].name)!r} of {height} x {width}, but buffers are "
                f"{buffer[0]} x {buffer[1]}: raise size to {most[0]} x {most[1]} at least, or resize it first."
            )
    return buffer


def _cut(picture: np.ndarray, leading: int, size: Size) -> np.ndarray:
    """A picture (..., height, width) or (..., height, width, channels) cut to a size."""
    return picture[(slice(None),) * leading + tuple(map(slice, size))]


def _cut_pictures(
    group: Group, sample: Mapping[Any, np.ndarray], *, channels_first: bool = False
) -> dict[Any, np.ndarray]:
    """The entries of one dict of one sample, with pictures cut to the `size` beside them."""
    if "size" not in sample or not group.pictures:
        return dict(sample)
    starts = {leaf.name: leaf.leading + (channels_first and leaf.kind == "image") for leaf in group.pictures}
    first = group.pictures[0].name
    buffer = sample[first].shape[starts[first] :][:2]
    out = dict(sample)
    for leaf in group.pictures:
        own = out[leaf.name].shape[starts[leaf.name] :][:2]
        if any(int(n) > m for n, m in zip(sample["size"], buffer, strict=True)):
            raise ValueError(
                f"{group.label(leaf.name)!r} lies in {buffer[0]} x {buffer[1]}, which holds no picture of the size "
                f"{np.asarray(sample['size']).tolist()} beside it. If its channels come first, say channels_first=True."
            )
        size = [round(int(n) * a / b) for n, a, b in zip(sample["size"], own, buffer, strict=True)]
        out[leaf.name] = _cut(out[leaf.name], starts[leaf.name], (size[0], size[1]))
    return out


def _plain(array: np.ndarray) -> Any:
    """An entry by itself: a copy that leaves the batch free, a number, or strings as a list."""
    if array.dtype.kind == "O":
        return array.tolist()
    return array.copy() if array.ndim else array[()]
