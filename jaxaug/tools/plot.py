"""Samples and what pipelines make of them, as figures of matplotlib, which the extra `plot` installs.

Masks are a tint; boxes are outlines; oriented boxes have a line along their width axis; keypoints are dots; polygons
are outlines with their vertices; motion is a line that starts at a dark spot. Mask label k, box k - 1 and keypoint
k - 1 have the same colour, and so do mask i, box i and keypoints i of a dict with `valid`. Only rows that are valid are
drawn; without a validity entry, rows of zeros are not.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import chex
import jax
import numpy as np

from jaxaug.pipeline.channel_axes import channels_first, channels_last
from jaxaug.pipeline.inputs import given_key
from jaxaug.tools.drawing import COLOURS
from jaxaug.tools.extras import require
from jaxaug.tools.sample_drawing import OVERLAYS, DrawnSample, Panel, pipeline_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["before_after", "draws", "sample", "sheet"]

#: Width of a picture in inches, of 120 dots.
CELL = 2.2
#: Inches of a line of text.
LINE = 0.17


def __dir__() -> list[str]:
    return __all__


def sample(
    sample: Any,
    augment: Any = None,
    *,
    title: str | None = None,
    frames: int = 4,
    legend: bool = True,
    columns: int = 4,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draws a sample with all its targets: every picture of every dict, with what moves along drawn over it.

    Depth, normals and flow are pictures of their own, as colours. A picture in a padded buffer is cut to its `size`.
    Axes count edge coordinates in pixels, so that more can be drawn over them.

    Args:
        sample: a pytree of concrete targets, as pipelines take and return them. Images of whole numbers are read by
            their full range, floats as [0, 1], or from their least to their greatest value where they go beyond.
        augment: the pipeline that takes such samples, which says the formats of boxes and keypoints, the names of
            labels and additional targets. None reads pascal_voc boxes and xy keypoints, and shows `labels` beside
            boxes.
        title: a line above the pictures.
        frames: of a clip or volume at most so many are drawn, evenly spread.
        legend: says what is what.
        columns: pictures in a row.
        figsize: width and height of the figure in inches; None fits the pictures.
        ax: axes to draw the reference picture on, alone, instead of a new figure.

    Returns:
        The matplotlib figure, which notebooks show; `savefig` writes it.

    Raises:
        ValueError, TypeError: no sample that the pipeline reads.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np, jaxaug as ja
        >>> boxes = np.array([[1, 0, 4, 3]])
        >>> figure = ja.plot.sample({"image": np.zeros((4, 6), np.uint8), "bboxes": boxes, "labels": ["cat"]})
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['cat']
    """
    require("matplotlib", "plot")
    drawn = DrawnSample.read(sample, augment)
    if ax is not None:
        cell = _cell(drawn, drawn.panel(), title or "")
        _show(ax, cell)
        if legend and cell.kinds:
            ax.legend(handles=_handles([cell]), loc="best", fontsize=7)
        return ax.figure.figure
    cells = [_cell(drawn, panel) for panel in drawn.panels(frames)]
    if len(cells) == 1:
        cells, title = [dataclasses.replace(cells[0], title=title or "")], None
    return _figure(cells, columns, figsize=figsize, legend=legend, title=title or "", width=1.5 * CELL)


