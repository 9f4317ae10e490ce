"""What a matrix does to a picture, in degrees, factors and pixels, on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxaug.core.canvas import Canvas
from jaxaug.core.plan_wording import number, sides

#: Relative to the picture, what counts as no change.
SLACK = 1e-4


def in_words(matrix: Any, before: Canvas, after: Canvas, *, projective: bool) -> str:
    """A matrix from output to input in words.

    Args:
        matrix: (3, 3).
        before: the canvas of the input.
        after: the canvas of the output.
        projective: its last row counts.

    Returns:
        The window that is shown where the picture is only cut, padded or resized, the corners of the quadrangle that is
        shown where it is a projection, else angle, factors, shear and the shift of the centre.

    Example:
        >>> in_words(np.diag([-1.0, 1.0, 1.0]) + np.eye(3, k=2) * 8, Canvas((4, 8)), Canvas((4, 8)), projective=False)
        'mirrored left and right'
    """
    m = np.asarray(matrix, np.float64)
    (rows, columns), (height, width) = ([float(n) for n in canvas.size] for canvas in (before, after))
    if projective:
        corners = (m @ np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]).T).T
        shown = ", ".join(f"({number(x)}, {number(y)})" for x, y in corners[:, :2] / corners[:, 2:])
        return f"shows the quadrangle {shown}" + _resized(before, after)
    linear = m[:2, :2]
    if (abs(linear[[0, 1], [1, 0]]) < SLACK).all() and (linear[[0, 1], [0, 1]] > 0).all():
        return _window(m, (rows, columns), (height, width)) or "unchanged"
    forward = np.linalg.inv(linear)
    middle = forward @ (np.array([columns, rows]) / 2 - m[:2, 2]) - np.array([width, height]) / 2
    said = list(_turned(forward))
    if (abs(middle) > SLACK * max(width, height)).any():
        said.append(f"shift ({number(middle[0])}, {number(middle[1])}) px")
    return ", ".join(said) + _resized(before, after)


def _window(m: np.ndarray, before: tuple[float, float], after: tuple[float, float]) -> str:
    """What is shown of a picture that is neither turned nor mirrored."""
    left, top = m[0, 2], m[1, 2]
    right, bottom = m[0, 0] * after[1] + left, m[1, 1] * after[0] + top
    whole = np.allclose([left, top, right, bottom], [0, 0, before[1], before[0]], atol=SLACK * max(before))
    scaled = not np.allclose(m[[0, 1], [0, 1]], 1, atol=SLACK)
    said = [] if whole else [f"shows x {number(left)} to {number(right)}, y {number(top)} to {number(bottom)}"]
    return ", ".join([*said, *[f"resized to {sides(after)}"] * scaled])


def _turned(forward: np.ndarray) -> Iterator[str]:
    """A linear map from input to output as a mirror image, factors along x and y, a shear along x, and a turn."""
    mirrored = np.linalg.det(forward) < 0
    if mirrored:
        forward = forward * [-1, 1]
    angle = np.degrees(np.arctan2(-forward[1, 0], forward[0, 0]))
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    upper = np.array([[c, -s], [s, c]]) @ forward
    shear = np.degrees(np.arctan2(-upper[0, 1], upper[1, 1]))
    upside_down = mirrored and abs(abs(angle) - 180) < SLACK
    if mirrored:
        yield "mirrored top and bottom" if upside_down else "mirrored left and right"
    if not upside_down and abs(angle) > 1e-2:
        yield f"{number(angle)} degrees"
    if not np.allclose([upper[0, 0], upper[1, 1]], 1, atol=SLACK):
        yield f"scale {number(upper[0, 0])} x {number(upper[1, 1])}"
    if abs(shear) > 1e-2:
        yield f"shear {number(shear)} degrees"


def _resized(before: Canvas, after: Canvas) -> str:
    sizes = [[float(n) for n in canvas.size] for canvas in (before, after)]
    return "" if sizes[0] == sizes[1] else f", on {sides(sizes[1])}"
