"""Image augmentation as pure functions, for JAX."""

from jaxaug import functional
from jaxaug.boxes import BboxParams
from jaxaug.choose import OneOf, Sequential
from jaxaug.compact import compact
from jaxaug.compose import Compose, Plan
from jaxaug.keypoints import KeypointParams
from jaxaug.serialize import from_list, to_list
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
