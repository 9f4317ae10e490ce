"""Targets: which leaf of a sample is what, which leaves belong together, and how large their pictures are."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

#: Kind of every known name. Pictures: image, mask, depth, flow, normals. Rows: bboxes, obboxes, keypoints.
NAMES: dict[str, str] = {
    "image": "image",
    "images": "image",
    "volume": "image",
    "volumes": "image",
    "mask": "mask",
    "masks": "mask",
    "mask3d": "mask",
    "masks3d": "mask",
    "depth": "depth",
    "flow": "flow",
    "normals": "normals",
    "intrinsics": "intrinsics",
    "bboxes": "bboxes",
    "obboxes": "obboxes",
    "keypoints": "keypoints",
    "valid": "valid",
    "size": "size",
}
#: Axes that a name puts before (height, width).
LEADING = {"images": 1, "volume": 1, "volumes": 2, "masks": 1, "mask3d": 1, "masks3d": 2}
#: Channels of pictures whose pixels are vectors: flow holds x and y, normals x, y and z.
VECTORS = {"flow": 2, "normals": 3}
PICTURES = ("image", "mask", "depth", "flow", "normals")
BOXES = ("bboxes", "obboxes")
ROWS = (*BOXES, "keypoints")
IMAGE_DTYPES = ("uint8", "uint16", "float16", "bfloat16", "float32")

Path = tuple[Any, ...]
Size = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Leaf:
    """What is known of one leaf of a sample before looking at its values.

    Args:
        index: position among the sample's leaves.
        path: keys from the root.
        group: keys of the dict that holds it; leaves of one group belong together.
        name: the key it has there.
        kind: image, mask, depth, flow, normals, intrinsics, bboxes, obboxes, keypoints, valid, rows_valid or other.
        leading: axes before (height, width) of a picture.
        of: for a validity entry, the name of the rows it speaks for.
    """

    index: int
    path: Path
    group: Path
    name: str
    kind: str
    leading: int = 0
    of: str = ""

    @property
    def label(self) -> str:
        """The leaf's place in words, for messages."""
        return "/".join(str(p) for p in self.path)


@dataclasses.dataclass(frozen=True)
class Layout:
    """The static side of a sample.

    Args:
        treedef: its tree.
        leaves: what is known of them.
        sizes: (height, width) of the pictures of each dict.
        reference: size of the picture that draws are relative to.
        home: keys of the dict that holds that picture.
    """

    treedef: Any
    leaves: tuple[Leaf, ...]
    sizes: tuple[tuple[Path, Size], ...]
    reference: Size
    home: Path = ()

    def size_of(self, group: Path) -> Size:
        """Size of the picture whose pixels the rows of a group count: its own, an outer group's or the reference."""
        known = dict(self.sizes)
        for end in range(len(group), -1, -1):
            if group[:end] in known:
                return known[group[:end]]
        return self.reference

    def stated(self, group: Path) -> list[Leaf]:
        """The entries that state the true size of a group's pictures: its own, or an outer group's."""
        if not self.sizes:
            return []
        for end in range(len(group), -1, -1):
            found = [leaf for leaf in self.leaves if leaf.kind == "size" and leaf.group == group[:end]]
            if found:
                return found
        return []

    def kind(self, *kinds: str) -> list[Leaf]:
        return [leaf for leaf in self.leaves if leaf.kind in kinds]

    def siblings(self, leaf: Leaf, kind: str) -> list[Leaf]:
        return [other for other in self.leaves if other.group == leaf.group and other.kind == kind]


def kind_table(additional: Mapping[str, str] | None) -> dict[str, str]:
    """All names a pipeline knows: the built-in ones and its `additional_targets` (a name to the name it acts like).

    Raises:
        ValueError: a target kind that does not exist.
    """
    table = {name: name for name in NAMES}
    for name, like in (additional or {}).items():
        if like not in NAMES or like in ("valid", "size"):
            known = [n for n in NAMES if n not in ("valid", "size")]
            raise ValueError(
                f"additional_targets[{name!r}] is {like!r}, which is no target kind.{nearest(like, known)} "
                f"Known kinds: {', '.join(known)}."
            )
        if name in table and table[name] != like:
            raise ValueError(f"additional_targets gives {name!r} the kind {like!r}, but that name is built in.")
        table[name] = like
    return table


