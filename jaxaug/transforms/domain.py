"""Adaptation to another domain: the look of reference pictures."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.spectral import Spectral, references_in


@transform
class FDA(Transform):
    """Gives the low frequencies of a picture the amplitudes of a reference picture.

    Args:
        reference_images: list of images (H, W) or (H, W, C) of any sizes, of which one is chosen; None takes them from
            the entry that `metadata_key` names.
        beta_limit: range of half the side of the square of frequencies, as a fraction of the shorter side of the
            picture, within [0, 0.5]; one number r stands for (0, r).
        read_fn: must stay None: references are arrays.
        metadata_key: name of the entry of the sample that holds the references, an image or a list of them; it is no
            target.

    Raises:
        ValueError: neither references nor the entry, or a picture that fills only a part of its buffer.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> adapt = ja.Compose([ja.FDA(beta_limit=(0.1, 0.1), p=1)])
        >>> sample = {"image": jnp.full((4, 4, 3), 0.25), "fda_metadata": [jnp.full((8, 8, 3), 0.75)]}
        >>> [round(float(v), 3) for v in adapt(jax.random.key(0), sample)["image"][0, 0]]
        [0.75, 0.75, 0.75]

    Follows the meaning of Albumentations 2.0.8, with the square of frequencies of Yang and Soatto, "FDA: Fourier domain
    adaptation for semantic segmentation", 2020, both of whose ends count.
    """

    needs_range = True

    reference_images: Any = args.images(None)
    beta_limit: Range = args.pair((0.0, 0.1), args.above(0.0), 0, 0.5)
    read_fn: None = args.absent("references are arrays: read them before and pass the images")
    metadata_key: str = args.entry("fda_metadata")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Spectral:
        given = self.reference_images
        found = references_in(view, self.metadata_key) if given is None else given
        return Spectral(
            {"beta": rng.uniform("beta", self.beta_limit)},
            rng.integer("reference", (0, len(found) - 1)),
            None if given is None else tuple(jnp.asarray(image) for image in given),
            entry=self.metadata_key,
        )
