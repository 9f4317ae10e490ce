"""Colour, channels, histograms, grain: parity with Albumentations 2.0.8, OpenCV and Pillow; what arguments do."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pictures import astronaut, chelsea, coins
from PIL import Image, ImageOps
from scipy import stats

import jaxaug as ja
from jaxaug.kernels.lab import from_lab, from_lab_uint8, to_lab, to_lab_uint8

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A

KEY = jax.random.key(0)


def made(transform: Any, picture: Any, **more: Any) -> np.ndarray:
    return np.asarray(ja.Compose([transform])(KEY, {"image": picture, **more})["image"])


def agree(a: np.ndarray, b: np.ndarray, levels: float = 2, share: float = 0.99) -> None:
    """So large a share of two images lies within some levels of 255."""
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64)) * (255 if a.dtype.kind == "f" else 1)
    assert np.mean(apart <= levels + 1e-3) >= share, (apart.max(), np.mean(apart > levels))


# Histograms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tiles", [(8, 8), (5, 3), (1, 1)])
@pytest.mark.parametrize("limit", [1.0, 4.0, 20.0])
def test_local_contrast(limit: float, tiles: tuple[int, int]) -> None:
    for picture in (astronaut(), chelsea(), coins()[0]):
        a = made(ja.CLAHE((limit, limit), tiles, p=1), picture)
        agree(a, A.CLAHE((limit, limit), tiles, p=1)(image=picture)["image"], 2, 1)


def test_local_contrast_of_floats_keeps_their_steps() -> None:
    ramp = np.tile(np.linspace(0.45, 0.55, 64, dtype=np.float32), (64, 1))
    fine = made(ja.CLAHE((3, 3), (2, 2), p=1), ramp)
    assert len(np.unique(fine[32])) == 64
    eight = made(ja.CLAHE((3, 3), (2, 2), p=1), np.round(ramp * 255).astype(np.uint8))
    assert np.abs(fine * 255 - eight).max() < 6


def test_lab_is_that_of_opencv() -> None:
    picture = chelsea()
    planes = tuple(jnp.moveaxis(jnp.asarray(picture), -1, 0) / 255)
    expected = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    eight = np.stack([255 * to_lab_uint8(planes)[0], *(128 + c for c in to_lab_uint8(planes)[1:])], axis=-1)
    np.testing.assert_allclose(eight, expected, atol=1e-3)
    light = [expected[..., 0] / 255, expected[..., 1] - 128, expected[..., 2] - 128]
    back = np.stack(from_lab_uint8(tuple(map(jnp.asarray, light))), axis=-1) * 255
    assert np.abs(back.round() - cv2.cvtColor(expected.astype(np.uint8), cv2.COLOR_LAB2RGB)).max() <= 1
    floats = np.stack([100 * to_lab(planes)[0], *to_lab(planes)[1:]], axis=-1)
    assert np.abs(floats - cv2.cvtColor(picture / np.float32(255), cv2.COLOR_RGB2LAB)).max() < 0.5
    np.testing.assert_allclose(np.stack(from_lab(to_lab(planes))), np.stack(planes), atol=2e-5)


@pytest.mark.parametrize("by_channels", [True, False])
def test_equalized_as_opencv_does(by_channels: bool) -> None:
    mask = np.zeros(astronaut().shape[:2], np.uint8)
    mask[10:50, 20:60] = 1
    for extra in ({}, {"mask": mask}):
        a = made(ja.Equalize(by_channels=by_channels, **extra, p=1), astronaut())
        b = A.Equalize(by_channels=by_channels, **extra, p=1)(image=astronaut())["image"]
        agree(a, b, 0 if by_channels else 2, 1)


def test_equalized_as_pillow_does() -> None:
    few = chelsea() // 64 * 64
    for picture in (astronaut(), few, np.full((9, 9, 3), 7, np.uint8)):
        expected = np.asarray(ImageOps.equalize(Image.fromarray(picture)))
        agree(made(ja.Equalize("pil", p=1), picture), expected, 0, 1)


@pytest.mark.parametrize("cutoff", [0, 2, 10])
def test_stretched_as_pillow_does(cutoff: float) -> None:
    expected = np.asarray(ImageOps.autocontrast(Image.fromarray(chelsea()), cutoff))
    agree(made(ja.AutoContrast(cutoff, method="pil", p=1), chelsea()), expected, 1, 1)


@pytest.mark.parametrize("arguments", [{}, {"method": "pil"}, {"ignore": 120}])
def test_stretched_as_albumentations_does(arguments: dict[str, Any]) -> None:
    agree(
        made(ja.AutoContrast(**arguments, p=1), chelsea()), A.AutoContrast(**arguments, p=1)(image=chelsea())["image"]
    )


def test_a_cut_stretch_follows_the_counts() -> None:
    level = coins()[0]
    counts = np.bincount(level.ravel(), minlength=256)
    below, cut = np.cumsum(counts), np.floor(level.size * 0.05)
    low, high = np.argmax(below > cut), 255 - np.argmax(np.cumsum(counts[::-1]) > cut)
    curve = np.clip(np.round((below - below[low]) / (below[high] - below[low]) * 255), 0, 255)
    agree(made(ja.AutoContrast(5, p=1), level), curve[level].astype(np.uint8), 1, 1)


def dark_half(image: Any) -> Any:
    return image.mean(axis=-1) < 0.4


def under(image: Any, mask: Any, level: Any) -> Any:
    return (mask[..., 0] == 1) & (image[..., 0] * 255 < level)


def test_masks_of_equalize_may_be_functions() -> None:
    picture = chelsea()
    mask = (picture.mean(axis=-1) < 0.4 * 255).astype(np.uint8)
    by_function = made(ja.Equalize(mask=dark_half, p=1), picture)
    np.testing.assert_array_equal(by_function, made(ja.Equalize(mask=mask, p=1), picture))
    assert (by_function != made(ja.Equalize(p=1), picture)).any()
    labels = np.zeros(picture.shape[:2], np.uint8)
    labels[:30] = 1
    shown = made(ja.Equalize(mask=under, mask_params=["mask", "level"], p=1), picture, mask=labels, level=100)
    chosen = ((labels == 1) & (picture[..., 0] < 100)).astype(np.uint8)
    np.testing.assert_array_equal(shown, made(ja.Equalize(mask=chosen, p=1), picture))


@pytest.mark.parametrize(
    "transform",
    [ja.CLAHE((3, 3), (3, 2), p=1), ja.Equalize(p=1), ja.AutoContrast(3, p=1), ja.ISONoise(0.0, 0.0, p=1)],
    ids=lambda t: type(t).__name__,
)
def test_histograms_keep_to_the_picture(transform: Any) -> None:
    picture = astronaut()[:50, :61]
    buffer = np.full((64, 80, 3), 255, np.uint8)
    buffer[:50, :61] = picture
    augment = jax.jit(ja.Compose([transform]))
    out = augment(KEY, {"image": buffer, "size": np.array([50, 61], np.int32)})["image"]
    agree(np.asarray(out)[:50, :61], np.asarray(augment(KEY, {"image": picture})["image"]), 1, 1)


# Curves and channels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [False, True])
def test_tone_curves_with_their_points_injected(per_channel: bool) -> None:
    from albumentations.augmentations.pixel.functional import move_tone_curve

    found = []
    for seed in range(3):
        augment = ja.Compose([ja.RandomToneCurve(0.3, per_channel, p=1)])
        plan = augment.sample(jax.random.key(seed), image=chelsea())
        out = np.asarray(augment.apply(plan, image=chelsea())["image"])
        (op,) = plan.ops
        if per_channel:
            from jaxaug.transforms.tones import _curve_per_channel

            params = _curve_per_channel(type("Info", (), {"channels": 3}), **op.params)
        else:
            params = op.params
        points = [np.asarray(params[n]).astype(float) for n in ("low", "high")]
        agree(out, move_tone_curve(chelsea(), *(p if per_channel else float(p) for p in points)), 1, 1)
        found.append(points)
    assert np.std(found) > 0.1


def test_tone_curves_are_drawn_as_the_reference_draws_them() -> None:
    draw = jax.jit(jax.vmap(lambda k: ja.Compose([ja.RandomToneCurve(0.1, p=1)]).sample(k, image=chelsea())))
    params = draw(jax.random.split(KEY, 500)).ops[0].params
    for name, middle in (("low", 0.25), ("high", 0.75)):
        assert stats.kstest(np.asarray(params[name]), stats.norm(middle, 0.1).cdf).pvalue > 1e-3


def test_channels_are_shuffled_whole() -> None:
    for channels in (2, 3, 4, 16):
        picture = np.arange(6 * 5 * channels, dtype=np.uint8).reshape(6, 5, channels)
        batch = {"a": {"image": picture}, "b": {"image": picture / np.float32(255)}}
        augment = jax.jit(ja.Compose([ja.ChannelShuffle(p=1)]))
        orders = []
        for seed in range(12):
            out = augment(jax.random.key(seed), batch)
            order = (np.asarray(out["a"]["image"])[0, 0]).astype(int)
            assert sorted(order) == list(range(channels))
            np.testing.assert_array_equal(out["a"]["image"], picture[..., order])
            np.testing.assert_allclose(out["b"]["image"], batch["b"]["image"][..., order], atol=1e-6)
            orders.append(tuple(order))
        assert len(set(orders)) > 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_channels_are_swapped(dtype: Any) -> None:
    picture = chelsea().astype(dtype) / (255 if dtype == np.float32 else 1)
    picture = picture.astype(dtype)
    np.testing.assert_allclose(made(ja.ChannelSwap(p=1), picture), picture[..., ::-1], atol=1e-6)
    np.testing.assert_allclose(made(ja.ChannelSwap((1, 2, 0), p=1), picture), picture[..., [1, 2, 0]], atol=1e-6)
    with pytest.raises(ValueError, match="each of the numbers 0 to C - 1 once, for images of C channels, got"):
        ja.ChannelSwap((0, 0, 1))
    with pytest.raises(ValueError, match="ChannelSwap needs images of 2 channels; 'image' has 3"):
        made(ja.ChannelSwap((1, 0), p=1), picture)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_gray_images_get_channels(count: int) -> None:
    flat = coins()[0]
    for picture in (flat, flat[..., None], flat[..., None] / np.float32(255)):
        out = made(ja.ToRGB(count), picture)
        assert out.dtype == picture.dtype
        expected = np.repeat(picture.reshape(*flat.shape, 1), count, axis=-1)
        np.testing.assert_allclose(out.reshape(expected.shape), expected, atol=1e-6)
    np.testing.assert_array_equal(made(ja.ToRGB(count), chelsea()), chelsea())
    assert made(ja.ToGray(p=1), flat).shape == (*flat.shape, 3)


# Dtypes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [None, 100.0])
def test_floats_and_whole_numbers(most: float | None) -> None:
    sixteen = chelsea().astype(np.uint16) * 257
    for picture in (chelsea(), sixteen, chelsea() / np.float32(255)):
        agree(made(ja.ToFloat(most), picture), A.ToFloat(most)(image=picture)["image"], 0.02, 1)
    floats = chelsea() / np.float32(255)
    for dtype in ("uint8", "uint16"):
        agree(made(ja.FromFloat(dtype, most), floats), A.FromFloat(dtype, most)(image=floats)["image"], 1, 1)
    whole = made(ja.FromFloat("uint32"), floats)
    assert whole.dtype == np.uint32
    np.testing.assert_allclose(whole / (2.0**32 - 1), floats, atol=1e-6)


def test_floats_in_between() -> None:
    augment = ja.Compose([ja.ToFloat(), ja.RandomBrightnessContrast((0.1, 0.1), 0, p=1), ja.FromFloat()])
    agree(np.asarray(augment(KEY, image=chelsea())["image"]), np.minimum(chelsea(), 229) + np.uint8(26), 1, 1)


# Grain --------------------------------------------------------------------------------------------------------------


def test_grain_of_lightness_is_that_of_the_reference() -> None:
    picture = (chelsea().repeat(3, axis=0).repeat(3, axis=1) / 255).astype(np.float32)
    for intensity in (0.2, 0.5, 1.5):
        a = made(ja.ISONoise((0, 0), (intensity, intensity), p=1), picture)
        b = A.ISONoise((0, 0), (intensity, intensity), p=1)(image=picture)["image"]
        for one, other in ((a.mean(), b.mean()), (a.std(), b.std())):
            assert abs(one - other) < 4e-3
        changed = [np.mean(np.abs(x - picture).max(axis=-1) > 1e-2) for x in (a, b)]
        assert abs(changed[0] - changed[1]) < 0.01
        assert changed[0] > 0.01


def test_grain_of_hue_counts_turns() -> None:
    red = np.tile(np.array([0.8, 0.2, 0.2], np.float32), (90, 90, 1))
    out = made(ja.ISONoise((0.04, 0.04), (0.5, 0.5), p=1), red)
    hue = cv2.cvtColor(out, cv2.COLOR_RGB2HLS)[..., 0] / 360
    turned = (hue + 0.5) % 1 - 0.5
    np.testing.assert_allclose([turned.mean(), turned.std()], [0, 0.02], atol=1e-3)
    assert stats.kstest(turned.ravel()[::5] / turned.std(), "norm").pvalue > 1e-3


def test_salt_and_pepper() -> None:
    gray = np.full((200, 200, 3), 100, np.uint8)
    out = made(ja.SaltAndPepper((0.1, 0.1), (0.7, 0.7), p=1), gray)
    assert (out == out[..., :1]).all()
    np.testing.assert_allclose([(out == 255).mean(), (out == 0).mean()], [0.07, 0.03], atol=5e-3)
    assert ((out == 100) | (out == 0) | (out == 255)).all()
    floats = made(ja.SaltAndPepper((0.1, 0.1), (0.7, 0.7), p=1), np.full((200, 200, 3), 0.5, np.float32))
    np.testing.assert_array_equal(floats == 1, out == 255)
    np.testing.assert_array_equal(floats == 0, out == 0)


# Arguments ----------------------------------------------------------------------------------------------------------

#: A transform, and other values of its arguments that each change the result.
EFFECTS = [
    (ja.CLAHE((2, 2), (2, 2), p=1), {"clip_limit": (4, 4), "tile_grid_size": (4, 2)}),
    (ja.Equalize(p=1), {"mode": "pil", "by_channels": False}),
    (ja.AutoContrast(5.0, p=1), {"cutoff": 20.0, "ignore": 100, "method": "pil"}),
    (ja.RandomToneCurve(0.1, p=1), {"scale": 0.3, "per_channel": True}),
    (ja.ChannelSwap(p=1), {"channel_order": (0, 2, 1)}),
    (ja.ISONoise((0.02, 0.02), (0.3, 0.3), p=1), {"color_shift": (0.2, 0.2), "intensity": (1, 1)}),
    (ja.SaltAndPepper((0.1, 0.1), (0.5, 0.5), p=1), {"amount": (0.2, 0.2), "salt_vs_pepper": (0, 0)}),
]


@pytest.mark.parametrize(("transform", "changes"), EFFECTS, ids=lambda v: type(v).__name__)
def test_every_argument_has_an_effect(transform: Any, changes: dict[str, Any]) -> None:
    given = {n: getattr(transform, n) for n in transform.__dataclass_fields__}
    plain = made(transform, chelsea())
    for name, value in changes.items():
        assert (made(type(transform)(**(given | {name: value})), chelsea()) != plain).mean() > 0.01, name


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ja.CLAHE(0.5), r"CLAHE\(clip_limit=...\) must be at least 1, got 0.5"),
        (lambda: ja.CLAHE(2, (0, 8)), r"CLAHE\(tile_grid_size=...\) must be at least 1, got 0"),
        (lambda: ja.Equalize("gimp"), r"Equalize\(mode=...\) must be one of 'cv', 'pil', got 'gimp'"),
        (lambda: ja.Equalize(mask_params=["mask"]), r"Equalize\(mask_params=\('mask',\)\) needs a function as mask"),
        (lambda: made(ja.Equalize(mask=np.ones((3, 4)), p=1), chelsea()), r"the mask has shape \(3, 4\), but 'image'"),
        (lambda: ja.AutoContrast(ignore=300), r"AutoContrast\(ignore=...\) must be a level of 0 to 255, got 300"),
        (lambda: ja.RandomToneCurve(2), r"RandomToneCurve\(scale=...\) must be in \[0, 1\], got 2"),
        (lambda: made(ja.CLAHE(p=1), np.zeros((8, 8, 4))), "CLAHE needs images of 1 or 3 channels; 'image' has 4"),
        (
            lambda: made(ja.ISONoise(p=1), np.zeros((8, 8, 4))),
            "ISONoise needs images of 1 or 3 channels",
        ),
        (lambda: made(ja.ToRGB(p=1), np.zeros((8, 8, 4))), "ToRGB needs images of 1 or 3 channels; 'image' has 4"),
        (lambda: made(ja.ToFloat(p=0.5), chelsea()), "ToFloat turns uint8 into float32, but is applied at random"),
        (lambda: ja.FromFloat("int8"), r"FromFloat\(dtype=...\) must be one of 'uint8', 'uint16', 'uint32'"),
    ],
)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
