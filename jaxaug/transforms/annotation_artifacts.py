"""What people write and draw into pictures."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.suggestions import nearest
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.marks import ELEMENTS, STYLES, draw_marks
from jaxaug.kernels.stroke_font import CHARACTERS
from jaxaug.ops.tone import Tone, tone

#: Colours of those that are neither black nor white, and of no palette: pure ones, as programs for annotating offer.
PURE = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255))


def some_of(options: tuple[str, ...]) -> Any:
    """Some of a few names, by default all of them; static."""

    def convert(where: str, v: Any) -> tuple[str, ...]:
        chosen = tuple(v) if isinstance(v, list | tuple) else ()
        wrong = next((name for name in chosen if name not in options), None)
        if not chosen or wrong is not None or len(set(chosen)) < len(chosen):
            hint = "" if wrong is None else nearest(str(wrong), options)
            raise ValueError(f"{where} must be some of {', '.join(map(repr, options))}, each once, got {v!r}.{hint}")
        return chosen

    return dataclasses.field(default=options, metadata={"convert": convert, "static": True})


def weights(default: tuple[float, ...] | None) -> Any:
    """How often each of several things is chosen, relative to the others: numbers that may be traced."""

    def convert(where: str, v: Any) -> Any:
        if v is None and default is None:
            return None
        shares = tuple(v) if isinstance(v, list | tuple | np.ndarray) else ()
        if not shares or not all(args.is_number(share) for share in shares):
            raise TypeError(f"{where} must be a list of numbers, got {v!r}.")
        known = [float(share) for share in shares if is_concrete(share)]
        if any(share < 0 for share in known) or (len(known) == len(shares) and not sum(known)):
            raise ValueError(f"{where} must be at least 0, and not all of them 0, got {v!r}.")
        return tuple(float(share) if is_concrete(share) else share for share in shares)

    static: Any = (lambda v: v is None) if default is None else False
    return dataclasses.field(default=default, metadata={"convert": convert, "static": static})


def palette() -> Any:
    """Colours, or None: red, green and blue from 0 to 255; numbers that may be traced."""
    one = args.numbers((0.0, 0.0, 0.0), 0, 255).metadata["convert"]

    def convert(where: str, v: Any) -> Any:
        if v is None:
            return None
        if not isinstance(v, list | tuple | np.ndarray) or not len(v):
            raise TypeError(f"{where} must be a list of colours (red, green, blue), got {v!r}.")
        return tuple(one(f"{where}[{i}]", colour) for i, colour in enumerate(v))

    return dataclasses.field(default=None, metadata={"convert": convert, "static": lambda v: v is None})


@transform
class AnnotationArtifacts(Transform):
    """Draws what people leave in pictures: texts, rectangles, arrows, lines, and callouts, boxed texts with a pointer.

    Args:
        element_types: which of `text`, `rectangle`, `arrow`, `line` and `callout` there are.
        element_probabilities: how often each of them is chosen, relative to the others.
        count_range: range of the number of elements.
        text_length_range: range of the number of characters of texts: capital letters and digits.
        font_scale_range: range of their size: at 1 capitals are 21 pixels high, as in OpenCV's simplex font.
        thickness_range: range of the thickness of lines in pixels; letters are at most a sixth as thick as high.
        size_ratio_range: range of the width and height of rectangles, as fractions of the picture's, and of the length
            of arrows and pointers, as a fraction of its shorter side.
        line_length_ratio_range: range of the length of lines, as a fraction of the picture along them, or of its
            shorter side where their angle is random.
        tip_length_range: range of the length of arrows' tips, as a fraction of theirs.
        corner_prob: how often an element lies in a corner of the picture; else anywhere in it.
        black_white_prob: how often an element is black or white, as often each; else of the palette.
        line_geometry: `axis_aligned` lines are level or upright, `random_angle` ones have any direction,
            `random_endpoints` join two places anywhere, whatever is said of lengths and corners.
        line_styles: which of `solid`, `dashed` and `dotted` lines and rectangles are.
        line_style_probabilities: how often each of them is chosen, relative to the others.
        random_color_prob: how often an element has any colour, whatever is said of black, white and the palette.
        color_palette: list of colours, red, green and blue from 0 to 255; None for six pure ones.
        color_palette_probabilities: how often each of them is chosen, relative to the others; None for as often each.
        line_length_range: range of the length of lines in whole pixels, in place of `line_length_ratio_range`.

    Raises:
        ValueError: other than one probability for each thing that is chosen.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> draw = ja.Compose([ja.AnnotationArtifacts(count_range=(3, 3), black_white_prob=1, p=1)])
        >>> out = draw(jax.random.key(0), image=jnp.full((64, 64), 0.5))["image"]
        >>> {round(float(v), 2) for v in out.reshape(-1)} <= {0.0, 0.5, 1.0}, bool((out != 0.5).any())
        (True, True)

    Names and arguments are those of Albumentations' successor, and mean what their names tell. The font has straight
    strokes, which are not smoothed. Images of other than three channels get the brightness of the colours.
    """

    needs_range = True

    element_types: Any = some_of(ELEMENTS)
    element_probabilities: Any = weights((0.35, 0.2, 0.2, 0.15, 0.1))
    count_range: Range = args.pair((1, 3), None, 0, static=True)
    text_length_range: Range = args.pair((1, 5), None, 1, static=True)
    font_scale_range: Range = args.pair((0.3, 1.2), None, 0, static=float)
    thickness_range: Range = args.pair((1, 3), None, 1, static=True)
    size_ratio_range: Range = args.pair((0.1, 0.35), None, 0, 1)
    line_length_ratio_range: Range = args.pair((0.1, 0.8), None, 0, 1)
    tip_length_range: Range = args.pair((0.2, 0.4), None, 0, 1)
    corner_prob: Scalar = args.number(0.6, 0, 1)
    black_white_prob: Scalar = args.number(0.85, 0, 1)
    line_geometry: str = args.choice("axis_aligned", ("axis_aligned", "random_endpoints", "random_angle"))
    line_styles: Any = some_of(STYLES)
    line_style_probabilities: Any = weights((0.55, 0.35, 0.1))
    random_color_prob: Scalar = args.number(0.0, 0, 1)
    color_palette: Any = palette()
    color_palette_probabilities: Any = weights(None)
    line_length_range: Any = args.pair(None, None, 1, optional=True)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        chances = {
            "element": (self.element_types, self.element_probabilities),
            "line_style": (self.line_styles, self.line_style_probabilities),
            "color_palette": (self._palette, self.color_palette_probabilities),
        }
        for name, (things, shares) in chances.items():
            if shares is not None and len(shares) != len(things):
                raise ValueError(
                    f"AnnotationArtifacts({name}_probabilities=...) must have one number for each of {len(things)}, "
                    f"got {len(shares)}."
                )

    @property
    def _palette(self) -> Any:
        return PURE if self.color_palette is None else self.color_palette

    def draw(self, rng: Draw, view: View) -> Tone:
        most, longest = max(self.count_range[1], 1), self.text_length_range[1]
        each = (most,)
        elements = jnp.array([ELEMENTS.index(name) for name in self.element_types])
        styles = jnp.array([STYLES.index(name) for name in self.line_styles])
        element = elements[_chosen(rng.uniform("element", shape=each), self.element_probabilities)]
        heading = rng.uniform("heading", shape=each)
        if self.line_geometry == "axis_aligned":
            heading = jnp.where(element == ELEMENTS.index("line"), jnp.round(heading) / 4, heading)
        in_pixels = self.line_length_range is not None
        corner = rng.integer("corner", (0, 3), each)
        options = (
            ("geometry", self.line_geometry),
            ("pixels", in_pixels),
            ("highest", self.font_scale_range[1]),
            ("widest", self.thickness_range[1]),
        )
        return tone(
            draw_marks,
            options=options,
            element=element,
            corner=jnp.where(rng.uniform("in corner", shape=each) < self.corner_prob, corner, -1),
            place=rng.uniform("place", shape=(most, 2)),
            sides=rng.uniform("side", self.size_ratio_range, (most, 2)),
            length=rng.integer("length", self.line_length_range, each).astype(jnp.float32)
            if in_pixels
            else rng.uniform("length", self.line_length_ratio_range, each),
            heading=heading,
            ends=rng.uniform("end", shape=(most, 2, 2)),
            tip=rng.uniform("tip", self.tip_length_range, each),
            scale=rng.uniform("scale", self.font_scale_range, each),
            letters=rng.integer("letter", (0, len(CHARACTERS) - 1), (most, longest)),
            count=rng.integer("characters", self.text_length_range, each),
            thickness=rng.integer("thickness", self.thickness_range, each),
            style=styles[_chosen(rng.uniform("style", shape=each), self.line_style_probabilities)],
            colour=self._colours(rng, most),
            used=jnp.arange(most) < rng.integer("count", self.count_range),
        )

    def _colours(self, rng: Draw, most: int) -> Array:
        """(K, 3) in full brightnesses."""
        each = (most,)
        plain = jnp.where(rng.uniform("white", shape=each) < 0.5, 1.0, 0.0)[:, None]
        known = jnp.stack([jnp.stack([jnp.asarray(c, jnp.float32) for c in colour]) for colour in self._palette]) / 255
        shares = self.color_palette_probabilities or (1.0,) * len(known)
        listed = known[_chosen(rng.uniform("listed", shape=each), shares)]
        colour = jnp.where((rng.uniform("plain", shape=each) < self.black_white_prob)[:, None], plain, listed)
        any_colour = (rng.uniform("any", shape=each) < self.random_color_prob)[:, None]
        return jnp.where(any_colour, rng.uniform("colour", shape=(most, 3)), colour)


def _chosen(share: Array, weights: Any) -> Array:
    """Indices of what is chosen by floats in (0, 1) and the weights of each."""
    until = jnp.cumsum(jnp.stack([jnp.asarray(weight, jnp.float32) for weight in weights]))
    return jnp.minimum((share[:, None] * until[-1] >= until).sum(axis=1), len(weights) - 1)
