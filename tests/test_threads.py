"""Batches outside `jit` on several cores: threads do parts of them, and nothing shows which."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled

import jaxaug as ja
from jaxaug.backend import threads
from jaxaug.pipeline import compose

KEY = jax.random.key(11)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc", label_fields=["names"])}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each call did parts of its batch, however small; there are calls to be made."""
    for limit in ("BYTES", "STEPS", "STEPS_A_BYTE"):
        monkeypatch.setattr(threads, limit, 1)
    done = []

    def run(*given: Any) -> Any:
        result = threads.run_in_parts(*given)
        done.append(result is not None)
        return result

    monkeypatch.setattr(compose, "run_in_parts", run)
    return done


def batch(count: int) -> Any:
    one = labelled(24, 20, dtype=np.float32)
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (count, 24, 20, 3), dtype=np.uint8),
        "mask": np.stack([one["mask"]] * count),
        "bboxes": np.stack([one["bboxes"]] * count),
        "names": np.array([[f"{i} {k}" for k in range(len(one["bboxes"]))] for i in range(count)]),
        "id": jnp.arange(count),
    }


def same(a: Any, b: Any) -> None:
    assert jax.tree.structure(a) == jax.tree.structure(b)
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_a_batch_whose_parts_do_not_add_up_is_the_same_to_the_bit(parts: list[bool]) -> None:
    augment = ja.Compose([ja.HorizontalFlip(), ja.RandomBrightnessContrast(p=0.7)], **PARAMS)
    whole, shared = (augment.batch(KEY, batch(5), threads=n, start=3) for n in (1, 2))
    assert parts == [False, True]
    same(shared, whole)
    assert all(isinstance(shared[name], jax.Array) for name in ("image", "mask", "bboxes", "id"))


TO_THE_BIT = """
import jax, numpy as np, jaxaug as ja
from jaxaug.backend import threads

threads.BYTES = threads.STEPS = threads.STEPS_A_BYTE = 1
augment = ja.Compose({steps}, bbox_params=ja.BboxParams("pascal_voc"))
rng = np.random.default_rng(0)
batch = {{
    "image": rng.integers(0, 256, (7, 24, 20, 3), dtype=np.uint8),
    "mask": rng.integers(0, 9, (7, 24, 20), dtype=np.int32),
    "bboxes": np.tile(np.array([[1.5, 2, 12, 9], [3, 4, 19, 24]], np.float32), (7, 1, 1)),
}}
for seed in range(3):
    whole, *others = (augment.batch(jax.random.key(seed), batch, threads=n) for n in (1, 2, 3, 5))
    for other in others:
        jax.tree.map(np.testing.assert_array_equal, other, whole)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [
        "[ja.HorizontalFlip(), ja.Affine(rotate=(-20, 20), p=0.5), ja.RandomBrightnessContrast(), ja.Normalize()]",
        "[ja.RandomResizedCrop((16, 16)), ja.OneOf([ja.GaussNoise(), ja.GaussianBlur(), ja.CoarseDropout()], p=1)]",
    ],
)
def test_any_number_of_threads_gives_the_same_to_the_bit(steps: str) -> None:
    """With the compiler's own settings: without its optimisation loops of other lengths round in other ways."""
    code = TO_THE_BIT.format(steps=steps)
    flags = {"XLA_FLAGS": "", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | flags, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]


def test_later_calls_and_other_magnitudes_trace_nothing(parts: list[bool]) -> None:
    drawn, traced = [], []

    @ja.transform
    class Counted(ja.InvertImg):
        """Counts how often it is traced."""

        def draw(self, rng: Any, view: Any) -> Any:
            drawn.append(view.size)
            return super().draw(rng, view)

    image = batch(4)["image"]
    for limit in (0.1, 0.2, 0.3):
        augment = ja.Compose([Counted(p=1), ja.RandomBrightnessContrast(limit, limit, p=1)])
        augment.batch(KEY, image=image, threads=2)
        traced.append(len(drawn))
    assert parts == [True] * 3
    assert traced[0] == traced[-1] > 0


@pytest.mark.slow
def test_what_threads_cannot_do_is_done_by_one(parts: list[bool]) -> None:
    flip = ja.Compose([ja.HorizontalFlip(p=1)])
    image = batch(4)["image"]
    flip.batch(KEY, image=image)
    sharding = jax.sharding.NamedSharding(jax.make_mesh((1,), ("b",)), jax.sharding.PartitionSpec("b"))
    sharded = jax.device_put(image, sharding)
    assert isinstance(flip.batch(KEY, image=sharded, threads=2)["image"].sharding, jax.sharding.NamedSharding)
    with jax.disable_jit():
        same(flip.batch(KEY, image=image, threads=2)["image"], image[:, :, ::-1])
    assert not any(parts)
    with pytest.raises(ValueError, match="gets a random size by RandomScale"):
        ja.Compose([ja.RandomScale(p=1)]).batch(KEY, image=image, threads=2)


def test_a_result_is_written_once() -> None:
    out = threads._empty((3, 5, 7), np.float32)
    assert jax.device_put(out).unsafe_buffer_pointer() == out.ctypes.data


def test_work_that_only_moves_pixels_stays_on_one_core() -> None:
    """Copying a result into place takes longer than making it."""
    pictures = {"image": np.zeros((16, 256, 256, 3), np.uint8)}

    def shared(*steps: Any) -> bool:
        augment = ja.Compose(list(steps))
        traced = jax.jit(augment.batch).trace(KEY, pictures)
        return threads.is_worthwhile(traced.jaxpr.jaxpr, traced.out_info)

    assert not shared(ja.HorizontalFlip(), ja.RandomCrop(200, 200))
    assert not shared(ja.Normalize())
    assert shared(ja.Affine(rotate=20, p=1), ja.Normalize())


@pytest.mark.parametrize("count", [0, -1, 1.5, "all"])
def test_a_number_of_threads_that_means_nothing(count: Any) -> None:
    with pytest.raises(ValueError, match=r"batch\(threads=\.\.\.\) must be a whole number"):
        ja.Compose([ja.HorizontalFlip()]).batch(KEY, image=batch(2)["image"], threads=count)
