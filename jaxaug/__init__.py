"""Image augmentation as pure functions, for JAX."""

from jaxaug import functional
from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.compact import compact
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.core.albumentations_names import about
from jaxaug.core.transform import Transform, transform
from jaxaug.interop.albumentations import from_albumentations
from jaxaug.interop.calls import PortWarning
from jaxaug.interop.prefetch import prefetch
from jaxaug.interop.to_albumentations import to_albumentations
from jaxaug.interop.torchvision import from_torchvision
from jaxaug.pipeline.choices import OneOf, OneOrOther, RandomOrder, SomeOf
from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.compositions import Sequential
from jaxaug.pipeline.pipeline_lists import from_dict, from_list, to_dict, to_list
from jaxaug.pipeline.plan import Plan
from jaxaug.pipeline.ragged import bucket_by_size, pad_batch, unpad_batch
from jaxaug.pipeline.replay import ReplayCompose
from jaxaug.pipeline.selective import SelectiveChannelTransform
from jaxaug.pipeline.views import views
from jaxaug.policies import recipes
from jaxaug.policies.augmix import AugMix
from jaxaug.policies.autoaugment import AutoAugment
from jaxaug.policies.randaugment import RandAugment, TrivialAugmentWide
from jaxaug.policies.three_augment import three_augment
from jaxaug.tools import plot
from jaxaug.transforms import *  # noqa: F403
from jaxaug.transforms import __all__ as _transforms

__version__ = "0.1.0"
__all__ = [
    "AugMix",
    "AutoAugment",
    "BboxParams",
    "Compose",
    "KeypointParams",
    "OneOf",
    "OneOrOther",
    "Plan",
    "RandAugment",
    "PortWarning",
    "RandomOrder",
    "ReplayCompose",
    "SelectiveChannelTransform",
    "Sequential",
    "SomeOf",
    "Transform",
    "TrivialAugmentWide",
    "bucket_by_size",
    "compact",
    "from_albumentations",
    "from_dict",
    "from_list",
    "from_torchvision",
    "functional",
    "pad_batch",
    "plot",
    "recipes",
    "three_augment",
    "to_albumentations",
    "prefetch",
    "to_dict",
    "to_list",
    "transform",
    "unpad_batch",
    "views",
    *_transforms,
]


def __getattr__(name: str) -> object:
    raise AttributeError(f"jaxaug has no {name!r}.{about(name, __all__)}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
