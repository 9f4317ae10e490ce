"""Times jaxaug and its peers side by side, on the same pictures.

    python benchmarks/run.py --suite singles,pipelines --peers albumentations,augmax,dm_pix --json out.json

Every library runs in a process of its own, on one core by default. All are warmed up, then take turns round after
round, with a new key for every call; a time counts until the result is there, on a GPU until all those of a round are.
What is reported is the median, its quartiles, nanoseconds per pixel that goes in, and how many times as long each peer
takes. The results are compared too: sizes, dtypes, and the pictures of the same case with its ranges narrowed to single
numbers.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
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
    add("--queue", action="store_true", help="queue the calls of a round and wait for them once; always on a GPU")
    add("--copy", type=int, metavar="BYTES", help="see how fast the device copies so many; 2 GiB on a GPU, else 0")
    add("--no-check", action="store_true", help="do not compare what the libraries return")
    add("--python", action="append", default=[], metavar="LIBRARY=PATH", help="interpreter that has a library")
    add("--json", type=Path)
    add("--markdown", type=Path)
    add("--plot", type=Path, default=Path("scale.png"), help="where the suite scale is drawn")
    add("--update", type=Path, nargs="+", default=[], metavar="PAGE", help="fill in <!-- benchmark:SUITE --> markers")
    return parser.parse_args(argv)


def _names(known: Any) -> Any:
    def read(text: str) -> list[str]:
        names = [n for n in text.split(",") if n]
        unknown = [n for n in names if n not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return read


def _run(options: argparse.Namespace, fleet: Fleet) -> dict[str, Any]:
    sizes = Options(
        options.batch,
        options.size,
        options.repeats,
        lambda name: re.search(options.only, name) is not None,
        options.most,
        fleet.workers["jaxaug"].ask("copy", count=options.copy) if options.copy else 0.0,
    )
    result: dict[str, Any] = {
        "date": machine.now(),
        "machine": machine.describe(options.device),
        "versions": fleet.versions(),
        "copy_speed": sizes.copy_speed,
        "options": vars(options),
        "suites": {},
    }
    for suite in options.suite:
        print(f"\n{report.TITLES[suite]}\n{report.terminal(report.header(suite, options.peers))}", flush=True)

        def show(record: dict[str, Any], suite: str = suite) -> None:
            tqdm.write(report.terminal(report.row(suite, record, options.peers)), file=sys.stdout)
            sys.stdout.flush()
            if suite != "scale":
                result["suites"].setdefault(suite, []).append(record)
                _write(options, result)

        records = SUITES[suite](fleet, sizes, show)
        result["suites"][suite] = records
        for line in report.summary(suite, records, options.peers):
            print(report.terminal(line), flush=True)
        _write(options, result)
    return result


def _write(options: argparse.Namespace, result: dict[str, Any]) -> None:
    """Writes everything that is known so far, so that a long run that is stopped leaves something."""
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, default=str) + "\n")
    if options.markdown:
        options.markdown.write_text(report.markdown(result))
    if result["suites"].get("scale"):
        plot.draw(result["suites"]["scale"], options.plot)


def main(argv: Sequence[str] | None = None) -> None:
    options = _arguments(argv)
    on_gpu = options.device == "gpu"
    options.queue |= on_gpu
    options.copy = options.copy if options.copy is not None else 2**31 * on_gpu
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
        options.queue,
    )
    try:
        print(", ".join(f"{k} {v}" for k, v in fleet.versions().items()))
        result = _run(options, fleet)
    finally:
        fleet.close()
    unplaced = set(result["suites"]) if options.update else set()
    for page in options.update:
        text, missing = report.updated(page.read_text(), result)
        page.write_text(text)
        unplaced &= set(missing)
    for suite in sorted(unplaced):
        pages = ", ".join(map(str, options.update))
        print(f"No <!-- benchmark:{suite} --> marker in {pages}.", file=sys.stderr)


if __name__ == "__main__":
    main()
