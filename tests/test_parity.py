"""Parity with Albumentations 2.0.8 and OpenCV: arguments that leave nothing to chance, or drawn parameters injected."""

from __future__ import annotations

import dataclasses
import inspect
import types
import warnings
from collections.abc import Iterator
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from skimage import data
from table import FONT

import jaxaug as ja
from jaxaug.kernels.random_numbers import normal_field
from jaxaug.transforms.perspective import square_to_quadrangle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import albumentations as A

BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101,
    "wrap": cv2.BORDER_WRAP,
}
METHODS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
KEY = jax.random.key(0)


def image(dtype: Any = np.uint8) -> np.ndarray:
    picture = data.astronaut()[40:406:6, 62:512:6]
    return picture if dtype == np.uint8 else (picture / 255).astype(dtype)


def ours(transform: Any, **targets: Any) -> dict[str, np.ndarray]:
    return jax.tree.map(np.asarray, ja.Compose([transform])(KEY, jax.tree.map(jnp.asarray, targets)))


def theirs(transform: Any, **targets: Any) -> dict[str, np.ndarray]:
    return A.Compose([transform])(**targets)


def quiet(make: Any, **kwargs: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(**kwargs)


def agree(a: np.ndarray, b: np.ndarray, levels: float, share: float = 1.0) -> None:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    scale = 255 if a.dtype.kind == "f" else 1
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64)) * scale
    assert np.mean(apart <= levels + 1e-3) >= share, (apart.max(), np.mean(apart > levels))


# Warps: 99 % of pixels within 2 levels ------------------------------------------------------------------------------

AFFINE = {"scale": (1.2, 1.2), "rotate": (25, 25), "shear": (8, 8), "translate_px": {"x": (3, 3), "y": (-2, -2)}}


@pytest.mark.parametrize(
    "border", [pytest.param(b, marks=() if b in ("constant", "reflect_101") else pytest.mark.slow) for b in BORDERS]
)
@pytest.mark.parametrize("method", list(METHODS))
def test_affine(method: str, border: str) -> None:
    look = {"fill": 90, "p": 1}
    a = ours(ja.Affine(**AFFINE, interpolation=method, border_mode=border, **look), image=image())
    b = theirs(A.Affine(**AFFINE, interpolation=METHODS[method], border_mode=BORDERS[border], **look), image=image())
    # OpenCV rounds coordinates to 1/32 of a pixel, which moves the nearest pixel of one in fifty.
    agree(a["image"], b["image"], 2 if method != "lanczos" else 4, 0.99 if method != "nearest" else 0.96)


def test_opencv_numbers_name_the_same_settings() -> None:
    for name, number in METHODS.items():
        assert ja.Rotate(interpolation=number).interpolation == name
    for name, number in BORDERS.items():
        assert ja.Rotate(border_mode=number).border_mode == name


@pytest.mark.parametrize("angle", [-120, -45, 13, 90])
def test_rotate(angle: int) -> None:
    picture = image()
    mask = (picture[..., 0] > 120).astype(np.uint8) * 3
    a = ours(ja.Rotate((angle, angle), p=1), image=picture, mask=mask)
    b = theirs(A.Rotate((angle, angle), p=1), image=picture, mask=mask)
    agree(a["image"], b["image"], 2, 0.99)
    agree(a["mask"], b["mask"], 0, 0.97)


def scales(count: int, **arguments: Any) -> np.ndarray:
    """(count, 2) factors along x and y that `Affine` draws."""
    augment = ja.Compose([ja.Affine(**arguments, p=1)])
    draw = jax.jit(jax.vmap(lambda key: augment.sample(key, image=jnp.zeros((41, 53))).ops[0].map.m))
    m = np.asarray(draw(jax.random.split(KEY, count)))
    return 1 / m[:, [0, 1], [0, 1]]


def test_scales_may_be_kept_equal_and_balanced() -> None:
    apart = scales(400, scale={"x": (0.25, 4.0), "y": (0.25, 4.0)})
    assert np.abs(apart[:, 0] - apart[:, 1]).max() > 2
    # Uniform between 1/4 and 4, a fifth of the draws shrink; balanced, half of them do, evenly on each side.
    assert 0.15 < (apart < 1).mean() < 0.25
    together = scales(400, scale={"x": (0.25, 4.0), "y": (0.25, 4.0)}, keep_ratio=True, balanced_scale=True)
    np.testing.assert_allclose(together[:, 0], together[:, 1], rtol=1e-5)
    small = together[:, 0] < 1
    assert 0.43 < small.mean() < 0.57
    assert stats.kstest(together[small, 0], "uniform", (0.25, 0.75)).pvalue > 1e-3
    assert stats.kstest(together[~small, 0], "uniform", (1.0, 3.0)).pvalue > 1e-3


