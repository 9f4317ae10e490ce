"""A batch on the cores of a CPU: outside `jit`, threads run one compiled program on parts of it.

XLA for CPUs runs a loop over samples on one core. Parts of equal length share a program; where they do not add up to
the batch, the last one begins earlier and what it does twice is left out. All write into the memory of one result.
"""

from __future__ import annotations

import functools
import math
import os
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.extend.core import Jaxpr

from jaxaug.backend.compiler import counts
from jaxaug.backend.outside_jit import prepared
from jaxaug.backend.settings_of_jax import own_settings
from jaxaug.backend.work import steps_of

#: Samples and bytes of a part, and values that it computes, below which waking a thread takes what it saves. The bytes
#: keep a batch from being cut for more cores than have enough to do; so many values take two milliseconds or more.
SAMPLES, BYTES, STEPS = 2, 2**21, 10**8
#: Values that are computed for each byte of a result, below which copying it into place takes what a core saves.
STEPS_A_BYTE = 10
#: What JAX takes over without copying it begins at a multiple of so many bytes.
ALIGNED = 64

_counted: weakref.WeakKeyDictionary[Jaxpr, float] = weakref.WeakKeyDictionary()


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_in_parts(fn: Callable[..., Any], owner: Any, shared: Any, batch: Any, threads: int) -> Any:
    """A function of a batch, of which threads do parts; results are those of the whole, to the bit.

    Args:
        fn: at the top of a module, from `owner`, `shared` and a batch to a pytree of arrays with the batch's leading
            axis, along which it does not mix.
        owner, shared: pytrees of arrays and numbers, known.
        batch: pytree of arrays with a leading axis, known.
        threads: how many at most.

    Returns:
        The result; None where one program for the whole batch is the better way, or the only one.
    """
    leaves, tree = jax.tree.flatten(batch)
    count = len(leaves[0])
    parts = min(threads, count // SAMPLES, sum(leaf.nbytes for leaf in leaves if counts(leaf.dtype)) // BYTES)
    if parts < 2 or not _on_one_cpu(leaves):
        return None
    length = -(-count // parts)
    hosts = [np.asarray(leaf) for leaf in leaves]

    def part(start: int) -> Any:
        return jax.tree.unflatten(tree, [host[start : start + length] for host in hosts])

    program = prepared(fn, owner, shared, part(0))
    if program is None:
        return None
    results, structure = jax.tree.flatten(program.traced.out_info)
    if not is_worthwhile(program.traced.jaxpr.jaxpr, results):
        return None
    run = program.traced.lower().compile()
    outs = [_empty((count, *result.shape[1:]), result.dtype) for result in results]

    def work(begin: int) -> None:
        start = min(begin, count - length)
        with own_settings():
            done = run(program.arrays_of(owner, shared, part(start)))
        for out, new in zip(outs, jax.tree.leaves(done), strict=True):
            np.copyto(out[begin : start + length], np.asarray(new)[begin - start :])

    begins = range(0, count, length)
    list(_pool(len(begins)).map(work, begins))
    return jax.tree.unflatten(structure, jax.device_put(outs))


def is_worthwhile(program: Jaxpr, results: Any) -> bool:
    """Whether a program computes enough for what it returns.

    Args:
        program: of a part of a batch.
        results: pytree of shapes and dtypes.
    """
    if program not in _counted:
        _counted[program] = steps_of(program)
    written = sum(math.prod(result.shape) * result.dtype.itemsize for result in jax.tree.leaves(results))
    return _counted[program] > max(STEPS, STEPS_A_BYTE * written)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that stay, because the memory that a thread has used is quick to use again."""
    return ThreadPoolExecutor(threads, thread_name_prefix="jaxaug.batch")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _on_one_cpu(leaves: list[Any]) -> bool:
    """Whether the leaves of a batch are numbers in the memory of the only device, a CPU."""
    op_by_op = jax.config.jax_disable_jit  # type: ignore[attr-defined]
    if op_by_op or jax.default_backend() != "cpu" or jax.device_count() > 1:
        return False
    placed = (leaf.sharding for leaf in leaves if isinstance(leaf, jax.Array))
    return all(counts(leaf.dtype) for leaf in leaves) and all(
        isinstance(sharding, jax.sharding.SingleDeviceSharding) for sharding in placed
    )


def _empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of NumPy whose memory JAX takes over as it is."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.empty(count + ALIGNED, np.uint8)
    first = -room.ctypes.data % ALIGNED
    return room[first : first + count].view(dtype).reshape(shape)
