import contextlib
import gc
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest

import jaxaug as ja


def shifted(key, batch):
    return batch + jax.random.randint(key, (), 0, 1000)


def test_prefetched_batch_i_has_the_key_of_its_number():
    key = jax.random.key(3)
    batches = [np.full(2, 1000 * i, np.int32) for i in range(5)]
    expected = [np.asarray(shifted(jax.random.fold_in(key, i), batch)) for i, batch in enumerate(batches)]
    for size in (1, 3, 9):
        np.testing.assert_array_equal(list(ja.prefetch(batches, shifted, key, size=size)), expected)


def test_prefetch_stays_bounded_and_its_thread_ends_when_closed():
    loaded = []
    batches = (loaded.append(i) or np.zeros(1, np.int32) for i in itertools.count())
    threads = threading.active_count()
    ahead = ja.prefetch(batches, shifted, jax.random.key(0), size=2)
    for _ in range(3):
        next(ahead)
    ahead.close()
    assert len(loaded) <= 3 + 2
    assert threading.active_count() == threads


def test_an_error_surfaces_at_its_own_batch():
    def batches():
        yield np.zeros(1, np.int32)
        yield np.zeros(1, np.int32)
        raise OSError("disk gone")

    ahead = ja.prefetch(batches(), shifted, jax.random.key(0), size=4)
    next(ahead)
    next(ahead)
    with pytest.raises(OSError, match="disk gone"):
        next(ahead)


def test_an_error_of_the_augmentation_surfaces_at_its_own_batch_and_ends_the_iterator():
    def augment(key, batch):
        if batch[0] == 1:
            raise StopIteration("not an end")
        return shifted(key, batch)

    threads = threading.active_count()
    ahead = ja.prefetch([np.full(1, i, np.int32) for i in range(3)], augment, jax.random.key(0), size=3)
    next(ahead)
    with pytest.raises(RuntimeError) as caught:
        next(ahead)
    assert str(caught.value.__cause__) == "not an end"
    assert list(ahead) == []
    assert threading.active_count() == threads


def endless() -> Iterator[Any]:
    return (np.zeros(1, np.int32) for _ in itertools.count())


def leave_by_break() -> None:
    for _ in ja.prefetch(endless(), shifted, jax.random.key(0)):
        break


def leave_by_error() -> None:
    with contextlib.suppress(ValueError):
        for _ in ja.prefetch(endless(), shifted, jax.random.key(0)):
            raise ValueError("in the step")


def leave_it_unused() -> None:
    ja.prefetch(endless(), shifted, jax.random.key(0))


@pytest.mark.parametrize("leave", [leave_by_break, leave_by_error, leave_it_unused])
def test_the_thread_ends_when_the_loop_is_left(leave):
    threads = threading.active_count()
    leave()
    assert threading.active_count() == threads


def test_the_thread_ends_though_the_collector_finds_the_iterator_in_it():
    threads, collected = set(threading.enumerate()), threading.Event()

    def batches():
        yield np.zeros(1, np.int32)
        left.wait()
        gc.collect()
        collected.set()
        yield np.zeros(1, np.int32)

    class Trainer:
        def __init__(self):
            self.itself, self.ahead = self, ja.prefetch(batches(), shifted, jax.random.key(0))

    left = threading.Event()
    trainer = Trainer()
    next(trainer.ahead)
    (thread,) = set(threading.enumerate()) - threads
    gc.disable()
    try:
        del trainer
        left.set()
        assert collected.wait(10)
        thread.join(10)
        assert not thread.is_alive()
    finally:
        gc.enable()


@pytest.mark.slow
def test_a_program_may_end_while_batches_are_made():
    script = """if True:
        import itertools, jax, numpy as np, jaxaug as ja
        batches = (np.zeros(1, np.int32) for _ in itertools.count())
        ahead = ja.prefetch(batches, lambda key, b: b + jax.random.bits(key, (1 << 20,)).sum(), jax.random.key(0))
        next(ahead)
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_prefetch_without_room_is_refused():
    with pytest.raises(ValueError, match="size=0"):
        ja.prefetch([], shifted, jax.random.key(0), size=0)


def test_prefetch_puts_batches_where_the_sharding_says():
    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    given = []

    def augment(key, batch):
        given.append(batch)
        return shifted(key, batch)

    (out,) = ja.prefetch([np.zeros(2, np.int32)], augment, jax.random.key(0), sharding=sharding)
    assert given[0].sharding.is_equivalent_to(sharding, 1)
    assert out.sharding.is_equivalent_to(sharding, out.ndim)
