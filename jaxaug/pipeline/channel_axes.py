"""Pictures that come out with their channels first: where the axis is, and how they are read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.core.kinds import names_of
from jaxaug.core.layout import Leaf
from jaxaug.core.sample import leaf_at
from jaxaug.core.transform import Node
from jaxaug.ops.axes import ChannelsFirst
from jaxaug.transforms.tensor import ToTensor


def channels_first(steps: Sequence[Node]) -> list[ChannelsFirst]:
    """What some steps say about the order of axes."""
    found: list[ChannelsFirst] = []
    for step in steps:
        found += [step.op()] if isinstance(step, ToTensor) and step.p != 0.0 else channels_first(step.steps)
    return found


def channel_axis(ops: Iterable[ChannelsFirst], leaf: Leaf, ndim: int) -> int | None:
    """Before which axis the channels of a picture come out.

    Args:
        ops: what is said about it.
        leaf: the picture.
        ndim: how many axes it came in with.
    """
    has_channels = ndim == leaf.leading + 3
    axes = [op.channel_axis(leaf.kind, leaf.leading, leaf.depth_axis, has_channels=has_channels) for op in ops]
    return next((axis for axis in axes if axis is not None), None)


def channels_last(ops: Iterable[ChannelsFirst], sample: Any, additional: Mapping[str, str]) -> Any:
    """A sample that came out with channels first, with channels last again."""
    said = list(ops)
    if not said:
        return sample
    paths, tree = jax.tree_util.tree_flatten_with_path(sample)
    out = []
    for index, (path, value) in enumerate(paths):
        leaf = leaf_at(index, path, names_of(additional), frozenset())
        axis = channel_axis(said, leaf, np.ndim(value)) if leaf.is_picture else None
        out.append(value if axis is None else jnp.moveaxis(jnp.asarray(value), axis, -1))
    return jax.tree.unflatten(tree, out)
