"""Mixing: what makes one sample of several, as a stage of `Compose.batch`."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import MixTransform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.ops.mix import Mix


@transform
class CutMix(MixTransform):
    """Pastes a window of another sample of the batch, and mixes labels by the share of pixels.

    Pictures of all kinds get the window in the same place, so that masks stay in step with images. Samples with boxes,
    points or other annotations are refused. It is a stage of `Compose.batch`: put it into the outermost Compose, or
    into a `OneOf` with `MixUp` there, which chooses for each sample.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of the share of the picture that stays; above 0.
        labels: name of the entries that are mixed, floats such as one-hot labels (B, classes).
        p: how often a sample gets a window.

    Raises:
        ValueError: a single sample; annotations; labels that are whole numbers.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mix = ja.Compose([ja.CutMix(p=1)])
        >>> batch = {"image": jnp.arange(4.0).reshape(4, 1, 1, 1) * jnp.ones((1, 8, 8, 3)), "labels": jnp.eye(4)}
        >>> mix.batch(jax.random.key(0), batch)["labels"].sum(axis=1)
        Array([1., 1., 1., 1.], dtype=float32)

    After Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", 2019.
    """

    alpha: Scalar = args.number(1.0, 0)
    labels: str = args.option("labels", str)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Mix:
        side = jnp.sqrt(1.0 - rng.beta("share", self.alpha, self.alpha))
        centre = rng.uniform("centre", shape=(2,))
        window = jnp.concatenate([centre - side / 2, centre + side / 2])
        return Mix(jnp.clip(window, 0.0, 1.0), label=self.labels)


@transform
class MixUp(MixTransform):
    """Blends a sample with another of the batch, and its labels in the same shares.

    Pictures of all kinds are blended. Masks of whole numbers, between which there is nothing, are those of the sample
    with the larger share: give one-hot floats (B, H, W, classes) to blend them. Samples with boxes, points or other
    annotations are refused. It is a stage of `Compose.batch`: put it into the outermost Compose, or into a `OneOf` with
    `CutMix` there, which chooses for each sample.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of the share of the sample itself; above 0.
        labels: name of the entries that are mixed, floats such as one-hot labels (B, classes).
        p: how often a sample is blended.

    Raises:
        ValueError: a single sample; annotations; labels that are whole numbers.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mix = ja.Compose([ja.OneOf([ja.MixUp(0.8), ja.CutMix(1.0)], p=1)])
        >>> batch = {"image": jnp.arange(4.0).reshape(4, 1, 1, 1) * jnp.ones((1, 8, 8, 3)), "labels": jnp.eye(4)}
        >>> mix.batch(jax.random.key(0), batch)["labels"].sum(axis=1)
        Array([1., 1., 1., 1.], dtype=float32)

    After Zhang et al., "mixup: beyond empirical risk minimization", 2018.
    """

    alpha: Scalar = args.number(0.4, 0)
    labels: str = args.option("labels", str)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Mix:
        share = rng.beta("share", self.alpha, self.alpha)
        return Mix(jnp.array([0.0, 0.0, 1.0, 1.0]), 1.0 - share, label=self.labels)
