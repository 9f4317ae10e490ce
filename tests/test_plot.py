"""Drawn samples: lines and colours where they belong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jaxaug.tools.plot import COLOURS, draw_sample
from jaxaug.tools.target_colours import NEAR_TO_FAR, target_colours

BLACK = np.zeros((60, 80), np.uint8)


def drawn(colour: Any, **sample: Any) -> np.ndarray:
    """(N, 2) x and y of the pixels of a colour."""
    picture = draw_sample({"image": BLACK, **sample})
    rows, columns = np.nonzero((picture == colour).all(axis=-1))
    return np.stack([columns, rows], axis=1)


def test_oriented_boxes_are_drawn_along_their_sides_and_their_width_axis() -> None:
    boxes = np.array([[40, 30, 40, 20, 30], [10, 10, 6, 6, 0]], np.float32)
    found = drawn(COLOURS[0], obboxes=boxes, obboxes_valid=np.array([True, False])) + 0.5
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    # Screen angles grow counter-clockwise while y grows downwards.
    along, across = (found - [40, 30]) @ [c, -s], (found - [40, 30]) @ [s, c]
    rim = np.maximum(np.abs(along) - 20, np.abs(across) - 10)
    axis = (np.abs(across) < 1) & (along > -1)
    assert ((np.abs(rim) < 1) | axis).all()
    assert rim.max() < 1
    assert (np.abs(rim) < 1).sum() > 80
    assert axis.sum() > 15
    assert len(drawn(COLOURS[1], obboxes=boxes, obboxes_valid=np.array([True, False]))) == 0


def test_motion_is_drawn_from_a_spot_to_where_it_goes() -> None:
    flow = np.zeros((*BLACK.shape, 2), np.float32)
    flow[27, 33] = 9, -5
    found = drawn(255, flow=flow)
    assert found.max(axis=0).tolist() == [42, 26]
    assert (np.abs((found + 0.5 - [33.5, 27.5]) @ [5, 9]) < 10).all()
    assert len(drawn(255, flow=np.zeros_like(flow))) == 0


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
    here = {name: sample[name]}
    np.testing.assert_array_equal(draw_sample(here), expected)
    shown = draw_sample({"image": BLACK, **here}, show=name)
    np.testing.assert_array_equal(shown, expected)
    assert (draw_sample({"image": BLACK, **here}) != expected).any()
