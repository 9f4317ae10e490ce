"""What calls outside `jit` cost: the first one, later ones, new sizes, memory, cores. Prints one line of JSON."""

from __future__ import annotations

import functools
import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pictures

import jaxaug as ja
from jaxaug.backend import outside_jit
from jaxaug.backend.threads import usable_cores

#: Pictures whose sizes lie between the other two numbers.
SIZES = (100, 200, 800)
#: Pictures in a batch, and their side.
SHARED = (16, 512)


def pipeline() -> ja.Compose:
    return ja.Compose(
        [
            ja.HorizontalFlip(p=0.5),
            ja.Affine(scale=(0.9, 1.1), rotate=(-20, 20), p=1),
            ja.RandomBrightnessContrast(p=0.5),
            ja.Normalize(),
        ],
        bbox_params=ja.BboxParams("pascal_voc"),
        keypoint_params=ja.KeypointParams("xy"),
    )


def milliseconds(call: Callable[[int], Any], count: int = 50) -> float:
    seconds = []
    for i in range(count):
        start = time.perf_counter()
        jax.block_until_ready(call(i))
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds)


def sharing(rounds: int = 15) -> dict[str, float]:
    """Milliseconds for a batch, jitted and shared by threads, a call of each in turn."""
    count, side = SHARED
    batch = jax.device_put(pictures.make("image", count, side, side, 0))
    augment = ja.Compose(pipeline().transforms)
    ways: dict[str, Callable[..., Any]] = {"jitted": jax.jit(augment.batch)}
    for threads in sorted({1, usable_cores()}):
        ways[f"{threads} threads"] = functools.partial(augment.batch, threads=threads)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            jax.block_until_ready(way(jax.random.key(i), batch))
            seconds[name].append(time.perf_counter() - start)
    title = f"{count} pictures of {side} x {side}"
    return {f"{title}, {name}, ms": round(1e3 * statistics.median(s[1:]), 1) for name, s in seconds.items()}


def main() -> None:
    batch = pictures.make("everything", 1, 256, 256, 8, "uint8")
    sample = {n: a[0] for n, a in batch.items() if n in ("image", "mask", "bboxes", "keypoints")}
    augment, keys = pipeline(), [jax.random.key(i) for i in range(1000)]
    start = time.perf_counter()
    jax.block_until_ready(augment(keys[0], sample))
    first = time.perf_counter() - start
    jax.clear_caches()
    jitted, start = jax.jit(augment), time.perf_counter()
    jax.block_until_ready(jitted(keys[0], sample))
    compiled = time.perf_counter() - start
    augment(keys[0], sample)
    later, inside = milliseconds(lambda i: augment(keys[i], sample)), milliseconds(lambda i: jitted(keys[i], sample))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for key in keys:
        jax.block_until_ready(augment(key, sample))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak

    count, least, most = SIZES
    rng, before = np.random.default_rng(0), outside_jit._program._cache_size()
    plain, start = ja.Compose(augment.transforms), time.perf_counter()
    for i, (height, width) in enumerate(rng.integers(least, most + 1, (count, 2))):
        image = pictures.make("image", 1, int(height), int(width), 0, "uint8")["image"][0]
        jax.block_until_ready(plain(keys[i], image=image)["image"])
    print(
        json.dumps(
            {
                "first call, s": round(first, 2),
                "first jitted call, s": round(compiled, 2),
                "later calls, ms": round(later, 2),
                "later jitted calls, ms": round(inside, 2),
                "memory grown over 1000 calls, MB": round(grown / 1024, 1),
                f"programs for {count} sizes from {least} to {most}": outside_jit._program._cache_size() - before,
                f"seconds for those {count} pictures": round(time.perf_counter() - start, 1),
                **sharing(),
            }
        )
    )


if __name__ == "__main__":
    main()
