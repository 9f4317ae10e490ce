"""The suites: each runs its cases, shows rows as they come, and returns plain records for the report."""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import cases
import numpy as np
import pictures
from cases import Case
from fleet import Fleet, Timing, Trouble
from peers.base import JAX
from tqdm import tqdm

Record = dict[str, Any]
Show = Callable[[Record], None]
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line says about cases.

    Args:
        batch, size: of the pictures, where a case does not fix them.
        repeats: rounds.
        wanted: whether a case of that name is to be run.
        most: largest number on the axes of the suite `scale`.
        copy_speed: bytes that the device reads and writes in a second when it copies memory, 0 if not measured.
    """

    batch: int
    size: int
    repeats: int
    wanted: Callable[[str], bool]
    most: int
    copy_speed: float = 0.0

    def chosen(self, some: Iterable[T]) -> list[T]:
        """Those of some cases, choices or curves that are to be run."""
        return [c for c in some if self.wanted(c.name)]


def _progress(some: Sequence[T], title: str) -> Iterator[T]:
    return iter(tqdm(some, desc=title, file=sys.stderr, leave=False, disable=None))


def _record(case: Case, timings: dict[str, Timing]) -> Record:
    """Times of a case, and nanoseconds per pixel that goes in, masks included."""
    pixels = case.batch * case.height * case.width * pictures.pictures_in(case.scene)
    libraries = {}
    for name, timing in timings.items():
        libraries[name] = timing.summary()
        if timing.ms:
            libraries[name]["ns_per_pixel"] = timing.median * 1e6 / pixels
    size = [case.height, case.width]
    return {"case": case.name, "batch": case.batch, "size": size, "dtype": case.dtype, "libraries": libraries}


def _compare(title: str, some: Sequence[Case], fleet: Fleet, options: Options, show: Show) -> list[Record]:
    records = []
    for case in _progress(options.chosen(some), title):
        timings = fleet.measure(case)
        record = _record(case, timings) | _copying(fleet.scene(case), timings["jaxaug"], options)
        records.append(record)
        show(record)
    return records


def _copying(path: str, timing: Timing, options: Options) -> Record:
    """What share of the device's copy speed jaxaug reaches."""
    if not timing.ms or not options.copy_speed:
        return {}
    moved = _bytes_moved(path, timing)
    return {"moved_bytes": moved, "of_copy_speed": moved / (timing.median / 1e3 * options.copy_speed)}


def _bytes_moved(path: str, timing: Timing) -> int:
    """Bytes that go in and come out."""
    read = sum(array.nbytes for array in dict(np.load(path)).values())
    return read + sum(int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in timing.outputs.values())


