"""The command line: a demonstration on real pictures, and pipelines applied to files."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import jax
import numpy as np

import jaxaug as ja
from jaxaug.interop.albumentations import port
from jaxaug.tools.extras import require
from jaxaug.tools.files import (
    Refusal,
    blaming,
    make_folder,
    read_json,
    read_picture,
    read_table,
    write_picture,
    writing,
)
from jaxaug.tools.gallery import gallery, sheets
from jaxaug.tools.gallery_sections import SECTIONS
from jaxaug.tools.plot import sheet
from jaxaug.tools.scenes import PHOTOGRAPHS, photograph

#: What `apply` does without `--pipeline`; works on pictures of any number of channels.
DEFAULT: list[Any] = [
    ["HorizontalFlip", {"p": 0.5}],
    ["ShiftScaleRotate", {"shift_limit": 0.06, "scale_limit": 0.1, "rotate_limit": 20, "p": 0.9}],
    ["RandomBrightnessContrast", {"p": 0.7}],
    ["OneOf", {"transforms": [["GaussianBlur", {"p": 1.0}], ["GaussNoise", {"p": 1.0}]], "p": 0.3}],
]
#: Most samples on a sheet of `apply`, the original included.
CELLS = 16
#: Side of a demo picture in pixels.
SIDE = 256
#: Pipelines of the demo, one column each.
FAMILIES: dict[str, list[Any]] = {
    "flip": [["HorizontalFlip", {"p": 1.0}]],
    "shift, scale, rotate": [["ShiftScaleRotate", {"scale_limit": 0.2, "p": 1.0}]],
    "perspective": [["Perspective", {"scale": [0.1, 0.2], "p": 1.0}]],
    "grid distortion": [["GridDistortion", {"distort_limit": 0.7, "p": 1.0}]],
    "elastic": [["ElasticTransform", {"alpha": 400, "sigma": 12, "p": 1.0}]],
    "crop": [["RandomResizedCrop", {"size": [SIDE, SIDE], "scale": [0.3, 0.6], "p": 1.0}]],
    "colour, blur, noise": [
        ["ColorJitter", {"hue": 0.1, "p": 1.0}],
        ["GaussianBlur", {"p": 0.5}],
        ["GaussNoise", {"std_range": [0.05, 0.1], "p": 1.0}],
    ],
    "dropout": [["CoarseDropout", {"num_holes_range": [4, 8], "fill_mask": 0, "p": 1.0}]],
}
DEMO_HELP = """
Draws three real pictures, each with a mask, boxes and keypoints, and what a pipeline of every family makes of them,
and writes DIR/sheet.png. Look whether tint, boxes and dots stay on their objects. Box and mask of one object have one
colour. Rows that leave the picture or are covered are not drawn.
"""
GALLERY_HELP = """
Draws a picture through every transform and writes a sheet of each section, DIR/bends.png and so on. Lines, masks, boxes
and keypoints show whether all that belongs together stays together; transforms that change only values are shown on
the picture alone. Each should look like its name.
"""
APPLY_HELP = f"""
Draws N times from a pipeline and writes, for draw 000, 001, ...:

  DIR/000_image.png       the picture, as 8 or 16 bits and with the channels it came with
  DIR/000_mask.png        the mask; further ones are 000_mask1.png, 000_mask2.png, ...
  DIR/000_boxes.json      the boxes that are left, with their labels
  DIR/000_keypoints.json  the keypoints that are left, with their labels
  DIR/sheet.png           the original and the first draws side by side, with everything drawn in

Files of these names are replaced. Draw i uses jax.random.fold_in(jax.random.key(SEED), i).

Boxes are {{"format": "pascal_voc", "boxes": [[x_min, y_min, x_max, y_max], ...], "labels": [...]}}, or the bare list
of boxes. Formats are pascal_voc, coco, yolo and albumentations. Keypoints are
{{"format": "xy", "keypoints": [[x, y], ...], "labels": [...]}}, or the bare list; x and y count pixel centres as
integers. Labels are optional, one per row, and may be anything; so may further columns of a row.

A pipeline is a list of names and arguments of transforms. Without one it is:

