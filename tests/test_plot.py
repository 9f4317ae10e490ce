"""Drawn samples: lines, colours and labels where they belong, in figures that say what they show."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

import jaxaug as ja
from jaxaug.tools.drawing import COLOURS
from jaxaug.tools.sample_drawing import DrawnSample
from jaxaug.tools.target_colours import NEAR_TO_FAR, target_colours

BLACK = np.zeros((60, 80), np.uint8)
BOXES = ja.BboxParams("pascal_voc")


def picture(sample: Any, show: str = "image", augment: Any = None) -> np.ndarray:
    drawn = DrawnSample.read(sample, augment)
    return drawn.picture(drawn.panel(show))


def coloured(colour: Any, **sample: Any) -> np.ndarray:
    """(N, 2) x and y of the pixels of a colour."""
    rows, columns = np.nonzero((picture({"image": BLACK, **sample}) == colour).all(axis=-1))
    return np.stack([columns, rows], axis=1)


def shown(axes: Any, colour: Any) -> np.ndarray:
    """Least x and y and greatest x and y, in the coordinates of the axes, of the pixels of a colour."""
    image = axes.images[0]
    left, right, bottom, top = image.get_extent()
    pixels = np.asarray(image.get_array())
    rows, columns = np.nonzero((pixels == colour).all(axis=-1))
    zoom = np.array([right - left, bottom - top]) / [pixels.shape[1], pixels.shape[0]]
    return np.concatenate([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]]) * np.tile(zoom, 2)


def test_oriented_boxes_are_drawn_along_their_sides_and_their_width_axis() -> None:
    boxes = np.array([[40, 30, 40, 20, 30], [10, 10, 6, 6, 0]], np.float32)
    found = coloured(COLOURS[0], obboxes=boxes, obboxes_valid=np.array([True, False])) + 0.5
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    # Screen angles grow counter-clockwise while y grows downwards.
    along, across = (found - [40, 30]) @ [c, -s], (found - [40, 30]) @ [s, c]
    rim = np.maximum(np.abs(along) - 20, np.abs(across) - 10)
    axis = (np.abs(across) < 1) & (along > -1)
    assert ((np.abs(rim) < 1) | axis).all()
    assert rim.max() < 1
    assert (np.abs(rim) < 1).sum() > 80
    assert axis.sum() > 15
    assert len(coloured(COLOURS[1], obboxes=boxes, obboxes_valid=np.array([True, False]))) == 0


def test_polygons_are_closed_outlines() -> None:
    triangles = np.array([[[10, 10], [50, 10], [10, 40]], [[0, 0], [0, 0], [0, 0]]], np.float32)
    found = coloured(COLOURS[0], polygons=triangles) + 0.5
    # Distances from the three sides, the last of which leads back to the first vertex.
    apart = np.abs(np.stack([found[:, 1] - 10, found[:, 0] - 10, (found - [50, 10]) @ [0.6, 0.8]]))
    assert (apart.min(axis=0) < 2.5).all()
    assert ((apart < 1).sum(axis=1) > 25).all()
    assert len(coloured(COLOURS[1], polygons=triangles)) == 0


def test_motion_is_drawn_from_a_spot_to_where_it_goes() -> None:
    flow = np.zeros((*BLACK.shape, 2), np.float32)
    flow[27, 33] = 9, -5
    found = coloured(255, flow=flow)
    assert found.max(axis=0).tolist() == [42, 26]
    assert (np.abs((found + 0.5 - [33.5, 27.5]) @ [5, 9]) < 10).all()
    assert len(coloured(255, flow=np.zeros_like(flow))) == 0


def test_depth_flow_and_normals_as_colours() -> None:
    depth = np.array([[1.0, 3.0, 0.0, np.inf]])[..., None]
    np.testing.assert_allclose(
        target_colours("depth", depth)[0], [NEAR_TO_FAR[0], NEAR_TO_FAR[-1], [0, 0, 0], [0, 0, 0]]
    )
    # To the right, up, to the left and nowhere.
    flow = np.array([[[4.0, 0.0], [0.0, -4.0], [-4.0, 0.0], [0.0, 0.0]]])
    expected = [[255, 0, 0], [127.5, 255, 0], [0, 255, 255], [255, 255, 255]]
    np.testing.assert_allclose(target_colours("flow", flow)[0], expected, atol=1e-9)
    normals = np.array([[[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]])
    np.testing.assert_allclose(target_colours("normals", normals)[0], [[127.5, 127.5, 255], [0, 0, 0]])


@pytest.mark.parametrize("name", ["depth", "flow", "normals"])
def test_the_picture_to_draw_on_is_chosen_by_name(name: str) -> None:
    rng = np.random.default_rng(0)
    kinds = {"depth": rng.uniform(1, 2, BLACK.shape), "normals": rng.normal(size=(*BLACK.shape, 3))}
    kinds |= {"flow": rng.normal(size=(*BLACK.shape, 2)) * 1e-3}
    sample = {k: v.astype(np.float32) for k, v in kinds.items()}
    expected = target_colours(name, sample[name].reshape(*BLACK.shape, -1)).round()
    # A tint would change colours that stand for something.
    here = {name: sample[name], "mask": np.ones_like(BLACK)}
    np.testing.assert_array_equal(picture(here), expected)
    np.testing.assert_array_equal(picture({"image": BLACK, **here}, name), expected)
    assert (picture({"image": BLACK, **here}) != expected).any()


def test_a_figure_shows_targets_in_edge_coordinates_with_labels_and_a_legend() -> None:
    mask = np.zeros_like(BLACK)
    mask[12:20, 30:46] = 1
    sample = {"image": BLACK, "mask": mask, "boxes": np.array([[10, 40, 25, 15], [0, 0, 5, 5]]), "names": ["cat", "$"]}
    coco = ja.BboxParams("coco", label_fields={"boxes": ["names"]})
    augment = ja.Compose([], bbox_params=coco, additional_targets={"boxes": "bboxes"})
    figure = ja.plot.sample(sample, augment, title="$two")
    (axes,) = figure.axes
    assert axes.get_title() == "$two"
    assert axes.images[0].get_extent() == [0, 80, 60, 0]
    np.testing.assert_allclose(shown(axes, COLOURS[0]), [10, 40, 35, 55], atol=0.21)
    np.testing.assert_allclose(shown(axes, (COLOURS[0] * 0.45).round()), [30, 12, 46, 20], atol=0.21)
    assert [(text.get_position(), text.get_text()) for text in axes.texts] == [((10, 40), "cat"), ((0, 0), "$")]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["mask: tint", "box: outline"]
    figure.canvas.draw()
    assert not ja.plot.sample(sample, augment, legend=False).legends


def test_every_picture_of_every_dict_has_its_own_targets() -> None:
    clip = {
        "images": np.zeros((5, 24, 32, 3), np.uint8),
        "bboxes": np.stack([[[i, 2.0, i + 8, 9.0]] for i in range(5)]),
        "masks": np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((5, 24, 32), np.uint8),
    }
    objects = {"bboxes": np.array([[1, 1, 9, 9], [20, 10, 30, 20]]), "valid": np.array([False, True])}
    right = {"image": np.zeros((48, 64), np.uint8), "depth": np.ones((48, 64), np.float32), "objects": objects}
    figure = ja.plot.sample({"left": clip, "right": right}, frames=3)
    names = [axes.get_title() for axes in figure.axes]
    assert names == ["left/images[0]", "left/images[2]", "left/images[4]", "right/image", "right/depth"] + [""] * 3
    for axes, frame in zip(figure.axes, (0, 2, 4)):
        np.testing.assert_allclose(shown(axes, COLOURS[0]), [frame, 2, frame + 8, 9], atol=0.1)
    # Label k of a mask is tinted in colour k - 1, and 0 not at all.
    corners = [axes.images[0].get_array()[-1, -1] for axes in figure.axes[:3]]
    np.testing.assert_array_equal(corners, np.round([[0] * 3, COLOURS[1] * 0.45, COLOURS[3] * 0.45]))
    for axes in figure.axes[3:5]:
        np.testing.assert_allclose(shown(axes, COLOURS[1]), [20, 10, 30, 20], atol=0.2)
        assert not (axes.images[0].get_array() == COLOURS[0]).all(axis=-1).any()


def test_a_picture_in_a_buffer_is_cut_to_its_size() -> None:
    image = np.zeros((40, 40), np.uint8)
    image[:20, :30] = 200
    half = {"bboxes": np.array([[0.5, 0.5, 1.0, 1.0]]), "image": image, "size": np.array([20, 30])}
    fractions = ja.Compose([], bbox_params=ja.BboxParams("yolo"))
    (axes,) = ja.plot.sample(half, fractions, legend=False).axes
    assert axes.images[0].get_extent() == [0, 30, 20, 0]
    np.testing.assert_allclose(shown(axes, COLOURS[0]), [0, 0, 30, 20], atol=0.1)
    assert (axes.images[0].get_array() > 0).any(axis=-1).all()


def test_an_axes_of_a_users_own_shows_the_reference_picture() -> None:
    axes = Figure().subplots()
    figure = ja.plot.sample({"image": BLACK, "depth": np.ones(BLACK.shape, np.float32)}, ax=axes, title="mine")
    assert figure is axes.figure
    assert axes.get_title() == "mine"
    assert axes.images[0].get_array().max() == 0


def test_draws_are_those_of_a_batch_and_before_and_after_tell_the_plan() -> None:
    image = np.zeros((24, 32), np.uint8)
    sample = {"image": image, "bboxes": np.array([[2.0, 3.0, 10.0, 12.0]])}
    augment = ja.Compose([ja.HorizontalFlip(p=0.5)], bbox_params=BOXES)
    key = jax.random.key(3)
    figure = ja.plot.draws(augment, key, sample, n=5)
    places = [shown(axes, COLOURS[0])[0].round() for axes in figure.axes]
    batch = augment.batch(key, jax.tree.map(lambda leaf: np.stack([leaf] * 5), sample))
    assert places == [2, *batch["bboxes"][:, 0, 0].tolist()]
    assert set(places[1:]) == {2, 22}

    moves = ja.Compose([ja.HorizontalFlip(p=1), ja.ToTensorV2()], bbox_params=BOXES)
    figure = ja.plot.before_after(moves, key, sample | {"image": np.stack([image] * 3, -1)})
    before, after = figure.axes
    np.testing.assert_allclose(shown(before, COLOURS[0]), [2, 3, 10, 12], atol=0.1)
    np.testing.assert_allclose(shown(after, COLOURS[0]), [22, 3, 30, 12], atol=0.1)
    assert figure.get_supxlabel() == str(moves.sample(key, sample | {"image": np.stack([image] * 3, -1)}))
    with pytest.raises(ValueError, match="1 or more, got 0"):
        ja.plot.draws(augment, key, sample, n=0)
    with pytest.raises(TypeError, match=r"must be a pipeline, such as .*, got int"):
        ja.plot.sample(sample, 3)
    with pytest.raises(TypeError, match="must be a dict of targets, got ndarray"):
        ja.plot.sample(image)
    with pytest.raises(ValueError, match="draw it outside"):
        jax.jit(lambda image: ja.plot.sample({"image": image}))(image)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r'matplotlib.* pip install "jaxaug\[plot\]"'):
        ja.plot.sample({"image": BLACK})


@pytest.mark.slow
def test_the_package_is_imported_without_matplotlib() -> None:
    code = "import sys, jaxaug.tools.plot; assert not {'matplotlib', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
