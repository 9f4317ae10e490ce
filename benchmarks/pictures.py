"""The pictures that every library gets: crops of real ones, with masks, boxes and keypoints."""

from __future__ import annotations

import functools

import numpy as np

SCENES: dict[str, tuple[str, ...]] = {
    "image": ("image",),
    "image+mask": ("image", "mask"),
    "image+masks": ("image", "mask", "mask1", "mask2"),
    "rows": ("image", "bboxes", "keypoints"),
    "all kinds": ("image", "mask", "bboxes", "keypoints"),
    "sized image": ("image", "size"),
    "sized image+box": ("image", "size", "cropping_bbox"),
    "sized rows": ("image", "size", "bboxes", "keypoints"),
    "everything": ("image", "image1", "mask", "mask1", "bboxes", "bboxes1", "keypoints", "keypoints1"),
}
"""What a sample of each scene holds. Boxes are `pascal_voc` with a class column, keypoints `xy`; `size` is (height,
width) and `cropping_bbox` a box without a class."""


def pictures_in(scene: str) -> int:
    """How many pictures, masks included, a sample holds."""
    return sum(kind(name) in ("image", "mask") for name in SCENES[scene])


def kind(name: str) -> str:
    """What a target is: image, mask, bboxes, keypoints, size or cropping_bbox."""
    return name.rstrip("0123456789")


def additional_targets(scene: str) -> dict[str, str]:
    """The names of a scene that Albumentations and jaxaug do not know, and what they act like."""
    return {name: kind(name) for name in SCENES[scene] if kind(name) != name}


@functools.cache
def _photographs() -> tuple[np.ndarray, ...]:
    from skimage import data

    return (data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), data.immunohistochemistry())


def make(
    scene: str, batch: int, height: int, width: int, rows: int, dtype: str, seed: int = 0
) -> dict[str, np.ndarray]:
    """A batch of samples, the same for the same arguments.

    Args:
        scene: one of `SCENES`.
        batch: samples.
        height, width: of every picture.
        rows: boxes and keypoints in each set.
        dtype: of images: `uint8`, or `float32` in [0, 1].
        seed: of the places of crops, discs, boxes and points.

    Returns:
        Arrays with a leading batch axis: images (B, H, W, 3), masks uint8 (B, H, W), bboxes float32 (B, rows, 5),
        keypoints float32 (B, rows, 2), size int32 (B, 2), cropping_bbox int32 (B, 4).
    """
    rng = np.random.default_rng(seed)
    parts = {"image": _crop, "mask": _discs, "bboxes": _boxes, "keypoints": _points}
    parts |= {"size": _size, "cropping_bbox": _box}
    made = {
        name: np.stack([parts[kind(name)](rng, i, height, width, rows) for i in range(batch)]) for name in SCENES[scene]
    }
    if dtype == "float32":
        made |= {name: array / np.float32(255) for name, array in made.items() if kind(name) == "image"}
    return made


def _crop(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    photograph = _photographs()[index % len(_photographs())]
    missing = [max(n - have, 0) for n, have in zip((height, width), photograph.shape)]
    photograph = np.pad(photograph, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="symmetric")
    top = rng.integers(photograph.shape[0] - height + 1)
    left = rng.integers(photograph.shape[1] - width + 1)
    return photograph[top : top + height, left : left + width]


def _discs(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    y, x = np.ogrid[:height, :width]
    mask = np.zeros((height, width), np.uint8)
    for label in range(1, 6):
        cy, cx = rng.uniform(0, height), rng.uniform(0, width)
        mask[(y - cy) ** 2 + (x - cx) ** 2 < (min(height, width) / 10) ** 2] = label
    return mask


def _boxes(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    size = np.array([width, height])
    first = rng.uniform(0, 0.7, (rows, 2)) * size
    last = first + rng.uniform(0.1, 0.3, (rows, 2)) * size
    return np.concatenate([first, last, rng.integers(0, 9, (rows, 1))], axis=1).astype(np.float32)


def _points(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    return rng.uniform(0, np.array([width - 1, height - 1]), (rows, 2)).astype(np.float32)


def _size(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    return np.array([height, width], np.int32)


def _box(rng: np.random.Generator, index: int, height: int, width: int, rows: int) -> np.ndarray:
    return _boxes(rng, index, height, width, 1)[0, :4].astype(np.int32)
