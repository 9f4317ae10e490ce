"""The curves of the suite `scale` as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def draw(records: Sequence[dict[str, Any]], path: Path) -> None:
    """Draws one panel per curve, a line per library; flat means linear.

    Args:
        records: of the suite `scale`.
        path: of the PNG.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(records), figsize=(4 * len(records), 3.6), squeeze=False, layout="constrained")
    for panel, record in zip(axes[0], records):
        points = record["points"]
        for name in points[0]["libraries"]:
            line = [(p["x"], _height(p, name)) for p in points if "median" in p["libraries"].get(name, {})]
            if line:
                panel.plot(*zip(*line), marker="o", markersize=3, label=name, linewidth=2 if name == "jaxaug" else 1)
        panel.set(xscale="log", yscale="log", xlabel=record["case"])
        panel.set_ylabel("ns per pixel" if points[0]["per"] == "pixel" else "µs per sample")
        panel.grid(alpha=0.3)
    axes[0][0].legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _height(point: dict[str, Any], name: str) -> float:
    timing = point["libraries"][name]
    return timing["ns_per_pixel"] if point["per"] == "pixel" else timing["median"] * 1e3 / point["batch"]
