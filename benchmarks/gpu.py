"""What `gpu.sh` runs besides `run.py`: the file from a CPU, the device, the check against the file, and the report.

    python benchmarks/gpu.py expect --out benchmarks/gpu/expected.npz   # beforehand, on a CPU

What the check finds is reported and decides nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import machine

HERE = Path(__file__).parent
PACKAGES = (
    "jaxaug",
    "jax",
    "jaxlib",
    "jax-cuda13-plugin",
    "jax-cuda12-plugin",
    "numpy",
    "torch",
    "torchvision",
    "kornia",
)
QUICK = "--xla_backend_optimization_level=0"
"""Compiling takes most of the time that the file takes. Every jax knows this flag: an unknown one ends the process."""


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    one = command("expect", "write what every transform gives on a CPU")
    one.add_argument("--out", type=Path, default=HERE / "gpu" / "expected.npz")
    one.add_argument("--threads", type=int, default=cores, help="transforms that are compiled at once")
    one = command("device", "versions, and how fast the device copies memory")
    one.add_argument("--json", type=Path, required=True)
    one.add_argument("--most", type=int, default=2**31, help="bytes that the largest copy reads and writes")
    one = command("check", "compare what every transform gives on this device with the file")
    one.add_argument("--expected", type=Path, default=HERE / "gpu" / "expected.npz")
    one.add_argument("--threads", type=int, default=cores, help="transforms that are compiled at once")
    one.add_argument("--json", type=Path, required=True)
    one = command("add", "put a part into the report, gpu.json and gpu.md")
    one.add_argument("--out", type=Path, required=True, help="folder of the report")
    one.add_argument("--part", required=True, help="its name")
    one.add_argument("--json", type=Path, required=True, help="what it left, if anything")
    one.add_argument("--seconds", type=int, required=True, help="that it took")
    one.add_argument("--status", type=int, required=True, help="with which it ended")
    return parser.parse_args(argv)


def _versions() -> dict[str, str]:
    out = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            out[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return out


def expect(options: argparse.Namespace) -> None:
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("XLA_FLAGS", QUICK)
    import agreement

    start = time.perf_counter()
    failed = agreement.write(options.out, options.threads)
    size, seconds = options.out.stat().st_size / 1e6, time.perf_counter() - start
    print(f"{options.out}: {size:.1f} MB, {seconds:.0f} s, {len(failed)} transforms failed")
    for name, why in failed.items():
        print(name, why)


def device(options: argparse.Namespace) -> None:
    import jax
    from peers import compiled

    import jaxaug as ja

    here = jax.devices()[0]
    result: dict[str, Any] = {
        "date": machine.now(),
        "device": here.device_kind if here.platform != "cpu" else machine.describe("cpu")["name"],
        "platform": here.platform,
        "backend": getattr(here.client, "platform_version", ""),
        "devices": jax.device_count(),
        "nvidia-smi": machine.nvidia("name,driver_version,memory.total,clocks.max.memory"),
        "machine": machine.describe("cpu"),
        "versions": _versions() | {"jaxaug": ja.__version__},
        "jaxaug from": str(Path(ja.__file__).parent),
        "copies": [],
    }
    for count in (options.most // 64, options.most // 8, options.most):
        result["copies"].append({"bytes": count, "bytes_per_s": compiled.copy_speed(count)})
        _write(options.json, result)
    print(json.dumps(result, indent=1))


def check(options: argparse.Namespace) -> None:
    import agreement

    if not options.expected.exists():
        sys.exit(f"{options.expected} is not there: write it beforehand with `gpu.py expect`, on a CPU.")
    # All of them from the start: a check that is stopped tells which it did not come to.
    records: dict[str, Any] = {case.name: {"trouble": "not reached"} for case in agreement.cases()}
    result: dict[str, Any] = {"limits": agreement.LIMITS, "records": records}
    _write(options.json, result)

    def show(record: dict[str, Any]) -> None:
        records[record.pop("case")] = record
        _write(options.json, result)

    result["expected"] = agreement.check(options.expected, options.threads, show)
    _write(options.json, result)
    bad = {name: record for name, record in records.items() if record.get("out") or "trouble" in record}
    print(f"{len(records) - len(bad)} of {len(records)} transforms agree with {options.expected}")
    for name, record in bad.items():
        print(name, record.get("trouble") or {kind: record["differences"][kind] for kind in record["out"]})


def add(options: argparse.Namespace) -> None:
    import gpu_report

    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "gpu.json"
    result = json.loads(path.read_text()) if path.exists() else {"date": machine.now(), "parts": {}}
    part: dict[str, Any] = {"seconds": options.seconds, "status": options.status}
    if options.json.exists():
        part["result"] = json.loads(options.json.read_text())
    result["parts"][options.part] = part
    _write(path, result)
    (options.out / "gpu.md").write_text(gpu_report.markdown(result))


def _write(path: Path, result: dict[str, Any]) -> None:
    """Writes a file at once, so that one that is stopped leaves the last whole one."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(result, indent=1) + "\n")
    unfinished.replace(path)


def main(argv: Sequence[str] | None = None) -> None:
    # As in `worker.py`: an installed jaxaug, or one that PYTHONPATH names, comes first.
    sys.path.append(str(HERE.parent))
    options = _arguments(argv)
    {"expect": expect, "device": device, "check": check, "add": add}[options.command](options)


if __name__ == "__main__":
    main()
