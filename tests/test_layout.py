"""The floors of the package: each folder says what it is and imports only those below it."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import pytest

import jaxaug as ja

ROOT = pathlib.Path(ja.__file__).parent
#: From the ground up; folders that share a floor do not import each other.
FLOORS = (
    ("backend",),
    ("kernels",),
    ("core",),
    ("geometry",),
    ("sampling",),
    ("functional",),
    ("annotations",),
    ("ops",),
    ("transforms", "engine"),
    ("pipeline",),
    ("policies",),
    ("interop",),
    ("tools",),
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
#: The doors of the house, which open onto all floors.
DOORS = ("__init__", "__main__")
FILES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).with_suffix("").name not in DOORS)


def room(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported(path: pathlib.Path) -> Iterator[tuple[str, str]]:
    """The folders of the package that a file imports, with the module's name, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "jaxaug":
            names = [f"jaxaug.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == "jaxaug":
                yield (name.split(".") + [""])[1], name


def test_every_folder_has_its_floor() -> None:
    rooms = {room(path) for path in ROOT.rglob("*.py")} - set(DOORS)
    assert rooms <= set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_import_only_what_lies_below(path: pathlib.Path) -> None:
    here = room(path)
    for there, name in imported(path):
        assert there in FLOOR, f"{name} is no folder of the package: import the module where it is defined"
        assert there == here or FLOOR[there] < FLOOR[here], f"{here} imports {name}, which lies above or beside it"


def test_files_of_a_folder_import_each_other_in_no_circle() -> None:
    edges: dict[str, set[str]] = {}
    for path in FILES:
        module = "jaxaug." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        edges[module] = {name for _, name in imported(path)}

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        for other in edges.get(module, ()):
            visit(other, (*trail, module))

    for module in edges:
        visit(module, ())


@pytest.mark.parametrize("name", [name for name in FLOOR if (ROOT / name).is_dir()])
def test_every_folder_says_in_a_sentence_what_it_is(name: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / name / "__init__.py").read_text()))
    assert text
    assert text.splitlines()[0].endswith(".")


def test_the_top_of_the_package_shows_what_is_for_users_only() -> None:
    assert set(dir(ja)) == set(ja.__all__) | {"__version__"}
    modules = {name for name in dir(ja) if isinstance(getattr(ja, name), type(ast))}
    assert modules == {"functional", "plot", "recipes"}
