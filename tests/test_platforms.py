"""Other machines: programs for TPUs, several devices, pictures that do not fit into a cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
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


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["picture", "all"])
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


def test_two_devices_give_what_one_gives_and_do_not_talk() -> None:
    code = """
        import jax, jax.numpy as jnp, numpy as np, jaxaug as ja
        from jax.sharding import NamedSharding, PartitionSpec as P

        assert jax.device_count() == 2
        augment = ja.Compose([ja.HorizontalFlip(), ja.Rotate(p=1), ja.RandomGamma(), ja.CoarseDropout()])
        key, images = jax.random.key(0), jnp.arange(4 * 16 * 16 * 3, dtype=jnp.uint8).reshape(4, 16, 16, 3)
        mesh = jax.make_mesh((2,), ("batch",))

        def part(key, images):
            start = jax.lax.axis_index("batch") * images.shape[0]
            return augment.batch(key, image=images, start=start)["image"]

        spread = jax.jit(jax.shard_map(part, mesh=mesh, in_specs=(P(), P("batch")), out_specs=P("batch"),
                                       check_vma=False))
        there = jax.device_put(images, NamedSharding(mesh, P("batch")))
        alone = jax.jit(augment.batch)(key, {"image": images})["image"]
        np.testing.assert_array_equal(spread(key, there), alone)
        program = spread.lower(key, there).compile().as_text()
        assert not any(word in program for word in ("all-reduce", "all-gather", "all-to-all", "collective-permute"))
    """
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env={**os.environ, **flags}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_large_picture_goes_in_strips_and_looks_the_same() -> None:
    image = data.astronaut()[:240, :320]
    augment = ja.Compose([ja.Affine(rotate=(20, 40), scale=(0.8, 1.2), p=1), ja.Perspective(p=1)])
    plan = augment.sample(jax.random.key(0), image=image)
    whole = augment.apply(plan, image=image)["image"]
    program = jax.jit(lambda plan, image: augment.apply(plan, image=image)["image"])
    assert "while" in program.lower(plan, image).compile().as_text()
    apart = np.abs(np.asarray(program(plan, image)).astype(int) - np.asarray(whole))
    assert apart.max() <= 1
