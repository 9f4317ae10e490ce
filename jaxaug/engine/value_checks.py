"""Looking at the values of a sample or a batch where they are known: rows that are wrong, pictures of another range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend.struct import is_concrete
from jaxaug.core.annotation import Placement
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.settings import Settings
from jaxaug.core.types import Path

#: How far beyond full brightness an image may go, in full brightnesses, before it must be counting to another value.
TOO_BRIGHT = 1.5
#: Values of a picture that are looked at.
LOOKED_AT = 2**20


def can_look(leaf: Any) -> bool:
    """Whether the values of a leaf are on this host, or come to it at once."""
    return is_concrete(leaf) and not (isinstance(leaf, jax.Array) and not leaf.is_fully_addressable)


def check_rows(layout: SampleLayout, values: list[Any], settings: Settings, *, batched: bool = False) -> None:
    """Looks at all annotations.

    Args:
        layout: of a sample.
        values: its leaves, or those of a batch.
        settings: of the pipeline.
        batched: every leaf has a batch axis in front.

    Raises:
        ValueError: a row that is wrong, by target and number.
    """
    for leaf in layout.annotations:
        if not all(can_look(values[other.index]) for other in layout.beside(leaf)):
            continue
        own = _own_canvas(layout, values, leaf.group, batched=batched)
        used = _rows_that_count(layout, values, leaf, batched=batched)
        at = Placement(leaf.label, settings.params_of(leaf), own, own, batched)
        ANNOTATIONS[leaf.kind].check(np.asarray(values[leaf.index]), used, at)


def _own_canvas(layout: SampleLayout, values: list[Any], group: Path, *, batched: bool) -> Canvas:
    """The canvas whose pixels the rows of a group count; of a batch, with the sizes of all its pictures."""
    told, here = layout.size_leaves(group), layout.size_of(group)
    if not told:
        return Canvas(here)
    parts = [np.asarray(values[leaf.index], np.float32) for leaf in told]
    lead = parts[0].shape[:batched]
    size = np.concatenate([part.reshape(*lead, -1) for part in parts], axis=-1)
    return Canvas(here, np.clip(size, 1.0, np.array(layout.size_of(told[0].group), np.float32)))


def _rows_that_count(layout: SampleLayout, values: list[Any], leaf: Leaf, *, batched: bool) -> np.ndarray:
    """Which rows have values that mean something: those in use that are not all zeros.

    Rows of zeros are what is left of rows that are gone, where no validity entry tells of them.
    """
    kind, rows = ANNOTATIONS[leaf.kind], np.asarray(values[leaf.index])
    shape = (*rows.shape[:batched], *kind.rows_shape(rows.shape[batched:]))
    if not kind.has_rows:
        return np.ones(shape, bool)
    used = np.ones(shape, bool)
    for other in (*layout.flags_of(leaf), *layout.beside(leaf, "valid")):
        flags = np.asarray(values[other.index]).astype(bool)
        used &= flags.reshape(flags.shape + (1,) * (used.ndim - flags.ndim))
    if kind.instances:
        place = rows[..., : kind.place_columns] if kind.place_columns else rows
        used &= (place != 0).any(axis=tuple(range(used.ndim, place.ndim)))
    return used


def check_range(layout: SampleLayout, values: list[Any], settings: Settings, names: Sequence[str]) -> None:
    """Looks at the brightest value of each image of floats.

    Args:
        layout: of a sample.
        values: its leaves, or those of a batch.
        settings: of the pipeline, which say what full brightness is.
        names: of the transforms that need images between 0 and full brightness.

    Raises:
        ValueError: an image that counts to another value, or is not a number somewhere.
    """
    for leaf in layout.pictures if names else ():
        picture = values[leaf.index]
        if leaf.kind != "image" or not jnp.issubdtype(picture.dtype, jnp.floating) or not can_look(picture):
            continue
        most, full = _brightest(picture), settings.max_value
        if most <= TOO_BRIGHT * full:
            continue
        who = f"{names[0]} counts" if len(names) == 1 else f"{names[0]} and {len(names) - 1} more count"
        if np.isnan(most):
            raise ValueError(f"{leaf.label!r} holds NaN, and {who} on numbers: give finite values.")
        counted = next((top for top in (1, 255, 65535) if most <= TOO_BRIGHT * top), None)
        scale = f"divide it by {counted / full:g}" if counted and counted > full else "scale it"
        raise ValueError(
            f"{leaf.label!r} holds values up to {most:g}, but full brightness of a float image is {full:g}, and {who} "
            f"on it: {scale} first, pass whole numbers as uint8 or uint16, or tell what full brightness is, "
            f"Compose(..., max_value={float(counted or most):g}). Images that are standardised already take colour "
            "changes before Normalize only."
        )


def _brightest(picture: Any) -> float:
    """The largest of the values of a picture, or of enough of them; NaN if any of those is."""
    if isinstance(picture, jax.Array) and next(iter(picture.devices())).platform != "cpu":
        return float(jnp.max(picture, initial=0.0))
    host = np.asarray(picture)
    flat = host.reshape(-1) if host.flags.c_contiguous else host
    some = flat[:: max(1, host.size // LOOKED_AT)] if flat.ndim == 1 else flat
    return float(some.max(initial=0.0))
