"""Every transform before and after, drawn: one small program for each, compiled side by side."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.pipeline_lists import known_steps
from jaxaug.tools import scenes
from jaxaug.tools.extras import require
from jaxaug.tools.gallery_sections import DRAWN_SIZE, SECTIONS, SIDE, Section
from jaxaug.tools.plot import sheet
from jaxaug.tools.sample_drawing import DrawnSample
from jaxaug.transforms import TextImage

#: Programs that run a few times only are compiled for quick compilation.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
#: Draws until one shows something: a turn by no quarter and a probability within a policy do not.
MOST_DRAWS = 12
#: Photographs of the gallery, the second for what needs another one.
PHOTOGRAPHS = ("astronaut", "chelsea")
#: Oriented boxes on the photograph. Where the picture is bent, programs with them are twice as large.
SHIPS = np.array([[44, 119, 56, 25, 30], [119, 38, 38, 15, 120]], np.float32)
#: What is drawn over pictures.
LEGEND = {
    "mask": "tint: mask",
    "bboxes": "outline: box",
    "obboxes": "tilted, with a line along its width: oriented box",
    "keypoints": "dot: keypoint",
}
#: Pictures in a row of a sheet.
COLUMNS = 7


@dataclasses.dataclass(frozen=True)
class Cell:
    """A picture of the gallery.

    Args:
        section: where it stands.
        title: name of the transform, or `before`.
        sample: what is drawn.
    """

    section: Section
    title: str
    sample: dict[str, np.ndarray]

    def picture(self) -> np.ndarray:
        """(height, width, 3) bytes: the sample, twice as large, with its targets drawn over it."""
        drawn = DrawnSample.read(self.sample)
        return drawn.picture(drawn.panel(), scale=2)


def gallery(key: jax.Array, sections: Iterable[Section] = SECTIONS) -> Iterator[Cell]:
    """Every transform before and after, one draw each.

    Args:
        key: a PRNG key.
        sections: those that are shown.

    Yields:
        For each section what its transforms are given, once, and what each of them makes of it.

    Raises:
        ImportError: an extra is not installed.
    """
    sections = tuple(sections)
    known = {name: _scene(name) for name in dict.fromkeys(section.scene for section in sections)}
    # XLA compiles without Python's lock.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [
            (section, {name: pool.submit(_after, key, name, section, known) for name in section.arguments})
            for section in sections
        ]
        for section, results in waiting:
            for sample in _singles(section, known[section.scene]):
                yield Cell(section, "before", sample)
            for name, result in results.items():
                yield Cell(section, name, result.result())


def sheets(cells: Iterable[Cell], folder: Path) -> list[Path]:
    """Writes a sheet of each section.

    Args:
        cells: of the gallery, in order.
        folder: where to.

    Returns:
        The files.
    """
    by_section: dict[str, list[Cell]] = {}
    for cell in cells:
        by_section.setdefault(cell.section.name, []).append(cell)
    paths = []
    for name, shown in by_section.items():
        pictures = [cell.picture() for cell in shown]
        height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
        # All of one scale, so that sizes can be compared.
        samples = [{"image": _on_paper(picture, height, width)} for picture in pictures]
        figure = sheet(samples, [cell.title for cell in shown], columns=COLUMNS)
        said = [text for target, text in LEGEND.items() if target in shown[0].sample]
        figure.supxlabel("; ".join(said), fontsize=8)
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1])
    return paths


def _on_paper(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture with white below it and to its right."""
    return np.pad(picture, ((0, height - len(picture)), (0, width - picture.shape[1]), (0, 0)), constant_values=255)


def _scene(name: str) -> dict[str, Any]:
    """What a section is shown on."""
    if name in ("tissue", "head", "volume"):
        return {"tissue": scenes.tissue, "head": scenes.head, "volume": scenes.head_volume}[name](SIDE)
    first, second = (scenes.photograph(photograph, SIDE) for photograph in PHOTOGRAPHS)
    if name == "pair":
        return {"image": np.stack([first["image"], second["image"]])}
    if name == "picture":
        return {"image": first["image"]}
    if name == "photograph":
        return first
    oriented = {"obboxes": SHIPS, "obboxes_valid": np.ones(len(SHIPS), bool)} if name == "oriented" else {}
    return scenes.ruled(first) | oriented


def _singles(section: Section, sample: dict[str, Any]) -> list[dict[str, Any]]:
    """The samples of a batch, or the one that there is."""
    if section.scene != "pair":
        return [sample]
    return [{name: leaf[i] for name, leaf in sample.items()} for i in range(2)]


def _after(key: jax.Array, name: str, section: Section, known: dict[str, Any]) -> dict[str, np.ndarray]:
    """The first draw of a transform that shows something."""
    before = known[section.scene]
    step = known_steps()[name](**section.arguments[name], **_font(name), p=1)
    augment = Compose([step], bbox_params=BboxParams("pascal_voc"), keypoint_params=KeypointParams("xy"))
    program = jax.jit(augment.batch if section.scene == "pair" else augment, compiler_options=QUICK)
    sample = before | _beside(name, before)
    picture = "volume" if "volume" in before else "image"
    for i in range(MOST_DRAWS):
        out = jax.device_get(program(jax.random.fold_in(key, i), sample))
        out = {entry: leaf for entry, leaf in out.items() if entry in before or entry == "size"}
        if not np.array_equal(out[picture], before[picture]):
            break
    return _singles(section, out)[0]


def _font(name: str) -> dict[str, Any]:
    """The font of texts, which comes with matplotlib."""
    if name != "TextImage":
        return {}
    return {"font_path": Path(require("matplotlib", "plot").get_data_path()) / "fonts/ttf/DejaVuSans-Bold.ttf"}


def _beside(name: str, sample: dict[str, Any]) -> dict[str, Any]:
    """What a transform reads from a sample besides its targets."""
    if name in DRAWN_SIZE:
        more = {"cropping_bbox": sample["bboxes"][0]} if name == "RandomCropNearBBox" else {}
        return more | {"size": np.array([SIDE, SIDE], np.int32)}
    other = {"FDA": "fda", "HistogramMatching": "hm", "PixelDistributionAdaptation": "pda"}
    if name in other:
        return {f"{other[name]}_metadata": [scenes.photograph(PHOTOGRAPHS[1], SIDE)["image"]]}
    if name == "OverlayElements":
        sticker = scenes.photograph(PHOTOGRAPHS[1], SIDE)["image"]
        return {"overlay_metadata": {"image": sticker, "bbox": np.array([0.05, 0.5, 0.4, 0.85], np.float32)}}
    if name == "TextImage":
        bbox = np.array([0.05, 0.8, 0.95, 0.95], np.float32)
        return {"textimage_metadata": {"bbox": bbox, "text": TextImage.codes("jaxaug", 6)}}
    return {}