{json.dumps(DEFAULT)}
"""

PORT_HELP = """
Prints the pipelines of Albumentations in a file, of Python, JSON or YAML, as code for this library, each with what was
translated, or cannot be, as comments before it. Source is read and never run. Exits with 2 if a pipeline was refused.
"""


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line."""

    def error(self, message: str) -> NoReturn:
        """Refuses the arguments.

        Args:
            message: what is wrong with them.

        Raises:
            Refusal: always.
        """
        raise Refusal(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: the arguments; None takes those of the process.

    Returns:
        The exit status: 0, or 2 if something was refused.
    """
    parser = _parser()
    try:
        options = parser.parse_args(argv)
        if options.command is None:
            parser.print_help()
            return 2
        options.run(options)
    except (Refusal, ImportError) as error:
        print(f"jaxaug: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> Parser:
    parser = Parser(prog="jaxaug", description="Image augmentation: pictures, masks, boxes and keypoints in sync.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    raw = argparse.RawDescriptionHelpFormatter
    demo = commands.add_parser(
        "demo", help="look at the transforms on real pictures", description=DEMO_HELP, formatter_class=raw
    )
    demo.set_defaults(run=_demo)
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where to write (default: demo)")
    demo.add_argument("--n", type=_whole(1, 64), default=8, help="draws per picture, 1 to 64 (default: 8)")
    wall = commands.add_parser("gallery", help="look at every transform", description=GALLERY_HELP)
    wall.set_defaults(run=_gallery)
    wall.add_argument(
        "--out", type=Path, default=Path("gallery"), metavar="DIR", help="where to write (default: gallery)"
    )
    apply = commands.add_parser("apply", help="apply a pipeline to files", description=APPLY_HELP, formatter_class=raw)
    apply.set_defaults(run=_apply)
    apply.add_argument("image", type=Path, metavar="PHOTO", help="the picture, in any format that Pillow reads")
    apply.add_argument(
        "--mask",
        type=Path,
        action="extend",
        nargs="+",
        default=[],
        metavar="PNG",
        help="masks of labels (greyscale or palette), of the size of the picture",
    )
    apply.add_argument("--boxes", type=Path, metavar="JSON", help="boxes")
    apply.add_argument("--keypoints", type=Path, metavar="JSON", help="keypoints")
    apply.add_argument(
        "--pipeline", type=Path, metavar="JSON", help='such as [["HorizontalFlip", {"p": 0.5}]], or what to_dict wrote'
    )
    apply.add_argument("--n", type=_whole(1, 10**6), default=8, help="number of draws (default: 8)")
    apply.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write; made if missing")
    ported = commands.add_parser(
        "port", help="print pipelines of Albumentations as code", description=PORT_HELP, formatter_class=raw
    )
    ported.set_defaults(run=_port)
    ported.add_argument("file", type=Path, metavar="FILE", help="Python source, or a pipeline as JSON or YAML")
    for command in (demo, wall, apply):
        command.add_argument(
            "--seed", type=_whole(0, 2**32 - 1), default=0, help="another seed, other draws (default: 0)"
        )
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return int(text)

    return read


def _demo(options: argparse.Namespace) -> None:
    progress = require("tqdm", "plot").tqdm
    scenes = [photograph(name, SIDE) for name in PHOTOGRAPHS]
    batch = jax.tree.map(lambda *leaves: np.stack(leaves), *scenes)
    key = jax.random.key(options.seed)
    make_folder(options.out)
    draws: dict[str, Any] = {}
    for name, steps in FAMILIES.items():
        augment = ja.Compose(
            ja.from_list(steps), bbox_params=ja.BboxParams("pascal_voc"), keypoint_params=ja.KeypointParams("xy")
        )
        draws[name] = jax.jit(augment.batch)
    columns, titles = [scenes], ["original"]
    for i in progress(range(options.n), desc="demo", unit="column"):
        name = list(draws)[i % len(draws)]
        out = jax.device_get(draws[name](jax.random.fold_in(key, i), batch))
        columns.append([jax.tree.map(lambda leaf, row=row: leaf[row], out) for row in range(len(scenes))])
        titles.append(name)
    cells = [column[row] for row in range(len(scenes)) for column in columns]
    path = options.out / "sheet.png"
    with writing(options.out):
        sheet(cells, titles * len(scenes), path, columns=len(columns))
    print(path)


def _gallery(options: argparse.Namespace) -> None:
    progress = require("tqdm", "plot").tqdm
    make_folder(options.out)
    shown = gallery(jax.random.key(options.seed))
    count = sum(len(section.arguments) + (2 if section.scene == "pair" else 1) for section in SECTIONS)
    cells = list(progress(shown, desc="gallery", unit="picture", total=count))
    with writing(options.out):
        paths = sheets(cells, options.out)
    print(*paths, sep="\n")


def _port(options: argparse.Namespace) -> None:
    if not options.file.is_file():
        raise Refusal(f"{options.file} is no file")
    try:
        code, refused = port(options.file)
    except (ValueError, TypeError) as error:
        raise Refusal(f"{options.file}: {error}") from error
    print(code)
    if refused:
        raise Refusal(f"{options.file}: {refused} of its pipelines cannot be ported, see the comments")


def _apply(options: argparse.Namespace) -> None:
    progress = require("tqdm", "plot").tqdm
    sample: dict[str, Any] = {"image": read_picture(options.image)[0]}
    size = sample["image"].shape[:2]
    palettes: dict[str, Any] = {}
    for i, path in enumerate(options.mask):
        name = f"mask{i or ''}"
        sample[name], palettes[name] = read_picture(path, labels=True)
        if sample[name].shape != size:
            height, width = sample[name].shape
            raise Refusal(
                f"{path} is {height} x {width}, but {options.image} is {size[0]} x {size[1]} (height x width)"
            )
    files = {"boxes": options.boxes, "keypoints": options.keypoints}
    tables = [read_table(path, name) for name, path in files.items() if path]
    formats = {"boxes": "pascal_voc", "keypoints": "xy"} | {table.name: table.format for table in tables}
    others = {name: "mask" for name in palettes if name != "mask"}
    what = options.pipeline or "the default pipeline"
    steps = read_json(options.pipeline) if options.pipeline else DEFAULT
    with blaming(what):
        augment = ja.Compose(
            [ja.from_dict(steps)] if isinstance(steps, dict) else ja.from_list(steps),
            bbox_params=ja.BboxParams(formats["boxes"]),
            keypoint_params=ja.KeypointParams(formats["keypoints"]),
            additional_targets=others,
        )
    for table in tables:
        rows = table.array()
        try:
            augment.check({"image": sample["image"], table.target: rows})
        except ValueError as error:
            # What follows the first sentence is advice for programs.
            raise Refusal(f"{table.path}: {str(error).partition('. ')[0]}") from error
        sample |= {table.target: rows, f"{table.target}_valid": np.ones(len(rows), bool)}
    draw, key = jax.jit(augment), jax.random.key(options.seed)
    with blaming(what):
        made = jax.eval_shape(draw, key, sample)["image"].dtype
    if made not in (np.uint8, np.uint16):
        raise Refusal(f"{what}: it makes {made} pictures, which PNG cannot hold")
    _spare(options)
    make_folder(options.out)
    cells = [sample]
    with writing(options.out):
        for i in progress(range(options.n), desc="apply", unit="draw"):
            out = jax.device_get(draw(jax.random.fold_in(key, i), sample))
            for name in ("image", *palettes):
                write_picture(options.out / f"{i:03d}_{name}.png", out[name], palettes.get(name))
            for table in tables:
                text = table.dumps(out[table.target], out[f"{table.target}_valid"])
                (options.out / f"{i:03d}_{table.name}.json").write_text(text, "utf-8")
            cells += [out] if len(cells) < CELLS else []
        sheet(
            cells,
            ["original", *(f"draw {i}" for i in range(len(cells) - 1))],
            options.out / "sheet.png",
            augment=augment,
        )
    print(options.out / "sheet.png")


def _spare(options: argparse.Namespace) -> None:
    """Refuses to overwrite what the user gave, such as results of an earlier call."""
    for path in (options.image, *options.mask, options.boxes, options.keypoints, options.pipeline):
        if path and path.resolve().parent == options.out.resolve():
            if re.fullmatch(r"sheet\.png|\d{3,}_\w+\.(png|json)", path.name):
                raise Refusal(f"{path} would be overwritten: choose another --out")


if __name__ == "__main__":
    sys.exit(main())
