"""The Mix family: what needs other samples of a batch, so that it is a stage of `Compose.batch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_certain, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.op import Op, aligned
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.kernels.dtype import round_to

if TYPE_CHECKING:
    from jaxaug.core.view import View


@struct.struct
class Mix(Op):
    """An op of the family: a window in which another sample shows through, in the same place.

    Args:
        window: (4,) x_min, y_min, x_max, y_max as fractions of the picture's width and height.
        weight: how much of the other sample shows there, from 0 to 1; plainly 1 blends nothing.
        active: whether it does.
        label: name of the entries that are mixed by the share of the other sample.
        name: what drew it.
    """

    family = "mix"

    window: Array
    weight: Scalar = static_if_certain(default=1.0)
    active: Scalar = static_if_true(default=True)
    label: str = static(default="labels")
    name: str = static(default="Mix")

    def refused(self) -> frozenset[str]:
        return frozenset(ANNOTATIONS)

    def prepare(self, view: View) -> Mix:
        raise ValueError(
            f"{self.name} mixes the samples of a batch, and this is one sample: put it into the outermost Compose, by "
            "itself or into a OneOf of nothing else, and call augment.batch(key, batch)."
        )

    def region(self, canvas: Canvas) -> Array:
        """(height, width) bool: the whole pixels of a picture that lie in the window."""
        height, width = canvas.size
        x0, x1 = (jnp.round(v * width) for v in (self.window[0], self.window[2]))
        y0, y1 = (jnp.round(v * height) for v in (self.window[1], self.window[3]))
        rows, columns = (jnp.arange(n) for n in canvas.buffer)
        inside = ((rows >= y0) & (rows < y1))[:, None] & (columns >= x0) & (columns < x1)
        return inside & self.active

    def share(self, canvas: Canvas) -> Array:
        """The share of the other sample in the reference picture."""
        height, width = canvas.size
        return self.weight * self.region(canvas).sum() / jnp.asarray(height * width, jnp.float32)

    def on_pictures(self, own: Array, other: Array, info: PictureInfo) -> Array:
        """A picture (frames, height, width, channels) with that of another sample in the window.

        Whole numbers of masks name things, between which there is nothing: the larger share shows.
        """
        if isinstance(self.weight, float) and self.weight == 1.0:
            seen = other
        elif info.kind != "image" and not jnp.issubdtype(own.dtype, jnp.floating):
            seen = jnp.where(self.weight > 0.5, other, own)
        else:
            apart = [picture.astype(jnp.float32) for picture in (own, other)]
            blend = round_to(apart[0] * (1 - self.weight) + apart[1] * self.weight, own.dtype)
            seen = jnp.where(self.weight == 1, other, blend)
        return jnp.where(self.region(info.canvas)[..., None], seen, own)

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        ops = [self, *others]
        if not all(isinstance(op, Mix) for op in ops):
            return None
        if not all(isinstance(op.weight, float) for op in ops):
            ops = [struct.replace(op, weight=jnp.asarray(op.weight, jnp.float32)) for op in ops]
        return aligned(ops)

    def on_labels(self, own: Array, other: Array, canvas: Canvas) -> Array:
        """Labels of one sample, floats such as one-hot ones, mixed with those of another."""
        share = self.share(canvas)
        return (own * (1 - share) + other * share).astype(own.dtype)
