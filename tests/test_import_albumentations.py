"""Pipelines of Albumentations become pipelines here: all forms, both versions, every argument."""

from __future__ import annotations

import inspect
import json
import math
import warnings
from pathlib import Path
from typing import Any

import albumentations as A
import jax
import numpy as np
import pytest
from pipelines_of_albumentations import PIPELINES
from table import FONT

import jaxaug as ja
from jaxaug.__main__ import main
from jaxaug.interop.albumentations import port

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)


def imported(pipeline: Any, **options: Any) -> ja.Compose:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ja.PortWarning)
        return ja.from_albumentations(pipeline, **options)


def first(source: str) -> Any:
    return imported(source).transforms[0]


def test_all_pipelines_are_imported_and_printed() -> None:
    assert len(PIPELINES) >= 50
    for name, source in PIPELINES.items():
        assert imported(source).transforms, name
        code, refused = port(source)
        assert not refused, name
        compile(code, name, "exec")


def test_all_forms_of_a_pipeline_are_one(tmp_path: Path) -> None:
    live = A.Compose(
        [A.HorizontalFlip(p=0.3), A.OneOf([A.Blur(blur_limit=(3, 5)), A.RandomScale(0.2)], p=0.4), A.ColorJitter()],
        bbox_params=A.BboxParams("coco", label_fields=["labels"], min_area=3),
        keypoint_params=A.KeypointParams("xy", remove_invisible=False),
        additional_targets={"image2": "image"},
    )
    for kind in ("json", "yaml"):
        A.save(live, tmp_path / f"pipeline.{kind}", data_format=kind)
    source = """A.Compose([A.HorizontalFlip(p=0.3), A.OneOf([A.Blur((3, 5)), A.RandomScale(scale_limit=0.2)], p=0.4),
        A.ColorJitter()], bbox_params=A.BboxParams("coco", ["labels"], 3), additional_targets={"image2": "image"},
        keypoint_params=dict(format="xy", remove_invisible=False))"""
    (tmp_path / "pipeline.py").write_text(f"augment = {source}")
    hydra = {
        "_target_": "albumentations.Compose",
        "transforms": [
            {"_target_": "albumentations.HorizontalFlip", "p": 0.3},
            {
                "_target_": "albumentations.OneOf",
                "transforms": [{"type": "Blur", "blur_limit": [3, 5]}, {"type": "RandomScale", "scale_limit": 0.2}],
                "p": 0.4,
            },
            {"type": "ColorJitter"},
        ],
        "bbox_params": {"_target_": "albumentations.BboxParams", "format": "coco", "label_fields": ["labels"]}
        | {"min_area": 3},
        "keypoint_params": {"format": "xy", "remove_invisible": False},
        "additional_targets": {"image2": "image"},
    }
    forms = [live, A.to_dict(live), json.loads(json.dumps(A.to_dict(live))), hydra, source]
    forms += [tmp_path / f"pipeline.{kind}" for kind in ("json", "yaml", "py")]
    read = [imported(form) for form in forms]
    for one in read:
        assert jax.tree.structure(one) == jax.tree.structure(read[0])
        np.testing.assert_allclose(jax.tree.leaves(one), jax.tree.leaves(read[0]), rtol=1e-6)


