"""What compilers must be told: each test of a habit fails once it is gone, and with it the reason for a workaround."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import primitives

import jaxaug as ja
from jaxaug.backend import sample_loop
from jaxaug.backend.compiler import both, branch, by_backend, either, exact_ratio, materialize, opaque_constant
from jaxaug.backend.strips import STRIP, in_strips
from jaxaug.backend.struct import is_concrete

ON_CPU = pytest.mark.skipif(jax.default_backend() != "cpu", reason="a habit of XLA for CPUs")


def compiled(fn: Any, *operands: Any) -> Any:
    return jax.jit(fn).lower(*operands).compile()


def neighbours(values: Any, index: Any, keep: Any) -> Any:
    made = keep(jnp.exp(values) * 2.0)
    return jnp.take(made, index, mode="clip") + jnp.take(made, index + 1, mode="clip")


@ON_CPU
def test_what_is_read_by_index_is_made_anew_at_every_read_unless_it_is_kept() -> None:
    operands = (jnp.ones(1000), jnp.arange(999))
    as_it_is, kept = (
        compiled(functools.partial(neighbours, keep=keep), *operands).as_text() for keep in (lambda x: x, materialize)
    )
    # The fusion that gathers holds the exponential, so `materialize` is needed.
    assert _gathers_with("exponential", as_it_is)
    assert not _gathers_with("exponential", kept)


def _gathers_with(operation: str, text: str) -> bool:
    bodies = re.findall(r"^%.*?\{$(.*?)^\}", text, re.DOTALL | re.MULTILINE)
    return any("gather(" in body and f"{operation}(" in body for body in bodies)


def test_what_is_kept_has_the_same_values_and_gradients() -> None:
    x = jnp.linspace(0.0, 1.0, 7)
    fn = jax.jit(jax.value_and_grad(lambda v: (materialize(jnp.sin(v)) ** 2).sum()))
    value, slope = fn(x)
    np.testing.assert_allclose(value, (np.sin(x) ** 2).sum(), rtol=1e-6)
    np.testing.assert_allclose(slope, np.sin(2 * x), atol=1e-6)
    mapped = jax.jit(jax.vmap(lambda v: materialize({"a": v, "b": v[:0]})))(x.reshape(7, 1))
    np.testing.assert_array_equal(mapped["a"][:, 0], x)


def test_vmap_turns_branches_into_both_of_their_sides() -> None:
    """Once it keeps them, a primitive of one's own is no longer needed to take samples one by one."""
    program = jax.make_jaxpr(jax.vmap(lambda c, x: jax.lax.cond(c, jnp.sin, jnp.cos, x)))(
        jnp.array([True]), jnp.ones(1)
    )
    names = {equation.primitive.name for equation in program.eqns}
    assert "cond" not in names
    assert {"sin", "cos"} <= names


def test_the_primitives_that_make_one_loop_still_have_these_names() -> None:
    """They decide in which order samples are taken: a name that has changed would slow pipelines silently."""
    x = jnp.ones((3, 4))
    known = {getattr(primitives, name).name for name in dir(primitives) if name.endswith("_p")}
    known |= {equation.primitive.name for equation in jax.make_jaxpr(lambda x: jnp.tile(jnp.copy(x), 2))(x).eqns}
    # Older versions of JAX tile by reshaping and broadcasting.
    assert sample_loop._PLAIN - known <= {"tile"}

    def branches_and_loops(x: Any) -> Any:
        x = jax.lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x)
        x = jax.lax.while_loop(lambda v: v[0, 0] > 5, lambda v: v - 1, x)
        return jax.lax.scan(lambda c, r: (c, r), 0.0, x)[1]

    used = {equation.primitive.name for equation in jax.make_jaxpr(branches_and_loops)(x).eqns}
    assert {*used, sample_loop._batch.name} >= sample_loop._CONTROL
    (call,) = jax.make_jaxpr(jax.jit(jnp.sin))(x).eqns
    assert call.primitive.name in ("jit", "pjit")
    assert "jaxpr" in call.params


@pytest.mark.parametrize("large", [False, True])
def test_one_loop_and_several(large: bool) -> None:
    side = 64 if large else 4
    picture = jnp.ones((side, side))

    def plain(x: Any) -> Any:
        return jnp.where(x > 0.5, 1.0 - x[::-1], x) * 2.0

    def sorts(x: Any) -> Any:
        return jnp.sort(x)

    assert sample_loop._is_one_loop(jax.make_jaxpr(plain)(picture).jaxpr)
    # Of what is small enough to be no picture, any function may be.
    assert sample_loop._is_one_loop(jax.make_jaxpr(sorts)(picture).jaxpr) is not large


@ON_CPU
def test_a_large_picture_keeps_less_in_memory_in_strips() -> None:
    side = 2 * int(STRIP**0.5) * 4

    def pixels(grid: Any) -> Any:
        place = materialize(jnp.sin(grid))
        return jnp.take(place.reshape(-1), (place * 100).astype(jnp.int32), mode="clip")

    grid = jax.ShapeDtypeStruct((side, side), jnp.float32)
    whole, strips = (
        compiled(fn, grid).memory_analysis().temp_size_in_bytes for fn in (pixels, lambda g: in_strips(pixels, g))
    )
    assert strips < whole


def test_a_traced_program_does_not_see_a_picture_that_is_a_constant() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    program = jax.make_jaxpr(lambda key: opaque_constant(picture, key))(jnp.uint32(3))
    assert any(equation.primitive.name in ("select_n", "jit", "pjit") for equation in program.eqns)
    np.testing.assert_array_equal(jax.jit(lambda key: opaque_constant(picture, key))(jnp.uint32(3)), picture)
    assert opaque_constant(picture, 3) is picture
    assert is_concrete(opaque_constant(np.arange(3), jnp.uint32(3)))


def test_a_side_divided_by_a_known_count_is_rounded_once() -> None:
    lengths, parts = jnp.arange(1.0, 400.0), 7
    exact = jax.jit(jax.vmap(lambda n: exact_ratio(n, parts)))(lengths)
    np.testing.assert_array_equal(exact, np.asarray(lengths) / np.float32(parts))


def test_known_conditions_choose_while_tracing() -> None:
    chosen = jax.make_jaxpr(lambda x: branch(True, jnp.sin, jnp.cos, x))(1.0)
    assert [equation.primitive.name for equation in chosen.eqns] == ["sin"]
    assert both(True, True) is True
    assert either(False, False) is False
    assert either(True, jnp.array(False)) is True
    assert bool(both(jnp.array(True), True))
    assert float(by_backend(jnp.sin, jnp.cos, jnp.float32(0.0))) == (0.0 if jax.default_backend() == "tpu" else 1.0)


def test_a_struct_keeps_what_it_was_made_with() -> None:
    flip = ja.HorizontalFlip(p=0.25)
    for change in (lambda: setattr(flip, "p", 1.0), lambda: setattr(flip, "q", 1.0), lambda: delattr(flip, "p")):
        with pytest.raises(dataclasses.FrozenInstanceError, match="field"):
            change()
    assert repr(flip) == "HorizontalFlip(p=0.25)"
    assert dataclasses.replace(flip, p=1.0).p == 1.0