def nearest(word: str, known: Any) -> str:
    """' Did you mean X?' for the known word nearest to a mistaken one, or nothing."""
    match = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.5)
    return f" Did you mean {match[0]!r}?" if match else ""


def parse(
    sample: Any, additional: Mapping[str, str] | None, *, strict: bool = False, check_shapes: bool = True
) -> tuple[Layout, list[Any]]:
    """Finds the targets of a sample.

    Args:
        sample: a pytree, normally nested dicts.
        additional: names that act like built-in ones.
        strict: refuse names that are unknown.
        check_shapes: pictures of one group must share their size.

    Returns:
        The layout, and the leaves of the sample as arrays where they are targets.

    Raises:
        ValueError: a shape that does not fit its name, sizes that differ, unknown names under `strict`.
        TypeError: a dtype that its kind cannot have.
    """
    table = kind_table(additional)
    paths, treedef = jax.tree_util.tree_flatten_with_path(sample)
    leaves: list[Leaf] = []
    values: list[Any] = []
    for index, (path, value) in enumerate(paths):
        leaf = _leaf(index, path, table)
        if strict and leaf.kind == "other":
            raise ValueError(
                f"{leaf.label!r} is no known target, and strict=True.{nearest(leaf.name, table)} "
                "Name it in additional_targets, or leave strict off to let it pass untouched."
            )
        leaves.append(leaf)
        values.append(value if leaf.kind == "other" else _as_array(leaf, value))
    sizes: dict[Path, tuple[Leaf, Size]] = {}
    reference: tuple[Leaf, Size] | None = None
    for leaf, value in zip(leaves, values, strict=True):
        if leaf.kind not in PICTURES:
            continue
        size = picture_size(leaf, value)
        first = sizes.setdefault(leaf.group, (leaf, size))
        if check_shapes and first[1] != size:
            raise ValueError(
                f"{leaf.label!r} is {size[0]} x {size[1]}, but {first[0].label!r} beside it is "
                f"{first[1][0]} x {first[1][1]}. Give pictures of one dict one size, put them in different "
                "dicts, or pass is_check_shapes=False if they show the same scene at different resolutions."
            )
        if leaf.name == "image":
            sizes[leaf.group] = (leaf, size)
        if reference is None or (leaf.name == "image" and reference[0].name != "image"):
            reference = (leaf, size)
    layout = Layout(
        treedef,
        tuple(leaves),
        tuple((group, size) for group, (_, size) in sizes.items()),
        reference[1] if reference else _stated_size(leaves, values),
        reference[0].group if reference else (),
    )
    _check_rows(layout, values)
    return layout, values


def _leaf(index: int, path: tuple[Any, ...], table: Mapping[str, str]) -> Leaf:
    keys = tuple(_key(p) for p in path)
    last = max((i for i, p in enumerate(path) if not isinstance(p, jax.tree_util.SequenceKey)), default=-1)
    name = str(keys[last]) if last >= 0 else ""
    group = keys[: max(last, 0)]
    nested = len(keys) - 1 - last
    if name in table:
        like = table[name]
        leading = max(LEADING.get(like, 0) - nested, 0)
        return Leaf(index, keys, group, name, NAMES[like], leading)
    if name.endswith("_valid") and table.get(name[: -len("_valid")], "") in ROWS:
        return Leaf(index, keys, group, name, "rows_valid", of=name[: -len("_valid")])
    return Leaf(index, keys, group, name, "other")


def _key(entry: Any) -> Any:
    for attribute in ("key", "idx", "name"):
        if hasattr(entry, attribute):
            return getattr(entry, attribute)
    return str(entry)


