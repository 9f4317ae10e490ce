"""Image augmentation as pure functions, for JAX."""

from jaxaug import functional
from jaxaug.annotations.boxes import BboxParams
from jaxaug.annotations.compact import compact
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.pipeline.compose import Compose, Plan
from jaxaug.pipeline.compositions import OneOf, Sequential
from jaxaug.pipeline.serialize import from_list, to_list
from jaxaug.transforms import *  # noqa: F403
from jaxaug.transforms import __all__ as _transforms

__version__ = "0.1.0"
__all__ = [
    "BboxParams",
    "Compose",
    "KeypointParams",
    "OneOf",
    "Plan",
    "Sequential",
    "compact",
    "from_list",
    "functional",
    "to_list",
    *_transforms,
]
