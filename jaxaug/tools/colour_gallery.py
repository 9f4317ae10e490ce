"""Every transform that changes colours, detail or light, side by side on one photograph: by default, and strong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from jaxaug import transforms
from jaxaug.pipeline.compose import Compose

#: Strong arguments, and those that a transform cannot do without.
STRONG: dict[str, dict[str, Any]] = {
    "AdditiveNoise": {"noise_type": "gaussian", "noise_params": {"mean_range": (0, 0), "std_range": (0.3, 0.3)}},
    "AdvancedBlur": {"blur_limit": (13, 15), "sigma_x_limit": (3, 5), "sigma_y_limit": (1, 2)},
    "AnnotationArtifacts": {"count_range": (8, 8), "black_white_prob": 0, "line_geometry": "random_angle"},
    "AtmosphericFog": {"density_range": (5, 5), "depth_mode": "diagonal"},
    "AutoContrast": {"cutoff": 10},
    "BiasField": {"std_range": (1, 1), "per_channel": True},
    "Blur": {"blur_limit": (11, 11)},
    "CLAHE": {"clip_limit": (20, 20)},
    "ChannelShuffle": {},
    "ChannelSwap": {"channel_order": (1, 2, 0)},
    "ChromaticAberration": {"primary_distortion_limit": 0.2, "mode": "red_blue"},
    "ColorJitter": {"brightness": 0.5, "contrast": 0.5, "saturation": 0.9, "hue": 0.4},
    "Colorize": {"black_range": ((0, 0, 60), (0, 0, 60)), "mid_range": ((220, 90, 0), (220, 90, 0))},
    "Defocus": {"radius": (9, 9), "alias_blur": (0.5, 0.5)},
    "Dithering": {"n_colors": 4, "color_mode": "per_channel"},
    "Downscale": {"scale_range": (0.15, 0.15)},
    "Emboss": {"alpha": (1, 1), "strength": (1, 1)},
    "Enhance": {"alpha_range": (1, 1)},
    "Equalize": {},
    "ExposureMatching": {"target_mean_range": (0.8, 0.8)},
    "FancyPCA": {"alpha": 2.0},
    "FilmGrain": {"intensity_range": (0.4, 0.4), "grain_size_range": (5, 5)},
    "GaussNoise": {"std_range": (0.5, 0.5)},
    "GaussianBlur": {"sigma_limit": (5, 5)},
    "GibbsRinging": {"retained_fraction_range": (0.2, 0.2)},
    "GlassBlur": {"max_delta": 8, "iterations": 3},
    "HEStain": {"intensity_scale_range": (1.8, 1.8), "augment_background": True},
    "Halftone": {"dot_size_range": (16, 16), "blend_range": (0, 0)},
    "HueSaturationValue": {"hue_shift_limit": 90, "sat_shift_limit": 60},
    "ISONoise": {"intensity": (1, 1), "color_shift": (0.3, 0.3)},
    "Illumination": {"intensity_range": (0.2, 0.2)},
    "ImageCompression": {"quality_range": (5, 5)},
    "InvertImg": {},
    "KSpaceSpikeNoise": {"num_spikes_range": (8, 8), "intensity_range": (0.5, 0.5), "per_channel": True},
    "LensFlare": {"intensity_range": (1, 1), "num_ghosts_range": (12, 12), "bloom_range": (0.06, 0.06)},
    "MedianBlur": {"blur_limit": (11, 11)},
    "ModeFilter": {"kernel_range": (11, 11)},
    "MotionBlur": {"blur_limit": (25, 25)},
    "MultiplicativeNoise": {"multiplier": (0.3, 1.7), "elementwise": True},
    "PhotoMetricDistort": {"brightness_range": (0.6, 1.4), "hue_range": (-0.3, 0.3)},
    "PlanckianJitter": {"temperature_limit": (3000, 14000)},
    "PlasmaBrightnessContrast": {"brightness_range": (0.5, 0.5), "contrast_range": (0.6, 0.6), "roughness": 0.5},
    "PlasmaShadow": {"shadow_intensity_range": (1, 1), "roughness": 0.5},
    "Posterize": {"num_bits": 2},
    "RGBShift": {"r_shift_limit": 90, "g_shift_limit": 90, "b_shift_limit": 90},
    "RandomBrightnessContrast": {"brightness_limit": 0.5, "contrast_limit": 0.8},
    "RandomFog": {"fog_coef_range": (1, 1), "alpha_coef": 0.12},
    "RandomGamma": {"gamma_limit": (250, 250)},
    "RandomGravel": {"gravel_roi": (0, 0, 1, 1), "number_of_patches": 40},
    "RandomRain": {"rain_type": "heavy", "slant_range": (-25, -25)},
    "RandomShadow": {"num_shadows_limit": (3, 3), "shadow_intensity_range": (0.7, 0.7)},
    "RandomSnow": {"snow_point_range": (0.5, 0.5)},
    "RandomSunFlare": {"src_radius": 150},
    "RandomToneCurve": {"scale": 0.6, "per_channel": True},
    "RicianNoise": {"std_range": (0.5, 0.5), "per_channel": True},
    "RingingOvershoot": {"blur_limit": (15, 15), "cutoff": (0.6, 0.6)},
    "SaltAndPepper": {"amount": (0.3, 0.3)},
    "Sharpen": {"alpha": (0.9, 0.9)},
    "ShotNoise": {"scale_range": (1.0, 1.0)},
    "Solarize": {"threshold_range": (0.2, 0.2)},
    "Spatter": {"mode": "mud", "cutout_threshold": (0.64, 0.64), "intensity": (0.9, 0.9)},
    "StochasticConvolution": {"kernel_range": (7, 7), "strength_range": (1.5, 1.5), "per_channel": True},
    "Superpixels": {"p_replace": (1, 1), "n_segments": (60, 60)},
    "ToGray": {},
    "ToSepia": {},
    "UnsharpMask": {"alpha": (1, 1), "blur_limit": (7, 7), "threshold": 0},
    "Vignetting": {"intensity_range": (0.9, 0.9)},
    "ZoomBlur": {"max_factor": (1.4, 1.4), "step_factor": (0.02, 0.02)},
}
#: Transforms that change values, and need more than a picture to be looked at, or show nothing.
APART = frozenset(
    {"FDA", "FromFloat", "HistogramMatching", "NoOp", "Normalize", "PixelDistributionAdaptation", "ToFloat", "ToRGB"}
)


def colour_gallery(image: np.ndarray, key: jax.Array) -> Iterator[tuple[str, dict[str, Any]]]:
    """A photograph through every transform of `STRONG`, as it is by default and with those arguments.

    Args:
        image: (height, width, 3) bytes.
        key: a PRNG key, consumed.

    Yields:
        Titles and samples, the photograph first.
    """
    yield "original", {"image": image}
    for i, (name, strong) in enumerate(STRONG.items()):
        needed = {n: v for n, v in strong.items() if n == "channel_order"}
        for title, arguments in ((name, needed), (f"{name}, strong", strong)):
            step = getattr(transforms, name)(**arguments, p=1)
            yield title, {"image": np.asarray(Compose([step])(jax.random.fold_in(key, i), image=image)["image"])}
