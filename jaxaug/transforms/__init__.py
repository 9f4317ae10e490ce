"""Every transform, by subject."""

from jaxaug.transforms.affine import Affine, Perspective, Rotate, ShiftScaleRotate
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
from jaxaug.transforms.crop import CenterCrop, Crop, PadIfNeeded, RandomCrop, RandomResizedCrop
from jaxaug.transforms.distort import ElasticTransform, GridDistortion
from jaxaug.transforms.dropout import CoarseDropout, MaskDropout
from jaxaug.transforms.flip import HorizontalFlip, NoOp, RandomRotate90, Transpose, VerticalFlip
from jaxaug.transforms.noise import GaussNoise
from jaxaug.transforms.resize import Resize

__all__ = [
    "Affine",
    "Blur",
    "CenterCrop",
    "CoarseDropout",
    "ColorJitter",
    "Crop",
    "ElasticTransform",
    "GaussNoise",
    "GaussianBlur",
    "GridDistortion",
    "HorizontalFlip",
    "HueSaturationValue",
    "InvertImg",
    "MaskDropout",
    "NoOp",
    "Normalize",
    "PadIfNeeded",
    "Perspective",
    "Posterize",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomCrop",
    "RandomGamma",
    "RandomResizedCrop",
    "RandomRotate90",
    "Resize",
    "Rotate",
    "ShiftScaleRotate",
    "Solarize",
    "ToGray",
    "Transform",
    "Transpose",
    "VerticalFlip",
    "transform",
]
