"""The Mix family: what needs other samples of a batch, so that it is a stage of `Compose.batch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.compiler import both
from jaxaug.backend.struct import static, static_if_certain, static_if_true
from jaxaug.core.canvas import Canvas
from jaxaug.core.kinds import kinds_without
from jaxaug.core.op import Op, aligned
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar
from jaxaug.geometry.matrices import vector
from jaxaug.kernels.dtype import round_to

if TYPE_CHECKING:
    from jaxaug.core.view import View

#: The window that is the whole picture.
WHOLE = np.array([0.0, 0.0, 1.0, 1.0], np.float32)


@struct.struct
class Mix(Op):
    """An op of the family: a window in which another sample shows through, in the same place.

    Args:
        window: (4,) x_min, y_min, x_max, y_max as fractions of the picture's width and height; None for all of it.
        weight: how much of the other sample shows there, from 0 to 1; plainly 1 blends nothing.
        active: whether it does.
        label: name of the entries that are mixed by the share of the other sample.
        row_weights: name of the entries beside rows that are multiplied by the share of the sample a row is from; empty
            for none.
        name: what drew it.
    """

    family = "mix"

    window: Array | None = None
    weight: Scalar = static_if_certain(default=1.0)
    active: Scalar = static_if_true(default=True)
    label: str = static(default="labels")
    row_weights: str = static(default="")
    name: str = static(default="Mix")

    def refused(self) -> frozenset[str]:
        return kinds_without("erase") | kinds_without("show") | kinds_without("join")

    def prepare(self, view: View) -> Mix:
        raise ValueError(
            f"{self.name} mixes the samples of a batch, and this is one sample: put it into the outermost Compose, by "
            "itself or into a OneOf of nothing else, and call augment.batch(key, batch)."
        )

    def edges(self, canvas: Canvas) -> Array:
        """(4,) x_min, y_min, x_max, y_max of the window, in whole pixels of a picture."""
        height, width = canvas.size
        return jnp.round(vector(width, height, width, height) * (WHOLE if self.window is None else self.window))

    def region(self, canvas: Canvas) -> Array:
        """(height, width) bool: the pixels of a picture that lie in the window."""
        x0, y0, x1, y1 = self.edges(canvas)
        rows, columns = (jnp.arange(n) for n in canvas.buffer)
        inside = ((rows >= y0) & (rows < y1))[:, None] & (columns >= x0) & (columns < x1)
        return inside & self.active

    def share(self, canvas: Canvas) -> Array:
        """The share of the other sample in the reference picture."""
        height, width = canvas.size
        return self.weight * self.region(canvas).sum() / jnp.asarray(height * width, jnp.float32)

    @property
    def hides(self) -> Any:
        """Whether nothing of the sample itself is seen in the window."""
        return jnp.asarray(both(self.active, jnp.equal(self.weight, 1)))

    @property
    def shows(self) -> Any:
        """Whether anything of the other sample is seen there."""
        return jnp.asarray(both(self.active, jnp.greater(self.weight, 0)))

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

    def on_instances(self, own: Array, other: Array, info: PictureInfo) -> Array:
        """Masks (N, height, width, channels) of what is seen of instances, and behind them those of another sample."""
        region = self.region(info.canvas)[..., None]
        seen = jnp.where(region & self.hides, 0, own), jnp.where(region & self.shows, other, 0)
        return jnp.concatenate([part.astype(own.dtype) for part in seen])

    def on_rows(self, own: Any, other: Any, canvas: Canvas, sets: int) -> Any:
        """Annotations on a canvas, and behind them those of another sample: of both what is seen.

        Args:
            own: of the sample itself.
            other: of the other one.
            canvas: of the reference picture.
            sets: how many sets of rows an entry holds, such as one for each frame.
        """
        if self.window is None:
            own = struct.replace(own, valid=own.valid & ~self.hides)
        else:
            own = own.erase(self.region(canvas) & self.hides, "cut")
        if self.window is not None or canvas.extent is not None:
            other = other.show(self.edges(canvas))
        return own.join(struct.replace(other, valid=other.valid & self.shows), sets)

    def on_labels(self, own: Array, other: Array, canvas: Canvas) -> Array:
        """Labels of one sample, floats such as one-hot ones, mixed with those of another."""
        share = self.share(canvas)
        return (own * (1 - share) + other * share).astype(own.dtype)

    def on_row_weights(self, own: Array, other: Array) -> tuple[Array, Array]:
        """Weights of the rows of one sample and of another, by how much of each sample shows."""
        blends = self.shows & ~self.hides
        return (own * jnp.where(blends, 1 - self.weight, 1)).astype(own.dtype), (other * self.weight).astype(own.dtype)

    def align(self, others: Sequence[Any]) -> list[Any] | None:
        ops = [self, *others]
        if not all(isinstance(op, Mix) for op in ops):
            return None
        if not all(isinstance(op.weight, float) for op in ops):
            ops = [struct.replace(op, weight=jnp.asarray(op.weight, jnp.float32)) for op in ops]
        if not all(op.window is None for op in ops):
            ops = [struct.replace(op, window=jnp.asarray(WHOLE)) if op.window is None else op for op in ops]
        named = {op.row_weights for op in ops} - {""}
        if len(named) == 1:
            ops = [struct.replace(op, row_weights=next(iter(named))) for op in ops]
        return aligned(ops)
