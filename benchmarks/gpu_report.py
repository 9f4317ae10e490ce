"""The parts of `gpu.sh` as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from report import Row, mean, number, ratio, table, times

Record = dict[str, Any]

ENDS = {0: "done", 124: "out of time", 137: "out of time", 75: "no time left for it"}
"""What the statuses of parts mean; 124 and 137 are those of `timeout`."""


def markdown(result: Record) -> str:
    """The report of as many parts as have run.

    Args:
        result: `date` and `parts`, each with `seconds`, `status` and, if it left one, `result`.
    """
    parts = result["parts"]
    found = {name: part["result"] for name, part in parts.items() if "result" in part}
    device = found.get("device", {})
    out = [f"# On {device.get('device', 'an unknown device')}, {result['date'][:10]}", ""]
    out += [_device(device)] if device else ["What device it was is not known."]
    for name, some in found.items():
        if name == "check":
            out += ["", "## Agreement with the CPU", "", _agreement(some)]
        for suite, records in some.get("suites", {}).items():
            body = _choices(records) if suite == "choice" else _timings(records, some["options"]["peers"])
            out += ["", f"## {name[0].upper()}{name[1:]}", "", _conditions(some), "", body]
    out += ["", "## Parts", "", table(["", "s", "end"], [_end(name, part) for name, part in parts.items()])]
    return "\n".join(out) + "\n"


def _end(name: str, part: Record) -> Row:
    return [name, str(part["seconds"]), ENDS.get(part["status"], f"failed with status {part['status']}, see the log")]


def _device(device: Record) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in device["versions"].items())
    said = [device["nvidia-smi"], device["backend"].replace("\n", ", "), versions]
    copies = [[f"{number(c['bytes'] / 1e6)} MB", f"{number(c['bytes_per_s'] / 1e9)} GB/s"] for c in device["copies"]]
    return "\n".join([". ".join(s for s in said if s) + ".", "", table(["read and written", "copy speed"], copies)])


def _agreement(some: Record) -> str:
    """A row for each transform, those out of bounds first; those without a result by the reason above them."""
    limits = some["limits"]
    without: dict[str, list[str]] = {}
    out, fine = [], []
    for name, record in some["records"].items():
        if "trouble" in record:
            without.setdefault(record["trouble"], []).append(name)
            continue
        cells = [
            f"**{_small(v)}**" if kind in record["out"] else _small(v) for kind, v in record["differences"].items()
        ]
        (out if record["out"] else fine).append([name, *cells])
    missing = sum(map(len, without.values()))
    text = f"{len(fine)} within bounds, {len(out)} out of them, {missing} without a result. The CPU's: "
    text += ", ".join(f"{k} {v}" for k, v in some.get("expected", {}).items()) or "unknown"
    text += ". Transforms that move whole pixels have to agree bit for bit in pictures and masks.\n\n"
    text += "".join(f"- {why}: {', '.join(names)}\n" for why, names in without.items()) + "\n" * bool(without)
    bounds = ["bound", *("" if limit == float("inf") else f"{limit:g}" for limit in limits.values())]
    return text + table(["", *limits], [bounds, *out, *fine])


def _small(value: float) -> str:
    return f"{value:.2g}" if value else "0"


def _conditions(some: Record) -> str:
    options = some["options"]
    side = options["size"]
    text = f"{some['date']}, batches of {options['batch']} x {side} x {side} x 3 bytes on the device where a row does "
    text += (
        f"not say otherwise; medians of {options['repeats']} rounds. `ms` is a call's share of calls that are queued "
    )
    text += "and waited for once, `alone` that of calls which are waited for one by one. The copy speed, of memory to "
    text += f"memory, is {number(some['copy_speed'] / 1e9)} GB/s. What the libraries return was not compared."
    missing = [name for name, version in some["versions"].items() if version == "not installed"]
    return text + (f" Not installed: {', '.join(missing)}." if missing else "")


def _timings(records: Sequence[Record], peers: Sequence[str]) -> str:
    peers = [p for p in peers if any("median" in r["libraries"].get(p, {}) for r in records)]
    head = ["", "jaxaug, ms", "quartiles", "alone, ms", "first call, s", "GB/s", "of the copy speed"]
    body = []
    for record in records:
        ours = record["libraries"]["jaxaug"]
        row = [record["case"], *_jaxaug(record, ours)]
        for p in peers:
            theirs = record["libraries"][p]
            row += [number(theirs["median"]) if "median" in theirs else "-", times(ratio(record, p))]
        body.append(row)
    means = [times(mean([r for record in records if (r := ratio(record, p)) is not None])) for p in peers]
    if peers:
        body.append(["geometric mean", *[""] * 6, *(cell for m in means for cell in ("", m))])
    return table([*head, *(cell for p in peers for cell in (f"{p}, ms", f"x {p}"))], body)


def _jaxaug(record: Record, ours: Record) -> Row:
    if "median" not in ours:
        return [ours["trouble"][:60], *["-"] * 5]
    return [
        number(ours["median"]),
        f"{number(ours['p25'])} to {number(ours['p75'])}",
        number(ours["latency"]) if "latency" in ours else "-",
        number(ours["first_s"]),
        number(record["moved_bytes"] / ours["median"] / 1e6),
        f"{record['of_copy_speed']:.0%}",
    ]


def _choices(records: Sequence[Record]) -> str:
    head = ["", "the choice, ms", "of the copy speed", "dearest option, ms", "ratio", "all options, ms"]
    body = []
    for record in records:
        if record.get("ratio") is None:
            body.append([record["case"], record["trouble"][:60]])
            continue
        options, dearest = record["options_ms"], record["dearest"]
        body.append(
            [
                record["case"],
                number(record["ms"]),
                f"{record['of_copy_speed']:.0%}",
                " + ".join(f"{number(options[name])} ({name})" for name in dearest),
                times(record["ratio"]),
                number(sum(options.values())),
            ]
        )
    return table(head, body)