@pytest.mark.parametrize(
    ("source", "name", "arguments"),
    [
        ("A.GaussNoise(var_limit=(10, 50))", "GaussNoise", {"std_range": (math.sqrt(10) / 255, math.sqrt(50) / 255)}),
        ("A.GaussNoise((10, 50), 5)", "GaussNoise", {"mean_range": (5 / 255, 5 / 255)}),
        ("A.GaussNoise(var_limit=0.01)", "GaussNoise", {"std_range": (0, 0.1)}),
        ("A.GaussNoise((0.1, 0.2))", "GaussNoise", {"std_range": (0.1, 0.2)}),
        ("A.CoarseDropout(max_holes=5, min_holes=2)", "CoarseDropout", {"num_holes_range": (2, 5)}),
        ("A.CoarseDropout(5)", "CoarseDropout", {"num_holes_range": (5, 5), "hole_height_range": (8, 8)}),
        (
            "A.CoarseDropout(max_height=0.2, fill_value=7)",
            "CoarseDropout",
            {"hole_height_range": (0.2, 0.2), "fill": 7},
        ),
        ("A.Cutout(3, 4, 5)", "CoarseDropout", {"num_holes_range": (3, 3), "hole_width_range": (5, 5)}),
        (
            "A.RandomBrightness(0.3)",
            "RandomBrightnessContrast",
            {"brightness_limit": (-0.3, 0.3), "contrast_limit": (0, 0)},
        ),
        ("A.RandomContrast(limit=0.3)", "RandomBrightnessContrast", {"brightness_limit": (0, 0)}),
        ("A.JpegCompression(60, 90)", "ImageCompression", {"quality_range": (60, 90)}),
        ("A.ImageCompression(quality_lower=50)", "ImageCompression", {"quality_range": (50, 100)}),
        ("A.Solarize(threshold=51)", "Solarize", {"threshold_range": (0.2, 0.2)}),
        ("A.RandomResizedCrop((20, 30), always_apply=True)", "RandomResizedCrop", {"size": (20, 30)}),
        (
            "A.Affine(scale=None, rotate=None, shear=None, mode=0)",
            "Affine",
            {"rotate": (0, 0), "border_mode": "constant"},
        ),
        ("A.RandomResizedCrop(20, 30)", "RandomResizedCrop", {"size": (20, 30)}),
        ("A.RandomSizedCrop((8, 9), 20, 30)", "RandomSizedCrop", {"size": (20, 30), "min_max_height": (8, 9)}),
        ("A.Rotate(30, value=3, mask_value=4)", "Rotate", {"fill": 3, "fill_mask": 4, "border_mode": "reflect_101"}),
        ("A.Rotate(30)", "Rotate", {"border_mode": "constant"}),
        ("A.Rotate(angle_range=(3, 4))", "Rotate", {"limit": (3, 4)}),
        ("A.HorizontalFlip(always_apply=True, p=0.2)", "HorizontalFlip", {"p": 1.0}),
        ("A.IAAAdditiveGaussianNoise(scale=(2.55, 5.1))", "GaussNoise", {"std_range": (0.01, 0.02)}),
        ("A.Normalize(mean=(0.5,), std=(0.25,))", "Normalize", {"mean": 0.5, "std": 0.25}),
        ("A.Downscale(0.25, 0.5)", "Downscale", {"scale_range": (0.25, 0.5)}),
        ("A.GridDropout(holes_number_x=2, holes_number_y=3)", "GridDropout", {"holes_number_xy": (2, 3)}),
        ("A.Perspective(pad_mode=1, pad_val=9)", "Perspective", {"border_mode": "replicate", "fill": 9}),
        ("A.ElasticTransform(10, 4, 30)", "ElasticTransform", {"sigma": 4, "alpha_affine": 30}),
        ("A.GridDistortion(border_mode=0, value=1)", "GridDistortion", {"normalized": False, "fill": 1}),
    ],
)
def test_arguments_mean_what_they_meant(source: str, name: str, arguments: dict[str, Any]) -> None:
    step = first(source)
    assert type(step).__name__ == name
    for argument, value in arguments.items():
        found = getattr(step, argument)
        if isinstance(value, str):
            assert found == value
        else:
            np.testing.assert_allclose(np.asarray(found, float), value, rtol=1e-6)


def test_flip_is_one_of_three() -> None:
    (choice,) = imported("A.Compose([A.Flip(p=0.25)])").transforms
    assert choice.p == 0.25
    assert [type(option).__name__ for option in choice.transforms] == ["HorizontalFlip", "VerticalFlip", "Sequential"]


def test_always_apply_is_no_weight_of_a_choice() -> None:
    (choice,) = imported("A.Compose([A.OneOf([A.Blur(always_apply=True, p=0.2), A.CLAHE(p=0.4)])])").transforms
    assert [option.p for option in choice.transforms] == [0.2, 0.4]


def test_each_translation_warns_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ja.from_albumentations("A.Compose([A.GaussNoise(var_limit=(10, 50)), A.GaussNoise(var_limit=(10, 50))])")
    assert [str(warning.message)[:22] for warning in caught] == ["GaussNoise: var_limit,"]
    assert caught[0].filename == __file__