def test_shift_scale_rotate() -> None:
    arguments = {"shift_limit": (0.1, 0.1), "scale_limit": (0.2, 0.2), "rotate_limit": (30, 30), "p": 1}
    b = theirs(quiet(A.ShiftScaleRotate, **arguments), image=image())
    agree(ours(ja.ShiftScaleRotate(**arguments), image=image())["image"], b["image"], 2, 0.99)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("HorizontalFlip", {}),
        ("VerticalFlip", {}),
        ("Transpose", {}),
        ("TimeReverse", {}),
        ("Pad", {"padding": (3, 5, 0, 8), "fill": 9}),
        ("Pad", {"padding": 4, "border_mode": cv2.BORDER_REFLECT_101}),
        ("Crop", {"x_min": 5, "y_min": 3, "x_max": 40, "y_max": 60}),
        ("CenterCrop", {"height": 40, "width": 51}),
        ("CenterCrop", {"height": 80, "width": 50, "pad_if_needed": True, "fill": 7}),
        ("CenterCrop", {"height": 80, "width": 98, "pad_if_needed": True, "pad_position": "top_left"}),
        ("RandomCrop", {"height": 80, "width": 98, "pad_if_needed": True, "pad_position": "bottom_right", "fill": 5}),
        ("Crop", {"x_max": 98, "y_max": 80, "pad_if_needed": True, "pad_position": "top_right", "fill_mask": 3}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "fill": 9}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "border_mode": cv2.BORDER_REFLECT_101}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "border_mode": cv2.BORDER_REFLECT}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "border_mode": cv2.BORDER_REPLICATE}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "border_mode": cv2.BORDER_WRAP}),
        ("PadIfNeeded", {"min_height": 80, "min_width": 98, "position": "bottom_right"}),
        (
            "PadIfNeeded",
            {"min_height": None, "min_width": None, "pad_height_divisor": 16, "pad_width_divisor": 32},
        ),
    ],
)
def test_whole_pixels_are_equal(name: str, arguments: dict[str, Any]) -> None:
    mask = np.arange(61 * 75).reshape(61, 75).astype(np.int32) % 11
    a = ours(getattr(ja, name)(**arguments, p=1), image=image(), mask=mask)
    b = theirs(quiet(getattr(A, name), **arguments, p=1), image=image(), mask=mask)
    np.testing.assert_array_equal(a["image"], b["image"])
    np.testing.assert_array_equal(a["mask"], b["mask"])


LARGER_AND_SMALLER = [(90, 110), (40, 52), (61, 30)]


@pytest.mark.parametrize(
    "size", [(40, 110), *(pytest.param(size, marks=pytest.mark.slow) for size in LARGER_AND_SMALLER)]
)
@pytest.mark.parametrize(
    ("method", "number"),
    [("linear", cv2.INTER_LINEAR), ("cubic", cv2.INTER_CUBIC), ("nearest", cv2.INTER_NEAREST_EXACT)],
)
def test_resize(method: str, number: int, size: tuple[int, int]) -> None:
    a = ours(ja.Resize(*size, interpolation=method), image=image())
    b = theirs(A.Resize(*size, interpolation=number), image=image())
    agree(a["image"], b["image"], 2 if method != "nearest" else 0, 0.99)


@pytest.mark.parametrize("size", [(30, 25), (20, 41)])
def test_resize_by_area(size: tuple[int, int]) -> None:
    a = ours(ja.Resize(*size, area_for_downscale="image"), image=image())
    b = theirs(A.Resize(*size, area_for_downscale="image"), image=image())
    agree(a["image"], b["image"], 2, 0.99)


def test_antialias_is_that_of_a_well_known_reference() -> None:
    a = ours(ja.Resize(23, 31, antialias=True), image=image(np.float32))
    b = jax.image.resize(jnp.asarray(image(np.float32)), (23, 31, 3), "linear", antialias=True)
    # The reference cuts its kernel at the edge as we do, so even the border agrees.
    np.testing.assert_allclose(a["image"], b, atol=1e-4)


def test_random_crops_cut_where_the_plan_says() -> None:
    picture = image()
    for seed in range(5):
        augment = ja.Compose([ja.RandomCrop(30, 40)])
        key = jax.random.key(seed)
        (op,) = augment.sample(key, image=jnp.asarray(picture))
        x, y = int(op.map.m[0, 2]), int(op.map.m[1, 2])
        out = np.asarray(augment(key, image=jnp.asarray(picture))["image"])
        np.testing.assert_array_equal(out, picture[y : y + 30, x : x + 40])