def _as_array(leaf: Leaf, value: Any) -> Any:
    if leaf.kind == "size":
        return value
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        if leaf.kind in PICTURES:
            raise TypeError(f"{leaf.label!r} must be an array, got {type(value).__name__}.")
        value = np.asarray(value)
        dtype = value.dtype
    if leaf.kind == "image" and str(dtype) not in IMAGE_DTYPES:
        raise TypeError(
            f"{leaf.label!r} has dtype {dtype}; an image must have one of {', '.join(IMAGE_DTYPES)}. "
            "Cast it first (floats are expected in [0, 1])."
        )
    if leaf.kind in ("mask", "depth") and str(dtype) in ("float64", "int64", "uint64", "complex64", "complex128"):
        narrow = {"float64": "float32", "int64": "int32", "uint64": "uint32"}.get(str(dtype), "float32")
        raise TypeError(f"{leaf.label!r} has dtype {dtype}, which JAX does not keep. Cast it to {narrow} first.")
    if leaf.kind in VECTORS and str(dtype) not in ("float16", "bfloat16", "float32"):
        raise TypeError(
            f"{leaf.label!r} has dtype {dtype}; {leaf.kind} must be float32, float16 or bfloat16. "
            "Cast it first, and decode it if it was stored as whole numbers."
        )
    if leaf.kind == "intrinsics" and not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(f"{leaf.label!r} has dtype {dtype}; a camera matrix holds fractions. Cast it to float32 first.")
    return jnp.asarray(value)


def picture_size(leaf: Leaf, value: Array) -> Size:
    """(height, width) of a picture.

    Raises:
        ValueError: the rank does not fit the name, or a side is empty.
    """
    if leaf.kind in VECTORS and value.shape[2:] != (VECTORS[leaf.kind],):
        raise ValueError(
            f"{leaf.label!r} has shape {value.shape}; {leaf.kind} must have shape (H, W, {VECTORS[leaf.kind]}). "
            "Give several as several entries."
        )
    low = leaf.leading + 2
    if value.ndim not in (low, low + 1):
        lead = "N, " * leaf.leading
        raise ValueError(
            f"{leaf.label!r} has shape {value.shape}; a {leaf.name} must have shape ({lead}H, W) or ({lead}H, W, C)."
            + (" For several pictures at once use 'images' or 'masks'." if not leaf.leading else "")
        )
    height, width = value.shape[leaf.leading : leaf.leading + 2]
    if height < 1 or width < 1:
        raise ValueError(f"{leaf.label!r} has shape {value.shape}: a picture needs at least one pixel.")
    return int(height), int(width)


def canonical(leaf: Leaf, value: Array) -> Array:
    """A picture as (frames, height, width, channels)."""
    height, width = value.shape[leaf.leading : leaf.leading + 2]
    frames = int(np.prod(value.shape[: leaf.leading], dtype=int))
    channels = value.shape[-1] if value.ndim == leaf.leading + 3 else 1
    return value.reshape(frames, height, width, channels)


def restored(leaf: Leaf, value: Array, like: Array) -> Array:
    """The inverse of `canonical`, for a picture whose size or channels may have changed."""
    shape = (*like.shape[: leaf.leading], *value.shape[1:3])
    if like.ndim == leaf.leading + 3:
        shape = (*shape, value.shape[3])
    return value.reshape(shape)


