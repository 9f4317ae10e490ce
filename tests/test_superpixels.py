"""Superpixels: segments as scikit-image finds them, and what becomes of them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut, chelsea, coins
from scipy import ndimage
from skimage import color, segmentation

import jaxaug as ja
from jaxaug.kernels.superpixels import SegmentBounds, clusters, superpixels

KEY = jax.random.key(0)
#: Every transform's properties are tested quickly elsewhere; what it agrees with takes longer.
pytestmark = pytest.mark.slow


def made(picture: Any, *args: Any, **kwargs: Any) -> np.ndarray:
    return np.asarray(ja.Compose([ja.Superpixels(*args, **kwargs, p=1)])(KEY, image=picture)["image"])


def planes(picture: np.ndarray) -> tuple[jax.Array, ...]:
    return tuple(jnp.moveaxis(jnp.asarray(picture, jnp.float32) / 255, -1, 0))


@pytest.mark.parametrize("picture", [astronaut, chelsea], ids=["astronaut", "chelsea"])
@pytest.mark.parametrize("count", [25, 100])
def test_pixels_find_the_centres_of_scikit_image(picture: Any, count: int) -> None:
    size = picture().shape[:2]
    bounds = SegmentBounds.of(size, (count, count), drawn=False)
    found = clusters(planes(picture()), count, bounds, size=size)
    number = jnp.arange(float(bounds.most[0] * bounds.most[1])).reshape(*bounds.most, 1)
    (labels,) = found.in_place(found.spread(number))
    # Connected parts are looked at apart: they are made of these.
    options: Any = {"n_segments": count, "compactness": 10, "start_label": 0, "enforce_connectivity": False}
    theirs = segmentation.slic(picture(), **options)
    assert theirs.max() == int(labels.max())
    assert (np.asarray(labels) == theirs).mean() > 0.85


def test_segments_are_those_of_scikit_image() -> None:
    picture, size = chelsea(), chelsea().shape[:2]
    bounds = SegmentBounds.of(size, (100, 100), drawn=False)
    ours = np.asarray(superpixels(planes(picture), 100, bounds, size=size))
    theirs = segmentation.slic(picture, n_segments=100, compactness=10)
    assert len(np.unique(ours)) == pytest.approx(theirs.max(), rel=0.1)
    near, there = ndimage.binary_dilation(segmentation.find_boundaries(ours)), segmentation.find_boundaries(theirs)
    assert near[there].mean() > 0.93
    # Every one is a connected part, named by its first pixel.
    for first in np.unique(ours):
        assert ndimage.label(ours == first)[1] == 1
        assert np.flatnonzero(ours == first)[0] == first
    # They say as much of the picture.
    means = color.label2rgb(theirs, picture, kind="avg", bg_label=-1)
    lost = [np.abs(one - picture.astype(float)).mean() for one in (made(picture, (1, 1)), means)]
    assert lost[0] < 1.05 * lost[1]


def test_segments_have_their_mean_colours() -> None:
    out = made(chelsea(), (1, 1), (40, 40))
    bounds = SegmentBounds.of((60, 90), (40, 40), drawn=False)
    first = np.asarray(superpixels(planes(chelsea()), 40, bounds, size=(60, 90)))
    expected = color.label2rgb(first, chelsea(), kind="avg", bg_label=-1)
    assert np.abs(out - expected.astype(float)).max() <= 1


def test_means_have_gradients() -> None:
    picture = jnp.asarray(chelsea(), jnp.float32) / 255
    ramp = jnp.linspace(0.0, 1.0, picture.size).reshape(picture.shape)
    augment = ja.Compose([ja.Superpixels((1, 1), (40, 40), p=1)])
    slope = np.asarray(jax.grad(lambda image: (ramp * augment(KEY, image=image)["image"]).sum())(picture))
    bounds = SegmentBounds.of((60, 90), (40, 40), drawn=False)
    first = np.asarray(superpixels(planes(chelsea()), 40, bounds, size=(60, 90)))
    expected = [ndimage.mean(np.asarray(ramp)[..., c], first, np.unique(first)) for c in range(3)]
    place = np.searchsorted(np.unique(first), first)
    np.testing.assert_allclose(slope, np.stack(expected, -1)[place], rtol=1e-4)


def test_a_share_of_the_segments_is_replaced() -> None:
    augment = ja.Compose([ja.Superpixels((0.3, 0.3), p=1)])
    out = np.asarray(augment.batch(KEY, {"image": np.stack([chelsea()] * 32)})["image"])
    whole = made(chelsea(), (1, 1))
    kept, replaced = (out == chelsea()).all(-1), (out == whole).all(-1)
    assert (kept | replaced).all()
    assert replaced.mean() == pytest.approx(0.3, abs=0.05)


def test_a_large_picture_is_made_small_unless_nothing_is_replaced() -> None:
    np.testing.assert_array_equal(made(chelsea(), (0, 0), max_size=30), chelsea())
    out = made(chelsea(), (0.2, 0.2), (20, 20), 45)
    small = np.abs(ndimage.uniform_filter(chelsea().astype(float), (2, 2, 1)) - out)
    assert np.median(small) < 6
    assert (out == chelsea()).all(-1).mean() < 0.1


@pytest.mark.parametrize("longest", [128, 48])
def test_segments_keep_to_the_picture_in_its_buffer(longest: int) -> None:
    inner = chelsea()[:48, :64]
    buffer = np.full((60, 90, 3), 250, np.uint8)
    buffer[:48, :64] = inner
    augment = jax.jit(ja.Compose([ja.Superpixels((1, 1), (20, 30), longest, p=1)]))
    out = np.asarray(augment(KEY, {"image": buffer, "size": np.array([48, 64], np.int32)})["image"]).astype(int)
    assert (np.abs(out[:48, :64] - np.asarray(augment(KEY, {"image": inner})["image"])) <= 1).mean() > 0.99
    assert (out[48:] == 0).all()
    assert (out[:, 64:] == 0).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_every_dtype_has_the_same_segments(dtype: Any) -> None:
    scale = 257 if dtype == np.uint16 else 1 / 255
    picture = (coins()[0] * np.float64(scale)).astype(dtype)
    out = made(picture, (1, 1), (30, 30)) / scale
    assert (np.abs(out - made(coins()[0], (1, 1), (30, 30)).astype(float)) < 1).mean() > 0.98


def test_every_argument_has_an_effect() -> None:
    given = {"p_replace": (0.5, 0.5), "n_segments": (30, 30), "max_size": 40, "interpolation": "linear"}
    changes = {"p_replace": (1, 1), "n_segments": 80, "max_size": None, "interpolation": "nearest"}
    plain = made(chelsea(), **given)
    for name, value in changes.items():
        assert (made(chelsea(), **(given | {name: value})) != plain).mean() > 0.05, name


def test_strips_and_crumbs_have_segments() -> None:
    for shape in ((1, 40, 3), (40, 1, 3), (2, 2, 3), (1, 1, 3), (5, 60, 1)):
        picture = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
        out = made(picture, (1, 1), (10, 10))
        assert out.shape == shape
        assert picture.min() <= out.min() <= out.max() <= picture.max()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.Superpixels(p_replace=1.5), r"Superpixels\(p_replace=...\) must be in \[0, 1\]"),
        (lambda: ja.Superpixels(n_segments=0), r"Superpixels\(n_segments=...\) must be at least 1"),
        (lambda: ja.Superpixels(max_size=0), r"Superpixels\(max_size=...\) must be at least 1"),
        (lambda: ja.Superpixels(interpolation="best"), r"Superpixels\(interpolation=...\) must be one of nearest"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()
