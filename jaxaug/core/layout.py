"""The static side of a sample: which leaf is what, which belong together, how large their pictures are."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import ANNOTATIONS, PICTURES
from jaxaug.core.types import Path, Size


@dataclasses.dataclass(frozen=True)
class Leaf:
    """What is known of one leaf of a sample before looking at its values.

    Args:
        index: position among the sample's leaves.
        path: keys from the root.
        group: keys of the dict that holds it; leaves of one group belong together.
        name: the key it has there.
        kind: of a picture or an annotation; `valid`, `rows_valid`, `size`; `entry`, which a transform reads; `other`.
        leading: axes before (height, width) of a picture.
        depth_axis: which of them is the depth of a volume, if one is.
        of: for a validity entry, the name of the rows it speaks for; for an entry, the name that was declared.
    """

    index: int
    path: Path
    group: Path
    name: str
    kind: str
    leading: int = 0
    depth_axis: int | None = None
    of: str = ""

    @property
    def label(self) -> str:
        """The leaf's place in words, for messages."""
        return "/".join(str(p) for p in self.path)

    @property
    def is_picture(self) -> bool:
        return self.kind in PICTURES

    @property
    def is_annotation(self) -> bool:
        return self.kind in ANNOTATIONS


@dataclasses.dataclass(frozen=True)
class SampleLayout:
    """The static side of a sample.

    Args:
        treedef: its tree.
        leaves: what is known of them.
        sizes: (height, width) of the pictures of each dict.
        reference_size: (height, width) of the picture that draws are relative to.
        reference_group: keys of the dict that holds that picture.
        reference_label: its place in words; empty where there is none.
    """

    treedef: Any
    leaves: tuple[Leaf, ...]
    sizes: tuple[tuple[Path, Size], ...]
    reference_size: Size
    reference_group: Path = ()
    reference_label: str = ""

    def size_of(self, group: Path) -> Size:
        """Size of the picture whose pixels the rows of a group count: its own, an outer group's or the reference."""
        known = dict(self.sizes)
        for end in range(len(group), -1, -1):
            if group[:end] in known:
                return known[group[:end]]
        return self.reference_size

    def size_leaves(self, group: Path) -> list[Leaf]:
        """The entries that state the true size of a group's pictures: its own, or an outer group's."""
        if not self.sizes:
            return []
        for end in range(len(group), -1, -1):
            found = [leaf for leaf in self.leaves if leaf.kind == "size" and leaf.group == group[:end]]
            if found:
                return found
        return []

    def on_reference(self, group: Path, buffer: Size) -> bool:
        """Whether the pictures of a group share the canvas of the reference, known without looking at values."""
        same = self.size_leaves(group) == self.size_leaves(self.reference_group)
        return buffer == self.reference_size and same

    def kind(self, *kinds: str) -> list[Leaf]:
        return [leaf for leaf in self.leaves if leaf.kind in kinds]

    @property
    def pictures(self) -> list[Leaf]:
        return [leaf for leaf in self.leaves if leaf.is_picture]

    @property
    def annotations(self) -> list[Leaf]:
        return [leaf for leaf in self.leaves if leaf.is_annotation]

    @property
    def rows(self) -> list[Leaf]:
        """Annotations of which single rows may be valid or not."""
        return [leaf for leaf in self.annotations if ANNOTATIONS[leaf.kind].has_rows]

    def beside(self, leaf: Leaf, *kinds: str) -> list[Leaf]:
        """The leaves of the same dict, of some kinds or of all."""
        return [other for other in self.leaves if other.group == leaf.group and (not kinds or other.kind in kinds)]

    def rows_beside(self, leaf: Leaf) -> list[Leaf]:
        """The annotations with rows of the same dict."""
        return [other for other in self.rows if other.group == leaf.group]

    def instance_masks(self, leaf: Leaf) -> list[Leaf]:
        """The masks of instances in the same dict."""
        return [other for other in self.beside(leaf) if other.name == "masks"]

    def flags_of(self, leaf: Leaf) -> list[Leaf]:
        """The validity entries that speak for one set of rows alone."""
        return [other for other in self.beside(leaf, "rows_valid") if other.of == leaf.name]


def entry_of(layout: SampleLayout, values: list[Any], name: str) -> Any:
    """What lies under a declared name, as nested dicts and lists; the first place in the sample counts.

    Raises:
        ValueError: the sample has no such entry.
    """
    found = [leaf for leaf in layout.leaves if name in leaf.path]
    if not found:
        there = sorted({str(leaf.path[0]) for leaf in layout.leaves if leaf.path})
        raise ValueError(f"An entry {name!r} is looked at, but the sample has none; there are {there}.")
    place = found[0].path[: found[0].path.index(name) + 1]
    inside = [leaf for leaf in found if leaf.path[: len(place)] == place]
    return _nested([(leaf.path[len(place) :], values[leaf.index]) for leaf in inside])


def _nested(parts: list[tuple[Path, Any]]) -> Any:
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][1]
    keys = list(dict.fromkeys(path[0] for path, _ in parts))
    below = {key: _nested([(path[1:], value) for path, value in parts if path[0] == key]) for key in keys}
    return list(below.values()) if all(isinstance(key, int) for key in keys) else below


def input_canvas(layout: SampleLayout, values: list[Any], group: Path, buffer: Size | None = None) -> Canvas:
    """The canvas on which the pictures of a group come in.

    Args:
        layout: of the sample.
        values: its leaves.
        group: keys of the dict that holds the pictures.
        buffer: (height, width) of a picture that is stored at another size than the others of its group.
    """
    told = layout.size_leaves(group)
    here = buffer or layout.size_of(group)
    if not told:
        return Canvas(here)
    own = layout.size_of(told[0].group)
    parts = [jnp.asarray(values[leaf.index], jnp.float32).reshape(-1) for leaf in told]
    extent = jnp.clip(jnp.concatenate(parts), 1.0, np.array(own, np.float32))
    return Canvas(here, extent if here == own else extent * (np.array(here) / np.array(own)).astype(np.float32))