def draws(
    augment: Any,
    key: chex.PRNGKey,
    sample: Any,
    n: int = 8,
    *,
    columns: int | None = None,
    frames: int = 1,
    legend: bool = True,
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """Draws a sample, and what a pipeline makes of it time and again.

    Args:
        augment: a pipeline or a transform.
        key: a PRNG key, consumed; draw i uses `fold_in(key, i)`, as sample i of a batch does.
        sample: a pytree of concrete targets.
        n: how many draws.
        columns: pictures in a row; None is 3 for a sample of one picture, and a row for each draw of more pictures.
        frames: of a clip or volume at most so many are drawn, evenly spread.
        legend: says what is what.
        figsize: width and height of the figure in inches; None fits the pictures.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError, TypeError: what the pipeline raises, or a number of draws below 1.
        ImportError: matplotlib is not installed.

    Example:
        >>> import jax, numpy as np, jaxaug as ja
        >>> image = np.zeros((4, 6), np.uint8)
        >>> figure = ja.plot.draws(ja.HorizontalFlip(p=0.5), jax.random.key(0), {"image": image}, n=2)
        >>> [axes.get_title() for axes in figure.axes]
        ['original', 'draw 0', 'draw 1']
    """
    if n < 1:
        raise ValueError(f"draws(n=...) must be 1 or more, got {n}.")
    require("matplotlib", "plot")
    augment, key = pipeline_of(augment), given_key(key, {})
    outs = (_shown(augment, augment(jax.random.fold_in(key, i), sample)) for i in range(n))
    cells: list[Cell] = []
    for i, one in enumerate([sample, *outs]):
        drawn = DrawnSample.read(one, augment)
        cells += _titled(drawn, frames, f"draw {i - 1}" if i else "original")
    each = len(cells) // (n + 1)
    return _figure(cells, columns or (3 if each == 1 else each), figsize=figsize, legend=legend)


def before_after(
    augment: Any,
    key: chex.PRNGKey,
    sample: Any,
    *,
    frames: int = 4,
    legend: bool = True,
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """Draws a sample before and after one draw of a pipeline, and below it the plan, which says what was drawn.

    Args:
        augment: a pipeline or a transform.
        key: a PRNG key, consumed.
        sample: a pytree of concrete targets.
        frames: of a clip or volume at most so many are drawn, evenly spread.
        legend: says what is what.
        figsize: width and height of the figure in inches; None fits the pictures.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError, TypeError: what the pipeline raises.
        ImportError: matplotlib is not installed.

    Example:
        >>> import jax, numpy as np, jaxaug as ja
        >>> sample = {"image": np.zeros((4, 6), np.uint8), "bboxes": np.array([[1.0, 0.0, 4.0, 3.0]])}
        >>> augment = ja.Compose([ja.HorizontalFlip(p=1)], bbox_params=ja.BboxParams("pascal_voc"))
        >>> print(ja.plot.before_after(augment, jax.random.key(0), sample).get_supxlabel())
        HorizontalFlip: mirrored left and right
    """
    require("matplotlib", "plot")
    augment = pipeline_of(augment)
    plan = augment.sample(key, sample)
    after = _shown(augment, augment.apply(plan, sample))
    before, after = DrawnSample.read(sample, augment), DrawnSample.read(after, augment)
    cells = [*_titled(before, frames, "before"), *_titled(after, frames, "after")]
    return _figure(cells, max(2, len(cells) // 2), figsize=figsize, legend=legend, text=str(plan), width=1.5 * CELL)


def sheet(
    samples: Sequence[Any],
    titles: Sequence[str],
    path: str | os.PathLike[str] | None = None,
    columns: int = 5,
    *,
    augment: Any = None,
    cell: float = CELL,
    show: str = "image",
    legend: bool = False,
) -> Figure:
    """Draws samples side by side, one picture of each.

    Args:
        samples: what `sample` takes; sizes may differ.
        titles: a line above each of them.
        path: file to write, a PNG if its name ends so; None writes nothing.
        columns: samples in a row.
        augment: the pipeline that takes such samples, as for `sample`.
        cell: width of one sample in inches, of 120 dots.
        show: name of the picture to draw on: an image, or depth, flow or normals as colours. Without it another one,
            images first, and black without any.
        legend: says what is what.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: no samples, or another number of titles.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np, jaxaug as ja
        >>> samples = [{"image": np.full((4, 6), level, np.uint8)} for level in (0, 255)]
        >>> len(ja.plot.sheet(samples, ["black", "white"]).axes)
        2
    """
    if not samples or len(samples) != len(titles) or columns < 1:
        raise ValueError(
            f"sheet needs samples, a title for each and a column or more; got {len(samples)} samples, "
            f"{len(titles)} titles and {columns} columns."
        )
    require("matplotlib", "plot")
    cells = []
    for one, title in zip(samples, titles):
        drawn = DrawnSample.read(one, augment)
        cells.append(_cell(drawn, drawn.panel(show), title))
    figure = _figure(cells, columns, width=cell, legend=legend)
    if path is not None:
        figure.savefig(path)
    return figure


@dataclasses.dataclass(frozen=True)
class Cell:
    """A picture of a figure.

    Args:
        picture: (height, width, 3) bytes.
        size: (height, width) that its axes count.
        title: a line above it.
        texts: x, y, text and colour of each label.
        kinds: what is drawn over it.
    """

    picture: np.ndarray
    size: tuple[int, int]
    title: str
    texts: Sequence[tuple[float, float, str, tuple[float, ...]]]
    kinds: Sequence[str]


def _cell(drawn: DrawnSample, panel: Panel, title: str | None = None) -> Cell:
    size = drawn.size(panel.group)
    picture = drawn.picture(panel, scale=max(1, round(400 / max(size))))
    # Lines grow with the picture, so that leaving pixels out never loses one.
    step = max(1, max(picture.shape) // 600)
    said = panel.title if title is None else title
    return Cell(picture[::step, ::step], size, said, drawn.texts(panel), drawn.kinds(panel))


def _titled(drawn: DrawnSample, frames: int, name: str) -> list[Cell]:
    """The pictures of a sample of a figure of several; of more than one, each is named."""
    panels = drawn.panels(frames)
    return [_cell(drawn, panel, name if len(panels) == 1 else f"{name}: {panel.title}") for panel in panels]


def _shown(augment: Any, out: Any) -> Any:
    """What a pipeline returned as one that is drawn, whose channels come last."""
    return channels_last(channels_first(augment.transforms), out, dict(augment.additional_targets or ()))


def _show(axes: Any, cell: Cell) -> None:
    height, width = cell.size
    axes.imshow(cell.picture, extent=(0, width, height, 0))
    axes.axis("off")
    axes.set_title(cell.title, fontsize=8, parse_math=False)
    for x, y, text, colour in cell.texts:
        # Dark letters on bright colours.
        letters = "black" if np.dot(colour, (0.3, 0.6, 0.1)) > 0.5 else "white"
        box = {"facecolor": colour, "edgecolor": "none", "pad": 0.8}
        style = {"fontsize": 6, "color": letters, "bbox": box, "clip_on": True, "parse_math": False}
        axes.text(x, y, text, verticalalignment="bottom" if y > 0.08 * height else "top", **style)


def _handles(cells: Sequence[Cell]) -> list[Any]:
    """What a legend shows of the kinds that are drawn."""
    lines, patches = require("matplotlib.lines", "plot"), require("matplotlib.patches", "plot")
    colours = [tuple(colour / 255) for colour in COLOURS]
    point = {"color": "none", "markeredgecolor": "black"}
    each = {
        "mask": patches.Patch(facecolor=colours[0], alpha=0.45, label="mask: tint"),
        "bboxes": patches.Patch(facecolor="none", edgecolor=colours[0], label="box: outline"),
        "polygons": lines.Line2D([], [], color=colours[1], marker="s", markersize=4, label="polygon: its vertices"),
        "obboxes": lines.Line2D([], [], color=colours[2], label="oriented box: line along its width"),
        "flow": lines.Line2D([], [], color="grey", marker="s", markevery=[0], markersize=4, label="motion: from dot"),
        "keypoints": lines.Line2D([], [], **point, marker="o", markerfacecolor=colours[0], label="keypoint: dot"),
    }
    return [each[kind] for kind in OVERLAYS if any(kind in cell.kinds for cell in cells)]


def _figure(
    cells: Sequence[Cell],
    columns: int,
    *,
    figsize: tuple[float, float] | None = None,
    width: float = CELL,
    legend: bool = False,
    title: str = "",
    text: str = "",
) -> Figure:
    """Pictures in rows, with a title above them and a text or a legend below; beside a text, the legend is above."""
    figures = require("matplotlib.figure", "plot")
    agg = require("matplotlib.backends.backend_agg", "plot")
    # Notebooks show figures once their backend is there, which else the first figure of pyplot brings.
    if "matplotlib_inline" in os.environ.get("MPLBACKEND", ""):
        importlib.import_module("matplotlib_inline.backend_inline")
    columns = max(1, min(columns, len(cells)))
    rows = -(-len(cells) // columns)
    height = width * max(cell.size[0] / cell.size[1] for cell in cells)
    handles = _handles(cells) if legend else []
    below = LINE * (len(text.splitlines()) + 2 * bool(handles) + 2 * bool(title))
    size = figsize or (columns * width, rows * (height + 0.25) + below)
    figure: Figure = figures.Figure(size, dpi=120, layout="constrained")
    agg.FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, cell in zip(grid.flat, cells):
        _show(axes, cell)
    if title:
        figure.suptitle(title, fontsize=9, parse_math=False)
    if text:
        style = {"family": "monospace", "linespacing": 1.3, "parse_math": False}
        figure.supxlabel(text, x=0.01, horizontalalignment="left", fontsize=6.5, **style)
    if handles:
        place: Any = "outside upper center" if text else "outside lower center"
        figure.legend(handles=handles, loc=place, ncols=len(handles), fontsize=7, frameon=False)
    return figure
