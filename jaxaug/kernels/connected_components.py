"""Runs of equal values along the rows of a label map, of which there are far fewer than pixels, and which touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import materialize

T = TypeVar("T")

#: Pixels from which on a second program, for few runs, is worth compiling.
MANY = 2**14


@struct.struct
class Runs:
    """The runs of a label map in reading order: K places, of which those behind the last run are empty.

    Args:
        number: (height, width) int32, the run of each pixel.
        start: (K,) flat index of the first pixel of each run; height * width where the place is empty.
        size: (K,) how many pixels each run has.
        part: (K,) the first run of the connected part that each belongs to; K where the value is 0.
    """

    number: Array
    start: Array
    size: Array
    part: Array

    @property
    def first(self) -> Array:
        """(K,) bool: whether a run is the first one of its part."""
        return self.part == jnp.arange(self.part.shape[0])

    def to_pixels(self, values: Array) -> Array:
        """(height, width) what each pixel has from its run, of values (K,)."""
        return materialize(values).at[self.number].get(mode="clip")


def over_runs(fn: Callable[[Runs], T], labels: Array) -> T:
    """A function of the runs of a label map; on CPUs it is made twice, and maps of few runs cost less.

    Args:
        fn: takes the runs, of more or fewer places, and returns arrays whose shapes do not tell how many.
        labels: (height, width), background 0.
    """
    height, width = labels.shape
    few, most = max(height * width // 32, 8 * height), height * width
    operands = labels, materialize(_numbers(labels))

    def within(places: int) -> Callable[..., T]:
        return lambda labels, number: fn(_runs(labels, number, places))

    def by_count(labels: Array, number: Array) -> T:
        return jax.lax.cond(number[-1, -1] < few, within(few), within(most), labels, number)

    if most < max(MANY, 4 * few):
        return within(most)(*operands)
    return jax.lax.platform_dependent(*operands, cpu=by_count, default=within(most))


def _numbers(labels: Array) -> Array:
    """(height, width) int32: the number of each pixel's run."""
    width = labels.shape[1]
    # A copy with a rim, because loops over slices of it are vectors, and those over padded arrays are not.
    rimmed = materialize(jnp.concatenate([labels[:, :1], labels], axis=1))
    begins = (rimmed[:, 1:] != rimmed[:, :-1]) & (jnp.arange(width) > 0)
    # Narrow numbers, of which more fit into a vector: they count from the beginning of a row.
    count = materialize(begins.astype(jnp.uint8 if width <= 2**8 else jnp.uint16 if width <= 2**16 else jnp.uint32))
    column = jnp.broadcast_to(jnp.arange(width), labels.shape).reshape(-1)
    flat, step = count.reshape(-1), 1
    while step < width:
        behind = materialize(jnp.concatenate([jnp.zeros(step, flat.dtype), flat[:-step]]))
        flat = materialize(flat + jnp.where(column >= step, behind, 0))
        step *= 2
    count = flat.reshape(labels.shape).astype(jnp.int32)
    rows = count[:, -1] + 1
    return count + (jnp.cumsum(rows) - rows)[:, None]


def _runs(labels: Array, number: Array, places: int) -> Runs:
    height, width = labels.shape
    pixels = height * width
    flat = number.reshape(-1)
    begins = jnp.diff(flat, prepend=-1) != 0
    starts = jnp.full(places + 1, pixels, jnp.int32)
    target = jnp.where(begins, flat, places + 1)
    starts = materialize(starts.at[target].set(jnp.arange(pixels, dtype=jnp.int32), mode="drop"))
    start, end = starts[:-1], starts[1:]
    value = jnp.take(labels.reshape(-1), start, mode="clip")
    some = (start < pixels) & (value != 0)
    part = _parts(flat, materialize(start), materialize(end), materialize(value), some, width)
    return Runs(number, start, end - start, jnp.where(some, part, places))


def _parts(number: Array, start: Array, end: Array, value: Array, some: Array, width: int) -> Array:
    """(K,) the first run of the part of each run, or its own number for background.

    Args:
        number: (height * width,) the run of each pixel.
        start, end: (K,) flat index of the first pixel of each run, and of the one behind it.
        value: (K,) of the label map.
        some: (K,) bool, which are no background.
        width: of the picture.
    """
    here = jnp.arange(start.shape[0], dtype=jnp.int32)
    row = start - start % width
    beside = jnp.maximum(start - 1, row)

    def same(other: Array) -> Array:
        return some & (jnp.take(value, other, mode="clip") == value)

    # Of the runs in the next row that touch a run it knows the first, and of those in the row before the first two, of
    # which one at most has its value; any other in the row before knows it as the first in the next row.
    above = jnp.take(number, beside - width, mode="clip")
    after = jnp.take(start, above + 1, mode="clip")
    first, second = same(above) & (row > 0), same(above + 1) & (after < row) & (after <= end - width)
    parent = jnp.where(first, above, jnp.where(second, above + 1, here))
    below = jnp.take(number, beside + width, mode="clip")
    parent, below = materialize((parent, jnp.where(same(below) & (row + width < number.shape[0]), below, here)))

    return united(parent, below)


def united(parent: Array, other: Array) -> Array:
    """The first of all that are connected, of a forest in which everything is also connected with something else.

    Args:
        parent: (K,) for each, one that does not come after it.
        other: (K,) for each, what it is also connected with.
    """

    def merge(parent: Array) -> Array:
        theirs = _reached(parent, other)
        return follow(parent.at[jnp.maximum(parent, theirs)].min(jnp.minimum(parent, theirs), mode="drop"))

    return jax.lax.while_loop(lambda p: jnp.any(_reached(p, other) != p), merge, follow(parent))


def follow(parent: Array) -> Array:
    """(K,) the end of each chain of parents (K,), which become twice as short in every step."""
    start = parent, _reached(parent, parent)
    return jax.lax.while_loop(lambda p: jnp.any(p[0] != p[1]), lambda p: (p[1], _reached(p[1], p[1])), start)[1]


def _reached(parent: Array, place: Array) -> Array:
    return parent.at[place].get(mode="clip")
