"""Image augmentation as pure functions, for JAX."""

from jaxaug import functional
from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.compact import compact
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.core.albumentations_names import about
from jaxaug.core.transform import Transform, transform
from jaxaug.interop.prefetch import prefetch
from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.compositions import OneOf, Sequential
from jaxaug.pipeline.pipeline_lists import from_list, to_list
from jaxaug.pipeline.plan import Plan
from jaxaug.pipeline.ragged import bucket_by_size, pad_batch, unpad_batch
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
    "Transform",
    "bucket_by_size",
    "compact",
    "from_list",
    "functional",
    "pad_batch",
    "prefetch",
    "to_list",
    "transform",
    "unpad_batch",
    *_transforms,
]


def __getattr__(name: str) -> object:
    raise AttributeError(f"jaxaug has no {name!r}.{about(name, __all__)}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
