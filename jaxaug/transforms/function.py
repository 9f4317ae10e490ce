"""Functions of a user's own as a step of a pipeline."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from jax import Array

from jaxaug.backend.importable import Importable
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.ops.functions import Functions, functions_of


def _read_function(where: str, v: Any) -> Any:
    if v is None:
        return None
    if not callable(v):
        raise TypeError(f"{where} must be a function of arrays, got {v!r}.")
    try:
        Importable.of(v)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return v


def _function() -> Any:
    return dataclasses.field(default=None, metadata={"convert": _read_function, "static": True})


@transform
class Lambda(Transform):
    """Functions of arrays as a step, one for each kind of target; what has no function stays as it is.

    Functions are traced: they are written with `jax.numpy`, and stand at the top of a module, so that a plan that names
    them can be stored and sent to another process.

    Args:
        image: takes an image (height, width) or (height, width, channels) in its dtype, as the sample holds it, and
            returns one of the same size; channels and dtype may differ. Frames and slices are given one by one. Beside
            a `size` it sees the whole array.
        mask: the same for masks.
        keypoints: takes (K, 2) float32 positions x, y in pixels, whose centres are whole numbers, and returns as many.
        bboxes: takes (N, 4) float32 boxes x_min, y_min, x_max, y_max as fractions of the picture, and returns as many.
        name: shown in plans in place of `Lambda`.
        p: how often it is applied.

    Raises:
        TypeError: something that is no function.
        ValueError: a function that cannot be imported by its name, such as a Python lambda; one that changes the size;
            one that changes dtype or channels and is applied at random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.Lambda(image=jnp.flipud, p=1)])
        >>> augment(jax.random.key(0), image=jnp.array([[1.0], [2.0]]))["image"]
        Array([[2.],
               [1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, whose functions get further keywords.
    """

    image: Callable[[Array], Array] | None = _function()
    mask: Callable[[Array], Array] | None = _function()
    keypoints: Callable[[Array], Array] | None = _function()
    bboxes: Callable[[Array], Array] | None = _function()
    name: str | None = args.option(None, str, optional=True)
    p: Scalar = args.probability(1.0)

    @property
    def shown_as(self) -> str:
        return self.name or "Lambda"

    def draw(self, rng: Draw, view: View) -> Functions:
        return functions_of(image=self.image, mask=self.mask, keypoints=self.keypoints, bboxes=self.bboxes)
