"""Regions of pictures that arguments name."""

from __future__ import annotations

from typing import Any

from jaxaug.backend.struct import is_concrete


def check_region(where: str, region: Any) -> None:
    """Refuses a region (x_min, y_min, x_max, y_max) without width or height; one that is traced cannot be looked at.

    Raises:
        ValueError: it has none.
    """
    if not all(is_concrete(side) for side in region):
        return
    x0, y0, x1, y1 = region
    if not (x0 < x1 and y0 < y1):
        raise ValueError(
            f"{where} must be (x_min, y_min, x_max, y_max) with x_min < x_max and y_min < y_max, got {region}."
        )
