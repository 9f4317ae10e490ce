"""The library's kernels as plain functions on arrays, usable alone under `jit`, `vmap` and `grad`."""

from jaxaug.kernels.adaptation import match_distribution, match_histogram
from jaxaug.kernels.channels import order_channels, repeat_channel
from jaxaug.kernels.colour import color_jitter, colorize, shift_along_components, shift_hls, shift_hsv, to_gray
from jaxaug.kernels.colour_matrix import mix_channels
from jaxaug.kernels.dtype import from_unit, to_unit
from jaxaug.kernels.filters import box_kernel, convolve_2d, convolve_separable, gaussian_kernel
from jaxaug.kernels.histogram import auto_contrast, clahe, equalize
from jaxaug.kernels.inpainting import inpaint
from jaxaug.kernels.jpeg import jpeg
from jaxaug.kernels.light import (
    light_from_corner,
    light_from_side,
    light_spot,
    match_exposure,
    planckian_gains,
    vignette,
)
from jaxaug.kernels.normalization import normalize, scale_shift, standardize
from jaxaug.kernels.plasma import plasma, plasma_brightness_contrast, plasma_shadow
from jaxaug.kernels.random_numbers import random_bits, random_normal, random_uniform
from jaxaug.kernels.stain import change_stains
from jaxaug.kernels.tones import (
    brightness_contrast,
    brightness_contrast_by_mean,
    drop_channels,
    gamma,
    invert,
    posterize,
    shift_channels,
    solarize,
    tone_curve,
)
from jaxaug.sampling.warp_functions import resize, warp_displacement, warp_matrix

__all__ = [
    "auto_contrast",
    "box_kernel",
    "brightness_contrast",
    "brightness_contrast_by_mean",
    "change_stains",
    "clahe",
    "color_jitter",
    "colorize",
    "convolve_2d",
    "convolve_separable",
    "drop_channels",
    "equalize",
    "from_unit",
    "gamma",
    "gaussian_kernel",
    "inpaint",
    "invert",
    "light_from_corner",
    "light_from_side",
    "light_spot",
    "jpeg",
    "match_distribution",
    "match_exposure",
    "match_histogram",
    "mix_channels",
    "normalize",
    "order_channels",
    "planckian_gains",
    "plasma",
    "plasma_brightness_contrast",
    "plasma_shadow",
    "posterize",
    "random_bits",
    "random_normal",
    "random_uniform",
    "repeat_channel",
    "resize",
    "scale_shift",
    "shift_along_components",
    "shift_channels",
    "shift_hls",
    "shift_hsv",
    "solarize",
    "standardize",
    "to_gray",
    "to_unit",
    "tone_curve",
    "vignette",
    "warp_displacement",
    "warp_matrix",
]
