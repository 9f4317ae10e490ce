"""Looking at the values of boxes, on the host: what is wrong with a row, and which format it may have meant."""

from __future__ import annotations

import numpy as np

from jaxaug.annotations.box_formats import FORMATS, FRACTIONS, BboxParams, edges_on_host
from jaxaug.core.annotation import Placement, first_row, rounding

#: What the four numbers of a row are.
_COLUMNS = {
    "coco": "x, y, width, height in pixels",
    "pascal_voc": "x_min, y_min, x_max, y_max in pixels",
    "albumentations": "x_min, y_min, x_max, y_max as fractions of the picture",
    "yolo": "centre x, centre y, width, height as fractions of the picture",
}


def check_boxes(rows: np.ndarray, used: np.ndarray, at: Placement) -> None:
    """Looks at boxes (..., 4 or more).

    Args:
        rows: the entry.
        used: (...) rows that count.
        at: where they stand, with `BboxParams`.

    Raises:
        ValueError: a box that is not finite, has no area, or reaches outside its picture.
    """
    params: BboxParams = at.params
    height, width = at.size_of_rows(rows.shape[:-1])
    sides = np.stack([width, height, width, height], axis=-1)
    finite = np.all(np.isfinite(rows[..., :4].astype(np.float64)), axis=-1)
    edges = edges_on_host(np.where(np.expand_dims(finite, -1), rows[..., :4], 0), params.format, height, width)

    def where(index: tuple[int, ...]) -> str:
        return f"{at.row(index)} is {rows[index][:4].tolist()} ({params.format})"

    index = first_row(used & ~finite)
    if index is not None:
        raise ValueError(f"{where(index)}: boxes must be finite.")
    if params.clip:
        edges = np.clip(edges, 0, sides)
    flat = (edges[..., 2] <= edges[..., 0]) | (edges[..., 3] <= edges[..., 1])
    index = first_row(used & flat)
    if index is not None and not params.filter_invalid_bboxes:
        raise ValueError(
            f"{where(index)}: it has no area; expected x_max > x_min and y_max > y_min.{_advice(rows, used, at)}"
        )
    slack = rounding(rows.dtype, float(sides.max(initial=1.0)))
    outside = (edges[..., :2] < -slack).any(axis=-1) | (edges[..., 2:] > sides[..., 2:] + slack).any(axis=-1)
    index = first_row(used & outside)
    if index is not None:
        advice = _advice(rows, used, at) or " Cut it, or pass BboxParams(clip=True)."
        raise ValueError(
            f"{where(index)}: it reaches outside its picture of {height[index]:g} x {width[index]:g}.{advice}"
        )


def _advice(rows: np.ndarray, used: np.ndarray, at: Placement) -> str:
    """What else the rows may have meant: pixels in place of fractions, or another format that fits all of them."""
    form = at.params.format
    most = np.abs(rows[used][:, :4].astype(np.float64)).max(initial=0.0)
    pixels = most > 2
    likely = [
        other
        for other in FORMATS
        if other != form and pixels == (other not in FRACTIONS) and _fits(rows, used, at, other)
    ]
    meant = " or ".join(f"format={other!r} ({_COLUMNS[other]})" for other in likely)
    if form in FRACTIONS and pixels:
        other = meant or "format='coco' or 'pascal_voc'"
        return (
            f" Numbers up to {most:g} are pixels, but {form} boxes are fractions of the picture: divide x by its width "
            f"and y by its height, or give {other}."
        )
    return f" All rows would be right as {meant}." if likely else ""


def _fits(rows: np.ndarray, used: np.ndarray, at: Placement, form: str) -> bool:
    """Whether all rows in use are boxes within their pictures in another format."""
    height, width = at.size_of_rows(rows.shape[:-1])
    x0, y0, x1, y1 = np.moveaxis(edges_on_host(rows, form, height, width), -1, 0)
    good = (x0 >= 0) & (y0 >= 0) & (x1 > x0) & (y1 > y0) & (x1 <= width + 1e-3) & (y1 <= height + 1e-3)
    return bool(good[used].all())
