"""The rows family: what drops boxes and changes no picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar

if TYPE_CHECKING:
    from jaxaug.core.annotation import Annotation


@struct.struct
class CentreFilter(Op):
    """An op of the family: boxes whose centres lie outside a window are no longer valid.

    Args:
        window: (4,) x_min, y_min, x_max, y_max in pixels of the reference.
        active: whether any are dropped.
        name: what drew it.
    """

    family = "rows"

    window: Array
    active: Scalar = static_if_true(default=True)
    name: str = static(default="CentreFilter")

    def for_picture(self, info: PictureInfo) -> None:
        return None

    def on_annotation(self, rows: Annotation) -> Annotation:
        kept: Annotation = rows.keep_centred(self.window, self.active)
        return kept
