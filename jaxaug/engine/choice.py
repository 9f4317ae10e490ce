"""Choosing: how the ops of several options become one list that does what one of them does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.outside_jit import look
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import Op, joint_name, select
from jaxaug.core.transform import Ops
from jaxaug.core.types import Scalar, Size
from jaxaug.geometry.maps import Axes, Matrix
from jaxaug.geometry.warp import Warp, enlarged
from jaxaug.ops.families import FAMILIES


class _UnevenError(Exception):
    """Some options change the size of pictures where others do not."""


def gate(ops: Ops, on: Scalar, name: str, canvas: Canvas) -> Ops:
    """Ops that apply only where `on` holds.

    Args:
        ops: what is drawn.
        on: whether they apply.
        name: what drew them.
        canvas: of the reference before them.

    Raises:
        ValueError: they change the size of the picture, whether they apply is not known, and no `size` is told.
    """
    if on is True:
        return ops
    changes = [op.resizes for op in ops if op.resizes and not (op.tells_size and _holds(*op.resizes))]
    if changes:
        if look(on):
            return ops if bool(on) else ()
        told = in_one_buffer([ops], canvas)
        if told is None:
            before, after = changes[0][0], changes[-1][1]
            raise ValueError(
                f"{name} changes the size from {before} to {after}, but is applied at random, and under jit or vmap "
                f"shapes cannot be random. {_TWO_WAYS}, or use {name}(p=1)."
            )
        room, (ops,) = told
        return (*room, *_linked([op.gate(on) for op in ops], canvas.extent))
    return _linked([op.gate(on) for op in ops], canvas.extent)


def merge(options: Sequence[Ops], index: Array, canvas: Canvas) -> Ops:
    """One list of ops that does what the option of that index does.

    Ops of different options that align share a slot, and the choice is one of numbers; ops that their family can choose
    among share one too. What is left gets slots of its own, inactive in the other options, so that every option keeps
    its order.

    Args:
        options: what each of them does.
        index: of the one that counts.
        canvas: of the reference before it.

    Raises:
        ValueError: they leave pictures of different sizes, the index is not known, and no `size` is told.
    """
    try:
        return _linked(_merged(options, index), canvas.extent)
    except _UnevenError as names:
        if look(index):
            return options[int(index)]
        told = in_one_buffer(options, canvas)
        if told is None:
            raise ValueError(
                f"A choice among {names}: some options change the size of the picture and others do not, or to "
                f"another one, and under jit or vmap shapes cannot be random. {_TWO_WAYS}, give all options one size, "
                "or put the change of size behind the choice."
            ) from None
        room, roomy = told
        return (*room, *_linked(_merged(roomy, index), canvas.extent))


#: What lets sizes be random.
_TWO_WAYS = (
    "Call the pipeline outside jit, where the exact picture comes out, or add 'size': jnp.array([height, width]) to "
    "the sample, which tells how much of its buffer a picture fills"
)


def in_one_buffer(options: Sequence[Ops], canvas: Canvas) -> tuple[Ops, list[Ops]] | None:
    """Options that write pictures of any of their sizes into one buffer, whose `size` tells which it is.

    Args:
        options: what each of them does.
        canvas: of the reference before them.

    Returns:
        What makes room first, and the options; None where no size is told, or an option holds more than matrices.
    """
    if canvas.extent is None:
        return None
    sizes = [canvas.buffer, *(size for ops in options for op in ops for size in op.resizes or ())]
    buffer = max(height for height, _ in sizes), max(width for _, width in sizes)

    def roomy(op: Any) -> Any:
        if not isinstance(op, Warp):
            return op
        before, after = op.canvas_in.measured(), op.canvas_out.measured()
        return struct.replace(op, size_in=buffer, size_out=buffer, extent_in=before, extent_out=after)

    warps = [op for ops in options for op in ops if isinstance(op, Warp)]
    if not all(isinstance(warp.map, Matrix | Axes) or warp.size_in == warp.size_out == buffer for warp in warps):
        return None
    before = () if buffer == canvas.buffer else (enlarged(canvas, buffer),)
    return before, [tuple(roomy(op) for op in ops) for ops in options]


def _linked(ops: Sequence[Any], extent: Any) -> Ops:
    """Ops of which each begins with the size that those before it leave, whether they apply or not.

    Args:
        ops: gated, each as it was drawn for the size that those before it leave if all apply.
        extent: of the reference before them.
    """
    out = []
    for op in ops:
        if isinstance(op, Warp):
            if extent is not None and op.extent_in is not None:
                after = op.extent_out
                if after is not None and op.active is not True:
                    after = jnp.where(op.active, after, extent)
                op = struct.replace(op, extent_in=extent, extent_out=after)
            extent = op.extent_out
        out.append(op)
    return tuple(out)


def _holds(before: Size, after: Size) -> bool:
    """Whether what fits into a buffer fits into another."""
    return after[0] >= before[0] and after[1] >= before[1]


def _merged(options: Sequence[Ops], index: Array) -> Ops:
    queues = [list(option) for option in options]
    slots: list[Op] = []
    while any(queues):
        lead = next(i for i, queue in enumerate(queues) if queue)
        members = {lead: queues[lead].pop(0)}
        for i, queue in enumerate(queues):
            if i not in members and queue and _share(list(members.values()), queue[0]):
                members[i] = queue.pop(0)
        slots.append(_slot(members, index, len(options)))
    return tuple(slots)


def _share(members: list[Any], op: Any) -> bool:
    """Whether an op can share the slot of others."""
    if members[0].align([*members[1:], op]) is not None:
        return True
    rows = [FAMILIES.get(other.family) for other in (*members, op)]
    chooses = {row.choose if row else None for row in rows}
    return len(chooses) == 1 and None not in chooses


def _slot(members: dict[int, Any], index: Array, count: int) -> Op:
    """One op that acts as the member of the chosen option, or not at all if that option has none."""
    ops = list(members.values())
    if any(op.resizes for op in ops) and len(members) < count:
        raise _UnevenError(" and ".join(dict.fromkeys(op.name for op in ops)))
    if len(ops) == 1:
        (i,) = members
        return ops[0] if count == 1 else ops[0].gate(index == i)
    position = jnp.zeros((), jnp.int32)
    present: Any = jnp.array(False)
    for place, i in enumerate(members):
        position = jnp.where(index == i, place, position)
        present = present | (index == i)
    return _chosen(ops, position).gate(True if len(members) == count else present)


def _chosen(ops: list[Any], position: Array) -> Op:
    """The op at a position, as a choice of numbers where the ops align, else as their family chooses."""
    aligned = ops[0].align(ops[1:])
    if aligned is not None:
        return select(position, aligned)
    choose = FAMILIES[ops[0].family].choose
    assert choose is not None, joint_name(ops)
    return choose(position, ops)
