"""Every transform, by subject."""

from jaxaug.transforms.affine import Affine, Perspective, Rotate, SafeRotate, ShiftScaleRotate
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
from jaxaug.transforms.crop import CenterCrop, Crop, RandomCrop
from jaxaug.transforms.crop_and_pad import CropAndPad
from jaxaug.transforms.crop_around import AtLeastOneBBoxRandomCrop, CropNonEmptyMaskIfExists, RandomSizedBBoxSafeCrop
from jaxaug.transforms.distort import ElasticTransform, GridDistortion
from jaxaug.transforms.dropout import (
    ChannelDropout,
    CoarseDropout,
    Erasing,
    FrequencyMasking,
    MaskDropout,
    TimeMasking,
    XYMasking,
)
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
from jaxaug.transforms.noise import GaussNoise
from jaxaug.transforms.pad import LetterBox, Pad, PadIfNeeded
from jaxaug.transforms.resize import LongestMaxSize, Resize, SmallestMaxSize
from jaxaug.transforms.zoom import RandomResizedCrop, RandomSizedCrop

__all__ = [
    "Affine",
    "AtLeastOneBBoxRandomCrop",
    "Blur",
    "CenterCrop",
    "ChannelDropout",
    "CoarseDropout",
    "ColorJitter",
    "Crop",
    "CropAndPad",
    "CropNonEmptyMaskIfExists",
    "D4",
    "ElasticTransform",
    "Erasing",
    "FrequencyMasking",
    "GaussNoise",
    "GaussianBlur",
    "GridDistortion",
    "HorizontalFlip",
    "HueSaturationValue",
    "InvertImg",
    "LetterBox",
    "LongestMaxSize",
    "MaskDropout",
    "NoOp",
    "Normalize",
    "Pad",
    "PadIfNeeded",
    "Perspective",
    "Posterize",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomCrop",
    "RandomGamma",
    "RandomResizedCrop",
    "RandomRotate90",
    "RandomSizedBBoxSafeCrop",
    "RandomSizedCrop",
    "Resize",
    "Rotate",
    "SafeRotate",
    "ShiftScaleRotate",
    "SmallestMaxSize",
    "Solarize",
    "SquareSymmetry",
    "TimeMasking",
    "TimeReverse",
    "ToGray",
    "Transform",
    "Transpose",
    "VerticalFlip",
    "XYMasking",
    "transform",
]
