"""The look of reference pictures, plasma, stains and exposure: what they agree with, and what arguments do."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from comparing import KEY, agree, made
from pictures import astronaut, chelsea
from PIL import Image, ImageOps
from scenes import smooth
from skimage.exposure import match_histograms

import jaxaug as ja
from jaxaug.functional import plasma
from jaxaug.kernels.stain import STAINS, macenko_stains, vahadane_stains

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from albumentations.augmentations.mixing import domain_adaptation_functional as domain
    from albumentations.augmentations.pixel import functional as pixel

#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


PICTURE = astronaut()[:48, :60]
LOOK = chelsea()[:48, :60]


# References -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.3, 1.0])
def test_histograms_with_the_reference_injected(ratio: float) -> None:
    match = ja.HistogramMatching([LOOK], (ratio, ratio), p=1)
    expected = domain.apply_histogram(PICTURE, LOOK, ratio)
    agree(made(match, PICTURE), expected, 1, 1)
    agree(
        made(match, PICTURE[..., 0]),
        made(
            ja.HistogramMatching([LOOK @ np.float32([0.299, 0.587, 0.114]) / 255], (ratio, ratio), p=1), PICTURE[..., 0]
        ),
        1,
        1,
    )
    agree(made(match, (PICTURE / 255).astype(np.float32)), (expected / 255).astype(np.float32), 1.5)


def test_histograms_of_references_of_other_sizes_are_those_of_scikit_image() -> None:
    look = chelsea()[:30, 20:]
    expected = match_histograms(PICTURE, look, channel_axis=-1)
    agree(made(ja.HistogramMatching([look], (1, 1), p=1), PICTURE), np.round(expected).astype(np.uint8), 1, 1)


def test_an_own_histogram_changes_nothing() -> None:
    np.testing.assert_array_equal(made(ja.HistogramMatching([PICTURE], (1, 1), p=1), PICTURE), PICTURE)


@pytest.mark.parametrize("kind", ["pca", "standard", "minmax"])
def test_distributions_with_the_reference_injected(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def reconstruct(self: Any, values: np.ndarray, height: int, width: int) -> np.ndarray:
        # There values in [0, 1] are taken for levels.
        return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8).reshape(height, width, -1)

    fitted = []

    def fit(self: Any, values: np.ndarray) -> None:
        # Any sign of a component is one: those of the second picture lie nearer to those of the first.
        plain(self, values)
        fitted.append(self.components_)
        self.components_ *= np.sign((fitted[0] * self.components_).sum(axis=1, keepdims=True))

    plain = domain.PCA.fit
    monkeypatch.setattr(domain.DomainAdapter, "reconstruct", reconstruct)
    monkeypatch.setattr(domain.PCA, "fit", fit)
    monkeypatch.setattr(domain.DomainAdapter, "_pca_sign", lambda self, components: 1)
    adapt = ja.PixelDistributionAdaptation([LOOK], (0.7, 0.7), transform_type=kind, p=1)
    agree(made(adapt, PICTURE), domain.adapt_pixel_distribution(PICTURE, LOOK, kind, 0.7), 1, 1)


def test_that_library_makes_distributions_black() -> None:
    """Why its arithmetic is followed with one step of it replaced."""
    assert domain.adapt_pixel_distribution(PICTURE, LOOK, "standard", 1.0).max() <= 1


def test_means_and_deviations_become_those_of_the_reference() -> None:
    unit = np.random.default_rng(0).uniform(0.3, 0.6, (40, 50, 5)).astype(np.float32)
    look = np.random.default_rng(1).uniform(0.2, 0.7, (30, 20, 5)).astype(np.float32) ** 1.5
    for kind, measures in {"standard": ("mean", "std"), "minmax": ("min", "max"), "pca": ("mean",)}.items():
        out = made(ja.PixelDistributionAdaptation([look], (1, 1), transform_type=kind, p=1), unit)
        for measure in measures:
            wanted = getattr(np, measure)(look, axis=(0, 1))
            np.testing.assert_allclose(getattr(np, measure)(out, axis=(0, 1)), wanted, atol=1e-3)


def test_flat_references_make_flat_pictures() -> None:
    for kind in ("standard", "minmax"):
        out = made(ja.PixelDistributionAdaptation([np.full((4, 4, 3), 77, np.uint8)], (1, 1), None, kind, p=1), PICTURE)
        assert set(out.ravel().tolist()) == {77}
    assert set(made(ja.HistogramMatching([np.full((4, 4), 77, np.uint8)], (1, 1), p=1), PICTURE).ravel()) == {77}


ADAPTING = [ja.HistogramMatching, ja.PixelDistributionAdaptation]


@pytest.mark.parametrize("cls", ADAPTING)
def test_each_of_several_references_is_drawn(cls: Any) -> None:
    key = {ja.HistogramMatching: "hm_metadata", ja.PixelDistributionAdaptation: "pda_metadata"}[cls]
    looks = [LOOK, LOOK[:20, :30, 0] // 2, PICTURE[::-1, :, ::-1] // 3]
    alone = [made(cls([look], (1, 1), p=1), PICTURE) for look in looks]
    built, entry = cls(looks, (1, 1), p=1), cls(blend_ratio=(1, 1), metadata_key="looks", p=1)
    found = set()
    for seed in range(12):
        key = jax.random.key(seed)
        one = np.asarray(ja.Compose([built])(key, image=PICTURE)["image"])
        other = ja.Compose([entry], strict=True)(key, {"image": PICTURE, "looks": looks})
        np.testing.assert_array_equal(one, other["image"])
        np.testing.assert_array_equal(other["looks"][0], LOOK)
        found.add(next(i for i, out in enumerate(alone) if np.abs(out.astype(int) - one).max() <= 1))
    assert found == {0, 1, 2}


@pytest.mark.parametrize("cls", ADAPTING)
def test_statistics_keep_to_the_picture_in_its_buffer(cls: Any) -> None:
    buffer = np.pad(PICTURE, ((0, 9), (0, 5), (0, 0)), constant_values=200)
    size = jnp.array(PICTURE.shape[:2])
    augment = ja.Compose([cls([LOOK], (1, 1), p=1)])
    out = np.asarray(augment(KEY, {"image": buffer, "size": size})["image"])[:48, :60]
    agree(out, made(cls([LOOK], (1, 1), p=1), PICTURE), 1, 1)


@pytest.mark.parametrize("cls", ADAPTING)
def test_arguments_of_references(cls: Any) -> None:
    with pytest.raises(ValueError, match="is looked at, but"):
        ja.Compose([cls(p=1)])(KEY, image=PICTURE)
    with pytest.raises(ValueError, match="must stay None: references are arrays"):
        cls([LOOK], read_fn=np.asarray)
    with pytest.raises(TypeError, match="must be a list of images"):
        cls([3])
    less, more = (made(cls([LOOK], (ratio, ratio), p=1), PICTURE).astype(int) for ratio in (0.2, 0.9))
    assert 0 < np.abs(less - PICTURE).mean() < np.abs(more - PICTURE).mean()
    kinds = {
        made(ja.PixelDistributionAdaptation([LOOK], (1, 1), transform_type=kind, p=1), PICTURE).tobytes()
        for kind in ("pca", "standard", "minmax")
    }
    assert len(kinds) == 3


# Plasma ---------------------------------------------------------------------------------------------------------------


def pattern(seed: int, size: tuple[int, int], roughness: float, plasma_size: int = 256) -> np.ndarray:
    key = jax.random.key_data(jax.random.key(seed))
    return np.asarray(plasma(key, size, size, roughness, plasma_size=plasma_size))


def likeness(patterns: list[np.ndarray], apart: int) -> float:
    """Correlation of values so many pixels apart, both ways."""
    flat = [p - p.mean() for p in patterns]
    return float(np.mean([(p[:-apart] * p[apart:]).mean() / p.var() for q in flat for p in (q, q.T)]))


@pytest.mark.parametrize(("roughness", "bound"), [(0.3, 0.1), (0.5, 0.25)])
def test_plasma_is_that_of_the_reference_in_mean_spread_and_likeness(roughness: float, bound: float) -> None:
    rng = np.random.default_rng(0)
    theirs = [pixel.generate_plasma_pattern((120, 120), roughness, rng) for _ in range(64)]
    ours = [pattern(seed, (120, 120), roughness) for seed in range(64)]
    assert abs(np.mean(theirs) - np.mean(ours)) < 0.1
    assert abs(np.mean([p.std() for p in theirs]) - np.mean([p.std() for p in ours])) < 0.05
    # There each step is measured by the range of those before it, which makes the smallest patches stronger.
    for apart in (1, 4, 16):
        assert abs(likeness(theirs, apart) - likeness(ours, apart)) < bound, apart


def test_less_contrast_by_plasma() -> None:
    flat = made(ja.PlasmaBrightnessContrast((0, 0), (-1, -1), roughness=0.5, p=1), PICTURE)
    highest = np.unravel_index(np.argmin(np.abs(flat - PICTURE.mean()).max(axis=-1)), flat.shape[:2])
    np.testing.assert_allclose(flat[highest], PICTURE.mean(), atol=1)
    assert flat.std() < PICTURE.std()


def test_roughness_and_size_of_plasma() -> None:
    near = [likeness([pattern(seed, (64, 64), roughness) for seed in range(8)], 1) for roughness in (0.4, 0.9, 3.0)]
    assert near[0] > 0.95 > 0.8 > near[1] > near[2]
    assert abs(near[2]) < 0.2
    far = [likeness([pattern(seed, (64, 64), 0.4, size) for seed in range(8)], 8) for size in (256, 17, 1)]
    assert far[0] > far[1] + 0.3 > 0.3
    assert abs(far[2]) < 0.1


def test_plasma_in_a_buffer_is_that_of_the_picture() -> None:
    key = jax.random.key_data(KEY)
    for size in ((40, 57), (17, 18)):
        whole = plasma(key, (70, 80), jnp.array(size), 0.7)[: size[0], : size[1]]
        np.testing.assert_allclose(whole, plasma(key, size, size, 0.7), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_plasma_with_the_pattern_injected(dtype: Any) -> None:
    # Darker, because what goes beyond full brightness is cut off there before the mean is added.
    picture = PICTURE // 3 if dtype == np.uint8 else (PICTURE / 765).astype(dtype)
    step = ja.PlasmaBrightnessContrast((0.2, 0.2), (0.6, 0.6), roughness=0.5, p=1)
    (op,) = ja.Compose([step]).sample(KEY, image=picture)
    shown = np.asarray(plasma(op.params["key_data"], (48, 60), (48, 60), 0.5))
    agree(made(step, picture), pixel.apply_plasma_brightness_contrast(picture, 0.2, 0.6, shown), 1, 1)
    step = ja.PlasmaShadow((0.7, 0.7), roughness=0.5, p=1)
    (op,) = ja.Compose([step]).sample(KEY, image=picture)
    shown = np.asarray(plasma(op.params["key_data"], (48, 60), (48, 60), 0.5))
    agree(made(step, picture), pixel.apply_plasma_shadow(picture, 0.7, shown).astype(dtype), 1, 1)


def test_arguments_of_plasma() -> None:
    for cls, ranges in {
        ja.PlasmaBrightnessContrast: ("brightness_range", "contrast_range"),
        ja.PlasmaShadow: ("shadow_intensity_range",),
    }.items():
        plain = made(cls(p=1), PICTURE)
        for changed in ({"plasma_size": 9}, {"roughness": 0.5}, *({name: (1, 1)} for name in ranges)):
            assert (made(cls(**changed, p=1), PICTURE) != plain).any(), changed
        with pytest.raises(ValueError, match=r"roughness=\.\.\.\) must be at least 0.001, got 0"):
            cls(roughness=0)
        with pytest.raises(ValueError, match=r"plasma_size=\.\.\.\) must be at least 1, got 0"):
            cls(plasma_size=0)
        with pytest.raises(ValueError, match=r"must be in \[-?[01], 1\], got 2"):
            cls(**{ranges[0]: (0, 2)})


# Colours of brightness, and exposure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mid", [None, (200, 90, 10)])
def test_colours_of_brightness_are_those_of_pillow(mid: Any) -> None:
    black, white, level = (10, 20, 90), (250, 255, 130), 90
    gray = Image.fromarray(PICTURE).convert("L")
    expected = np.asarray(ImageOps.colorize(gray, black, white, mid, midpoint=level))
    step = ja.Colorize((black, black), (white, white), None if mid is None else (mid, mid), (level, level), p=1)
    agree(made(step, PICTURE), expected, 2, 1)
    agree(made(step, (PICTURE / 255).astype(np.float32)), (expected / 255).astype(np.float32), 2.5, 1)


def test_arguments_of_colours_of_brightness() -> None:
    plain = {"mid_range": ((100, 50, 20), (100, 50, 20))}
    base = made(ja.Colorize(**plain, p=1), PICTURE)
    wide = ((0, 0, 0), (255, 255, 255))
    for changed in ({"black_range": wide}, {"white_range": wide}, {"mid_range": wide}, {"mid_value_range": (60, 70)}):
        assert (made(ja.Colorize(**plain | changed, p=1), PICTURE) != base).any(), changed
    with pytest.raises(TypeError, match=r"black_range=\.\.\.\) must be a pair of colours"):
        ja.Colorize((0, 255))
    with pytest.raises(TypeError, match=r"white_range=\.\.\.\) must be a pair of colours .*got None"):
        ja.Colorize(white_range=None)
    with pytest.raises(ValueError, match="0 <= low <= high <= 255"):
        ja.Colorize(mid_range=((9, 9, 9), (8, 9, 9)))
    with pytest.raises(ValueError, match=r"mid_value_range=\.\.\.\) must be in \[1, 254\], got 0"):
        ja.Colorize(mid_value_range=(0, 10))
    with pytest.raises(ValueError, match="Colorize needs images of 3 channels"):
        made(ja.Colorize(p=1), PICTURE[..., 0])


def brightness(picture: np.ndarray) -> float:
    return float((picture @ np.array([0.299, 0.587, 0.114])).mean())


def test_exposure_is_matched_within_the_range_of_gains() -> None:
    picture = PICTURE // 3
    out = made(ja.ExposureMatching((0.3, 0.3), p=1), picture)
    assert abs(brightness(out) - 0.3 * 255) < 1
    gain = 0.3 * 255 / brightness(picture)
    agree(out, np.round(np.clip(picture * gain, 0, 255)).astype(np.uint8), 1, 1)
    for limits, kept in (((0, 1.2), 1.2), ((3, 4), 3.0)):
        less = made(ja.ExposureMatching((0.3, 0.3), limits, p=1), picture)
        agree(less, np.round(np.clip(picture * kept, 0, 255)).astype(np.uint8), 1, 1)
    assert made(ja.ExposureMatching(p=1), np.zeros((4, 4, 3), np.uint8)).max() == 0
    with pytest.raises(ValueError, match=r"target_mean_range=\.\.\.\) must be in \[0, 1\], got 2"):
        ja.ExposureMatching((1, 2))
    with pytest.raises(ValueError, match="low <= high"):
        ja.ExposureMatching(gain_range=(2, 1))


def test_exposure_keeps_to_the_picture_in_its_buffer() -> None:
    buffer = np.pad(PICTURE // 3, ((0, 9), (0, 5), (0, 0)), constant_values=200)
    augment = ja.Compose([ja.ExposureMatching((0.3, 0.3), p=1)])
    out = np.asarray(augment(KEY, {"image": buffer, "size": jnp.array([48, 60])})["image"])[:48, :60]
    # The mean is summed in another order, so that a half may be rounded either way.
    agree(out, made(ja.ExposureMatching((0.3, 0.3), p=1), PICTURE // 3), 1, 1)


# Stains ---------------------------------------------------------------------------------------------------------------


def tissue(stains: Any, seed: int = 0) -> np.ndarray:
    """A picture (40, 50, 3) in bytes of smooth amounts of two stains."""
    amounts = 1.2 * np.stack([smooth(40, 50, 1, seed + i)[..., 0] ** 2 for i in range(2)], axis=-1)
    return np.round(255 * np.exp(-(amounts @ np.asarray(stains)))).astype(np.uint8)


def cosines(one: Any, other: Any) -> np.ndarray:
    unit = [np.asarray(s) / np.linalg.norm(s, axis=1, keepdims=True) for s in (one, other)]
    return (unit[0] * unit[1]).sum(axis=1)


@pytest.mark.parametrize("preset", list(STAINS))
def test_stains_with_their_changes_injected(preset: str) -> None:
    stains = pixel.STAIN_MATRICES[preset]
    np.testing.assert_array_equal(stains, STAINS[preset])
    for everywhere, picture in ((False, PICTURE), (True, tissue(stains))):
        step = ja.HEStain("preset", preset, (1.3, 1.3), (-0.1, -0.1), everywhere, p=1)
        changes = np.full(2, 1.3), np.full(2, -0.1)
        agree(made(step, picture), pixel.apply_he_stain_augmentation(picture, stains, *changes, everywhere), 1, 1)


def test_stains_of_a_picture_are_found() -> None:
    true = STAINS["ruifrok"]
    picture = tissue(true)
    density = tuple(jnp.asarray(-np.log(np.maximum(picture / 255, 1e-6)).astype(np.float32)).transpose(2, 0, 1))
    assert (cosines(macenko_stains(density), true) > 0.99).all()
    reference = pixel.VahadaneNormalizer()
    reference.fit(picture)
    assert (cosines(vahadane_stains(density), reference.stain_matrix_target) > 0.9999).all()
    blank = tuple(jnp.zeros((3, 4, 5)))
    np.testing.assert_allclose(macenko_stains(blank), STAINS["standard"])
    assert np.isfinite(vahadane_stains(blank)).all()


@pytest.mark.parametrize("method", ["macenko", "vahadane"])
def test_stains_are_looked_for_in_the_picture_alone(method: str) -> None:
    picture = tissue(STAINS["dark"])
    buffer = np.pad(picture, ((0, 9), (0, 5), (0, 0)), constant_values=90)
    step = ja.HEStain(method, None, (1.3, 1.3), (0, 0), p=1)
    out = ja.Compose([step])(KEY, {"image": buffer, "size": jnp.array(picture.shape[:2])})["image"]
    own = made(step, picture)
    agree(np.asarray(out)[:40, :50], own, 1, 1)
    kept = made(ja.HEStain(method, None, (1, 1), (0, 0), p=1), picture)
    agree(kept, picture, 3, 0.99)
    assert own.mean() < kept.mean()


def test_arguments_of_stains() -> None:
    seen = {made(ja.HEStain(method, p=1), PICTURE).tobytes() for method in ("preset", "macenko", "vahadane")}
    seen |= {made(ja.HEStain("preset", preset, p=1), PICTURE).tobytes() for preset in STAINS}
    assert len(seen) == 2 + len(STAINS)
    plain = made(ja.HEStain("preset", p=1), PICTURE)
    for changed in (
        {"intensity_scale_range": (2, 2)},
        {"intensity_shift_range": (0.5, 0.5)},
        {"augment_background": True},
    ):
        assert (made(ja.HEStain("preset", **changed, p=1), PICTURE) != plain).any(), changed
    draw = jax.jit(ja.Compose([ja.HEStain(intensity_scale_range=(1, 1), intensity_shift_range=(0, 0), p=1)]).batch)
    out = np.asarray(draw(KEY, image=np.broadcast_to(PICTURE, (40, *PICTURE.shape)))["image"])
    assert len(np.unique(out.reshape(40, -1), axis=0)) == len(STAINS)
    with pytest.raises(ValueError, match=r"HEStain\(preset='dark'\) is for method='preset', got method='macenko'"):
        ja.HEStain("macenko", "dark")
    with pytest.raises(ValueError, match="HEStain needs images of 3 channels"):
        made(ja.HEStain(p=1), PICTURE[..., 0])
