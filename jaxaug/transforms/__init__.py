"""Every transform, one subject a file: arguments, and a `draw` that returns operations."""

from jaxaug.transforms.additive_noise import AdditiveNoise
from jaxaug.transforms.affine import Affine, Rotate, SafeRotate, ShiftScaleRotate
from jaxaug.transforms.annotation_artifacts import AnnotationArtifacts
from jaxaug.transforms.blur import (
    AdvancedBlur,
    Blur,
    Defocus,
    GaussianBlur,
    MedianBlur,
    ModeFilter,
    MotionBlur,
    StochasticConvolution,
)
from jaxaug.transforms.channels import ChannelShuffle, ChannelSwap, ToRGB
from jaxaug.transforms.colorize import Colorize
from jaxaug.transforms.colour import (
    ColorJitter,
    FancyPCA,
    HueSaturationValue,
    PhotoMetricDistort,
    RGBShift,
    ToGray,
    ToSepia,
)
from jaxaug.transforms.compression import Downscale, ImageCompression
from jaxaug.transforms.crop import CenterCrop, Crop, RandomCrop, RandomCropFromBorders
from jaxaug.transforms.crop_and_pad import CropAndPad
from jaxaug.transforms.crop_around import (
    AtLeastOneBBoxRandomCrop,
    BBoxSafeRandomCrop,
    CropNonEmptyMaskIfExists,
    RandomCropNearBBox,
    RandomSizedBBoxSafeCrop,
)
from jaxaug.transforms.distort import ElasticTransform, GridDistortion
from jaxaug.transforms.domain import FDA, HistogramMatching, PixelDistributionAdaptation
from jaxaug.transforms.dropout import CoarseDropout, Erasing
from jaxaug.transforms.dtype import FromFloat, ToFloat
from jaxaug.transforms.emboss import Emboss
from jaxaug.transforms.flare import LensFlare, RandomSunFlare
from jaxaug.transforms.flip import (
    D4,
    HorizontalFlip,
    NoOp,
    RandomRotate90,
    SquareSymmetry,
    TimeReverse,
    Transpose,
    VerticalFlip,
)
from jaxaug.transforms.function import Lambda
from jaxaug.transforms.gravel import RandomGravel
from jaxaug.transforms.grid_dropout import GridDropout, GridMask
from jaxaug.transforms.histogram import CLAHE, AutoContrast, Equalize
from jaxaug.transforms.lens import ChromaticAberration, GlassBlur, ZoomBlur
from jaxaug.transforms.light import ExposureMatching, Illumination, PlanckianJitter, Vignetting
from jaxaug.transforms.medical import (
    BiasField,
    GhostingArtifact,
    GibbsRinging,
    KSpaceSpikeNoise,
    MotionArtifact,
    RicianNoise,
)
from jaxaug.transforms.mesh import GridElasticDeform, PiecewiseAffine, ThinPlateSpline
from jaxaug.transforms.mixing import CutMix, MixUp
from jaxaug.transforms.morphology import Morphological
from jaxaug.transforms.noise import FilmGrain, GaussNoise, ISONoise, MultiplicativeNoise, SaltAndPepper, ShotNoise
from jaxaug.transforms.normalize import Normalize
from jaxaug.transforms.objects import ConstrainedCoarseDropout, GuidedCoarseDropout, MaskDropout
from jaxaug.transforms.optical import OpticalDistortion, WaterRefraction
from jaxaug.transforms.overlap_crop import RandomIoUCrop
from jaxaug.transforms.overlays import OverlayElements
from jaxaug.transforms.pad import LetterBox, Pad, PadIfNeeded, RandomZoomOut
from jaxaug.transforms.perspective import Perspective
from jaxaug.transforms.pixel_dropout import ChannelDropout, PixelDropout
from jaxaug.transforms.plasma import PlasmaBrightnessContrast, PlasmaShadow
from jaxaug.transforms.precipitation import AtmosphericFog, RandomFog, RandomRain, RandomSnow
from jaxaug.transforms.printing import Dithering, Halftone
from jaxaug.transforms.resize import LongestMaxSize, RandomScale, Resize, SmallestMaxSize
from jaxaug.transforms.resized_crop import RandomResizedCrop, RandomSizedCrop
from jaxaug.transforms.sharpen import Enhance, RingingOvershoot, Sharpen, UnsharpMask
from jaxaug.transforms.shuffle import PixelSpread, RandomGridShuffle
from jaxaug.transforms.spatter import Spatter
from jaxaug.transforms.stain import HEStain
from jaxaug.transforms.stripes import FrequencyMasking, TimeMasking, XYMasking
from jaxaug.transforms.superpixels import Superpixels
from jaxaug.transforms.tensor import ToTensor3D, ToTensorV2
from jaxaug.transforms.text import TextImage
from jaxaug.transforms.tones import (
    InvertImg,
    Posterize,
    RandomBrightnessContrast,
    RandomGamma,
    RandomToneCurve,
    Solarize,
)
from jaxaug.transforms.volume import Flip3D
from jaxaug.transforms.weather import RandomShadow

