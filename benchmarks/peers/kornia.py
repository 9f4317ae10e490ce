"""kornia: its batched augmentations on floats, uint8 in and out as for every other library; compiled on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import kornia.augmentation as K
import numpy as np
import torch
from cases import Case, Step

from peers.base import IMAGENET, Prepared, Refused, refuse

PACKAGES = ("kornia", "torch", "numpy")


def _affine(scale: Any, rotate: Any, shift: Any, shear: Any, p: float) -> Any:
    translate = None if shift is None else (shift[1], shift[1])
    return K.RandomAffine(rotate, translate, scale, shear, p=p)


def _transforms(s: Step) -> list[Any]:
    a, p = s.arguments, s.p
    match s.name:
        case "HorizontalFlip":
            return [K.RandomHorizontalFlip(p=p)]
        case "VerticalFlip":
            return [K.RandomVerticalFlip(p=p)]
        case "Rotate":
            return [K.RandomRotation(a["limit"], p=p)]
        case "Affine":
            return [_affine(a["scale"], a["rotate"], a.get("translate_percent"), a.get("shear"), p)]
        case "ShiftScaleRotate":
            return [_affine(tuple(1.0 + v for v in a["scale_limit"]), a["rotate_limit"], a["shift_limit"], None, p)]
        case "Perspective":
            return [K.RandomPerspective(2 * a["scale"][1], p=p)]
        case "ElasticTransform":
            length = int(a["sigma"] * 3) * 2 + 1
            return [K.RandomElasticTransform((length, length), (a["sigma"],) * 2, (a["alpha"] / 128,) * 2, p=p)]
        case "CenterCrop":
            return [K.CenterCrop((a["height"], a["width"]))]
        case "RandomCrop":
            return [K.RandomCrop((a["height"], a["width"]))]
        case "RandomResizedCrop":
            return [K.RandomResizedCrop(a["size"], a["scale"], a["ratio"])]
        case "Resize":
            return [K.Resize((a["height"], a["width"]))]
        case "PadIfNeeded":
            return [K.PadTo((a["min_height"], a["min_width"]))]
        case "RandomBrightnessContrast":
            limits = (tuple(1 + v for v in a[n]) for n in ("brightness_limit", "contrast_limit"))
            return [K.ColorJitter(*limits, p=p)]
        case "ColorJitter":
            return [K.ColorJitter(a["brightness"], a["contrast"], a["saturation"], a["hue"], p=p)]
        case "RGBShift":
            return [K.RandomRGBShift(*(a[f"{c}_shift_limit"][1] / 255 for c in "rgb"), p=p)]
        case "RandomGamma":
            return [K.RandomGamma(tuple(v / 100 for v in a["gamma_limit"]), p=p)]
        case "Solarize":
            return [K.RandomSolarize(a["threshold_range"], (0.0, 0.0), p=p)]
        case "Posterize":
            return [K.RandomPosterize((a["num_bits"], a["num_bits"]), p=p)]
        case "InvertImg":
            return [K.RandomInvert(p=p)]
        case "ToGray":
            return [K.RandomGrayscale(p=p)]
        case "Normalize":
            return [K.Normalize(*(torch.tensor(v) for v in IMAGENET))]
        case "Blur":
            return [K.RandomBoxBlur((a["blur_limit"][1],) * 2, p=p)]
        case "GaussianBlur":
            return [K.RandomGaussianBlur((21, 21), a["sigma_limit"], p=p)]
        case "GaussNoise":
            return [K.RandomGaussianNoise(std=sum(a["std_range"]) / 2, p=p)]
        case _:
            return refuse("kornia", s.name)


def prepare(case: Case, scene: dict[str, np.ndarray], device: str, threads: int) -> Prepared:
    if case.scene != "image":
        raise Refused("kornia: only pictures are compared.")
    torch.set_num_threads(threads)
    target = "cuda" if device == "gpu" else "cpu"
    images = torch.from_numpy(scene["image"]).to(target)
    chain = torch.nn.Sequential(*(t for s in case.steps for t in _transforms(s)))
    is_float = case.steps[-1].name == "Normalize"

    def augment(batch: torch.Tensor) -> torch.Tensor:
        out = chain(batch.permute(0, 3, 1, 2).float() / 255)
        out = out if is_float else (out.clamp(0, 1) * 255).round().to(torch.uint8)
        return out.permute(0, 2, 3, 1)

    compiled = torch.compile(augment) if target == "cuda" else augment

    @torch.no_grad()
    def run(_: int) -> dict[str, torch.Tensor]:
        out = {"image": compiled(images)}
        if target == "cuda":
            torch.cuda.synchronize()
        return out

    @torch.no_grad()
    def queue(keys: Sequence[int]) -> None:
        for _ in keys:
            compiled(images)
        torch.cuda.synchronize()

    return Prepared(
        key=int, run=run, to_host=lambda tensor: tensor.cpu().numpy(), queue=queue if target == "cuda" else None
    )
