"""What a sample costs through each loader, beside Albumentations in the same one. Prints a table in Markdown.

    python benchmarks/loaders.py --update docs/loaders.md

Pictures lie in memory and no loader has worker processes, so that rows differ in loader and augmentation alone. What is
not installed among grain, torch, tensorflow and augrs is left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ |= {"NO_ALBUMENTATIONS_UPDATE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import albumentations as A
import cv2
import jax
import machine
import numpy as np
import report

import jaxaug as ja

SIDE, BATCH, BATCHES = 256, 32, 4
KEY = jax.random.key(0)
PACKAGES = ("jax", "albumentations", "augrs-py", "grain", "torch", "tensorflow", "tensorflow-cpu")
PICTURES = np.random.default_rng(0).integers(0, 256, (BATCH * BATCHES, SIDE, SIDE, 3), np.uint8)
SAMPLES = [{"image": picture, "label": i} for i, picture in enumerate(PICTURES)]

Sample = dict[str, Any]
Epoch = Callable[[], Iterable[Any]]


def pipeline(of: Any) -> Any:
    """The same steps in any of the libraries."""
    return of.Compose(
        [
            of.HorizontalFlip(p=0.5),
            of.Affine(scale=(0.9, 1.1), rotate=(-20, 20), p=1.0),
            of.RandomBrightnessContrast(0.2, 0.2, p=1.0),
            of.Normalize(),
        ]
    )


AUGMENT = pipeline(ja)
ON_SAMPLES, ON_BATCHES = jax.jit(AUGMENT), jax.jit(AUGMENT.batch)


def stacked(samples: list[Sample]) -> Sample:
    return {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}


def batches(each: Callable[[Sample], Sample] = dict) -> Iterable[Sample]:
    """The plain loop."""
    for start in range(0, len(SAMPLES), BATCH):
        yield stacked([each(sample) for sample in SAMPLES[start : start + BATCH]])


def plain() -> dict[str, Epoch]:
    theirs, keys = pipeline(A), [jax.random.key(i) for i in range(len(SAMPLES))]
    rows: dict[str, Epoch] = {
        "plain loop, `ja.prefetch`": lambda: ja.prefetch(batches(), ON_BATCHES, KEY),
        "plain loop, `jax.jit(augment)` on each": lambda: batches(lambda s: host(ON_SAMPLES(keys[s["label"]], s))),
        "plain loop, `augment` on each": lambda: batches(lambda s: host(AUGMENT(keys[s["label"]], s))),
        "plain loop, albumentations": lambda: batches(lambda s: theirs(**s)),
    }
    if importlib.util.find_spec("augrs"):
        import augrs

        rust = pipeline(augrs)
        rows["plain loop, augrs"] = lambda: batches(lambda s: {**s, "image": rust(image=s["image"])["image"]})
    return rows


def host(sample: Sample) -> Sample:
    return {name: np.asarray(value) for name, value in sample.items()}


def of_grain() -> dict[str, Epoch]:
    import grain

    from jaxaug.interop.grain import AugmentBatch, AugmentSample

    class Theirs(grain.transforms.RandomMap):
        def random_map(self, element: Sample, rng: np.random.Generator) -> Sample:
            return theirs(**element)

    theirs = pipeline(A)
    data = grain.MapDataset.source(SAMPLES).seed(0)
    one = grain.ReadOptions(num_threads=1, prefetch_buffer_size=2)
    return {
        "grain, `AugmentBatch`": lambda: data.to_iter_dataset(one).batch(BATCH).random_map(AugmentBatch(ON_BATCHES)),
        "grain, `AugmentSample`": lambda: data.random_map(AugmentSample(ON_SAMPLES)).to_iter_dataset(one).batch(BATCH),
        "grain, albumentations": lambda: data.random_map(Theirs()).to_iter_dataset(one).batch(BATCH),
    }


def of_torch() -> dict[str, Epoch]:
    import torch

    torch.set_num_threads(1)
    loader, theirs = torch.utils.data.DataLoader, pipeline(A)

    class Theirs:
        def __len__(self) -> int:
            return len(SAMPLES)

        def __getitem__(self, i: int) -> Sample:
            return theirs(**SAMPLES[i])

    return {
        "torch, `ja.prefetch`": lambda: ja.prefetch(loader(SAMPLES, BATCH, collate_fn=stacked), ON_BATCHES, KEY),
        "torch, albumentations": lambda: loader(Theirs(), BATCH, collate_fn=stacked),
    }


def of_tensorflow() -> dict[str, Epoch]:
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    given = tf.data.Dataset.from_tensor_slices({"image": PICTURES, "label": np.arange(len(PICTURES))})
    dataset = given.batch(BATCH).prefetch(2)
    return {"tf.data, `ja.prefetch`": lambda: ja.prefetch(dataset.as_numpy_iterator(), ON_BATCHES, KEY)}


def milliseconds(epoch: Epoch) -> float:
    """One epoch, a sample's share."""
    start = time.perf_counter()
    for batch in epoch():
        jax.block_until_ready(batch)
    return 1e3 * (time.perf_counter() - start) / len(SAMPLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=7, help="measured, after one to compile")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="fill in its <!-- benchmark:loaders --> markers")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = plain()
    for module, make in (("grain", of_grain), ("torch", of_torch), ("tensorflow", of_tensorflow)):
        rows |= make() if importlib.util.find_spec(module) else {}
    for epoch in rows.values():
        milliseconds(epoch)
    # In turns, so that what else the machine does meets all of them.
    times = [[milliseconds(epoch) for epoch in rows.values()] for _ in range(options.epochs)]
    body = []
    for name, of_one in zip(rows, zip(*times), strict=True):
        low, median, high = map(report.number, statistics.quantiles(of_one, n=4))
        body.append([name, median, f"{low} to {high}"])
    text = f"{report.table(['', 'ms a sample', 'quartiles'], body)}\n\n{where()}"
    print(text)
    if options.update:
        filled = report.placed(options.update.read_text(), "loaders", text)
        if filled is None:
            parser.error(f"{options.update} has no markers <!-- benchmark:loaders -->.")
        options.update.write_text(filled)


def where() -> str:
    """Machine, date and versions in a sentence."""
    installed = {found.name.lower().replace("_", "-"): found.version for found in importlib.metadata.distributions()}
    versions = ", ".join(f"{name} {installed[name]}" for name in PACKAGES if name in installed)
    cores = len(os.sched_getaffinity(0))
    return f"{machine.describe('cpu')['name']}, cores used: {cores}, {machine.now()[:10]}; {versions}."


if __name__ == "__main__":
    main()