def singles(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """Single transforms: those that Albumentations has too, and all that move or cut."""
    return _compare("singles", cases.singles(options.batch, options.size), fleet, options, show)


def pipelines(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """Several transforms in a row."""
    return _compare("pipelines", cases.pipelines(options.batch, options.size), fleet, options, show)


def sizes(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """What most pipelines are made of, on larger pictures and on floats."""
    return _compare("sizes", cases.sizes(options.batch, options.size), fleet, options, show)


def choice(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """A choice against each of its options alone; Albumentations, which runs only the chosen one, for comparison."""
    records = []
    for c in _progress(options.chosen(cases.choices(options.batch, options.size)), "choice"):
        entries = [("jaxaug", c.whole), *(("jaxaug", option) for option in c.options)]
        if "albumentations" in fleet.workers:
            entries.append(("albumentations", c.whole))
        whole, *rest = fleet.race(entries)
        alone = {case.name: t.median for case, t in zip(c.options, rest) if t.ms}
        record: Record = {"case": c.name, "ms": whole.median if whole.ms else None, "options_ms": alone}
        record |= {"trouble": whole.trouble, **_copying(fleet.scene(c.whole), whole, options)}
        record["albumentations_ms"] = rest[-1].median if len(rest) > len(c.options) and rest[-1].ms else None
        if whole.ms and alone:
            record["dearest"] = sorted(alone, key=alone.__getitem__)[-c.count :]
            record["ratio"] = whole.median / sum(alone[name] for name in record["dearest"])
        records.append(record)
        show(record)
    return records


def scale(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """How time grows; a library that has become too slow is left out from there on."""
    records = []
    for curve in options.chosen(cases.curves(options.most)):
        names = list(fleet.workers)
        points: list[Record] = []
        for x, case in _progress(list(zip(curve.x, curve.cases)), curve.name):
            timings = dict(zip(names, fleet.race([(name, case) for name in names])))
            points.append({"x": x, "per": curve.per, **_record(case, timings)})
            show(points[-1])
            names = [n for n in names if timings[n].ms and timings[n].median < fleet.budget * 1e3]
        records.append({"case": curve.name, "points": points})
    return records


def _costs(case: Case, fleet: Fleet, repeats: int = 1) -> Record:
    """What compiling a case costs each library on JAX: medians of seconds, and bytes."""
    row = {n: ((case.batch, *shape[1:]), dtype) for n, (shape, dtype) in _shapes(case).items()}
    out: Record = {}
    for name in [n for n in fleet.workers if n in JAX]:
        try:
            costs = [fleet.workers[name].ask("cost", case=case, shapes=row) for _ in range(repeats)]
        except Trouble as why:
            out[name] = {"trouble": str(why)}
            continue
        out[name] = {k: statistics.median(c[k] for c in costs) for k in costs[0]}
    return out


def _shapes(case: Case) -> dict[str, tuple[tuple[int, ...], str]]:
    one = pictures.make(case.scene, 1, case.height, case.width, case.rows, case.dtype)
    return {n: (a.shape, str(a.dtype)) for n, a in one.items()}


def compiling(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """Seconds to trace and compile, how often a program is traced, and what importing costs."""
    records = []
    some = [*cases.pipelines(options.batch, options.size), *cases.compiles(options.batch, options.size)]
    for case in _progress(options.chosen(some), "compile"):
        record: Record = {"case": case.name, "libraries": _costs(case, fleet, min(options.repeats, 3))}
        small = dataclasses.replace(case, batch=2)
        try:
            record["traces"] = fleet.workers["jaxaug"].ask("retraces", case=small, path=fleet.scene(small))
        except Trouble as why:
            record["traces"] = {"trouble": str(why)}
        records.append(record)
        show(record)
    records.append({"case": "import", "seconds": _import_seconds(min(options.repeats, 5))})
    show(records[-1])
    return records


def _import_seconds(repeats: int) -> dict[str, float]:
    """Medians of what `import jax` takes, and `import jaxaug` after it."""
    code = "import time; a = time.perf_counter(); import jax; b = time.perf_counter(); import jaxaug; "
    code += "print(b - a, time.perf_counter() - b)"
    root = str(Path(__file__).parent.parent)
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(repeats)
    ]
    return {n: statistics.median(float(r[i]) for r in runs) for i, n in enumerate(("jax", "jaxaug after it"))}


def outside(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """Calls outside `jit` against jitted ones, in a process of its own; peers have no such calls."""
    script = Path(__file__).parent / "outside.py"
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    records = [{"case": name, "value": value} for name, value in json.loads(run.stdout.splitlines()[-1]).items()]
    for record in records:
        show(record)
    return records


def memory(fleet: Fleet, options: Options, show: Show) -> list[Record]:
    """Bytes of temporaries against bytes that go in and come out; nothing is run."""
    turn = cases.step("Affine", rotate=(-30.0, 30.0), scale=(0.9, 1.1), p=1.0)
    large = Case("affine on 64 x 1024 x 700 x 3", (turn,), 64, 1024, 700)
    records = []
    for case in _progress(options.chosen([*cases.pipelines(options.batch, options.size), large]), "memory"):
        records.append({"case": case.name, "libraries": _costs(case, fleet)})
        show(records[-1])
    return records


SUITES: dict[str, Callable[[Fleet, Options, Show], list[Record]]] = {
    "singles": singles,
    "pipelines": pipelines,
    "sizes": sizes,
    "choice": choice,
    "scale": scale,
    "compile": compiling,
    "outside": outside,
    "memory": memory,
}