def test_random_resized_crop_with_its_window_injected() -> None:
    picture = image()
    augment = ja.Compose([ja.RandomResizedCrop((48, 56), scale=(0.2, 0.8))])
    windows = []
    for seed in range(6):
        key = jax.random.key(seed)
        (op,) = augment.sample(key, image=jnp.asarray(picture))
        x0, y0, x1, y1 = (int(v) for v in np.asarray(op.window))
        windows.append((x1 - x0) * (y1 - y0) / (61 * 75))
        expected = cv2.resize(picture[y0:y1, x0:x1], (56, 48), interpolation=cv2.INTER_LINEAR)
        agree(np.asarray(augment(key, image=jnp.asarray(picture))["image"]), expected, 2, 0.99)
    assert min(windows) >= 0.18
    assert max(windows) <= 0.82


def test_perspective_with_its_matrix_injected() -> None:
    picture = image()
    augment = ja.Compose([ja.Perspective((0.1, 0.1), p=1)])
    (op,) = augment.sample(KEY, image=jnp.asarray(picture))
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(half) @ np.asarray(op.map.m, np.float64) @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpPerspective(picture, matrix, (75, 61), flags=flags, borderMode=cv2.BORDER_CONSTANT)
    agree(np.asarray(augment(KEY, image=jnp.asarray(picture))["image"]), expected, 2, 0.99)


def test_a_quadrangle_is_solved_as_opencv_does() -> None:
    corners = np.array([[3, 5], [60, 2], [71, 55], [8, 58]], np.float32)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    expected = cv2.getPerspectiveTransform(unit, corners)
    np.testing.assert_allclose(square_to_quadrangle(jnp.asarray(corners)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.slow
@pytest.mark.parametrize(
    "transform",
    [
        ja.ElasticTransform(80, 6, p=1),
        ja.GridDistortion(4, 0.4, p=1),
        ja.OpticalDistortion((0.4, 0.4), p=1),
        ja.OpticalDistortion((-0.3, -0.3), mode="fisheye", p=1),
        ja.PiecewiseAffine((0.05, 0.05), p=1),
        ja.ThinPlateSpline(p=1),
        ja.GridElasticDeform((3, 2), 6),
        ja.WaterRefraction(p=1),
    ],
    ids=lambda t: type(t).__name__,
)
def test_dense_maps_read_as_opencv_remap_does(transform: Any) -> None:
    picture = image()
    augment = ja.Compose([transform])
    (op,) = augment.sample(KEY, image=jnp.asarray(picture))
    y, x = np.mgrid[0:61, 0:75].astype(np.float32) + 0.5
    u, v = (np.asarray(c) - 0.5 for c in op.built().pull(jnp.asarray(x), jnp.asarray(y)))
    border = cv2.BORDER_REPLICATE if op.reads_inside else BORDERS[op.border_mode]
    expected = cv2.remap(picture, u, v, cv2.INTER_LINEAR, borderMode=border)
    agree(np.asarray(augment(KEY, image=jnp.asarray(picture))["image"]), expected, 2, 0.99)


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_elastic_fields_are_smoothed_as_opencv_does() -> None:
    sigma = 5.0
    augment = ja.Compose([ja.ElasticTransform(40.0, sigma, p=1)])
    (op,) = augment.sample(KEY, image=jnp.asarray(image()))
    noise = np.asarray(normal_field(op.map.key, 2, 61, 75))
    noise = noise / np.abs(noise).max()
    field = op.built().map
    for channel, ours_ in enumerate(field.shift):
        expected = cv2.GaussianBlur(noise[channel], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) * 40.0
        np.testing.assert_allclose(ours_, expected, atol=0.02)


def test_three_points_move_an_elastic_picture_first() -> None:
    augment = ja.Compose([ja.ElasticTransform(0.0, 5.0, alpha_affine=9.0, p=1)])
    picture = image()
    affine, elastic = augment.sample(KEY, image=jnp.asarray(picture))
    (height, width), third = picture.shape[:2], min(picture.shape[:2]) / 3
    corners = np.array([[1, 1], [1, -1], [-1, -1]]) * third + [width / 2, height / 2]
    to_input = np.asarray(affine.map.m)
    moved = (corners - to_input[:2, 2]) @ np.linalg.inv(to_input[:2, :2]).T
    assert 3 < np.abs(moved - corners).max() <= 9
    to_output = cv2.getAffineTransform(corners.astype(np.float32), moved.astype(np.float32))
    # The coordinates of OpenCV are those of centres of pixels.
    to_output[:, 2] += (to_output[:, :2] - np.eye(2)) @ [0.5, 0.5]
    expected = cv2.warpAffine(picture, to_output, (width, height), flags=cv2.INTER_LINEAR)
    agree(np.asarray(augment(KEY, image=jnp.asarray(picture))["image"]), expected, 2, 0.99)
    assert float(elastic.map.alpha) == 0


# Drawn parameters, injected into the reference ----------------------------------------------------------------------

SIZE = (61, 75)
LABELS = np.zeros(SIZE, np.uint8)
LABELS[5:20, 8:30], LABELS[30:52, 12:25], LABELS[25:45, 40:70] = 1, 2, 3
WHOLE = {
    "image": image(),
    "mask": LABELS,
    "bboxes": np.array([[22.0, 14.0, 48.0, 40.0]], np.float32),
    "cropping_bbox": np.array([20.0, 12.0, 52.0, 45.0], np.float32),
}


def draws(transform: Any, count: int = 4) -> Iterator[tuple[Any, dict[str, np.ndarray]]]:
    """What a transform draws, and what it makes of a sample."""
    augment = ja.Compose([transform], bbox_params=ja.BboxParams("pascal_voc"))
    for key in jax.random.split(jax.random.key(6), count):
        plan = augment.sample(key, WHOLE)
        yield plan.ops[0], jax.tree.map(np.asarray, augment.apply(plan, WHOLE))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomCrop", {"height": 40, "width": 50}),
        ("RandomCropFromBorders", {"crop_left": 0.3, "crop_right": 0.2, "crop_top": 0.4, "crop_bottom": 0.1}),
        ("RandomCropNearBBox", {"max_part_shift": 0.3}),
        ("BBoxSafeRandomCrop", {"erosion_rate": 0.2}),
        ("AtLeastOneBBoxRandomCrop", {"height": 40, "width": 50}),
        ("CropNonEmptyMaskIfExists", {"height": 40, "width": 50}),
        ("RandomResizedCrop", {"size": (48, 56)}),
        ("RandomSizedCrop", {"min_max_height": (30, 50), "size": (48, 56)}),
        ("RandomSizedBBoxSafeCrop", {"height": 48, "width": 56, "erosion_rate": 0.2}),
    ],
)
def test_crops_with_their_windows_injected(name: str, arguments: dict[str, Any]) -> None:
    resizes = "size" in arguments or name == "RandomSizedBBoxSafeCrop"
    exact = {"mask_interpolation": cv2.INTER_NEAREST_EXACT} if resizes else {}
    reference = getattr(A, name)(**arguments, **exact)
    windows = set()
    for op, out in draws(getattr(ja, name)(**arguments)):
        if op.window is not None:
            window = tuple(int(v) for v in np.asarray(op.window))
        else:
            x, y = (int(v) for v in np.asarray(op.map.m)[:2, 2])
            window = (x, y, x + out["image"].shape[1], y + out["image"].shape[0])
        windows.add(window)
        shown = reference.apply(WHOLE["image"], crop_coords=window), reference.apply_to_mask(LABELS, crop_coords=window)
        agree(out["image"], np.asarray(shown[0]), 2 if resizes else 0, 0.99 if resizes else 1)
        agree(out["mask"], np.asarray(shown[1]), 0, 0.99 if resizes else 1)
    assert len(windows) > 1


