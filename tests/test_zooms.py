"""Zooming out and in, as detectors are trained: canvases around pictures, and windows that overlap a box."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import jaxaug as ja

KEY = jax.random.key(5)
HEIGHT, WIDTH, COUNT = 40, 60, 512
BOXES = np.array([[5, 5, 25, 20], [30, 10, 58, 38], [40, 2, 46, 8]], np.float32)
PARAMS: dict[str, Any] = {"bbox_params": ja.BboxParams("pascal_voc")}


def draws(transform: Any, boxes: np.ndarray = BOXES) -> Any:
    """What many keys draw for one picture."""
    sample = {"image": jnp.zeros((HEIGHT, WIDTH, 1), jnp.uint8), "bboxes": jnp.asarray(boxes)}
    plan = jax.jit(jax.vmap(lambda key: ja.Compose([transform], **PARAMS).sample(key, sample)))
    return jax.tree.map(np.asarray, plan(jax.random.split(KEY, COUNT)))


def overlap(window: np.ndarray, box: np.ndarray) -> float:
    """Intersection over union of two rectangles."""
    sides = np.minimum(window[2:], box[2:]) - np.maximum(window[:2], box[:2])
    common = float(np.prod(np.maximum(sides, 0)))
    return common / float(np.prod(window[2:] - window[:2]) + np.prod(box[2:] - box[:2]) - common)


def centred(window: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) whether the centre of each box lies in a window."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    return ((centre > window[:2]) & (centre < window[2:])).all(axis=1)


def reference_window(rng: np.random.Generator) -> np.ndarray:
    """The window that torchvision's code for `RandomIoUCrop` draws, as it is described in its documentation."""
    while True:
        least = rng.choice([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
        if least >= 1:
            return np.array([0, 0, WIDTH, HEIGHT], float)
        for _ in range(40):
            w, h = np.floor(np.array([WIDTH, HEIGHT]) * rng.uniform(0.3, 1.0, 2))
            if not 0.5 <= w / h <= 2.0:
                continue
            x, y = np.floor((WIDTH - w) * rng.uniform()), np.floor((HEIGHT - h) * rng.uniform())
            window = np.array([x, y, x + w, y + h])
            held = BOXES[centred(window, BOXES)]
            if len(held) and max(overlap(window, box) for box in held) >= least:
                return window


def test_a_canvas_holds_the_picture_somewhere_and_boxes_move_along() -> None:
    picture = np.arange(1, 1 + 6 * 8, dtype=np.uint8).reshape(6, 8, 1)
    augment = ja.Compose([ja.RandomZoomOut((1.5, 3.0), fill=255, fill_mask=9, p=1)], **PARAMS)
    sample = {"image": picture, "mask": picture[..., 0], "bboxes": np.array([[1, 2, 5, 4]], np.float32)}
    places = set()
    for seed in range(5):
        out = jax.tree.map(np.asarray, augment(jax.random.key(seed), sample))
        height, width = out["mask"].shape
        assert 9 <= height <= 18
        assert 12 <= width <= 24
        (top,), (left,) = np.unique(np.argwhere(out["mask"] == 1), axis=0).T
        expected = np.full((height, width), 9, np.uint8)
        expected[top : top + 6, left : left + 8] = picture[..., 0]
        np.testing.assert_array_equal(out["mask"], expected)
        inside = np.zeros((height, width), bool)
        inside[top : top + 6, left : left + 8] = True
        np.testing.assert_array_equal(out["image"][..., 0], np.where(inside, expected, 255))
        np.testing.assert_allclose(out["bboxes"], [[left + 1, top + 2, left + 5, top + 4]])
        places.add((height, width, top, left))
    assert len(places) == 5


def test_windows_are_those_of_the_reference() -> None:
    plan = draws(ja.RandomIoUCrop())
    windows = plan.ops[0].window
    whole = (windows == [0, 0, WIDTH, HEIGHT]).all(axis=1)
    for window in windows[~whole]:
        w, h = window[2:] - window[:2]
        assert 0.3 * WIDTH - 1 <= w <= WIDTH
        assert 0.3 * HEIGHT - 1 <= h <= HEIGHT
        assert 0.5 <= w / h <= 2.0
        assert centred(window, BOXES).any()
    np.testing.assert_array_equal(plan.ops[1].extent_out, windows[:, [3, 2]] - windows[:, [1, 0]])
    rng = np.random.default_rng(0)
    expected = np.array([reference_window(rng) for _ in range(COUNT)])
    counts = [[one.sum(), COUNT - one.sum()] for one in (whole, (expected == [0, 0, WIDTH, HEIGHT]).all(axis=1))]
    assert scipy.stats.chi2_contingency(counts).pvalue > 1e-3
    for column in range(4):
        assert scipy.stats.ks_2samp(windows[:, column], expected[:, column]).pvalue > 1e-3
    best = [[max(overlap(w, box) for box in BOXES) for w in some] for some in (windows, expected)]
    assert scipy.stats.ks_2samp(*best).pvalue > 1e-3


def test_boxes_are_cut_and_those_centred_elsewhere_are_gone() -> None:
    augment = ja.Compose([ja.RandomIoUCrop(sampler_options=(0.3,))], **PARAMS)
    image = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH) / (HEIGHT * WIDTH)
    lost = 0
    for seed in range(4):
        sample = {"image": image, "bboxes": BOXES, "bboxes_valid": np.ones(3, bool)}
        out = jax.tree.map(np.asarray, augment(jax.random.key(seed), sample))
        top, left = np.unravel_index(round(out["image"][0, 0] * HEIGHT * WIDTH), (HEIGHT, WIDTH))
        window = np.array([left, top, left + out["image"].shape[1], top + out["image"].shape[0]])
        kept = centred(window, BOXES)
        np.testing.assert_array_equal(out["bboxes_valid"], kept)
        expected = np.clip(BOXES, window[[0, 1, 0, 1]], window[[2, 3, 2, 3]]) - window[[0, 1, 0, 1]]
        np.testing.assert_allclose(out["bboxes"][kept], expected[kept], atol=1e-4)
        assert max(overlap(window, box) for box in BOXES[kept]) >= 0.3
        lost += 3 - kept.sum()
    assert lost > 0


@pytest.mark.slow
def test_without_boxes_or_where_all_must_be_seen_pictures_stay_whole() -> None:
    for options, boxes in (((0.0, 0.9, 1.0), np.zeros((0, 4), np.float32)), ((1.0,), BOXES)):
        windows = draws(ja.RandomIoUCrop(sampler_options=options), boxes).ops[0].window
        assert (windows == [0, 0, WIDTH, HEIGHT]).all()


@pytest.mark.slow
def test_a_detector_is_trained_under_jit_without_sizes() -> None:
    """Zooms of random size end in one of fixed size, and a disc stays in its box."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    disc = (rows - 20) ** 2 + (columns - 25) ** 2 <= 81
    image = np.repeat(np.where(disc, 255, 0).astype(np.uint8)[..., None], 3, axis=-1)
    steps = [ja.RandomZoomOut(p=0.5), ja.RandomIoUCrop(), ja.HorizontalFlip(), ja.Resize(64, 64)]
    batch = {
        "image": np.stack([image] * 16),
        "bboxes": np.full((16, 1, 4), [16, 11, 35, 30], np.float32),
        "bboxes_valid": np.ones((16, 1), bool),
    }
    out = jax.tree.map(np.asarray, jax.jit(ja.Compose(steps, **PARAMS).batch)(KEY, batch))
    assert out["image"].shape == (16, 64, 64, 3)
    assert out["bboxes_valid"].all()
    for seen, (box,) in zip(out["image"][..., 0] > 127, out["bboxes"], strict=True):
        y, x = np.nonzero(seen)
        np.testing.assert_allclose([x.min(), y.min(), x.max() + 1, y.max() + 1], box, atol=2.5)
    sides = out["bboxes"][:, 0, 2] - out["bboxes"][:, 0, 0]
    assert sides.max() > 2 * sides.min()


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"RandomIoUCrop\(sampler_options=...\) must be a list of numbers, got \(\)"):
        ja.RandomIoUCrop(sampler_options=())
    with pytest.raises(ValueError, match=r"RandomIoUCrop needs min_scale <= max_scale, got 0\.9 and 0\.3"):
        ja.RandomIoUCrop(0.9, 0.3)
    with pytest.raises(ValueError, match="side_range"):
        ja.RandomZoomOut((0.5, 2.0))
    with pytest.raises(ValueError, match="gets a random size by RandomZoomOut"):
        jax.eval_shape(ja.Compose([ja.RandomZoomOut(p=1)]), KEY, {"image": jnp.zeros((4, 6, 3))})
