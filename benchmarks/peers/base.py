"""What a library has to offer to be timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

JAX = ("jaxaug", "augmax", "dm_pix", "keras")
"""Libraries whose module has `function(case)`: one compiled function of a key and a batch."""

PEERS = ("albumentations", "augrs", "augmax", "dm_pix", "kornia", "keras", "torchvision")

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation that `Normalize` uses by default."""


class Refused(Exception):
    """A library cannot do a case; the text says why."""


def refuse(library: str, what: str) -> NoReturn:
    raise Refused(f"{library} has no {what}.")


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A case, ready to be timed.

    Args:
        key: what a call needs to draw anew, from the number of the call; not timed.
        run: does the whole batch and waits until it is done.
        to_host: turns one of its pictures into an array on the host.
        queue: does the whole batch once for each key and waits once, at the end; None if the library runs while it is
            called.
    """

    key: Callable[[int], Any]
    run: Callable[[Any], Any]
    to_host: Callable[[Any], np.ndarray] = np.asarray
    queue: Callable[[Sequence[Any]], None] | None = None
