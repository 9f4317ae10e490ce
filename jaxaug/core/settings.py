"""What a pipeline says about targets."""

from __future__ import annotations

from jaxaug.annotations.boxes import BboxParams, fields_of
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.core.sample import BOXES, Leaf


@struct.struct
class Settings:
    """Formats and limits of rows, and how pictures are read."""

    bbox_params: BboxParams | None = static(default=None)
    keypoint_params: KeypointParams | None = static(default=None)
    mask_interpolation: str | None = static(default=None)
    fuse: bool = static(default=True)


def label_fields(settings: Settings, leaf: Leaf) -> tuple[str, ...]:
    """Names of the entries that are labels of a row target."""
    if leaf.kind in BOXES and settings.bbox_params is not None:
        return fields_of(settings.bbox_params.label_fields, leaf.name, "bboxes")
    if leaf.kind == "keypoints" and settings.keypoint_params is not None:
        return fields_of(settings.keypoint_params.label_fields, leaf.name, "keypoints")
    return ()
