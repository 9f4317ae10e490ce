"""Pipelines as transformations of grain: of samples, on the host, and of batches, on devices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import chex
import jax
import numpy as np

try:
    import grain
except ImportError as error:
    raise ImportError(f'grain cannot be imported ({error}): pip install "jaxaug[data]"') from error

__all__ = ["AugmentBatch", "AugmentSample", "key_of", "only_cpu"]


@dataclasses.dataclass(frozen=True)
class AugmentSample(grain.transforms.RandomMap):
    """Augments every sample on the host, for `random_map` before `batch`, and for operations of `grain.DataLoader`.

    The key is made from the generator that grain hands for the sample. So an order, a seed and a state that grain
    restores give the same augmentation again, in one process or many.

    Args:
        augment: takes a key and a sample. `jax.jit(pipeline)` is quickest, where samples hold numbers alone and
            pictures of one size; the pipeline itself compiles too, and takes words and sizes of all kinds.

    Example:
        >>> import grain, jax, numpy as np, jaxaug as ja
        >>> from jaxaug.interop.grain import AugmentSample
        >>> samples = [{"image": np.full((4, 6, 3), level, np.uint8), "label": level} for level in (0, 100, 200)]
        >>> augment = ja.Compose([ja.CenterCrop(4, 4, p=1), ja.HorizontalFlip(p=0.5)])
        >>> dataset = grain.MapDataset.source(samples).seed(0).random_map(AugmentSample(jax.jit(augment))).batch(3)
        >>> dataset[0]["image"].shape, dataset[0]["label"].tolist()
        ((3, 4, 4, 3), [0, 100, 200])
    """

    augment: Callable[[chex.PRNGKey, Any], Any]

    def random_map(self, element: Any, rng: np.random.Generator) -> Any:
        """A sample augmented.

        Args:
            element: a pytree, as the pipeline takes it.
            rng: whence the key comes.

        Returns:
            The sample, its arrays NumPy's: grain stacks them, and hands them from process to process.
        """
        with jax.default_device(jax.local_devices(backend="cpu")[0]):
            out = self.augment(key_of(rng), element)
        return jax.tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf, out)


@dataclasses.dataclass(frozen=True)
class AugmentBatch(grain.transforms.RandomMap):
    """Augments every batch on devices, where it stays, for `random_map` after `batch` in the process that trains.

    The key is made from the generator that grain hands for the batch, so that a restored iterator goes on as the
    first would have.

    Args:
        augment: takes a key and a batch, such as `jax.jit(pipeline.batch)`.
        sharding: where every leaf is put before `augment`, one for all leaves or a pytree that is a prefix of a
            batch; None leaves it to `augment`.

    Example:
        >>> import grain, jax, numpy as np, jaxaug as ja
        >>> from jaxaug.interop.grain import AugmentBatch
        >>> samples = [{"image": np.full((4, 6, 3), level, np.uint8)} for level in (0, 100, 200, 250)]
        >>> augment = ja.Compose([ja.HorizontalFlip(p=0.5)])
        >>> dataset = grain.MapDataset.source(samples).seed(0).to_iter_dataset().batch(2)
        >>> dataset = dataset.random_map(AugmentBatch(jax.jit(augment.batch)))
        >>> [batch["image"].shape for batch in dataset]
        [(2, 4, 6, 3), (2, 4, 6, 3)]
    """

    augment: Callable[[chex.PRNGKey, Any], Any]
    sharding: jax.sharding.Sharding | None = None

    def random_map(self, element: Any, rng: np.random.Generator) -> Any:
        """A batch augmented.

        Args:
            element: a pytree of arrays with a leading axis B.
            rng: whence the key comes.

        Returns:
            The batch, on devices; nobody has waited for it.
        """
        batch = element if self.sharding is None else jax.device_put(element, self.sharding)
        return self.augment(key_of(rng), batch)


def key_of(rng: np.random.Generator) -> chex.PRNGKey:
    """A PRNG key from 64 bits of a generator, which moves on.

    Args:
        rng: a generator of NumPy.

    Returns:
        A typed key of the implementation that JAX is set to.

    Example:
        >>> import jax, numpy as np
        >>> first, again = (key_of(np.random.default_rng(3)) for _ in range(2))
        >>> bool(first == again)
        True
    """
    return _key(rng.integers(1 << 32, size=2, dtype=np.uint32))


@jax.jit
def _key(words: chex.Array) -> chex.PRNGKey:
    return jax.random.fold_in(jax.random.key(words[0]), words[1])


def only_cpu(worker: int, workers: int) -> None:
    """Keeps a worker process off the accelerators, whose memory JAX would claim a second time there.

    Args:
        worker: the number of the process, which does not matter.
        workers: how many there are, which does not matter.

    Example:
        >>> import grain
        >>> from jaxaug.interop.grain import only_cpu
        >>> dataset = grain.MapDataset.range(4).to_iter_dataset()
        >>> options = grain.multiprocessing.MultiprocessingOptions(num_workers=2)
        >>> dataset = dataset.mp_prefetch(options, worker_init_fn=only_cpu)
    """
    jax.config.update("jax_platforms", "cpu")
