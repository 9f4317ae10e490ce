"""Small real pictures from scikit-image, with points, boxes and labels that are known in them."""

from __future__ import annotations

import functools

import numpy as np
from scenes import tight_box
from scipy import ndimage
from skimage import data, measure, segmentation
from skimage.filters import sobel


def shrink(picture: np.ndarray, by: int) -> np.ndarray:
    """A picture averaged over squares of `by` pixels; what does not fill a square is left out."""
    height, width = (n // by for n in picture.shape[:2])
    blocks = picture[: height * by, : width * by].reshape(height, by, width, by, -1).astype(np.float64)
    small = blocks.mean(axis=(1, 3)).reshape(height, width, *picture.shape[2:])
    return small.round().astype(picture.dtype) if picture.dtype.kind == "u" else small.astype(picture.dtype)


def point(x: float, y: float, by: int) -> tuple[float, float]:
    """A pixel-centre coordinate of the full picture in the shrunk one."""
    return (x + 0.5) / by - 0.5, (y + 0.5) / by - 0.5


@functools.cache
def astronaut() -> np.ndarray:
    """A woman in a space suit, (73, 73, 3) uint8."""
    return shrink(data.astronaut(), 7)


@functools.cache
def chelsea() -> np.ndarray:
    """A cat's face, (60, 90, 3) uint8."""
    return shrink(data.chelsea(), 5)


def chelsea_points() -> np.ndarray:
    """The cat's eye on the left, its eye on the right and its nose: (3, 2) float32, x and y."""
    return np.array([point(173, 112, 5), point(314, 132, 5), point(258, 240, 5)], np.float32)


@functools.cache
def coins() -> tuple[np.ndarray, np.ndarray]:
    """Coins on a table, (75, 96) uint8, and which pixel shows which of them, (75, 96) int32 from 1, 0 for the table."""
    picture = data.coins()
    seeds = np.where(picture < 30, 1, np.where(picture > 150, 2, 0))
    found = ndimage.binary_fill_holes(segmentation.watershed(sobel(picture), seeds) == 2)
    small = ndimage.binary_erosion(found, iterations=3)[2:300:4, 2:384:4]
    labels = measure.label(small).astype(np.int32)
    sizes = np.bincount(labels.ravel())
    big = [i for i in range(1, len(sizes)) if sizes[i] >= 40]
    labels = sum((np.where(labels == old, new, 0) for new, old in enumerate(big, 1)), np.zeros_like(labels))
    return shrink(picture, 4), labels.astype(np.int32)


def coin_instances(count: int | None = None) -> dict[str, np.ndarray]:
    """The first coins one by one: masks (N, H, W) uint8, bboxes (N, 4) pascal_voc, keypoints (N, 2) and labels (N,)."""
    _, numbered = coins()
    chosen = range(1, (count or int(numbered.max())) + 1)
    masks = np.stack([(numbered == i).astype(np.uint8) for i in chosen])
    centres = [ndimage.center_of_mass(mask)[::-1] for mask in masks]
    return {
        "masks": masks,
        "bboxes": np.stack([tight_box(mask) for mask in masks]).astype(np.float32),
        "keypoints": np.array(centres, np.float32),
        "labels": np.array(list(chosen), np.int32) + 100,
    }


@functools.cache
def motorcycle(by: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A stereo pair and the disparity of its left picture in pixels: (62, 92) at `by=8`, 0 where it is not known."""
    left, right, disparity = data.stereo_motorcycle()
    height, width = (n // by * by for n in left.shape[:2])
    near = disparity[by // 2 : height : by, by // 2 : width : by] / by
    return shrink(left, by), shrink(right, by), np.where(np.isfinite(near), near, 0).astype(np.float32)
