"""What is timed: cases as data, with the names and arguments of Albumentations, the same for every library."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

RANDOM_PLACES = frozenset(
    {
        "RandomCrop",
        "RandomResizedCrop",
        "RandomRotate90",
        "Perspective",
        "GridDistortion",
        "ElasticTransform",
        "GaussNoise",
        "CoarseDropout",
        "MaskDropout",
        "D4",
        "RandomSizedCrop",
        "Erasing",
        "XYMasking",
        "ChannelDropout",
        "GridDropout",
        "PixelDropout",
        "ConstrainedCoarseDropout",
        "GuidedCoarseDropout",
        "PiecewiseAffine",
        "ThinPlateSpline",
        "GridElasticDeform",
        "RandomGridShuffle",
        "RandomSizedBBoxSafeCrop",
        "AtLeastOneBBoxRandomCrop",
        "CropNonEmptyMaskIfExists",
        "RandomCropFromBorders",
        "RandomCropNearBBox",
        "BBoxSafeRandomCrop",
        "SquareSymmetry",
        "TimeMasking",
        "FrequencyMasking",
        "MotionBlur",
        "AdvancedBlur",
        "ChromaticAberration",
        "GlassBlur",
        "OneOf",
        "ChannelShuffle",
        "RandomToneCurve",
        "ISONoise",
        "SaltAndPepper",
        "PlanckianJitter",
        "FancyPCA",
        "PhotoMetricDistort",
        "Illumination",
        "Vignetting",
        "PlasmaBrightnessContrast",
        "PlasmaShadow",
        "HEStain",
        "AdditiveNoise",
        "RandomFog",
        "AtmosphericFog",
        "RandomRain",
        "RandomSunFlare",
        "LensFlare",
        "RandomGravel",
        "Spatter",
        "AnnotationArtifacts",
        "FilmGrain",
        "StochasticConvolution",
        "BiasField",
        "KSpaceSpikeNoise",
        "RicianNoise",
        "Superpixels",
        "RandAugment",
        "TrivialAugmentWide",
        "AugMix",
        "MixUp",
        "CutMix",
    }
)
"""Transforms that stay random when their ranges are single numbers."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One transform.

    Args:
        name: as in Albumentations.
        arguments: as in Albumentations; those of a composition hold steps.
    """

    name: str
    arguments: dict[str, Any]

    @property
    def p(self) -> float:
        return self.arguments.get("p", 1.0)

    def pinned(self) -> Step:
        """The same step, always applied, each of its ranges narrowed to its upper end."""
        arguments = {k: _narrow(v) for k, v in self.arguments.items()}
        return Step(self.name, arguments | ({"p": 1.0} if "p" in arguments else {}))


def _narrow(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _narrow(v) for k, v in value.items()}
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        return (value[1], value[1]) if value[0] < value[1] else value
    return value


def step(name: str, /, **arguments: Any) -> Step:
    return Step(name, arguments)


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing to time.

    Args:
        name: heading of its row.
        steps: what is done to every sample.
        batch: samples in a batch.
        height, width: of the pictures that go in.
        scene: what a sample holds, see `pictures.SCENES`.
        rows: boxes and keypoints in each set.
        mode: how jaxaug is batched: `batch` or `vmap`.
        dtype: of the images: `uint8`, or `float32` in [0, 1].
    """

    name: str
    steps: tuple[Step, ...]
    batch: int = 32
    height: int = 256
    width: int = 256
    scene: str = "image"
    rows: int = 8
    mode: str = "batch"
    dtype: str = "uint8"

    @property
    def random(self) -> bool:
        """Whether two libraries draw different things even when ranges are narrowed."""
        return any(s.name in RANDOM_PLACES for s in self.steps)

    def probe(self, batch: int) -> Case:
        """A smaller case whose result does not depend on draws, as far as that is possible."""
        return dataclasses.replace(self, batch=batch, steps=tuple(s.pinned() for s in self.steps))


