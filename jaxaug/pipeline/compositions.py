"""Choosing and chaining: how compositions turn a key into a list of ops."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.draw import Draw, child_keys
from jaxaug.core.transform import Transform, transform
from jaxaug.engine.state import State
from jaxaug.geometry.warp import Warp
from jaxaug.ops.pixels import PixelOp, Switch

Ops = tuple[Any, ...]


def children(where: str, transforms: Any) -> tuple[Any, ...]:
    """A list of transforms as a tuple.

    Args:
        where: what the message names.
        transforms: what the user gave.

    Raises:
        TypeError: something in it is no transform.
    """
    if not isinstance(transforms, list | tuple):
        raise TypeError(f"{where} must be a list of transforms, got {type(transforms).__name__}.")
    for i, child in enumerate(transforms):
        if isinstance(child, type):
            raise TypeError(f"{where}[{i}] is the class {child.__name__}: call it, {child.__name__}(...).")
        if not isinstance(child, Transform | OneOf | Sequential):
            raise TypeError(
                f"{where}[{i}] must be a transform, OneOf or Sequential, got {type(child).__name__}. "
                "Only the outermost composition is a Compose."
            )
    return tuple(transforms)


def _list() -> Any:
    return dataclasses.field(metadata={"convert": children, "static": False})


@transform
class Sequential:
    """Transforms one after another, together at random.

    Args:
        transforms: list of transforms.
        p: how often they are applied, all or none.

    Example:
        >>> import jaxaug as ja
        >>> len(ja.Sequential([ja.HorizontalFlip(), ja.RandomGamma()]).transforms)
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any = _list()
    p: Any = args.probability(0.5)


