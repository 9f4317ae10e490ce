"""torchvision v2: a loop over the batch of uint8 tensors, because one call draws once for all pictures it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from cases import Case, Step
from torchvision.transforms import v2

from peers.base import IMAGENET, Prepared, Refused, refuse

PACKAGES = ("torchvision", "torch", "numpy")


def _affine(scale: Any, rotate: Any, shift: Any, shear: Any) -> Any:
    translate = None if shift is None else (shift[1], shift[1])
    return v2.RandomAffine(rotate, translate, scale, shear, interpolation=v2.InterpolationMode.BILINEAR)


def _transform(s: Step) -> Any:
    a = s.arguments
    match s.name:
        case "HorizontalFlip":
            return v2.RandomHorizontalFlip(s.p)
        case "VerticalFlip":
            return v2.RandomVerticalFlip(s.p)
        case "Rotate":
            return v2.RandomRotation(a["limit"], interpolation=v2.InterpolationMode.BILINEAR)
        case "Affine":
            return _affine(a["scale"], a["rotate"], a.get("translate_percent"), a.get("shear"))
        case "ShiftScaleRotate":
            return _affine(tuple(1.0 + v for v in a["scale_limit"]), a["rotate_limit"], a["shift_limit"], None)
        case "Perspective":
            return v2.RandomPerspective(2 * a["scale"][1], p=s.p)
        case "ElasticTransform":
            return v2.ElasticTransform(a["alpha"], a["sigma"])
        case "CenterCrop":
            return v2.CenterCrop((a["height"], a["width"]))
        case "RandomCrop":
            return v2.RandomCrop((a["height"], a["width"]))
        case "RandomResizedCrop":
            return v2.RandomResizedCrop(a["size"], a["scale"], a["ratio"], antialias=False)
        case "Resize":
            return v2.Resize((a["height"], a["width"]), antialias=False)
        case "PadIfNeeded":
            return v2.CenterCrop((a["min_height"], a["min_width"]))
        case "RandomBrightnessContrast":
            return v2.ColorJitter(*(tuple(1 + v for v in a[n]) for n in ("brightness_limit", "contrast_limit")))
        case "ColorJitter":
            return v2.ColorJitter(a["brightness"], a["contrast"], a["saturation"], a["hue"])
        case "Solarize":
            return v2.RandomSolarize(a["threshold_range"][0] * 255, p=s.p)
        case "Posterize":
            return v2.RandomPosterize(a["num_bits"], p=s.p)
        case "InvertImg":
            return v2.RandomInvert(p=s.p)
        case "ToGray":
            return v2.Grayscale(3)
        case "Normalize":
            return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(*IMAGENET)])
        case "GaussianBlur":
            return v2.GaussianBlur(21, a["sigma_limit"])
        case _:
            return refuse("torchvision", s.name)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    """Pictures go in and come out as channels first, which is how torchvision's users hold them."""
    if case.scene != "image":
        raise Refused("torchvision: only pictures are compared.")
    torch.set_num_threads(threads)
    target = "cuda" if device == "gpu" else "cpu"
    images = torch.from_numpy(scene["image"]).permute(0, 3, 1, 2).contiguous().to(target)
    augment = v2.Compose([_transform(s) for s in case.steps])

    def run(_: int) -> list[dict[str, np.ndarray]]:
        out = [augment(image) for image in images]
        if target == "cuda":
            torch.cuda.synchronize()
        return [{"image": image.permute(1, 2, 0)} for image in out]

    def queue(keys: Sequence[int]) -> None:
        for _ in keys:
            for image in images:
                augment(image)
        torch.cuda.synchronize()

    return Prepared(
        key=int, run=run, to_host=lambda tensor: tensor.cpu().numpy(), queue=queue if target == "cuda" else None
    )