@pytest.mark.slow
def test_random_scales_with_their_factors_injected() -> None:
    reference = A.RandomScale(0.3, mask_interpolation=cv2.INTER_NEAREST_EXACT)
    for op, out in draws(ja.RandomScale(0.3, p=1)):
        scale = out["image"].shape[0] / SIZE[0]
        assert abs(scale * float(op.map.m[1, 1]) - 1) < 1e-5
        size = out["image"].shape[:2]
        agree(out["image"], cv2.resize(WHOLE["image"], size[::-1]), 2, 0.99)
        agree(out["mask"], cv2.resize(LABELS, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), 0, 0.99)
        theirs = reference.apply(WHOLE["image"], scale=scale).shape[:2]
        assert max(abs(a - b) for a, b in zip(theirs, size, strict=True)) <= 1


def test_safe_rotations_with_their_matrices_injected() -> None:
    reference = A.SafeRotate()
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    for op, out in draws(ja.SafeRotate(90, p=1)):
        matrix = np.linalg.inv(np.linalg.inv(half) @ np.asarray(op.map.m, np.float64) @ half)
        agree(out["image"], reference.apply(WHOLE["image"], matrix=matrix, output_shape=SIZE), 2, 0.99)


@pytest.mark.parametrize(
    ("name", "argument", "choices"),
    [
        ("RandomRotate90", "factor", (0, 1, 2, 3)),
        ("D4", "group_element", ("e", "r90", "r180", "r270", "v", "hvt", "h", "t")),
        ("SquareSymmetry", "group_element", ("e", "r90", "r180", "r270", "v", "hvt", "h", "t")),
        ("ChannelDropout", "channels_to_drop", ([0], [1], [2], [0, 1], [0, 2], [1, 2])),
        ("MaskDropout", "dropout_mask", tuple(np.equal(LABELS[:, :61], k) for k in (1, 2, 3))),
    ],
)
def test_choices_are_those_of_the_reference(name: str, argument: str, choices: Any) -> None:
    settings = {"channel_drop_range": (1, 2)} if name == "ChannelDropout" else {}
    reference = quiet(getattr(A, name), p=1, **settings)
    square = {"image": WHOLE["image"][:, :61], "mask": LABELS[:, :61]}
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 60), square)
    out = np.asarray(jax.jit(ja.Compose([getattr(ja, name)(p=1, **settings)]).batch)(KEY, batch)["image"])
    shown = [np.asarray(reference.apply(square["image"], **{argument: choice})) for choice in choices]
    found = []
    for picture in out:
        same = [i for i, one in enumerate(shown) if np.array_equal(picture, one)]
        assert len(same) == 1
        found += same
    assert set(found) == set(range(len(choices)))


