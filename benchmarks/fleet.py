"""The side that measures: starts one worker per library and takes turns among them."""

from __future__ import annotations

import dataclasses
import os
import pickle
import select
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pictures
from cases import Case

HERE = Path(__file__).parent
ROUND_SECONDS = 0.05
"""A measurement repeats short calls for about so long."""


class Trouble(Exception):
    """A worker gave no result: the library cannot do the case, or failed, or took too long."""


class Worker:
    """One library in a process of its own, started when it is first needed and again after it died.

    Args:
        library: its name.
        device: `cpu` or `gpu`.
        cores: `1` or `all`.
        python: the interpreter that has the library.
        limit: seconds after which a request is given up.
    """

    def __init__(self, library: str, device: str, cores: str, python: str, limit: float) -> None:
        self.library, self.limit = library, limit
        self.command = [python, str(HERE / "worker.py"), library, device, cores]
        self.environment = os.environ | _environment(device, cores)
        self.process: subprocess.Popen[bytes] | None = None
        self.versions: dict[str, str] = {}
        self.missing = ""
        self._start()

    def ask(self, command: str, **arguments: Any) -> Any:
        """Sends a request and waits for the answer.

        Raises:
            Trouble: no result.
        """
        if self.process is None and not self.missing:
            self._start()
        if self.process is None:
            raise Trouble(f"not installed: {self.missing}")
        pickle.dump((command, arguments), self.process.stdin)
        self.process.stdin.flush()
        status, value = self._receive()
        if status != "ok":
            raise Trouble(value if status == "refused" else f"failed: {value}")
        return value

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _start(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, env=self.environment)
        try:
            status, value = self._receive()
        except Trouble as why:
            status, value = "missing", str(why)
        if status == "ok":
            self.versions = value
        else:
            self.missing = value
            self.close()

    def _receive(self) -> tuple[str, Any]:
        ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
        try:
            if ready:
                return pickle.load(self.process.stdout)
            why = f"took more than {self.limit:g} s"
        except EOFError:
            why = "its process died"
        self.close()
        raise Trouble(why)


