"""Transforms of Albumentations 1.x that are gone, as calls of those that do the same now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jaxaug.interop.arguments import Arguments, as_pair
from jaxaug.interop.calls import Call

#: How imgaug's and scikit-image's borders are called here.
BORDERS = {"edge": "replicate", "symmetric": "reflect", "reflect": "reflect_101"}
#: Orders of splines as interpolations.
_ORDERS = {0: "nearest", 1: "linear", 3: "cubic"}

Steps = list[Call]


def _flip(a: Arguments) -> Steps:
    both = [Call("HorizontalFlip", (), {"p": 1.0}), Call("VerticalFlip", (), {"p": 1.0})]
    turned = Call("Sequential", (both,), {"p": 1.0})
    options = [Call("HorizontalFlip", (), {"p": 1.0}), Call("VerticalFlip", (), {"p": 1.0}), turned]
    return [Call("OneOf", (options,), {"p": a.take("p", 0.5)})]


def _cutout(a: Arguments) -> Steps:
    for new, old in (
        ("num_holes_range", "num_holes"),
        ("hole_height_range", "max_h_size"),
        ("hole_width_range", "max_w_size"),
    ):
        a.put(new, as_pair(a.take(old, 8)))
    return _as("CoarseDropout", a)


def _brightness(a: Arguments) -> Steps:
    return _as("RandomBrightnessContrast", a, brightness_limit=a.take("limit", 0.2), contrast_limit=0)


def _contrast(a: Arguments) -> Steps:
    return _as("RandomBrightnessContrast", a, brightness_limit=0, contrast_limit=a.take("limit", 0.2))


def _imgaug_noise(a: Arguments) -> Steps:
    loc, scale = a.take("loc", 0), as_pair(a.take("scale", (0.01 * 255, 0.05 * 255)))
    return _as(
        "GaussNoise",
        a,
        std_range=(scale[0] / 255, scale[1] / 255),
        mean_range=(loc / 255, loc / 255),
        per_channel=a.take("per_channel", False),
    )


def _imgaug_affine(a: Arguments) -> Steps:
    for name in ("scale", "rotate", "shear"):
        if isinstance(a.given.get(name), int | float):
            a.given[name] = as_pair(a.given[name])
    _imgaug_reading(a)
    return _as("Affine", a)


def _imgaug_piecewise(a: Arguments) -> Steps:
    _imgaug_reading(a)
    return _as("PiecewiseAffine", a)


def _imgaug_crop_and_pad(a: Arguments) -> Steps:
    if "pad_mode" in a:
        a.given["border_mode"] = BORDERS.get(a.given["pad_mode"], a.take("pad_mode"))
        a.take("pad_mode")
    return _as("CropAndPad", a, p=a.take("p", 0.5))


def _imgaug_reading(a: Arguments) -> None:
    if "order" in a:
        order = a.take("order")
        a.given["interpolation"] = _ORDERS.get(order, order)
    a.given["border_mode"] = BORDERS.get(a.given.get("mode", "reflect"), a.take("mode", "reflect"))
    a.take("mode")


def _to_tensor(a: Arguments) -> Steps:
    a.refuse("sigmoid", "divide masks in the training step")
    if a.given.get("num_classes") == 1:
        a.take("num_classes")
    a.refuse("num_classes", "masks are put out one channel a class by ja.functional or jax.nn.one_hot")
    normalize = a.take("normalize")
    scaled = Call("Normalize", (), dict(normalize)) if normalize else Call("ToFloat", (), {"max_value": 255.0})
    return [scaled, Call("ToTensorV2")]


def _renamed(name: str) -> Callable[[Arguments], Steps]:
    def convert(a: Arguments) -> Steps:
        return _as(name, a)

    return convert


def _as(name: str, a: Arguments, **more: Any) -> Steps:
    """The same arguments, and more, to a transform of another name."""
    given, a.given = {**a.given, **more}, {}
    return [Call(name, (), given)]


#: Names that are gone, each with what makes the calls that take its place.
OLD_NAMES: dict[str, Callable[[Arguments], Steps]] = {
    "Cutout": _cutout,
    "Flip": _flip,
    "IAAAdditiveGaussianNoise": _imgaug_noise,
    "IAAAffine": _imgaug_affine,
    "IAACropAndPad": _imgaug_crop_and_pad,
    "IAAEmboss": _renamed("Emboss"),
    "IAAFliplr": _renamed("HorizontalFlip"),
    "IAAFlipud": _renamed("VerticalFlip"),
    "IAAPerspective": _renamed("Perspective"),
    "IAAPiecewiseAffine": _imgaug_piecewise,
    "IAASharpen": _renamed("Sharpen"),
    "IAASuperpixels": _renamed("Superpixels"),
    "JpegCompression": _renamed("ImageCompression"),
    "RandomBrightness": _brightness,
    "RandomContrast": _contrast,
    "ToTensor": _to_tensor,
}
