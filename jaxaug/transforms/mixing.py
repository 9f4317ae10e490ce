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

    Pictures of all kinds get the window in the same place, so that masks stay in step with images. Behind the boxes,
    points and polygons of a sample come those of the other one, (B, N, 4) boxes become (B, 2 N, 4), together with their
    flags and the entries that `label_fields` names: the sample's own shrink to what the window leaves of them, as by a
    cut-out, and the other's are cut at the window. Rows of which nothing is seen, and those of no window, are no longer
    valid. Beside a `valid` entry `masks` are those of instances, which are handled alike: a plane for each. Samples
    with cameras are refused. It is a stage of `Compose.batch`: put it into the outermost Compose, or into a `OneOf`
    with `MixUp` there.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of the share of the picture that stays; above 0.
        labels: name of the entries that are mixed, floats such as one-hot labels (B, classes). One that is in
            `label_fields` is not.
        same_on_batch: one window, and one coin, for all samples of a batch; in a `OneOf` one choice too. Otherwise each
            sample has its own.
        p: how often a sample gets a window; a plain 0 adds no rows.

    Raises:
        ValueError: a single sample; cameras; labels that are whole numbers.

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
    same_on_batch: bool = args.option(False, bool)
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
    with the larger share: give one-hot floats (B, H, W, classes) to blend them. Behind the boxes, points and polygons
    of a sample come those of the other one, (B, N, 4) boxes become (B, 2 N, 4), together with their flags and the
    entries that `label_fields` names; those of a sample that is not blended are not valid. Beside a `valid` entry
    `masks` are those of instances, which are handled alike: a plane for each. Samples with cameras are refused. It is a
    stage of `Compose.batch`: put it into the outermost Compose, or into a `OneOf` with `CutMix` there.

    Args:
        alpha: of the distribution Beta(alpha, alpha) of the share of the sample itself; above 0.
        labels: name of the entries that are mixed, floats such as one-hot labels (B, classes). One that is in
            `label_fields` is not.
        row_weights: name of the entries beside boxes or points, floats (B, N) such as ones, that are multiplied by the
            share of the sample that a row is from, to weigh its loss; "" for none.
        same_on_batch: one share, and one coin, for all samples of a batch; in a `OneOf` one choice too. Otherwise each
            sample has its own.
        p: how often a sample is blended; a plain 0 adds no rows.

    Raises:
        ValueError: a single sample; cameras; labels that are whole numbers; no entry of weights.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> mix = ja.Compose([ja.OneOf([ja.MixUp(0.8), ja.CutMix(1.0)], p=1)])
        >>> batch = {"image": jnp.arange(4.0).reshape(4, 1, 1, 1) * jnp.ones((1, 8, 8, 3)), "labels": jnp.eye(4)}
        >>> mix.batch(jax.random.key(0), batch)["labels"].sum(axis=1)
        Array([1., 1., 1., 1.], dtype=float32)

    After Zhang et al., "mixup: beyond empirical risk minimization", 2018, and for boxes Zhang et al., "Bag of freebies
    for training object detection neural networks", 2019.
    """

    alpha: Scalar = args.number(0.4, 0)
    labels: str = args.option("labels", str)
    row_weights: str = args.option("", str)
    same_on_batch: bool = args.option(False, bool)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Mix:
        share = rng.beta("share", self.alpha, self.alpha)
        return Mix(None, 1.0 - share, label=self.labels, row_weights=self.row_weights)
