"""A user's own vmap: on a CPU samples one after another, wherever it stands among the other transformations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled

import jaxaug as ja
from jaxaug.backend.sample_loop import one_sample

COUNT = 3
KEY = jax.random.key(5)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}
MIXTURE = ja.Compose(
    [ja.OneOf([ja.Rotate(40), ja.GridDistortion(), ja.GaussianBlur(), ja.GaussNoise(), ja.CoarseDropout()], p=1)],
    **PARAMS,
)
SMOOTH = ja.Compose([ja.Rotate(40, p=1), ja.RandomBrightnessContrast(p=0.5)], **PARAMS)


@pytest.fixture(scope="module")
def batch() -> Any:
    one = labelled(22, 28, dtype=np.float32) | {"id": np.arange(2)}
    return jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * COUNT), one)


def keys() -> Any:
    return jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(COUNT))


def same(a: Any, b: Any) -> None:
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5), a, b)


@pytest.mark.slow
@pytest.mark.xdist_group("batching")
def test_vmap_does_what_batch_does_with_branches_that_are_taken_or_not(batch: Any) -> None:
    run = jax.jit(jax.vmap(MIXTURE)).lower(keys(), batch).compile()
    same(run(keys(), batch), jax.jit(MIXTURE.batch)(KEY, batch))
    if jax.default_backend() == "cpu":
        assert run.as_text().count("conditional(") > 5


@pytest.mark.slow
@pytest.mark.xdist_group("batching")
def test_gradients_through_vmap_are_those_of_each_sample(batch: Any) -> None:
    def loss(image: Any, key: Any, sample: Any) -> Any:
        out = SMOOTH(key, sample | {"image": image})
        return (out["image"] ** 2).sum() + (out["keypoints"] ** 2).sum(), out["mask"]

    def total(images: Any) -> Any:
        losses, masks = jax.vmap(loss)(images, keys(), batch)
        return losses.sum(), masks

    together, masks = jax.jit(jax.grad(total, has_aux=True))(batch["image"])
    apart, masks_apart = jax.jit(jax.vmap(jax.grad(loss, has_aux=True)))(batch["image"], keys(), batch)
    same(together, apart)
    np.testing.assert_array_equal(masks, masks_apart)
    _, forward = jax.jvp(lambda images: total(images)[0], (batch["image"],), (jnp.ones_like(batch["image"]),))
    np.testing.assert_allclose(forward, together.sum(), rtol=1e-4)


def test_any_axis_any_shared_operand_and_vmap_twice() -> None:
    def fn(operand: Any) -> Any:
        return {"sum": operand["a"] @ operand["b"] + operand["known"], "count": operand["n"] + 1}

    def one(row: Any) -> Any:
        return one_sample(fn, {"a": row, "b": b, "n": jnp.int32(3), "known": np.float32(2)})

    a, b = jnp.arange(24.0).reshape(2, 3, 4), jnp.array([1.0, -2.0])
    out = jax.jit(jax.vmap(jax.vmap(one, in_axes=1), in_axes=2))(a)
    np.testing.assert_allclose(out["sum"], np.einsum("ijk,i->kj", a, b) + 2)
    np.testing.assert_array_equal(out["count"], np.full((4, 3), 4))


def test_a_program_with_branches_on_little_data_is_mapped_twice() -> None:
    def one(operand: Any) -> Any:
        return {"sign": jax.lax.cond(operand["a"] > 0, jnp.ones_like, jnp.negative, operand["a"])}

    a = jnp.array([[1.0, -2.0], [-3.0, 4.0], [5.0, 6.0]])
    out = jax.jit(jax.vmap(jax.vmap(lambda a: one_sample(one, {"a": a}))))(a)
    np.testing.assert_array_equal(out["sign"], [[1, 2], [3, 1], [1, 1]])


@pytest.mark.parametrize("transform", [ja.D4(), ja.Rotate(40, p=1), ja.Resize(11, 13)])
def test_pictures_that_a_program_holds_as_constants(transform: Any) -> None:
    """XLA for CPUs folds bytes of transposed constants wrongly: it must not see any."""
    augment = ja.Compose([transform])
    image = (labelled(12, 12, dtype=np.float32)["image"] * 255).astype(np.uint8)
    several = jax.random.split(KEY, 12)
    held = jax.jit(jax.vmap(lambda key: augment(key, image=image)["image"]))(several)
    given = jax.jit(jax.vmap(lambda key, image: augment(key, image=image)["image"], (0, None)))(several, image)
    np.testing.assert_array_equal(held, given)
    np.testing.assert_array_equal(held[3], augment(several[3], image=image)["image"])
