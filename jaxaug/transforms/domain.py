"""Adaptation to another domain: the look of reference pictures."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxaug import functional as F
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.ops.reference import ReferenceTone, references_in
from jaxaug.ops.spectral import Spectral
from jaxaug.ops.tone import tone

NOT_READ = "references are arrays: read them before and pass the images"


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
    read_fn: None = args.absent(NOT_READ)
    metadata_key: str = args.entry("fda_metadata")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Spectral:
        index, references = _drawn_reference(self, rng, view)
        beta = rng.uniform("beta", self.beta_limit)
        return Spectral({"beta": beta}, index, references, entry=self.metadata_key)


def _drawn_reference(step: Any, rng: Draw, view: View) -> tuple[Array, tuple[Array, ...] | None]:
    """Which reference counts, and the references; None if the sample holds them."""
    given = step.reference_images
    found = references_in(view, step.metadata_key) if given is None else given
    index = rng.integer("reference", (0, len(found) - 1))
    return index, None if given is None else tuple(jnp.asarray(image) for image in given)


@transform
class HistogramMatching(Transform):
    """Gives each channel of a picture the histogram of a reference picture.

    Args:
        reference_images: list of images (H, W) or (H, W, C) of any sizes, of which one is chosen; None takes them from
            the entry that `metadata_key` names. One of another number of channels is taken for its brightness.
        blend_ratio: range of the share of the change in the result, within [0, 1].
        read_fn: must stay None: references are arrays.
        metadata_key: name of the entry of the sample that holds the references, an image or a list of them; it is no
            target.

    Raises:
        ValueError: neither references nor the entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> match = ja.Compose([ja.HistogramMatching(blend_ratio=(1, 1), p=1)])
        >>> sample = {"image": jnp.array([[10, 20]], jnp.uint8), "hm_metadata": [jnp.array([[100, 200]], jnp.uint8)]}
        >>> match(jax.random.key(0), sample)["image"]
        Array([[100, 200]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8 and of scikit-image's `match_histograms`: a reference counts as it is,
    where Albumentations first resizes it, and levels between two of 8 bits keep their order.
    """

    needs_range = True

    reference_images: Any = args.images(None)
    blend_ratio: Range = args.pair((0.5, 1.0), None, 0, 1)
    read_fn: None = args.absent(NOT_READ)
    metadata_key: str = args.entry("hm_metadata")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> ReferenceTone:
        index, references = _drawn_reference(self, rng, view)
        change = tone(F.match_histogram, ratio=rng.uniform("ratio", self.blend_ratio))
        return ReferenceTone(change, index, references, entry=self.metadata_key)


@transform
class PixelDistributionAdaptation(Transform):
    """Moves and scales, or turns, the colours of a picture to where those of a reference picture lie.

    Args:
        reference_images: list of images (H, W) or (H, W, C) of any sizes, of which one is chosen; None takes them from
            the entry that `metadata_key` names. One of another number of channels is taken for its brightness.
        blend_ratio: range of the share of the change in the result, within [0, 1].
        read_fn: must stay None: references are arrays.
        transform_type: `pca` gives all channels together the mean and the principal directions of the reference,
            `standard` each channel its mean and deviation, `minmax` each channel its smallest and largest value.
        metadata_key: name of the entry of the sample that holds the references, an image or a list of them; it is no
            target.

    Raises:
        ValueError: neither references nor the entry.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> adapt = ja.PixelDistributionAdaptation(blend_ratio=(1, 1), transform_type="minmax", p=1)
        >>> sample = {"image": jnp.array([[10, 20]], jnp.uint8), "pda_metadata": [jnp.array([[100, 200]], jnp.uint8)]}
        >>> adapt(jax.random.key(0), sample)["image"]
        Array([[100, 200]], dtype=uint8)

    Follows the method that Albumentations 2.0.8 names, after the scalers and the PCA of scikit-learn; there the result
    is counted in 255ths twice, and comes out black. The sign of a principal component is free: here it is that which
    lies nearer to the picture's own.
    """

    needs_range = True

    reference_images: Any = args.images(None)
    blend_ratio: Range = args.pair((0.25, 1.0), None, 0, 1)
    read_fn: None = args.absent(NOT_READ)
    transform_type: str = args.choice("pca", ("pca", "standard", "minmax"))
    metadata_key: str = args.entry("pda_metadata")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> ReferenceTone:
        index, references = _drawn_reference(self, rng, view)
        options = (("method", self.transform_type),)
        change = tone(F.match_distribution, options=options, ratio=rng.uniform("ratio", self.blend_ratio))
        return ReferenceTone(change, index, references, entry=self.metadata_key)
