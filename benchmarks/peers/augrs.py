"""augrs: `augment_batch` in Rust, which takes the names and arguments of Albumentations."""

from __future__ import annotations

from typing import Any

import augrs
import numpy as np
from cases import Case, Step
from pictures import SCENES, additional_targets

from peers.base import Prepared, Refused

PACKAGES = ("augrs-py", "numpy")


def _transform(s: Step) -> Any:
    if not hasattr(augrs, s.name):
        raise Refused(f"augrs has no {s.name}.")
    arguments = dict(s.arguments)
    if "transforms" in arguments:
        arguments["transforms"] = [_transform(option) for option in arguments["transforms"]]
    try:
        return getattr(augrs, s.name)(**arguments)
    except (TypeError, NotImplementedError) as why:
        raise Refused(f"augrs.{s.name} takes no such argument: {why}") from why


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    """Results stay a list of samples: gluing them into one array is not charged."""
    has_rows = "bboxes" in SCENES[case.scene]
    augment = augrs.Compose(
        [_transform(s) for s in case.steps],
        bbox_params=augrs.BboxParams(format="pascal_voc") if has_rows else None,
        keypoint_params=augrs.KeypointParams(format="xy") if has_rows else None,
        additional_targets=additional_targets(case.scene),
    )
    entries = {("images" if name == "image" else name): list(array) for name, array in scene.items()}
    return Prepared(key=int, run=lambda seed: augment.augment_batch(**entries, seed=seed, num_threads=threads))
