"""Choosing: how the ops of several options become one list that does what one of them does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.outside_jit import look
from jaxaug.core.op import Op, joint_name, select
from jaxaug.core.transform import Ops
from jaxaug.core.types import Scalar, Size
from jaxaug.ops.families import FAMILIES


def gate(ops: Ops, on: Scalar, name: str) -> Ops:
    """Ops that apply only where `on` holds.

    Raises:
        ValueError: they change the size of the picture statically, or write into a buffer that need not hold what
            came in, and whether they apply is not known.
    """
    if on is True:
        return ops
    changes = [op.resizes for op in ops if op.resizes and not (op.tells_size and _holds(*op.resizes))]
    if changes:
        if look(on):
            return ops if bool(on) else ()
        before, after = changes[0][0], changes[-1][1]
        if all(op.tells_size for op in ops if op.resizes):
            side = max(before)
            square = f", or pad to a square buffer: ja.pad_batch(samples, size={side})" if after == before[::-1] else ""
            raise ValueError(
                f"{name} is applied at random, and writes pictures with a 'size' from a buffer of {before[0]} x "
                f"{before[1]} into one of {after[0]} x {after[1]}, which cannot hold them where it is not applied. Use "
                f"{name}(p=1){square}."
            )
        raise ValueError(
            f"{name} changes the size from {before} to {after}, but is applied at random, and under "
            f"jit or vmap shapes cannot be random. Use {name}(p=1), or give it pictures that already have the size."
        )
    return tuple(op.gate(on) for op in ops)


def _holds(before: Size, after: Size) -> bool:
    """Whether what fits into a buffer fits into another."""
    return after[0] >= before[0] and after[1] >= before[1]


def merge(options: Sequence[Ops], index: Array) -> Ops:
    """One list of ops that does what the option of that index does.

    Ops of different options that align share a slot, and the choice is one of numbers; ops that their family can choose
    among share one too. What is left gets slots of its own, inactive in the other options, so that every option keeps
    its order.
    """
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
    chooses = {FAMILIES[other.family].choose for other in (*members, op)}
    return len(chooses) == 1 and None not in chooses


def _slot(members: dict[int, Any], index: Array, count: int) -> Op:
    """One op that acts as the member of the chosen option, or not at all if that option has none."""
    ops = list(members.values())
    if any(op.resizes for op in ops) and len(members) < count:
        raise ValueError(
            f"OneOf({', '.join(op.name for op in ops)}, ...): some options change the size of the picture and others "
            "do not, and shapes cannot be random. Give all options one size, or put the change of size behind the "
            "choice."
        )
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