def test_shuffled_tiles_with_their_order_injected() -> None:
    reference = A.RandomGridShuffle((2, 3))
    for op, out in draws(ja.RandomGridShuffle((2, 3), p=1)):
        (y, x), source = (np.asarray(edges) for edges in (op.map.y, op.map.x)), np.asarray(op.map.source)
        tiles = np.array([[y[i], x[j], y[i + 1], x[j + 1]] for i in range(2) for j in range(3)], np.int32)
        # There it is told where each tile goes, here which one each place shows.
        shown = reference.apply(WHOLE["image"], tiles=tiles, mapping=np.argsort(source).tolist())
        np.testing.assert_array_equal(out["image"], shown)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CoarseDropout", {"num_holes_range": (2, 5), "hole_height_range": (4, 20), "hole_width_range": (5, 9)}),
        ("Erasing", {"scale": (0.1, 0.3)}),
        ("XYMasking", {"num_masks_x": 2, "num_masks_y": (1, 2), "mask_x_length": (3, 9), "mask_y_length": 5}),
        ("GridDropout", {"ratio": 0.4, "unit_size_range": (9, 14)}),
        ("TimeMasking", {"time_mask_param": 30}),
        ("FrequencyMasking", {"freq_mask_param": 30}),
    ],
)
def test_cut_outs_with_their_holes_injected(name: str, arguments: dict[str, Any]) -> None:
    fills = {} if name in ("TimeMasking", "FrequencyMasking") else {"fill": (9, 80, 200), "fill_mask": 7}
    reference = quiet(getattr(A, name), **arguments, **fills, p=1)
    lost = 0
    for op, out in draws(getattr(ja, name)(**arguments, **fills, p=1)):
        region = jax.tree.map(np.asarray, op.region)
        if hasattr(region, "edges"):
            holes = region.edges[region.used]
        else:
            x, y = np.broadcast_arrays(region.x, region.y)
            x1, y1 = x + region.wide, y + region.high[:, None]
            holes = np.stack([x, y, x1, y1], axis=-1).reshape(-1, 4)
        holes = np.clip(holes, 0, [SIZE[1], SIZE[0]] * 2).astype(np.int32)
        np.testing.assert_array_equal(out["image"], reference.apply(WHOLE["image"], holes=holes, seed=0))
        np.testing.assert_array_equal(out["mask"], reference.apply_to_mask(LABELS, holes=holes, seed=0))
        lost += (out["image"] != WHOLE["image"]).sum()
    assert lost


def test_lost_pixels_with_their_places_injected() -> None:
    reference = A.PixelDropout(0.1, drop_value=9)
    view = types.SimpleNamespace(canvas=types.SimpleNamespace(buffer=SIZE))
    for op, out in draws(ja.PixelDropout(0.1, drop_value=9, p=1)):
        gone = np.broadcast_to(np.asarray(op.region.pixels(view))[..., None], (*SIZE, 3))
        shown = reference.apply(WHOLE["image"], drop_mask=gone, drop_values=np.full((*SIZE, 3), 9, np.uint8))
        np.testing.assert_array_equal(out["image"], shown)
        assert 0.05 < gone.mean() < 0.15


# Tones: all pixels within 1 level -----------------------------------------------------------------------------------

TONES = [
    ("RandomBrightnessContrast", {"brightness_limit": (0.15, 0.15), "contrast_limit": (-0.3, -0.3)}),
    ("RandomBrightnessContrast", {"brightness_limit": (0.3, 0.3), "contrast_limit": (0.4, 0.4)}),
    (
        "RandomBrightnessContrast",
        {"brightness_limit": (0.2, 0.2), "contrast_limit": (0.1, 0.1), "brightness_by_max": False},
    ),
    (
        "RandomBrightnessContrast",
        {"brightness_limit": (0.2, 0.2), "contrast_limit": (0.1, 0.1), "ensure_safe_range": True},
    ),
    ("RGBShift", {"r_shift_limit": (20, 20), "g_shift_limit": (-35, -35), "b_shift_limit": (0, 0)}),
    ("RandomGamma", {"gamma_limit": (60, 60)}),
    ("RandomGamma", {"gamma_limit": (170, 170)}),
    ("Solarize", {"threshold_range": (0.4, 0.4)}),
    ("Posterize", {"num_bits": 3}),
    ("Posterize", {"num_bits": [(2, 2), (4, 4), (6, 6)]}),
    ("InvertImg", {}),
    ("ToSepia", {}),
    ("ToGray", {}),
    ("ToGray", {"method": "from_lab"}),
    ("ToGray", {"method": "desaturation"}),
    ("ToGray", {"method": "average"}),
    ("ToGray", {"method": "max"}),
    ("ToGray", {"num_output_channels": 1}),
    ("ColorJitter", {"brightness": (1.3, 1.3), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}),
    ("ColorJitter", {"brightness": (1, 1), "contrast": (0.6, 0.6), "saturation": (1, 1), "hue": (0, 0)}),
    ("ColorJitter", {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1.7, 1.7), "hue": (0, 0)}),
    ("Normalize", {}),
    ("Normalize", {"normalization": "image"}),
    ("Normalize", {"normalization": "image_per_channel"}),
    ("Normalize", {"normalization": "min_max"}),
    ("Normalize", {"normalization": "min_max_per_channel"}),
]


