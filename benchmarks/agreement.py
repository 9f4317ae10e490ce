"""Whether a device gives what a CPU gives: outputs of every transform of `tests/table.py`, kept in a file and compared.

The file is written where there is no GPU and travels to where there is one, so that no time is spent there on a CPU.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import jax
import numpy as np

import jaxaug as ja

TESTS = Path(__file__).parent.parent / "tests"
DRAWS = 2
"""Samples of each transform: one picture, drawn for anew."""

LIMITS = {
    "pictures": 0.002,
    "most, levels": float("inf"),
    "masks": 0.005,
    "points, px": 0.02,
    "angles": 0.05,
    "validity": 0.0,
    "draws": 1e-4,
}
"""Largest difference of each kind that is not remarked upon, see `_difference`. Rounding may turn a few values over a
threshold; coordinates that went through a product in TF32 are off by more than this."""

Arrays = dict[str, np.ndarray]
Record = dict[str, Any]


def cases() -> list[Any]:
    """All transforms of the table of the tests, those whose results have random sizes too."""
    table = _table()
    return [*table.TABLE, *table.SIZED]


def _table() -> Any:
    if "table" not in sys.modules:
        sys.path.append(str(TESTS))
        spec = importlib.util.spec_from_file_location("table", TESTS / "table.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["table"] = module
        spec.loader.exec_module(module)
    return sys.modules["table"]


def _batch(case: Any) -> Arrays:
    """What a transform is given: bytes and floats of one picture, its mask, boxes and keypoints."""
    from scenes import labelled

    sample = labelled(*case.size) | {"fine": labelled(*case.size, dtype=np.float32)["image"]}
    del sample["labels"]
    return {name: np.stack([array] * DRAWS) for name, array in (sample | _table().beside(case, case.size)).items()}


def outputs(case: Any) -> Arrays:
    """What a transform gives on the present device, and what it drew, as it goes into the file.

    Args:
        case: of the table.

    Returns:
        The targets by name, and the leaves of the plan as `draw 0`, `draw 1`, ...; each with an axis of samples.
    """
    augment = ja.Compose(
        [case.transform],
        bbox_params=ja.BboxParams("pascal_voc"),
        keypoint_params=ja.KeypointParams("xyas"),
        additional_targets={"fine": "image"},
    )

    def program(key: jax.Array, sample: dict[str, jax.Array]) -> tuple[Any, list[jax.Array]]:
        plan = augment.sample(key, sample)
        return augment.apply(plan, sample), jax.tree.leaves(plan)

    # Typed keys among the draws cannot leave as arrays, and raw ones can.
    keys = np.stack([jax.random.PRNGKey(i) for i in range(DRAWS)])
    out, draws = jax.device_get(jax.jit(jax.vmap(program))(keys, _batch(case)))
    return {name: _stored(a) for name, a in out.items()} | {f"draw {i}": np.asarray(a) for i, a in enumerate(draws)}


def _stored(array: np.ndarray) -> np.ndarray:
    """Pictures of floats with an eighth of a level of 255, everything else as it is."""
    is_picture = array.ndim == 4 and array.dtype == np.float32
    return array.astype(np.float16) if is_picture else np.asarray(array)


def each(function: Callable[[Any], Any], some: Sequence[Any], threads: int) -> Iterator[tuple[Any, Any, str]]:
    """A function of each case, as they become ready; compiling leaves Python to other threads.

    Yields:
        The case, what came out and, if that is None, why.
    """
    with ThreadPoolExecutor(threads) as pool:
        pending = {pool.submit(function, case): case for case in some}
        for done in as_completed(pending):
            why = done.exception()
            result = None if why else done.result()
            yield pending[done], result, f"{type(why).__name__}: {why}".splitlines()[0] if why else ""


def write(path: Path, threads: int) -> dict[str, str]:
    """Writes what the present device gives.

    Returns:
        The transforms that failed, and why.
    """
    arrays, transforms, failed = {}, {}, {}
    for case, found, why in each(outputs, cases(), threads):
        if found is None:
            failed[case.name] = why
            continue
        arrays |= {f"{case.name}/{name}": array for name, array in found.items()}
        transforms[case.name] = repr(case.transform)
    about = {"jaxaug": ja.__version__, "jax": jax.__version__, "device": jax.devices()[0].platform}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, about=json.dumps(about | {"transforms": transforms}), **arrays)
    return failed


def check(path: Path, threads: int, show: Callable[[Record], None]) -> dict[str, Any]:
    """Compares what the present device gives with a file.

    Args:
        path: of what `write` wrote.
        threads: transforms that are compiled at once.
        show: gets each record as it comes.

    Returns:
        What the file says of itself.
    """
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
        expected: dict[str, Arrays] = {}
        for name in file.files:
            case, _, entry = name.partition("/")
            if entry:
                expected.setdefault(case, {})[entry] = file[name]
    transforms = about.pop("transforms")
    present = cases()
    for case in present:
        if transforms.get(case.name) != repr(case.transform):
            show({"case": case.name, "trouble": "not in the file with these arguments: write it anew"})
    same = [case for case in present if transforms.get(case.name) == repr(case.transform)]
    for case, found, why in each(outputs, same, threads):
        show({"case": case.name, **(_compare(expected[case.name], found, case.exact) if found else {"trouble": why})})
    return about


def _compare(expected: Arrays, found: Arrays, exact: bool) -> Record:
    """The largest difference of each kind, and the kinds in which it is remarkable.

    Args:
        expected: from the file.
        found: on the present device.
        exact: the transform moves whole pixels: pictures have to agree bit for bit.
    """
    shapes, others = ({n: (a.shape, str(a.dtype)) for n, a in side.items()} for side in (expected, found))
    if shapes != others:
        name = next(n for n in shapes.keys() | others.keys() if shapes.get(n) != others.get(n))
        return {"trouble": f"{name} is {others.get(name)} instead of {shapes.get(name)}"}
    worst = dict.fromkeys(LIMITS, 0.0)
    for name in expected:
        valid = expected[f"{name}_valid"] & found[f"{name}_valid"] if f"{name}_valid" in expected else np.bool_(True)
        for kind, value in _difference(name, expected[name], found[name], valid, exact):
            # A maximum that keeps what is no number: such a difference is out of every bound.
            worst[kind] = float(np.maximum(worst[kind], value))
    bounds = LIMITS | ({"pictures": 0.0, "masks": 0.0} if exact else {})
    return {"differences": worst, "out": [kind for kind, value in worst.items() if not value <= bounds[kind]]}


def _difference(
    name: str, expected: np.ndarray, found: np.ndarray, valid: np.ndarray, exact: bool
) -> Iterator[tuple[str, float]]:
    """How far apart an entry is, by kind.

    Pictures: share of values more than one of 255 levels apart, or apart at all where they must agree, and how many
    levels the farthest are. Masks: share of pixels. Points: pixels, of corners of boxes, keypoints and sizes that are
    valid on both sides. Angles: degrees, and sizes of keypoints relative to themselves. Validity: rows. Draws: relative
    to themselves from 1 on; whole numbers and keys count as 1 if they are not the same.
    """
    if expected.dtype == np.bool_ or name == "mask":
        kind = "masks" if name == "mask" else "validity" if name.endswith("_valid") else "draws"
        apart = expected != found
        yield kind, float(apart.sum() if kind == "validity" else apart.mean() if kind == "masks" else apart.any())
        return
    a, b = expected.astype(np.float64), found.astype(np.float64)
    if name.startswith("draw"):
        whole = expected.dtype.kind in "iu"
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        yield "draws", float(not same.all()) if whole else _most((np.abs(a - b) / np.maximum(np.abs(a), 1))[~same])
    elif name in ("image", "fine"):
        level = 1.0 if expected.dtype == np.uint8 else max(float(np.ptp(a)), 1.0) / 255
        yield "pictures", 1 - float((np.abs(a - b) <= level * (not exact)).mean())
        yield "most, levels", _most(np.abs(a - b) / level)
    elif name == "keypoints":
        turn = np.abs((a[..., 2] - b[..., 2] + 180) % 360 - 180)
        growth = np.abs(a[..., 3] / b[..., 3] - 1)
        yield "points, px", _most(np.abs(a - b)[valid][..., :2])
        yield "angles", _most(np.maximum(turn, growth)[valid])
    else:
        yield "points, px", _most(np.abs(a - b)[valid])


def _most(values: np.ndarray) -> float:
    return float(values.max()) if values.size else 0.0
