"""One library in a process of its own: it answers requests that come through a pipe, see `fleet.py`.

Started as `worker.py LIBRARY DEVICE CORES`. Requests are pickled (command, arguments), answers (status, value), where
the status is `ok`, `missing` (not installed), `refused` (the library cannot do the case) or `failed`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import pickle
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from peers.base import Prepared, Refused


class Server:
    """Holds the cases that are being timed, each in a numbered slot.

    Args:
        library: name of a module in `peers`.
        device: `cpu` or `gpu`.
        threads: cores it may use.
    """

    def __init__(self, library: str, device: str, threads: int) -> None:
        self.module = importlib.import_module(f"peers.{library}")
        self.device, self.threads = device, threads
        self.slots: dict[int, Prepared] = {}
        self.calls = 0

    def versions(self) -> dict[str, str]:
        out = {}
        for package in self.module.PACKAGES:
            try:
                out[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                out[package] = getattr(importlib.import_module(package), "__version__", "?")
        return out

    def prepare(self, slot: int, case: Any, path: str) -> dict[str, Any]:
        """Builds a case and runs it twice: the first call compiles, the second tells how long a call takes.

        Returns:
            `first_s` and `call_s`, seconds, and `outputs`, shape and dtype of each picture that comes out.
        """
        prepared = self._build(case, path)
        start = time.perf_counter()
        out = self._call(prepared)
        first = time.perf_counter() - start
        outputs = {n: (v.shape, str(v.dtype)) for n, v in _pictures(prepared, out).items()}
        self.slots[slot] = prepared
        return {"first_s": first, "call_s": self.time(slot, 1), "outputs": outputs}

    def time(self, slot: int, calls: int, queued: bool = False) -> float:
        """Seconds a call takes, on average over several with keys of their own.

        Args:
            slot: of the case.
            calls: how many.
            queued: wait for all of them once, as a training loop does, where the library can; else for each by itself.
        """
        prepared = self.slots[slot]
        if queued and prepared.queue is not None:
            keys = [prepared.key(self.calls + i) for i in range(1, calls + 1)]
            self.calls += calls
            start = time.perf_counter()
            prepared.queue(keys)
            return (time.perf_counter() - start) / calls
        total = 0.0
        for _ in range(calls):
            self.calls += 1
            key = prepared.key(self.calls)
            start = time.perf_counter()
            prepared.run(key)
            total += time.perf_counter() - start
        return total / calls

    def probe(self, case: Any, path: str) -> dict[str, np.ndarray]:
        """The pictures that a case gives, as floats, to be compared with those of another library."""
        prepared = self._build(case, path)
        return {n: v.astype(np.float32) for n, v in _pictures(prepared, self._call(prepared)).items()}

    def release(self) -> None:
        """Empties all slots."""
        self.slots.clear()

    def cost(self, case: Any, shapes: dict[str, Any]) -> dict[str, float]:
        from peers import compiled

        return compiled.cost(self.module.function(case), shapes)

    def copy(self, count: int) -> float:
        from peers import compiled

        return compiled.copy_speed(count)

    def retraces(self, case: Any, path: str) -> dict[str, int]:
        return self.module.retraces(case, dict(np.load(path)))

    def _build(self, case: Any, path: str) -> Prepared:
        return self.module.prepare(case, dict(np.load(path)), self.device, self.threads)

    def _call(self, prepared: Prepared) -> Any:
        self.calls += 1
        return prepared.run(prepared.key(self.calls))


def _pictures(prepared: Prepared, out: Any) -> dict[str, np.ndarray]:
    """The images and masks of a result, which is one dict of batches or a list of samples."""
    host = prepared.to_host
    if isinstance(out, dict):
        return {n: host(v) for n, v in out.items() if _is_picture(n)}
    return {n: _stack([host(sample[n]) for sample in out]) for n in out[0] if _is_picture(n)}


def _stack(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of any sizes, each in the upper left corner of a black one as large as the largest."""
    most = np.max([p.shape for p in pictures], axis=0)
    return np.stack([np.pad(p, [(0, n) for n in most - p.shape]) for p in pictures])


def _is_picture(name: str) -> bool:
    return name.startswith(("image", "mask"))


def _answer(server: Server, command: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    try:
        return "ok", getattr(server, command)(**arguments)
    except Refused as why:
        return "refused", str(why)
    except Exception as why:
        traceback.print_exc(limit=-3)
        return "failed", f"{type(why).__name__}: {why}".splitlines()[0]


def main() -> None:
    library, device, cores = sys.argv[1:4]
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    if sys.platform == "linux":
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, usable[-1:] if cores == "1" else usable)
        threads = len(os.sched_getaffinity(0))
    else:
        threads = 1 if cores == "1" else os.cpu_count() or 1
    sys.path.append(str(Path(__file__).parent.parent))

    def send(status: str, value: Any) -> None:
        pickle.dump((status, value), pipe)
        pipe.flush()

    try:
        server = Server(library, device, threads)
    except ImportError as why:
        send("missing", str(why))
        return
    send("ok", server.versions())
    while True:
        try:
            command, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        send(*_answer(server, command, arguments))


if __name__ == "__main__":
    main()
