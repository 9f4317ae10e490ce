"""Pictures that the command line and the site show transforms on, with their targets; scikit-image brings them."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxaug.tools.extras import require

#: Photographs, by their name in scikit-image: a square window (left, top, side), the outlines of objects, as
#: corners or as ellipses (centre x, centre y, radius x, radius y), and keypoints; in pixels, centres at integers.
PHOTOGRAPHS: dict[str, tuple[tuple[int, int, int], list[Any], list[tuple[float, float]]]] = {
    # Head, mission patch, space shuttle; eyes, tip of the nose, corners of the mouth.
    "astronaut": (
        (0, 0, 512),
        [
            (227, 96, 74, 82),
            (170, 386, 37, 37),
            [(404, 0), (424, 0), (437, 40), (443, 39), (455, 62), (455, 236), (459, 262), (447, 274), (434, 264)]
            + [(425, 272), (405, 267), (390, 255), (368, 274), (366, 266), (380, 232), (354, 228), (354, 216)]
            + [(378, 180), (377, 112), (382, 100), (380, 62), (387, 42), (395, 48), (397, 20)],
        ],
        [(203, 100), (246, 103), (228, 126), (203, 140), (244, 141)],
    ),
    # Eyes, nose; pupils, middle of the nose.
    "chelsea": (
        (100, 0, 300),
        [(170, 115, 33, 29), (317, 136, 22, 26), [(240, 232), (256, 228), (291, 232), (284, 248), (257, 268)]],
        [(172, 110), (314, 130), (265, 242)],
    ),
    # Mouth of the cup, bowl of the spoon, handle; both ends of the spoon, leftmost point of the cup.
    "coffee": (
        (80, 0, 400),
        [
            (290, 112, 117, 95),
            (366, 282, 40, 43),
            [(196, 285), (200, 262), (216, 238), (236, 230), (258, 243), (246, 262), (230, 300), (214, 307)],
        ],
        [(422, 76), (364, 324), (173, 114)],
    ),
}
#: Slices of a volume.
DEPTH = 8


def photograph(name: str, side: int) -> dict[str, np.ndarray]:
    """A photograph, with a mask, boxes and keypoints.

    Args:
        name: of one of `PHOTOGRAPHS`.
        side: of the square picture in pixels.

    Returns:
        `image` (side, side, 3) uint8, `mask` of labels, `bboxes` as corners, `keypoints`, and validity of both.
    """
    draw = require("skimage.draw", "demo")
    (left, top, window), outlines, points = PHOTOGRAPHS[name]

    def place(xy: Any) -> np.ndarray:
        return (np.array(xy, np.float64) - (left, top) + 0.5) * side / window - 0.5

    mask, boxes = np.zeros((side, side), np.uint8), []
    turn = np.linspace(0, 2 * np.pi, 90)
    for label, outline in enumerate(outlines, 1):
        if isinstance(outline, tuple):
            x, y, radius_x, radius_y = outline
            outline = np.stack([x + radius_x * np.cos(turn), y + radius_y * np.sin(turn)], axis=1)
        x, y = place(outline).T
        rows, columns = draw.polygon(y, x, mask.shape)
        mask[rows, columns] = label
        boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    # Pictures with fewer keypoints fill up with rows that are not in use, so that all make one batch.
    most = max(len(scene[2]) for scene in PHOTOGRAPHS.values())
    keypoints = np.zeros((most, 2), np.float32)
    keypoints[: len(points)] = place(points)
    return {
        "image": _picture(name, (left, top, window), side),
        "mask": mask,
        "bboxes": np.array(boxes, np.float32),
        "bboxes_valid": np.ones(len(boxes), bool),
        "keypoints": keypoints,
        "keypoints_valid": np.arange(most) < len(points),
    }


def ruled(sample: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The sample with white lines on its picture, which show how it is bent."""
    image = sample["image"].copy()
    step = len(image) // 8
    image[::step], image[:, ::step] = 255, 255
    return sample | {"image": image}


def tissue(side: int) -> dict[str, np.ndarray]:
    """A stained section under the microscope: `image` (side, side, 3) uint8."""
    return {"image": _picture("immunohistochemistry", (0, 0, 256), side)}


def head(side: int) -> dict[str, np.ndarray]:
    """A slice of the head of Shepp and Logan: `image` (side, side) uint8."""
    return {"image": _phantom(side)}


def head_volume(side: int) -> dict[str, np.ndarray]:
    """The head of Shepp and Logan, which shrinks from slice to slice: `volume` (DEPTH, side, side) uint8."""
    slices = []
    for i in range(DEPTH):
        inner = side - 8 * i
        before = (side - inner) // 2
        slices.append(np.pad(_phantom(inner), (before, side - inner - before)))
    return {"volume": np.stack(slices)}


def _picture(name: str, window: tuple[int, int, int], side: int) -> np.ndarray:
    data, pillow = require("skimage.data", "demo"), require("PIL.Image", "plot")
    left, top, width = window
    picture = pillow.fromarray(getattr(data, name)()[top : top + width, left : left + width])
    return np.asarray(picture.resize((side, side), pillow.Resampling.LANCZOS))


def _phantom(side: int) -> np.ndarray:
    data, pillow = require("skimage.data", "demo"), require("PIL.Image", "plot")
    # Stored dark on a wide black ground.
    levels = (np.clip(data.shepp_logan_phantom() * 1.6, 0, 1) * 255).astype(np.uint8)
    return np.asarray(pillow.fromarray(levels).resize((side, side), pillow.Resampling.LANCZOS))
