"""Several draws of one sample, for training that compares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import chex
import jax
import jax.numpy as jnp

from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.inputs import given_key


def views(key: chex.PRNGKey, sample: Any, augment: Any, n: int = 2) -> Any:
    """Independent draws of one sample: pairs for SimCLR, BYOL and Siamese networks, crops of several sizes for DINO.

    Works under `jit` and `vmap`; for a batch, `jax.vmap(lambda key, sample: views(key, sample, augment))`.

    Args:
        key: a PRNG key, consumed.
        sample: a pytree of targets.
        augment: a `Compose`, or names of kinds of views, each with its `Compose` and how many there are.
        n: how many draws of a single `Compose`.

    Returns:
        The sample with every leaf n times along a new leading axis; or one such sample for each name.

    Raises:
        TypeError: something that is no `Compose`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sample = {"image": jnp.zeros((40, 40, 3))}
        >>> large, small = (ja.Compose([ja.RandomResizedCrop((side, side))]) for side in (32, 16))
        >>> crops = views(jax.random.key(0), sample, {"global": (large, 2), "local": (small, 6)})
        >>> jax.tree.map(jnp.shape, crops)
        {'global': {'image': (2, 32, 32, 3)}, 'local': {'image': (6, 16, 16, 3)}}
    """
    key = given_key(key, {})
    if isinstance(augment, Mapping):
        kinds = enumerate(augment.items())
        return {name: views(jax.random.fold_in(key, i), sample, *one) for i, (name, one) in kinds}
    if not isinstance(augment, Compose):
        raise TypeError(
            f"views(augment=...) must be a Compose, or names with (Compose, count), got {type(augment).__name__}."
        )
    return augment.batch(key, jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n, *jnp.shape(leaf))), sample))
