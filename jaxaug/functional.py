"""The library's kernels as plain functions on arrays, usable alone under `jit`, `vmap` and `grad`."""

from jaxaug.kernels.colour import color_jitter, shift_hsv, to_gray
from jaxaug.kernels.colour_matrix import mix_channels
from jaxaug.kernels.dtype import from_unit, to_unit
from jaxaug.kernels.filters import box_kernel, convolve_2d, convolve_separable, gaussian_kernel
from jaxaug.kernels.inpainting import inpaint
from jaxaug.kernels.jpeg import jpeg
from jaxaug.kernels.normalization import normalize, scale_shift, standardize
from jaxaug.kernels.random_numbers import random_bits, random_normal, random_uniform
from jaxaug.kernels.tones import (
    brightness_contrast,
    brightness_contrast_by_mean,
    drop_channels,
    gamma,
    invert,
    posterize,
    shift_channels,
    solarize,
)
from jaxaug.sampling.warp_functions import resize, warp_displacement, warp_matrix

__all__ = [
    "box_kernel",
    "brightness_contrast",
    "brightness_contrast_by_mean",
    "color_jitter",
    "convolve_2d",
    "convolve_separable",
    "drop_channels",
    "from_unit",
    "gamma",
    "gaussian_kernel",
    "inpaint",
    "invert",
    "jpeg",
    "mix_channels",
    "normalize",
    "posterize",
    "random_bits",
    "random_normal",
    "random_uniform",
    "resize",
    "scale_shift",
    "shift_channels",
    "shift_hsv",
    "solarize",
    "standardize",
    "to_gray",
    "to_unit",
    "warp_displacement",
    "warp_matrix",
]
