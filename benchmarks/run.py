"""Times jaxaug and its peers side by side, on the same pictures.

    python benchmarks/run.py --suite singles,pipelines --peers albumentations,augmax,dm_pix --json out.json

Every library runs in a process of its own, on one core by default. All are warmed up, then take turns round after
round, with a new key for every call; a time counts until the result is there. What is reported is the median, its
quartiles, nanoseconds per pixel that goes in, and how many times as long each peer takes. The results are compared too:
sizes, dtypes, and the pictures of the same case with its ranges narrowed to single numbers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plot
import report
from fleet import Fleet
from peers.base import PEERS
from suites import SUITES, Options
from tqdm import tqdm


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--suite", default=",".join(SUITES), type=_names(SUITES), help=f"of {','.join(SUITES)}; all by default")
    add("--peers", default=",".join(PEERS), type=_names(PEERS), help=f"of {','.join(PEERS)}, or empty; all by default")
    add("--device", default="cpu", choices=("cpu", "gpu"), help="for the libraries that can use a GPU")
    add("--cores", default="1", choices=("1", "all"))
    add("--batch", default=32, type=int)
    add("--size", default=256, type=int, help="side of the pictures")
    add("--repeats", default=9, type=int, help="rounds")
    add("--budget", default=5.0, type=float, help="seconds a library may spend on the rounds of a case")
    add("--limit", default=300.0, type=float, help="seconds after which a library is given up on a case")
    add("--most", default=2048, type=int, help="largest side and batch of the suite scale")
    add("--only", default="", help="regular expression: cases whose name it finds")
    add("--no-check", action="store_true", help="do not compare what the libraries return")
    add("--python", action="append", default=[], metavar="LIBRARY=PATH", help="interpreter that has a library")
    add("--json", type=Path)
    add("--markdown", type=Path)
    add("--plot", type=Path, default=Path("scale.png"), help="where the suite scale is drawn")
    add("--update-readme", type=Path, metavar="README", help="fill in its <!-- benchmark:SUITE --> markers")
    return parser.parse_args(argv)


def _names(known: Any) -> Any:
    def read(text: str) -> list[str]:
        names = [n for n in text.split(",") if n]
        unknown = [n for n in names if n not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return read


def _machine(device: str) -> dict[str, Any]:
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*:\s*(.+)", info.read_text())):
        name = found[1]
    if device == "gpu":
        query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        name += ", " + subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
    return {"name": name, "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def _run(options: argparse.Namespace, fleet: Fleet) -> dict[str, Any]:
    sizes = Options(
        options.batch,
        options.size,
        options.repeats,
        options.device,
        lambda name: re.search(options.only, name) is not None,
        options.most,
    )
    result: dict[str, Any] = {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "machine": _machine(options.device),
        "versions": fleet.versions(),
        "options": {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()},
        "suites": {},
    }
    for suite in options.suite:
        print(f"\n{report.TITLES[suite]}\n{report.terminal(report.header(suite, options.peers))}", flush=True)

        def show(record: dict[str, Any], suite: str = suite) -> None:
            tqdm.write(report.terminal(report.row(suite, record, options.peers)), file=sys.stdout)
            sys.stdout.flush()

        records = SUITES[suite](fleet, sizes, show)
        result["suites"][suite] = records
        for line in (
            report.rows(suite, records, options.peers)[len(records) :] if suite in ("singles", "pipelines") else ()
        ):
            print(report.terminal(line), flush=True)
        _write(options, result)
    return result


def _write(options: argparse.Namespace, result: dict[str, Any]) -> None:
    """Writes everything that is known so far, so that a long run that is stopped leaves something."""
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(report.markdown(result))
    if result["suites"].get("scale"):
        plot.draw(result["suites"]["scale"], options.plot)


def main(argv: Sequence[str] | None = None) -> None:
    options = _arguments(argv)
    pythons = dict(p.split("=", 1) for p in options.python)
    libraries = ["jaxaug", *options.peers]
    fleet = Fleet(
        libraries,
        options.device,
        options.cores,
        options.repeats,
        options.budget,
        options.limit,
        not options.no_check,
        pythons,
    )
    try:
        print(", ".join(f"{k} {v}" for k, v in fleet.versions().items()))
        result = _run(options, fleet)
    finally:
        fleet.close()
    if options.update_readme:
        text, missing = report.update_readme(options.update_readme.read_text(), result)
        options.update_readme.write_text(text)
        for suite in missing:
            print(f"{options.update_readme} has no <!-- benchmark:{suite} --> marker.", file=sys.stderr)


if __name__ == "__main__":
    main()
