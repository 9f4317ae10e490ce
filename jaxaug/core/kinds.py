"""The table of kinds: which names of a sample are targets, and of what kind each is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.core.annotation import Annotation
from jaxaug.core.suggestions import nearest
from jaxaug.kernels.dtype import exactly

A = TypeVar("A", bound=type[Annotation])

IMAGE_DTYPES = ("uint8", "uint16", "float16", "bfloat16", "float32")


@dataclasses.dataclass(frozen=True)
class PictureKind:
    """A kind of picture.

    Args:
        name: image, mask, depth, flow or normals.
        vector: numbers that each pixel holds, where its channels are a vector.
        labels: its values are read from the nearest pixel and never mixed.
    """

    name: str
    vector: int | None = None
    labels: bool = False

    def check_form(self, label: str, value: Any) -> None:
        """Refuses a dtype that the kind cannot have.

        Raises:
            TypeError: the dtype is wrong; the message says what to cast to.
        """
        # Of 64 bits are numbers of NumPy, which become narrower.
        dtype = str(jax.dtypes.canonicalize_dtype(value.dtype))
        if self.name == "image" and dtype not in IMAGE_DTYPES:
            raise TypeError(
                f"{label!r} has dtype {value.dtype}; an image must have one of {', '.join(IMAGE_DTYPES)}. "
                "Cast it first (floats are expected in [0, 1])."
            )
        if self.labels and dtype.startswith("complex"):
            raise TypeError(f"{label!r} has dtype {dtype}; a {self.name} must hold whole numbers, flags or floats.")
        if self.vector and dtype not in ("float16", "bfloat16", "float32"):
            raise TypeError(
                f"{label!r} has dtype {value.dtype}; {self.name} must be float32, float16 or bfloat16. "
                "Cast it first, and decode it if it was stored as whole numbers."
            )


@dataclasses.dataclass(frozen=True)
class Name:
    """A name that entries of a sample may have.

    Args:
        kind: name of its kind.
        leading: axes that it puts before (height, width), or before the rows of one frame.
        depth_axis: which of them is the depth of a volume.
    """

    kind: str
    leading: int = 0
    depth_axis: int | None = None


PICTURES: dict[str, PictureKind] = {
    kind.name: kind
    for kind in (
        PictureKind("image"),
        PictureKind("mask", labels=True),
        PictureKind("depth", labels=True),
        PictureKind("flow", vector=2),
        PictureKind("normals", vector=3),
    )
}
#: Kinds of annotations by name, in the order in which they were registered.
ANNOTATIONS: dict[str, type[Annotation]] = {}
#: Every name that a sample may use without being told of it.
NAMES: dict[str, Name] = {
    "image": Name("image"),
    "images": Name("image", 1),
    "volume": Name("image", 1, depth_axis=0),
    "volumes": Name("image", 2, depth_axis=1),
    "mask": Name("mask"),
    "masks": Name("mask", 1),
    "mask3d": Name("mask", 1, depth_axis=0),
    "masks3d": Name("mask", 2, depth_axis=1),
    "depth": Name("depth"),
    "flow": Name("flow"),
    "normals": Name("normals"),
}
_AS_ARRAY = " Read files and decode pictures first; lists of numbers become one by numpy.asarray(...)."
#: Names that speak of other entries: which instances are in use, and how large a picture in a buffer is.
SPEAKING = ("valid", "size")


def annotation(kind: str) -> Callable[[A], A]:
    """Registers a class as a kind of annotation; entries of that name are of it.

    Args:
        kind: name of the kind.
    """

    def register(cls: A) -> A:
        cls.kind = kind
        ANNOTATIONS[kind] = cls
        NAMES[kind] = Name(kind)
        return cls

    return register


def kinds_without(method: str) -> frozenset[str]:
    """The kinds of annotations that do not say how they follow something.

    Args:
        method: of `Annotation`: warp, erase, show, join, morph or flip_voxels.
    """
    return frozenset(kind for kind, cls in ANNOTATIONS.items() if getattr(cls, method) is getattr(Annotation, method))


def names_of(additional: Mapping[str, str] | None) -> dict[str, Name]:
    """All names that a pipeline knows: the built-in ones and its `additional_targets`, a name to one it acts like.

    A built-in name may act like another, such as `{"depth": "mask"}`.

    Raises:
        ValueError: a kind that does not exist, or a name that speaks of others, such as `size`.
    """
    table = dict(NAMES)
    for name, like in (additional or {}).items():
        if like not in NAMES:
            raise ValueError(
                f"additional_targets[{name!r}] is {like!r}, which is no target kind.{nearest(like, NAMES)} "
                f"Known kinds: {', '.join(NAMES)}."
            )
        if name in SPEAKING:
            raise ValueError(f"additional_targets gives {name!r} the kind {like!r}, but that name is built in.")
        table[name] = NAMES[like]
    return table


def as_target(kind: str, label: str, value: Any, *, on_host: bool = False) -> Any:
    """A target as an array of JAX, if it can be of its kind.

    Args:
        kind: of the target.
        label: its place in the sample.
        value: the array.
        on_host: an array of NumPy stays one, in the dtype that JAX would give it: a program will be given it as it is.

    Raises:
        TypeError, ValueError: it cannot; the message names the entry.
    """
    if kind in PICTURES:
        if not hasattr(value, "dtype"):
            raise TypeError(f"{label!r} must be an array, got {type(value).__name__}.{_AS_ARRAY}")
        PICTURES[kind].check_form(label, value)
    if isinstance(value, np.ndarray) and kind != "image":
        value = exactly(label, value, jax.dtypes.canonicalize_dtype(value.dtype))
    if on_host and isinstance(value, np.ndarray):
        return value.astype(jax.dtypes.canonicalize_dtype(value.dtype), copy=False)
    # `asarray` compiles a program for every new shape of NumPy's arrays.
    array = jax.device_put(value, may_alias=False) if isinstance(value, np.ndarray) else jnp.asarray(value)
    # A program that counts in 64 bits may hand over such numbers, which pipelines do not.
    narrow = jax.dtypes.canonicalize_dtype(array.dtype)
    return array if array.dtype == narrow else array.astype(narrow)
