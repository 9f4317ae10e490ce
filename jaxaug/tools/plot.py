"""Samples as pictures: masks tinted, boxes, points and motion drawn, and sheets of many samples."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from jaxaug.annotations.box_formats import BboxParams, to_edges
from jaxaug.annotations.keypoints import FORMATS, KeypointParams
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.picture import canonical
from jaxaug.core.sample import parse
from jaxaug.tools.target_colours import target_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def require(module: str, extra: str) -> Any:
    """Imports a module that only an extra of the package installs.

    Args:
        module: its dotted name.
        extra: the extra that brings it, such as `plot`.

    Returns:
        The module.

    Raises:
        ImportError: it cannot be imported; the message says what to install.

    Example:
        >>> require("json", "plot").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{module} cannot be imported ({error}): pip install "jaxaug[{extra}]"') from error


def draw_sample(
    sample: Mapping[str, Any],
    bbox_format: str = "pascal_voc",
    keypoint_format: str = "xy",
    *,
    additional_targets: Mapping[str, str] | None = None,
    alpha: float = 0.45,
    scale: int = 1,
    show: str = "image",
) -> np.ndarray:
    """Draws a sample: its picture, masks as a tint, boxes as outlines, keypoints as dots, motion as arrows.

    Only rows that are valid are drawn; without a validity entry, rows of zeros are not. Mask label k, box k - 1 and
    keypoint k - 1 have the same colour, and so do mask i, box i and keypoints i of a dict with `valid`. From the centre
    of an oriented box a line follows its width axis.

    Args:
        sample: a dict of concrete targets, as a pipeline takes and returns them. Integer pictures are read by their
            full range, floats as [0, 1], or from their least to their greatest value where they go beyond.
        bbox_format: format of the boxes, as in `BboxParams`.
        keypoint_format: format of the keypoints, as in `KeypointParams`.
        additional_targets: as in `Compose`.
        alpha: strength of the tint in [0, 1].
        scale: side of the square that shows one pixel, so that fine lines fit on small pictures.
        show: name of the picture to draw on: an image, or depth, flow or normals as colours. Without it another one,
            images first, and black without any.

    Returns:
        (height * scale, width * scale, 3) uint8.

    Raises:
        ValueError: an unknown format, targets in dicts inside the sample, or shapes that do not fit their names.

    Example:
        >>> picture = draw_sample({"image": np.zeros((4, 6), np.uint8), "bboxes": np.array([[1, 0, 4, 3]])})
        >>> (picture[..., 0] > 0).astype(int)
        array([[0, 1, 1, 1, 0, 0],
               [0, 1, 0, 1, 0, 0],
               [0, 1, 1, 1, 0, 0],
               [0, 0, 0, 0, 0, 0]])
    """
    BboxParams(format=bbox_format)
    KeypointParams(format=keypoint_format)
    layout, values = parse(sample, additional_targets, check_shapes=False)
    inner = [leaf for leaf in (*layout.pictures, *layout.rows) if leaf.group]
    if inner:
        raise ValueError(f"draw_sample draws one dict of targets at a time: {inner[0].label!r} lies in an inner dict.")
    ground = _ground(layout, show)
    canvas = _base(layout, values, ground)
    for position, leaf in enumerate(layout.kind("mask")):
        first = leaf.path[-1] if isinstance(leaf.path[-1], int) else 5 * position
        mask = np.asarray(canonical(values[leaf.index], leaf.leading))
        # Of a volume the first slice is shown.
        mask = mask[:1] if "3d" in leaf.name else mask
        canvas = _tinted(canvas, mask, _planes(layout, values, leaf), first, alpha)
    canvas = np.repeat(np.repeat(canvas.round().astype(np.uint8), scale, axis=0), scale, axis=1)
    own = layout.size_of(())
    zoom = np.array([canvas.shape[1] / own[1], canvas.shape[0] / own[0]])
    line = max(1, round(max(canvas.shape) / 250))
    for leaf in layout.kind("bboxes"):
        edges = np.asarray(to_edges(jnp.asarray(values[leaf.index]), bbox_format, own)) * np.tile(zoom, 2)
        for i in _alive(layout, values, leaf, edges):
            _outline(canvas, edges[i], COLOURS[i % len(COLOURS)], line)
    for leaf in layout.kind("obboxes"):
        rows = np.asarray(values[leaf.index], np.float64)
        for i in _alive(layout, values, leaf, rows):
            _oriented(canvas, rows[i], zoom, COLOURS[i % len(COLOURS)], line)
    for leaf in layout.kind("flow"):
        if leaf != ground:
            _arrows(canvas, np.asarray(canonical(values[leaf.index], leaf.leading), np.float64)[0], line)
    for leaf in layout.kind("keypoints"):
        rows = np.asarray(values[leaf.index], np.float32)
        points = rows.reshape(-1, rows.shape[-1])[:, [FORMATS[keypoint_format].x, FORMATS[keypoint_format].y]]
        # Points of one instance share its colour where a `valid` entry tells which instance that is.
        together = int(np.prod(rows.shape[1:-1])) if layout.beside(leaf, "valid") else 1
        for i in _alive(layout, values, leaf, points):
            _dot(canvas, (points[i] + 0.5) * zoom, COLOURS[i // together % len(COLOURS)], line)
    return canvas


def sheet(
    samples: Sequence[Mapping[str, Any]],
    titles: Sequence[str],
    path: str | os.PathLike[str] | None = None,
    columns: int = 5,
    *,
    bbox_format: str = "pascal_voc",
    keypoint_format: str = "xy",
    additional_targets: Mapping[str, str] | None = None,
    cell: float = 2.2,
    show: str = "image",
) -> Figure:
    """Draws samples side by side.

    Args:
        samples: what `draw_sample` takes; sizes may differ.
        titles: a line above each of them.
        path: file to write, a PNG if its name ends so; None writes nothing.
        columns: samples in a row.
        bbox_format: format of the boxes, as in `BboxParams`.
        keypoint_format: format of the keypoints, as in `KeypointParams`.
        additional_targets: as in `Compose`.
        cell: width of one sample in inches, of 120 dots.
        show: name of the picture to draw on, as in `draw_sample`.

    Returns:
        The matplotlib figure, which notebooks show.

    Raises:
        ValueError: no samples, or another number of titles.
        ImportError: matplotlib is not installed.
    """
    if not samples or len(samples) != len(titles) or columns < 1:
        raise ValueError(
            f"sheet needs samples, a title for each and a column or more; got {len(samples)} samples, "
            f"{len(titles)} titles and {columns} columns."
        )
    figures = require("matplotlib.figure", "plot")
    agg = require("matplotlib.backends.backend_agg", "plot")
    pictures = []
    for sample in samples:
        size = parse(sample, additional_targets, check_shapes=False)[0].reference_size
        zoom = max(1, round(400 / max(size)))
        settings: dict[str, Any] = {"additional_targets": additional_targets, "scale": zoom, "show": show}
        picture = draw_sample(sample, bbox_format, keypoint_format, **settings)
        # Lines grow with the picture, so that leaving pixels out never loses one.
        step = max(1, max(picture.shape) // 600)
        pictures.append(picture[::step, ::step])
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height = cell * max(p.shape[0] / p.shape[1] for p in pictures)
    figure: Figure = figures.Figure((columns * cell, rows * (height + 0.25)), dpi=120, layout="constrained")
    agg.FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, picture, title in zip(grid.flat, pictures, titles):
        axes.imshow(picture)
        axes.set_title(title, fontsize=8, parse_math=False)
    if path is not None:
        figure.savefig(path)
    return figure


def _ground(layout: SampleLayout, show: str) -> Leaf | None:
    """The picture to draw on: the one of that name, else the first image, depth, normals or flow."""
    kinds = ("image", "depth", "normals", "flow")
    found = sorted(layout.kind(*kinds), key=lambda leaf: (leaf.name != show, kinds.index(leaf.kind)))
    return found[0] if found else None


def _base(layout: SampleLayout, values: list[Any], ground: Leaf | None) -> np.ndarray:
    """The picture to draw on, (height, width, 3) floats in [0, 255]; black if the sample has none."""
    if ground is None:
        return np.zeros((*layout.size_of(()), 3))
    picture = np.asarray(canonical(values[ground.index], ground.leading))[0]
    if ground.kind != "image":
        return target_colours(ground.kind, picture)
    picture = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., :1]
    if picture.dtype in (np.uint8, np.uint16):
        level = picture / np.iinfo(picture.dtype).max
    else:
        level = np.nan_to_num(picture.astype(np.float64), posinf=1.0, neginf=0.0)
        low, high = level.min(), level.max()
        if low < -1e-3 or high > 1 + 1e-3:
            level = (level - low) / max(high - low, 1e-9)
    return np.broadcast_to(level.clip(0, 1) * 255, (*picture.shape[:2], 3))


def _planes(layout: SampleLayout, values: list[Any], leaf: Leaf) -> np.ndarray | None:
    """Which frames of a stack of masks are valid; None if nothing tells."""
    for other in layout.beside(leaf, "valid"):
        flags = np.asarray(values[other.index]).astype(bool)
        if leaf.leading == 1 and len(flags) == values[leaf.index].shape[0]:
            return flags
        if isinstance(leaf.path[-1], int) and leaf.path[-1] < len(flags):
            return flags[leaf.path[-1] :][:1]
    return None


def _tinted(canvas: np.ndarray, mask: np.ndarray, valid: np.ndarray | None, first: int, alpha: float) -> np.ndarray:
    """A picture under the tint of a mask (frames, height, width, channels), whose colours start at the first."""
    if valid is not None:
        mask = mask * valid[:, None, None, None]
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


def _alive(layout: SampleLayout, values: list[Any], leaf: Leaf, rows: np.ndarray) -> np.ndarray:
    """Indices of the rows to draw; a row of zeros stands for a dead one where no validity entry tells."""
    flags = np.isfinite(rows).all(axis=1)
    shape = values[leaf.index].shape[:-1]
    told = False
    for other in layout.beside(leaf, "rows_valid") + layout.beside(leaf, "valid"):
        if other.kind == "valid" or other.of == leaf.name:
            valid = np.asarray(values[other.index]).astype(bool)
            valid = valid.reshape(valid.shape + (1,) * (len(shape) - valid.ndim))
            flags &= np.broadcast_to(valid, shape).reshape(-1)
            told = True
    if not told:
        flags &= np.asarray(values[leaf.index]).reshape(len(rows), -1).any(axis=1)
    return np.flatnonzero(flags)


def _outline(canvas: np.ndarray, edges: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a box, given by edges in canvas pixels; the line lies inside it."""
    x0, y0, x1, y1 = (int(v) for v in np.round(np.clip(edges, -1e6, 1e6)))
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    line = min(line, x1 - x0, y1 - y0)
    sides = ((y0, y0 + line, x0, x1), (y1 - line, y1, x0, x1), (y0, y1, x0, x0 + line), (y0, y1, x1 - line, x1))
    for top, bottom, left, right in sides:
        canvas[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour


def _oriented(canvas: np.ndarray, row: np.ndarray, zoom: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws an oriented box (centre x, centre y, width, height, angle), and its width axis from the centre on."""
    centre, turn = row[:2], np.deg2rad(row[4])
    across = np.array([np.cos(turn), -np.sin(turn)]) * row[2] / 2
    down = np.array([np.sin(turn), np.cos(turn)]) * row[3] / 2
    corners = [centre + i * across + j * down for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    for start, end in (*zip(corners, corners[1:] + corners[:1]), (centre, centre + across)):
        _segment(canvas, start * zoom, end * zoom, colour, line)


def _arrows(canvas: np.ndarray, flow: np.ndarray, line: int) -> None:
    """Draws where the motion takes about a dozen pixels along each side: lines that start at a dark spot."""
    zoom = np.array([canvas.shape[1] / flow.shape[1], canvas.shape[0] / flow.shape[0]])
    step = max(1, max(flow.shape[:2]) // 12)
    for y in range(step // 2, flow.shape[0], step):
        for x in range(step // 2, flow.shape[1], step):
            if np.isfinite(flow[y, x]).all() and flow[y, x].any():
                start = np.array([x + 0.5, y + 0.5])
                _segment(canvas, start * zoom, (start + flow[y, x]) * zoom, np.array([255, 255, 255]), line)
                _segment(canvas, start * zoom, start * zoom, np.array([0, 0, 0]), 2 * line)


def _segment(canvas: np.ndarray, start: np.ndarray, end: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a line between two points in edge coordinates of the canvas."""
    start, end = (np.clip(point, -1e4, 1e4) for point in (start, end))
    steps = int(2 * np.abs(end - start).max()) + 1
    points = start + (end - start) * np.linspace(0, 1, steps + 1)[:, None]
    left, top = np.floor(points - (line - 1) / 2).astype(int).T
    for i in range(line):
        for j in range(line):
            x, y = left + i, top + j
            inside = (x >= 0) & (y >= 0) & (x < canvas.shape[1]) & (y < canvas.shape[0])
            canvas[y[inside], x[inside]] = colour


def _dot(canvas: np.ndarray, centre: np.ndarray, colour: np.ndarray, line: int) -> None:
    """Draws a disc with a dark rim around a point in edge coordinates of the canvas."""
    left, top = (max(int(v), 0) for v in np.clip(centre, 0, 1e6) - 3 * line)
    window = canvas[top : top + 6 * line + 2, left : left + 6 * line + 2]
    y, x = np.ogrid[: window.shape[0], : window.shape[1]]
    distance = np.hypot(x + left + 0.5 - centre[0], y + top + 0.5 - centre[1])
    window[distance < 2.5 * line] = 0
    window[distance < 1.5 * line] = colour