@transform
class OneOf:
    """One of several transforms, chosen at random per sample.

    The chosen transform is always applied; the children's own p are the weights of the choice. Options that move
    pictures are chosen by their numbers, so a choice costs little more than its dearest option.

    Args:
        transforms: list of transforms or compositions.
        p: how often any is applied.

    Raises:
        ValueError: all children have p=0, or some change the size of the picture and others do not.

    Example:
        >>> import jaxaug as ja
        >>> len(ja.OneOf([ja.Rotate(), ja.Perspective()], p=1).transforms)
        2

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any = _list()
    p: Any = args.probability(0.5)

    def check(self) -> None:
        weights = [c.p for c in self.transforms]
        if not weights:
            raise ValueError("OneOf(transforms=[]) needs at least one option.")
        if all(is_concrete(w) for w in weights) and sum(float(w) for w in weights) <= 0:
            raise ValueError("OneOf(transforms=...) needs an option with p above 0: the p of the options are weights.")


# Traversal ----------------------------------------------------------------------------------------------------------


def traverse(node: Any, key: Array, state: State) -> Ops:
    """Draws the ops of a transform or composition and pushes them through a state."""
    rng = Draw(key)
    on = _coin(rng, node.p)
    if on is False:
        return ()
    if isinstance(node, Transform):
        drawn = node.draw(rng, state.view)
        name = type(node).__name__
        ops = tuple(struct.replace(op, name=name) for op in (drawn if isinstance(drawn, tuple) else (drawn,)))
    elif isinstance(node, OneOf):
        ops = _choose(node, key, rng, state)
    else:
        ops = sequence(node.transforms, key, state.fork())
    ops = _gate(ops, on, type(node).__name__)
    for op in ops:
        state.push(op)
    return ops


def sequence(transforms: Sequence[Any], key: Array, state: State) -> Ops:
    """Transforms one after another, each with a key of its name and occurrence."""
    ops: Ops = ()
    for child, child_key in zip(transforms, child_keys(key, [type(c).__name__ for c in transforms]), strict=True):
        ops += traverse(child, child_key, state)
    return ops


def _coin(rng: Draw, p: Any) -> Any:
    if isinstance(p, float) and p in (0.0, 1.0):
        return p == 1.0
    return rng.coin("p", p)


def _gate(ops: Ops, on: Any, name: str) -> Ops:
    if on is True:
        return ops
    size = next((op.size_in for op in ops if isinstance(op, Warp)), None)
    last = next((op.size_out for op in reversed(ops) if isinstance(op, Warp)), None)
    if any(isinstance(op, Warp) and op.resizes and op.extent_out is None for op in ops):
        if is_concrete(on):
            return ops if bool(on) else ()
        raise ValueError(
            f"{name} changes the size from {size} to {last}, but is applied at random, and under jit or vmap shapes "
            f"cannot be random. Use {name}(p=1), or give it pictures that already have the size."
        )
    return tuple(op.gate(on) for op in ops)


def _choose(node: OneOf, key: Array, rng: Draw, state: State) -> Ops:
    """The ops of a choice: every option's parameters are drawn, the chosen one's are kept."""
    weights = [child.p for child in node.transforms]
    total = sum(weights[1:], weights[0])
    edges = jnp.cumsum(jnp.stack([jnp.asarray(w, jnp.float32) for w in weights])) / total
    index = jnp.sum(rng.uniform("choice") >= edges).astype(jnp.int32)
    index = jnp.minimum(index, len(weights) - 1)
    keys = child_keys(key, [type(child).__name__ for child in node.transforms])
    options = [
        traverse(struct.replace(child, p=1.0), child_key, state.fork())
        for child, child_key in zip(node.transforms, keys, strict=True)
    ]
    return merge(options, index)


def merge(options: list[Ops], index: Array) -> Ops:
    """One list of ops that does what the option of that index does.

    Ops of different options that differ only in numbers share a slot, and the choice is one of numbers; ops on
    pixels that differ in kind share a slot that branches. What is left gets slots of its own, inactive in the other
    options, so that every option keeps its order.
    """
    queues = [list(o) for o in options]
    slots: list[Any] = []
    while any(queues):
        lead = next(i for i, q in enumerate(queues) if q)
        op = queues[lead].pop(0)
        members = {lead: op}
        for i in range(len(queues)):
            if i not in members and queues[i] and _together(list(members.values()), queues[i][0]):
                members[i] = queues[i].pop(0)
        slots.append(_slot(members, index, len(options)))
    return tuple(slots)


def _together(members: list[Any], op: Any) -> bool:
    first = members[0]
    if isinstance(first, Warp):
        return isinstance(op, Warp) and all(m.align(op) is not None for m in members)
    if isinstance(first, PixelOp):
        return isinstance(op, PixelOp)
    return _structure(first) == _structure(op) and _shapes(first) == _shapes(op)


def _structure(tree: Any) -> Any:
    return jax.tree.structure(tree)


def _shapes(tree: Any) -> list[Any]:
    return [(jnp.shape(x), jnp.result_type(x)) for x in jax.tree.leaves(tree)]


def _slot(members: dict[int, Any], index: Array, count: int) -> Any:
    """One op that acts as the member of the chosen option, or not at all if that option has none."""
    ops = list(members.values())
    if any(isinstance(op, Warp) and op.resizes for op in ops) and len(members) < count:
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
    on: Any = True if len(members) == count else present
    aligned = _aligned(ops)
    if aligned is None:
        name = "|".join(dict.fromkeys(op.name for op in ops))
        return Switch(position, tuple(ops), name=name).gate(on)
    chosen = jax.tree.map(lambda *leaves: _select(position, leaves), *aligned)
    return chosen.gate(on)


def _aligned(ops: list[Any]) -> list[Any] | None:
    """The ops with one tree structure, or None."""
    name = "|".join(dict.fromkeys(op.name for op in ops))
    out = [struct.replace(op, active=jnp.asarray(op.active), name=name) for op in ops]
    if hasattr(out[0], "align"):
        for i in range(1, len(out)):
            both = out[0].align(out[i])
            if both is None:
                return None
            out[0] = both[0]
        for i in range(1, len(out)):
            both = out[0].align(out[i])
            if both is None:
                return None
            out[i] = both[1]
        out = [struct.replace(op, name=name) for op in out]
        for field in ("fill", "fill_mask"):
            if hasattr(out[0], field):
                out = _same_fill(out, field)
    same = all(_structure(o) == _structure(out[0]) and _shapes(o) == _shapes(out[0]) for o in out)
    return out if same else None


def _same_fill(ops: list[Any], field: str) -> list[Any]:
    """Fills of one shape: single numbers are repeated where another op has one per channel."""
    values = [jnp.asarray(getattr(op, field), jnp.float32).reshape(-1) for op in ops]
    length = max(v.size for v in values)
    return [struct.replace(op, **{field: jnp.broadcast_to(v, (length,))}) for op, v in zip(ops, values, strict=True)]


def _select(position: Array, leaves: Sequence[Any]) -> Array:
    return jnp.take(jnp.stack([jnp.asarray(leaf) for leaf in leaves]), position, axis=0, mode="clip")
