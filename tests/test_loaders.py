import itertools
import threading

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


def test_prefetch_without_room_is_refused():
    with pytest.raises(ValueError, match="size=0"):
        ja.prefetch([], shifted, jax.random.key(0), size=0)


def test_prefetch_puts_batches_where_the_sharding_says():
    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    (out,) = ja.prefetch([np.zeros(2, np.int32)], shifted, jax.random.key(0), sharding=sharding)
    assert out.sharding.is_equivalent_to(sharding, out.ndim)
