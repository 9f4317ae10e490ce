"""Pipelines within grain: what its generators draw, wherever it runs them."""

import importlib
import subprocess
import sys
from typing import Any

import jax
import numpy as np
import pytest

import jaxaug as ja

grain = pytest.importorskip("grain")

from jaxaug.interop.grain import AugmentBatch, AugmentSample, only_cpu  # noqa: E402

AUGMENT = ja.Compose([ja.HorizontalFlip(p=0.5), ja.RandomBrightnessContrast(0.4, 0.4, p=1)])


def samples(count: int = 6) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {"image": rng.integers(0, 256, (12, 10, 3), np.uint8), "label": i, "name": f"picture {i}"} for i in range(count)
    ]


def key_from(words: Any) -> jax.Array:
    return jax.random.fold_in(jax.random.key(words[0]), words[1])


def words_of(element: Any, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(1 << 32, size=2, dtype=np.uint32)


def augmented(**options: Any) -> Any:
    return grain.MapDataset.source(samples()).random_map(AugmentSample(AUGMENT), **options)


def assert_same(got: Any, expected: Any) -> None:
    assert len(got) == len(expected)
    for one, other in zip(got, expected):
        np.testing.assert_array_equal(one["image"], other["image"])


def test_a_sample_has_the_key_of_its_generator():
    words = list(grain.MapDataset.source(samples()).random_map(words_of, seed=3))
    outs = list(augmented(seed=3))
    expected = [AUGMENT(key_from(w), sample) for w, sample in zip(words, samples())]
    assert_same(outs, expected)
    assert len({tuple(w) for w in words}) == len(words)
    assert type(outs[0]["image"]) is np.ndarray
    assert [(out["label"], out["name"]) for out in outs] == [(s["label"], s["name"]) for s in samples()]


def test_without_grain_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "grain", None)
    monkeypatch.delitem(sys.modules, "jaxaug.interop.grain")
    with pytest.raises(ImportError, match=r'pip install "jaxaug\[data\]"'):
        importlib.import_module("jaxaug.interop.grain")


@pytest.mark.slow
def test_grain_is_imported_only_when_asked_for():
    script = "import sys, jaxaug; sys.exit('grain' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], timeout=120, check=True)


@pytest.mark.slow
def test_threads_draw_what_a_loop_draws():
    options = grain.ReadOptions(num_threads=4, prefetch_buffer_size=4)
    assert_same(list(augmented(seed=3).to_iter_dataset(options)), list(augmented(seed=3)))


@pytest.mark.slow
def test_worker_processes_draw_what_a_loop_draws():
    from absl import flags

    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()  # grain 0.2.18 reads a flag of its own here
    pictures = [{"image": sample["image"]} for sample in samples()]
    dataset = grain.MapDataset.source(pictures).random_map(AugmentSample(jax.jit(AUGMENT)), seed=3)
    workers = grain.multiprocessing.MultiprocessingOptions(num_workers=1)
    iterator = iter(dataset.to_iter_dataset().mp_prefetch(workers, worker_init_fn=only_cpu))
    # Copies, because grain's own lie in memory that is shared with the worker.
    outs = [jax.tree.map(np.array, out) for out in iterator]
    iterator.close()
    assert_same(outs, list(augmented(seed=3)))


@pytest.mark.slow
def test_a_second_epoch_and_another_seed_draw_anew():
    twice = list(grain.MapDataset.source(samples()).repeat(2).random_map(AugmentSample(AUGMENT), seed=3))
    other = list(augmented(seed=4))
    for i in range(6):
        assert not np.array_equal(twice[i]["image"], twice[i + 6]["image"])
        assert not np.array_equal(twice[i]["image"], other[i]["image"])


@pytest.mark.slow
def test_the_data_loader_takes_it_among_its_operations():
    source = [np.full((4, 4, 3), i, np.uint8) for i in range(4)]
    loader = grain.DataLoader(
        data_source=source,
        sampler=grain.samplers.IndexSampler(len(source), num_epochs=1, shuffle=False, seed=5),
        operations=[AugmentSample(lambda key, image: image + jax.random.randint(key, (), 50, 90, np.uint8))],
        worker_count=0,
    )
    drawn = {int(image[0, 0, 0]) - i for i, image in enumerate(loader)}
    assert len(drawn) > 1
    assert all(50 <= level < 90 for level in drawn)


@pytest.mark.slow
def test_a_restored_iterator_augments_batches_as_the_first_would_have():
    pictures = [{"image": sample["image"]} for sample in samples()]
    dataset = grain.MapDataset.source(pictures).seed(1).shuffle().to_iter_dataset().batch(2)
    dataset = dataset.random_map(AugmentBatch(jax.jit(AUGMENT.batch)))
    iterator = iter(dataset)
    next(iterator)
    state = iterator.get_state()
    rest = list(iterator)
    assert isinstance(rest[0]["image"], jax.Array)
    again = iter(dataset)
    again.set_state(state)
    assert_same(list(again), rest)


@pytest.mark.slow
def test_a_batch_has_the_key_of_its_generator_and_lies_where_the_sharding_says():
    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    given = []

    def augment(key, batch):
        given.append(batch)
        return AUGMENT.batch(key, batch)

    batches = grain.MapDataset.source([{"image": sample["image"]} for sample in samples()]).batch(3)
    outs = list(batches.random_map(AugmentBatch(augment, sharding), seed=7))
    words = list(batches.random_map(words_of, seed=7))
    assert_same(outs, [AUGMENT.batch(key_from(w), batch) for w, batch in zip(words, batches)])
    assert given[0]["image"].sharding == sharding
