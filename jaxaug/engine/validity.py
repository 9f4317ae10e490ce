"""Validity: which rows of an annotation are in use, and how a sample is told which are left."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.core.annotation import Annotation
from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf, SampleLayout


def flags_in_use(layout: SampleLayout, values: list[Any], leaf: Leaf, shape: tuple[int, ...]) -> Array:
    """Which rows of an annotation are in use, by the validity entries beside it.

    Args:
        layout: of the sample.
        values: its leaves.
        leaf: the annotation.
        shape: of one flag per row.
    """
    flags = jnp.ones(shape, bool)
    if not ANNOTATIONS[leaf.kind].has_rows:
        return flags
    for other in layout.flags_of(leaf):
        flags &= jnp.asarray(values[other.index]).astype(bool)
    for other in layout.beside(leaf, "valid"):
        valid = jnp.asarray(values[other.index]).astype(bool)
        flags &= valid.reshape(valid.shape + (1,) * (len(shape) - 1))
    return flags


def tell(layout: SampleLayout, leaf: Leaf, rows: Annotation, new: Array, valid: Array, out: list[Any]) -> Array:
    """Tells the validity entries of an annotation which rows are left.

    Args:
        layout: of the sample.
        leaf: the annotation.
        rows: how it ended.
        new: its entry.
        valid: which rows are left.
        out: the leaves of the result, into which flags are written.

    Returns:
        The entry; without flags of its own, rows that are gone become all zeros.
    """
    kind = ANNOTATIONS[leaf.kind]
    if not kind.has_rows:
        return new
    flags = layout.flags_of(leaf)
    for other in flags:
        out[other.index] = valid.astype(jnp.asarray(out[other.index]).dtype)
    # Beside boxes, `valid` tells of the boxes: a point that left while its box stayed is still to be told of.
    leads = kind.instances or not any(ANNOTATIONS[other.kind].instances for other in layout.rows_beside(leaf))
    told = bool(flags) or (bool(layout.beside(leaf, "valid")) and valid.ndim == 1 and leads)
    if told or not rows.zeroes_dead:
        return jnp.where(jnp.isfinite(new), new, 0) if jnp.issubdtype(new.dtype, jnp.floating) else new
    alive = valid.reshape(valid.shape + (1,) * (new.ndim - valid.ndim))
    return jnp.where(alive, new, jnp.zeros_like(new))


def tell_instances(layout: SampleLayout, values: list[Any], alive: dict[int, Array], out: list[Any]) -> None:
    """Writes each `valid` entry: an instance lives while all its rows do, of points while any does, and its mask.

    Args:
        layout: of the sample.
        values: the leaves that came in.
        alive: which rows of each annotation are left.
        out: the leaves of the result.
    """
    for leaf in layout.kind("valid"):
        here = jnp.asarray(out[leaf.index]).astype(bool)
        rows = layout.rows_beside(leaf)
        leading = [other for other in rows if ANNOTATIONS[other.kind].instances]
        for other in leading or rows:
            flags = alive[other.index]
            here &= flags if leading else flags.any(axis=tuple(range(1, flags.ndim)))
        masks = layout.instance_masks(leaf)
        if masks:
            before, after = (jnp.concatenate([_shown(leaves[m.index], m) for m in masks]) for leaves in (values, out))
            # An instance that never had a mask is told of by its rows alone.
            here &= after | ~before
        out[leaf.index] = here


def _shown(masks: Array, leaf: Leaf) -> Array:
    """(N,) whether each mask of an entry, which may be a single one, has any pixel."""
    each = masks if leaf.leading else masks[None]
    return (each != 0).any(axis=tuple(range(1, each.ndim)))
