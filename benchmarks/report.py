"""Records as tables: on the terminal, in Markdown, in pages."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from peers.base import JAX

Record = dict[str, Any]
Row = list[str]

TITLES = {
    "singles": "Single transforms",
    "pipelines": "Pipelines",
    "sizes": "Real sizes, and floats",
    "choice": "Choices against their dearest options",
    "scale": "Growth",
    "compile": "Compiling and importing",
    "outside": "Calls outside jit",
    "memory": "Memory",
}


RACES = ("singles", "pipelines", "sizes")
"""Suites that time the same cases with every library."""


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def ratio(record: Record, peer: str) -> float | None:
    """How many times as long a peer took as jaxaug; None if one of them has no time."""
    ours, theirs = (record["libraries"].get(n, {}).get("median") for n in ("jaxaug", peer))
    return theirs / ours if ours and theirs else None


def times(value: float | None, differs: bool = False) -> str:
    """A ratio as text: a dash if there is none, `~` in front of it if the work was not the same."""
    if value is None:
        return "-"
    return f"{'~' if differs else ''}{value:.{2 if value < 10 else 0}f}x"


# Rows of each suite ------------------------------------------------------------------------------------------------


def _timing_header(peers: Sequence[str]) -> Row:
    return [
        "",
        "jaxaug, ms",
        "quartiles",
        "ns / pixel",
        "first call, s",
        *(f"{p}, ms" for p in peers),
        *(f"x {p}" for p in peers),
    ]


def _timing_row(record: Record, peers: Sequence[str]) -> Row:
    ours = record["libraries"]["jaxaug"]
    cells = [record["case"]]
    cells += (
        [
            number(ours["median"]),
            f"{number(ours['p25'])} to {number(ours['p75'])}",
            number(ours["ns_per_pixel"]),
            number(ours["first_s"]),
        ]
        if "median" in ours
        else ["-"] * 4
    )
    theirs = [record["libraries"].get(p, {}) for p in peers]
    cells += [number(t["median"]) if "median" in t else "-" for t in theirs]
    return cells + [times(ratio(record, p), bool(t.get("work"))) for p, t in zip(peers, theirs)]


def _means(records: Sequence[Record], peers: Sequence[str]) -> list[tuple[str, list[float]]]:
    out = []
    for p in peers:
        out.append((p, [r for r in (ratio(record, p) for record in records) if r is not None]))
    return out


def mean(values: Sequence[float]) -> float | None:
    """The geometric mean, None of nothing."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def _timing_rows(records: Sequence[Record], peers: Sequence[str]) -> list[Row]:
    return [*(_timing_row(r, peers) for r in records), *_summary(records, peers)]


def _summary(records: Sequence[Record], peers: Sequence[str]) -> list[Row]:
    """The geometric mean of the ratios and the least of them."""
    means = [times(mean(values)) for _, values in _means(records, peers)]
    worst = [times(min(values, default=None)) for _, values in _means(records, peers)]
    blank = [""] * (4 + len(peers))
    return [["geometric mean", *blank, *means], ["least", *blank, *worst]]


def _setting(record: Record) -> str:
    return f"{max(record['size'])}, {record['dtype']}"


def _grid_header(peers: Sequence[str]) -> Row:
    return ["", "size, dtype", "ns / pixel", *(f"x {p}" for p in peers)]


def _grid_row(record: Record, peers: Sequence[str]) -> Row:
    ours, theirs = record["libraries"]["jaxaug"], record["libraries"]
    own = number(ours["ns_per_pixel"]) if "median" in ours else "-"
    ratios = [times(ratio(record, p), bool(theirs.get(p, {}).get("work"))) for p in peers]
    return [record["case"], _setting(record), own, *ratios]


def _grid(records: Sequence[Record], peers: Sequence[str]) -> tuple[Row, list[Row]]:
    """A row for each case and a column for each size and dtype: nanoseconds per pixel, then the ratios of peers."""
    settings = list(dict.fromkeys(map(_setting, records)))
    cells: dict[str, dict[str, str]] = {}
    for record in records:
        _, _, own, *ratios = _grid_row(record, peers)
        cells.setdefault(record["case"], {})[_setting(record)] = " / ".join([own, *ratios])
    body = [[case, *(found.get(setting, "-") for setting in settings)] for case, found in cells.items()]
    for title, of in (("geometric mean", mean), ("least", lambda values: min(values, default=None))):
        row = [title]
        for setting in settings:
            some = [r for r in records if _setting(r) == setting]
            row.append(" / ".join(["", *(times(of(values)) for _, values in _means(some, peers))]).strip())
        body.append(row)
    return ["ns / pixel, " + ", ".join(f"x {p}" for p in peers), *settings], body


