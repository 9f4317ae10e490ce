"""What goes wrong while a scanner reads a volume, line by line of its spectrum: ghosts, and movement.

Volumes are floats in [0, 1] of shape (depth, height, width, channels), and so are results.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.ndimage import map_coordinates

from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.kernels.arithmetic import clip_unit, finite_sqrt

#: Degree of the splines between voxels.
DEGREES = {"nearest": 0, "linear": 1}


@with_own_settings
def ghosts(volume: Array, count: Any, intensity: Any, restored: Any, *, axis: int) -> Array:
    """Weakens every so many lines of the spectrum, so that faint copies appear.

    Args:
        volume: (D, H, W, C).
        count: a copy appears every so many parts of the side, of which each line of that number is weakened.
        intensity: what those lines lose, in [0, 1].
        restored: share of the lines, about no frequency, that lose nothing.
        axis: along which lines are counted: 0 is depth, 1 height, 2 width.

    Example:
        >>> import jax.numpy as jnp
        >>> points = jnp.zeros((1, 1, 8, 1)).at[0, 0, 1].set(0.8)
        >>> [round(abs(float(v)), 2) for v in ghosts(points, 2, 0.5, 0.0, axis=2)[0, 0, :, 0]]
        [0.05, 0.65, 0.05, 0.05, 0.05, 0.0, 0.05, 0.05]
    """
    length = volume.shape[axis]
    line = jnp.arange(length // 2 + 1)
    weak = (line % count == 0) & (line > restored * (length / 2))
    shape = [1] * volume.ndim
    shape[axis] = line.shape[0]
    gain = jnp.where(weak, 1 - intensity, 1.0).reshape(shape)
    return clip_unit(jnp.fft.irfft(jnp.fft.rfft(volume, axis=axis) * gain, n=length, axis=axis))


@with_own_settings
def movement(
    volume: Array, times: Array, angles: Array, shifts: Array, count: Any, *, axis: int, interpolation: str
) -> Array:
    """Reads the lines of the spectrum one after another from a volume that moves now and then.

    Args:
        volume: (D, H, W, C).
        times: (N,) when it moves, 0 before the first line and 1 after the last.
        angles: (N, 3) of its poses, in degrees about the axes of depth, height and width.
        shifts: (N, 3) of its poses along them, as fractions of its sides.
        count: how many of these movements count.
        axis: along which lines are read: 0 is depth, 1 height, 2 width.
        interpolation: `nearest` or `linear`.

    Example:
        >>> import jax.numpy as jnp
        >>> volume = jnp.linspace(0.0, 1.0, 8).reshape(1, 1, 8, 1)
        >>> still = movement(
        ...     volume, jnp.array([0.2]), jnp.zeros((1, 3)), jnp.zeros((1, 3)), 1, axis=2, interpolation="linear"
        ... )
        >>> bool(jnp.abs(still - volume).max() < 1e-6)
        True

    The lines about no frequency, which make most of the picture, are read from the volume as it lies.
    """
    length, most = volume.shape[axis], times.shape[0]
    # Lines are read from the lowest frequency of all to the highest.
    read = (jnp.arange(length) + 0.5) / length
    happens = jnp.where(jnp.arange(most) < count, times, 2.0)
    pose = (happens[None] < read[:, None]).sum(axis=1)
    middle = pose[length // 2]
    pose = jnp.fft.ifftshift(pose)
    shape = [1] * volume.ndim
    shape[axis] = length

    def lines(volume: Array, number: Any) -> Array:
        return jnp.where((pose == number).reshape(shape), jnp.fft.fft(volume, axis=axis), 0.0)

    def add(spectrum: Array, event: tuple[Array, Array, Array]) -> tuple[Array, None]:
        number, angle, shift = event
        number = jnp.where(number < middle, number, number + 1)
        return spectrum + lines(rigid(volume, angle, shift, interpolation), number), None

    spectrum, _ = jax.lax.scan(add, lines(volume, middle), (jnp.arange(most), angles, shifts))
    seen = jnp.fft.ifft(spectrum, axis=axis)
    return clip_unit(finite_sqrt(seen.real**2 + seen.imag**2))


def rigid(volume: Array, angles: Array, shifts: Array, interpolation: str) -> Array:
    """A volume turned about its middle and moved; what lies beyond its faces is as they are.

    Args:
        volume: (D, H, W, C).
        angles: (3,) in degrees about the axes of depth, height and width, in this order.
        shifts: (3,) along them, as fractions of the sides.
        interpolation: `nearest` or `linear`.
    """
    sides = jnp.asarray(volume.shape[:3], jnp.float32)
    middle = (sides - 1) / 2
    cosines, sines = jnp.cos(jnp.deg2rad(angles)), jnp.sin(jnp.deg2rad(angles))
    turn = jnp.eye(3)
    for axis, (one, other) in enumerate(((1, 2), (2, 0), (0, 1))):
        c, s = cosines[axis], sines[axis]
        single = jnp.eye(3).at[one, one].set(c).at[other, other].set(c).at[one, other].set(-s).at[other, one].set(s)
        turn = jnp.matmul(single, turn, precision=jax.lax.Precision.HIGHEST)
    away = [
        jnp.arange(n, dtype=jnp.float32).reshape([-1 if i == axis else 1 for i in range(3)]) - middle[axis]
        for axis, n in enumerate(volume.shape[:3])
    ]
    away = [place - shift * side for place, shift, side in zip(away, shifts, sides, strict=True)]
    # The inverse of a turn is its transpose.
    source = [sum(turn[i, axis] * away[i] for i in range(3)) + middle[axis] for axis in range(3)]
    read = jax.vmap(
        lambda channel: map_coordinates(channel, source, order=DEGREES[interpolation], mode="nearest"), -1, -1
    )
    return read(volume)
