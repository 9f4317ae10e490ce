"""One pass over an image: neighbouring ops on pixels, without rounding in between."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import branch, materialize
from jaxaug.core.picture import PictureInfo, over_frames
from jaxaug.kernels.dtype import from_unit, to_unit
from jaxaug.ops.float_image import FloatImage
from jaxaug.ops.pixel_choice import PixelChoice, either
from jaxaug.ops.pixel_op import PixelOp, gated, require_same_shape, where_active

#: Ops that run in one loop over the pixels; beyond a dozen XLA's loop no longer fits the registers.
LONGEST_PASS = 8
#: Ops of a pass that is compiled once for each way of the only dear one.
FEW = 3


def run_pass(image: Array, ops: Sequence[PixelOp], info: PictureInfo) -> Array:
    """Runs ops over an image in one pass.

    Args:
        image: (frames, height, width, channels).
        ops: in order, fitted to the image.
        info: of the image before them.

    Raises:
        ValueError: an op that may or may not apply would change the shape, or floats into whole numbers.
    """
    before = info
    for op in ops:
        after = op.after(before)
        if op.active is not True:
            after = either(before, [after], op.name)
        before = after
    run = functools.partial(_run, ops=list(ops), dtype=before.dtype, full=(info.max_value, before.max_value))
    return over_frames(run, image)


def _run(picture: Array, ops: list[PixelOp], dtype: Any, full: tuple[float, float]) -> Array:
    """One image (height, width, channels) through a pass; `full` is full brightness of floats before and after."""
    first, *rest = ops
    if not rest and first.active is not True and not first.cheap:
        sure = struct.replace(first, active=True)
        after = jax.eval_shape(lambda p: _run(p, [sure], dtype, full), picture)
        require_same_shape(first, picture.shape, after.shape)
        return branch(first.active, lambda p: _run(p, [sure], dtype, full), lambda p: _cast(p, dtype, full), picture)
    if isinstance(first, PixelChoice) and not rest:
        return first.branch([functools.partial(_run, ops=[op], dtype=dtype, full=full) for op in first.ops], picture)
    if picture.dtype == dtype == jnp.uint8 and (not rest or all(op.exact_uint8 for op in ops)):
        levels = _on_uint8(picture, ops)
        if levels is not None:
            return levels
    whole = functools.partial(_in_one_pass, ops=ops, dtype=dtype, full=full)
    dear = [place for place, op in enumerate(ops) if not op.cheap]
    known = ops[dear[0]].ways if len(dear) == 1 and len(ops) <= FEW else None
    if known is None:
        return whole(picture)
    by_way = _by_way(ops, dear[0], known, functools.partial(_in_one_pass, dtype=dtype, full=full))
    return jax.lax.platform_dependent(picture, cpu=by_way, default=whole)


def _by_way(
    ops: list[PixelOp], place: int, known: tuple[Array, Sequence[PixelOp]], run: Callable[..., Array]
) -> Callable[[Array], Array]:
    """A pass for each of the ways of one of its ops, of which the right one runs.

    A branch around that op alone would keep what it takes and what it gives, more than a cache holds.
    """
    index, ways = known
    choices: list[list[PixelOp]] = [[way] for way in ways]
    if ops[place].active is not True:
        index = jnp.where(ops[place].active, index, len(ways))
        choices.append([])
    runs = [functools.partial(run, ops=[*ops[:place], *choice, *ops[place + 1 :]]) for choice in choices]
    return lambda picture: jax.lax.switch(index, runs, picture)


def _in_one_pass(picture: Array, ops: list[PixelOp], dtype: Any, full: tuple[float, float]) -> Array:
    """One image (height, width, channels) through ops as floats."""
    table, done = _table(picture, ops)
    image = FloatImage.read(picture, planes=any(op.planes for op in ops[done:]), table=table, max_value=full[0])
    for place, op in enumerate(ops[done:], 1):
        image = gated(op, image)
        if place % LONGEST_PASS == 0:
            image = materialize(image)
    return image.write(dtype, full[1])


def _cast(picture: Array, dtype: Any, full: tuple[float, float]) -> Array:
    """A picture that stays as it is, in the dtype that the pass makes."""
    return picture if picture.dtype == dtype else from_unit(to_unit(picture, full[0]), dtype, full[1])


def _on_uint8(picture: Array, ops: list[PixelOp]) -> Array | None:
    """An image of 8-bit levels through the forms that ops have for them, if all have one."""
    changes = [op.apply_uint8 for op in ops]
    height, width, channels = picture.shape
    image = FloatImage((picture.reshape(height, width * channels),), channels)
    for op, change in zip(ops, changes, strict=True):
        if change is None:
            return None
        image = where_active(op, change(image), image)
    return image.image()


def _table(picture: Array, ops: list[PixelOp]) -> tuple[Array | None, int]:
    """The floats that stand for 256 levels after the first ops, where a table is cheaper, and how many ops it does."""
    same = list(itertools.takewhile(lambda op: op.uniform, ops))
    if picture.dtype != jnp.uint8 or not any(op.dear for op in same):
        return None, 0
    levels = FloatImage((to_unit(jnp.arange(256, dtype=jnp.uint8))[None],))
    for op in same:
        levels = where_active(op, op.apply(levels), levels)
    return materialize(levels.parts[0][0]), len(same)
