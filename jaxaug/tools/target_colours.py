"""Colours of pictures that are no colours: depths, motion and surface normals."""

from __future__ import annotations

from typing import Any

import numpy as np

#: From near to far.
NEAR_TO_FAR = np.array([(252, 230, 90), (250, 140, 60), (200, 60, 110), (100, 40, 150), (20, 20, 90)], np.float64)


def target_colours(kind: str, picture: Any) -> np.ndarray:
    """A picture of some kind of target as colours.

    Args:
        kind: `depth`, from bright to dark with the distance and black where it is not positive; `flow`, whose direction
            is the hue and whose length, up to the longest but a hundredth, the saturation; or `normals`, whose x, y and
            z are red, green and blue from -1 to 1, and black where there is none.
        picture: (height, width, channels).

    Returns:
        (height, width, 3) in [0, 255].

    Example:
        >>> target_colours("normals", np.array([[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])).tolist()
        [[[255.0, 127.5, 127.5], [0.0, 0.0, 0.0]]]
    """
    value = np.nan_to_num(np.asarray(picture).astype(np.float64), posinf=0.0, neginf=0.0)
    if kind == "depth":
        return _distances(value[..., 0])
    if kind == "normals":
        length = np.linalg.norm(value, axis=-1, keepdims=True)
        return np.where(length > 0, value / np.maximum(length, 1e-9) + 1, 0) * 127.5
    return _directions(value)


def _distances(depth: np.ndarray) -> np.ndarray:
    known = depth > 0
    low, high = (depth[known].min(), depth[known].max()) if known.any() else (0.0, 1.0)
    place = (depth - low) / max(high - low, 1e-9) * (len(NEAR_TO_FAR) - 1)
    colours = [np.interp(place, np.arange(len(NEAR_TO_FAR)), column) for column in NEAR_TO_FAR.T]
    return np.where(known[..., None], np.stack(colours, axis=-1), 0)


def _directions(flow: np.ndarray) -> np.ndarray:
    length = np.hypot(flow[..., 0], flow[..., 1])
    strength = np.clip(length / max(float(np.quantile(length, 0.99)), 1e-9), 0, 1)[..., None]
    hue = (np.arctan2(-flow[..., 1], flow[..., 0]) / (2 * np.pi) % 1)[..., None]
    pure = np.clip(np.abs((6 * hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return 255 * (1 - strength * (1 - pure))