def _environment(device: str, cores: str) -> dict[str, str]:
    """What has to be said before a library is imported.

    The C library keeps memory that was freed. Where it is given back instead, which happens or not by chance, each page
    of a new result costs microseconds, and a row takes twice or three times as long in one round as in the next.
    """
    out = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cuda" if device == "gpu" else "cpu"}
    out |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
    if device == "gpu":
        out["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if cores == "1":
        out["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        out |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return out


@dataclasses.dataclass
class Timing:
    """What one library did with one case.

    Args:
        ms: milliseconds a batch took, one number per round.
        latency_ms: the same where each call is waited for, if those of `ms` were queued.
        first_s: seconds of the first call, compilation included.
        outputs: shape and dtype of each picture that came out.
        work: empty if the work was comparable to jaxaug's, else in what it differs.
        trouble: why there are no times.
    """

    ms: list[float] = dataclasses.field(default_factory=list)
    latency_ms: list[float] = dataclasses.field(default_factory=list)
    first_s: float = 0.0
    outputs: dict[str, tuple[tuple[int, ...], str]] = dataclasses.field(default_factory=dict)
    work: str = ""
    trouble: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.ms)

    def summary(self) -> dict[str, Any]:
        """The same as plain values, with median, quartiles and extremes in milliseconds."""
        out = dataclasses.asdict(self)
        if self.ms:
            quartiles = np.percentile(self.ms, [25, 75])
            out |= {"median": self.median, "p25": float(quartiles[0]), "p75": float(quartiles[1])}
            out |= {"min": min(self.ms), "max": max(self.ms)}
        if self.latency_ms:
            out["latency"] = statistics.median(self.latency_ms)
        return out


class Fleet:
    """Workers, and the pictures that all of them read.

    Args:
        libraries: the libraries, jaxaug first.
        device: `cpu` or `gpu`.
        cores: `1` or `all`.
        repeats: rounds.
        budget: seconds that one library may spend on the rounds of one case; up to three times that for three rounds.
        limit: seconds after which a request is given up.
        check: compare what comes out.
        pythons: interpreters of libraries that live in another environment.
        queue: whether the calls of a round are queued and waited for once.
    """

    def __init__(
        self,
        libraries: Sequence[str],
        device: str,
        cores: str,
        repeats: int,
        budget: float,
        limit: float,
        check: bool,
        pythons: dict[str, str],
        queue: bool = False,
    ) -> None:
        self.repeats, self.budget, self.check, self.queue = repeats, budget, check, queue
        self.workers = {
            name: Worker(name, device, cores, pythons.get(name, sys.executable), limit) for name in libraries
        }
        self.folder = tempfile.TemporaryDirectory()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
        self.folder.cleanup()

    def versions(self) -> dict[str, str]:
        """Versions of everything installed, and what is missing."""
        out: dict[str, str] = {}
        for name, worker in self.workers.items():
            out |= {name: "not installed"} if worker.missing else worker.versions
        return dict(sorted(out.items()))

    def scene(self, case: Case) -> str:
        """Path of a file with the pictures of a case."""
        sizes = (case.batch, case.height, case.width, case.rows, case.dtype)
        path = Path(self.folder.name) / f"{case.scene}-{'-'.join(map(str, sizes))}.npz"
        if not path.exists():
            np.savez(path, **pictures.make(case.scene, *sizes))
        return str(path)

    def measure(self, case: Case, libraries: Sequence[str] | None = None) -> dict[str, Timing]:
        """Times a case with several libraries, and compares what comes out.

        Args:
            case: what to do.
            libraries: who does it; all by default.
        """
        names = list(self.workers) if libraries is None else list(libraries)
        timings = dict(zip(names, self.race([(name, case) for name in names])))
        if self.check:
            self._compare(case, timings)
        return timings

    def race(self, entries: Sequence[tuple[str, Case]]) -> list[Timing]:
        """Times pairs of a library and a case: each warmed up, then rounds in which every pair has its turn.

        Args:
            entries: the pairs.
        """
        timings = [Timing() for _ in entries]
        calls: dict[int, int] = {}
        for slot, (name, case) in enumerate(entries):
            try:
                ready = self.workers[name].ask("prepare", slot=slot, case=case, path=self.scene(case))
            except Trouble as why:
                timings[slot].trouble = str(why)
                continue
            timings[slot].first_s, timings[slot].outputs = ready["first_s"], ready["outputs"]
            calls[slot] = max(1, min(100, round(ROUND_SECONDS / ready["call_s"])))
        for slot in self._turns(timings, calls):
            worker = self.workers[entries[slot][0]]
            try:
                seconds = worker.ask("time", slot=slot, calls=calls[slot], queued=self.queue)
                timings[slot].ms.append(seconds * 1e3)
                if self.queue:
                    timings[slot].latency_ms.append(worker.ask("time", slot=slot, calls=min(calls[slot], 10)) * 1e3)
            except Trouble as why:
                timings[slot] = Timing(trouble=str(why))
                del calls[slot]
        for name in {entries[slot][0] for slot in calls}:
            self.workers[name].ask("release")
        return timings

    def _turns(self, timings: list[Timing], calls: dict[int, int]) -> Iterator[int]:
        """Slots, round after round; those that used up their time are left out."""
        for turn in range(self.repeats):
            for slot in list(calls):
                spent = sum(timings[slot].ms) * calls[slot] / 1e3
                if spent < self.budget or (turn < 3 and spent < 3 * self.budget):
                    yield slot

    def _compare(self, case: Case, timings: dict[str, Timing]) -> None:
        """Notes where a library's pictures are not those of jaxaug: sizes, dtypes, values."""
        reference = timings["jaxaug"]
        probe = case.probe(min(case.batch, 8))
        path = self.scene(probe)
        ours = self._probe("jaxaug", probe, path)
        for name, timing in timings.items():
            if name == "jaxaug" or timing.trouble or reference.trouble or ours is None:
                continue
            if timing.outputs != reference.outputs:
                timing.work = f"gives {_shapes(timing.outputs)}"
            theirs = self._probe(name, probe, path)
            if not timing.work and theirs is not None:
                timing.work = _difference(ours, theirs, case.random)

    def _probe(self, name: str, probe: Case, path: str) -> dict[str, np.ndarray] | None:
        try:
            return self.workers[name].ask("probe", case=probe, path=path)
        except Trouble:
            return None


def _shapes(outputs: dict[str, tuple[tuple[int, ...], str]]) -> str:
    return ", ".join(f"{n} {dtype}[{','.join(map(str, shape))}]" for n, (shape, dtype) in outputs.items())


def _difference(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], random: bool) -> str:
    """In what pictures differ, empty if they are comparable.

    Equal draws must give equal pictures, on average to a twelfth of their standard deviation; where draws cannot be
    made equal, mean and standard deviation of the batch must agree to a quarter of it.
    """
    for name, mine in ours.items():
        other = theirs[name]
        spread = max(float(mine.std()), 1e-6)
        if random:
            shift = abs(float(mine.mean() - other.mean())) / spread
            stretch = abs(float(other.std()) / spread - 1)
            if max(shift, stretch) > 0.25:
                return f"{name}: mean off by {shift:.2f}, spread by {stretch:.2f} standard deviations"
        else:
            apart = float(np.abs(mine - other).mean()) / spread
            if apart > 1 / 12:
                return f"{name}: pictures differ by {apart:.2f} standard deviations on average"
    return ""
