"""The pipeline: the ways to use a composition of transforms on samples and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxaug.annotations.boxes import BboxParams, to_edges
from jaxaug.annotations.compact import compact
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.annotations.oriented_boxes import check_oriented
from jaxaug.backend import struct
from jaxaug.backend.batching import one_sample
from jaxaug.backend.compiler import opaque_constant
from jaxaug.backend.struct import certain, is_concrete, static
from jaxaug.core.arguments import read_interpolation
from jaxaug.core.draw import check_key
from jaxaug.core.sample import ROWS, Leaf, kind_table, parse
from jaxaug.core.settings import Settings, label_fields
from jaxaug.engine.state import State, input_canvas
from jaxaug.geometry.warp import Canvas, Warp
from jaxaug.pipeline.compositions import Ops, Sequential, children, traverse


@struct.struct
class Plan:
    """What a pipeline does to one sample: its ops, in order, with the names of what drew them.

    A plan is a pytree of small arrays. Store its leaves, print it, replay it with `Compose.apply`, undo its geometry
    with `Compose.invert`, or differentiate through it.
    """

    ops: Ops

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.ops)

    def names(self) -> list[str]:
        """What drew each op."""
        return [op.name for op in self.ops]

    def __str__(self) -> str:
        lines = []
        for op in self.ops:
            state = "" if op.active is True else f", active={op.active}"
            lines.append(f"{op.name}({type(op).__name__.lower()}{state})")
        return "\n".join(lines) or "(nothing)"


@struct.struct
class Compose:
    """A pipeline: transforms in order, and how the targets of a sample are to be read.

    Immutable, and a pytree whose leaves are the numbers of its transforms: pass it through `jit`, schedule its
    magnitudes without recompiling, differentiate with respect to them.

    Args:
        transforms: list of transforms and compositions.
        p: how often the pipeline is applied at all.
        bbox_params: format and limits of boxes; needed if a sample has any.
        keypoint_params: format of keypoints; needed if a sample has any.
        additional_targets: further names, each with the name it acts like: `{"image1": "image"}`.
        is_check_shapes: pictures of one dict must share their size.
        strict: refuse entries whose names are unknown instead of passing them through.
        mask_interpolation: how all transforms read masks, in place of their own setting.
        fuse: one resampling for neighbouring warps, one pass for neighbouring changes of pixels. Off applies step
            by step.
        seed: must stay None; randomness comes from the key of each call.
        save_applied_params: must stay False; `sample` returns what is applied.

    Raises:
        TypeError: something that is no transform.
        ValueError: an unknown target kind, or an argument that has no meaning here.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.HorizontalFlip(p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = augment(jax.random.key(0), image=jnp.zeros((4, 8, 3)), keypoints=jnp.array([[1.0, 2.0]]))
        >>> out["keypoints"]
        Array([[6., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any
    p: Any = certain(default=1.0)
    settings: Settings = Settings()
    additional_targets: Any = static(default=None)
    is_check_shapes: bool = static(default=True)
    strict: bool = static(default=False)

    def __init__(
        self,
        transforms: Sequence[Any],
        p: Any = 1.0,
        *,
        bbox_params: BboxParams | Mapping[str, Any] | None = None,
        keypoint_params: KeypointParams | Mapping[str, Any] | None = None,
        additional_targets: Mapping[str, str] | None = None,
        is_check_shapes: bool = True,
        strict: bool = False,
        mask_interpolation: str | int | None = None,
        fuse: bool = True,
        seed: None = None,
        save_applied_params: bool = False,
    ) -> None:
        if seed is not None:
            raise ValueError("Compose(seed=...) has no meaning here: pass a key to every call, augment(key, sample).")
        if save_applied_params:
            raise ValueError(
                "Compose(save_applied_params=True) has no meaning here: augment.sample(key, sample) is what is applied."
            )
        if isinstance(bbox_params, Mapping):
            bbox_params = BboxParams(**bbox_params)
        if isinstance(keypoint_params, Mapping):
            keypoint_params = KeypointParams(**keypoint_params)
        kind_table(additional_targets)
        if mask_interpolation is not None:
            mask_interpolation = read_interpolation("Compose(mask_interpolation=...)", mask_interpolation)
        steps = Sequential(children("Compose(transforms=...)", transforms), p=p)
        values = {
            "transforms": steps.transforms,
            "p": steps.p,
            "settings": Settings(bbox_params, keypoint_params, mask_interpolation, fuse),
            "additional_targets": tuple(sorted(additional_targets.items())) if additional_targets else None,
            "is_check_shapes": is_check_shapes,
            "strict": strict,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __call__(self, key: Array, sample: Any = None, /, **targets: Any) -> Any:
        """Augments one sample.

        Args:
            key: a PRNG key, consumed.
            sample: a pytree of targets.
            **targets: the same as keywords.

        Returns:
            The augmented sample, of the same tree structure.
        """
        key, sample = check_key(key), _one_sample(sample, targets)
        if not all(is_concrete(leaf) for leaf in jax.tree.leaves((key, sample))):
            return self._run(Compose._apply, self.sample(key, sample), sample)
        state = self._state(sample, key)
        traverse(self._steps(), key, state)
        return state.finish()

    def sample(self, key: Array, sample: Any = None, /, **targets: Any) -> Plan:
        """Draws what `__call__` would do to a sample, and does nothing.

        Args:
            key: a PRNG key, consumed.
            sample: a pytree of targets; only draws that depend on it look at more than its shapes.
            **targets: the same as keywords.
        """
        key = check_key(key)
        state = self._state(_one_sample(sample, targets), jax.random.key_data(key))
        return Plan(traverse(self._steps(), key, state))

    def apply(self, plan: Plan, sample: Any = None, /, **targets: Any) -> Any:
        """Does what a plan says: `augment(key, s)` equals `augment.apply(augment.sample(key, s), s)`.

        Args:
            plan: from `sample`.
            sample: a pytree of targets whose reference picture has the size the plan was drawn for.
            **targets: the same as keywords.
        """
        return self._run(Compose._apply, _read(plan), _one_sample(sample, targets))

    def invert(self, plan: Plan, sample: Any = None, /, **targets: Any) -> Any:
        """Undoes the geometry of a plan, on every kind of target.

        What the plan pushed out of the picture cannot come back: it shows as the fill, and rows that died stay dead.

        Args:
            plan: from `sample`.
            sample: what `apply` returned, or a prediction of the same size.
            **targets: the same as keywords.
        """
        return self._run(Compose._invert, _read(plan), _one_sample(sample, targets))

    def visible(self, plan: Plan) -> Array:
        """Where `invert` shows what was seen, rather than a fill: what the plan pushed out of the picture is not.

        Weigh inverted predictions with it to average them, as test-time augmentation does.

        Args:
            plan: from `sample`, of at least one change of geometry.

        Returns:
            (height, width) bool, of the size of the picture that the plan was drawn for.

        Raises:
            ValueError: the plan moves nothing, so that it knows no size.

        Example:
            >>> import jax, jax.numpy as jnp, jaxaug as ja
            >>> augment = ja.Compose([ja.Crop(1, 0, 3, 1)])
            >>> plan = augment.sample(jax.random.key(0), image=jnp.zeros((1, 4)))
            >>> augment.visible(plan)
            Array([[False,  True,  True, False]], dtype=bool)
        """
        warps = _warps(_read(plan))
        if not warps:
            raise ValueError("visible(plan) needs a plan that moves pictures: one without warps shows everything.")
        after = warps[-1].canvas_out
        seen: dict[str, Any] = {"mask": jnp.ones(after.buffer, jnp.uint8)}
        if after.extent is not None:
            seen["size"] = after.extent
        blank = Compose([])
        shown = [struct.replace(op, fill_mask=0.0, mask_interpolation="nearest") for op in warps]
        return blank.invert(Plan(tuple(shown)), seen)["mask"] == 1

    def batch(self, key: Array, samples: Any = None, /, *, start: int = 0, **targets: Any) -> Any:
        """Augments a batch: every sample its own draw.

        Sample i uses `fold_in(key, start + i)`, so any split of a batch, `vmap` and a Python loop agree. On
        accelerators the samples run side by side; on a CPU one after another, so that temporaries stay in the cache
        and what a sample did not draw is not computed.

        Args:
            key: a PRNG key, consumed.
            samples: a pytree of targets, every leaf with a leading batch axis.
            start: index of the first sample, for batches that are parts of a larger one.
            **targets: the same as keywords.
        """
        key = check_key(key)
        samples = _one_sample(samples, targets)
        sizes = {jnp.shape(leaf)[0] if jnp.ndim(leaf) else None for leaf in jax.tree.leaves(samples)}
        if len(sizes) != 1 or None in sizes:
            raise ValueError(
                "Every leaf of a batch needs the same leading axis, got lengths "
                f"{sorted(str(s) for s in sizes)}. For one sample call augment(key, sample)."
            )
        (count,) = sizes
        indices = start + jnp.arange(count, dtype=jnp.uint32)
        samples = jax.tree.map(jnp.asarray, samples)

        return jax.vmap(lambda i, sample: self(jax.random.fold_in(key, i), sample))(indices, samples)

    def check(self, sample: Any = None, /, **targets: Any) -> None:
        """Looks at the values of a sample, outside `jit`, and raises for bad rows.

        Args:
            sample: a pytree of targets.
            **targets: the same as keywords.

        Raises:
            ValueError: a box that is not finite, inverted or outside its picture, or a keypoint that is not finite
                or outside, naming target and row; a camera matrix that is not finite.
        """
        layout, values = self._parse(_one_sample(sample, targets))
        for leaf in layout.kind("intrinsics"):
            if not np.isfinite(values[leaf.index]).all():
                raise ValueError(f"{leaf.label!r} is {np.asarray(values[leaf.index]).tolist()}: it must be finite.")
        for leaf in layout.kind(*ROWS):
            rows = np.asarray(values[leaf.index], np.float32)
            height, width = (float(n) for n in input_canvas(layout, values, leaf.group).measured())
            size = (height, width)
            if leaf.kind == "bboxes":
                self._check_boxes(leaf, rows, size)
            elif leaf.kind == "obboxes":
                check_oriented(leaf.label, rows, size)
            else:
                self._check_points(leaf, rows.reshape(-1, rows.shape[-1]), size)

    def compact(self, sample: Any = None, /, **targets: Any) -> Any:
        """Drops the rows that are no longer valid, and their labels, outside `jit`.

        Args:
            sample: what a call returned.
            **targets: the same as keywords.

        Returns:
            The sample with shorter row targets. Labels are the entries that `label_fields` name; beside a `valid`
            entry every entry with as many rows is shortened.
        """
        sample = _one_sample(sample, targets)
        layout, _ = self._parse(sample)
        fields = {leaf.path: label_fields(self.settings, leaf) for leaf in layout.kind(*ROWS)}
        return compact(sample, additional_targets=dict(self.additional_targets or ()), label_fields=fields)

    def _run(self, fn: Callable[[Compose, Plan, Any], Any], plan: Plan, sample: Any) -> Any:
        """A plan and a sample through a method, which stays good under `vmap` if all that comes is arrays."""
        if all(hasattr(leaf, "dtype") for leaf in jax.tree.leaves(sample)):
            return one_sample(lambda given: fn(*given), (self, plan, sample))
        return fn(self, plan, sample)

    def _apply(self, plan: Plan, sample: Any) -> Any:
        state = self._state(sample, plan)
        for op in plan.ops:
            state.push(op)
        return state.finish()

    def _invert(self, plan: Plan, sample: Any) -> Any:
        state = self._state(sample, plan)
        warps = _warps(plan)
        if warps:
            state.canvas = Canvas(state.canvas.buffer, warps[-1].extent_out)
        for op in reversed(warps):
            state.push(op.realise(state.view).inverse())
        return state.finish()

    def _parse(self, sample: Any) -> Any:
        additional = dict(self.additional_targets or ())
        return parse(sample, additional, strict=self.strict, check_shapes=self.is_check_shapes)

    def _state(self, sample: Any, given: Any) -> State:
        layout, values = self._parse(jax.tree.map(lambda leaf: opaque_constant(leaf, given), sample))
        for leaf in layout.kind(*ROWS):
            names = {other.name for other in layout.leaves if other.group == leaf.group}
            missing = [f for f in label_fields(self.settings, leaf) if f not in names]
            if missing:
                raise ValueError(
                    f"label_fields names {missing[0]!r}, which is not beside {leaf.label!r}; there are {sorted(names)}."
                )
        return State(layout, values, self.settings)

    def _steps(self) -> Sequential:
        return struct.build(Sequential, {"transforms": self.transforms, "p": self.p})

    def _check_boxes(self, leaf: Leaf, rows: np.ndarray, size: tuple[float, float]) -> None:
        params = self.settings.bbox_params
        if params is None:
            raise ValueError(f"{leaf.label!r}: pass bbox_params=BboxParams(format=...) to Compose.")
        edges = np.asarray(to_edges(jnp.asarray(rows), params.format, size))
        height, width = size
        for i, (row, edge) in enumerate(zip(rows, edges, strict=True)):
            where = f"{leaf.label!r} row {i} is {row[:4].tolist()} ({params.format})"
            if not np.isfinite(edge).all():
                raise ValueError(f"{where}: boxes must be finite.")
            if params.clip:
                edge = np.clip(edge, 0, [width, height, width, height])
            if (edge[2] <= edge[0] or edge[3] <= edge[1]) and not params.filter_invalid_bboxes:
                raise ValueError(f"{where}: it has no area; expected x_max > x_min and y_max > y_min.")
            slack = 1e-3
            if edge[0] < -slack or edge[1] < -slack or edge[2] > width + slack or edge[3] > height + slack:
                raise ValueError(
                    f"{where}: it reaches outside its picture of {height:g} x {width:g}. "
                    "Cut it, or pass BboxParams(clip=True)."
                )

    def _check_points(self, leaf: Leaf, rows: np.ndarray, size: tuple[float, float]) -> None:
        params = self.settings.keypoint_params
        if params is None:
            raise ValueError(f"{leaf.label!r}: pass keypoint_params=KeypointParams(format=...) to Compose.")
        x, y = (1, 0) if params.format == "yx" else (0, 1)
        for i, row in enumerate(rows):
            where = f"{leaf.label!r} row {i} is {row.tolist()} ({params.format})"
            if not np.isfinite(row[: len(params.format)]).all():
                raise ValueError(f"{where}: keypoints must be finite.")
            inside = -0.5 <= row[x] < size[1] - 0.5 and -0.5 <= row[y] < size[0] - 0.5
            if not inside and params.remove_invisible:
                raise ValueError(
                    f"{where}: it lies outside its picture of {size[0]:g} x {size[1]:g}. "
                    "Drop it, or pass KeypointParams(remove_invisible=False)."
                )


def _one_sample(sample: Any, targets: dict[str, Any]) -> Any:
    if sample is not None and targets:
        raise TypeError(f"Give the targets as one pytree or as keywords, not both: got a pytree and {sorted(targets)}.")
    if sample is None and not targets:
        raise TypeError("A sample is missing: augment(key, sample) or augment(key, image=image, mask=mask).")
    if sample is not None and not isinstance(sample, Mapping | list | tuple):
        raise TypeError(
            f"A sample must be a dict of targets, got {type(sample).__name__}. "
            "Write augment(key, {'image': image}) or augment(key, image=image)."
        )
    return targets if sample is None else sample


def _warps(plan: Plan) -> list[Warp]:
    return [op for op in plan.ops if isinstance(op, Warp)]


def _read(plan: Any) -> Plan:
    """A plan that a user has, perhaps stored and read again."""
    if not isinstance(plan, Plan):
        raise TypeError(f"plan must come from augment.sample(key, sample), got {type(plan).__name__}.")
    return jax.tree.map(jnp.asarray, plan)