@pytest.mark.parametrize(("name", "arguments"), TONES)
def test_tones(name: str, arguments: dict[str, Any]) -> None:
    a = ours(getattr(ja, name)(**arguments, p=1), image=image())["image"]
    b = np.asarray(theirs(getattr(A, name)(**arguments, p=1), image=image())["image"])
    if name == "ToGray" and arguments.get("num_output_channels") == 1:
        b = b.reshape(a.shape)
    # The reference's own statistics are in doubles.
    agree(a, b.astype(a.dtype) if name == "Normalize" else b, 1)


def test_grays_by_their_first_component() -> None:
    a = ours(ja.ToGray(method="pca", p=1), image=image())["image"][..., 0].astype(float)
    b = theirs(A.ToGray(method="pca", p=1), image=image())["image"][..., 0].astype(float)
    # The sign of a principal component is free.
    assert min(np.abs(a - b).max(), np.abs(a - (255 - b)).max()) <= 1


@pytest.mark.parametrize("hue", [-0.4, 0.15])
def test_hue_in_floats(hue: float) -> None:
    arguments = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (hue, hue), "p": 1}
    a = ours(ja.ColorJitter(**arguments), image=image(np.float32))["image"]
    b = theirs(A.ColorJitter(**arguments), image=image(np.float32))["image"]
    agree(a, b, 1)


def test_hue_saturation_value_against_opencv_in_floats() -> None:
    picture = image(np.float32)
    a = ours(ja.HueSaturationValue((25, 25), (-40, -40), (30, 30), p=1), image=picture)["image"]
    h, s, v = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV))
    h = (h + 50) % 360
    s = np.where(s == 0, 0, np.clip(s - 40 / 255, 0, 1)).astype(np.float32)
    expected = cv2.cvtColor(cv2.merge([h, s, np.clip(v + 30 / 255, 0, 1)]), cv2.COLOR_HSV2RGB)
    agree(a, expected, 1)


def test_normalize_treats_floats_as_floats() -> None:
    eight = ours(ja.Normalize(), image=image())["image"]
    floats = ours(ja.Normalize(), image=image(np.float32))["image"]
    np.testing.assert_allclose(eight, floats, atol=1e-5)
    np.testing.assert_allclose(
        ours(ja.Normalize(max_pixel_value=1.0), image=image(np.float32))["image"],
        theirs(A.Normalize(max_pixel_value=1.0), image=image(np.float32))["image"],
        atol=1e-5,
    )


# Filters and cut-outs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 5, 7])
def test_blur(size: int) -> None:
    a = ours(ja.Blur((size, size), p=1), image=image())["image"]
    agree(a, theirs(A.Blur((size, size), p=1), image=image())["image"], 1)