def test_all_refusals_come_in_one_error() -> None:
    source = "A.Compose([A.HorizontalFlip(foo=1), A.Bar(), A.Resize(h, w), A.Rotate(limit='a'), A.Blur()])"
    with pytest.raises(ValueError, match="in 5 points") as error:
        ja.from_albumentations(source)
    for said in ("HorizontalFlip(foo=1)", "Bar", "tells h", "tells w", "Rotate(limit=...)"):
        assert said in str(error.value)
    assert imported("A.Compose([A.Resize(h, w)])", values={"h": 8, "w": 9}).transforms[0].width == 9


def test_source_is_followed_without_running_it() -> None:
    source = """
import albumentations as A
raise SystemExit("this never runs")
SIZE = 4 * 8
def make(phase, size=SIZE, *, strong=False):
    if phase == "train":
        steps = [A.Resize(size, int(size * 1.5))]
        if strong:
            steps.append(A.Blur())
        steps += [A.HorizontalFlip(p=1 / 4)]
        return A.Compose(steps)
    return A.Compose([A.CenterCrop(*(8, 9))])
both = {"test": A.Compose([A.NoOp()])}
"""
    with pytest.raises(ValueError, match="3 pipelines, 'make', 'make_2', 'both_test': say which"):
        ja.from_albumentations(source)
    steps = imported(source, name="make", values={"phase": "train"}).transforms
    assert [type(step).__name__ for step in steps] == ["Resize", "HorizontalFlip"]
    assert steps[0].width == 48
    assert steps[1].p == 0.25
    assert isinstance(imported(source, name="both_test").transforms[0], ja.NoOp)


def test_the_step_of_openmmlab_that_holds_transforms() -> None:
    source = """
albu = [dict(type='RandomResizedCrop', height=32, width=24, scale=[0.75, 1], p=1), dict(type='HorizontalFlip')]
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Albu', transforms=albu, keymap={'img': 'image'}, bbox_params=dict(
        type='BboxParams', format='pascal_voc', label_fields=['gt_labels'], filter_lost_elements=True)),
]
"""
    augment = imported(source, name="train_pipeline")
    assert augment.transforms[0].size == (32, 24)
    assert dict(augment.settings.params)["bboxes"].label_fields == ("gt_labels",)


def test_port_prints_code_and_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "transforms.py"
    path.write_text("train = A.Compose([A.Flip(p=0.5)])\ntest = A.Compose([A.Resize(4, size)])")
    assert main(["port", str(path)]) == 2
    code = capsys.readouterr().out
    assert "# Flip: of Albumentations 1.x" in code
    assert "#   - Resize(width=...): only running the program tells size." in code
    made: dict[str, Any] = {}
    exec(code, made)
    assert isinstance(made["train"].transforms[0], ja.OneOf)


def test_what_is_no_pipeline_is_refused() -> None:
    with pytest.raises(TypeError, match="takes a pipeline or transform of Albumentations"):
        ja.from_albumentations(3)
    with pytest.raises(ValueError, match="holds no pipeline"):
        ja.from_albumentations("x = 3")
    with pytest.raises(ValueError, match="cannot be read as Python: line 1"):
        ja.from_albumentations("A.Compose([")
    with pytest.raises(ValueError, match="must name its class"):
        ja.from_albumentations({"a": 1})


def test_order_that_cuts_values_off_is_imported_with_a_warning() -> None:
    with pytest.warns(ja.PortWarning, match="cuts off what lies beyond"):
        augment = ja.from_albumentations(PIPELINES["colour behind normalize"])
    assert len(augment.transforms) == 2


REQUIRED = {"height": 8, "width": 8, "size": (8, 8), "min_max_height": (4, 8), "num_grid_xy": (3, 3), "magnitude": 3}
GIVEN: dict[str, dict[str, Any]] = {
    "ConstrainedCoarseDropout": {"mask_indices": [1]},
    "CropAndPad": {"px": 2},
    "LongestMaxSize": {"max_size": 8},
    "RGBShift": {"r_shift_limit": (3, 4)},
    "SafeRotate": {"limit": (3, 4)},
    "SmallestMaxSize": {"max_size": 8},
    "TextImage": {"font_path": str(FONT)},
    "TimeMasking": {"time_mask_param": 7},
    "XYMasking": {"mask_x_length": 4},
}
BOTH = sorted(
    name
    for name, there in vars(A).items()
    if inspect.isclass(there) and issubclass(there, A.BasicTransform) and name in ja.__all__ and name != "Lambda"
)


