"""What the files beside the code say of the project agrees with it, and with each other."""

from __future__ import annotations

import pathlib
import re
import tomllib
from typing import Any

import pytest
import yaml

import jaxaug as ja

ROOT = pathlib.Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def test_there_is_one_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    (newest, *_) = re.findall(r"^## (\S+?),? ", changes, re.M)
    assert newest == CITATION["version"] == ja.__version__


def test_citation_and_package_name_the_same_project() -> None:
    assert CITATION["repository-code"] == PROJECT["urls"]["Repository"]
    assert CITATION["license"] == PROJECT["license"]
    assert [author["name"] for author in CITATION["authors"]] == [author["name"] for author in PROJECT["authors"]]
    assert all(url.startswith(CITATION["repository-code"]) for url in PROJECT["urls"].values())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_forms_for_issues_are_those_that_github_takes(form: pathlib.Path) -> None:
    said: dict[str, Any] = yaml.safe_load(form.read_text())
    assert said.keys() == {"name", "description", "labels", "body"}
    for field in said["body"]:
        assert field.keys() <= {"type", "id", "attributes", "validations"}
        assert field["type"] in ("textarea", "input")
        assert field["attributes"]["label"]
    assert len({field["id"] for field in said["body"]}) == len(said["body"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_within_the_repository_lead_somewhere(page: pathlib.Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    inside = [link for link in links if not link.startswith("https://")]
    assert [link for link in inside if not (ROOT / link).exists()] == []


def test_paths_that_contributors_are_told_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:jaxaug|tests|docs|\.ci)(?:/[\w.]*)+)`", text))
    drawn = {f"jaxaug/{path}" for path in re.findall(r"\b(?:\w+/)+(?:\w+\.py)?", text.split("```")[1])}
    assert len(named) > 5
    assert len(drawn) > 5
    assert [path for path in named | drawn if not (ROOT / path).exists()] == []
