"""Notebooks are manuals: each runs from top to bottom, and shows what it gives."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = pathlib.Path(__file__).parent.parent
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: The least number of pictures that each shows.
PICTURES = {"coming_from_albumentations": 7, "multi_target": 13, "segmentation": 5, "training": 3}
EACH = pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)


def code(book: Any) -> list[Any]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def printed(cell: Any) -> str:
    return "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")


def pictures(cell: Any) -> int:
    return sum(
        any(kind.startswith("image/") for kind in out.data)
        for out in cell.outputs
        if out.output_type in ("display_data", "execute_result")
    )


@EACH
def test_the_stored_notebook_is_whole_and_small(path: pathlib.Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert path.stat().st_size < 1_500_000
    assert book.metadata.kernelspec.name == "python3"
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))
    assert sum(map(pictures, code(book))) >= PICTURES[path.stem]
    for cell in code(book):
        assert all(out.output_type in ("display_data", "execute_result", "stream") for out in cell.outputs)
        assert all(out.name == "stdout" for out in cell.outputs if out.output_type == "stream")


@EACH
@pytest.mark.slow
def test_the_notebook_runs_and_gives_what_it_shows(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    book = nbformat.read(path, as_version=4)
    shown = [(printed(cell), pictures(cell)) for cell in code(book)]
    client = nbclient.NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    modules = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    client.execute(env={**os.environ, "PYTHONPATH": modules, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""})
    assert [(printed(cell), pictures(cell)) for cell in code(book)] == shown


@pytest.mark.slow
def test_figures_pipelines_and_plans_show_themselves_in_a_notebook() -> None:
    cells = [
        "import jax, numpy as np, jaxaug as ja",
        "augment = ja.Compose([ja.HorizontalFlip(p=1)]); augment",
        "image = np.zeros((8, 8), np.uint8); augment.sample(jax.random.key(0), image=image)",
        "ja.plot.sample({'image': image})",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    modules = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    nbclient.NotebookClient(book, kernel_name="python3").execute(env={**os.environ, "PYTHONPATH": modules})
    shown = [[dict(out.data) for out in cell.outputs if out.output_type != "stream"] for cell in book.cells]
    assert [len(outs) for outs in shown] == [0, 1, 1, 1]
    assert "<b>HorizontalFlip</b>" in shown[1][0]["text/html"]
    assert "<td>mirrored left and right</td>" in shown[2][0]["text/html"]
    assert shown[2][0]["text/plain"] == "HorizontalFlip: mirrored left and right"
    assert len(shown[3][0]["image/png"]) > 500
