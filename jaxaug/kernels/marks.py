"""Marks that people draw into pictures: texts, rectangles, arrows, lines, and texts in a box with a pointer."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.colour_matrix import luma
from jaxaug.kernels.decorators import Planes, planewise
from jaxaug.kernels.line_drawing import dashes, topmost_line
from jaxaug.kernels.stroke_font import HEIGHT, text_lines, text_width

#: What a mark may be, and how its lines may be drawn, by number.
ELEMENTS = ("text", "rectangle", "arrow", "line", "callout")
STYLES = ("solid", "dashed", "dotted")
#: Pixels of the height of a capital letter at a scale of 1, as in OpenCV's `FONT_HERSHEY_SIMPLEX`.
CAPITAL = 21
#: The distance of marks in corners from the edge, as a fraction of the shorter side.
MARGIN = 0.02
#: The angle of the lines of an arrow's tip.
TIP_ANGLE = math.pi / 4


@planewise()
@with_own_settings
def draw_marks(
    image: Planes,
    element: Array,
    corner: Array,
    place: Array,
    sides: Array,
    length: Array,
    heading: Array,
    ends: Array,
    tip: Array,
    scale: Array,
    letters: Array,
    count: Array,
    thickness: Array,
    style: Array,
    colour: Array,
    used: Array,
    *,
    size: Any,
    geometry: str = "axis_aligned",
    pixels: bool = False,
    highest: float = 1.2,
    widest: int = 3,
) -> Planes:
    """Marks of one colour each, one over another.

    Args:
        image: (H, W, C).
        element: (K,) which of `ELEMENTS` each is.
        corner: (K,) the corner that each lies in: 0 and 2 left, 0 and 1 above; below 0 it lies anywhere.
        place: (K, 2) in [0, 1): where it lies then, by the room that there is.
        sides: (K, 2) width and height of rectangles as fractions of the picture's; the first is the length of arrows
            and pointers, as a fraction of the shorter side.
        length: (K,) of lines, as a fraction of the picture, or in pixels.
        heading: (K,) direction of lines, arrows and pointers in turns, clockwise from the right.
        ends: (K, 2, 2) in [0, 1): x and y of both ends of lines of random ends.
        tip: (K,) length of the tip of arrows, as a fraction of theirs.
        scale: (K,) of the font.
        letters: (K, N) of texts, and `count`: (K,) how many of them.
        thickness: (K,) of lines in pixels.
        style: (K,) which of `STYLES` lines and rectangles have.
        colour: (K, 3) in full brightnesses.
        used: (K,) which marks there are.
        size: true (height, width).
        geometry: `axis_aligned` or `random_angle`: lines go by their heading, and their length is a fraction of the
            width and height, or of the shorter side; `random_endpoints`: they join their ends.
        pixels: lengths are in pixels, up to the same sides.
        highest: the largest scale.
        widest: the largest thickness.
    """
    buffer = image[0].shape
    picture = jnp.stack([jnp.asarray(n, jnp.float32) for n in (size[1], size[0])])
    shorter = picture.min()
    turn = 2 * math.pi * heading
    ahead = jnp.stack([jnp.cos(turn), jnp.sin(turn)], axis=-1)
    reach = picture if geometry == "axis_aligned" else shorter
    along = jnp.minimum(length[:, None], reach) if pixels else length[:, None] * reach
    line = jnp.diff(ends, axis=1)[:, 0] * picture if geometry == "random_endpoints" else ahead * along
    arrow = ahead * sides[:, :1] * shorter
    unit = CAPITAL / HEIGHT * scale
    text = jnp.stack([text_width(count, unit), HEIGHT * unit], axis=-1)
    frame = jnp.where(_is(element, "callout"), text + unit[:, None] * HEIGHT, sides * picture)
    # A pointer begins at the corner of its box that lies ahead.
    pointed = jnp.where(ahead > 0, frame, 0.0) + arrow

    lines, drawn = _lines(element, frame, line, arrow, pointed, tip)
    words, written = text_lines(letters, count, unit)
    words = words + jnp.where(_is(element, "callout"), unit[:, None] * HEIGHT / 2, 0.0)[:, None, None]
    written &= _is(element, "text", "callout")
    last = _choose(element, {"text": text, "arrow": arrow, "line": line, "callout": pointed}, frame)
    boxed = jnp.where(_is(element, "callout"), frame, 0.0)
    first, extent = jnp.minimum(last, 0.0), jnp.maximum(last, boxed) - jnp.minimum(last, 0.0)
    room = jnp.maximum(picture - 1 - extent, 0.0)
    cornered = jnp.stack([corner % 2, corner // 2], axis=-1) == 1
    margin = jnp.minimum(MARGIN * shorter, room)
    at = jnp.where((corner < 0)[:, None], place * room, jnp.where(cornered, room - margin, margin))
    if geometry == "random_endpoints":
        at = jnp.where(_is(element, "line"), ends.min(axis=1) * picture, at)
    origin = (at - first)[:, None, None]

    number = jnp.where(used, jnp.arange(len(element)) + 1, 0)
    fine = jnp.clip(jnp.round(unit), 1, thickness)
    solid = dashes(jnp.zeros_like(style), thickness)
    styled = jnp.where(_is(element, "line", "rectangle"), dashes(style, thickness), solid)
    shown = jnp.maximum(
        _drawn(buffer, lines + origin, thickness, jnp.where(drawn, number[:, None], 0), styled, max(buffer), widest),
        _drawn(
            buffer,
            words + origin,
            fine,
            jnp.where(written, number[:, None], 0),
            solid,
            math.ceil(CAPITAL * highest) + widest + 2,
            widest,
        ),
    )
    planes = image
    for k in range(len(element)):
        tints = tuple(colour[k]) if len(image) == 3 else (luma(tuple(colour[k])),) * len(image)
        planes = tuple(jnp.where(shown == k + 1, tint, plane) for tint, plane in zip(tints, planes, strict=True))
    return planes


def _is(element: Array, *names: str) -> Array:
    """(K, 1) whether marks are one of some elements."""
    return jnp.isin(element, jnp.array([ELEMENTS.index(name) for name in names]))[:, None]


def _choose(element: Array, values: dict[str, Array], otherwise: Array) -> Array:
    for name, value in values.items():
        is_one = _is(element, name)
        otherwise = jnp.where(is_one.reshape(-1, *(1,) * (value.ndim - 1)), value, otherwise)
    return otherwise


def _lines(element: Array, frame: Array, line: Array, arrow: Array, pointed: Array, tip: Array) -> tuple[Array, Array]:
    """(K, 5, 2, 2) both ends of the lines of marks but for their letters, and (K, 5) which lines there are."""
    nothing = jnp.zeros_like(frame)
    right, below = frame * jnp.array([1.0, 0.0]), frame * jnp.array([0.0, 1.0])
    box = [(nothing, right), (right, frame), (frame, below), (below, nothing)]
    back = -arrow * tip[:, None]
    cosine, sine = math.cos(TIP_ANGLE), math.sin(TIP_ANGLE)
    wings = [
        jnp.stack([back[:, 0] * cosine - back[:, 1] * s, back[:, 0] * s + back[:, 1] * cosine], axis=-1)
        for s in (sine, -sine)
    ]
    shaft = [(nothing, arrow), (arrow, arrow + wings[0]), (arrow, arrow + wings[1])]
    made = {
        "rectangle": box,
        "arrow": shaft,
        "line": [(nothing, line)],
        "callout": [*box, (pointed - arrow, pointed)],
    }
    most = 5
    empty = [(nothing, nothing)] * most
    stacked = {
        name: jnp.stack([jnp.stack(ends, axis=1) for ends in (lines + empty)[:most]], axis=1)
        for name, lines in made.items()
    }
    count = _choose(
        element, {name: jnp.full((len(tip), 1), len(lines)) for name, lines in made.items()}, nothing[:, :1]
    )
    return _choose(element, stacked, jnp.zeros((len(tip), most, 2, 2))), jnp.arange(most) < count


def _drawn(
    buffer: tuple[int, ...], lines: Array, thickness: Array, number: Array, dash: Array, steps: int, widest: int
) -> Array:
    """(H, W) which mark each pixel shows, of lines (K, L, 2, 2) with numbers (K, L)."""
    each = lines.shape[1]
    return topmost_line(
        buffer,
        lines.reshape(-1, 2, 2),
        jnp.repeat(thickness.astype(jnp.float32), each),
        number.reshape(-1),
        jnp.repeat(dash, each, axis=0),
        steps=steps,
        widest=widest,
    )
