"""The one table of transforms: every property test runs over it, and a new transform joins by one line."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Collection, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest
from scenes import labelled, smooth

import jaxaug as ja
from jaxaug.backend import struct

ANY = (1, 3, 4, 6)
#: A font that comes with matplotlib.
FONT = pathlib.Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


@dataclasses.dataclass(frozen=True)
class Case:
    """A transform at strong arguments.

    Args:
        transform: the transform, p=1.
        family: warp, pixels or erase.
        size: (height, width) of the pictures it is tried on.
        channels: numbers of channels it accepts.
        exact: it moves whole pixels, so pictures must agree bit for bit.
        random: another key gives another result.
        limit: path of a leaf whose gradient is checked by finite differences, such as ("rotate_limit", 1).
        needs: what a sample must hold besides an image, see `beside`.
        makes: dtype of the images that come out, None for that of what goes in.
    """

    transform: Any
    family: str
    size: tuple[int, int] = (41, 53)
    channels: tuple[int, ...] = ANY
    exact: bool = False
    random: bool = True
    limit: tuple[Any, ...] | None = None
    needs: tuple[str, ...] = ()
    makes: Any = None

    @property
    def name(self) -> str:
        return type(self.transform).__name__


def warp(transform: Any, **kwargs: Any) -> Case:
    return Case(transform, "warp", **kwargs)


def pixels(transform: Any, **kwargs: Any) -> Case:
    return Case(transform, "pixels", **kwargs)


def erase(transform: Any, **kwargs: Any) -> Case:
    return Case(transform, "erase", **kwargs)


def at_defaults(transform: Any) -> Any:
    """The transform with the numbers that it has by default; what is static stays, so that one program does both."""
    numbers = {}
    for field in dataclasses.fields(transform):
        given = getattr(transform, field.name)
        if field.name == "p" or field.default is dataclasses.MISSING or field.metadata.get("static"):
            continue
        default = field.metadata["convert"]("default", field.default)
        if jax.tree.structure(default) == jax.tree.structure(given):
            numbers[field.name] = default
    return struct.replace(transform, **numbers)


SQUARE = (48, 48)

TABLE = [
    warp(ja.HorizontalFlip(p=1), exact=True, random=False),
    warp(ja.VerticalFlip(p=1), exact=True, random=False),
    warp(ja.Transpose(p=1), exact=True, random=False),
    warp(ja.RandomRotate90(p=1), exact=True, size=SQUARE),
    warp(ja.D4(p=1), exact=True, size=SQUARE),
    warp(ja.SquareSymmetry(p=1), exact=True, size=SQUARE),
    warp(ja.TimeReverse(p=1), exact=True, random=False),
    warp(ja.Affine((0.8, 1.3), rotate=(-60, 60), shear=(-15, 15), translate_percent=0.1, p=1), limit=("rotate", 1)),
    warp(ja.ShiftScaleRotate(0.1, 0.2, 90, p=1), limit=("rotate_limit", 1)),
    warp(ja.Rotate(90, p=1), limit=("limit", 1)),
    warp(ja.SafeRotate(90, p=1), limit=("limit", 1)),
    warp(ja.Perspective((0.05, 0.1), p=1), limit=("scale", 1)),
    warp(ja.GridDistortion(4, 0.4, p=1), limit=("distort_limit", 1)),
    warp(ja.ElasticTransform(alpha=60, sigma=5, p=1), limit=("alpha",)),
    warp(ja.OpticalDistortion(0.4, p=1), limit=("distort_limit", 1)),
    warp(ja.PiecewiseAffine((0.05, 0.08), p=1), limit=("scale", 1)),
    warp(ja.GridElasticDeform((3, 2), 2, p=1), limit=("magnitude",)),
    warp(ja.ThinPlateSpline((0.15, 0.25), p=1), limit=("scale_range", 1)),
    warp(ja.WaterRefraction((0.02, 0.04), (1.0, 2.0), p=1), limit=("amplitude_range", 1)),
    warp(ja.RandomGridShuffle((2, 3), p=1), exact=True),
    warp(ja.PixelSpread(2, p=1)),
    warp(ja.Crop(3, 5, 45, 33, p=1), exact=True, random=False),
    warp(ja.CenterCrop(31, 37, p=1), exact=True, random=False),
    warp(ja.RandomCrop(31, 37, p=1), exact=True),
    warp(ja.RandomResizedCrop((40, 48), scale=(0.3, 0.9), p=1), limit=None),
    warp(ja.RandomSizedCrop((30, 40), (40, 48), 1.2, p=1)),
    warp(ja.Resize(57, 71, p=1), random=False),
    warp(ja.LongestMaxSize(67, p=1), random=False),
    warp(ja.SmallestMaxSize(31, p=1), random=False),
    warp(ja.Pad((3, 5, 0, 8), p=1), exact=True, random=False),
    warp(ja.PadIfNeeded(60, 70, position="random", p=1), exact=True),
    warp(ja.LetterBox((60, 70), position="random", p=1)),
    warp(ja.CropAndPad(percent=(-0.15, 0.15), p=1)),
    warp(ja.RandomSizedBBoxSafeCrop(40, 48, p=1), needs=("bboxes",)),
    warp(ja.AtLeastOneBBoxRandomCrop(31, 37, p=1), exact=True, needs=("bboxes",)),
    warp(ja.CropNonEmptyMaskIfExists(31, 37, p=1), exact=True, needs=("mask",)),
    pixels(ja.NoOp(p=1), exact=True, random=False),
    pixels(ja.RandomBrightnessContrast(0.3, 0.3, p=1), limit=("contrast_limit", 1)),
    pixels(ja.ColorJitter(0.4, 0.4, 0.4, 0.2, p=1), channels=(1, 3), limit=("saturation", 1)),
    pixels(ja.HueSaturationValue(p=1), channels=(1, 3), limit=("val_shift_limit", 1)),
    pixels(ja.RGBShift(p=1), channels=(1, 3), limit=("r_shift_limit", 1)),
    pixels(ja.RandomGamma((50, 200), p=1), limit=("gamma_limit", 1)),
    pixels(ja.Solarize((0.2, 0.8), p=1)),
    pixels(ja.Posterize((2, 5), p=1)),
    pixels(ja.InvertImg(p=1), exact=True, random=False),
    pixels(ja.ToGray(3, "average", p=1), channels=(3,), random=False),
    pixels(ja.Normalize(0.4, 0.2, p=1), random=False, limit=("std",), makes=np.float32),
    pixels(ja.Blur((3, 7), p=1)),
    pixels(ja.GaussianBlur(sigma_limit=(0.5, 3.0), p=1), limit=("sigma_limit", 1)),
    pixels(ja.GaussNoise(p=1), limit=("std_range", 1)),
    pixels(ja.MultiplicativeNoise((0.7, 1.3), per_channel=True, elementwise=True, p=1), limit=("multiplier", 1)),
    pixels(ja.ShotNoise(p=1)),
    pixels(ja.ToSepia(p=1), channels=(3,), random=False),
    pixels(ja.Emboss(p=1), limit=("strength", 1)),
    pixels(ja.RandomShadow(shadow_intensity_range=(0.3, 0.7), p=1), limit=("shadow_intensity_range", 1)),
    pixels(ja.FDA([smooth(30, 40, seed=3)], beta_limit=(0.05, 0.3), p=1)),
    pixels(ja.HistogramMatching([smooth(30, 40, seed=3)], p=1), limit=("blend_ratio", 1)),
    pixels(ja.PixelDistributionAdaptation([smooth(30, 40, seed=3)], p=1), limit=("blend_ratio", 1)),
    pixels(ja.CLAHE((1.5, 2.5), (3, 2), p=1), channels=(1, 3)),
    pixels(ja.Equalize(p=1), channels=(1, 3), random=False),
    pixels(ja.AutoContrast(2.0, p=1), random=False),
    pixels(ja.RandomToneCurve(0.2, p=1), limit=("scale",)),
    pixels(ja.ChannelShuffle(p=1), channels=(3, 4, 6)),
    pixels(ja.ChannelSwap(p=1), channels=(3,), random=False),
    pixels(ja.ToRGB(p=1), channels=(3,), random=False),
    pixels(ja.ISONoise((0.01, 0.05), (0.3, 0.5), p=1), channels=(1, 3)),
    pixels(ja.SaltAndPepper((0.05, 0.1), p=1)),
    pixels(ja.ToFloat(p=1), random=False, makes=np.float32),
    pixels(ja.FromFloat("uint16", p=1), random=False, makes=np.uint16),
    pixels(ja.PlanckianJitter(p=1), channels=(3,), limit=("temperature_limit", 1)),
    pixels(ja.FancyPCA(0.5, p=1), limit=("alpha",)),
    pixels(ja.PhotoMetricDistort(distort_p=0.8, p=1), channels=(1, 3), limit=("saturation_range", 1)),
    pixels(ja.Illumination("gaussian", (0.1, 0.2), p=1), limit=("intensity_range", 1)),
    pixels(ja.Vignetting((0.4, 0.9), p=1), limit=("intensity_range", 1)),
    pixels(ja.PlasmaBrightnessContrast(roughness=0.6, p=1), limit=("contrast_range", 1)),
    pixels(ja.PlasmaShadow(roughness=0.6, p=1), limit=("shadow_intensity_range", 1)),
    pixels(ja.Colorize(mid_range=((9, 80, 0), (200, 90, 70)), p=1), channels=(3,)),
    pixels(ja.ExposureMatching(p=1), limit=("target_mean_range", 1)),
    pixels(ja.HEStain(p=1), channels=(3,), limit=("intensity_scale_range", 1)),
    pixels(ja.Enhance(alpha_range=(0.2, 0.5), p=1), limit=("alpha_range", 1)),
    pixels(ja.AdditiveNoise("beta", "per_pixel", p=1)),
    pixels(ja.MotionBlur((3, 9), p=1)),
    pixels(ja.MedianBlur((3, 5), p=1)),
    pixels(ja.AdvancedBlur((3, 7), (0.5, 2.0), (0.5, 3.0), p=1), limit=("sigma_x_limit", 1)),
    pixels(ja.Defocus((1, 4), (0.1, 0.8), p=1), limit=("alias_blur", 1)),
    pixels(ja.Sharpen((0.05, 0.15), p=1), limit=("alpha", 1)),
    pixels(ja.UnsharpMask((3, 7), alpha=(0.3, 1.0), threshold=0, p=1), limit=("alpha", 1)),
    pixels(ja.RingingOvershoot((7, 9), (0.6, 2.0), p=1), limit=("cutoff", 1)),
    pixels(ja.ImageCompression(quality_range=(20, 80), p=1)),
    pixels(ja.Downscale((0.3, 0.8), {"downscale": "area", "upscale": "linear"}, p=1)),
    pixels(ja.ChromaticAberration((0.02, 0.2), (0.02, 0.2), p=1), channels=(3,), limit=("primary_distortion_limit", 1)),
    pixels(ja.ZoomBlur((1.1, 1.4), (0.05, 0.1), p=1)),
    pixels(ja.GlassBlur(p=1)),
    pixels(ja.RandomFog(p=1)),
    pixels(ja.AtmosphericFog(p=1), limit=("density_range", 1)),
    pixels(ja.RandomRain(p=1), channels=(1, 3, 4)),
    pixels(ja.RandomSnow(p=1), channels=(1, 3)),
    pixels(ja.RandomSunFlare(src_radius=20, p=1), channels=(1, 3)),
    pixels(ja.AnnotationArtifacts(count_range=(1, 2), text_length_range=(1, 2), random_color_prob=1, p=1)),
    pixels(ja.LensFlare(num_ghosts_range=(1, 3), p=1), limit=("intensity_range", 1)),
    pixels(ja.RandomGravel((0, 0, 1, 1), 3, p=1), channels=(1, 3), size=(120, 160)),
    pixels(ja.Spatter(gauss_sigma=(1, 1), mode="mud", p=1), limit=("intensity", 1)),
    pixels(ja.FilmGrain((0.1, 0.3), (1, 2), p=1), limit=("intensity_range", 1)),
    pixels(ja.ModeFilter((3, 3), p=1), random=False),
    pixels(ja.Dithering("ordered", 4, "per_channel", p=1), random=False),
    pixels(ja.Halftone((4, 10), (0.0, 0.5), p=1), limit=("blend_range", 1)),
    pixels(ja.StochasticConvolution((3, 3), (0.2, 0.8), p=1), limit=("strength_range", 1)),
    pixels(ja.BiasField((0.2, 0.5), (0.05, 0.1), p=1), limit=("std_range", 1)),
    pixels(ja.GibbsRinging((0.3, 0.8), p=1)),
    pixels(ja.KSpaceSpikeNoise(p=1), limit=("intensity_range", 1)),
    pixels(ja.RicianNoise(p=1), limit=("std_range", 1)),
    pixels(ja.Superpixels((0.4, 0.8), (12, 12), 32, p=1)),
    erase(ja.Morphological((3, 4), p=1), random=False),
    erase(ja.CoarseDropout((1, 4), (0.1, 0.3), (0.1, 0.3), fill_mask=0, p=1)),
    erase(ja.Erasing((0.1, 0.3), fill_mask=0, p=1)),
    erase(ja.XYMasking((1, 2), (1, 2), (3, 9), (3, 9), fill_mask=0, p=1)),
    erase(ja.GridDropout(unit_size_range=(8, 14), fill_mask=0, p=1)),
    erase(ja.GridMask(rotation_range=(-90, 90), fill_mask=0, p=1)),
    erase(ja.PixelDropout(0.2, mask_drop_value=0, p=1)),
    erase(ja.ConstrainedCoarseDropout((1, 3), (0.2, 0.6), (0.2, 0.6), fill_mask=0, p=1, mask_indices=[1, 2])),
    erase(ja.GuidedCoarseDropout("mask", None, 0, (1, 2), (0.2, 0.4), fill_mask=0, p=1), needs=("mask",)),
    erase(ja.TimeMasking(20, p=1)),
    erase(ja.FrequencyMasking(20, p=1)),
    pixels(ja.ChannelDropout((1, 2), p=1), channels=(3, 4, 6)),
    erase(ja.MaskDropout((1, 2), p=1), needs=("mask",)),
]

#: Transforms whose result has a random size, which `test_sizes` tries in buffers and without them.
SIZED = [
    warp(ja.RandomScale(0.4, p=1), needs=("size",)),
    warp(ja.RandomCropFromBorders(0.3, 0.2, 0.1, 0.4), exact=True, needs=("size",)),
    warp(ja.BBoxSafeRandomCrop(0.2), exact=True, needs=("size", "bboxes")),
    warp(ja.RandomZoomOut((1.0, 1.8), p=1), exact=True, needs=("size",)),
    warp(ja.RandomIoUCrop(0.6, 0.95), exact=True, needs=("size", "bboxes")),
    warp(ja.RandomCropNearBBox(0.3), exact=True, needs=("size", "cropping_bbox")),
]

#: Transforms of other samples than pictures with boxes and points, which tests of their own try.
APART = [
    pixels(ja.CutMix(p=1)),
    pixels(ja.MixUp(p=1)),
    warp(ja.Flip3D(p=1), exact=True),
    warp(ja.RandAugment(2, 20)),
    warp(ja.TrivialAugmentWide()),
    warp(ja.AutoAugment()),
    pixels(ja.AugMix()),
    pixels(ja.GhostingArtifact(p=1)),
    pixels(ja.MotionArtifact(p=1)),
    pixels(ja.ToTensorV2()),
    pixels(ja.ToTensor3D()),
    pixels(ja.Lambda(image=jnp.flipud)),
    pixels(ja.TextImage(FONT)),
    pixels(ja.OverlayElements()),
]

#: Warps that do not keep the picture in one piece, which `test_tearing` tries.
TORN = ("RandomGridShuffle", "PixelSpread")

BY_NAME = {case.name: case for case in TABLE}
WARPS = [case for case in TABLE if case.family == "warp" and case.name not in TORN]
#: All warps that points can be followed through.
FOLLOWED = {case.name: case for case in [*WARPS, *SIZED]}


#: One of each family of ops, for what takes long: eager runs compile dozens of kernels.
FAMILIES = (
    "Rotate",
    "GridDistortion",
    "RandomBrightnessContrast",
    "Blur",
    "GaussNoise",
    "RandomShadow",
    "CoarseDropout",
    "FDA",
    "Morphological",
)

#: One of each structure of warps: what is copied, matrices, windows, drawn sizes, and maps that bend or tear.
STRUCTURES = (
    "D4",
    "RandomCrop",
    "Pad",
    "Resize",
    "Affine",
    "Perspective",
    "RandomResizedCrop",
    "GridDistortion",
    "RandomCropFromBorders",
    "RandomGridShuffle",
)


def named(names: Iterable[str], *, quick: Collection[str] | None = None, group: str = "") -> Any:
    """Parametrizes over names of cases; tests of one name share a worker, and so its compiled programs.

    Args:
        names: all of them.
        quick: those that are not marked slow; None for all.
        group: set apart from the programs of other files.
    """

    def one(name: str) -> Any:
        slow = () if quick is None or name in quick else (pytest.mark.slow,)
        return pytest.param(name, marks=(pytest.mark.xdist_group(f"{group} {name}".strip()), *slow))

    return pytest.mark.parametrize("name", [one(name) for name in names])


def beside(case: Case, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """What a case needs in a sample with pictures (height, width): what it looks at, or an entry for the true size."""
    height, width = size
    window = np.array([width * 0.2, height * 0.15, width * 0.8, height * 0.85]).round().astype(np.float32)
    known = labelled(*size) | {"size": np.array(size, np.int32), "cropping_bbox": window}
    return {name: known[name] for name in case.needs}
