"""What users pass to a pipeline: a sample as a pytree or as keywords, and what is said about kinds of targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.messages import nearest


def one_sample_of(sample: Any, targets: dict[str, Any]) -> Any:
    """The sample that a user gives as a pytree or as keywords.

    Raises:
        TypeError: both, neither, or something that is no container.
    """
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


def params_by_kind(given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What is said about kinds of targets, as the params of each.

    Raises:
        ValueError: a kind that does not exist, or that has no params.
        TypeError: params of another kind.
    """
    out = []
    for kind, params in given.items():
        if params is None:
            continue
        cls = ANNOTATIONS.get(kind)
        if cls is None or cls.params_type is None:
            known = [name for name, known in ANNOTATIONS.items() if known.params_type is not None]
            raise ValueError(
                f"target_params names {kind!r}, of which nothing can be said.{nearest(kind, known)} "
                f"Kinds with params: {', '.join(known)}."
            )
        made = cls.params_type(**params) if isinstance(params, Mapping) else params
        if not isinstance(made, cls.params_type):
            raise TypeError(
                f"The params of {kind!r} must be {cls.params_type.__name__} or a dict of its arguments, "
                f"got {type(params).__name__}."
            )
        out.append((kind, made))
    return tuple(sorted(out, key=lambda pair: pair[0]))
