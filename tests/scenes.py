"""Made-up pictures whose contents are known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np


def smooth(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """A picture of long waves in [0, 1], float32."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    rng = np.random.default_rng(seed)
    planes = []
    for _ in range(channels):
        a, b, c, d = rng.uniform(0.5, 1.5, 4)
        planes.append(np.sin(a * x * 4 / width + c) * np.cos(b * y * 4 / height + d))
    return (0.5 + 0.45 * np.stack(planes, -1)).astype(np.float32)


def blob(height: int, width: int, x: float, y: float, sigma: float = 1.6) -> np.ndarray:
    """A soft spot centred at a pixel-centre coordinate."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)).astype(np.float32)


def disc(height: int, width: int, x: float, y: float, radius: float) -> np.ndarray:
    """A filled disc, int32, centred at a pixel-centre coordinate."""
    rows, columns = np.mgrid[0:height, 0:width]
    return ((columns - x) ** 2 + (rows - y) ** 2 <= radius**2).astype(np.int32)


def centroid(picture: np.ndarray) -> tuple[float, float]:
    """Centre of mass in pixel-centre coordinates (x, y)."""
    picture = np.asarray(picture, np.float64)
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    total = picture.sum()
    return float((picture * columns).sum() / total), float((picture * rows).sum() / total)


def tight_box(mask: np.ndarray) -> np.ndarray:
    """x_min, y_min, x_max, y_max of the pixels that are set, as edges."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)


def labelled(height: int, width: int, channels: int = 3, dtype: Any = np.uint8) -> dict[str, np.ndarray]:
    """A sample with an image, a mask of two discs, their boxes and keypoints (centres), pascal_voc and xy."""
    picture = smooth(height, width, channels)
    image = (picture * 255).round().astype(dtype) if np.issubdtype(dtype, np.integer) else picture.astype(dtype)
    spots = [(width * 0.35, height * 0.4, 6.0), (width * 0.62, height * 0.6, 5.0)]
    mask = np.zeros((height, width), np.int32)
    boxes = []
    for label, (x, y, r) in enumerate(spots, 1):
        one = disc(height, width, x, y, r)
        mask[one > 0] = label
        boxes.append(tight_box(one))
    return {
        "image": image,
        "mask": mask,
        "bboxes": np.array(boxes, np.float32),
        "bboxes_valid": np.ones(2, bool),
        "keypoints": np.array([[x, y, 30.0, 2.0] for x, y, _ in spots], np.float32),
        "keypoints_valid": np.ones(2, bool),
        "labels": np.array([7, 8]),
    }
