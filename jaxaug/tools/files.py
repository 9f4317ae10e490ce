"""Targets as files, for the command line: pictures, masks, boxes and keypoints, each refused in one line if unfit."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.tools.extras import require

#: Modes of Pillow whose pixels are kept as they are; 16-bit ones differ in the order of their bytes.
PLAIN = ("L", "LA", "RGB", "RGBA")
DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I")


class Refusal(Exception):
    """Input that cannot be worked with; the message is the line that the user reads."""


@contextlib.contextmanager
def blaming(what: object) -> Iterator[None]:
    """Turns errors about values into a refusal.

    Args:
        what: what the values came from, for the message.

    Raises:
        Refusal: in place of a ValueError or TypeError.

    Example:
        >>> with blaming("boxes.json"):
        ...     int("x")
        Traceback (most recent call last):
        jaxaug.tools.files.Refusal: boxes.json: invalid literal for int() with base 10: 'x'
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        raise Refusal(f"{what}: {error}") from error


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns errors of the file system into a refusal.

    Args:
        folder: where the block writes, for the message.

    Raises:
        Refusal: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise Refusal(f"cannot write to {folder}: {error.strerror or error}") from error


def make_folder(folder: Path) -> None:
    """Makes a folder where it is missing, and tries to write there.

    Args:
        folder: its path.

    Raises:
        Refusal: it cannot be made or written to.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def read_json(path: Path) -> Any:
    """Reads JSON.

    Args:
        path: of the file.

    Raises:
        Refusal: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{path} is not valid JSON: {error}") from error


def read_picture(path: Path, *, labels: bool = False) -> tuple[np.ndarray, list[int] | None]:
    """Reads a picture, or a mask of integer labels; a rotation that a camera noted is carried out.

    Args:
        path: of the file, in any format that Pillow knows.
        labels: it is a mask: palette indices stay indices, and colours are refused.

    Returns:
        The pixels: (H, W) of a greyscale picture, uint16 if it has 16 bits; (H, W, 2) with transparency; (H, W, 3) or
        (H, W, 4) of a coloured one. And the palette of a mask that has one.

    Raises:
        Refusal: it cannot be read, or holds pixels that are not supported.
        ImportError: Pillow is not installed.
    """
    pillow, operations = require("PIL.Image", "plot"), require("PIL.ImageOps", "plot")
    try:
        with pillow.open(path) as file:
            picture = operations.exif_transpose(file)
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or 'not a picture that can be read'}") from error
    # Decoders raise errors of all kinds when a file is damaged.
    except Exception as error:
        raise Refusal(f"{path}: not a picture that can be read ({error})") from error
    if picture.mode in DEEP:
        pixels = np.asarray(picture)
        if pixels.min() < 0 or pixels.max() > 65535:
            raise Refusal(f"{path}: its values reach from {pixels.min()} to {pixels.max()}; expected at most 16 bits")
        return pixels.astype(np.uint16), None
    if labels:
        if picture.mode not in ("1", "L", "P"):
            raise Refusal(f"{path}: a mask must be a greyscale or palette picture of labels, got {picture.mode}")
        return np.asarray(picture), picture.getpalette() if picture.mode == "P" else None
    if picture.mode == "F":
        raise Refusal(f"{path}: float pictures are not supported; expected 8 or 16 bits")
    if picture.mode not in PLAIN:
        see_through = "transparency" in picture.info or picture.mode in ("PA", "La", "RGBa")
        picture = picture.convert("L" if picture.mode == "1" else "RGBA" if see_through else "RGB")
    return np.asarray(picture), None


def write_picture(path: Path, pixels: np.ndarray, palette: list[int] | None = None) -> None:
    """Writes pixels without loss.

    Args:
        path: of the PNG.
        pixels: (H, W) bool, uint8 or uint16, or (H, W, 2 to 4) uint8.
        palette: colours of the labels, if the pixels are indices.

    Raises:
        OSError: it cannot be written.
        ImportError: Pillow is not installed.
    """
    picture = require("PIL.Image", "plot").fromarray(np.ascontiguousarray(pixels))
    if palette is not None:
        picture.putpalette(palette)
    picture.save(path)


@dataclasses.dataclass(frozen=True)
class Table:
    """Boxes or keypoints of a file.

    Args:
        path: of the file.
        name: boxes or keypoints.
        format: as in `BboxParams` or `KeypointParams`.
        rows: coordinates, and further columns of any kind, which only travel along.
        labels: one of any kind per row, or None.
    """

    path: Path
    name: str
    format: str
    rows: list[list[Any]]
    labels: list[Any] | None

    @property
    def target(self) -> str:
        """The name that a sample has for it."""
        return "bboxes" if self.name == "boxes" else "keypoints"

    @property
    def width(self) -> int:
        """How many columns a pipeline reads."""
        return 4 if self.name == "boxes" else len(self.format)

    def array(self) -> np.ndarray:
        """(N, width) float32, the columns that a pipeline reads."""
        return np.array([row[: self.width] for row in self.rows], np.float32).reshape(-1, self.width)

    def dumps(self, rows: np.ndarray, valid: np.ndarray) -> str:
        """The table as JSON, after a draw.

        Args:
            rows: (N, width), where the rows are now.
            valid: (N,) rows that are left; the others are dropped with their labels.
        """
        left = [int(i) for i in np.flatnonzero(valid)]
        # The text of a float32 is its shortest decimal, without the digits that doubles would add.
        moved = [[*(float(str(v)) for v in rows[i]), *self.rows[i][self.width :]] for i in left]
        out: dict[str, Any] = {"format": self.format, self.name: moved}
        if self.labels is not None:
            out["labels"] = [self.labels[i] for i in left]
        return json.dumps(out, ensure_ascii=False) + "\n"


def read_table(path: Path, name: str) -> Table:
    """Reads boxes or keypoints.

    Args:
        path: of a JSON file: `{"format": ..., name: [[...], ...], "labels": [...]}`, or the list of rows alone, which
            are pascal_voc or xy then.
        name: boxes or keypoints.

    Raises:
        Refusal: it cannot be read, or holds something else.
    """
    found = read_json(path)
    found = {name: found} if isinstance(found, list) else found
    if not isinstance(found, dict) or not isinstance(found.get(name), list):
        raise Refusal(f'{path}: expected {{"format": ..., "{name}": [[...], ...], "labels": [...]}} or a list of rows')
    unknown = sorted(set(found) - {"format", name, "labels"})
    if unknown:
        raise Refusal(f'{path}: unknown entry {unknown[0]!r}; expected "format", "{name}" and "labels"')
    form = found.get("format", "pascal_voc" if name == "boxes" else "xy")
    with blaming(path):
        BboxParams(format=str(form)) if name == "boxes" else KeypointParams(format=str(form))
    table = Table(path, name, form, found[name], found.get("labels"))
    for i, row in enumerate(table.rows):
        numbers = row[: table.width] if isinstance(row, list) else []
        if len(numbers) < table.width or not all(map(_is_number, numbers)):
            raise Refusal(f"{path}: row {i} of {name} must start with {table.width} finite numbers, got {_short(row)}")
    labels = table.labels
    if labels is not None and (not isinstance(labels, list) or len(labels) != len(table.rows)):
        got = len(labels) if isinstance(labels, list) else _short(labels)
        raise Refusal(f"{path}: expected a label for each of {len(table.rows)} {name}, got {got}")
    return table


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
