"""Lines, dots and tints on a picture of bytes; places are edge coordinates of its pixels."""

from __future__ import annotations

import numpy as np

#: Colours of labels, instances and rows, in turn.
COLOURS = np.array(
    [
        (230, 25, 75),
        (60, 180, 75),
        (0, 130, 250),
        (255, 200, 0),
        (200, 60, 230),
        (0, 210, 210),
        (245, 130, 48),
        (190, 240, 50),
        (250, 150, 200),
        (0, 128, 128),
        (120, 60, 20),
        (110, 90, 255),
    ],
    np.uint8,
)


def brightness(image: np.ndarray) -> np.ndarray:
    """An image as it is shown.

    Args:
        image: (height, width, channels); whole numbers count by their full range, floats from 0 to 1, or from their
            least to their greatest where they go beyond. Of two channels the first is shown, of many the first three.

    Returns:
        (height, width, 3) floats in [0, 255].
    """
    image = image[..., :3] if image.shape[-1] >= 3 else image[..., :1]
    if image.dtype in (np.uint8, np.uint16):
        level = image / np.iinfo(image.dtype).max
    else:
        level = np.nan_to_num(image.astype(np.float64), posinf=1.0, neginf=0.0)
        low, high = level.min(), level.max()
        if low < -1e-3 or high > 1 + 1e-3:
            level = (level - low) / max(high - low, 1e-9)
    return np.broadcast_to(level.clip(0, 1) * 255, (*image.shape[:2], 3))


def tinted(canvas: np.ndarray, mask: np.ndarray, first: int, alpha: float) -> np.ndarray:
    """A picture under the tint of a mask.

    Args:
        canvas: (height, width, 3) floats.
        mask: (planes, height, width, channels), of any resolution; a single plane of whole numbers holds labels.
        first: index of the colour of label 1 or of the first plane.
        alpha: strength of the tint in [0, 1].
    """
    # A mask of another resolution is read at the centres of the picture's pixels.
    rows, columns = ((np.arange(n) + 0.5) * m // n for n, m in zip(canvas.shape, mask.shape[1:3]))
    mask = mask[:, rows.astype(int)][:, :, columns.astype(int)]
    planes = [plane for frame in mask for plane in np.moveaxis(frame, -1, 0)]
    floats = not np.issubdtype(mask.dtype, np.integer) and mask.dtype != bool
    for i, plane in enumerate(planes):
        if floats:
            weight, label = np.nan_to_num(plane.astype(np.float64)).clip(0, 1), np.full(plane.shape, i)
        else:
            weight = (plane != 0).astype(np.float64)
            label = plane.astype(np.int64) - 1 if len(planes) == 1 else np.full(plane.shape, i)
        weight = weight[..., None] * alpha
        canvas = canvas * (1 - weight) + COLOURS[(label + first) % len(COLOURS)] * weight
    return canvas


def draw_box(canvas: np.ndarray, edges: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a box, given by its edges; the line lies inside it."""
    x0, y0, x1, y1 = (int(v) for v in np.round(np.clip(edges, -1e6, 1e6)))
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    line = min(line, x1 - x0, y1 - y0)
    sides = ((y0, y0 + line, x0, x1), (y1 - line, y1, x0, x1), (y0, y1, x0, x0 + line), (y0, y1, x1 - line, x1))
    for top, bottom, left, right in sides:
        canvas[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour


def draw_oriented(canvas: np.ndarray, row: np.ndarray, zoom: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws an oriented box (centre x, centre y, width, height, angle), and its width axis from the centre on."""
    centre, turn = row[:2], np.deg2rad(row[4])
    across = np.array([np.cos(turn), -np.sin(turn)]) * row[2] / 2
    down = np.array([np.sin(turn), np.cos(turn)]) * row[3] / 2
    corners = [centre + i * across + j * down for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    for start, end in (*zip(corners, corners[1:] + corners[:1]), (centre, centre + across)):
        draw_line(canvas, start * zoom, end * zoom, colour, line)


def draw_polygon(canvas: np.ndarray, vertices: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a closed outline (K, 2), with a square at each vertex."""
    for start, end in zip(vertices, np.roll(vertices, -1, axis=0)):
        draw_line(canvas, start, end, colour, line)
        draw_line(canvas, start, start, colour, 3 * line)


def draw_motion(canvas: np.ndarray, flow: np.ndarray, line: int) -> None:
    """Draws where the motion takes about a dozen pixels along each side: lines that start at a dark spot."""
    zoom = np.array([canvas.shape[1] / flow.shape[1], canvas.shape[0] / flow.shape[0]])
    step = max(1, max(flow.shape[:2]) // 12)
    for y in range(step // 2, flow.shape[0], step):
        for x in range(step // 2, flow.shape[1], step):
            if np.isfinite(flow[y, x]).all() and flow[y, x].any():
                start = np.array([x + 0.5, y + 0.5])
                draw_line(canvas, start * zoom, (start + flow[y, x]) * zoom, np.array([255, 255, 255]), line)
                draw_line(canvas, start * zoom, start * zoom, np.array([0, 0, 0]), 2 * line)


def draw_line(canvas: np.ndarray, start: np.ndarray, end: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a line between two points."""
    start, end = (np.clip(point, -1e4, 1e4) for point in (start, end))
    steps = int(2 * np.abs(end - start).max()) + 1
    points = start + (end - start) * np.linspace(0, 1, steps + 1)[:, None]
    left, top = np.floor(points - (line - 1) / 2).astype(int).T
    for i in range(line):
        for j in range(line):
            x, y = left + i, top + j
            inside = (x >= 0) & (y >= 0) & (x < canvas.shape[1]) & (y < canvas.shape[0])
            canvas[y[inside], x[inside]] = colour


def draw_dot(canvas: np.ndarray, centre: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a disc with a dark rim around a point."""
    left, top = (max(int(v), 0) for v in np.clip(centre, 0, 1e6) - 3 * line)
    window = canvas[top : top + 6 * line + 2, left : left + 6 * line + 2]
    y, x = np.ogrid[: window.shape[0], : window.shape[1]]
    distance = np.hypot(x + left + 0.5 - centre[0], y + top + 0.5 - centre[1])
    window[distance < 2.5 * line] = 0
    window[distance < 1.5 * line] = colour
