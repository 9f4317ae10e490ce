"""Which steps of a pipeline need images between 0 and full brightness, and whether they get them."""

from __future__ import annotations

from collections.abc import Sequence

from jaxaug.core.transform import Node


def needing_range(steps: Sequence[Node]) -> list[str]:
    """Names of the transforms that need images between 0 and full brightness, in order."""
    found: dict[str, None] = {}
    for step in steps:
        if step.needs_range:
            found[type(step).__name__] = None
        found.update(dict.fromkeys(needing_range(step.steps)))
    return list(found)


def check_order(steps: Sequence[Node], before: str = "") -> str:
    """Looks for steps that need images between 0 and full brightness behind one that leaves that range.

    Args:
        steps: in order.
        before: name of what has left the range so far, if anything has.

    Returns:
        The name of what has left it after them.

    Raises:
        ValueError: there is such a step.
    """
    for step in steps:
        name = type(step).__name__
        if step.needs_range and before:
            raise ValueError(
                f"{name} needs images between 0 and full brightness, and cuts off what lies beyond, but {before} "
                f"before it has made other values of them. Put {name} before {before}."
            )
        if step.exclusive:
            before = next(filter(None, [check_order([option], before) for option in step.steps]), before)
        else:
            before = check_order(step.steps, before)
        before = name if step.leaves_range else before
    return before
