"""Frequencies: kernels on the channels of an image that look at its Fourier transform."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.decorators import Planes


@with_own_settings
def mix_amplitudes(image: Planes, reference: Planes, beta: Any) -> Planes:
    """Gives the low frequencies of an image the amplitudes of a reference, and leaves their phases.

    Args:
        image, reference: channels (height, width) of one size, in [0, 1].
        beta: half the side of the square of frequencies, as a fraction of the shorter side of the image.

    Returns:
        The channels, cut to [0, 1].

    Example:
        >>> import jax.numpy as jnp
        >>> dark, bright = jnp.full((4, 4), 0.25), jnp.full((4, 4), 0.75)
        >>> [round(float(v), 3) for v in mix_amplitudes((dark,), (bright,), 0.1)[0][0]]
        [0.75, 0.75, 0.75, 0.75]

    After Yang and Soatto, "FDA: Fourier domain adaptation for semantic segmentation", 2020: both ends of the square
    count; Albumentations 2.0.8 leaves out the upper one.
    """
    height, width = image[0].shape
    border = jnp.floor(min(height, width) * jnp.asarray(beta, jnp.float32))
    rows, columns = (jnp.abs(jnp.fft.fftfreq(n, 1.0 / n)) for n in (height, width))
    low = (rows <= border)[:, None] & (columns <= border)

    def mixed(plane: Any, other: Any) -> Any:
        spectrum, amplitude = jnp.fft.fft2(plane), jnp.abs(jnp.fft.fft2(other))
        size = jnp.abs(spectrum)
        phase = jnp.where(size > 0, spectrum / jnp.where(size > 0, size, 1.0), 1.0)
        return jnp.clip(jnp.fft.ifft2(jnp.where(low, amplitude * phase, spectrum)).real, 0.0, 1.0)

    return tuple(mixed(plane, other) for plane, other in zip(image, reference, strict=True))
