"""The operations that policies choose among, and a choice of one of them by numbers alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp

from jaxaug.core.random import Draw
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrices import vector
from jaxaug.geometry.warp import Warp, matrix_warp
from jaxaug.kernels.levels import KINDS, adjust_levels, adjust_saturation, adjust_sharpness
from jaxaug.ops.pixel_choice import PixelChoice
from jaxaug.ops.tone import tone

#: Operations that move pixels, and all others.
MOVING = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
NAMES = ("Identity", *MOVING, "Color", "Sharpness", *KINDS)


@dataclasses.dataclass(frozen=True)
class Space:
    """What the operations do at full strength.

    Args:
        shear: shift of a pixel for each pixel across.
        translate: fraction of the side, or pixels if `in_pixels`.
        rotate: degrees.
        factor: by how much factors of brightness, colour, contrast and sharpness differ from one.
        bits: how many of the bits of a level go.
        in_pixels: whether shifts count pixels.
        kept: bits of a level before any go.
    """

    shear: float = 0.3
    translate: float = 150.0 / 331.0
    rotate: float = 30.0
    factor: float = 0.9
    bits: float = 4.0
    in_pixels: bool = False
    kept: float = 8.0


def operation(
    rng: Draw, view: View, place: str, which: Any, strength: Any, space: Space, on: Any = True, **reading: Any
) -> tuple[Warp, PixelChoice]:
    """One operation, chosen by its number: a warp and a change of colour, of which at most one is active.

    Args:
        rng: draws whether it goes one way or the other.
        view: the sample.
        place: tells this draw from others.
        which: number among `NAMES`.
        strength: from 0 to 1.
        space: what operations do at full strength.
        on: whether it is applied at all.
        **reading: how pictures are read, and what shows outside.
    """
    sign = jnp.where(rng.coin(f"{place} sign", 0.5), -1.0, 1.0)
    return signed_operation(view, which, strength, sign, space, on, name=place, **reading)


def signed_operation(
    view: View, which: Any, strength: Any, sign: Any, space: Space, on: Any = True, **settings: Any
) -> tuple[Warp, PixelChoice]:
    """One operation, chosen by its number, that goes one way: a warp and a change of colour.

    Args:
        view: the sample.
        which: number among `NAMES`.
        strength: from 0 to 1.
        sign: 1 or -1.
        space: what operations do at full strength.
        on: whether it is applied at all.
        **settings: how pictures are read, and what shows outside.
    """
    named = {name: which == number for number, name in enumerate(NAMES)}

    def only(name: str, value: Any) -> Any:
        return jnp.where(named[name], value, 0.0)

    height, width = view.size
    shift = sign * strength * space.translate
    far = [jnp.trunc(shift if space.in_pixels else shift * side) for side in (width, height)]
    turn = jnp.deg2rad(only("Rotate", sign * strength * space.rotate))
    c, s = jnp.cos(turn), jnp.sin(turn)
    # About the centre, counter-clockwise; shears leave the corner where it is.
    across, down = width / 2, height / 2
    matrix = vector(
        c,
        only("ShearX", sign * strength * space.shear) - s,
        across - c * across + s * down - only("TranslateX", far[0]),
        only("ShearY", sign * strength * space.shear) + s,
        c,
        down - s * across - c * down - only("TranslateY", far[1]),
        0.0,
        0.0,
        1.0,
    ).reshape(3, 3)
    warp = matrix_warp(matrix, view.canvas, view.canvas, Structure.AFFINE, **settings)
    moves = jnp.stack([named[name] for name in MOVING]).any() & on
    changes = jnp.stack([named[name] for name in ("Color", "Sharpness", *KINDS)]).any() & on
    factor = 1.0 + sign * strength * space.factor
    amount = jnp.where(
        named["Posterize"],
        space.kept - jnp.round(strength * space.bits),
        jnp.where(named["Solarize"], 255.0 * (1.0 - strength), factor),
    )
    kind = jnp.maximum(which - NAMES.index(KINDS[0]), 0)
    index = jnp.where(named["Color"], 0, jnp.where(named["Sharpness"], 1, 2))
    colours = [
        tone(adjust_saturation, factor=factor),
        tone(adjust_sharpness, factor=factor),
        tone(adjust_levels, kind=kind, amount=amount),
    ]
    return warp.gate(moves), PixelChoice.among(index, colours).gate(changes)
