"""What shows where there is no picture."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array


def fill_values(fill: Any, picture: Array) -> Array:
    """A fill as one float per channel of a picture (height, width, channels).

    Raises:
        ValueError: it is neither one number nor one per channel.
    """
    channels = picture.shape[-1]
    value = jnp.asarray(fill, jnp.float32).reshape(-1)
    if value.size not in (1, channels):
        raise ValueError(
            f"A fill needs one value, or one per channel: the picture has {channels} channels, "
            f"the fill has {value.size} values. Give a single number to fill all channels."
        )
    return jnp.broadcast_to(value, (channels,))
