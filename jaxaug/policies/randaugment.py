"""Policies of one strength: operations are drawn evenly."""

from __future__ import annotations

from typing import Any

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Ops, Transform, transform
from jaxaug.core.types import Fill, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.policies.operations import NAMES, Space, operation

#: Operations of these policies; AutoAugment's has no identity and inverts besides.
EVEN = tuple(name for name in NAMES if name != "Invert")


@transform
class RandAugment(Transform):
    """Several operations one after another, drawn evenly from fourteen, all of one strength.

    Shears, shifts and rotations move masks, boxes and points as well. What an operation does is chosen by its numbers,
    for every sample by itself.

    Args:
        num_ops: how many operations.
        magnitude: their strength, of `num_magnitude_bins` from 0 on.
        num_magnitude_bins: how many strengths there are.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        fill: what shows outside.
        fill_mask: what shows outside in masks.
        p: how often it is applied.

    Raises:
        ValueError: a magnitude beyond the last.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.RandomResizedCrop((24, 24)), ja.HorizontalFlip(), ja.RandAugment(2, 9)])
        >>> augment(jax.random.key(0), image=jnp.zeros((32, 32, 3), jnp.uint8))["image"].shape
        (24, 24, 3)

    After Cubuk, Zoph, Shlens and Le, "RandAugment: practical automated data augmentation with a reduced search space",
    2020, with the operations and strengths of torchvision.
    """

    needs_range = True

    num_ops: int = args.option(2, int, 0)
    magnitude: Scalar = args.number(9, 0)
    num_magnitude_bins: int = args.option(31, int, 2)
    interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def check(self) -> None:
        check_magnitude("RandAugment", self.magnitude, self.num_magnitude_bins)

    def draw(self, rng: Draw, view: View) -> Ops:
        strength = self.magnitude / (self.num_magnitude_bins - 1)
        ops: Ops = ()
        for i in range(self.num_ops):
            which = rng.integer(f"operation {i}", (0, len(EVEN) - 1))
            ops += operation(rng, view, f"{i}", which, strength, Space(), **reading_of(self))
        return ops


@transform
class TrivialAugmentWide(Transform):
    """One operation, drawn evenly from fourteen, of a strength that is drawn evenly, too.

    Shears, shifts and rotations move masks, boxes and points as well.

    Args:
        num_magnitude_bins: how many strengths there are.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        fill: what shows outside.
        fill_mask: what shows outside in masks.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ja.TrivialAugmentWide()(jax.random.key(0), image=jnp.zeros((8, 8, 3), jnp.uint8))["image"].shape
        (8, 8, 3)

    After Müller and Hutter, "TrivialAugment: tuning-free yet state-of-the-art data augmentation", 2021, with the
    operations and strengths of torchvision.
    """

    needs_range = True

    num_magnitude_bins: int = args.option(31, int, 2)
    interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Ops:
        most = self.num_magnitude_bins - 1
        which = rng.integer("operation", (0, len(EVEN) - 1))
        strength = rng.integer("magnitude", (0, most)) / most
        wide = Space(shear=0.99, translate=32.0, rotate=135.0, factor=0.99, bits=6.0, in_pixels=True)
        return operation(rng, view, "0", which, strength, wide, **reading_of(self))


def check_magnitude(where: str, magnitude: Any, bins: int) -> None:
    """Refuses a strength that there is not.

    Raises:
        ValueError: it is beyond the last.
    """
    if isinstance(magnitude, float) and not 0 <= magnitude <= bins - 1:
        raise ValueError(
            f"{where}(magnitude=...) must be from 0 to num_magnitude_bins - 1 = {bins - 1}, got {magnitude}."
        )


def reading_of(policy: Any) -> dict[str, Any]:
    """How a policy reads pictures that it moves."""
    return {name: getattr(policy, name) for name in ("interpolation", "mask_interpolation", "fill", "fill_mask")}
