"""Batches loaded and augmented in the background, a bounded number ahead of the training step."""

import atexit
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import chex
import jax

#: How long the end of a program waits for the batch that a thread works on.
EXIT_SECONDS = 60.0

_running: set[Callable[[float], None]] = set()


@atexit.register
def _stop_all() -> None:
    """Stops all threads before JAX shuts down: a program that ends while one computes is aborted."""
    for stop in list(_running):
        stop(EXIT_SECONDS)


def prefetch(
    batches: Iterable[Any],
    augment: Callable[[chex.PRNGKey, Any], Any],
    key: chex.PRNGKey,
    *,
    sharding: jax.sharding.Sharding | None = None,
    size: int = 2,
) -> Iterator[Any]:
    """Loads and augments batches in a thread, at most `size` of them ahead of the caller.

    Batch i is `augment(fold_in(key, i), batch)`, so what comes out does not depend on `size` or on timing. The thread
    starts with the first `next`. Closing the iterator, leaving the last reference to it, and the end of the program
    stop the thread once the batch it works on is done. It sees global settings of JAX, not those of a `with` block.

    Args:
        batches: yields pytrees of arrays with a leading axis B, on the host or on devices.
        augment: takes a key and a batch, such as `jax.jit(pipeline.batch)`.
        key: a PRNG key, consumed.
        sharding: where every leaf is put before `augment`, one for all leaves or a pytree that is a prefix of a
            batch; None leaves it to `augment`.
        size: how many finished batches wait at most, 1 or more.

    Returns:
        An iterator over the augmented batches, on devices and ready.

    Raises:
        ValueError: `size` is less than 1.
        Exception: what `batches` or `augment` raised for batch i is raised where batch i would have come.

    Example:
        >>> import jax, numpy as np, jaxaug as ja
        >>> batches = [{"image": np.full((2, 4, 4, 3), level, np.uint8)} for level in (0, 255)]
        >>> flip = ja.Compose([ja.HorizontalFlip(p=1)])
        >>> [out["image"].shape for out in ja.prefetch(batches, jax.jit(flip.batch), jax.random.key(0))]
        [(2, 4, 4, 3), (2, 4, 4, 3)]
    """
    if size < 1:
        raise ValueError(f"prefetch needs room for at least one batch, got size={size}. Use size=1 or more.")
    return _batches_ahead(batches, augment, key, sharding, size)


def _batches_ahead(
    batches: Iterable[Any],
    augment: Callable[[chex.PRNGKey, Any], Any],
    key: chex.PRNGKey,
    sharding: jax.sharding.Sharding | None,
    size: int,
) -> Iterator[Any]:
    room = threading.Semaphore(size)
    ready: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    stopped = threading.Event()

    def load_and_augment(source: Iterator[tuple[int, Any]]) -> tuple[str, Any]:
        i, batch = next(source, (-1, None))
        if i < 0:
            return "end", None
        batch = batch if sharding is None else jax.device_put(batch, sharding)
        # Waiting here raises what fails on a device at its own batch rather than at a later one.
        return "batch", jax.block_until_ready(augment(jax.random.fold_in(key, i), batch))

    def produce() -> None:
        try:
            source = enumerate(batches)
            what = "batch"
            while what == "batch":
                room.acquire()  # before loading, so that no more than `size` batches exist
                if stopped.is_set():
                    return
                what, value = load_and_augment(source)
                ready.put((what, value))
                del value
        except BaseException as error:  # handed to the caller, who raises it
            ready.put(("error", error))

    thread = threading.Thread(target=produce, name="jaxaug.prefetch", daemon=True)

    def stop(seconds: float | None = None) -> None:
        if stopped.is_set():
            return
        stopped.set()
        room.release()
        if thread is not threading.current_thread():  # the collector may find the iterator while it runs there
            thread.join(seconds)

    running = _running  # at the end of a program names of modules may be gone
    running.add(stop)
    thread.start()
    try:
        while True:
            what, value = ready.get()
            if what == "error":
                try:
                    raise value
                finally:
                    del value  # whose traceback holds this frame
            if what == "end":
                return
            room.release()
            yield value
    finally:
        running.discard(stop)
        stop()
