"""Outside `jit` pictures of many sizes share a few programs: they lie in buffers, and results are cut.

The first size that occurs of a structure of pipeline and sample is compiled for exactly: most users have one.
Pictures of other sizes lie in buffers whose sides have one of a few lengths, and the program is told their size. So it
is where the size of the result is drawn, which no program could return otherwise.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxaug.backend.outside_jit import Fixed, LooksAtValuesError, refuses, run_compiled, try_compiled
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.types import Path, Size
from jaxaug.ops.axes import ChannelsFirst
from jaxaug.pipeline.channel_axes import channel_axis

#: Structures of which the first size is remembered.
MOST_STRUCTURES = 1024

_first: dict[Any, dict[Path, Size]] = {}
#: Whether pictures of some sizes are refused, by structure and sizes.
_refused: dict[Any, bool] = {}


@dataclasses.dataclass(frozen=True)
class _Told:
    """Marks where the true size of the pictures of a dict goes."""

    group: Path


def run_any_size(
    fn: Callable[..., list[Any]],
    draw: Callable[..., Any],
    owner: Any,
    given: Any,
    sample: Any,
    layout: SampleLayout,
    how: Any,
    wanted: Sequence[int],
    axes: Sequence[ChannelsFirst] = (),
) -> list[Any]:
    """Runs a function of a sample of known values, compiled for the sizes of its pictures or for buffers.

    Args:
        fn: at the top of a module, from `owner`, `given`, a sample and `Fixed((how, indices))` to the leaves of the
            result with those indices.
        draw: from `owner`, `given` and a sample to what is drawn; what it refuses is refused whatever the buffer.
        owner, given: pytrees of arrays.
        sample: of known values.
        layout: of the sample.
        how: hashable, for `fn`.
        wanted: indices of the leaves of the result that are wanted.
        axes: what is said about the order of axes in the result.

    Returns:
        The leaves, pictures in arrays of exactly their size.
    """
    exactly = functools.partial(run_compiled, fn, owner, given, sample, Fixed((how, tuple(wanted))))
    leaves, tree = jax.tree.flatten(sample)
    groups = tuple(group for group, _ in layout.sizes)
    if layout.kind("size") or not all(_fills(leaf, leaves[leaf.index], layout) for leaf in layout.pictures):
        return exactly()
    padded_tree, order = _with_sizes(tree, groups)
    if padded_tree is None:
        return exactly()
    sizes = dict(layout.sizes)
    structure = (fn, how, jax.tree.structure((owner, given)), tree, tuple(wanted), _shapes(layout, leaves))
    while len(_first) >= MOST_STRUCTURES and structure not in _first:
        _first.pop(next(iter(_first)))
    oblong = sizes
    if _first.setdefault(structure, sizes) == sizes:
        done = try_compiled(fn, owner, given, sample, Fixed((how, tuple(wanted))))
        if not isinstance(done, type):
            return done
        if done is not LooksAtValuesError:
            return exactly()
    else:
        if _no_room(draw, owner, given, sample, (structure, layout.sizes)):
            return exactly()
        oblong = {group: (rounded_up(height), rounded_up(width)) for group, (height, width) in sizes.items()}
    places = tuple(order.index(at) for at in (*wanted, *map(_Told, groups)))
    # Pictures that may be turned need square ones.
    for buffers in (oblong, {group: (max(size), max(size)) for group, size in oblong.items()}):
        padded = [
            np.array(sizes[at.group], np.int32)
            if isinstance(at, _Told)
            else _padded(layout.leaves[at], leaves[at], buffers)
            for at in order
        ]
        arguments = given, jax.tree.unflatten(padded_tree, padded), Fixed((how, places))
        done = try_compiled(fn, owner, *arguments)
        if not isinstance(done, type):
            told = dict(zip(groups, (tuple(np.asarray(size).tolist()) for size in done[len(wanted) :]), strict=True))
            return [_cut(layout.leaves[at], new, told, axes) for at, new in zip(wanted, done, strict=False)]
    return exactly()


def rounded_up(side: int) -> int:
    """The least length of a buffer's sides that holds a side: 8, 13, 20, 32, 50, 80, ... 512, 800, 1280, 2048, ...

    Example:
        >>> [rounded_up(side) for side in (200, 201, 512, 640, 1080)]
        [200, 320, 512, 800, 1280]
    """
    unit = 8
    while 4 * unit < side:
        unit *= 4
    return next(n for n in (unit, -(-unit * 25 // 16), unit * 5 // 2, unit * 4) if n >= side)


def _no_room(draw: Callable[..., Any], owner: Any, given: Any, sample: Any, sizes: Any) -> bool:
    """Whether pictures of those sizes are refused, such as by a crop that is larger, which buffers do not show."""
    if sizes not in _refused:
        while len(_refused) >= MOST_STRUCTURES:
            _refused.pop(next(iter(_refused)))
        _refused[sizes] = refuses(draw, owner, given, sample)
    return _refused[sizes]


def _fills(leaf: Leaf, value: Any, layout: SampleLayout) -> bool:
    """Whether a picture has the size of its dict, and so that of the buffer there."""
    return np.shape(value)[leaf.leading : leaf.leading + 2] == dict(layout.sizes)[leaf.group]


def _shapes(layout: SampleLayout, leaves: Sequence[Any]) -> tuple[Any, ...]:
    """What is the same for pictures of all sizes."""
    out = []
    for leaf, value in zip(layout.leaves, leaves, strict=True):
        shape = np.shape(value)
        sides = slice(leaf.leading, leaf.leading + 2) if leaf.is_picture else slice(0)
        out.append((getattr(value, "dtype", type(value)), len(shape), *shape[: sides.start], *shape[sides.stop :]))
    return tuple(out)


@functools.lru_cache(MOST_STRUCTURES)
def _with_sizes(tree: Any, groups: tuple[Path, ...]) -> tuple[Any, list[Any]]:
    """A tree of dicts with `size` beside the pictures, and which leaf goes where; no tree if there are no dicts."""
    marked = jax.tree.unflatten(tree, range(tree.num_leaves))
    for group in groups:
        place = marked
        for key in group:
            place = place[key] if type(place) is dict else None
        if type(place) is not dict:
            return None, []
        place["size"] = _Told(group)
    order, padded = jax.tree.flatten(marked)
    return padded, order


def _padded(leaf: Leaf, value: Any, buffers: dict[Path, Size]) -> Any:
    """A leaf; a picture in its buffer, with zeros around it."""
    if not leaf.is_picture:
        return value
    shape = list(np.shape(value))
    shape[leaf.leading : leaf.leading + 2] = buffers[leaf.group]
    if tuple(shape) == np.shape(value):
        return value
    picture = np.asarray(value)
    out = np.zeros(shape, picture.dtype)
    out[tuple(map(slice, picture.shape))] = picture
    return out


def _cut(leaf: Leaf, new: Any, sizes: dict[Path, Size], axes: Sequence[ChannelsFirst]) -> Any:
    """A leaf of the result; a picture without what is left of its buffer."""
    if not leaf.is_picture:
        return new
    first = channel_axis(axes, leaf, new.ndim) is not None
    start = leaf.leading + first
    if new.shape[start : start + 2] == sizes[leaf.group]:
        return new
    window = (slice(None),) * start + tuple(map(slice, sizes[leaf.group]))
    return jax.device_put(np.ascontiguousarray(np.asarray(new)[window]))
