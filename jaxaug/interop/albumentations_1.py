"""What Albumentations 1.x wrote otherwise: arguments, their order and their defaults, by transform."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jaxaug.interop.arguments import Arguments, as_pair

#: Fills and borders had other names; a transform takes those that it has in the new form.
FILLS = {
    "value": "fill",
    "mask_value": "fill_mask",
    "cval": "fill",
    "cval_mask": "fill_mask",
    "fill_value": "fill",
    "mask_fill_value": "fill_mask",
    "image_fill_value": "fill",
    "pad_cval": "fill",
    "pad_cval_mask": "fill_mask",
    "pad_val": "fill",
    "mask_pad_val": "fill_mask",
    "pad_mode": "border_mode",
}
#: Ranges that were two arguments: the range, its ends, their defaults.
RANGES: dict[str, list[tuple[str, str, str, tuple[Any, Any]]]] = {
    "Downscale": [("scale_range", "scale_min", "scale_max", (0.25, 0.25))],
    "GridDropout": [("unit_size_range", "unit_size_min", "unit_size_max", (2, 2))],
    "ImageCompression": [("quality_range", "quality_lower", "quality_upper", (99, 100))],
    "RandomFog": [("fog_coef_range", "fog_coef_lower", "fog_coef_upper", (0.3, 1.0))],
    "RandomRain": [("slant_range", "slant_lower", "slant_upper", (-10, 10))],
    "RandomShadow": [("num_shadows_limit", "num_shadows_lower", "num_shadows_upper", (1, 2))],
    "RandomSnow": [("snow_point_range", "snow_point_lower", "snow_point_upper", (0.1, 0.3))],
    "RandomSunFlare": [
        ("angle_range", "angle_lower", "angle_upper", (0, 1)),
        ("num_flare_circles_range", "num_flare_circles_lower", "num_flare_circles_upper", (6, 10)),
    ],
}
_REFLECT = {"border_mode": "reflect_101"}
#: Defaults of 1.x that are others now.
DEFAULTS: dict[str, dict[str, Any]] = {
    "CoarseDropout": {"num_holes_range": (8, 8), "hole_height_range": (8, 8), "hole_width_range": (8, 8)},
    "ColorJitter": {"hue": 0.2},
    "ElasticTransform": _REFLECT,
    "GaussNoise": {"std_range": (math.sqrt(10.0) / 255, math.sqrt(50.0) / 255)},
    "GaussianBlur": {"blur_limit": (3, 7), "sigma_limit": 0},
    "GridDistortion": {**_REFLECT, "normalized": False},
    "GridDropout": {"random_offset": False},
    "LongestMaxSize": {"max_size": 1024},
    "OpticalDistortion": _REFLECT,
    "PadIfNeeded": _REFLECT,
    "RandomRain": {"drop_length": 20},
    "RandomRotate90": {"p": 0.5},
    "Rotate": _REFLECT,
    "SafeRotate": _REFLECT,
    "ShiftScaleRotate": _REFLECT,
    "SmallestMaxSize": {"max_size": 1024},
}
#: Order of positional arguments that is another now; `always_apply` and `p` followed everywhere.
_ORDER = {
    "Affine": "scale translate_percent translate_px rotate shear interpolation mask_interpolation cval cval_mask mode "
    "fit_output keep_ratio rotate_method",
    "CLAHE": "clip_limit tile_grid_size",
    "ChannelDropout": "channel_drop_range fill_value",
    "CenterCrop": "height width",
    "CoarseDropout": "max_holes max_height max_width min_holes min_height min_width fill_value mask_fill_value",
    "Crop": "x_min y_min x_max y_max",
    "CropAndPad": "px percent pad_mode pad_cval pad_cval_mask keep_size sample_independently interpolation",
    "Cutout": "num_holes max_h_size max_w_size fill_value",
    "Downscale": "scale_min scale_max interpolation",
    "ElasticTransform": "alpha sigma alpha_affine interpolation border_mode value mask_value",
    "GaussNoise": "var_limit mean",
    "GridDistortion": "num_steps distort_limit interpolation border_mode value mask_value",
    "GridDropout": "ratio unit_size_min unit_size_max holes_number_x holes_number_y shift_x shift_y random_offset "
    "fill_value mask_fill_value",
    "IAAAdditiveGaussianNoise": "loc scale per_channel",
    "IAAAffine": "scale translate_percent translate_px rotate shear order cval mode",
    "IAACropAndPad": "px percent pad_mode pad_cval keep_size",
    "IAAEmboss": "alpha strength",
    "IAAPerspective": "scale keep_size",
    "IAAPiecewiseAffine": "scale nb_rows nb_cols order cval mode",
    "IAASharpen": "alpha lightness",
    "IAASuperpixels": "p_replace n_segments",
    "ImageCompression": "quality_lower quality_upper compression_type",
    "JpegCompression": "quality_lower quality_upper",
    "Lambda": "image mask keypoint bbox name",
    "LongestMaxSize": "max_size interpolation",
    "MaskDropout": "max_objects image_fill_value mask_fill_value",
    "MotionBlur": "blur_limit allow_shifted",
    "Normalize": "mean std max_pixel_value",
    "OpticalDistortion": "distort_limit shift_limit interpolation border_mode value mask_value",
    "PadIfNeeded": "min_height min_width pad_height_divisor pad_width_divisor position border_mode value mask_value",
    "Perspective": "scale keep_size pad_mode pad_val mask_pad_val fit_output interpolation",
    "PiecewiseAffine": "scale nb_rows nb_cols interpolation mask_interpolation cval cval_mask mode absolute_scale",
    "RandomBrightness": "limit",
    "RandomBrightnessContrast": "brightness_limit contrast_limit brightness_by_max",
    "RandomContrast": "limit",
    "RandomCrop": "height width",
    "RandomFog": "fog_coef_lower fog_coef_upper alpha_coef",
    "RandomGamma": "gamma_limit eps",
    "RandomRain": "slant_lower slant_upper drop_length drop_width drop_color blur_value brightness_coefficient "
    "rain_type",
    "RandomResizedCrop": "height width scale ratio interpolation",
    "RandomScale": "scale_limit interpolation",
    "RandomShadow": "shadow_roi num_shadows_lower num_shadows_upper shadow_dimension",
    "RandomSizedCrop": "min_max_height height width w2h_ratio interpolation",
    "RandomSnow": "snow_point_lower snow_point_upper brightness_coeff",
    "RandomSunFlare": "flare_roi angle_lower angle_upper num_flare_circles_lower num_flare_circles_upper src_radius "
    "src_color",
    "Resize": "height width interpolation",
    "Rotate": "limit interpolation border_mode value mask_value rotate_method crop_border",
    "SafeRotate": "limit interpolation border_mode value mask_value",
    "ShiftScaleRotate": "shift_limit scale_limit rotate_limit interpolation border_mode value mask_value "
    "shift_limit_x shift_limit_y rotate_method",
    "SmallestMaxSize": "max_size interpolation",
    "Solarize": "threshold",
    "ToGray": "",
}
ORDER = {name: tuple(order.split()) for name, order in _ORDER.items()}


def _coarse_dropout(a: Arguments) -> None:
    old = a.any("max_holes", "max_height", "max_width")
    for new, most, least in (
        ("num_holes_range", "max_holes", "min_holes"),
        ("hole_height_range", "max_height", "min_height"),
        ("hole_width_range", "max_width", "min_width"),
    ):
        if a.any(most, least) and new not in a:
            high = a.take(most, 8)
            low = a.take(least)
            a.put(new, (high if low is None else low, high), was=f"{least}, {most}")
    if old:
        for new in ("num_holes_range", "hole_height_range", "hole_width_range"):
            # What was not said counted as eight.
            a.given.setdefault(new, (8, 8))


def _downscale(a: Arguments) -> None:
    if "interpolation" in a:
        said = a.take("interpolation")
        each = said if isinstance(said, dict) else {"downscale": said, "upscale": said}
        a.put("interpolation_pair", each, was="interpolation")


def _elastic(a: Arguments) -> None:
    a.drop("normalized", "the field has one scale")
    if a.given.get("alpha_affine", 0) is None:
        a.drop("alpha_affine", "it moved nothing")


def _gauss_noise(a: Arguments) -> None:
    if "var_limit" in a:
        low, high = as_pair(a.take("var_limit"), 0)
        unit = 255.0 if high > 1 else 1.0
        said = "var_limit, a variance of levels," if high > 1 else "var_limit, at most 1 and so a variance of floats,"
        a.put("std_range", (math.sqrt(low) / unit, math.sqrt(high) / unit), was=said)
    if "mean" in a:
        mean = a.take("mean")
        unit = 255.0 if abs(mean) > 1 else 1.0
        a.put("mean_range", (mean / unit, mean / unit), was="mean")


def _compression(a: Arguments) -> None:
    if "compression_type" in a:
        said = a.take("compression_type")
        word = str(getattr(said, "name", said)).lower()
        a.given["compression_type"] = {"0": "jpeg", "1": "webp"}.get(word, word)


def _sized(a: Arguments) -> None:
    if isinstance(a.given.get("height"), list | tuple):
        a.given["size"] = a.take("height")
    if a.any("height", "width") and "size" not in a:
        a.put("size", (a.take("height"), a.take("width")), was="height, width")


def _grid_dropout(a: Arguments) -> None:
    for new, x, y, default in (
        ("holes_number_xy", "holes_number_x", "holes_number_y", None),
        ("shift_xy", "shift_x", "shift_y", 0),
    ):
        if a.any(x, y):
            both = a.take(x, default), a.take(y, default)
            if None not in both:
                a.put(new, both, was=f"{x}, {y}")
    if a.given.get("unit_size_range") == (None, None):
        a.take("unit_size_range")


def _solarize(a: Arguments) -> None:
    if "threshold" in a:
        ends = as_pair(a.take("threshold"))
        unit = 255.0 if max(ends) > 1 else 1.0
        a.put("threshold_range", (ends[0] / unit, ends[1] / unit), was="threshold, in levels,")


def _optical(a: Arguments) -> None:
    shift = a.given.get("shift_limit", 0)
    if max(map(abs, as_pair(shift))) <= 2:
        a.drop("shift_limit", "it moved the centre by that fraction of a pixel")
    else:
        a.refuse("shift_limit", "the centre of the distortion stays in the middle; compose Affine(translate_px=...)")


def _mode(a: Arguments) -> None:
    if "mode" in a:
        said = a.take("mode")
        words = {"edge": "replicate", "symmetric": "reflect", "reflect": "reflect_101"}
        a.put("border_mode", words.get(said, said), was="mode")
    a.drop("keypoints_threshold", "points follow the exact inverse")


def _affine(a: Arguments) -> None:
    _mode(a)
    for axis in ("translate_percent", "translate_px"):
        said = a.given.get(axis, 0)
        if said is None or (
            axis == "translate_px" and isinstance(said, dict) and not any(map(any, map(as_pair, said.values())))
        ):
            a.take(axis, None)
    for name in ("scale", "rotate", "shear"):
        if a.given.get(name, 0) is None:
            a.take(name)


def _rain(a: Arguments) -> None:
    if a.given.get("rain_type", "") is None:
        a.given["rain_type"] = "default"


def _gamma(a: Arguments) -> None:
    a.drop("eps", "no logarithm is taken")


def _normalize(a: Arguments) -> None:
    for name in ("mean", "std"):
        said = a.given.get(name)
        if isinstance(said, list | tuple) and len(said) == 1:
            a.given[name] = said[0]


def _near_box(a: Arguments) -> None:
    a.rename("cropping_box_key", "cropping_bbox_key")


def _lambda(a: Arguments) -> None:
    a.rename("keypoint", "keypoints")
    a.rename("bbox", "bboxes")


CONVERT: dict[str, Callable[[Arguments], None]] = {
    "Affine": _affine,
    "CoarseDropout": _coarse_dropout,
    "CropAndPad": _mode,
    "Downscale": _downscale,
    "ElasticTransform": _elastic,
    "GaussNoise": _gauss_noise,
    "GridDropout": _grid_dropout,
    "ImageCompression": _compression,
    "Lambda": _lambda,
    "Normalize": _normalize,
    "OpticalDistortion": _optical,
    "PiecewiseAffine": _mode,
    "RandomCropNearBBox": _near_box,
    "RandomGamma": _gamma,
    "RandomRain": _rain,
    "RandomResizedCrop": _sized,
    "RandomSizedCrop": _sized,
    "Solarize": _solarize,
}
#: Arguments that only 1.x had, beside fills and the ends of ranges.
ONLY_1: dict[str, str] = {
    "CoarseDropout": "max_holes max_height max_width min_holes min_height min_width",
    "Downscale": "interpolation",
    "ElasticTransform": "alpha_affine",
    "GaussNoise": "var_limit mean",
    "GridDropout": "holes_number_x holes_number_y shift_x shift_y",
    "Lambda": "keypoint bbox",
    "OpticalDistortion": "shift_limit",
    "RandomGamma": "eps",
    "RandomResizedCrop": "height width",
    "RandomSizedCrop": "height width",
    "Solarize": "threshold",
}
#: What positional arguments of 1.x look like where the order is another now: index, and a test of the value there.
_LOOKS_OLD: dict[str, tuple[int, Callable[[Any], bool]]] = {
    "CoarseDropout": (0, lambda v: isinstance(v, int)),
    "Downscale": (0, lambda v: isinstance(v, int | float)),
    "ElasticTransform": (2, lambda v: isinstance(v, float) or (isinstance(v, int) and v > 6)),
    "GaussNoise": (0, lambda v: max(map(abs, as_pair(v, 0))) > 1),
    "GridDistortion": (3, lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "ImageCompression": (0, lambda v: isinstance(v, int)),
    "LongestMaxSize": (1, lambda v: isinstance(v, int)),
    "OpticalDistortion": (1, lambda v: isinstance(v, float | tuple | list)),
    "RandomFog": (1, lambda v: isinstance(v, int | float)),
    "RandomRain": (0, lambda v: isinstance(v, int | float)),
    "RandomResizedCrop": (0, lambda v: isinstance(v, int)),
    "RandomSizedCrop": (1, lambda v: isinstance(v, int)),
    "RandomSnow": (1, lambda v: isinstance(v, int | float)),
    "Rotate": (3, lambda v: not isinstance(v, str)),
    "ShiftScaleRotate": (6, lambda v: isinstance(v, int | float)),
    "SmallestMaxSize": (1, lambda v: isinstance(v, int)),
    "Solarize": (0, lambda v: max(as_pair(v)) > 1),
}


def looks_old(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call was written for 1.x, by what only 1.x took.

    Args:
        name: of the transform.
        args: positional arguments.
        kwargs: keyword arguments.
    """
    only = {*FILLS, "always_apply", *ONLY_1.get(name, "").split()}
    only |= {end for _, low, high, _ in RANGES.get(name, ()) for end in (low, high)}
    if only & set(kwargs):
        return True
    index, test = _LOOKS_OLD.get(name, (0, lambda _: False))
    try:
        return len(args) > index and test(args[index])
    except TypeError:
        return False
