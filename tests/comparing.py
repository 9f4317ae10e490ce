"""What tests of pixel transforms share: one call, how near two images are, and whether arguments count."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

import jaxaug as ja

KEY = jax.random.key(0)


def made(transform: Any, picture: Any, key: Any = KEY, **more: Any) -> np.ndarray:
    """What a transform makes of a picture in a sample."""
    return np.asarray(ja.Compose([transform])(key, {"image": picture, **more})["image"])


def agree(a: np.ndarray, b: np.ndarray, levels: float = 2, share: float = 0.99) -> None:
    """So large a share of two images lies within some levels of 255."""
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64)) * (255 if a.dtype.kind == "f" else 1)
    assert np.mean(apart <= levels + 1e-3) >= share, (apart.max(), np.mean(apart > levels))


def each_argument_counts(transform: Any, changes: dict[str, Any], picture: np.ndarray) -> None:
    """Another value of each argument changes more than a hundredth of the picture's values."""
    given = {name: getattr(transform, name) for name in transform.__dataclass_fields__}
    plain = made(transform, picture)
    for name, value in changes.items():
        assert (made(type(transform)(**(given | {name: value})), picture) != plain).mean() > 0.01, name
