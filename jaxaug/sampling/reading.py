"""Reading a picture of any kind, with all its frames, through a run of warps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jax import Array

from jaxaug.core.picture import PictureInfo, over_frames
from jaxaug.geometry.warp import Warp
from jaxaug.sampling.chain import resample
from jaxaug.sampling.vectors import move_flow, move_normals

#: Of the largest picture of drawn size that is written.
MOST_PIXELS = 2**27
#: How pixels that are vectors follow; all others are read.
VECTORS: dict[str, Callable[[Array, Sequence[Warp]], Array]] = {"flow": move_flow, "normals": move_normals}


def read_picture(picture: Array, warps: Sequence[Warp], info: PictureInfo) -> Array:
    """A picture through neighbouring warps.

    Args:
        picture: (frames, height, width, channels).
        warps: in order, fitted to the picture.
        info: of the picture before them.

    Raises:
        ValueError: a result of drawn size needs a buffer that hardly any memory holds.
    """
    height, width = warps[-1].size_out
    if warps[-1].tells_size and height * width > MOST_PIXELS:
        raise ValueError(
            f"{' and '.join(w.name for w in warps)} may make a picture of {height} x {width} pixels: one with a 'size' "
            "beside it may be as narrow as a pixel. Put a crop, LetterBox or Resize behind: both are one resampling, "
            "and nothing so large is written."
        )
    read = VECTORS.get(info.kind, resample)
    return over_frames(lambda frame: read(frame, warps), picture)
