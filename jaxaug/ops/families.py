"""The table of families: what runs the ops of each on pictures, and what a choice among them is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from jax import Array

from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.ops.axes import keep_axes
from jaxaug.ops.centre_filter import CentreFilter
from jaxaug.ops.chain_mixture import ChainMixture
from jaxaug.ops.elements import lay_over
from jaxaug.ops.erase import cut_out
from jaxaug.ops.functions import call_functions
from jaxaug.ops.morphology import morph
from jaxaug.ops.pixel_choice import PixelChoice
from jaxaug.ops.pixel_pass import run_pass
from jaxaug.ops.selected import Selected
from jaxaug.ops.volume import change_volumes
from jaxaug.ops.voxel import move_voxels
from jaxaug.sampling.reading import read_picture


@dataclasses.dataclass(frozen=True)
class Family:
    """What the engine knows of a family of ops.

    Args:
        run: takes a picture (frames, height, width, channels) through neighbouring ops that are fitted to it.
        choose: one op that acts as one of several, by index, where they do not align; None if there is none.
        moves: they may change where a picture is kept.
    """

    run: Callable[[Array, Sequence[Any], PictureInfo], Array]
    choose: Callable[[Scalar, Sequence[Any]], Op] | None = None
    moves: bool = False


def change_channels(picture: Array, ops: Sequence[Selected], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) through ops on some of its channels, one after another."""
    for op in ops:
        part, inner = op.taken(picture), op.inner(info)
        for step in op.ops:
            part, inner = FAMILIES[step.family].run(part, [step], inner), step.after(inner)
        picture = op.put_back(picture, part)
    return picture


def leave_pictures(picture: Array, ops: Sequence[CentreFilter], info: PictureInfo) -> Array:
    """A picture after ops that change none."""
    return picture


def mix_chains(picture: Array, ops: Sequence[ChainMixture], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) after mixtures of chains of ops, one after another."""

    def apply(picture: Array, steps: Sequence[Any]) -> Array:
        inner = info
        for step in steps:
            fitted = step.for_picture(inner)
            picture, inner = FAMILIES[fitted.family].run(picture, [fitted], inner), fitted.after(inner)
        return picture

    for op in ops:
        picture = op.mixed(picture, apply)
    return picture


#: Families that one function runs go through a picture together. Mix has no row: its ops are stages of a batch.
PIXELS = Family(run_pass, PixelChoice.among)
FAMILIES: dict[str, Family] = {
    "warp": Family(read_picture, moves=True),
    "tone": PIXELS,
    "filter": PIXELS,
    "noise": PIXELS,
    "overlay": PIXELS,
    "spectral": PIXELS,
    "choice": PIXELS,
    "erase": Family(cut_out),
    "elements": Family(lay_over),
    "morphology": Family(morph),
    "voxel": Family(move_voxels),
    "volume": Family(change_volumes),
    "axes": Family(keep_axes),
    "functions": Family(call_functions),
    "selected": Family(change_channels),
    "mixture": Family(mix_chains),
    "rows": Family(leave_pictures),
}
