"""Plans as people read them, and as files hold them."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxaug as ja
from jaxaug.core.canvas import Canvas
from jaxaug.geometry.decomposition import in_words
from jaxaug.ops.tone import tone
from jaxaug.transforms.affine import affine_matrix

KEY = jax.random.key(0)
IMAGE = jnp.zeros((40, 60, 3), jnp.uint8)


def plan_of(*steps: Any, **targets: Any) -> ja.Plan:
    return ja.Compose(steps).sample(KEY, image=IMAGE, **targets)


LINES = {
    "HorizontalFlip: mirrored left and right": ja.HorizontalFlip(p=1),
    "HorizontalFlip: off": ja.HorizontalFlip(p=1e-9),
    "VerticalFlip: mirrored top and bottom": ja.VerticalFlip(p=1),
    "Transpose: mirrored left and right, 90 degrees, on 60 x 40": ja.Transpose(p=1),
    "Rotate: 12.4 degrees": ja.Rotate((12.4, 12.4), p=1),
    "ShiftScaleRotate: -30 degrees, scale 1.2 x 1.2, shift (6, -4) px": ja.ShiftScaleRotate(
        scale_limit=(0.2, 0.2), rotate_limit=(-30, -30), shift_limit_x=(0.1, 0.1), shift_limit_y=(-0.1, -0.1), p=1
    ),
    "Affine: scale 2 x 1, shear 15 degrees": ja.Affine({"x": (2, 2), "y": (1, 1)}, shear={"x": (15, 15)}, p=1),
    "Affine: unchanged": ja.Affine(p=1),
    "Crop: shows x 3 to 45, y 5 to 33": ja.Crop(3, 5, 45, 33),
    "Resize: resized to 57 x 71": ja.Resize(57, 71),
    "Pad: shows x -2 to 62, y -2 to 42": ja.Pad(2),
    "GridDistortion: columns moved by up to 0 px, rows by up to 0 px": ja.GridDistortion(5, (0, 0), p=1),
    "ElasticTransform: alpha 60, sigma 5": ja.ElasticTransform(60, 5, p=1),
    "RandomGamma: gamma 0.8": ja.RandomGamma((80, 80), p=1),
    "RandomBrightnessContrast: alpha 1.3, beta 0.1": ja.RandomBrightnessContrast((0.1, 0.1), (0.3, 0.3), p=1),
    "InvertImg: on": ja.InvertImg(p=1),
    "GaussianBlur: blurred, with a standard deviation of 1.5 x 1.5 px": ja.GaussianBlur(
        blur_limit=(13, 13), sigma_limit=(1.5, 1.5), p=1
    ),
    "GaussNoise: mean 0, std 0.2": ja.GaussNoise((0.2, 0.2), p=1),
    "Morphological: erosion with an ellipse of 3 x 3 px": ja.Morphological((3, 3), "erosion", p=1),
    "Blur|RandomGamma: RandomGamma, gamma 0.8": ja.OneOf([ja.Blur(p=1e-9), ja.RandomGamma((80, 80))], p=1),
    "CoarseDropout: x 0 to 10, y 34 to 38": ja.CoarseDropout((1, 1), (4, 4), (10, 10), p=1),
}
SLOW = ("Elastic", "Gaussian", "Blur|", "Grid", "Affine: u", "RandomBr", "Morph", "Pad")


@pytest.mark.parametrize(
    "line", [pytest.param(line, marks=pytest.mark.slow if line.startswith(SLOW) else ()) for line in LINES]
)
def test_a_plan_tells_what_it_does(line: str) -> None:
    assert str(plan_of(LINES[line])) == line


@pytest.mark.usefixtures("as_in_a_pipeline")
def test_a_matrix_is_told_as_it_was_drawn() -> None:
    rng = np.random.default_rng(0)
    canvas = Canvas((40, 60))
    for _ in range(20):
        angle, scale, shift = rng.uniform(-179, 179), rng.uniform(0.3, 3, 2), rng.uniform(-9, 9, 2)
        text = in_words(affine_matrix((40, 60), scale, angle, (0.0, 0.0), shift), canvas, canvas, projective=False)
        found = re.fullmatch(r"(\S+) degrees, scale (\S+) x (\S+), shift \((\S+), (\S+)\) px", text)
        assert found, text
        np.testing.assert_allclose([float(n) for n in found.groups()], [angle, *scale, *shift], rtol=6e-3, atol=1e-3)


def test_a_projection_is_told_by_the_corners_that_it_shows() -> None:
    plan = plan_of(ja.Perspective((0.1, 0.1), p=1))
    corners = np.array(re.findall(r"\((\S+), (\S+)\)", str(plan)), float)
    x, y = np.array([0, 60, 60, 0], np.float32), np.array([0, 0, 40, 40], np.float32)
    np.testing.assert_allclose(corners, np.stack(plan.ops[0].pull(x, y), axis=1), rtol=6e-3, atol=1e-2)


def test_plans_of_a_batch_and_traced_ones_print_their_shapes() -> None:
    augment = ja.Compose([ja.HorizontalFlip(p=0.5), ja.GaussianBlur(p=1), ja.RandomGamma(p=1)])
    seen = []

    @jax.jit
    def draw(key: Any) -> ja.Plan:
        plan = augment.sample(key, image=IMAGE)
        seen.append(str(plan))
        return plan

    plans = jax.vmap(draw)(jax.random.split(KEY, 8))
    assert "HorizontalFlip: warp of float32[3, 3]" in seen[0]
    assert len(str(plans).splitlines()) == 3


def test_a_notebook_shows_a_plan_as_a_table() -> None:
    plan = plan_of(ja.HorizontalFlip(p=1), ja.VerticalFlip(p=1e-9))
    named = ja.Plan(tuple(dataclasses.replace(op, name=f"<{op.name}>") for op in plan))
    rows = ElementTree.fromstring(named._repr_html_()).findall("tr")
    cells = [["".join(cell.itertext()) for cell in row] for row in rows]
    assert cells == [["<HorizontalFlip>", "mirrored left and right"], ["<VerticalFlip>", "off"]]
    assert ["opacity" in row.get("style", "") for row in rows] == [False, True]


def test_a_plan_that_does_nothing_says_so() -> None:
    plan = plan_of(ja.NoOp(p=1))
    assert str(plan) == plan._repr_html_() == "(nothing)"
    assert len(ja.Plan.from_json(plan.to_json())) == 0


def own_kernel(image: Any, strength: Any) -> Any:
    """A function on images, as a user writes it."""
    return image * strength


def test_functions_of_a_users_own_are_taken_from_modules_that_are_named() -> None:
    plan = ja.Plan((tone(own_kernel, strength=0.5),))
    assert plan.ops[0].kernel.module == __name__
    text = plan.to_json()
    with pytest.raises(ValueError, match=rf"names the function '{__name__}.own_kernel', which is not known.*modules="):
        ja.Plan.from_json(text)
    again = ja.Plan.from_json(text, modules=[__name__])
    assert again.ops[0].kernel() is own_kernel


def test_numbers_that_json_has_not_are_stored_to_the_bit() -> None:
    odd = jnp.array([jnp.nan, jnp.inf, -jnp.inf, -0.0, 1e-45], jnp.float32)
    plan = ja.Plan((tone(own_kernel, strength=odd, half=jnp.bfloat16(0.1), flag=jnp.array([True, False])),))
    for again in (
        ja.Plan.from_json(plan.to_json(), modules=[__name__]),
        ja.Plan.from_arrays(plan.to_arrays(), modules=[__name__]),
    ):
        for name, value in plan.ops[0].params.items():
            assert again.ops[0].params[name].dtype == value.dtype
            assert again.ops[0].params[name].tobytes() == np.asarray(value).tobytes()


def harmful(module: str, qualname: str) -> str:
    """A file that names a function where a kernel belongs."""
    stored = json.loads(ja.Plan((tone(own_kernel, strength=0.5),)).to_json())
    stored["plan"]["fields"]["ops"]["tuple"][0]["fields"]["kernel"] = {"function": [module, qualname]}
    return json.dumps(stored)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("jaxaug.kernels.colour", "jax"),
        ("jaxaug.kernels.colour", "np.save"),
        ("jaxaug.tools.files", "make_folder"),
        ("this", "s"),
    ],
)
def test_reading_a_plan_neither_runs_nor_imports_what_it_names(module: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"names the function '{module}.{name}', which is not known"):
        ja.Plan.from_json(harmful(module, name))
    assert "this" not in sys.modules


BROKEN = {
    "no JSON": "Plan.from_json reads what plan.to_json wrote",
    '{"plan": 3, "arrays": []}': "This holds int and no plan",
    '{"plan": {"struct": "os.path", "fields": {}}, "arrays": []}': "names the op or part of one 'os.path'",
    '{"plan": {"struct": "jaxaug.pipeline.plan.Plan", "fields": {}}, "arrays": []}': "was written with the fields",
    '{"plan": {"array": 7}, "arrays": []}': "no plan of this package, or a damaged one",
    '{"plan": {"code": "1"}, "arrays": []}': "no plan of this package: expected one of",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=BROKEN[text]):
        ja.Plan.from_json(text)


def test_a_traced_plan_cannot_be_written() -> None:
    with pytest.raises(TypeError, match=r"Write it outside jit and vmap\."):
        jax.jit(lambda key: len(ja.Compose([ja.RandomGamma(p=1)]).sample(key, image=IMAGE).to_json()))(KEY)


def test_a_plan_that_was_stored_does_the_same() -> None:
    image = np.random.default_rng(0).integers(0, 255, (20, 24, 3), np.uint8)
    augment = ja.Compose([ja.HorizontalFlip(), ja.Affine(rotate=(-30, 30), p=1), ja.RandomGamma(p=1)])
    plan = augment.sample(KEY, image=image)
    expected = augment.apply(plan, image=image)["image"]
    np.testing.assert_array_equal(augment.apply(ja.Plan.from_json(plan.to_json()), image=image)["image"], expected)
