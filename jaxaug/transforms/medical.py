"""What scanners of magnetic resonance do to pictures."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.acquisition import DEGREES, ghosts, movement
from jaxaug.kernels.magnetic_resonance import bias_field, drop_high_frequencies, kspace_spikes, rician_noise
from jaxaug.ops.spectral import Frequencies, frequencies
from jaxaug.ops.tone import Tone, tone
from jaxaug.ops.volume import OnVolumes, on_volumes


@transform
class BiasField(Transform):
    """Makes a picture smoothly brighter in some places than in others, as uneven fields of a scanner do.

    Args:
        std_range: range of the standard deviation of the field's logarithm, in [0, 1].
        scale_range: range of the size of the grid on which it is drawn, as a fraction of the picture's, in (0, 1]; less
            is smoother. Its upper end fixes what drawing costs.
        per_channel: every channel has a field of its own.

    Raises:
        ValueError: a grid of no size.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> uneven = ja.Compose([ja.BiasField((0.3, 0.3), p=1)])
        >>> out = uneven(jax.random.key(0), image=jnp.full((64, 64), 0.5))["image"]
        >>> bool(out.max() > 1.2 * out.min())
        True

    After Billot et al., "SynthSeg: segmentation of brain MRI scans of any contrast and resolution without retraining",
    2023: normal numbers on the grid, linear between them, are the logarithm of the field. Slices of a volume share it.
    """

    needs_range = True

    std_range: Range = args.pair((0.0, 0.5), None, 0, 1)
    scale_range: Range = args.pair((0.025, 0.025), None, 0, 1, static=float)
    per_channel: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.scale_range[0] == 0:
            raise ValueError("BiasField(scale_range=...) must begin above 0: a grid of no size holds no number.")

    def draw(self, rng: Draw, view: View) -> Tone:
        options = (("finest", self.scale_range[1]), ("per_channel", self.per_channel))
        std, scale = rng.uniform("std", self.std_range), rng.uniform("scale", self.scale_range)
        return tone(bias_field, options=options, key=rng.key("field"), std=std, scale=scale)


@transform
class GibbsRinging(Transform):
    """Leaves out high frequencies, so that edges are blurred and have waves beside them.

    Args:
        retained_fraction_range: range of how much is kept of all frequencies along each side, in [0, 1]: 1 keeps the
            picture, 0 its mean.

    Raises:
        ValueError: a picture that fills only a part of its buffer.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ringing = ja.Compose([ja.GibbsRinging((0.5, 0.5), p=1)])
        >>> edge = jnp.tile(jnp.repeat(jnp.array([0.2, 0.8]), 8), (4, 1))
        >>> [round(float(v), 2) for v in ringing(jax.random.key(0), image=edge)["image"][0, 4:8]]
        [0.24, 0.15, 0.15, 0.35]

    A scanner reads as many frequencies as it has time for: what is cut off is a rectangle about no frequency, after
    Gallagher et al., "An introduction to the Fourier transform: relationship to MRI", 2008.
    """

    needs_range = True

    retained_fraction_range: Range = args.pair((0.5, 0.9), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Frequencies:
        return frequencies(drop_high_frequencies, retained=rng.uniform("retained", self.retained_fraction_range))


@transform
class KSpaceSpikeNoise(Transform):
    """Adds waves across the whole picture, of which each is one wrong value among its frequencies.

    Args:
        num_spikes_range: range of their number, at least 0; its upper end fixes what drawing costs.
        intensity_range: range of the size of the wrong values, as a multiple of the largest value of the spectrum: so
            many times the picture's mean is the height of a wave; at least 0.
        per_channel: every channel has waves of its own.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> waves = ja.Compose([ja.KSpaceSpikeNoise((1, 1), (0.5, 0.5), p=1)])
        >>> out = waves(jax.random.key(0), image=jnp.full((32, 32), 0.5))["image"]
        >>> round(float(out.std() * 2**0.5), 2)  # half the mean
        0.25

    The spikes of TorchIO (Pérez-García et al., 2021), at any frequency and of any phase: herringbone artefacts of a
    scanner. Slices of a volume share their waves.
    """

    needs_range = True

    num_spikes_range: Range = args.pair((1, 5), None, 0, static=True)
    intensity_range: Range = args.pair((0.1, 0.5), None, 0)
    per_channel: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        low, high = (jnp.asarray(end, jnp.float32) for end in self.intensity_range)
        options = (("most", self.num_spikes_range[1]), ("per_channel", self.per_channel))
        count = rng.integer("count", self.num_spikes_range)
        return tone(kspace_spikes, options=options, key=rng.key("spikes"), count=count, low=low, high=high)


@transform
class RicianNoise(Transform):
    """Adds the noise of magnitude images: the size of a signal of which both parts have normal noise.

    Args:
        std_range: range of the standard deviation in each part, as a fraction of full brightness, in [0, 1].
        per_channel: every channel has noise of its own.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> noisy = ja.Compose([ja.RicianNoise((0.1, 0.1), p=1)])
        >>> out = noisy(jax.random.key(0), image=jnp.zeros((64, 64)))["image"]
        >>> bool(out.min() > 0), bool(0.12 < out.mean() < 0.13)
        (True, True)

    After Gudbjartsson and Patz, "The Rician distribution of noisy MRI data", 1995: where there is no signal, the mean
    is sqrt(pi / 2) deviations; where there is much, the noise is normal. Slices of a volume share it.
    """

    needs_range = True

    std_range: Range = args.pair((0.05, 0.15), None, 0, 1)
    per_channel: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        options = (("per_channel", self.per_channel),)
        return tone(rician_noise, options=options, key=rng.key("field"), std=rng.uniform("std", self.std_range))


@transform
class GhostingArtifact(Transform):
    """Shows faint copies of a volume along one side, as breathing and flow leave them.

    Args:
        num_ghosts_range: range of the number of parts of the side between copies, at least 2: every so many lines of
            the spectrum are weakened.
        intensity_range: range of what those lines lose, in [0, 1].
        axis: the side: 0 is depth, 1 height, 2 width.
        restore_range: range of the share of the lines about no frequency that lose nothing, in [0, 1]; the mean never
            does.

    Raises:
        ValueError: an image without depth, or a volume that fills only a part of its buffer.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ghosts = ja.Compose([ja.GhostingArtifact((4, 4), (0.5, 0.5), restore_range=(0, 0), p=1)])
        >>> volume = jnp.zeros((2, 4, 64)).at[:, :, 8:12].set(0.8)
        >>> out = ghosts(jax.random.key(0), volume=volume)["volume"]
        >>> bool(out[0, 0, 10] < 0.75), bool(out[0, 0, 26] < 0.02)  # a copy of the other sign is cut off at black
        (True, True)

    The ghosts of TorchIO (Pérez-García et al., 2021).
    """

    needs_range = True

    num_ghosts_range: Range = args.pair((2, 4), None, 2)
    intensity_range: Range = args.pair((0.1, 0.5), None, 0, 1)
    axis: int = args.choice(2, (0, 1, 2))
    restore_range: Range = args.pair((0.02, 0.08), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> OnVolumes:
        return on_volumes(
            ghosts,
            (("axis", self.axis),),
            count=rng.integer("count", self.num_ghosts_range),
            intensity=rng.uniform("intensity", self.intensity_range),
            restored=rng.uniform("restored", self.restore_range),
        )


@transform
class MotionArtifact(Transform):
    """Shows a volume that moved while a scanner read it: waves and double edges along one side.

    Args:
        num_events_range: range of the number of movements, at least 0; its upper end fixes what it costs.
        rotate_range: range of the angles of each pose about all three axes, in degrees, within [-180, 180].
        translate_percent_range: range of the shifts of each pose along them, as fractions of the sides, in [-1, 1].
        axis: the side along which lines of the spectrum are read one after another: 0 is depth, 1 height, 2 width.
        interpolation: how voxels are read between their centres: `nearest` or `linear`.

    Raises:
        ValueError: another interpolation, an image without depth, or a volume that fills only a part of its buffer.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> moved = ja.Compose([ja.MotionArtifact((1, 1), (0, 0), (0.1, 0.1), p=1)])
        >>> volume = jnp.zeros((2, 16, 32)).at[:, 4:12, 8:24].set(0.8)
        >>> bool((moved(jax.random.key(0), volume=volume)["volume"] != volume).any())
        True

    After Shaw et al., "MRI k-space motion artefact augmentation: model robustness and task-specific uncertainty", 2019:
    each stretch of lines is that of a pose. The stretch about no frequency is that of the volume as it lies, so that
    masks and points keep their places.
    """

    needs_range = True

    num_events_range: Range = args.pair((2, 2), None, 0, static=True)
    rotate_range: Range = args.pair((-5.0, 5.0), None, -180, 180)
    translate_percent_range: Range = args.pair((-0.02, 0.02), None, -1, 1)
    axis: int = args.choice(2, (0, 1, 2))
    interpolation: Reading = args.interpolation("linear")
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.interpolation not in DEGREES:
            raise ValueError(
                f"MotionArtifact(interpolation=...) must be 'nearest' or 'linear', got {self.interpolation!r}: volumes "
                "are not read any other way."
            )

    def draw(self, rng: Draw, view: View) -> OnVolumes:
        most = max(self.num_events_range[1], 1)
        return on_volumes(
            movement,
            (("axis", self.axis), ("interpolation", self.interpolation)),
            times=rng.uniform("times", (0.0, 1.0), (most,)),
            angles=rng.uniform("angles", self.rotate_range, (most, 3)),
            shifts=rng.uniform("shifts", self.translate_percent_range, (most, 3)),
            count=rng.integer("count", self.num_events_range),
        )