def _stated_size(leaves: list[Leaf], values: list[Any]) -> Size:
    """The size entry of a sample without pictures."""
    stated = [leaf for leaf in leaves if leaf.kind == "size"]
    if stated:
        leaf = stated[0]
        parts = [values[other.index] for other in stated if other.group == leaf.group]
        try:
            height, width = (int(n) for part in parts for n in np.asarray(part).reshape(-1))
        except (jax.errors.TracerArrayConversionError, ValueError) as error:
            raise ValueError(
                f"{leaf.label!r} must hold (height, width) as plain numbers when a sample has no picture: "
                "shapes are fixed when a pipeline is traced."
            ) from error
        return height, width
    for kinds, what in ((ROWS, "boxes or keypoints"), (("intrinsics",), "a camera matrix")):
        if any(leaf.kind in kinds for leaf in leaves):
            raise ValueError(f"The sample holds {what} but no picture: add 'size': (height, width).")
    raise ValueError(
        "The sample holds no target. Expected at least one of "
        f"{', '.join(repr(n) for n in NAMES if n not in ('valid', 'size'))}; "
        f"got {[leaf.label for leaf in leaves]}."
    )


def _check_rows(layout: Layout, values: list[Any]) -> None:
    """Ranks of row targets, and that entries of one group agree on how many rows they have."""
    has_pictures = any(leaf.kind in PICTURES for leaf in layout.leaves)
    for leaf in layout.leaves:
        value = values[leaf.index]
        if leaf.kind == "size" and has_pictures and leaf.group not in dict(layout.sizes) and leaf.group != ():
            raise ValueError(
                f"{leaf.label!r} states the size of a picture, but there is none beside it; pictures are in "
                f"{sorted('/'.join(map(str, g)) or 'the sample itself' for g, _ in layout.sizes)}."
            )
        if leaf.kind == "size" and has_pictures and jnp.size(value) * len(layout.stated(leaf.group)) != 2:
            raise ValueError(f"{leaf.label!r} has shape {jnp.shape(value)}; it must be (height, width).")
        if leaf.kind == "bboxes" and (value.ndim != 2 or value.shape[1] < 4):
            raise ValueError(
                f"{leaf.label!r} has shape {value.shape}; boxes must have shape (N, 4 or more), "
                "and (0, 4) if there are none."
            )
        if leaf.kind == "obboxes" and (value.ndim != 2 or value.shape[1] < 5):
            raise ValueError(
                f"{leaf.label!r} has shape {value.shape}; oriented boxes must have shape (N, 5 or more): centre x and "
                "y, width, height, angle; and (0, 5) if there are none."
            )
        if leaf.kind == "intrinsics" and value.shape != (3, 3):
            raise ValueError(
                f"{leaf.label!r} has shape {value.shape}; a camera matrix must be one array of shape (3, 3). "
                "Give several as several entries."
            )
        if leaf.kind == "keypoints" and (value.ndim < 2 or value.shape[-1] < 2):
            raise ValueError(f"{leaf.label!r} has shape {value.shape}; keypoints must have shape (..., 2 or more).")
        if leaf.kind == "rows_valid":
            rows = [other for other in layout.leaves if other.group == leaf.group and other.name == leaf.of]
            if not rows:
                raise ValueError(f"{leaf.label!r} speaks for {leaf.of!r}, which is not beside it.")
            shape = values[rows[0].index].shape[:-1]
            if value.shape != shape:
                raise ValueError(
                    f"{leaf.label!r} has shape {value.shape}, but {rows[0].label!r} has rows of shape {shape}: "
                    "give one flag per row."
                )
        if leaf.kind == "valid":
            for other in layout.leaves:
                if other.group != leaf.group or other.kind not in ROWS:
                    continue
                count = values[other.index].shape[0]
                if value.ndim != 1 or value.shape[0] != count:
                    raise ValueError(
                        f"{leaf.label!r} has shape {value.shape}, but {other.label!r} has {count} rows: "
                        "entry i of both must be the same instance."
                    )
            masks = [other for other in layout.leaves if other.group == leaf.group and other.name == "masks"]
            count = sum(values[other.index].shape[0] if other.leading else 1 for other in masks)
            if masks and value.shape != (count,):
                raise ValueError(
                    f"{leaf.label!r} has shape {value.shape}, but there are {count} masks beside it: entry i of both "
                    "must be the same instance. Put masks that are no instances into a dict of their own, or give them "
                    "another name in additional_targets."
                )