NEEDS = {
    "MaskDropout": "image+mask",
    "ConstrainedCoarseDropout": "image+mask",
    "GuidedCoarseDropout": "image+mask",
    "CropNonEmptyMaskIfExists": "image+mask",
    "RandomSizedBBoxSafeCrop": "rows",
    "AtLeastOneBBoxRandomCrop": "rows",
    "RandomScale": "sized image",
    "RandomCropFromBorders": "sized image",
    "RandomCropNearBBox": "sized image+box",
    "BBoxSafeRandomCrop": "sized rows",
}
"""Scenes of transforms that look at more than an image. Results of random size need an entry that tells it."""


# Single transforms -----------------------------------------------------------------------------------------------


def singles(batch: int, size: int) -> list[Case]:
    """Single transforms, always applied: those that Albumentations has too, and all that move or cut."""
    window = size * 7 // 8
    turn = {"rotate": (-30.0, 30.0), "scale": (0.9, 1.1), "translate_percent": (-0.05, 0.05), "shear": (-5.0, 5.0)}
    steps = [
        step("HorizontalFlip"),
        step("VerticalFlip"),
        step("Transpose"),
        step("RandomRotate90"),
        step("Affine", **turn),
        step("ShiftScaleRotate", shift_limit=(-0.06, 0.06), scale_limit=(-0.1, 0.1), rotate_limit=(-45.0, 45.0)),
        step("Rotate", limit=(-45.0, 45.0)),
        step("Perspective", scale=(0.05, 0.1)),
        step("GridDistortion", num_steps=5, distort_limit=(-0.3, 0.3)),
        step("ElasticTransform", alpha=50.0, sigma=5.0),
        step("ElasticTransform", alpha=1.0, sigma=50.0),
        step("Crop", x_min=8, y_min=4, x_max=8 + window, y_max=4 + window),
        step("CenterCrop", height=window, width=window),
        step("RandomCrop", height=window, width=window),
        step("RandomResizedCrop", size=(window, window), scale=(0.3, 1.0), ratio=(0.75, 4 / 3)),
        step("Resize", height=window, width=window),
        step("PadIfNeeded", min_height=size * 9 // 8, min_width=size * 9 // 8),
        step("RandomBrightnessContrast", brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2)),
        _jitter(0.2, 0.1),
        step("HueSaturationValue", hue_shift_limit=(-20, 20), sat_shift_limit=(-30, 30), val_shift_limit=(-20, 20)),
        step("RGBShift", r_shift_limit=(-20, 20), g_shift_limit=(-20, 20), b_shift_limit=(-20, 20)),
        step("RandomGamma", gamma_limit=(80.0, 120.0)),
        step("Solarize", threshold_range=(0.5, 0.5)),
        step("Posterize", num_bits=4),
        step("InvertImg"),
        step("ToGray"),
        step("Normalize"),
        step("Blur", blur_limit=(3, 7)),
        step("GaussianBlur", blur_limit=0, sigma_limit=(0.5, 3.0)),
        step("GaussNoise", std_range=(0.1, 0.2)),
        step("CoarseDropout", num_holes_range=(1, 8), hole_height_range=(0.1, 0.2), hole_width_range=(0.1, 0.2)),
        step("MaskDropout", max_objects=2),
        step("D4"),
        step("SafeRotate", limit=(-45.0, 45.0)),
        step("RandomSizedCrop", min_max_height=(size // 2, size - 1), size=(window, window)),
        step("LongestMaxSize", max_size=window),
        step("Pad", padding=size // 16),
        step("Erasing", scale=(0.1, 0.3)),
        step("XYMasking", num_masks_x=(1, 2), num_masks_y=(1, 2), mask_x_length=(8, 24), mask_y_length=(8, 24)),
        step("ChannelDropout"),
        step("GridDropout", ratio=0.5),
        step("PixelDropout", dropout_prob=0.05),
        step("ConstrainedCoarseDropout", hole_height_range=(0.2, 0.4), hole_width_range=(0.2, 0.4), mask_indices=[1]),
        step("GuidedCoarseDropout", region_key="mask"),
        step("OpticalDistortion", distort_limit=(-0.3, 0.3)),
        step("PiecewiseAffine", scale=(0.03, 0.05)),
        step("ThinPlateSpline", scale_range=(0.2, 0.4)),
        step("GridElasticDeform", num_grid_xy=(6, 6), magnitude=10),
        step("RandomGridShuffle", grid=(4, 4)),
        step("Morphological", scale=(3, 5)),
        step("CropAndPad", percent=(-0.1, 0.1)),
        step("RandomSizedBBoxSafeCrop", height=window, width=window, erosion_rate=0.2),
        step("AtLeastOneBBoxRandomCrop", height=window, width=window),
        step("CropNonEmptyMaskIfExists", height=window, width=window),
        step("RandomScale", scale_limit=(-0.1, 0.1)),
        step("SmallestMaxSize", max_size=window),
        step("RandomCropFromBorders"),
        step("RandomCropNearBBox", max_part_shift=(0.0, 0.3)),
        step("BBoxSafeRandomCrop", erosion_rate=0.2),
        step("LetterBox", size=(window, size)),
        step("SquareSymmetry"),
        step("TimeReverse"),
        step("TimeMasking", time_mask_param=40),
        step("FrequencyMasking", freq_mask_param=30),
        step("GridMask"),
        step("WaterRefraction"),
        step("PixelSpread"),
        step("CLAHE"),
        step("RandomToneCurve"),
        step("ChannelShuffle"),
        step("Equalize"),
        step("ISONoise"),
        step("AutoContrast"),
        step("ToFloat"),
        step("ChannelSwap"),
        step("SaltAndPepper"),
        step("PlanckianJitter"),
        step("FancyPCA"),
        step("PhotoMetricDistort"),
        step("Illumination"),
        step("Vignetting"),
        step("PlasmaBrightnessContrast"),
        step("PlasmaShadow"),
        step("Colorize"),
        step("ExposureMatching"),
        step("HEStain"),
        step("Enhance", alpha_range=(0.5, 1.0)),
        step("AdditiveNoise", noise_type="gaussian", spatial_mode="per_pixel"),
        step("MotionBlur", blur_limit=(3, 7)),
        step("MedianBlur", blur_limit=(3, 7)),
        step("ImageCompression", quality_range=(50, 90)),
        step("Sharpen", alpha=(0.2, 0.5), lightness=(0.5, 1.0)),
        step("UnsharpMask", blur_limit=(3, 7)),
        step("AdvancedBlur", blur_limit=(3, 7)),
        step("Defocus", radius=(3, 10)),
        step("RingingOvershoot", blur_limit=(7, 15)),
        step("Downscale", scale_range=(0.25, 0.25)),
        step("ChromaticAberration"),
        step("ZoomBlur", max_factor=(1.1, 1.31), step_factor=(0.01, 0.03)),
        step("GlassBlur"),
        step("RandomFog"),
        step("AtmosphericFog"),
        step("RandomRain"),
        step("RandomSnow"),
        step("RandomSunFlare"),
        step("LensFlare"),
        step("RandomGravel"),
        step("Spatter"),
        step("AnnotationArtifacts"),
        step("FilmGrain"),
        step("ModeFilter"),
        step("Dithering"),
        step("Halftone"),
        step("StochasticConvolution"),
        step("BiasField"),
        step("GibbsRinging"),
        step("KSpaceSpikeNoise"),
        step("RicianNoise"),
        step("Superpixels", p_replace=(0.5, 0.5)),
        step("RandAugment", num_ops=2, magnitude=9.0),
        step("TrivialAugmentWide"),
        step("AugMix", severity=3.0, mixture_width=3),
        step("MixUp", alpha=0.8),
        step("CutMix", alpha=1.0),
    ]
    cases = []
    for s in steps:
        name = s.name
        if name == "ElasticTransform":
            name += f"({s.arguments['alpha']:g}, {s.arguments['sigma']:g})"
        cases.append(Case(name, (_always(s),), batch, size, size, NEEDS.get(s.name, "image")))
    return cases


def _always(s: Step) -> Step:
    return Step(s.name, s.arguments | {"p": 1.0})


def _jitter(strength: float, hue: float, p: float = 1.0) -> Step:
    around = (1 - strength, 1 + strength)
    return step("ColorJitter", brightness=around, contrast=around, saturation=around, hue=(-hue, hue), p=p)


# Pipelines -------------------------------------------------------------------------------------------------------


def _affine(p: float = 1.0) -> Step:
    return step("Affine", scale=(0.9, 1.1), rotate=(-20.0, 20.0), translate_percent=(-0.05, 0.05), p=p)


def _brightness_contrast(p: float = 1.0) -> Step:
    return step("RandomBrightnessContrast", brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2), p=p)


def _crop(side: int) -> Step:
    return step("RandomCrop", height=side, width=side, p=1.0)


def _normalize() -> Step:
    return step("Normalize", p=1.0)


def _shift_scale_rotate() -> Step:
    limits = {"shift_limit": (-0.06, 0.06), "scale_limit": (-0.1, 0.1), "rotate_limit": (-45.0, 45.0)}
    return step("ShiftScaleRotate", **limits, p=1.0)


def standard(p: float = 0.5) -> tuple[Step, ...]:
    """The pipeline of most training scripts."""
    return (step("HorizontalFlip", p=p), _affine(), _brightness_contrast(), _normalize())


def pipelines(batch: int, size: int) -> list[Case]:
    """What people train with."""
    small, large, larger = size * 7 // 8, size * 4, size * 5
    flip = step("HorizontalFlip", p=0.5)
    up = step("VerticalFlip", p=0.5)
    grid = step("GridDistortion", num_steps=5, distort_limit=(-0.3, 0.3), p=1.0)
    robot = (
        _crop(small * 95 // 100),
        step("Resize", height=small, width=small, p=1.0),
        step("Rotate", limit=(-5.0, 5.0), p=1.0),
        _jitter(0.3, 0.05),
    )
    seven = (flip, up, _jitter(0.2, 0.1), _brightness_contrast(), step("GaussNoise", std_range=(0.02, 0.1), p=1.0))
    few = max(batch // 8, 1)
    return [
        Case("flip, affine, brightness and contrast, normalise", standard(), batch, size, size),
        Case("resized crop, flip, jitter, normalise", _crop_and_jitter(small), batch, size, size),
        Case("robotics: crop, resize, rotate 5, jitter", robot, batch, small, small),
        Case("flips, jitter, brightness and contrast, noise", seven, batch, small, small),
        Case(f"affine, crop, flip, colour, normalise, {size} to {small}", _full(small), batch, size, size),
        Case(f"affine, crop, flip, colour, normalise, {larger} to {large}", _full(large), few, larger, larger),
        Case("image and mask: flip, affine, brightness and contrast", standard()[:3], batch, size, size, "image+mask"),
        Case("image, 3 masks: flip, grid, crop", (flip, grid, _crop(small)), batch, size, size, "image+masks"),
        Case(
            "2 images, masks, box and point sets: flip, shift-scale-rotate",
            (flip, _shift_scale_rotate()),
            batch,
            size,
            size,
            "everything",
        ),
    ]


def _full(side: int) -> tuple[Step, ...]:
    return (_affine(), _crop(side), step("HorizontalFlip", p=0.5), _jitter(0.2, 0.1), _normalize())


TWENTY = ("RandomRotate90", "Affine", "ShiftScaleRotate", "Rotate", "Perspective", "GridDistortion", "ElasticTransform")
TWENTY += ("RandomBrightnessContrast", "ColorJitter", "HueSaturationValue", "RGBShift", "RandomGamma", "Solarize")
TWENTY += ("Posterize", "InvertImg", "GaussianBlur", "GaussNoise", "CoarseDropout")


def twenty(batch: int, size: int) -> Case:
    """A Compose of twenty transforms, for compile time."""
    by_name = {c.steps[0].name: c.steps[0] for c in singles(batch, size)}
    chosen = [Step(name, by_name[name].arguments | {"p": 0.5}) for name in TWENTY]
    steps = (*chosen, _crop(size * 7 // 8), _normalize())
    return Case(f"Compose of {len(steps)} transforms", steps, batch, size, size)


def compiles(batch: int, size: int) -> list[Case]:
    """What tells how long a program takes to compile: long pipelines, how a program grows, policies and mixing."""
    image, detector = twenty(batch, size), (_affine(0.5), _crop(size * 7 // 8), step("HorizontalFlip", p=0.5))
    detector = (*detector, _jitter(0.4, 0.1, 0.8), step("GaussianBlur", p=0.2), _normalize())
    every = dataclasses.replace(image, name=f"{image.name}, all kinds", scene="all kinds")
    turn = step("Rotate", limit=(-30.0, 30.0), p=0.5)
    turns = [Case(f"{n} rotations, all kinds", (turn,) * n, batch, size, size, "all kinds") for n in (2, 12)]
    policies = [Case(s.name, (_always(s),), batch, size, size) for s in (step("RandAugment"), step("AugMix"))]
    either = step("OneOf", transforms=(step("MixUp", p=0.5), step("CutMix", p=0.5)), p=1.0)
    mixing = Case("MixUp or CutMix, all kinds", (either,), batch, size, size, "all kinds")
    six = Case("detector's six, all kinds", detector, batch, size, size, "all kinds")
    return [image, every, six, *turns, *policies, mixing]


# Real sizes ------------------------------------------------------------------------------------------------------

SHARED = ("HorizontalFlip", "VerticalFlip", "Transpose", "RandomRotate90", "Affine", "Rotate", "Perspective")
SHARED += ("ElasticTransform", "RandomCrop", "RandomResizedCrop", "Resize", "PadIfNeeded", "RandomBrightnessContrast")
SHARED += ("ColorJitter", "HueSaturationValue", "RandomGamma", "ToGray", "Normalize", "GaussianBlur", "GaussNoise")
SHARED += ("CoarseDropout", "CLAHE")
"""What most pipelines are made of, and most libraries have."""


def sizes(batch: int, size: int) -> Iterator[Case]:
    """Every transform on large pictures and on floats, and what is used most on pictures in between; pipelines."""
    settings = ((2 * size, batch // 4, "uint8"), (4 * size, batch // 8, "uint8"), (size, batch, "float32"))
    for side, few, dtype in (*settings, (4 * size, batch // 8, "float32")):
        few = max(few, 1)
        some = [c for c in singles(few, side) if side != 2 * size or c.steps[0].name in SHARED]
        small = step("RandomResizedCrop", size=(224, 224), scale=(0.3, 1.0), ratio=(0.75, 4 / 3), p=1.0)
        some += [
            Case("RandomResizedCrop to 224", (small,), few, side, side),
            Case("Resize to 160", (step("Resize", height=160, width=160, p=1.0),), few, side, side),
            Case("flip, affine, brightness and contrast, normalise", standard(), few, side, side),
            Case("resized crop, flip, jitter, normalise", _crop_and_jitter(side * 7 // 8), few, side, side),
            Case("resized crop, flip, affine, jitter, blur, normalise", _many(side), few, side, side),
        ]
        yield from (dataclasses.replace(case, dtype=dtype) for case in some)


def _crop_and_jitter(side: int) -> tuple[Step, ...]:
    resized = step("RandomResizedCrop", size=(side, side), scale=(0.3, 1.0), ratio=(0.75, 4 / 3), p=1.0)
    return (resized, step("HorizontalFlip", p=0.5), _jitter(0.4, 0.1), _normalize())


def _many(side: int) -> tuple[Step, ...]:
    resized = step("RandomResizedCrop", size=(side, side), scale=(0.25, 1.0), p=1.0)
    blur = step("GaussianBlur", blur_limit=(3, 5), p=0.2)
    turn = step("Affine", rotate=(-15.0, 15.0), p=0.5)
    return (resized, step("HorizontalFlip", p=0.5), turn, _jitter(0.2, 0.1, 0.8), blur, _normalize())


# Choices ---------------------------------------------------------------------------------------------------------

WARPS = ("HorizontalFlip", "VerticalFlip", "Transpose", "RandomRotate90", "Affine", "ShiftScaleRotate", "Rotate")
WARPS += ("Perspective",)
TONES = ("RandomBrightnessContrast", "ColorJitter", "HueSaturationValue", "RGBShift", "RandomGamma", "Solarize")
TONES += ("Posterize", "InvertImg")
MIXTURE = ("HorizontalFlip", "Affine", "GridDistortion", "ColorJitter", "RandomGamma", "GaussianBlur", "GaussNoise")
MIXTURE += ("CoarseDropout",)

#: What the operations of RandAugment are as transforms.
RANDOM = ("Rotate", "Affine", "RandomBrightnessContrast", "ColorJitter", "Posterize", "Solarize", "AutoContrast")
RANDOM += ("Equalize", "Sharpen")


@dataclasses.dataclass(frozen=True)
class Choice:
    """A choice among options, and each option alone.

    Args:
        name: heading of its row.
        whole: the choice.
        options: its options, each alone, batched in the same way.
        count: how many of them it applies.
    """

    name: str
    whole: Case
    options: tuple[Case, ...]
    count: int = 1


def choices(batch: int, size: int) -> Iterator[Choice]:
    """OneOf eight warps, eight tones and a mixture, SomeOf and RandAugment, under `batch` and under `vmap`."""
    by_name = {c.steps[0].name: c for c in singles(batch, size)}
    for title, names in (("8 warps", WARPS), ("8 tones", TONES), ("8 of all kinds", MIXTURE)):
        for mode in ("batch", "vmap"):
            options = tuple(dataclasses.replace(by_name[n], mode=mode) for n in names)
            one_of = step("OneOf", transforms=tuple(o.steps[0] for o in options), p=1.0)
            name = f"OneOf {title}, {mode}"
            yield Choice(name, Case(name, (one_of,), batch, size, size, mode=mode), options)
    for mode in ("batch", "vmap"):
        options = tuple(dataclasses.replace(by_name[n], mode=mode) for n in MIXTURE)
        some_of = step("SomeOf", transforms=tuple(o.steps[0] for o in options), n=2, p=1.0)
        name = f"SomeOf 2 of 8 of all kinds, {mode}"
        yield Choice(name, Case(name, (some_of,), batch, size, size, mode=mode), options, count=2)
        options = tuple(dataclasses.replace(by_name[n], mode=mode) for n in RANDOM)
        name = f"RandAugment(2), {mode}"
        policy = step("RandAugment", num_ops=2, magnitude=9.0)
        yield Choice(name, Case(name, (policy,), batch, size, size, mode=mode), options, count=2)


# Growth ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Curve:
    """Cases along one axis.

    Args:
        name: what grows.
        per: what the time is divided by: `pixel`, `picture` or `sample`.
        cases: one per point.
        x: where the points lie.
    """

    name: str
    per: str
    cases: tuple[Case, ...]
    x: tuple[int, ...]


def curves(most: int = 2048) -> Iterator[Curve]:
    """Picture size, batch, chain length, number of boxes and keypoints.

    Args:
        most: largest picture side; smaller ones make a shorter run.
    """
    sides = tuple(s for s in (64, 128, 256, 512, 1024, 2048) if s <= most)
    yield Curve("side of the picture", "pixel", tuple(Case(f"side {s}", standard(), 4, s, s) for s in sides), sides)
    counts = tuple(n for n in (1, 4, 16, 64, 256, 512) if n <= most)
    yield Curve("batch", "pixel", tuple(Case(f"batch {n}", standard(), n, 128, 128) for n in counts), counts)
    lengths = (1, 2, 5, 10, 20)
    turn = step("Rotate", limit=(-5.0, 5.0), p=1.0)
    for name, one in (("rotations in a row", turn), ("brightness changes in a row", _brightness_contrast())):
        cases = tuple(Case(f"{n} {name}", (one,) * n, 8, 256, 256) for n in lengths)
        yield Curve(name, "pixel", cases, lengths)
    rows = (1, 10, 100, 1000)
    both = (step("HorizontalFlip", p=0.5), _shift_scale_rotate())
    cases = tuple(Case(f"{n} boxes and points", both, 8, 64, 64, "rows", n) for n in rows)
    yield Curve("boxes and keypoints", "sample", cases, rows)