@pytest.mark.filterwarnings("ignore:.*(is a special|is an alias for)")
@pytest.mark.filterwarnings("ignore:This augmenter is very slow")
def test_every_transform_comes_live_and_serialised_and_goes_back() -> None:
    assert len(BOTH) > 80
    for name in BOTH:
        there = getattr(A, name)
        needed = {key: value for key, value in REQUIRED.items() if _needs(there, key)}
        live = there(**{**needed, **GIVEN.get(name, {})})
        augment = imported(live)
        again = imported(ja.to_albumentations(augment))
        assert repr(again.transforms) == repr(augment.transforms), name
        for argument, value in GIVEN.get(name, {}).items():
            own = getattr(getattr(ja, name)(**{**needed, **GIVEN[name]}), argument)
            assert repr(getattr(augment.transforms[0], argument)) == repr(own), (name, value)
        if name not in ("FDA", "HistogramMatching", "PixelDistributionAdaptation"):
            assert repr(imported(A.to_dict(live)).transforms) == repr(augment.transforms), name


def _needs(there: type, argument: str) -> bool:
    parameter = inspect.signature(there).parameters.get(argument)
    return parameter is not None and parameter.default is inspect.Parameter.empty


def test_pipelines_go_back() -> None:
    augment = imported("""A.Compose([A.HorizontalFlip(p=1), A.OneOf([A.Blur(3), A.Rotate(20, border_mode=4)]),
        A.Downscale(), A.SomeOf([A.CLAHE(), A.RandomGamma()], n=1), A.Affine(rotate=(3, 4)), A.Resize(8, 9)], p=0.5,
        bbox_params=A.BboxParams("coco", ["labels"]))""")
    back = ja.to_albumentations(augment)
    assert isinstance(back, A.Compose)
    again = imported(back)
    assert jax.tree.structure(again) == jax.tree.structure(augment)
    np.testing.assert_allclose(jax.tree.leaves(again), jax.tree.leaves(augment), rtol=1e-6)
    with pytest.raises(ValueError, match="LetterBox: Albumentations has no such transform"):
        ja.to_albumentations(ja.Compose([ja.LetterBox((8, 8))]))


def scene(source: str, channels: int = 3, side: int = 48) -> dict[str, Any]:
    """A sample for a pipeline, with the targets that it reads."""
    dtype = np.float32 if "float inputs" in source else np.uint8
    image = RNG.integers(0, 256, (side, side, channels)).astype(np.uint8)
    sample: dict[str, Any] = {"image": image if dtype == np.uint8 else (image / 255).astype(np.float32)}
    sample["mask"] = (RNG.random((side, side)) > 0.5).astype(np.uint8)
    return sample


@pytest.mark.slow
@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines_run_under_jit_and_in_batches(name: str) -> None:
    augment = imported(PIPELINES[name])
    sample = scene(name, 20 if name == "volumes" else 3)
    for kind, said in augment.settings.params:
        form = said.format
        box = [0.2, 0.2, 0.4, 0.4] if form in ("yolo", "albumentations") else [8.0, 8.0, 30.0, 30.0]
        columns = box if kind == "bboxes" else [10.0, 12.0, 0.5, 1.0][: max(2, len(form))]
        sample[kind] = np.array([[*columns, *([1.0] if "fifth" in name else [])]] * 2, np.float32)
        sample[f"{kind}_valid"] = np.ones(2, bool)
        sample |= dict.fromkeys([f for f in said.label_fields or () if isinstance(f, str)], np.arange(2))
    sample |= {extra: sample[like] for extra, like in augment.additional_targets or () if like in sample}
    augment(KEY, sample)
    batch = {key: np.stack([value, value]) for key, value in sample.items()}
    batch["size"] = np.array([[48, 48]] * 2, np.int32)
    out = jax.jit(augment.batch)(KEY, batch)
    assert all(np.isfinite(np.asarray(leaf, np.float32)).all() for leaf in jax.tree.leaves(out))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "tolerance"),
    [
        ("A.Compose([A.HorizontalFlip(p=1), A.CenterCrop(24, 20), A.Normalize(mean=(0.5,), std=(0.25,))])", 1e-5),
        ("A.Compose([A.RandomBrightnessContrast((0.2, 0.2), (0.1, 0.1), p=1), A.VerticalFlip(p=1)])", 1),
        ("A.Compose([A.PadIfNeeded(64, 60, border_mode=4, p=1), A.Transpose(p=1), A.Solarize((0.4, 0.4), p=1)])", 0),
        ("A.Compose([A.Affine(rotate=(20, 20), scale=(0.9, 0.9), border_mode=4, p=1)])", 3),
        ("A.Compose([A.Normalize(), A.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)])", 1e-5),
        ("A.Compose([A.ToGray(p=1), A.InvertImg(p=1), A.RandomGamma((80, 80), p=1)])", 2),
        ("A.Compose([A.Resize(24, 24), A.ColorJitter((1.1, 1.1), (0.9, 0.9), (1, 1), (0, 0), p=1)])", 3),
    ],
)
def test_results_are_those_of_albumentations(source: str, tolerance: float) -> None:
    sample = scene("bytes")
    smooth = np.add.outer(np.arange(48), 2 * np.arange(48))[..., None] + np.array([10, 40, 80])
    sample["image"] = smooth.astype(np.uint8)
    theirs = eval(source, {"A": A})(**sample)
    ours = imported(source)(KEY, sample)
    assert np.asarray(ours["image"]).dtype == theirs["image"].dtype
    away = np.abs(np.asarray(ours["image"], np.float64) - theirs["image"])
    assert np.quantile(away, 0.98) <= tolerance
    if "Resize" not in source and "Affine" not in source:
        np.testing.assert_array_equal(ours["mask"], theirs["mask"])