def _choice_row(record: Record, peers: Sequence[str]) -> Row:
    if record.get("ratio") is None:
        return [record["case"], "-", record["trouble"][-60:], "-", "-", "-"]
    dearest, total = record["dearest"], sum(record["options_ms"].values())
    theirs = record["albumentations_ms"]
    return [
        record["case"],
        number(record["ms"]),
        " + ".join(f"{number(record['options_ms'][name])} ({name})" for name in dearest),
        times(record["ratio"]),
        number(total),
        "-" if theirs is None else number(theirs),
    ]


def _compile_row(record: Record, peers: Sequence[str]) -> Row:
    if "seconds" in record:
        return [", ".join(f"import {n}: {number(s)} s" for n, s in record["seconds"].items())]
    costs = [record["libraries"].get(n, {}) for n in ("jaxaug", *peers) if n in JAX]
    cells = [
        f"{number(c['trace_s'])} + {number(c['compile_s'])} ({c['fusions']})" if "trace_s" in c else "-" for c in costs
    ]
    traces = record["traces"]
    return [record["case"], *cells, ", ".join(f"{k}: {str(v)[:60]}" for k, v in traces.items())]


def _memory_row(record: Record, peers: Sequence[str]) -> Row:
    cells = [record["case"]]
    for name in (n for n in ("jaxaug", *peers) if n in JAX):
        cost = record["libraries"].get(name, {})
        if "in_bytes" not in cost:
            cells += ["-"] if name != "jaxaug" else ["-", "-"]
            continue
        moved = cost["in_bytes"] + cost["out_bytes"]
        if name == "jaxaug":
            cells.append(number(moved / 1e6))
        cells.append(f"{number(cost['temporary_bytes'] / 1e6)} ({times(cost['temporary_bytes'] / moved)})")
    return cells


def _scale_row(record: Record, peers: Sequence[str]) -> Row:
    cells = [str(record["case"])]
    for name in ("jaxaug", *peers):
        timing = record["libraries"].get(name, {})
        cells.append(number(timing["median"]) if "median" in timing else "-")
    ours = record["libraries"]["jaxaug"]
    return [*cells, number(ours["ns_per_pixel"]) if "median" in ours and record["per"] == "pixel" else "-"]


def row(suite: str, record: Record, peers: Sequence[str]) -> Row:
    """One line of a suite's table."""
    makers: dict[str, Callable[[Record, Sequence[str]], Row]] = {
        "singles": _timing_row,
        "pipelines": _timing_row,
        "sizes": _grid_row,
        "choice": _choice_row,
        "compile": _compile_row,
        "memory": _memory_row,
        "outside": lambda record, peers: [record["case"], str(record["value"])],
        "scale": _scale_row,
    }
    return makers[suite](record, peers)


def header(suite: str, peers: Sequence[str]) -> Row:
    """The heading of a suite's table."""
    names = ["jaxaug", *peers]
    compiled = ["jaxaug", *(p for p in peers if p in JAX)]
    return {
        "singles": _timing_header(peers),
        "pipelines": _timing_header(peers),
        "sizes": _grid_header(peers),
        "choice": ["", "choice, ms", "dearest options, ms", "ratio", "all options, ms", "albumentations' choice, ms"],
        "compile": [
            "",
            *(f"{n}, trace + compile s (fusions)" for n in compiled),
            "times traced over 3 calls (1 is right)",
        ],
        "outside": ["", "jaxaug"],
        "memory": ["", "in + out, MB", *(f"{n}: temporaries, MB" for n in compiled)],
        "scale": ["", *(f"{n}, ms" for n in names), "jaxaug, ns / pixel"],
    }[suite]


def rows(suite: str, records: Sequence[Record], peers: Sequence[str]) -> list[Row]:
    """All lines of a suite's table."""
    if suite in ("singles", "pipelines"):
        return _timing_rows(records, peers)
    if suite == "scale":
        records = [point for curve in records for point in curve["points"]]
    return [row(suite, r, peers) for r in records]


