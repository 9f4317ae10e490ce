"""Tones that give an image the look of a reference image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.ops.tone import Tone

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class ReferenceTone(Op):
    """A tone whose kernel also takes `references`, a tuple of images, and `index`, which of them counts.

    Args:
        tone: without these two.
        index: which of the references counts.
        references: images (H, W) or (H, W, C) of any sizes; None reads them from the entry.
        active: whether it is applied.
        entry: name of the entry of the sample that holds references.
        name: what drew it.
    """

    family = "tone"

    tone: Tone
    index: Scalar
    references: tuple[Any, ...] | None = None
    active: Scalar = static_if_true(default=True)
    entry: str = static(default="")
    name: str = static(default="ReferenceTone")

    def prepare(self, view: View) -> ReferenceTone:
        if self.references is not None:
            return self
        return struct.replace(self, references=tuple(references_in(view, self.entry)))

    def for_picture(self, info: PictureInfo) -> Tone | None:
        assert self.references is not None, "an op with references is prepared before it is fitted"
        units = tuple(_in_units(reference, info.max_value) for reference in self.references)
        params = {**self.tone.params, "references": units, "index": self.index}
        return struct.replace(self.tone, params=params, active=self.active, name=self.name).for_picture(info)


def references_in(view: View, name: str) -> list[Array]:
    """The reference images (H, W, C) under a declared entry.

    Raises:
        ValueError: there are none, or something is no image.
    """
    found = jax.tree.leaves(view.entry(name))
    if not found or any(jnp.ndim(image) not in (2, 3) for image in found):
        raise ValueError(f"{name!r} must hold images (H, W) or (H, W, C), got shapes {[jnp.shape(i) for i in found]}.")
    return [jnp.asarray(image) for image in found]


def _in_units(reference: Any, max_value: float) -> Array:
    """A reference of whole numbers as it is, and one of floats with full brightness 1."""
    reference = jnp.asarray(reference)
    if jnp.issubdtype(reference.dtype, jnp.integer) or max_value == 1.0:
        return reference
    return reference * (1.0 / max_value)
