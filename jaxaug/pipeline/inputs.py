"""What users pass to a pipeline: a sample as a pytree or as keywords, and what is said about kinds of targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend.compiler import counts
from jaxaug.backend.struct import is_concrete
from jaxaug.core.host_data import read_path
from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.random import check_key
from jaxaug.core.suggestions import nearest
from jaxaug.kernels.dtype import exactly


def one_sample_of(sample: Any, targets: dict[str, Any]) -> Any:
    """The sample that a user gives as a pytree or as keywords.

    Raises:
        TypeError: both, neither, or something that is no container.
    """
    if sample is not None and targets:
        raise TypeError(f"Give the targets as one pytree or as keywords, not both: got a pytree and {sorted(targets)}.")
    if sample is None and not targets:
        raise TypeError("A sample is missing: augment(key, sample) or augment(key, image=image, mask=mask).")
    if sample is not None and jax.tree_util.all_leaves([sample]):
        raise TypeError(
            f"A sample must be a dict of targets, got {type(sample).__name__}. "
            "Write augment(key, {'image': image}) or augment(key, image=image)."
        )
    return targets if sample is None else sample


def given_key(key: Any, targets: Mapping[str, Any], *, seed: int | None = None, beside: Any = None) -> jax.Array:
    """The key of a call, which comes first.

    Args:
        key: what is given, perhaps None.
        targets: the keywords of the call.
        seed: of the key where none is given, outside `jit`.
        beside: the sample.

    Raises:
        TypeError: there is none, or it comes by keyword.
    """
    if key is None and seed is not None and all(is_concrete(leaf) for leaf in jax.tree.leaves(beside)):
        return jax.random.key(seed)
    if key is None:
        by_name = " It has no name: keywords are targets." if "key" in targets else ""
        raise TypeError(
            f"key must be a JAX PRNG key, got NoneType. Make one with jax.random.key(seed) and pass it first: "
            f"augment(key, image=image).{by_name}"
        )
    return check_key(key)


def batch_arrays(samples: Any) -> tuple[int, Any]:
    """The number of samples in a batch, and the batch with arrays for all leaves; those of NumPy stay on the host.

    Raises:
        ValueError: leaves of different lengths, one picture in place of many, or numbers that JAX would change.
    """
    leaves, tree = jax.tree_util.tree_flatten_with_path(samples)
    arrays = []
    for path, leaf in leaves:
        keys, last = read_path(path)
        label = "/".join(map(str, keys))
        host = leaf if isinstance(leaf, jax.Array) else np.asarray(leaf)
        if isinstance(host, np.ndarray):
            # JAX says what is wrong with an array that holds no numbers.
            dtype = jax.dtypes.canonicalize_dtype(host.dtype) if counts(host.dtype) else jnp.asarray(host).dtype
            host = exactly(label, host, dtype) if host.dtype.kind in "iu" else host.astype(dtype, copy=False)
        arrays.append(host)
        shape = host.shape
        if keys[last] == "image" and len(shape) == 3 and shape[2] in (1, 3, 4) and shape[1] > 4:
            raise ValueError(
                f"{label!r} has shape {shape}, which is one picture: a batch needs shape (B, H, W, C), such as "
                "numpy.stack of pictures gives. For one sample call augment(key, sample); grey pictures that really "
                f"are {shape[2]} wide are a batch of shape (B, H, W, 1)."
            )
    sizes = {array.shape[0] if array.ndim else "none" for array in arrays}
    count = next(iter(sizes), "none")
    if len(sizes) != 1 or isinstance(count, str):
        raise ValueError(
            "Every leaf of a batch needs the same leading axis, got lengths "
            f"{', '.join(sorted(map(str, sizes)))}. For one sample call augment(key, sample)."
        )
    return count, jax.tree.unflatten(tree, arrays)


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
                f"The params of {kind!r} must be {cls.params_type.__name__} of jaxaug or a dict of its arguments, "
                f"got {type(params).__name__} of {type(params).__module__.split('.')[0]}."
            )
        out.append((kind, made))
    return tuple(sorted(out, key=lambda pair: pair[0]))
