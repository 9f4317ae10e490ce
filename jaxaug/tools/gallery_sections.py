"""What the gallery shows: transforms by subject, with arguments that a person would use on a picture of 160 x 160."""

from __future__ import annotations

import dataclasses
from typing import Any

#: Side of a picture of the gallery in pixels.
SIDE = 160


@dataclasses.dataclass(frozen=True)
class Section:
    """Transforms of one subject.

    Args:
        title: of the section.
        name: of its file.
        scene: what they are shown on: a `photograph` has a mask, boxes and points, a `ruled` one has lines as well and
            an `oriented` one oriented boxes, too; a `picture` is one alone, a `pair` is a batch of two; `tissue`,
            `head` and `volume` are medical.
        arguments: of each transform, by its name; p is 1.
    """

    title: str
    name: str
    scene: str
    arguments: dict[str, dict[str, Any]]


SECTIONS = (
    Section(
        "Flips, turns and affine maps",
        "affine",
        "oriented",
        {
            "HorizontalFlip": {},
            "VerticalFlip": {},
            "Transpose": {},
            "RandomRotate90": {},
            "D4": {},
            "SquareSymmetry": {},
            "TimeReverse": {},
            "Affine": {"scale": (0.8, 1.1), "rotate": (-30, 30), "shear": (-15, 15)},
            "ShiftScaleRotate": {"rotate_limit": 30},
            "Rotate": {"limit": 40},
            "SafeRotate": {"limit": 40},
            "Perspective": {"scale": (0.1, 0.2)},
        },
    ),
    Section(
        "Bends and shuffles",
        "bends",
        "ruled",
        {
            "ElasticTransform": {"alpha": 250, "sigma": 8},
            "GridDistortion": {"distort_limit": 0.6},
            "OpticalDistortion": {"distort_limit": 0.9},
            "PiecewiseAffine": {"scale": (0.06, 0.08)},
            "ThinPlateSpline": {"scale_range": (0.3, 0.5)},
            "GridElasticDeform": {"num_grid_xy": (5, 5), "magnitude": 12},
            "WaterRefraction": {"amplitude_range": (0.02, 0.03), "wavelength_range": (0.2, 0.3)},
            "RandomGridShuffle": {},
            "PixelSpread": {"radius": 3},
            "Morphological": {"scale": (4, 4)},
        },
    ),
    Section(
        "Crops",
        "crops",
        "ruled",
        {
            "Crop": {"x_min": 20, "y_min": 10, "x_max": 140, "y_max": 110},
            "CenterCrop": {"height": 100, "width": 130},
            "RandomCrop": {"height": 100, "width": 130},
            "RandomResizedCrop": {"size": (120, 120), "scale": (0.3, 0.6)},
            "RandomSizedCrop": {"min_max_height": (60, 110), "size": (120, 120)},
            "RandomIoUCrop": {"sampler_options": (0.3,)},
            "RandomCropFromBorders": {"crop_left": 0.3, "crop_right": 0.3, "crop_top": 0.3, "crop_bottom": 0.3},
            "RandomCropNearBBox": {"max_part_shift": 0.5},
            "BBoxSafeRandomCrop": {},
            "RandomSizedBBoxSafeCrop": {"height": 120, "width": 120},
            "AtLeastOneBBoxRandomCrop": {"height": 90, "width": 90},
            "CropNonEmptyMaskIfExists": {"height": 90, "width": 90},
        },
    ),
    Section(
        "Sizes and borders",
        "sizes",
        "ruled",
        {
            "Resize": {"height": 100, "width": 140},
            "LongestMaxSize": {"max_size": 110},
            "SmallestMaxSize": {"max_size": 130},
            "RandomScale": {"scale_limit": 0.3},
            "RandomZoomOut": {"side_range": (1.2, 2.0), "fill": 90},
            "Pad": {"padding": (24, 8), "border_mode": "reflect_101"},
            "PadIfNeeded": {"min_height": 180, "min_width": 200, "position": "random"},
            "LetterBox": {"size": (140, 200), "fill": 90},
            "CropAndPad": {"percent": (-0.2, 0.2)},
        },
    ),
    Section(
        "Cut-outs",
        "cutouts",
        "photograph",
        {
            "CoarseDropout": {"num_holes_range": (4, 6), "fill_mask": 0},
            "Erasing": {"scale": (0.05, 0.2), "fill": "random", "fill_mask": 0},
            "XYMasking": {
                "num_masks_x": 2,
                "num_masks_y": 2,
                "mask_x_length": (8, 20),
                "mask_y_length": (8, 20),
                "fill_mask": 0,
            },
            "TimeMasking": {"time_mask_param": 40},
            "FrequencyMasking": {"freq_mask_param": 40},
            "GridDropout": {"ratio": 0.4, "fill": "random_uniform", "fill_mask": 0},
            "GridMask": {"line_width_range": (0.2, 0.3), "rotation_range": (-40, 40), "fill_mask": 0},
            "PixelDropout": {"dropout_prob": 0.1},
            "ChannelDropout": {},
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
        },
    ),
    Section(
        "Colour",
        "colour",
        "picture",
        {
            "RandomBrightnessContrast": {"brightness_limit": 0.3, "contrast_limit": 0.4},
            "ColorJitter": {"brightness": 0.3, "contrast": 0.3, "saturation": 0.5, "hue": 0.1},
            "PhotoMetricDistort": {"hue_range": (-0.1, 0.1), "distort_p": 1},
            "HueSaturationValue": {"hue_shift_limit": 20, "sat_shift_limit": 40},
            "RGBShift": {"r_shift_limit": 40, "g_shift_limit": 40, "b_shift_limit": 40},
            "RandomGamma": {"gamma_limit": (170, 170)},
            "RandomToneCurve": {"scale": 0.3, "per_channel": True},
            "PlanckianJitter": {"temperature_limit": (3000, 14000)},
            "FancyPCA": {"alpha": 1.0},
            "AutoContrast": {"cutoff": 5},
            "Equalize": {},
            "CLAHE": {"clip_limit": (4, 4)},
            "ExposureMatching": {"target_mean_range": (0.6, 0.6)},
            "Posterize": {"num_bits": 2},
            "Solarize": {"threshold_range": (0.5, 0.5)},
            "InvertImg": {},
            "ChannelShuffle": {},
            "ChannelSwap": {"channel_order": (1, 2, 0)},
            "ToGray": {},
            "ToSepia": {},
            "Colorize": {"black_range": ((0, 0, 60), (0, 0, 60)), "mid_range": ((220, 90, 0), (220, 90, 0))},
            "Normalize": {},
            "FDA": {"beta_limit": (0.02, 0.02)},
            "HistogramMatching": {"blend_ratio": (1, 1)},
            "PixelDistributionAdaptation": {"blend_ratio": (1, 1)},
        },
    ),
    Section(
        "Light and weather",
        "weather",
        "picture",
        {
            "Illumination": {"intensity_range": (0.2, 0.2), "effect_type": "darken"},
            "Vignetting": {"intensity_range": (0.7, 0.7)},
            "PlasmaBrightnessContrast": {"roughness": 0.6},
            "PlasmaShadow": {"shadow_intensity_range": (0.9, 0.9), "roughness": 0.5},
            "RandomShadow": {"shadow_intensity_range": (0.5, 0.5)},
            "RandomSunFlare": {
                "flare_roi": (0.6, 0.6, 0.9, 0.9),
                "src_radius": 120,
                "src_color": (255, 220, 150),
                "method": "physics_based",
            },
            "LensFlare": {"intensity_range": (0.7, 0.7)},
            "RandomFog": {"fog_coef_range": (0.6, 0.6)},
            "AtmosphericFog": {"density_range": (2, 2)},
            "RandomRain": {"drop_length": 12, "blur_value": 3},
            "RandomSnow": {"method": "texture", "snow_point_range": (0.3, 0.3)},
            "RandomGravel": {"number_of_patches": 20},
            "Spatter": {"mode": "mud", "color": (63, 42, 20)},
        },
    ),
    Section(
        "Blur and detail",
        "detail",
        "picture",
        {
            "Blur": {"blur_limit": (7, 7)},
            "GaussianBlur": {"sigma_limit": (2, 2)},
            "AdvancedBlur": {"blur_limit": (7, 9), "sigma_x_limit": (2, 3), "sigma_y_limit": (0.5, 1)},
            "MedianBlur": {"blur_limit": (7, 7)},
            "ModeFilter": {"kernel_range": (5, 5)},
            "MotionBlur": {"blur_limit": (13, 13)},
            "Defocus": {"radius": (4, 4)},
            "ZoomBlur": {"max_factor": (1.2, 1.2), "step_factor": (0.02, 0.02)},
            "GlassBlur": {"max_delta": 3},
            "StochasticConvolution": {"kernel_range": (5, 5), "strength_range": (0.8, 0.8)},
            "Sharpen": {"alpha": (0.7, 0.7)},
            "UnsharpMask": {"alpha": (1, 1)},
            "Enhance": {},
            "Emboss": {"alpha": (0.8, 0.8)},
            "RingingOvershoot": {"blur_limit": (15, 15), "cutoff": (1.0, 1.0)},
            "ChromaticAberration": {"primary_distortion_limit": 0.1, "secondary_distortion_limit": 0.1},
            "Superpixels": {"p_replace": (1, 1), "n_segments": (150, 150)},
            "Downscale": {},
            "ImageCompression": {"quality_range": (15, 15)},
            "Dithering": {"n_colors": 4, "color_mode": "per_channel"},
            "Halftone": {"dot_size_range": (5, 5), "blend_range": (0, 0)},
        },
    ),
    Section(
        "Noise",
        "noise",
        "picture",
        {
            "GaussNoise": {"std_range": (0.15, 0.15)},
            "AdditiveNoise": {
                "noise_type": "laplace",
                "spatial_mode": "per_pixel",
                "noise_params": {"mean_range": (0, 0), "scale_range": (0.12, 0.12)},
            },
            "MultiplicativeNoise": {"multiplier": (0.75, 1.25), "elementwise": True},
            "ISONoise": {"intensity": (0.3, 0.3), "color_shift": (0.05, 0.05)},
            "ShotNoise": {"scale_range": (0.05, 0.05)},
            "SaltAndPepper": {"amount": (0.06, 0.06)},
            "FilmGrain": {"intensity_range": (0.12, 0.12), "grain_size_range": (2, 2)},
        },
    ),
    Section(
        "Things laid over",
        "overlays",
        "picture",
        {
            "TextImage": {"font_size_fraction_range": (0.8, 0.8), "font_color": (255, 255, 0)},
            "OverlayElements": {},
            "AnnotationArtifacts": {"count_range": (6, 6), "black_white_prob": 0},
        },
    ),
    Section(
        "Medical pictures",
        "medical",
        "head",
        {
            "BiasField": {"std_range": (0.4, 0.4)},
            "GibbsRinging": {"retained_fraction_range": (0.25, 0.25)},
            "KSpaceSpikeNoise": {"num_spikes_range": (2, 2), "intensity_range": (0.3, 0.3)},
            "RicianNoise": {"std_range": (0.1, 0.1)},
        },
    ),
    Section(
        "Volumes, a slice of each",
        "volumes",
        "volume",
        {
            "Flip3D": {"flip_axes": (0, 2)},
            "GhostingArtifact": {"num_ghosts_range": (5, 5), "intensity_range": (0.8, 0.8), "axis": 1},
            "MotionArtifact": {"rotate_range": (-10, 10), "axis": 1},
        },
    ),
    Section("Stained tissue", "tissue", "tissue", {"HEStain": {"augment_background": True}}),
    Section("Mixing within a batch", "mixing", "pair", {"MixUp": {"alpha": 8.0}, "CutMix": {"alpha": 8.0}}),
    Section(
        "Policies",
        "policies",
        "photograph",
        {"RandAugment": {}, "TrivialAugmentWide": {}, "AutoAugment": {}, "AugMix": {}},
    ),
)
#: Transforms that show nothing: what they change is the dtype, the order of axes or whatever a function of yours does.
UNSEEN = frozenset({"FromFloat", "Lambda", "NoOp", "ToFloat", "ToRGB", "ToTensor3D", "ToTensorV2"})
#: Transforms whose result has a drawn size, which programs are told in an entry of the sample.
DRAWN_SIZE = frozenset(
    {
        "BBoxSafeRandomCrop",
        "RandomCropFromBorders",
        "RandomCropNearBBox",
        "RandomIoUCrop",
        "RandomScale",
        "RandomZoomOut",
    }
)
