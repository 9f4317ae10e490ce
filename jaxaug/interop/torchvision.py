"""Pipelines of torchvision's transforms v2, read by the names of their classes and attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jaxaug.interop.build import build, warn
from jaxaug.interop.calls import Call, Report
from jaxaug.pipeline.compose import Compose

_INTERPOLATIONS = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "lanczos": "lanczos",
    "box": "area",
    "0": "nearest",
    "2": "linear",
    "3": "cubic",
}
_BORDERS = {"constant": "constant", "edge": "replicate", "reflect": "reflect_101", "symmetric": "reflect"}

Steps = list[Call]


def from_torchvision(pipeline: Any) -> Compose:
    """A pipeline of torchvision's transforms v2 as one of this library; neither torch nor torchvision is imported.

    Args:
        pipeline: a `v2.Compose`, a list of transforms or one transform, also of v1.

    Returns:
        The pipeline. `ToImage`, `ToPILImage` and `ToPureTensor` change no values and fall out; pictures keep channels
        last, also behind `ToTensor`.

    Raises:
        ValueError: something in it cannot be honoured, all of which the message lists.

    Example:
        >>> import jaxaug as ja
        >>> class RandomHorizontalFlip:
        ...     p = 0.5
        >>> ja.from_torchvision([RandomHorizontalFlip()])
        Compose(HorizontalFlip)
    """
    report = Report()
    children = getattr(pipeline, "transforms", pipeline) if _name(pipeline) == "Compose" else pipeline
    steps = _steps(children if isinstance(children, list | tuple) else [children], report)
    augment = build(Call("Compose", (), {"transforms": steps}), report)
    report.raise_refusals("torchvision")
    warn(report.notes)
    return augment


def _name(step: Any) -> str:
    return type(step).__name__


def _steps(steps: Iterable[Any], report: Report) -> Steps:
    out: Steps = []
    for step in steps:
        convert = CONVERT.get(_name(step))
        if convert is None:
            report.refuse(f"{_name(step)}: it has no counterpart here.")
        else:
            try:
                out += convert(step, report)
            except AttributeError as error:
                report.refuse(f"{_name(step)}: {error}.")
    return out


def _plain(name: str, **renamed: str) -> Callable[[Any, Report], Steps]:
    """A transform by its name here, with arguments by the attributes that hold them."""

    def convert(step: Any, report: Report) -> Steps:
        return [Call(name, (), {new: getattr(step, old) for new, old in renamed.items()})]

    return convert


def _nothing(step: Any, report: Report) -> Steps:
    return []


def _size(size: Any) -> tuple[int, int] | None:
    """Height and width, or None for one number."""
    sizes = list(size) if isinstance(size, list | tuple) else [size]
    return (int(sizes[0]), int(sizes[1])) if len(sizes) == 2 else None


def _square(size: Any) -> tuple[int, int]:
    one = size[0] if isinstance(size, list | tuple) else size
    return _size(size) or (int(one), int(one))


def _read(step: Any) -> str:
    said = getattr(step, "interpolation", "bilinear")
    return _INTERPOLATIONS.get(str(getattr(said, "value", said)), "linear")


def _antialiased(step: Any) -> bool:
    return bool(getattr(step, "antialias", True)) and _read(step) in ("linear", "cubic")


def _resize(step: Any, report: Report) -> Steps:
    read: dict[str, Any] = {"interpolation": _read(step)}
    both = _size(step.size)
    if both:
        more = {"antialias": True} if _antialiased(step) else {}
        return [Call("Resize", (), {"height": both[0], "width": both[1], **read, **more})]
    if getattr(step, "max_size", None) is not None:
        report.refuse(f"Resize(max_size={step.max_size!r}): SmallestMaxSize has no limit of the longer side.")
    if _antialiased(step):
        report.note("Resize: of the shorter side, it is SmallestMaxSize here, which reads without antialiasing.")
    return [Call("SmallestMaxSize", (), {"max_size": _square(step.size)[0], **read})]


def _resized_crop(step: Any, report: Report) -> Steps:
    given = {"size": _square(step.size), "scale": tuple(step.scale), "ratio": tuple(step.ratio)}
    more = {"antialias": True} if _antialiased(step) else {}
    return [Call("RandomResizedCrop", (), {**given, "interpolation": _read(step), **more})]


def _random_crop(step: Any, report: Report) -> Steps:
    height, width = _square(step.size)
    out: Steps = []
    mode = _BORDERS.get(getattr(step, "padding_mode", "constant"), "constant")
    if getattr(step, "padding", None) is not None:
        out += _pad_call(step.padding, step, mode, report)
    needed = bool(getattr(step, "pad_if_needed", False))
    padded = {"pad_if_needed": True, "border_mode": mode, "fill": _fill(step, report)} if needed else {}
    return [*out, Call("RandomCrop", (), {"height": height, "width": width, **padded})]


def _center_crop(step: Any, report: Report) -> Steps:
    height, width = _square(step.size)
    return [Call("CenterCrop", (), {"height": height, "width": width, "pad_if_needed": True})]


def _pad(step: Any, report: Report) -> Steps:
    return _pad_call(step.padding, step, _BORDERS.get(step.padding_mode, "constant"), report)


def _pad_call(padding: Any, step: Any, mode: str, report: Report) -> Steps:
    sides = list(padding) if isinstance(padding, list | tuple) else [padding]
    value = int(sides[0]) if len(sides) == 1 else tuple(int(side) for side in sides)
    return [Call("Pad", (), {"padding": value, "border_mode": mode, "fill": _fill(step, report)})]


def _fill(step: Any, report: Report) -> Any:
    """The fill of images."""
    said = getattr(step, "fill", 0)
    if isinstance(said, dict):
        if len(said) > 1:
            report.refuse(f"{_name(step)}(fill={said!r}): one fill for images; masks have fill_mask.")
        said = next(iter(said.values()), 0)
    return 0 if said is None else tuple(said) if isinstance(said, list) else said


def _rotate(step: Any, report: Report) -> Steps:
    if getattr(step, "center", None) is not None:
        report.refuse(f"RandomRotation(center={step.center!r}): pictures turn about their middle.")
    given = {"interpolation": _read(step), "border_mode": "constant", "fill": _fill(step, report), "p": 1.0}
    low, high = (float(degree) for degree in step.degrees)
    if getattr(step, "expand", False):
        return [Call("Affine", (), {**given, "rotate": (low, high), "fit_output": True})]
    return [Call("Rotate", (), {**given, "limit": (low, high)})]


def _affine(step: Any, report: Report) -> Steps:
    if getattr(step, "center", None) is not None:
        report.refuse(f"RandomAffine(center={step.center!r}): pictures turn about their middle.")
    given: dict[str, Any] = {"rotate": tuple(float(degree) for degree in step.degrees)}
    if step.translate is not None:
        x, y = step.translate
        given["translate_percent"] = {"x": (-x, x), "y": (-y, y)}
    if step.scale is not None:
        given |= {"scale": tuple(step.scale), "keep_ratio": True}
    if step.shear is not None:
        ends = tuple(float(degree) for degree in step.shear)
        given["shear"] = {"x": ends[:2], "y": ends[2:] if len(ends) == 4 else (0.0, 0.0)}
    return [Call("Affine", (), {**given, "interpolation": _read(step), "fill": _fill(step, report), "p": 1.0})]


def _perspective(step: Any, report: Report) -> Steps:
    report.note("RandomPerspective: corners move by a normal rather than an even draw of the same largest size.")
    scale = (step.distortion_scale / 4, step.distortion_scale / 4)
    return [Call("Perspective", (), {"scale": scale, "interpolation": _read(step), "p": step.p})]


def _jitter(step: Any, report: Report) -> Steps:
    neutral = {"brightness": (1.0, 1.0), "contrast": (1.0, 1.0), "saturation": (1.0, 1.0), "hue": (0.0, 0.0)}
    given = {key: neutral[key] if getattr(step, key) is None else tuple(getattr(step, key)) for key in neutral}
    return [Call("ColorJitter", (), {**given, "p": 1.0})]


def _grey(step: Any, report: Report) -> Steps:
    return [Call("ToGray", (), {"num_output_channels": getattr(step, "num_output_channels", 3), "p": 1.0})]


def _blur(step: Any, report: Report) -> Steps:
    sizes = {int(size) for size in step.kernel_size}
    if len(sizes) != 1:
        report.refuse(f"GaussianBlur(kernel_size={step.kernel_size!r}): kernels are square.")
    size = sizes.pop()
    return [Call("GaussianBlur", (), {"blur_limit": (size, size), "sigma_limit": tuple(step.sigma), "p": 1.0})]


def _normalize(step: Any, report: Report) -> Steps:
    return [Call("Normalize", (), {"mean": tuple(step.mean), "std": tuple(step.std), "max_pixel_value": 1.0})]


def _to_dtype(step: Any, report: Report) -> Steps:
    dtype = str(step.dtype)
    if "float" not in dtype:
        report.refuse(f"ToDtype(dtype={dtype}): pictures become floats by ToFloat; FromFloat makes whole numbers.")
    if not getattr(step, "scale", True):
        report.refuse("ToDtype(scale=False): floats of pictures reach from 0 to 1, write scale=True.")
    return [Call("ToFloat")]


def _erasing(step: Any, report: Report) -> Steps:
    value = "random" if step.value in (None, "random") else step.value
    value = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    given = {"scale": tuple(step.scale), "ratio": tuple(step.ratio), "fill": value, "p": step.p}
    return [Call("Erasing", (), given)]


def _solarize(step: Any, report: Report) -> Steps:
    level = step.threshold / 255 if step.threshold > 1 else step.threshold
    return [Call("Solarize", (), {"threshold_range": (level, level), "p": step.p})]


def _sharpness(step: Any, report: Report) -> Steps:
    report.refuse("RandomAdjustSharpness: Sharpen measures otherwise; write ja.Sharpen(alpha=..., lightness=...).")
    return []


def _elastic(step: Any, report: Report) -> Steps:
    report.refuse("ElasticTransform: torchvision counts alpha in shares of the picture; write ja.ElasticTransform.")
    return []


def _apply(step: Any, report: Report) -> Steps:
    return [Call("Sequential", (), {"transforms": _steps(step.transforms, report), "p": step.p})]


def _choice(step: Any, report: Report) -> Steps:
    options = [_option(_steps([inner], report)) for inner in step.transforms]
    weights = getattr(step, "p", None) or [1.0 / len(options)] * len(options)
    for option, weight in zip(options, weights, strict=True):
        option.kwargs["p"] = float(weight)
    return [Call("OneOf", (), {"transforms": options, "p": 1.0})]


def _option(steps: Steps) -> Call:
    """Steps as one option of a choice, in which they keep their own p; what mixes samples is always applied."""
    if [step.name for step in steps] in (["MixUp"], ["CutMix"]):
        return steps[0]
    return Call("Sequential", (), {"transforms": steps})


def _mixing(step: Any, report: Report) -> Steps:
    report.note(f"{_name(step)}: call augment.batch, with an entry 'labels' of floats such as one-hot ones.")
    return [Call(_name(step), (), {"alpha": float(step.alpha), "same_on_batch": True, "p": 1.0})]


def _order(step: Any, report: Report) -> Steps:
    steps = _steps(step.transforms, report)
    return [Call("RandomOrder", (), {"transforms": steps, "n": len(steps), "p": 1.0})]


def _nested(step: Any, report: Report) -> Steps:
    return _steps(step.transforms, report)


def _policy(*names: str) -> Callable[[Any, Report], Steps]:
    """A policy, with arguments by the attributes of the same names."""

    def convert(step: Any, report: Report) -> Steps:
        given = {name: getattr(getattr(step, name), "value", getattr(step, name)) for name in names}
        reading = {"interpolation": _read(step), "fill": _fill(step, report)}
        return [Call(_name(step), (), {**given, **reading, "p": 1.0})]

    return convert


def _zoom_out(step: Any, report: Report) -> Steps:
    return [Call("RandomZoomOut", (), {"side_range": tuple(step.side_range), "fill": _fill(step, report), "p": step.p})]


def _overlap_crop(step: Any, report: Report) -> Steps:
    given = {
        "min_scale": step.min_scale,
        "max_scale": step.max_scale,
        "min_aspect_ratio": step.min_aspect_ratio,
        "max_aspect_ratio": step.max_aspect_ratio,
        "sampler_options": tuple(step.options),
        "trials": step.trials,
    }
    return [Call("RandomIoUCrop", (), given)]


CONVERT: dict[str, Callable[[Any, Report], Steps]] = {
    "CenterCrop": _center_crop,
    "ColorJitter": _jitter,
    "Compose": _nested,
    "ConvertImageDtype": _to_dtype,
    "CutMix": _mixing,
    "ElasticTransform": _elastic,
    "GaussianBlur": _blur,
    "Grayscale": _grey,
    "Identity": _nothing,
    "MixUp": _mixing,
    "Normalize": _normalize,
    "Pad": _pad,
    "PILToTensor": _nothing,
    "RandomAdjustSharpness": _sharpness,
    "RandomAffine": _affine,
    "RandomApply": _apply,
    "RandomAutocontrast": _plain("AutoContrast", p="p"),
    "RandomChoice": _choice,
    "RandomCrop": _random_crop,
    "RandomEqualize": _plain("Equalize", p="p"),
    "RandomErasing": _erasing,
    "RandomGrayscale": _plain("ToGray", p="p"),
    "RandomHorizontalFlip": _plain("HorizontalFlip", p="p"),
    "RandomIoUCrop": _overlap_crop,
    "RandomInvert": _plain("InvertImg", p="p"),
    "RandomOrder": _order,
    "RandomPerspective": _perspective,
    "RandomPosterize": _plain("Posterize", num_bits="bits", p="p"),
    "RandomResizedCrop": _resized_crop,
    "RandomRotation": _rotate,
    "RandomSolarize": _solarize,
    "RandomVerticalFlip": _plain("VerticalFlip", p="p"),
    "RandomZoomOut": _zoom_out,
    "Resize": _resize,
    "SanitizeBoundingBoxes": _nothing,
    "ToDtype": _to_dtype,
    "ToImage": _nothing,
    "ToPILImage": _nothing,
    "ToPureTensor": _nothing,
    "ToTensor": lambda step, report: [Call("ToFloat")],
    "AugMix": _policy("severity", "mixture_width", "chain_depth", "alpha", "all_ops"),
    "AutoAugment": _policy("policy"),
    "RandAugment": _policy("num_ops", "magnitude", "num_magnitude_bins"),
    "TrivialAugmentWide": _policy("num_magnitude_bins"),
}
