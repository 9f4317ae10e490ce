"""Every transform, by subject."""

from jaxaug.transforms.affine import Affine, Rotate, SafeRotate, ShiftScaleRotate
from jaxaug.transforms.base import Transform, transform
from jaxaug.transforms.blur import Blur, GaussianBlur
from jaxaug.transforms.colour import (
    ColorJitter,
    HueSaturationValue,
    InvertImg,
    Normalize,
    Posterize,
    RandomBrightnessContrast,
    RandomGamma,
    RGBShift,
    Solarize,
    ToGray,
)
from jaxaug.transforms.crop import CenterCrop, Crop, Pad, PadIfNeeded, RandomCrop, RandomResizedCrop, RandomSizedCrop
from jaxaug.transforms.distort import ElasticTransform, GridDistortion
from jaxaug.transforms.dropout import CoarseDropout, Erasing
from jaxaug.transforms.drops import ChannelDropout, PixelDropout
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
from jaxaug.transforms.grid import GridDropout, GridMask
from jaxaug.transforms.mesh import GridElasticDeform, PiecewiseAffine, ThinPlateSpline
from jaxaug.transforms.noise import GaussNoise
from jaxaug.transforms.objects import ConstrainedCoarseDropout, MaskDropout
from jaxaug.transforms.optical import OpticalDistortion, WaterRefraction
from jaxaug.transforms.perspective import Perspective
from jaxaug.transforms.resize import LongestMaxSize, RandomScale, Resize, SmallestMaxSize
from jaxaug.transforms.stripes import FrequencyMasking, TimeMasking, XYMasking

__all__ = [
    "Affine",
    "Blur",
    "CenterCrop",
    "ChannelDropout",
    "CoarseDropout",
    "ColorJitter",
    "ConstrainedCoarseDropout",
    "Crop",
    "D4",
    "ElasticTransform",
    "Erasing",
    "FrequencyMasking",
    "GaussNoise",
    "GaussianBlur",
    "GridDistortion",
    "GridDropout",
    "GridElasticDeform",
    "GridMask",
    "HorizontalFlip",
    "HueSaturationValue",
    "InvertImg",
    "LongestMaxSize",
    "MaskDropout",
    "NoOp",
    "Normalize",
    "OpticalDistortion",
    "Pad",
    "PadIfNeeded",
    "Perspective",
    "PixelDropout",
    "PiecewiseAffine",
    "Posterize",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomCrop",
    "RandomGamma",
    "RandomResizedCrop",
    "RandomRotate90",
    "RandomSizedCrop",
    "RandomScale",
    "Resize",
    "Rotate",
    "SafeRotate",
    "ShiftScaleRotate",
    "SmallestMaxSize",
    "Solarize",
    "SquareSymmetry",
    "ThinPlateSpline",
    "TimeMasking",
    "TimeReverse",
    "ToGray",
    "Transform",
    "Transpose",
    "VerticalFlip",
    "WaterRefraction",
    "XYMasking",
    "transform",
]
