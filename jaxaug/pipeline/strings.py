"""Strings in a batch, such as names of classes and files: programs hold numbers that stand for them."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np


def numbered(samples: Any) -> tuple[Any, dict[int, np.ndarray]]:
    """A batch with numbers in place of strings.

    Args:
        samples: pytree of arrays.

    Returns:
        The batch, and the strings by the index of their leaf, for `spelled`.
    """
    leaves, tree = jax.tree.flatten(samples)
    words = {i: leaf for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "OUS"}
    for i, strings in words.items():
        leaves[i] = np.arange(strings.size, dtype=np.int32).reshape(strings.shape)
    return jax.tree.unflatten(tree, leaves), words


def spelled(samples: Any, words: dict[int, np.ndarray]) -> Any:
    """The inverse of `numbered`, of the batch that comes out."""
    if not words:
        return samples
    leaves, tree = jax.tree.flatten(samples)
    for i, strings in words.items():
        leaves[i] = strings.ravel()[np.asarray(leaves[i])]
    return jax.tree.unflatten(tree, leaves)