__all__ = [
    "AdditiveNoise",
    "AdvancedBlur",
    "Affine",
    "AnnotationArtifacts",
    "AtLeastOneBBoxRandomCrop",
    "AtmosphericFog",
    "AutoContrast",
    "BBoxSafeRandomCrop",
    "BiasField",
    "Blur",
    "CLAHE",
    "CenterCrop",
    "ChannelDropout",
    "ChannelShuffle",
    "ChannelSwap",
    "ChromaticAberration",
    "CoarseDropout",
    "ColorJitter",
    "Colorize",
    "ConstrainedCoarseDropout",
    "Crop",
    "CropAndPad",
    "CropNonEmptyMaskIfExists",
    "CutMix",
    "D4",
    "Defocus",
    "Dithering",
    "Downscale",
    "ElasticTransform",
    "Emboss",
    "Enhance",
    "Equalize",
    "Erasing",
    "ExposureMatching",
    "FDA",
    "FancyPCA",
    "FilmGrain",
    "Flip3D",
    "FrequencyMasking",
    "FromFloat",
    "GaussNoise",
    "GaussianBlur",
    "GhostingArtifact",
    "GibbsRinging",
    "GlassBlur",
    "GridDistortion",
    "GridDropout",
    "GridElasticDeform",
    "GridMask",
    "GuidedCoarseDropout",
    "HEStain",
    "Halftone",
    "HistogramMatching",
    "HorizontalFlip",
    "HueSaturationValue",
    "ISONoise",
    "Illumination",
    "ImageCompression",
    "InvertImg",
    "KSpaceSpikeNoise",
    "Lambda",
    "LensFlare",
    "LetterBox",
    "LongestMaxSize",
    "MaskDropout",
    "MedianBlur",
    "MixUp",
    "ModeFilter",
    "Morphological",
    "MotionArtifact",
    "MotionBlur",
    "MultiplicativeNoise",
    "NoOp",
    "Normalize",
    "OpticalDistortion",
    "OverlayElements",
    "Pad",
    "PadIfNeeded",
    "Perspective",
    "PhotoMetricDistort",
    "PiecewiseAffine",
    "PixelDistributionAdaptation",
    "PixelDropout",
    "PixelSpread",
    "PlanckianJitter",
    "PlasmaBrightnessContrast",
    "PlasmaShadow",
    "Posterize",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomCrop",
    "RandomCropFromBorders",
    "RandomCropNearBBox",
    "RandomFog",
    "RandomGamma",
    "RandomGravel",
    "RandomGridShuffle",
    "RandomIoUCrop",
    "RandomRain",
    "RandomResizedCrop",
    "RandomRotate90",
    "RandomScale",
    "RandomShadow",
    "RandomSizedBBoxSafeCrop",
    "RandomSizedCrop",
    "RandomSnow",
    "RandomSunFlare",
    "RandomToneCurve",
    "RandomZoomOut",
    "Resize",
    "RicianNoise",
    "RingingOvershoot",
    "Rotate",
    "SafeRotate",
    "SaltAndPepper",
    "Sharpen",
    "ShiftScaleRotate",
    "ShotNoise",
    "SmallestMaxSize",
    "Solarize",
    "Spatter",
    "SquareSymmetry",
    "StochasticConvolution",
    "Superpixels",
    "TextImage",
    "ThinPlateSpline",
    "TimeMasking",
    "TimeReverse",
    "ToFloat",
    "ToGray",
    "ToRGB",
    "ToSepia",
    "ToTensor3D",
    "ToTensorV2",
    "Transpose",
    "UnsharpMask",
    "VerticalFlip",
    "Vignetting",
    "WaterRefraction",
    "XYMasking",
    "ZoomBlur",
]
