"""Other machines: programs for TPUs, several devices, pictures that do not fit into a cache."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from skimage import data
from table import TABLE

import jaxaug as ja
from jaxaug.backend.gather import copied, multiplied

BOXES, POINTS = ja.BboxParams("pascal_voc"), ja.KeypointParams("xy")

#: Warps along rows and columns, which TPUs are to do without reading pixel by pixel.
ALIGNED = {"HorizontalFlip", "VerticalFlip", "Transpose", "RandomRotate90", "Crop", "CenterCrop", "RandomCrop"}
ALIGNED |= {"RandomResizedCrop", "Resize", "PadIfNeeded", "GridDistortion", "D4", "SquareSymmetry", "TimeReverse"}
ALIGNED |= {"RandomSizedCrop", "LongestMaxSize", "SmallestMaxSize", "Pad", "LetterBox", "CropAndPad"}
ALIGNED |= {"RandomSizedBBoxSafeCrop", "AtLeastOneBBoxRandomCrop", "CropNonEmptyMaskIfExists"}


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True], ids=["picture", "all"])
@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_every_transform_lowers_for_tpus(case: Any, everything: bool) -> None:
    augment = ja.Compose([case.transform], bbox_params=BOXES, keypoint_params=POINTS)
    height, width = case.size
    batch = {
        "image": jax.ShapeDtypeStruct((2, height, width, 3), jnp.uint8),
        "fine": {"image": jax.ShapeDtypeStruct((2, height, width, 3), jnp.float32)},
        "mask": jax.ShapeDtypeStruct((2, height, width), jnp.int32),
        "bboxes": jax.ShapeDtypeStruct((2, 3, 4), jnp.float32),
        "keypoints": jax.ShapeDtypeStruct((2, 3, 2), jnp.float32),
    }
    if not everything:
        needed = ("image", "mask") if case.family == "erase" else ("image", *case.needs)
        batch = {name: batch[name] for name in needed}
    key = jax.eval_shape(lambda: jax.random.key(0))
    program = export.export(jax.jit(augment.batch), platforms=["tpu"])(key, batch).mlir_module()
    results = re.findall(r"stablehlo\.(?:dynamic_)?gather.*-> tensor<([0-9x]+)x\w+>", program)
    sizes = [int(np.prod([int(n) for n in shape.split("x")])) for shape in results]
    if case.name in ALIGNED:
        assert max(sizes, default=0) < height * width
    if case.name == "Rotate":
        assert max(sizes) >= height * width


@pytest.mark.usefixtures("as_in_a_pipeline")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "uint32", "float16", "float32", "bool"])
def test_rows_by_products_are_the_rows(dtype: str) -> None:
    rng = np.random.default_rng(0)
    if dtype.startswith("float"):
        table = rng.normal(size=(7, 5)).astype(dtype)
        table[4], table[2, 1] = np.nan, np.inf
    else:
        table = rng.integers(0, 2**32, (7, 5), dtype=np.uint64).astype(dtype)
    index = jnp.array([6, 0, 3, 3, -2, 9])
    got = multiplied(jnp.asarray(table), index)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, table[[6, 0, 3, 3, 0, 6]])
    np.testing.assert_array_equal(got, copied(jnp.asarray(table), index))


def test_a_large_picture_goes_in_strips_and_looks_the_same() -> None:
    image = data.astronaut()[:240, :320]
    augment = ja.Compose([ja.Affine(rotate=(20, 40), scale=(0.8, 1.2), p=1), ja.Perspective(p=1)])
    plan = augment.sample(jax.random.key(0), image=image)
    whole = augment.apply(plan, image=image)["image"]
    program = jax.jit(lambda plan, image: augment.apply(plan, image=image)["image"])
    assert "while" in program.lower(plan, image).compile().as_text()
    apart = np.abs(np.asarray(program(plan, image)).astype(int) - np.asarray(whole))
    assert apart.max() <= 1
