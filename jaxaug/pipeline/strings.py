"""Strings in a batch, such as names of classes and files: programs hold numbers that stand for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from jaxaug.core.settings import Settings


def numbered(samples: Any, settings: Settings) -> tuple[Any, dict[int, np.ndarray]]:
    """A batch with numbers in place of strings.

    Args:
        samples: pytree of arrays.
        settings: of the pipeline.

    Returns:
        The batch, and the strings by the index of their leaf, for `spelled`.

    Raises:
        ValueError: a `label_mapping` changes labels that are strings.
    """
    paths, tree = jax.tree_util.tree_flatten_with_path(samples)
    words = {i: leaf for i, (_, leaf) in enumerate(paths) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "OUS"}
    mapped = set(_mapped(params for _, params in settings.params))
    for i in words:
        name = getattr(paths[i][0][-1], "key", None)
        if name in mapped:
            raise ValueError(
                f"A label_mapping changes {name!r}, and a batch holds numbers: replace the words by numbers in both."
            )
    leaves = [
        np.arange(words[i].size, dtype=np.int32).reshape(words[i].shape) if i in words else leaf
        for i, (_, leaf) in enumerate(paths)
    ]
    return jax.tree.unflatten(tree, leaves), words


def spelled(samples: Any, words: dict[int, np.ndarray]) -> Any:
    """The inverse of `numbered`, of the batch that comes out."""
    if not words:
        return samples
    leaves, tree = jax.tree.flatten(samples)
    for i, strings in words.items():
        leaves[i] = strings.ravel()[np.asarray(leaves[i])]
    return jax.tree.unflatten(tree, leaves)


def _mapped(params: Iterable[Any]) -> Iterable[str]:
    for one in params:
        yield from dict(getattr(one, "label_mapping", None) or ())
