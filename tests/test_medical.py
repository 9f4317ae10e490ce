"""Artefacts of scanners against NumPy's Fourier transform, OpenCV, SciPy's distributions and published definitions."""

from __future__ import annotations

from typing import Any

import cv2
import jax
import numpy as np
import pytest
from comparing import KEY, each_argument_counts, made
from pictures import astronaut, chelsea, coins
from scipy import ndimage
from scipy.linalg import expm
from scipy.stats import rice

import jaxaug as ja
from jaxaug.kernels.magnetic_resonance import draw_spikes
from jaxaug.kernels.random_numbers import normal_field

#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


def floats(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float32) / 255


def flat(level: float, side: int = 96, channels: int = 1) -> np.ndarray:
    return np.full((side, side, channels), level, np.float32)


# Uneven fields -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [False, True])
def test_the_logarithm_of_a_field_is_a_small_grid_enlarged(per_channel: bool) -> None:
    picture = np.full((60, 90, 3), 0.2, np.float32)
    augment = ja.Compose([ja.BiasField((0.3, 0.3), (0.02, 0.1), per_channel, p=1)])
    for seed in range(4):
        plan = augment.sample(jax.random.key(seed), image=picture)
        params = plan.ops[0].params
        sides = [int(np.ceil(n * float(params["scale"]))) for n in (60, 90)]
        field = np.asarray(normal_field(params["key"], 3 if per_channel else 1, *sides))
        enlarged = np.stack([cv2.resize(plane, (90, 60)) for plane in field], axis=-1)
        expected = (0.2 * np.exp(0.3 * enlarged)).clip(0, 1)
        out = np.asarray(augment.apply(plan, image=picture)["image"])
        np.testing.assert_allclose(out, np.broadcast_to(expected, out.shape), atol=1e-4)


def test_fields_have_the_deviation_that_is_stated() -> None:
    augment = jax.jit(ja.Compose([ja.BiasField((0.2, 0.2), (0.1, 0.1), p=1)]).batch)
    out = np.asarray(augment(KEY, {"image": np.full((300, 40, 40, 1), 0.2, np.float32)})["image"])
    # The middle of one of the four numbers along a side.
    assert abs(np.log(out[:, 5, 5] / 0.2).std() / 0.2 - 1) < 0.12
    assert abs(np.log(out / 0.2).mean()) < 0.02


# Ringing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retained", [0.0, 0.25, 0.6, 1.0])
def test_what_is_retained_are_the_low_frequencies(retained: float) -> None:
    for picture in (floats(astronaut()), floats(chelsea()), floats(coins()[0])[..., None]):
        height, width = picture.shape[:2]
        rows, columns = (np.abs(np.fft.fftfreq(n)) <= retained / 2 + 1e-6 for n in (height, width))
        spectrum = np.fft.fft2(picture.astype(np.float64), axes=(0, 1)) * (rows[:, None] & columns)[..., None]
        expected = np.fft.ifft2(spectrum, axes=(0, 1)).real.clip(0, 1)
        out = made(ja.GibbsRinging((retained, retained), p=1), picture)
        np.testing.assert_allclose(out, expected, atol=1e-5)
    np.testing.assert_array_equal(made(ja.GibbsRinging((1, 1), p=1), astronaut()), astronaut())


def test_frequencies_of_a_picture_in_a_buffer_are_refused_by_name() -> None:
    sample = {"image": chelsea(), "size": np.array([50, 60], np.int32)}
    with pytest.raises(ValueError, match=r"GibbsRinging looks at the frequencies of whole pictures, but .image. lies"):
        ja.Compose([ja.GibbsRinging(p=1)])(KEY, sample)
    # Pictures of any size without one are done as they are.
    augment = ja.Compose([ja.GibbsRinging((0.5, 0.5), p=1)])
    for size in ((40, 41), (33, 50), (28, 31)):
        assert augment(KEY, image=chelsea()[: size[0], : size[1]])["image"].shape == (*size, 3)


