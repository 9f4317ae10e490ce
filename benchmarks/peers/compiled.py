"""What the libraries on JAX share: one jitted function of a key and a batch."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from peers.base import Prepared

Function = Callable[[jax.Array, Any], Any]


def prepare(function: Function, scene: dict[str, np.ndarray]) -> Prepared:
    """A case whose batch lies on the device already."""
    batch = jax.block_until_ready(jax.device_put(scene))
    jitted = jax.jit(function)

    def queue(keys: Sequence[jax.Array]) -> None:
        out = None
        for key in keys:
            out = jitted(key, batch)
        jax.block_until_ready(out)

    return Prepared(
        key=lambda i: jax.block_until_ready(jax.random.key(i)),
        run=lambda key: jax.block_until_ready(jitted(key, batch)),
        queue=queue,
    )


def per_sample(one: Callable[[jax.Array, Any], Any]) -> Function:
    """`vmap` of a function of a key and a sample, as users of the library write it."""

    def batched(key: jax.Array, batch: Any) -> Any:
        count = jax.tree.leaves(batch)[0].shape[0]
        return jax.vmap(one)(jax.random.split(key, count), batch)

    return batched


def random_affine(key: jax.Array, size: tuple[int, int], scale: Any, rotate: Any, shift: Any, shear: Any) -> Any:
    """What libraries without an affine map of their own are given: a matrix and an offset from output to input.

    Args:
        key: for the draw.
        size: (height, width).
        scale, shift, shear: ranges for each axis; the shift as a fraction of the size, the shear in degrees.
        rotate: range in degrees, counter-clockwise.

    Returns:
        A 2 x 2 matrix and an offset of two pixels, rows before columns, about the centre of the picture.
    """
    zoom, move, lean, turn = (
        jax.random.uniform(k, (2,), minval=low, maxval=high)
        for k, (low, high) in zip(jax.random.split(key, 4), (scale, shift, shear, rotate))
    )
    c, s = jnp.cos(jnp.deg2rad(turn[0])), jnp.sin(jnp.deg2rad(turn[0]))
    tan = jnp.tan(jnp.deg2rad(lean))
    skew = jnp.eye(2).at[0, 1].set(-tan[0]).at[1, 0].set(-tan[1])
    matrix = jnp.linalg.inv(skew @ jnp.array([[c, -s], [s, c]]) @ jnp.diag(zoom))
    return matrix, -matrix @ (move * jnp.array(size))


def to_float(image: jax.Array) -> jax.Array:
    return image.astype(jnp.float32) / 255.0


def to_bytes(image: jax.Array) -> jax.Array:
    return jnp.round(jnp.clip(image, 0.0, 1.0) * 255.0).astype(jnp.uint8)


def cost(function: Function, shapes: dict[str, tuple[tuple[int, ...], str]]) -> dict[str, float]:
    """Seconds to trace and to compile, bytes of the compiled program and its fusions; nothing is run.

    Args:
        function: of a key and a batch.
        shapes: shape and dtype of each entry of the batch.
    """
    jax.clear_caches()
    batch = {name: jax.ShapeDtypeStruct(shape, dtype) for name, (shape, dtype) in shapes.items()}
    key = jax.eval_shape(lambda: jax.random.key(0))
    start = time.perf_counter()
    lowered = jax.jit(function).lower(key, batch)
    traced = time.perf_counter()
    compiled = lowered.compile()
    done = time.perf_counter()
    memory = compiled.memory_analysis()
    return {
        "trace_s": traced - start,
        "compile_s": done - traced,
        "temporary_bytes": memory.temp_size_in_bytes,
        "in_bytes": memory.argument_size_in_bytes,
        "out_bytes": memory.output_size_in_bytes,
        "fusions": compiled.as_text().count(" fusion("),
    }


def copy_speed(count: int, calls: int = 10, rounds: int = 5) -> float:
    """Bytes read and written in a second by copies of memory on the device, the median of several rounds.

    Args:
        count: bytes that one copy moves, half of them read and half written.
        calls: copies in a row, each of the one before; they are waited for once.
        rounds: how often that is timed.
    """
    # Adding one is a copy that no compiler leaves out; the numbers are not all the same, which may move faster.
    copy = jax.jit(lambda x: x + jnp.uint32(1))
    words = jax.block_until_ready(copy(jnp.arange(max(count // 8, 1), dtype=jnp.uint32)))
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            words = copy(words)
        jax.block_until_ready(words)
        seconds.append((time.perf_counter() - start) / calls)
    return words.size * 8 / statistics.median(seconds)
