"""The library's kernels as plain functions on arrays, usable alone under `jit`, `vmap` and `grad`."""

from jaxaug.dtype import from_unit, to_unit
from jaxaug.functional.colour import (
    brightness_contrast,
    brightness_contrast_by_mean,
    color_jitter,
    drop_channels,
    gamma,
    invert,
    normalize,
    posterize,
    scale_shift,
    shift_channels,
    shift_hsv,
    solarize,
    standardize,
    to_gray,
)
from jaxaug.functional.filters import box_kernel, convolve_separable, gaussian_kernel
from jaxaug.functional.geometry import resize, warp_displacement, warp_matrix
from jaxaug.functional.inpainting import inpaint
from jaxaug.functional.noise import random_bits, random_normal, random_uniform

__all__ = [
    "box_kernel",
    "brightness_contrast",
    "brightness_contrast_by_mean",
    "color_jitter",
    "convolve_separable",
    "drop_channels",
    "from_unit",
    "gamma",
    "gaussian_kernel",
    "inpaint",
    "invert",
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