@pytest.mark.parametrize(("sigma", "limit"), [(0.8, 0), (2.5, 0), (1.5, (7, 7))])
def test_gaussian_blur(sigma: float, limit: Any) -> None:
    arguments = {"blur_limit": limit, "sigma_limit": (sigma, sigma), "p": 1}
    a = ours(ja.GaussianBlur(**arguments), image=image())["image"]
    agree(a, theirs(A.GaussianBlur(**arguments), image=image())["image"], 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_emboss_with_its_weights_injected(dtype: Any) -> None:
    reference = A.Emboss(p=1)
    augment = ja.Compose([ja.Emboss((0.2, 1.0), (0.2, 0.7), p=1)])
    plan = augment.sample(KEY, image=image(dtype))
    shown = reference.apply(image(dtype), emboss_matrix=np.asarray(plan.ops[0].weights))
    agree(np.asarray(augment.apply(plan, image=image(dtype))["image"]), shown, 1)


def test_shadows_with_their_polygons_injected() -> None:
    reference = A.RandomShadow()
    for op, out in draws(ja.RandomShadow(num_shadows_limit=(1, 2), shadow_intensity_range=(0.3, 0.7), p=1)):
        corners, darkness = (np.asarray(op.params[name]) for name in ("vertices", "darkness"))
        # There corners are whole pixels, of which the edge is filled too.
        places = [np.round(polygon * SIZE[::-1] - 0.5).astype(np.int32) for polygon in corners]
        shown = reference.apply(WHOLE["image"], vertices_list=places, intensities=darkness)
        rim = np.zeros(SIZE, np.uint8)
        cv2.polylines(rim, places, True, 1, thickness=3)
        apart = np.abs(out["image"].astype(int) - shown).max(axis=-1)
        assert apart[rim == 0].max() <= 1
        assert 0.1 < (rim == 0).mean() < 0.95
        assert (out["image"] != WHOLE["image"]).any()


@pytest.mark.parametrize("beta", [0.0, 0.05, 0.2])
def test_frequencies_with_the_reference_injected(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    from albumentations.augmentations.mixing import domain_adaptation_functional as reference

    def low_freq_mutate(own: np.ndarray, other: np.ndarray, beta: float) -> np.ndarray:
        border = int(np.floor(min(own.shape) * beta))
        inside = tuple(slice(n // 2 - border, n // 2 + border + 1) for n in own.shape)
        own[inside] = other[inside]
        return own

    # The window of the paper; that of the reference leaves out the highest frequency on one of two sides.
    monkeypatch.setattr(reference, "low_freq_mutate", low_freq_mutate)
    picture, look = image(np.float32), image(np.float32)[::-1, :, ::-1] ** 2
    a = ours(ja.FDA([look], beta_limit=(beta, beta), p=1), image=picture)["image"]
    agree(a, reference.fourier_domain_adaptation(picture, look, beta), 1)


def test_factors_are_those_of_the_reference_in_mean_spread_and_share() -> None:
    picture = np.full((120, 120, 3), 0.5, np.float32)
    for per_channel in (False, True):
        arguments = {"multiplier": (0.6, 1.4), "elementwise": True, "per_channel": per_channel, "p": 1}
        a = ours(ja.MultiplicativeNoise(**arguments), image=picture)["image"]
        b = theirs(A.MultiplicativeNoise(**arguments), image=picture)["image"]
        assert stats.ks_2samp(a[..., 0].ravel(), b[..., 0].ravel()).pvalue > 1e-3
        for one in (a, b):
            assert np.array_equal(one[..., 0], one[..., 1]) != per_channel
    draw = jax.jit(ja.Compose([ja.MultiplicativeNoise((0.6, 1.4), per_channel=True, p=1)]).batch)
    out = np.asarray(draw(KEY, image=np.full((400, 2, 2, 3), 0.5, np.float32))["image"])
    assert (out == out[:, :1, :1]).all()
    assert stats.kstest(out[:, 0, 0].ravel(), stats.uniform(0.3, 0.4).cdf).pvalue > 1e-3


@pytest.mark.parametrize("scale", [0.02, 0.3])
def test_shot_noise_has_the_mean_and_deviation_of_the_reference(scale: float) -> None:
    levels = np.broadcast_to(np.linspace(0, 1, 8, dtype=np.float32)[:, None, None], (8, 9000, 1))
    a = ours(ja.ShotNoise((scale, scale), p=1), image=levels)["image"]
    b = A.ShotNoise().apply(np.ascontiguousarray(levels), scale=scale, random_seed=3)
    for one, other in zip(a, b, strict=True):
        deviation = max(float(other.std()), 1e-3)
        assert abs(one.mean() - other.mean()) < 5 * deviation / np.sqrt(4500)
        assert abs(one.std() - other.std()) < 0.05 * deviation + 1e-3


def test_noise_has_the_asked_mean_and_spread() -> None:
    picture = np.full((200, 200, 3), 0.5, np.float32)
    a = ours(ja.GaussNoise((0.08, 0.08), (0.05, 0.05), p=1), image=picture)["image"]
    np.testing.assert_allclose([a.mean() - 0.5, a.std()], [0.05, 0.08], atol=2e-3)
    assert stats.kstest(((a - a.mean()) / a.std()).ravel()[::7], "norm").pvalue > 1e-3
    assert abs(np.corrcoef(a[..., 0].ravel(), a[..., 1].ravel())[0, 1]) < 0.02
    shared = ours(ja.GaussNoise((0.08, 0.08), per_channel=False, p=1), image=picture)["image"]
    np.testing.assert_array_equal(shared[..., 0], shared[..., 1])
    coarse = ours(ja.GaussNoise((0.08, 0.08), noise_scale_factor=0.25, p=1), image=picture)["image"]
    assert np.corrcoef(coarse[:, :-1].ravel(), coarse[:, 1:].ravel())[0, 1] > 0.7


def test_holes_do_to_boxes_what_the_reference_does() -> None:
    from albumentations.augmentations.dropout.functional import filter_bboxes_by_holes

    boxes = np.array([[5, 5, 25, 30], [30, 10, 60, 40], [50, 45, 70, 58]], np.float32)
    for seed in range(8):
        augment = ja.Compose(
            [ja.CoarseDropout((3, 3), (0.3, 0.5), (0.3, 0.5), fill=9, p=1)], bbox_params=ja.BboxParams("pascal_voc")
        )
        key = jax.random.key(seed)
        sample = {"image": jnp.asarray(image()), "bboxes": jnp.asarray(boxes)}
        (op,) = augment.sample(key, sample)
        holes = np.asarray(op.region.edges)
        out = augment(key, sample)
        expected_image = image().copy()
        for x0, y0, x1, y1 in holes:
            expected_image[y0:y1, x0:x1] = 9
        np.testing.assert_array_equal(out["image"], expected_image)
        left = np.asarray(out["bboxes"])
        expected = filter_bboxes_by_holes(boxes, holes, (61, 75), 0.0, 0.0)
        np.testing.assert_allclose(left[left.any(axis=1)], expected, atol=1e-4)


@pytest.mark.parametrize("name", ["LongestMaxSize", "SmallestMaxSize"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"max_size": 50},
        *(
            pytest.param(arguments, marks=pytest.mark.slow)
            for arguments in ({"max_size": 97}, {"max_size_hw": (40, 70)}, {"max_size_hw": (None, 40)})
        ),
    ],
    ids=["shrink", "enlarge", "both sides", "one side"],
)
def test_largest_and_least_sizes(name: str, arguments: dict[str, Any]) -> None:
    a = ours(getattr(ja, name)(**arguments, p=1), image=image())
    b = theirs(getattr(A, name)(**arguments, p=1), image=image())
    agree(a["image"], b["image"], 2, 0.99)


def test_the_symmetries_of_the_square_are_eight_and_all_occur() -> None:
    square = image()[:48, :48]
    turns = [np.rot90(square, k) for k in range(4)]
    known = [np.ascontiguousarray(t) for t in turns + [t[:, ::-1] for t in turns]]
    program = jax.jit(lambda keys: jax.vmap(lambda key: ja.Compose([ja.D4()])(key, image=square)["image"])(keys))
    found = [
        next(i for i, picture in enumerate(known) if np.array_equal(picture, out))
        for out in np.asarray(program(jax.random.split(jax.random.key(0), 64)))
    ]
    assert set(found) == set(range(8))


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_pipeline")
def test_objects_are_connected_parts_as_opencv_finds_them() -> None:
    from jaxaug.ops.component_holes import connected_parts

    rng = np.random.default_rng(0)
    for density in (0.3, 0.6, 0.9):
        mask = (rng.random((40, 53)) < density).astype(np.uint8)
        count, expected = cv2.connectedComponents(mask, connectivity=8)
        found = np.asarray(connected_parts(jnp.asarray(mask)))
        assert len(np.unique(found)) - (found == 0).any() == count - 1
        pairs = {(int(a), int(b)) for a, b in zip(found.ravel(), expected.ravel(), strict=True)}
        assert len(pairs) == count - 1 + (found == 0).any()


# Arguments ----------------------------------------------------------------------------------------------------------

SHARED = sorted(n for n in ja.__all__ if hasattr(A, n) and hasattr(getattr(ja, n), "draw"))
#: What transforms cannot do without, and what they have no use for.
NEEDED: dict[str, dict[str, Any]] = {
    "ConstrainedCoarseDropout": {"mask_indices": [1]},
    "CropAndPad": {"px": 3},
    "FDA": {"read_fn": None},
    "HistogramMatching": {"read_fn": None},
    "PixelDistributionAdaptation": {"read_fn": None},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 3},
    "LetterBox": {"size": (4, 5)},
    "LongestMaxSize": {"max_size": 5},
    "RandomResizedCrop": {"size": (4, 5)},
    "RandomSizedCrop": {"min_max_height": (3, 4), "size": (4, 5)},
    "SmallestMaxSize": {"max_size": 5},
    "TextImage": {"font_path": FONT},
    "XYMasking": {"mask_x_length": 3},
}


@pytest.mark.parametrize("name", SHARED)
def test_arguments_have_the_names_order_and_defaults_of_the_reference(name: str) -> None:
    ours = getattr(ja, name)
    theirs = list(inspect.signature(getattr(A, name).__init__).parameters.values())[1:]
    fields = {field.name: field for field in dataclasses.fields(ours)}
    assert list(fields)[: len(theirs)] == [argument.name for argument in theirs]
    # Whatever has no default there has none here.
    required = {n: 4 for n, field in fields.items() if field.default is dataclasses.MISSING} | NEEDED.get(name, {})
    plain = ours(**required)
    for argument in theirs:
        if argument.name in required:
            continue
        stated = ours(**{**required, argument.name: argument.default})
        assert getattr(stated, argument.name) == getattr(plain, argument.name), argument.name
