"""The command line: what it writes is right, and what it refuses it refuses in one line."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import jax
import numpy as np
import pytest
from PIL import Image
from skimage import data
from table import APART, SIZED, TABLE

import jaxaug as ja
from jaxaug.__main__ import main
from jaxaug.tools.gallery import gallery, sheets
from jaxaug.tools.gallery_sections import SECTIONS, SIDE, UNSEEN

PICTURE = data.astronaut()[40:406:8, 62:512:8]
HEIGHT, WIDTH = PICTURE.shape[:2]
FLIP = [["HorizontalFlip", {"p": 1.0}]]


def files(folder: pathlib.Path, **more: Any) -> dict[str, str]:
    """A picture, a mask, boxes, keypoints and a pipeline on disk."""
    Image.fromarray(PICTURE).save(folder / "photo.png")
    Image.fromarray((np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 7).astype(np.uint8)).save(folder / "mask.png")
    texts = {
        "boxes": {"format": "pascal_voc", "boxes": [[2, 3, 12, 20], [30, 4, 40, 9]], "labels": ["face", "hand"]},
        "keypoints": [[5, 6], [0, 0]],
        "pipeline": FLIP,
    } | more
    for name, value in texts.items():
        (folder / f"{name}.json").write_text(value if isinstance(value, str) else json.dumps(value))
    return {n: str(folder / f"{n}.json") for n in texts} | {
        "photo": str(folder / "photo.png"),
        "mask": str(folder / "mask.png"),
        "out": str(folder / "out"),
    }


def pixels(path: pathlib.Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_whole_pipelines_are_applied(tmp_path: pathlib.Path) -> None:
    f = files(tmp_path, pipeline=ja.to_dict(ja.Compose([ja.HorizontalFlip(p=1)])))
    assert main(["apply", f["photo"], "--pipeline", f["pipeline"], "--n", "1", "--out", f["out"]]) == 0
    np.testing.assert_array_equal(pixels(tmp_path / "out" / "000_image.png"), PICTURE[:, ::-1])


def test_everything_follows_a_flip(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    f = files(tmp_path)
    arguments = ["apply", f["photo"], "--mask", f["mask"], "--boxes", f["boxes"], "--keypoints", f["keypoints"]]
    assert main([*arguments, "--pipeline", f["pipeline"], "--n", "2", "--out", f["out"]]) == 0
    out = tmp_path / "out"
    assert capsys.readouterr().out.strip() == str(out / "sheet.png")
    assert pixels(out / "sheet.png").shape[1] > 100
    for i in range(2):
        np.testing.assert_array_equal(pixels(out / f"00{i}_image.png"), PICTURE[:, ::-1])
        mask = pixels(tmp_path / "mask.png")
        np.testing.assert_array_equal(pixels(out / f"00{i}_mask.png"), mask[:, ::-1])
        boxes = json.loads((out / f"00{i}_boxes.json").read_text())
        expected = [[WIDTH - 12, 3, WIDTH - 2, 20], [WIDTH - 40, 4, WIDTH - 30, 9]]
        np.testing.assert_allclose(boxes["boxes"], expected, atol=1e-4)
        assert boxes["labels"] == ["face", "hand"]
        points = json.loads((out / f"00{i}_keypoints.json").read_text())
        np.testing.assert_allclose(points["keypoints"], [[WIDTH - 6, 6], [WIDTH - 1, 0]], atol=1e-4)


def test_what_is_cropped_away_is_not_written(tmp_path: pathlib.Path) -> None:
    f = files(tmp_path, pipeline=[["Crop", {"x_min": 0, "y_min": 0, "x_max": 20, "y_max": 30}]])
    arguments = ["apply", f["photo"], "--boxes", f["boxes"], "--pipeline", f["pipeline"], "--n", "1"]
    assert main([*arguments, "--out", f["out"]]) == 0
    boxes = json.loads((tmp_path / "out" / "000_boxes.json").read_text())
    assert boxes["labels"] == ["face"]
    np.testing.assert_allclose(boxes["boxes"], [[2, 3, 12, 20]], atol=1e-4)


@pytest.mark.parametrize(
    ("more", "change", "message"),
    [
        ({}, {"photo": "missing.png"}, "missing.png"),
        ({}, {"mask": "small.png"}, "small.png"),
        ({"boxes": [[2, 3, 500, 20]]}, {}, "row 0"),
        ({"boxes": "{not json"}, {}, "boxes.json"),
        ({"boxes": [[1, 2, 3]]}, {}, "boxes.json"),
        ({"pipeline": [["HorizontalFlop", {}]]}, {}, "Did you mean 'HorizontalFlip'"),
        ({"pipeline": [["Rotate", {"limits": 3}]]}, {}, "no argument 'limits'"),
        ({"pipeline": [["RandomCrop", {"height": 900, "width": 900}]]}, {}, "larger than the picture"),
    ],
)
def test_refusals(
    more: dict[str, Any],
    change: dict[str, str],
    message: str,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    f = files(tmp_path, **more)
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "small.png")
    f |= {name: str(tmp_path / value) for name, value in change.items()}
    arguments = ["apply", f["photo"], "--mask", f["mask"], "--boxes", f["boxes"], "--pipeline", f["pipeline"]]
    assert main([*arguments, "--n", "1", "--out", f["out"]]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "000_image.png").exists()


def test_no_command_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "demo" in capsys.readouterr().out


def test_the_demo_writes_its_sheet(tmp_path: pathlib.Path) -> None:
    assert main(["demo", "--n", "1", "--out", str(tmp_path)]) == 0
    assert pixels(tmp_path / "sheet.png").std() > 20


def test_the_gallery_holds_every_transform_once() -> None:
    shown = [name for section in SECTIONS for name in section.arguments]
    assert sorted(shown) == sorted({case.name for case in TABLE + SIZED + APART} - UNSEEN)


def test_a_section_of_the_gallery_is_drawn(tmp_path: pathlib.Path) -> None:
    mixing = next(section for section in SECTIONS if section.name == "mixing")
    cells = list(gallery(jax.random.key(0), [mixing]))
    assert [cell.title for cell in cells] == ["before", "before", "MixUp", "CutMix"]
    first, second, _, cut = (cell.sample["image"] for cell in cells)
    pasted = (cut != first).any(axis=-1)
    assert pasted.any()
    np.testing.assert_array_equal(cut[pasted], second[pasted])
    (path,) = sheets(cells, tmp_path)
    assert path.name == "mixing.png"
    assert pixels(path).std() > 20


@pytest.mark.slow
def test_every_transform_of_the_gallery_shows_something() -> None:
    before: dict[str, np.ndarray] = {}
    for cell in gallery(jax.random.key(0)):
        picture = cell.picture()
        assert max(picture.shape) <= 3 * SIDE
        if cell.title == "before":
            before[cell.section.name] = before.get(cell.section.name, picture)
            assert picture.shape == (2 * SIDE, 2 * SIDE, 3)
        else:
            start = before[cell.section.name]
            assert picture.shape != start.shape or np.abs(picture.astype(int) - start).mean() > 0.5, cell.title
