"""The contract of ops: what each picture gets is right for it, plans are data, and what cannot be moved is refused."""

from __future__ import annotations

import importlib
import pathlib
import pickle
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenes import labelled, smooth
from table import BY_NAME, TABLE, beside, named
from test_readme import block

import jaxaug as ja
from jaxaug.backend.importable import Importable
from jaxaug.core.annotation import Annotation
from jaxaug.core.kinds import ANNOTATIONS, kinds_without
from jaxaug.ops.families import FAMILIES
from jaxaug.ops.tone import tone
from jaxaug.pipeline.compositions import Composition, steps_field

KEY = jax.random.key(3)
PARAMS = {"bbox_params": ja.BboxParams("pascal_voc"), "keypoint_params": ja.KeypointParams("xyas")}


def grey(dtype: Any, channels: int, value: float, side: int = 6) -> Any:
    return jnp.full((side, side, channels), value, dtype)


# Each picture by itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["colour", "grey"])
def test_a_shift_is_that_of_each_pictures_own_channels(first: str) -> None:
    shift = ja.Compose([ja.RGBShift((10, 10), (0, 0), (-10, -10), p=1)])
    names = {"colour": "a", "grey": "b"} if first == "colour" else {"colour": "b", "grey": "a"}
    pictures = {names["colour"]: grey(jnp.uint8, 3, 100), names["grey"]: grey(jnp.uint8, 1, 100)}
    out = jax.jit(shift)(KEY, {name: {"image": picture} for name, picture in pictures.items()})
    assert out[names["colour"]]["image"][0, 0].tolist() == [110, 100, 90]
    assert out[names["grey"]]["image"][0, 0].tolist() == [110]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize(
    "transform",
    [
        ja.ChannelDropout((2, 2), fill=128, p=1),
        ja.CoarseDropout((1, 1), (1.0, 1.0), (1.0, 1.0), fill=128, p=1),
        ja.PixelDropout(1.0, drop_value=128, p=1),
        ja.Affine(translate_px={"x": (100, 100), "y": (0, 0)}, fill=128, p=1),
        ja.Pad(2, fill=(128, 128, 128), p=1),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_a_fill_is_one_colour_for_pictures_of_bytes_and_of_floats(transform: Any, names: tuple[str, str]) -> None:
    whole, fraction = names
    sample = {whole: {"image": grey(jnp.uint8, 3, 7)}, fraction: {"image": grey(jnp.float32, 3, 7 / 255)}}
    out = jax.jit(ja.Compose([transform]))(KEY, sample)
    of_bytes, of_floats = np.asarray(out[whole]["image"]), np.asarray(out[fraction]["image"])
    assert set(np.unique(of_bytes)) <= {7, 128}
    assert (of_bytes == 128).any()
    np.testing.assert_allclose(of_floats, of_bytes / 255, atol=1e-6)


def test_a_fill_beside_floats_alone_counts_in_floats() -> None:
    out = ja.Compose([ja.Pad(1, fill=0.5)])(KEY, image=grey(jnp.float32, 3, 0.1))
    assert float(out["image"][0, 0, 0]) == 0.5


def test_normalize_knows_full_brightness_and_channels_of_each_picture() -> None:
    normalize = ja.Compose([ja.Normalize(0.5, 0.5)])
    sample = {"a": {"image": grey(jnp.uint8, 3, 255)}, "b": {"image": grey(jnp.uint16, 1, 65535)}}
    sample["c"] = {"image": grey(jnp.float32, 4, 1.0)}
    for value in jax.tree.leaves(jax.jit(normalize)(KEY, sample)):
        np.testing.assert_allclose(value, 1.0, atol=1e-6)
    with pytest.raises(ValueError, match=r"'b/image' has 1\."):
        ja.Compose([ja.Normalize()])(KEY, {"a": sample["a"], "b": sample["b"]})


@pytest.fixture
def vignette(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The transform of the page on new ones, as a module that a user has written."""
    (tmp_path / "my_vignette.py").write_text(block("code:transform"))
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("my_vignette", None)
    return importlib.import_module("my_vignette")


def test_a_users_kernel_keeps_to_the_picture_in_a_buffer(vignette: Any) -> None:
    augment = ja.Compose([vignette.Vignette((0.5, 0.5), p=1)])
    picture = jnp.asarray(smooth(21, 30), jnp.float32) * 0.5 + 0.5
    alone = augment(KEY, image=picture)["image"]
    buffer = jnp.zeros((40, 48, 3), jnp.float32).at[:21, :30].set(picture)
    out = jax.jit(augment)(KEY, image=buffer, size=jnp.array([21, 30]))["image"]
    np.testing.assert_allclose(out[:21, :30], alone, atol=1e-6)
    assert not np.asarray(out)[21:].any()


def brighter_in_the_middle(image: Any) -> Any:
    height, width, _ = image.shape
    return image.at[height // 2, width // 2].set(1.0)


@ja.transform
class Spot(ja.Transform):
    """A user's transform whose kernel asks for no size."""

    p: Any = 1.0

    def draw(self, rng: Any, view: Any) -> Any:
        return tone(brighter_in_the_middle)


def test_a_kernel_that_would_see_the_whole_buffer_is_refused() -> None:
    augment = ja.Compose([Spot()])
    assert float(augment(KEY, image=jnp.zeros((5, 5, 1)))["image"][2, 2, 0]) == 1.0
    with pytest.raises(ValueError, match="Give the function an argument `size`"):
        augment(KEY, image=jnp.zeros((8, 8, 1)), size=jnp.array([5, 5]))


# Entries that are read ------------------------------------------------------------------------------------------------


def test_pictures_under_a_declared_entry_are_no_targets() -> None:
    augment = ja.Compose([ja.FDA(p=1), ja.HorizontalFlip(p=1), ja.CenterCrop(8, 10)], strict=True)
    reference = jnp.asarray(smooth(31, 7, seed=5))
    sample = {"fda_metadata": {"image": reference}, "view": {"image": jnp.asarray(smooth(16, 20))}}
    out = jax.jit(augment)(KEY, sample)
    np.testing.assert_array_equal(out["fda_metadata"]["image"], reference)
    assert out["view"]["image"].shape == (8, 10, 3)


def test_a_declared_entry_passes_strict_and_other_names_do_not() -> None:
    augment = ja.Compose([ja.RandomCropNearBBox(0.1)], strict=True)
    out = augment(KEY, image=jnp.zeros((20, 20, 3)), cropping_bbox=jnp.array([4.0, 4.0, 12.0, 12.0]))
    np.testing.assert_array_equal(out["cropping_bbox"], [4.0, 4.0, 12.0, 12.0])
    with pytest.raises(ValueError, match="'cropping_box' is no known target"):
        augment(KEY, image=jnp.zeros((20, 20, 3)), cropping_box=jnp.zeros(4))


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(ValueError, match=r"'fda_metadata' is looked at, but .* there are \['image'\]"):
        ja.Compose([ja.FDA(p=1)])(KEY, image=jnp.zeros((8, 8, 3)))


def test_the_reference_is_the_image_of_the_shallowest_dict() -> None:
    deep = {"a": {"b": {"image": jnp.zeros((10, 10, 3))}}, "z": {"image": jnp.zeros((20, 30, 3))}}
    plan = ja.Compose([ja.HorizontalFlip(p=1)]).sample(KEY, deep)
    assert plan.ops[0].size_in == (20, 30)
    level = {"b": {"image": jnp.zeros((10, 10, 3))}, "a": {"image": jnp.zeros((20, 30, 3))}}
    assert ja.Compose([ja.HorizontalFlip(p=1)]).sample(KEY, level).ops[0].size_in == (20, 30)


# Plans are data -------------------------------------------------------------------------------------------------------


@named([case.name for case in TABLE], quick=("Rotate", "GridDistortion", "Blur", "FDA"))
def test_plans_are_stored_compare_and_have_one_structure(name: str, tmp_path: pathlib.Path) -> None:
    case = BY_NAME[name]
    channels = 3 if 3 in case.channels else case.channels[0]
    sample = labelled(*case.size, channels) | beside(case, case.size)
    augment = ja.Compose([case.transform], **PARAMS)
    plans = [augment.sample(jax.random.key(seed), sample) for seed in (0, 1)]
    assert jax.tree.structure(plans[0]) == jax.tree.structure(plans[1])
    np.savez(tmp_path / "plan.npz", **plans[0].to_arrays())
    with np.load(tmp_path / "plan.npz") as arrays:
        read = ja.Plan.from_arrays(arrays)
    for again in (pickle.loads(pickle.dumps(plans[0])), ja.Plan.from_json(plans[0].to_json()), read):
        assert jax.tree.structure(again) == jax.tree.structure(plans[0])
        for one, other in zip(jax.tree.leaves(plans[0]), jax.tree.leaves(again), strict=True):
            assert np.asarray(one).dtype == np.asarray(other).dtype
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
        assert str(again) == str(plans[0])
    assert all(len(line) < 160 for line in str(plans[0]).splitlines())


def test_a_plan_goes_to_another_process(tmp_path: pathlib.Path) -> None:
    augment = ja.Compose([ja.ColorJitter(p=1), ja.Normalize(), ja.Rotate(p=1), ja.NoOp(p=1)])
    image = (smooth(12, 16) * 255).astype(np.uint8)
    plan = augment.sample(KEY, image=image)
    with (tmp_path / "given.pkl").open("wb") as file:
        pickle.dump((augment, plan, image), file)
    code = (
        "import pickle, sys, numpy as np\n"
        "augment, plan, image = pickle.load(open(sys.argv[1], 'rb'))\n"
        "np.save(sys.argv[2], augment.apply(plan, image=image)['image'])\n"
    )
    out = tmp_path / "out.npy"
    subprocess.run([sys.executable, "-c", code, tmp_path / "given.pkl", out], check=True)
    np.testing.assert_allclose(np.load(out), augment.apply(plan, image=image)["image"], atol=1e-5)


def test_draws_of_a_pipeline_do_not_retrace() -> None:
    augment = ja.Compose([ja.NoOp(p=0.5), ja.InvertImg(p=0.5), ja.RandomBrightnessContrast()])
    image = jnp.zeros((5, 6, 3), jnp.uint8)
    traces = []

    @jax.jit
    def replay(plan: Any) -> Any:
        traces.append(1)
        return augment.apply(plan, image=image)

    for seed in range(4):
        replay(augment.sample(jax.random.key(seed), image=image))
    assert len(traces) == 1


@pytest.mark.parametrize("fn", [lambda image: image, np.vectorize(abs), "".join])
def test_functions_that_no_other_process_can_find_are_refused(fn: Any) -> None:
    with pytest.raises(ValueError, match="cannot be imported by its name"):
        Importable.of(fn)


# Choices are numbers --------------------------------------------------------------------------------------------------

TONES = {
    "matrices": [ja.RandomBrightnessContrast(), ja.ToGray(), ja.ToSepia(), ja.RGBShift(), ja.InvertImg()],
    "curves": [ja.RandomGamma(), ja.Solarize(), ja.Posterize(), ja.InvertImg()],
    "cheap": [ja.RandomBrightnessContrast(), ja.Solarize(), ja.Posterize(), ja.InvertImg()],
    "filters": [ja.Blur(), ja.GaussianBlur((3, 7)), ja.Emboss()],
    "gammas": [ja.RandomGamma((50, 80)), ja.RandomGamma((120, 200))],
}


@pytest.mark.parametrize("dtype", [jnp.uint8, jnp.float32])
@pytest.mark.parametrize("name", list(TONES))
def test_a_choice_among_tones_or_filters_has_no_branch(name: str, dtype: Any) -> None:
    augment = ja.Compose([ja.OneOf(TONES[name], p=1)])
    image = (jnp.asarray(smooth(9, 11)) * (255 if dtype == jnp.uint8 else 1)).astype(dtype)
    plan = augment.sample(KEY, image=image)
    assert len(plan) == 1
    program = jax.make_jaxpr(lambda plan, image: augment.apply(plan, image=image))(plan, image)
    assert "cond[" not in str(program)


# What cannot be moved -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_morphological_does_not_know_which_kinds_there_are() -> None:
    sample = {"image": jnp.zeros((9, 9, 3)), "obboxes": jnp.array([[4.0, 4.0, 3.0, 2.0, 20.0]])}
    with pytest.raises(ValueError, match="Morphological cannot move 'obboxes'"):
        ja.Compose([ja.Morphological(p=1)])(KEY, sample)
    assert "obboxes" in kinds_without("morph")


def test_kinds_are_named_by_their_own_files_only() -> None:
    root = pathlib.Path(ja.__file__).parent
    for folder in ("backend", "kernels", "geometry", "sampling", "ops", "engine", "transforms"):
        for path in (root / folder).glob("*.py"):
            assert "obboxes" not in path.read_text(), path


def test_every_kind_says_how_it_follows_a_warp() -> None:
    assert not kinds_without("warp")
    assert all(issubclass(kind, Annotation) for kind in ANNOTATIONS.values())
    assert set(FAMILIES) >= {
        "warp",
        "tone",
        "filter",
        "noise",
        "overlay",
        "erase",
        "spectral",
        "voxel",
        "volume",
        "morphology",
    }


# Compositions are nodes ----------------------------------------------------------------------------------------------


def test_a_compose_inside_another_draws_as_a_sequence() -> None:
    steps = [ja.HorizontalFlip(p=0.5), ja.RandomGamma(p=0.5)]
    inner = ja.Compose([ja.Compose(steps, p=0.5), ja.VerticalFlip(p=0.5)])
    image = jnp.asarray(smooth(6, 7))
    outs = jax.jit(inner.batch)(KEY, image=jnp.stack([image] * 30))["image"]
    assert len({np.asarray(out).tobytes() for out in outs}) > 3
    plan = inner.sample(KEY, image=image)
    np.testing.assert_allclose(inner.apply(plan, image=image)["image"], inner(KEY, image=image)["image"], atol=1e-6)


@ja.transform
class InAnyOrder(Composition):
    """A user's composition: its steps one after another, in random order."""

    transforms: Any = steps_field()
    p: Any = 1.0

    def ops(self, key: Any, rng: Any, walk: Any) -> Any:
        order, ops = rng.permutation("order", len(self.transforms)), ()
        for place in range(len(self.transforms)):
            chosen = walk.choose(walk.alternatives(self.transforms, key, forced=False), order[place])
            ops, walk = ops + chosen, walk.after(chosen)
        return ops


def test_a_new_composition_is_one_class() -> None:
    steps = [ja.RandomBrightnessContrast((0.5, 0.5), (0, 0), p=1), ja.InvertImg(p=1)]
    augment = ja.Compose([InAnyOrder(steps)])
    image = jnp.full((4, 4, 1), 0.25)
    outs = jax.jit(augment.batch)(KEY, image=jnp.stack([image] * 20))["image"][:, 0, 0, 0]
    # Brighter and then inverted, or inverted and then brighter and cut off.
    assert {round(float(out), 4) for out in outs} == {0.25, 1.0}
    plan = augment.sample(KEY, image=image)
    np.testing.assert_allclose(augment.apply(plan, image=image)["image"], augment(KEY, image=image)["image"])
