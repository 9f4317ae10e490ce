"""Pipelines whose results tell what was done to them, and do it again to other samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import chex
import jax
import jax.numpy as jnp
from jax import Array

from jaxaug.annotations.box_formats import BboxParams
from jaxaug.annotations.keypoints import KeypointParams
from jaxaug.backend import struct
from jaxaug.backend.struct import static
from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.inputs import given_key, one_sample_of
from jaxaug.pipeline.plan import Plan, applied_transforms


@struct.struct
class Replay:
    """What was done to a sample, and by which pipeline; a pytree of small arrays.

    Args:
        pipeline: the pipeline.
        plan: what it did.
    """

    pipeline: Compose
    plan: Plan

    def __str__(self) -> str:
        return str(self.plan)


@struct.struct
class ReplayCompose(Compose):
    """A Compose whose results carry what was done to them, so that it can be done to other samples.

    `Compose.sample` and `Compose.apply` do the same without an entry in the sample.

    Args:
        transforms: list of transforms and compositions.
        bbox_params: as in `Compose`.
        keypoint_params: as in `Compose`.
        additional_targets: as in `Compose`.
        p: how often the pipeline is applied at all.
        is_check_shapes: as in `Compose`.
        save_key: name of the entry that tells what was done.
        **settings: further arguments of `Compose`.

    Raises:
        ValueError: a sample that is no dict, or that has an entry of that name.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.ReplayCompose([ja.HorizontalFlip(p=0.5)])
        >>> out = augment(jax.random.key(1), image=jnp.array([[1.0, 2.0]]))
        >>> again = ja.ReplayCompose.replay(out["replay"], image=jnp.array([[1.0, 2.0]]))
        >>> bool((again["image"] == out["image"]).all())
        True

    Follows the meaning of Albumentations 2.0.8.
    """

    save_key: str = static(default="replay")

    def __init__(
        self,
        transforms: Sequence[Any],
        bbox_params: BboxParams | Mapping[str, Any] | None = None,
        keypoint_params: KeypointParams | Mapping[str, Any] | None = None,
        additional_targets: Mapping[str, str] | None = None,
        p: Any = 1.0,
        is_check_shapes: bool = True,
        save_key: str = "replay",
        **settings: Any,
    ) -> None:
        super().__init__(
            transforms,
            p,
            bbox_params=bbox_params,
            keypoint_params=keypoint_params,
            additional_targets=additional_targets,
            is_check_shapes=is_check_shapes,
            **settings,
        )
        object.__setattr__(self, "save_key", save_key)

    def __call__(self, key: chex.PRNGKey | None = None, sample: Any = None, /, **targets: Any) -> Any:
        """Augments one sample, and adds what was done to it.

        Args:
            key: a PRNG key, consumed.
            sample: a dict of targets.
            **targets: the same as keywords.
        """
        given = self._without_entry(one_sample_of(sample, targets))
        plan = self.sample(key, given)
        applied = {"applied_transforms": applied_transforms(plan)} if self.save_applied_params else {}
        return {**self.apply(plan, given), **applied, self.save_key: Replay(self, plan)}

    def batch(self, key: chex.PRNGKey | None = None, samples: Any = None, /, *, start: int = 0, **targets: Any) -> Any:
        """Augments a batch, and adds what was done to each sample; every leaf of the entry has a leading axis too.

        Args:
            key: a PRNG key, consumed.
            samples: a dict of targets, every leaf with a leading batch axis.
            start: index of the first sample, for batches that are parts of a larger one.
            **targets: the same as keywords.
        """
        key = given_key(key, targets, seed=self.seed, beside=(samples, targets))
        given = self._without_entry(one_sample_of(samples, targets))
        count = jnp.shape(jax.tree.leaves(given)[0])[0]
        indices: Array = start + jnp.arange(count, dtype=jnp.uint32)

        def one(index: Array, sample: Any) -> tuple[Any, Plan]:
            plan = self.sample(jax.random.fold_in(key, index), sample)
            return self.apply(plan, sample), plan

        out, plans = jax.vmap(one)(indices, given)
        pipelines = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *jnp.shape(leaf))), self)
        return {**out, self.save_key: Replay(pipelines, plans)}

    @staticmethod
    def replay(saved_augmentations: Replay, sample: Any = None, /, **targets: Any) -> Any:
        """Does to a sample what was done to another one, whose reference picture had the same size.

        Args:
            saved_augmentations: the entry of a result.
            sample: a pytree of targets.
            **targets: the same as keywords.
        """
        return saved_augmentations.pipeline.apply(saved_augmentations.plan, sample, **targets)

    def _without_entry(self, sample: Any) -> dict[str, Any]:
        if not isinstance(sample, dict) or self.save_key in sample:
            raise ValueError(
                f"ReplayCompose adds an entry {self.save_key!r} to a dict of targets that has none, got "
                f"{sorted(map(str, sample)) if isinstance(sample, dict) else type(sample).__name__}."
            )
        return sample
