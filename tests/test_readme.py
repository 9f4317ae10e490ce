"""The code that README and the page on new transforms show is run as it stands, and lists of names are complete."""

from __future__ import annotations

import importlib
import pathlib
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import table
from scenes import labelled

import jaxaug as ja

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXTENDING = (ROOT / "docs" / "extending.md").read_text()


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", EXTENDING, re.DOTALL)
    assert found, name
    return found.group(1)


def test_the_first_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    sample = {k: jnp.asarray(v) for k, v in labelled(24, 31).items() if k in ("image", "mask", "bboxes")}
    corners = sample["bboxes"]
    sample["bboxes"] = corners.at[:, 2:].add(-corners[:, :2])
    sample["keypoints"] = jnp.array([[4.0, 5.0]])
    names: dict[str, Any] = {
        "key": jax.random.key(0),
        "image": sample["image"],
        "mask": sample["mask"],
        "boxes": sample["bboxes"],
        "points": sample["keypoints"],
        "sample": sample,
        "batch": jax.tree.map(lambda x: jnp.stack([x] * 2), sample),
    }
    exec(code.group(1), names)
    assert names["outs"]["image"].shape == (2, 24, 31, 3)
    assert jax.tree.structure(names["back"]) == jax.tree.structure(sample)


def test_the_new_transform_works_like_any_other(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vignette_of_readme.py").write_text(block("code:transform"))
    monkeypatch.syspath_prepend(tmp_path)
    names = dict(vars(importlib.import_module("vignette_of_readme")))
    names.update(vars(table))
    case = eval(block("code:table"), names)
    assert case.family == "pixels"
    sample = jax.tree.map(jnp.asarray, {k: v for k, v in labelled(*case.size).items() if k in ("image", "mask")})
    augment = ja.Compose([case.transform])
    key = jax.random.key(0)
    out = augment(key, sample)
    strength = float(augment.sample(key, sample).ops[0].params["strength"])
    assert 0.2 <= strength <= 0.6
    ratio = np.asarray(out["image"][0, 0], float) / np.asarray(sample["image"][0, 0], float)
    np.testing.assert_allclose(ratio, 1 - strength, atol=0.02)
    np.testing.assert_array_equal(out["mask"], sample["mask"])
    batch = jax.tree.map(lambda x: jnp.stack([x] * 3), sample)
    outs = jax.jit(augment.batch)(key, batch)
    assert not np.array_equal(outs["image"][0], outs["image"][1])


def test_the_list_of_transforms_is_complete() -> None:
    shown = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "transforms.md").read_text()))
    tried = {case.name for case in table.TABLE + table.SIZED + table.APART}
    missing = tried - shown
    assert not missing
    every = {n for n in ja.__all__ if isinstance(getattr(ja, n), type) and issubclass(getattr(ja, n), ja.Transform)}
    assert every - {"Transform"} == tried
