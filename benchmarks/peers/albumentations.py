"""Albumentations: a loop over the batch; with several cores, a pipeline and a part of the batch for each thread."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A
import cv2
import numpy as np
from cases import Case, Step
from pictures import SCENES, additional_targets

from peers.base import Prepared, Refused

PACKAGES = ("albumentations", "opencv-python-headless", "numpy")

Sample = dict[str, np.ndarray]


def _letter_box(size: tuple[int, int], p: float) -> Any:
    """What its users write in place of a transform of its own."""
    pad = A.PadIfNeeded(min_height=size[0], min_width=size[1], p=1.0)
    return A.Sequential([A.LongestMaxSize(max_size_hw=size, p=1.0), pad], p=p)


def _transform(s: Step) -> Any:
    if s.name == "LetterBox":
        return _letter_box(**s.arguments)
    if not hasattr(A, s.name):
        raise Refused(f"albumentations has no {s.name}.")
    arguments = dict(s.arguments)
    if "transforms" in arguments:
        arguments["transforms"] = [_transform(option) for option in arguments["transforms"]]
    return getattr(A, s.name)(**arguments)


def compose(case: Case, seed: int) -> A.Compose:
    """The pipeline of a case."""
    has_rows = "bboxes" in SCENES[case.scene]
    return A.Compose(
        [_transform(s) for s in case.steps],
        bbox_params=A.BboxParams(format="pascal_voc") if has_rows else None,
        keypoint_params=A.KeypointParams(format="xy") if has_rows else None,
        additional_targets=additional_targets(case.scene),
        seed=seed,
    )


def prepare(case: Case, scene: Sample, device: str, threads: int) -> Prepared:
    """Results stay a list of samples: gluing them into one array is not charged."""
    cv2.setNumThreads(1)
    samples = [{name: array[i] for name, array in scene.items()} for i in range(case.batch)]
    threads = min(threads, len(samples))
    if threads == 1:
        augment = compose(case, seed=0)
        return Prepared(key=int, run=lambda _: [augment(**sample) for sample in samples])

    parts = [samples[i::threads] for i in range(threads)]
    pipelines = [compose(case, seed=i) for i in range(threads)]
    pool = ThreadPoolExecutor(threads)

    def part(augment: A.Compose, some: list[Sample]) -> list[Any]:
        return [augment(**sample) for sample in some]

    def run(_: int) -> list[Any]:
        done = list(pool.map(part, pipelines, parts))
        return [done[i % threads][i // threads] for i in range(len(samples))]

    return Prepared(key=int, run=run)
