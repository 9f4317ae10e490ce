"""What the libraries on JAX share: one jitted function of a key and a batch."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    return Prepared(
        key=lambda i: jax.block_until_ready(jax.random.key(i)),
        run=lambda key: jax.block_until_ready(jitted(key, batch)),
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
    """Seconds to trace and to compile, and bytes of the compiled program; nothing is run.

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
    }


def copy_seconds(count: int, calls: int = 5) -> float:
    """Seconds that reading and writing so many bytes in all takes on the device, at best of a few tries."""
    words = jnp.zeros(max(count // 8, 1), jnp.uint32)
    copy = jax.jit(lambda x: x + jnp.uint32(1))
    jax.block_until_ready(copy(words))
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        jax.block_until_ready(copy(words))
        times.append(time.perf_counter() - start)
    return min(times)
