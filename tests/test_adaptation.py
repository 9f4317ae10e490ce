"""The look of reference pictures, plasma, stains and exposure: what they agree with, and what arguments do."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut, chelsea
from skimage.exposure import match_histograms

import jaxaug as ja

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from albumentations.augmentations.mixing import domain_adaptation_functional as domain

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


def made(transform: Any, picture: Any, **more: Any) -> np.ndarray:
    return np.asarray(ja.Compose([transform])(KEY, {"image": picture, **more})["image"])


def agree(a: np.ndarray, b: np.ndarray, levels: float = 2, share: float = 0.99) -> None:
    """So large a share of two images lies within some levels of 255."""
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64)) * (255 if a.dtype.kind == "f" else 1)
    assert np.mean(apart <= levels + 1e-3) >= share, (apart.max(), np.mean(apart > levels))


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
