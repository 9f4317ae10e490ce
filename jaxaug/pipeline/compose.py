"""The pipeline: the ways to use a composition of transforms on samples and batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Self

import chex
import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.compact import compact
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.backend import struct
from jaxaug.backend.outside_jit import Fixed, run_compiled
from jaxaug.backend.settings_of_jax import with_own_settings
from jaxaug.backend.struct import is_concrete, static, static_if_certain
from jaxaug.backend.threads import run_in_parts, usable_cores
from jaxaug.core.arguments import read_interpolation
from jaxaug.core.kinds import names_of
from jaxaug.core.random import Draw
from jaxaug.core.settings import Settings
from jaxaug.core.step_text import arguments_of, step_text
from jaxaug.core.transform import Node, Ops, Walk
from jaxaug.pipeline import calls
from jaxaug.pipeline.any_size import run_any_size
from jaxaug.pipeline.channel_axes import channels_first, channels_last
from jaxaug.pipeline.compositions import Sequential, children
from jaxaug.pipeline.inputs import batch_arrays, given_key, one_sample_of, params_by_kind
from jaxaug.pipeline.mixing_stages import mixing_steps
from jaxaug.pipeline.plan import Plan, applied_transforms, read_plan
from jaxaug.pipeline.reader import Reader
from jaxaug.pipeline.strings import numbered, spelled
from jaxaug.pipeline.value_range import check_order


@struct.struct
class Compose(Reader):
    """A pipeline: transforms in order, and how the targets of a sample are to be read.

    Immutable, and a pytree whose leaves are the numbers of its transforms: pass it through `jit`, schedule its
    magnitudes without recompiling, differentiate with respect to them.

    Args:
        transforms: list of transforms and compositions.
        p: how often the pipeline is applied at all.
        bbox_params: format and limits of boxes; needed if a sample has any.
        keypoint_params: format of keypoints; needed if a sample has any.
        target_params: the same for other kinds of targets, by their name.
        additional_targets: further names, each with the name it acts like: `{"image1": "image"}`.
        is_check_shapes: pictures of one dict must share their size.
        strict: refuse entries whose names are unknown, and no declared labels, instead of passing them through.
        mask_interpolation: how all transforms read masks, in place of their own setting.
        fuse: one resampling for neighbouring warps, one pass for neighbouring changes of pixels. Off applies step
            by step.
        max_value: full brightness of images of floats, for pictures that count to 255 or 65535 as floats.
        seed: of the key of calls that are given none, outside `jit`. All of them draw the same: training passes keys.
        save_applied_params: add an entry `applied_transforms` to results outside `jit`: names, and what was drawn, in
            words. `sample` returns the same as numbers.

    Raises:
        TypeError: something that is no transform.
        ValueError: an unknown target kind, an argument that has no meaning here, or a Compose among the transforms that
            says something else about targets.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.HorizontalFlip(p=1)], keypoint_params=ja.KeypointParams("xy"))
        >>> out = augment(jax.random.key(0), image=jnp.zeros((4, 8, 3)), keypoints=jnp.array([[1.0, 2.0]]))
        >>> out["keypoints"]
        Array([[6., 2.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    transforms: Any
    p: Any = static_if_certain(default=1.0)
    settings: Settings = static(default=Settings())
    additional_targets: Any = static(default=None)
    is_check_shapes: bool = static(default=True)
    strict: bool = static(default=False)
    seed: int | None = static(default=None)
    save_applied_params: bool = static(default=False)

    def __init__(
        self,
        transforms: Sequence[Any],
        p: Any = 1.0,
        *,
        bbox_params: BboxParams | Mapping[str, Any] | None = None,
        keypoint_params: KeypointParams | Mapping[str, Any] | None = None,
        target_params: Mapping[str, Any] | None = None,
        additional_targets: Mapping[str, str] | None = None,
        is_check_shapes: bool = True,
        strict: bool = False,
        mask_interpolation: str | int | None = None,
        fuse: bool = True,
        max_value: float = 1.0,
        seed: int | None = None,
        save_applied_params: bool = False,
    ) -> None:
        params = params_by_kind({"bboxes": bbox_params, "keypoints": keypoint_params, **(target_params or {})})
        names_of(additional_targets)
        if mask_interpolation is not None:
            mask_interpolation = read_interpolation("Compose(mask_interpolation=...)", mask_interpolation)
        if not isinstance(max_value, Real) or not 0 < float(max_value) < float("inf"):
            raise ValueError(f"Compose(max_value=...) must be a number above 0, such as 255.0, got {max_value!r}.")
        steps = Sequential(children("Compose(transforms=...)", transforms), p=p)
        values = {
            "transforms": steps.transforms,
            "p": steps.p,
            "settings": Settings(params, mask_interpolation, fuse, float(max_value)),
            "additional_targets": tuple(sorted(additional_targets.items())) if additional_targets else None,
            "is_check_shapes": is_check_shapes,
            "strict": strict,
            "seed": seed,
            "save_applied_params": save_applied_params,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check_nested(self)
        check_order(self.transforms)

    @with_own_settings
    def __call__(self, key: chex.PRNGKey | None = None, sample: Any = None, /, **targets: Any) -> Any:
        """Augments one sample.

        Args:
            key: a PRNG key, consumed.
            sample: a pytree of targets.
            **targets: the same as keywords.

        Returns:
            The augmented sample, of the same tree structure.
        """
        key = given_key(key, targets, seed=self.seed, beside=(sample, targets))
        sample = one_sample_of(sample, targets)
        if self.save_applied_params:
            plan = self.sample(key, sample)
            return {**self.apply(plan, sample), "applied_transforms": applied_transforms(plan)}
        return self._on_sample(calls.call, key, sample)

    @with_own_settings
    def sample(self, key: chex.PRNGKey | None = None, sample: Any = None, /, **targets: Any) -> Plan:
        """Draws what `__call__` would do to a sample, and does nothing.

        Args:
            key: a PRNG key, consumed.
            sample: a pytree of targets; only draws that depend on it look at more than its shapes.
            **targets: the same as keywords.
        """
        key = given_key(key, targets, seed=self.seed, beside=(sample, targets))
        sample = self.arrays(one_sample_of(sample, targets)).sample
        if all(is_concrete(leaf) for leaf in jax.tree.leaves((self, key, sample))):
            _, sample = self.looked_at(sample)
        return run_compiled(calls.draw, self, key, sample)

    @with_own_settings
    def apply(self, plan: Plan, sample: Any = None, /, **targets: Any) -> Any:
        """Does what a plan says: `augment(key, s)` equals `augment.apply(augment.sample(key, s), s)`.

        Args:
            plan: from `sample`.
            sample: a pytree of targets whose reference picture has the size the plan was drawn for.
            **targets: the same as keywords.
        """
        return self._on_sample(calls.apply, read_plan(plan), one_sample_of(sample, targets))

    @with_own_settings
    def invert(self, plan: Plan, sample: Any = None, /, **targets: Any) -> Any:
        """Undoes the geometry of a plan, on every kind of target.

        What the plan pushed out of the picture cannot come back: it shows as the fill, and rows that died stay dead.
        Predictions may reach outside their picture, so no values are looked at.

        Args:
            plan: from `sample`.
            sample: what `apply` returned, or a prediction of the same size.
            **targets: the same as keywords.
        """
        plan, sample = read_plan(plan), one_sample_of(sample, targets)
        turned = channels_last(plan.axes(), sample, dict(self.additional_targets or ()))
        return self._on_sample(calls.invert, plan, turned, look=False)

    @with_own_settings
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
        warps = read_plan(plan).moving()
        if not warps:
            raise ValueError("visible(plan) needs a plan that moves pictures: one without warps shows everything.")
        after = warps[-1].canvas_out
        seen: dict[str, Any] = {"mask": jnp.ones(after.buffer, jnp.uint8)}
        if after.extent is not None:
            seen["size"] = after.extent
        blank = Compose([])
        shown = [struct.replace(op, fill_mask=0.0, mask_interpolation="nearest") for op in warps]
        return blank.invert(Plan(tuple(shown)), seen)["mask"] == 1

    @with_own_settings
    def batch(
        self,
        key: chex.PRNGKey | None = None,
        samples: Any = None,
        /,
        *,
        start: int = 0,
        threads: int | None = None,
        **targets: Any,
    ) -> Any:
        """Augments a batch: every sample its own draw.

        Sample i uses `fold_in(key, start + i)`, so any split of a batch, `vmap` and a Python loop agree. On
        accelerators the samples run side by side; on a CPU one after another, so that temporaries stay in the cache
        and what a sample did not draw is not computed. Outside `jit` threads share a batch that is large enough.

        Args:
            key: a PRNG key, consumed.
            samples: a pytree of targets, every leaf with a leading batch axis.
            start: index of the first sample, for batches that are parts of a larger one.
            threads: how many may share the batch, outside `jit` on a CPU; one for each core that the process may use by
                default. Results do not depend on it.
            **targets: the same as keywords.

        Raises:
            ValueError: a number of threads below 1; leaves of different lengths.
        """
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ValueError(f"batch(threads=...) must be a whole number of at least 1, or None, got {threads!r}.")
        key = given_key(key, targets, seed=self.seed, beside=(samples, targets))
        data = self.arrays(one_sample_of(samples, targets))
        samples, words = numbered(data.sample)
        count, samples = batch_arrays(samples)
        indices, done = start + jnp.arange(count, dtype=jnp.uint32), None
        if all(is_concrete(leaf) for leaf in jax.tree.leaves((self, key, indices, samples))):
            one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), samples)
            self.look_at(self.layout_of(one), jax.tree.leaves(samples), batched=True)
            if not mixing_steps(self.transforms):
                done = run_in_parts(calls.batch, self, key, (indices, samples), threads or usable_cores())
        if done is None:
            done = run_compiled(calls.batch, self, key, (indices, jax.tree.map(jnp.asarray, samples)))
        return data.restored(spelled(done, words))

    @with_own_settings
    def check(self, sample: Any = None, /, **targets: Any) -> None:
        """Looks at the values of a sample, and raises for what is wrong; calls outside `jit` do so by themselves.

        Args:
            sample: a pytree of targets.
            **targets: the same as keywords.

        Raises:
            ValueError: a box that is not finite, inverted or outside its picture, or a keypoint that is not finite
                or outside, naming target and row; a camera matrix that is not finite; an image of floats that goes
                far beyond full brightness where the pipeline changes colours.
        """
        self.looked_at(self.arrays(one_sample_of(sample, targets)).sample)

    @with_own_settings
    def compact(self, sample: Any = None, /, **targets: Any) -> Any:
        """Drops the rows that are no longer valid, and their labels, outside `jit`.

        Args:
            sample: what a call returned.
            **targets: the same as keywords.

        Returns:
            The sample with shorter row targets. Labels are the entries that `label_fields` name; beside a `valid`
            entry every entry with as many rows is shortened.
        """
        sample = one_sample_of(sample, targets)
        layout, _ = self.parsed(self.arrays(sample).sample, check_shapes=False)
        fields = {leaf.path: self.settings.label_fields(leaf) for leaf in layout.rows}
        return compact(sample, additional_targets=dict(self.additional_targets or ()), label_fields=fields)

    def _on_sample(self, fn: Callable[[Compose, Any, Any], Any], given: Any, sample: Any, *, look: bool = True) -> Any:
        """A function of the pipeline, a key or plan, and a sample; what the pipeline leaves alone comes back itself."""
        data = self.arrays(sample)
        leaves, tree = jax.tree.flatten(data.sample)
        if not all(is_concrete(leaf) for leaf in jax.tree.leaves((self, given, leaves))):
            return data.restored(fn(self, given, data.sample))
        layout, sample = self.looked_at(data.sample, look=look)
        touched = tuple(leaf.index for leaf in layout.leaves if self.touches(layout, leaf))
        if fn is calls.call:
            axes = channels_first(self.transforms)
            changed = run_any_size(calls.some_leaves, calls.draw, self, given, sample, layout, fn, touched, axes)
        else:
            changed = run_compiled(calls.some_leaves, self, given, sample, Fixed((fn, touched)))
        for index, new in zip(touched, changed, strict=True):
            leaves[index] = new
        return data.restored(jax.tree.unflatten(tree, leaves))

    def arguments(self) -> dict[str, Any]:
        said = super().arguments()
        settings = said.pop("settings", Settings())
        params = dict(settings.params)
        for kind, name in (("bboxes", "bbox_params"), ("keypoints", "keypoint_params")):
            if kind in params:
                said[name] = params.pop(kind)
        if params:
            said["target_params"] = params
        if "additional_targets" in said:
            said["additional_targets"] = dict(said["additional_targets"])
        return said | {name: value for name, value in arguments_of(settings).items() if name != "params"}

    def describe(self) -> str:
        """The pipeline as text: its steps, one line for each, with the arguments that are not what they are by default.

        Example:
            >>> import jaxaug as ja
            >>> print(ja.Compose([ja.OneOf([ja.HorizontalFlip(), ja.Rotate(30)], p=0.3)]).describe())
            Compose(
                OneOf(
                    HorizontalFlip(),
                    Rotate(limit=(-30.0, 30.0)),
                    p=0.3,
                ),
            )
        """
        return step_text(self)

    def __str__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        # Messages of JAX begin with what was called.
        names = [type(step).__name__ for step in self.transforms]
        more = [f"and {len(names) - 6} more"] if len(names) > 7 else []
        return f"Compose({', '.join(names[:6] + more if more else names)})"

    def with_steps(self, steps: Sequence[Node]) -> Self:
        new = super().with_steps(steps)
        new._check_nested(new)
        check_order(new.transforms)
        return new

    def as_sequence(self) -> Sequential:
        """Its steps and its p, without what is said about targets."""
        return struct.build(Sequential, {"transforms": self.transforms, "p": self.p})

    def _check_nested(self, step: Node) -> None:
        """Refuses a Compose inside that reads targets in a way of its own."""
        for inner in step.steps:
            if isinstance(inner, Compose):
                for name in ("settings", "additional_targets", "is_check_shapes", "strict", "save_applied_params"):
                    said = getattr(inner, name)
                    if said not in (getattr(type(inner), name), getattr(self, name)):
                        raise ValueError(
                            f"A Compose inside another has {name}={said!r}: what is said about targets counts for the "
                            "whole pipeline. Say it to the outermost Compose."
                        )
            self._check_nested(inner)

    def ops(self, key: Array, rng: Draw, walk: Walk) -> Ops:
        return walk.in_turn(self.transforms, key)


def _alone(step: Node) -> Compose:
    return Compose([step])


Node.alone = staticmethod(_alone)
