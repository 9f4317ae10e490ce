"""AutoAugment: pairs of operations that were searched for on one of three collections of pictures."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Ops, Transform, transform
from jaxaug.core.types import Fill, Reading, Scalar
from jaxaug.core.view import View
from jaxaug.policies.operations import NAMES, Space, operation
from jaxaug.policies.randaugment import reading_of

#: Pairs of operations, each with its probability and its strength of ten, from tables 7 to 9 of the paper.
POLICIES = {
    "imagenet": """
        Posterize 0.4 8 Rotate 0.6 9 | Solarize 0.6 5 AutoContrast 0.6 0 | Equalize 0.8 0 Equalize 0.6 0
        Posterize 0.6 7 Posterize 0.6 6 | Equalize 0.4 0 Solarize 0.2 4 | Equalize 0.4 0 Rotate 0.8 8
        Solarize 0.6 3 Equalize 0.6 0 | Posterize 0.8 5 Equalize 1.0 0 | Rotate 0.2 3 Solarize 0.6 8
        Equalize 0.6 0 Posterize 0.4 6 | Rotate 0.8 8 Color 0.4 0 | Rotate 0.4 9 Equalize 0.6 0
        Equalize 0.0 0 Equalize 0.8 0 | Invert 0.6 0 Equalize 1.0 0 | Color 0.6 4 Contrast 1.0 8
        Rotate 0.8 8 Color 1.0 2 | Color 0.8 8 Solarize 0.8 7 | Sharpness 0.4 7 Invert 0.6 0
        ShearX 0.6 5 Equalize 1.0 0 | Color 0.4 0 Equalize 0.6 0 | Equalize 0.4 0 Solarize 0.2 4
        Solarize 0.6 5 AutoContrast 0.6 0 | Invert 0.6 0 Equalize 1.0 0 | Color 0.6 4 Contrast 1.0 8
        Equalize 0.8 0 Equalize 0.6 0""",
    "cifar10": """
        Invert 0.1 0 Contrast 0.2 6 | Rotate 0.7 2 TranslateX 0.3 9 | Sharpness 0.8 1 Sharpness 0.9 3
        ShearY 0.5 8 TranslateY 0.7 9 | AutoContrast 0.5 0 Equalize 0.9 0 | ShearY 0.2 7 Posterize 0.3 7
        Color 0.4 3 Brightness 0.6 7 | Sharpness 0.3 9 Brightness 0.7 9 | Equalize 0.6 0 Equalize 0.5 0
        Contrast 0.6 7 Sharpness 0.6 5 | Color 0.7 7 TranslateX 0.5 8 | Equalize 0.3 0 AutoContrast 0.4 0
        TranslateY 0.4 3 Sharpness 0.2 6 | Brightness 0.9 6 Color 0.2 8 | Solarize 0.5 2 Invert 0.0 0
        Equalize 0.2 0 AutoContrast 0.6 0 | Equalize 0.2 0 Equalize 0.6 0 | Color 0.9 9 Equalize 0.6 0
        AutoContrast 0.8 0 Solarize 0.2 8 | Brightness 0.1 3 Color 0.7 0 | Solarize 0.4 5 AutoContrast 0.9 0
        TranslateY 0.9 9 TranslateY 0.7 9 | AutoContrast 0.9 0 Solarize 0.8 3 | Equalize 0.8 0 Invert 0.1 0
        TranslateY 0.7 9 AutoContrast 0.9 0""",
    "svhn": """
        ShearX 0.9 4 Invert 0.2 0 | ShearY 0.9 8 Invert 0.7 0 | Equalize 0.6 0 Solarize 0.6 6
        Invert 0.9 0 Equalize 0.6 0 | Equalize 0.6 0 Rotate 0.9 3 | ShearX 0.9 4 AutoContrast 0.8 0
        ShearY 0.9 8 Invert 0.4 0 | ShearY 0.9 5 Solarize 0.2 6 | Invert 0.9 0 AutoContrast 0.8 0
        Equalize 0.6 0 Rotate 0.9 3 | ShearX 0.9 4 Solarize 0.3 3 | ShearY 0.8 8 Invert 0.7 0
        Equalize 0.9 0 TranslateY 0.6 6 | Invert 0.9 0 Equalize 0.6 0 | Contrast 0.3 3 Rotate 0.8 4
        Invert 0.8 0 TranslateY 0.0 2 | ShearY 0.7 6 Solarize 0.4 8 | Invert 0.6 0 Rotate 0.8 4
        ShearY 0.3 7 TranslateX 0.9 3 | ShearX 0.1 6 Invert 0.6 0 | Solarize 0.7 2 TranslateY 0.6 7
        ShearY 0.8 4 Invert 0.8 0 | ShearX 0.7 9 TranslateY 0.8 3 | ShearY 0.8 5 AutoContrast 0.7 0
        ShearX 0.7 2 Invert 0.1 0""",
}


@transform
class AutoAugment(Transform):
    """Two operations one after another: one of 25 pairs, drawn evenly, each operation with a probability of its own.

    Shears, shifts and rotations move masks, boxes and points as well.

    Args:
        policy: `imagenet`, `cifar10` or `svhn`, on which the pairs were searched for.
        interpolation: how images are read.
        mask_interpolation: how masks are read.
        fill: what shows outside.
        fill_mask: what shows outside in masks.
        p: how often it is applied.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ja.AutoAugment("cifar10")(jax.random.key(0), image=jnp.zeros((8, 8, 3), jnp.uint8))["image"].shape
        (8, 8, 3)

    After Cubuk, Zoph, Mane, Vasudevan and Le, "AutoAugment: learning augmentation policies from data", 2019, with the
    operations and strengths of torchvision.
    """

    needs_range = True

    policy: str = args.choice("imagenet", tuple(POLICIES))
    interpolation: Reading = args.interpolation("nearest")
    fill: Fill = args.fill(0.0)
    mask_interpolation: Reading = args.interpolation("nearest")
    fill_mask: Fill = args.fill(0.0)
    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> Ops:
        table = _pairs(POLICIES[self.policy])
        numbers = jnp.take(jnp.asarray(table), rng.integer("pair", (0, len(table) - 1)), axis=0)
        ops: Ops = ()
        for i in range(2):
            which, chance, strength = (numbers[i, column] for column in range(3))
            on = rng.coin(f"on {i}", chance)
            ops += operation(rng, view, f"{i}", which.astype(jnp.int32), strength / 9, Space(), on, **reading_of(self))
        return ops


def _pairs(text: str) -> np.ndarray[Any, Any]:
    """(25, 2, 3) numbers of operations, their probabilities and strengths."""
    words = text.replace("|", " ").split()
    rows = [(NAMES.index(name), float(p), float(m)) for name, p, m in zip(*[iter(words)] * 3, strict=True)]
    return np.array(rows, np.float32).reshape(-1, 2, 3)