def test_attributes_of_classes_are_read() -> None:
    source = """
class CFG:
    size = 96
    half = size // 2
config = CFG()
class Data:
    def __init__(self, side=40):
        self.side = side
        self.transform = A.Compose([A.Resize(CFG.size, config.half), A.CenterCrop(self.side, self.side)])
"""
    augment = ja.from_albumentations(source)
    assert augment == ja.Compose([ja.Resize(96, 48), ja.CenterCrop(40, 40)])


def test_pipelines_of_several_branches_have_names_of_their_own() -> None:
    source = """
def get_transforms(*, data):
    if data == 'train':
        return A.Compose([A.HorizontalFlip(p=0.5)])
    elif data == 'valid':
        return A.Compose([A.Resize(8, 8)])
"""
    assert ja.from_albumentations(source, name="get_transforms") == ja.Compose([ja.HorizontalFlip(p=0.5)])
    assert ja.from_albumentations(source, name="get_transforms_2") == ja.Compose([ja.Resize(8, 8)])


def test_functions_of_the_source_are_followed() -> None:
    source = """
def blurs(limit):
    out = [A.Blur(limit), A.MedianBlur(limit)]
    return out
def pair(size, extra=()):
    return A.Compose([A.Resize(size, SIZES[1]), *extra, A.OneOf(blurs(limit=5), p=0.3), last()])
class Data:
    def __init__(self):
        self.transform = self.build(24)
    def build(self, side):
        return A.Compose([A.CenterCrop(side, side)])
def last():
    return A.InvertImg() if DEEP else A.NoOp()
train = pair(16, extra=[A.HorizontalFlip()])
SIZES = (8, 12)
DEEP = False
"""
    blur = ja.OneOf([ja.Blur(5), ja.MedianBlur(5)], p=0.3)
    expected = ja.Compose([ja.Resize(16, 12), ja.HorizontalFlip(), blur, ja.NoOp()])
    assert ja.from_albumentations(source, name="train") == expected
    assert ja.from_albumentations(source, name="transform") == ja.Compose([ja.CenterCrop(24, 24)])
    with pytest.raises(ValueError, match="2 pipelines, 'transform', 'train': say which"):
        ja.from_albumentations(source)
    for endless, name in (("[f(n), A.NoOp()]", "t"), (f"[{'f(n), ' * 30}]", "f")):
        with pytest.raises(ValueError, match=r"f\(\.\.\.\)"):
            ja.from_albumentations(f"def f(n):\n    return A.Compose({endless})\nt = f(1)", name=name)


def test_parts_of_a_pipeline_need_no_name() -> None:
    source = "norm = A.Compose([A.Normalize()])\nwhole = A.Compose([A.HorizontalFlip(), norm])"
    assert ja.from_albumentations(source) == ja.Compose([ja.HorizontalFlip(), ja.Compose([ja.Normalize()])])
    assert ja.from_albumentations(source, name="norm") == ja.Compose([ja.Normalize()])


