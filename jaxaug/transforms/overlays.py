"""Other pictures over a picture."""

from __future__ import annotations

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.ops.elements import Elements, elements_in


@transform
class OverlayElements(Transform):
    """Lays elements, such as stickers and logos, over a picture.

    They come in the sample: a dict, or a list of dicts, with `image`, (h, w) or (h, w, C), and perhaps `mask`, (h, w),
    above 0 where the element shows; `bbox`, x_min, y_min, x_max, y_max as fractions of the picture, to which it is
    stretched; and `mask_id`, which masks have where it shows. Without a box it keeps its size, wherever there is room,
    or covers the whole picture if there is none. Boxes and points stay as they are.

    Args:
        metadata_key: name of the entry of the sample that holds elements; it is no target.

    Raises:
        ValueError: an entry that holds something else; masks of another size than their images.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> overlay = ja.Compose([ja.OverlayElements(p=1)])
        >>> sticker = {"image": jnp.full((1, 1), 9), "bbox": jnp.array([0.5, 0.0, 1.0, 1.0]), "mask_id": 5}
        >>> sample = {"image": jnp.zeros((1, 4), jnp.uint8), "mask": jnp.zeros((1, 4), jnp.uint8)}
        >>> overlay(jax.random.key(0), sample | {"overlay_metadata": sticker})["mask"]
        Array([[0, 0, 5, 5]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8: elements are averaged over areas where they become smaller; where they
    become larger they are read linearly, and their masks around the centres of pixels.
    """

    metadata_key: str = args.entry("overlay_metadata")
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Elements:
        count = len(elements_in(view, self.metadata_key))
        return Elements(rng.uniform("corner", shape=(count, 2)), entry=self.metadata_key)