# Spikes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [False, True])
def test_spikes_are_values_of_the_spectrum(per_channel: bool) -> None:
    picture = floats(chelsea()) * 0.3 + 0.35
    height, width = picture.shape[:2]
    augment = ja.Compose([ja.KSpaceSpikeNoise((1, 4), (0.05, 0.15), per_channel, p=1)])
    for seed in range(4):
        plan = augment.sample(jax.random.key(seed), image=picture)
        p = plan.ops[0].params
        drawn = draw_spikes(p["key"], 3 if per_channel else 1, 4, p["count"], p["low"], p["high"], (height, width))
        drawn = [np.asarray(v) for v in drawn]
        assert ((drawn[3] > 0).sum(axis=1) == int(p["count"])).all()
        spectrum = np.fft.fft2(picture.astype(np.float64), axes=(0, 1))
        largest = np.abs(spectrum).max(axis=(0, 1))
        for channel in range(3):
            for row, column, phase, size in zip(*(v[channel if per_channel else 0] for v in drawn), strict=True):
                spectrum[int(row), int(column), channel] += largest[channel] * size * np.exp(1j * phase)
        expected = np.fft.ifft2(spectrum, axes=(0, 1)).real.clip(0, 1)
        np.testing.assert_allclose(np.asarray(augment.apply(plan, image=picture)["image"]), expected, atol=2e-5)


def test_no_spikes_are_none() -> None:
    np.testing.assert_array_equal(made(ja.KSpaceSpikeNoise((0, 0), p=1), astronaut()), astronaut())


# Noise of a magnitude ------------------------------------------------------------------------------------------------


def test_noise_of_a_magnitude_has_the_distribution_of_rice() -> None:
    for level in (0.0, 0.1, 0.2, 0.5):
        out = made(ja.RicianNoise((0.1, 0.1), p=1), flat(level, 256))
        mean, variance = rice.stats(level / 0.1, scale=0.1)
        assert abs(out.mean() - mean) < 0.002
        assert abs(out.std() - np.sqrt(variance)) < 0.002


def test_channels_share_the_noise_of_a_magnitude_or_do_not() -> None:
    shared, own = (made(ja.RicianNoise(per_channel=flag, p=1), flat(0.4, channels=3)) for flag in (False, True))
    np.testing.assert_array_equal(shared, shared[..., :1].repeat(3, axis=-1))
    assert abs(np.corrcoef(own[..., 0].ravel(), own[..., 1].ravel())[0, 1]) < 0.05


# Volumes read line by line -------------------------------------------------------------------------------------------


def phantom(depth: int = 10, height: int = 24, width: int = 32) -> np.ndarray:
    """A bright shell with a darker inside and two spots, in a dark room."""
    z, y, x = np.mgrid[-1 : 1 : depth * 1j, -1 : 1 : height * 1j, -1 : 1 : width * 1j]
    volume = np.zeros(z.shape)
    for centre, radii, light in (
        ((0, 0, 0), (0.9, 0.9, 0.7), 0.8),
        ((0, 0, 0), (0.8, 0.8, 0.6), -0.4),
        ((0.1, 0.3, 0.2), (0.3, 0.2, 0.1), 0.3),
        ((-0.2, -0.3, -0.3), (0.3, 0.2, 0.1), 0.4),
    ):
        inside = sum(((p - c) / r) ** 2 for p, c, r in zip((z, y, x), centre, radii, strict=True)) < 1
        volume[inside] += light
    return volume.astype(np.float32)


def in_volume(transform: Any, **sample: Any) -> dict[str, np.ndarray]:
    return jax.tree.map(np.asarray, ja.Compose([transform])(KEY, sample))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_ghosts_come_of_weak_planes_of_the_spectrum(axis: int) -> None:
    volume = phantom()
    transform = ja.GhostingArtifact((3, 3), (0.7, 0.7), axis, (0.2, 0.2), p=1)
    line = np.abs(np.fft.fftfreq(volume.shape[axis]) * volume.shape[axis]).round()
    weak = (line % 3 == 0) & (line > 0.1 * volume.shape[axis])
    assert weak.any()
    spectrum = np.fft.fftn(volume.astype(np.float64))
    spectrum[(slice(None),) * axis + (weak,)] *= 0.3
    expected = np.fft.ifftn(spectrum).real.clip(0, 1)
    np.testing.assert_allclose(in_volume(transform, volume=volume)["volume"], expected, atol=1e-5)