def summary(suite: str, records: Sequence[Record], peers: Sequence[str]) -> list[Row]:
    """The last lines of a suite's table."""
    if suite == "sizes":
        return [row for row in _grid(records, peers)[1] if row[0] in ("geometric mean", "least")]
    return _summary(records, peers) if suite in RACES else []


# Text --------------------------------------------------------------------------------------------------------------


def terminal(cells: Row) -> str:
    """A line of the table that is shown while it grows."""
    return cells[0][:58].ljust(58) + "  ".join(c[:26].rjust(9) for c in cells[1:])


def table(head: Row, body: Sequence[Row]) -> str:
    """A table in Markdown; short rows are filled up with empty cells."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *([*r, *[""] * (len(head) - len(r))] for r in body)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _notes(suite: str, records: Sequence[Record]) -> str:
    """Where the work differed or a library failed."""
    lines = []
    for record in records if suite in RACES else ():
        for name, timing in record["libraries"].items():
            text = timing["work"] or (timing["trouble"] if timing["trouble"].startswith("failed") else "")
            if text:
                lines.append(f"- {record['case']}, {name}: {text}")
        if "of_copy_speed" in record:
            lines.append(f"- {record['case']}: jaxaug at {record['of_copy_speed']:.0%} of the device's copy speed")
    return "\n".join(["", "Notes (`~` marks work that is not the same):", "", *lines]) if lines else ""


def markdown(result: Record) -> str:
    """The whole report."""
    machine, options = result["machine"], result["options"]
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    out = [
        "# Benchmarks",
        "",
        f"{result['date']}, {machine['name']}, {machine['cores']} cores, of which used: {options['cores']}; "
        f"device: {options['device']}. {versions}.",
        "",
        f"Batches of {options['batch']} pictures of {options['size']} x {options['size']} x 3 uint8 where a row does "
        f"not say otherwise. Median of {options['repeats']} rounds in which the libraries take turns, each in its own "
        "process; compilation is not counted. `x peer` is how many times as long the peer takes: below 1x jaxaug is "
        "the slower one. A dash: the library cannot do it, or is not installed.",
    ]
    for suite, records in result["suites"].items():
        body = _full(suite, records, options["peers"])
        out += ["", f"## {TITLES[suite]}", "", body, _notes(suite, records)]
    return "\n".join(out).rstrip() + "\n"


def _full(suite: str, records: Sequence[Record], peers: Sequence[str]) -> str:
    """The table of a report."""
    head, body = _grid(records, peers) if suite == "sizes" else (header(suite, peers), rows(suite, records, peers))
    return table(head, body)


def _compact(suite: str, records: Sequence[Record], peers: Sequence[str]) -> str:
    """A short table for a page."""
    if suite not in RACES or suite == "sizes":
        return _full(suite, records, peers)
    peers = [p for p in peers if any(ratio(r, p) is not None for r in records)]
    kept = [0, 1, 3, 4, *range(5 + len(peers), 5 + 2 * len(peers))]
    body = [[r[i] for i in kept] for r in rows(suite, records, peers)]
    return table(["", "jaxaug, ms", "ns / pixel", "first call, s", *peers], body)


def updated(text: str, result: Record) -> tuple[str, list[str]]:
    """Replaces what stands between the markers of each suite.

    Args:
        text: of a page, with `<!-- benchmark:SUITE -->` and `<!-- /benchmark:SUITE -->` in it.
        result: of a run.

    Returns:
        The new text, and the suites that have no markers.
    """
    missing = []
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    where = f"{result['machine']['name']}, cores used: {result['options']['cores']}, {result['date'][:10]}; {versions}."
    for suite, records in result["suites"].items():
        filled = placed(text, suite, f"{_compact(suite, records, result['options']['peers'])}\n\n{where}")
        if filled is None:
            missing.append(suite)
        else:
            text = filled
    return text, missing


def placed(text: str, suite: str, body: str) -> str | None:
    """A page with a text between its markers of a suite; None if it has no such markers."""
    start, end = f"<!-- benchmark:{suite} -->", f"<!-- /benchmark:{suite} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{start}\n{body}\n{end}", text) if pattern.search(text) else None
