"""Every transform that moves or cuts, side by side on one picture with grid lines, mask, boxes and points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from jaxaug import transforms
from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.pipeline.compose import Compose

#: Arguments that show what a transform does on a picture of 256 x 256, and those that it cannot do without.
SHOWN: dict[str, dict[str, Any]] = {
    "HorizontalFlip": {},
    "VerticalFlip": {},
    "Transpose": {},
    "RandomRotate90": {},
    "D4": {},
    "SquareSymmetry": {},
    "TimeReverse": {},
    "Affine": {"scale": (0.8, 1.2), "rotate": (-30, 30), "shear": (-15, 15), "fit_output": True},
    "ShiftScaleRotate": {},
    "Rotate": {"crop_border": True},
    "SafeRotate": {},
    "Perspective": {"scale": (0.1, 0.2)},
    "ElasticTransform": {"alpha": 400, "sigma": 12},
    "GridDistortion": {"distort_limit": 0.6},
    "OpticalDistortion": {"distort_limit": 0.9},
    "PiecewiseAffine": {"scale": (0.1, 0.15)},
    "ThinPlateSpline": {"scale_range": (0.5, 0.8)},
    "GridElasticDeform": {"num_grid_xy": (5, 5), "magnitude": 20},
    "RandomGridShuffle": {},
    "Morphological": {"scale": (5, 5)},
    "WaterRefraction": {},
    "PixelSpread": {"radius": 4},
    "Crop": {"x_min": 30, "y_min": 20, "x_max": 230, "y_max": 180},
    "CenterCrop": {"height": 160, "width": 200},
    "RandomCrop": {"height": 160, "width": 200},
    "RandomResizedCrop": {"size": (200, 160), "scale": (0.3, 0.7)},
    "RandomSizedCrop": {"min_max_height": (100, 200), "size": (160, 200)},
    "RandomCropFromBorders": {"crop_left": 0.3, "crop_right": 0.3, "crop_top": 0.3, "crop_bottom": 0.3},
    "RandomCropNearBBox": {"max_part_shift": 0.5},
    "BBoxSafeRandomCrop": {},
    "RandomSizedBBoxSafeCrop": {"height": 160, "width": 200},
    "AtLeastOneBBoxRandomCrop": {"height": 120, "width": 120},
    "RandomIoUCrop": {"sampler_options": (0.3,)},
    "RandomZoomOut": {"side_range": (1.2, 2.0), "fill": 90},
    "CropNonEmptyMaskIfExists": {"height": 120, "width": 120},
    "CropAndPad": {"percent": (-0.2, 0.2)},
    "Resize": {"height": 160, "width": 240},
    "LongestMaxSize": {"max_size": 200},
    "SmallestMaxSize": {"max_size": 180},
    "RandomScale": {"scale_limit": 0.4},
    "Pad": {"padding": (40, 10), "border_mode": "reflect_101"},
    "PadIfNeeded": {"min_height": 300, "min_width": 320, "position": "random"},
    "LetterBox": {"size": (200, 280), "fill": 90},
    "CoarseDropout": {"num_holes_range": (4, 8), "fill_mask": 0},
    "Erasing": {"fill": "random", "fill_mask": 0},
    "XYMasking": {"num_masks_x": 2, "num_masks_y": 2, "mask_x_length": (10, 30), "mask_y_length": (10, 30)},
    "TimeMasking": {"time_mask_param": 60},
    "FrequencyMasking": {"freq_mask_param": 60},
    "GridDropout": {"fill": "random_uniform", "fill_mask": 0},
    "GridMask": {"rotation_range": (-40, 40)},
    "PixelDropout": {"dropout_prob": 0.2},
    "MaskDropout": {"fill": "inpaint_telea"},
    "ConstrainedCoarseDropout": {
        "hole_height_range": (0.3, 0.5),
        "hole_width_range": (0.3, 0.5),
        "mask_indices": [1, 2],
    },
    "GuidedCoarseDropout": {
        "region_key": "mask",
        "num_holes_range": (2, 4),
        "hole_height_range": (0.2, 0.4),
        "hole_width_range": (0.1, 0.2),
    },
    "ChannelDropout": {},
}


#: Oriented boxes on that picture; dilation and erosion refuse them.
SHIPS = np.array([[70, 190, 90, 40, 30], [190, 60, 60, 24, 120]], np.float32)


def gallery(sample: dict[str, np.ndarray], key: jax.Array) -> Iterator[tuple[str, dict[str, Any]]]:
    """The sample through every transform of `SHOWN`, one draw each.

    Args:
        sample: `image` of 256 x 256 x 3 bytes, `mask`, `bboxes` as corners and `keypoints`, each with a validity entry.
        key: a PRNG key, consumed.

    Yields:
        Names and samples, the original first.
    """
    image = sample["image"].copy()
    image[::32], image[:, ::32] = 255, 255
    start = sample | {"image": image, "obboxes": SHIPS, "obboxes_valid": np.ones(len(SHIPS), bool)}
    yield "original", start
    for i, (name, arguments) in enumerate(SHOWN.items()):
        augment = Compose(
            [getattr(transforms, name)(**arguments, p=1)],
            bbox_params=BboxParams("pascal_voc"),
            keypoint_params=KeypointParams("xy"),
        )
        # Outside `jit`, where results of random size are exact.
        here = {k: v for k, v in start.items() if name != "Morphological" or not k.startswith("obboxes")}
        out = augment(jax.random.fold_in(key, i), here | {"cropping_bbox": sample["bboxes"][0]})
        yield name, {n: np.asarray(value) for n, value in out.items() if n != "cropping_bbox"}
