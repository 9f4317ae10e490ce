"""Pictures with their channels first, as other libraries of deep learning keep them."""

from __future__ import annotations

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.ops.axes import ChannelsFirst


class ToTensor(Transform):
    """What both have in common."""

    def op(self) -> ChannelsFirst:
        """What it does to every sample."""
        raise NotImplementedError

    def draw(self, rng: Draw, view: View) -> ChannelsFirst:
        return self.op()


@transform
class ToTensorV2(ToTensor):
    """Images come out as (..., channels, height, width); one without channels gets an axis for one.

    Wherever it stands, axes are put in order when the sample comes out. JAX keeps channels last: this is for pipelines
    whose results go to other libraries, and for those that are ported whole.

    Args:
        transpose_mask: masks with channels come out so too.
        p: 0 or 1, because shapes cannot be random.

    Raises:
        ValueError: it is applied at random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.HorizontalFlip(), ja.ToTensorV2()])
        >>> out = augment(jax.random.key(0), image=jnp.zeros((4, 6, 3)), mask=jnp.zeros((4, 6), jnp.uint8))
        >>> out["image"].shape, out["mask"].shape
        ((3, 4, 6), (4, 6))

    Follows the meaning of Albumentations 2.0.8, with arrays of JAX in place of tensors of PyTorch.
    """

    transpose_mask: bool = args.option(False)
    p: Scalar = args.probability(1.0)

    def op(self) -> ChannelsFirst:
        return ChannelsFirst(masks=self.transpose_mask)


@transform
class ToTensor3D(ToTensor):
    """Volumes and their masks come out as (..., channels, depth, height, width), also with an axis for one channel.

    Args:
        p: 0 or 1, because shapes cannot be random.

    Raises:
        ValueError: it is applied at random.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ja.ToTensor3D()(jax.random.key(0), volume=jnp.zeros((5, 4, 6, 2)))["volume"].shape
        (2, 5, 4, 6)

    Follows the meaning of Albumentations 2.0.8, with arrays of JAX in place of tensors of PyTorch.
    """

    p: Scalar = args.probability(1.0)

    def op(self) -> ChannelsFirst:
        return ChannelsFirst(volumes=True, masks=True)
