"""The order of the axes in which pictures come out."""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array

from jaxaug.backend import struct
from jaxaug.backend.struct import static, static_if_true
from jaxaug.core.op import Op
from jaxaug.core.picture import PictureInfo
from jaxaug.core.types import Scalar


@struct.struct
class ChannelsFirst(Op):
    """Pictures come out with their channels before their rows; until then nothing moves.

    Args:
        volumes: it means volumes, whose channels come out before their depth, instead of pictures without depth.
        masks: masks are meant besides images, if they have channels.
        active: must stay True, because shapes cannot be random.
        name: what drew it.
    """

    family = "axes"

    volumes: bool = static(default=False)
    masks: bool = static(default=False)
    active: Scalar = static_if_true(default=True)
    name: str = static(default="ChannelsFirst")

    def channel_axis(self, kind: str, leading: int, depth_axis: int | None, *, has_channels: bool) -> int | None:
        """Before which axis the channels of a picture come out, None if it leaves such pictures alone.

        Args:
            kind: of the picture.
            leading: how many axes stand before (height, width).
            depth_axis: which of them is the depth of a volume, if one is.
            has_channels: it came in with an axis of channels; images, and masks of volumes, get one.
        """
        meant = kind == "image" or (self.masks and kind == "mask" and (has_channels or self.volumes))
        if not meant or self.volumes != (depth_axis is not None):
            return None
        return leading if depth_axis is None else depth_axis

    def _axis(self, info: PictureInfo) -> int | None:
        return self.channel_axis(info.kind, len(info.leading), info.depth_axis, has_channels=info.has_channels)

    def for_picture(self, info: PictureInfo) -> ChannelsFirst | None:
        return None if self._axis(info) is None else self

    def after(self, info: PictureInfo) -> PictureInfo:
        return info.replace(channel_axis=self._axis(info))

    def gate(self, on: Scalar) -> ChannelsFirst:
        raise ValueError(
            f"{self.name} changes the order of axes, but is applied at random, and shapes cannot be random. Use "
            f"{self.name}(p=1)."
        )

    def describe(self) -> str:
        return "channels before depth" if self.volumes else "channels before height"


def keep_axes(picture: Array, ops: Sequence[ChannelsFirst], info: PictureInfo) -> Array:
    """A picture (frames, height, width, channels) on its way, whose axes are put in order when it comes out."""
    return picture