def test_ghosts_lie_as_many_parts_of_the_side_apart() -> None:
    volume = np.full((1, 1, 48, 1), 0.5, np.float32)
    volume[0, 0, 3] = 0.9
    transform = ja.GhostingArtifact((4, 4), (1, 1), restore_range=(0, 0), p=1)
    apart = np.abs(in_volume(transform, volume=volume)["volume"] - volume)[0, 0, :, 0]
    assert set(np.argsort(apart)[-4:]) == {3, 15, 27, 39}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_movement_is_a_spectrum_of_several_poses(axis: int, interpolation: str) -> None:
    volume = phantom()
    sides, length = np.array(volume.shape), volume.shape[axis]
    augment = ja.Compose([ja.MotionArtifact((1, 3), (-20, 20), (-0.1, 0.1), axis, interpolation, p=1)])
    for seed in range(3):
        plan = augment.sample(jax.random.key(seed), volume=volume)
        p = {name: np.asarray(value, np.float64) for name, value in plan.ops[0].params.items()}
        times = p["times"][: int(p["count"])]
        # Lines from the lowest frequency to the highest, each in the pose of as many movements as came before.
        pose = np.array([(times < (i + 0.5) / length).sum() for i in range(length)])
        middle = pose[length // 2]
        spectrum = np.zeros(volume.shape, complex)
        for number in range(len(times) + 1):
            seen = volume.astype(np.float64)
            if number != middle:
                event = number if number < middle else number - 1
                a, b, c = np.deg2rad(p["angles"][event])
                turn = np.eye(3)
                for about in ([[0, 0, 0], [0, 0, -a], [0, a, 0]], [[0, 0, b], [0, 0, 0], [-b, 0, 0]]):
                    turn = expm(np.array(about, float)) @ turn
                turn = expm(np.array([[0, -c, 0], [c, 0, 0], [0, 0, 0]], float)) @ turn
                centre = (sides - 1) / 2
                offset = centre - turn.T @ (centre + p["shifts"][event] * sides)
                order = ["nearest", "linear"].index(interpolation)
                seen = ndimage.affine_transform(seen, turn.T, offset, order=order, mode="nearest")
            lines = np.fft.fftshift(np.fft.fftn(seen), axes=axis)
            lines[(slice(None),) * axis + (pose != number,)] = 0
            spectrum += np.fft.ifftshift(lines, axes=axis)
        expected = np.abs(np.fft.ifftn(spectrum)).clip(0, 1)
        out = np.asarray(augment.apply(plan, volume=volume)["volume"])
        # Where a place lies half way between voxels, either is the nearest.
        assert (np.abs(out - expected) > 1e-4).mean() < (0.02 if interpolation == "linear" else 0.2)
        assert np.abs(out - expected).mean() < 2e-3
        assert np.abs(out - volume).mean() > 2e-3


def test_a_volume_that_does_not_move_stays_as_it_is() -> None:
    volume = (phantom() * 255).round().astype(np.uint8)
    for transform in (
        ja.MotionArtifact((0, 0), p=1),
        ja.MotionArtifact(rotate_range=(0, 0), translate_percent_range=(0, 0), p=1),
        ja.GhostingArtifact(intensity_range=(0, 0), p=1),
        ja.GhostingArtifact(restore_range=(1, 1), p=1),
    ):
        np.testing.assert_array_equal(in_volume(transform, volume=volume)["volume"], volume)


SCANNED = [ja.GhostingArtifact(intensity_range=(0.5, 0.9), p=1), ja.MotionArtifact((2, 4), p=1)]


@pytest.mark.parametrize("transform", SCANNED, ids=lambda v: type(v).__name__)
def test_volumes_of_any_dtype_change_and_masks_do_not(transform: Any) -> None:
    volume = phantom()[..., None].repeat(2, axis=-1)
    levels = (volume * 255).round().astype(np.uint8)
    labels = (volume[..., 0] > 0.5).astype(np.int32)
    sample = {"volume": volume, "mask3d": labels, "more": {"volumes": np.stack([levels] * 2)}}
    sample |= {"wide": {"volume": (volume * 65535).round().astype(np.uint16)}, "half": {"volume": np.float16(volume)}}
    out = in_volume(transform, **sample)
    np.testing.assert_array_equal(out["mask3d"], labels)
    assert np.abs(out["volume"] - volume).mean() > 2e-3
    # All share one draw.
    np.testing.assert_allclose(out["wide"]["volume"] / 65535, out["volume"], atol=2e-4)
    np.testing.assert_allclose(out["half"]["volume"], out["volume"], atol=4e-3)
    for one in out["more"]["volumes"]:
        np.testing.assert_allclose(one / 255, out["volume"], atol=5e-3)
    by_level = ja.Compose([transform], max_value=255.0)(KEY, volume=volume * np.float32(255))["volume"]
    np.testing.assert_allclose(np.asarray(by_level) / 255, out["volume"], atol=1e-4)


@pytest.mark.parametrize("transform", SCANNED, ids=lambda v: type(v).__name__)
def test_what_is_no_whole_volume_is_refused_by_name(transform: Any) -> None:
    name = type(transform).__name__
    with pytest.raises(ValueError, match=rf"{name} changes volumes, and 'image' has no depth"):
        in_volume(transform, volume=phantom(), image=phantom()[0])
    with pytest.raises(ValueError, match=rf"{name} changes volumes, and 'images' has no depth"):
        in_volume(transform, images=phantom())
    with pytest.raises(ValueError, match=rf"{name} changes volumes that fill their arrays; 'volume' has a 'size'"):
        in_volume(transform, volume=phantom(), size=np.array([20, 20], np.int32))


def test_samples_of_a_batch_are_read_by_themselves_and_by_one_of_several() -> None:
    augment = ja.Compose([ja.OneOf([ja.GhostingArtifact(), ja.MotionArtifact(), ja.HorizontalFlip()], p=0.8)])
    volume = phantom()
    outs = np.asarray(jax.jit(augment.batch)(KEY, volume=np.stack([volume] * 16))["volume"])
    kept = [np.abs(out - volume).max() < 1e-6 for out in outs]
    turned = [np.abs(out - volume[:, :, ::-1]).max() < 1e-6 for out in outs]
    assert 0 < sum(kept) < 8
    assert 0 < sum(turned) < 12
    assert sum(kept) + sum(turned) < 16
    alone = [np.asarray(augment(jax.random.fold_in(KEY, i), volume=volume)["volume"]) for i in range(3)]
    np.testing.assert_allclose(np.stack(alone), outs[:3], atol=1e-5)


def test_movement_has_finite_gradients() -> None:
    def light(volume: Any) -> Any:
        return ja.Compose([ja.MotionArtifact(p=1), ja.GhostingArtifact(p=1)])(KEY, volume=volume)["volume"].sum()

    assert np.isfinite(jax.grad(light)(jax.numpy.asarray(phantom()))).all()


@pytest.mark.parametrize(
    ("transform", "changes"),
    [
        (
            ja.GhostingArtifact((2, 2), (0.5, 0.5), restore_range=(0, 0), p=1),
            {"num_ghosts_range": (3, 3), "intensity_range": (0.9, 0.9), "axis": 1, "restore_range": (0.5, 0.5)},
        ),
        (
            ja.MotionArtifact((2, 2), (5, 5), (0.05, 0.05), p=1),
            {
                "num_events_range": (3, 3),
                "rotate_range": (20, 20),
                "translate_percent_range": (-0.2, -0.2),
                "axis": 0,
                "interpolation": "nearest",
            },
        ),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "draw") else "",
)
def test_every_argument_has_an_effect_on_volumes(transform: Any, changes: dict[str, Any]) -> None:
    given = {n: getattr(transform, n) for n in transform.__dataclass_fields__}
    plain = in_volume(transform, volume=phantom())["volume"]
    for name, value in changes.items():
        other = in_volume(type(transform)(**(given | {name: value})), volume=phantom())["volume"]
        assert np.abs(other - plain).max() > 0.01, name


# What holds for all --------------------------------------------------------------------------------------------------

BUFFERED = [ja.BiasField((0.5, 0.5), (0.1, 0.1), p=1), ja.KSpaceSpikeNoise(p=1), ja.RicianNoise(p=1)]


@pytest.mark.parametrize("transform", BUFFERED, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_picture_in_a_buffer_is_changed_as_by_itself(transform: Any, dtype: Any) -> None:
    inner = chelsea()[:44, :58] if dtype == np.uint8 else floats(chelsea()[:44, :58])
    buffer = np.full((50, 64, 3), 255 if dtype == np.uint8 else 1, dtype)
    buffer[:44, :58] = inner
    augment = jax.jit(ja.Compose([transform]))
    out = np.asarray(augment(KEY, {"image": buffer, "size": np.array([44, 58], np.int32)})["image"])[:44, :58]
    apart = np.abs(out.astype(float) - np.asarray(augment(KEY, {"image": inner})["image"]))
    assert apart.max() <= (1 if dtype == np.uint8 else 1 / 255)


@pytest.mark.parametrize("transform", [*BUFFERED, ja.GibbsRinging(p=1)], ids=lambda v: type(v).__name__)
def test_slices_of_a_volume_share_what_is_drawn(transform: Any) -> None:
    volume = np.stack([chelsea()[:40, :50]] * 3)
    out = np.asarray(ja.Compose([transform])(KEY, volume=volume)["volume"])
    assert (out != volume).mean() > 0.05
    np.testing.assert_array_equal(out, out[:1].repeat(3, axis=0))


@pytest.mark.parametrize(
    ("transform", "changes"),
    [
        (
            ja.BiasField((0.2, 0.2), (0.05, 0.05), p=1),
            {"std_range": (0.5, 0.5), "scale_range": (0.2, 0.2), "per_channel": True},
        ),
        (ja.GibbsRinging((0.8, 0.8), p=1), {"retained_fraction_range": (0.3, 0.3)}),
        (
            ja.KSpaceSpikeNoise((1, 1), (0.1, 0.1), p=1),
            {"num_spikes_range": (3, 3), "intensity_range": (0.3, 0.3), "per_channel": True},
        ),
        (ja.RicianNoise((0.05, 0.05), p=1), {"std_range": (0.2, 0.2), "per_channel": True}),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "draw") else "",
)
def test_every_argument_has_an_effect(transform: Any, changes: dict[str, Any]) -> None:
    assert (made(transform, astronaut()) != astronaut()).mean() > 0.05
    each_argument_counts(transform, changes, astronaut())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.BiasField((0, 2)), r"BiasField\(std_range=...\) must be in \[0, 1\], got 2"),
        (lambda: ja.BiasField(scale_range=(0, 0.1)), r"BiasField\(scale_range=...\) must begin above 0"),
        (lambda: ja.GibbsRinging((0.5, 1.5)), r"\(retained_fraction_range=...\) must be in \[0, 1\], got 1.5"),
        (lambda: ja.KSpaceSpikeNoise((-1, 2)), r"\(num_spikes_range=...\) must be at least 0, got -1"),
        (lambda: ja.KSpaceSpikeNoise(intensity_range=(0.5, 0.1)), r"\(intensity_range=...\) must be \(low, high\)"),
        (lambda: ja.GhostingArtifact((1, 3)), r"\(num_ghosts_range=...\) must be at least 2, got 1"),
        (lambda: ja.GhostingArtifact(axis=3), r"GhostingArtifact\(axis=...\) must be one of 0, 1, 2, got 3"),
        (lambda: ja.MotionArtifact(interpolation="cubic"), r"must be 'nearest' or 'linear', got 'cubic'"),
        (lambda: ja.MotionArtifact(translate_percent_range=(0, 2)), r"_range=...\) must be in \[-1, 1\], got 2"),
        (lambda: ja.RicianNoise((-0.1, 0.1)), r"RicianNoise\(std_range=...\) must be in \[0, 1\], got -0.1"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