def test_functions_given_to_lambda_are_told_of_by_name() -> None:
    with pytest.raises(ValueError, match=r"Lambda\(image=\.\.\.\).*the function f"):
        ja.from_albumentations("def f(x):\n    return x\nt = A.Compose([A.Lambda(image=f)])")


def test_a_transform_that_stands_alone_is_a_pipeline() -> None:
    assert ja.from_albumentations("flip = A.HorizontalFlip(p=0.2)") == ja.Compose([ja.HorizontalFlip(p=0.2)])


def test_pipelines_stand_anywhere_in_a_configuration(tmp_path: Path) -> None:
    steps = [{"_target_": "albumentations.CenterCrop", "height": 8, "width": 9}]
    steps += [{"_target_": "albumentations.pytorch.transforms.ToTensorV2"}]
    flip = {"_target_": "albumentations.Compose", "transforms": [{"_target_": "albumentations.HorizontalFlip"}]}
    config = {"model": {"_target_": "models.Unet", "depth": 4}, "train": {"augmentations": steps}, "val": flip}
    crop, flipped = ja.Compose([ja.CenterCrop(8, 9), ja.ToTensorV2()]), ja.Compose([ja.HorizontalFlip()])
    assert ja.from_albumentations(config, name="train.augmentations") == crop
    assert ja.from_albumentations(config, name="val") == flipped
    with pytest.raises(ValueError, match=r"2 pipelines, 'train\.augmentations', 'val': say which"):
        ja.from_albumentations(config)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"train": config["train"]}))
    assert ja.from_albumentations(path) == crop
    with pytest.raises(ValueError, match="must name its class"):
        ja.from_albumentations({"model": config["model"]["_target_"]})
    inner = {"type": "Albu", "transforms": [{"type": "HorizontalFlip"}], "keymap": {"img": "image"}}
    outer = [{"type": "LoadImage"}, {"type": "StrongWeakAug", "strong": [inner, {"type": "PackInputs"}]}]
    assert ja.from_albumentations(outer) == flipped


def test_a_list_of_steps_that_a_configuration_uses_is_one_pipeline() -> None:
    source = """
albu = [dict(type='HorizontalFlip', p=0.3)]
boxes = dict(type='BboxParams', format='coco', label_fields=['gt_labels'])
train_pipeline = [dict(type='LoadImage'), dict(type='Albu', transforms=albu, bbox_params=boxes)]
"""
    found = ja.from_albumentations(source)
    assert dict(found.settings.params)["bboxes"].format == "coco"
    assert found.transforms[0] == ja.HorizontalFlip(p=0.3)


def test_comprehensions_are_followed() -> None:
    source = """
sizes = {name: side * 2 for name, side in {"small": 8, "large": 12}.items()}
mean = tuple(0.25 * (i + 1) for i in range(3))
picked = [A.Blur(limit) for i, limit in enumerate([3, 5, 7]) if i != 1]
t = A.Compose([A.Resize(sizes["small"], sizes["large"]), *picked, A.Normalize(mean=mean, std=[0.5 for _ in mean])])
"""
    steps = [ja.Resize(16, 24), ja.Blur(3), ja.Blur(7), ja.Normalize(mean=(0.25, 0.5, 0.75), std=(0.5, 0.5, 0.5))]
    assert ja.from_albumentations(source) == ja.Compose(steps)
    with pytest.raises(ValueError, match=r"Blur\(blur_limit=\.\.\.\): only running the program tells"):
        ja.from_albumentations("t = A.Compose([A.Blur([i for i in range(10**9)])])")


def test_a_list_that_a_condition_changes_is_refused_by_name() -> None:
    source = "steps = [A.NoOp()]\nif cfg.blur:\n    steps.append(A.Blur())\nt = A.Compose(steps + [A.HorizontalFlip()])"
    with pytest.raises(ValueError, match=r"steps, which depends on cfg\.blur"):
        ja.from_albumentations(source)
    blurred = ja.from_albumentations(source, values={"cfg.blur": True})
    assert blurred == ja.Compose([ja.NoOp(), ja.Blur(), ja.HorizontalFlip()])
