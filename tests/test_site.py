"""The Python that the site shows is run as it stands, page by page."""

from __future__ import annotations

import importlib
import pathlib
import re
from types import ModuleType
from typing import Any

import pytest

import jaxaug as ja

DOCS = pathlib.Path(__file__).parent.parent / "docs"
PAGES = {page.stem: re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S) for page in DOCS.glob("*.md")}
TRIED = sorted(name for name, blocks in PAGES.items() if blocks)


@pytest.mark.parametrize(
    "page", [name if name == "quickstart" else pytest.param(name, marks=pytest.mark.slow) for name in TRIED]
)
def test_the_code_of_a_page_runs(page: str) -> None:
    names: dict[str, Any] = {}
    for i, block in enumerate(PAGES[page]):
        exec(compile(block, f"docs/{page}.md, block {i + 1}", "exec"), names)


def test_every_page_can_be_found() -> None:
    listed = set(re.findall(r"^\w+$", (DOCS / "index.md").read_text(), re.M))
    assert set(PAGES) - {"index"} == listed


def test_every_public_name_is_in_the_reference_with_an_example():
    shown = re.findall(r"^\.\. automodule:: (\S+)\n   :members:$", (DOCS / "api.md").read_text(), re.M)
    modules = [importlib.import_module(name) for name in shown]
    public = {f"{module.__name__}.{name}": getattr(module, name) for module in modules for name in module.__all__}
    assert ja in modules
    assert all(value in modules for value in public.values() if isinstance(value, ModuleType))
    texts = {name: value.__doc__ for name, value in public.items() if not isinstance(value, ModuleType)}
    assert [name for name, text in texts.items() if not text or ">>>" not in text] == []


def test_links_lead_somewhere_and_pictures_are_there() -> None:
    for page in DOCS.glob("*.md"):
        prose = re.sub(r"^```python\n.*?^```$", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"https?://", target):
                continue
            path, _, anchor = target.partition("#")
            found = (page.parent / path).resolve() if path else page
            assert found.exists(), f"{page.name}: {target}"
            headings = re.findall(r"^#+ (.*)$", found.read_text(), re.M) if anchor else []
            assert not anchor or anchor in {slug(heading) for heading in headings}, f"{page.name}: {target}"


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
