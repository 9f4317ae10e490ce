"""Sharpening, and what comes of too much of it."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from jaxaug import functional as F
from jaxaug.backend.struct import is_concrete
from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.filter_weights import low_pass
from jaxaug.ops.filter import Square
from jaxaug.ops.symmetric_filter import Symmetric
from jaxaug.ops.unsharp import Unsharp
from jaxaug.transforms.blur import odd_size, odd_sizes


@transform
class Sharpen(Transform):
    """Sharpens edges.

    Args:
        alpha: range of the weight of what is sharpened, in [0, 1].
        lightness: range of the brightness of what is sharpened: 1 keeps even areas, less darkens them, more brightens
            them. It counts where `method` is `kernel`.
        method: `kernel` adds a Laplacian of 3 x 3 pixels; `gaussian` adds the difference from a blurred image.
        kernel_size: of that blur's kernel in pixels, odd and at least 3; even ones grow by one.
        sigma: that blur's deviation in pixels, above 0.

    Raises:
        ValueError: a `sigma` that is not above 0.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sharpen = ja.Compose([ja.Sharpen((0.25, 0.25), (1, 1), p=1)])
        >>> sharpen(jax.random.key(0), image=jnp.array([[0.25, 0.25, 0.5, 0.5]]))["image"]
        Array([[0.25  , 0.0625, 0.6875, 0.5   ]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8, whose `gaussian` takes differences of bytes modulo 256; here they are
    what they are of floats there.
    """

    needs_range = True

    alpha: Range = args.pair((0.2, 0.5), None, 0, 1)
    lightness: Range = args.pair((0.5, 1.0), None, 0)
    method: str = args.choice("kernel", ("kernel", "gaussian"))
    kernel_size: int = args.option(5, int, 3)
    sigma: Scalar = args.number(1.0, 0.0)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if is_concrete(self.sigma) and self.sigma == 0:
            raise ValueError("Sharpen(sigma=...) must be above 0, got 0.")

    def draw(self, rng: Draw, view: View) -> Square | Unsharp:
        alpha = rng.uniform("alpha", self.alpha)
        if self.method == "gaussian":
            length = self.kernel_size | 1
            return Unsharp(F.gaussian_kernel(self.sigma, length, length), alpha)
        middle = 1 - alpha + alpha * (8 + rng.uniform("lightness", self.lightness))
        weights = jnp.full((3, 3), -alpha).at[1, 1].set(middle)
        return Square(weights, jnp.array([0.0, 1.0]))


@transform
class UnsharpMask(Transform):
    """Sharpens edges and leaves noise alone.

    Args:
        blur_limit: range of the length of the blur's kernel in pixels, odd and at least 3; one number r stands for
            (3, r).
        sigma_limit: range of the blur's deviation in pixels; 0 takes 0.3 ((n - 1) / 2 - 1) + 0.8 for a kernel of length
            n; one number r stands for (0, r).
        alpha: range of the multiple of the difference from the blurred image that is added, in [0, 1]; one number r
            stands for (0, r).
        threshold: differences up to so many levels of 255 are left alone, in [0, 255].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> sharpen = ja.Compose([ja.UnsharpMask((3, 3), 0, (0.5, 0.5), 10, p=1)])
        >>> sharpen(jax.random.key(0), image=jnp.array([[50, 50, 150, 150]], jnp.uint8))["image"]
        Array([[ 50,  41, 159, 150]], dtype=uint8)

    Follows the meaning of Albumentations 2.0.8, and OpenCV for a deviation of 0.
    """

    needs_range = True

    blur_limit: Range = odd_sizes((3, 7))
    sigma_limit: Range = args.pair((0.0, 0.0), args.above(0.0), 0)
    alpha: Range = args.pair((0.2, 0.5), args.above(0.0), 0, 1)
    threshold: Scalar = args.number(10, 0, 255)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Unsharp:
        size, sigma = odd_size(rng, self.blur_limit), rng.uniform("sigma", self.sigma_limit)
        usual = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
        kernel = F.gaussian_kernel(jnp.where(sigma > 0, sigma, usual), size, self.blur_limit[1])
        return Unsharp(kernel, rng.uniform("alpha", self.alpha), self.threshold / 255.0)


#: Weights of Pillow's filters EDGE_ENHANCE and DETAIL.
ENHANCEMENTS = {
    "edge": np.array([[-1, -1, -1], [-1, 10, -1], [-1, -1, -1]], np.float32) / 2,
    "detail": np.array([[0, -1, 0], [-1, 10, -1], [0, -1, 0]], np.float32) / 6,
}


@transform
class Enhance(Transform):
    """Brings out edges or details.

    Args:
        mode: `edge` for the filter EDGE_ENHANCE of Pillow, `detail` for its milder DETAIL.
        alpha_range: range of the weight of the filtered picture beside the picture itself, at least 0; above 1 more of
            the difference is added than the filter makes.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> enhance = ja.Compose([ja.Enhance("detail", (1, 1), p=1)])
        >>> enhance(jax.random.key(0), image=jnp.array([[60, 60, 120, 120]], jnp.uint8))["image"]
        Array([[ 60,  50, 130, 120]], dtype=uint8)

    Follows Pillow within the picture; its outermost pixels, which Pillow leaves as they are, are filtered here too.
    """

    needs_range = True

    mode: str = args.choice("edge", ("edge", "detail"))
    alpha_range: Range = args.pair((0.5, 1.0), None, 0)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Square:
        alpha = rng.uniform("alpha", self.alpha_range)
        same = np.zeros((3, 3), np.float32)
        same[1, 1] = 1
        return Square(jnp.asarray(same) + alpha * (ENHANCEMENTS[self.mode] - same), jnp.array([0.0, 1.0]))


@transform
class RingingOvershoot(Transform):
    """Waves beside edges, as left by an ideal low pass: of sharpening and of resizing gone too far.

    Args:
        blur_limit: range of the filter's side in pixels, odd and at least 3; one number r stands for (3, r). Its upper
            end fixes what the filter costs.
        cutoff: range of the frequency in radians per pixel above which nothing passes, above 0 and at most pi.

    Raises:
        ValueError: a `cutoff` of 0, which lets nothing pass.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> ringing = ja.Compose([ja.RingingOvershoot((7, 7), (1.5, 1.5), p=1)])
        >>> ringing(jax.random.key(0), image=jnp.full((8, 8), 0.25))["image"][0, 0].round(3)
        Array(0.25, dtype=float32)

    Follows the meaning of Albumentations 2.0.8. After Wang et al., "Real-ESRGAN: training real-world blind
    super-resolution with pure synthetic data", 2021.
    """

    needs_range = True

    blur_limit: Range = odd_sizes((7, 15))
    cutoff: Range = args.pair((math.pi / 4, math.pi / 2), None, 0, math.pi)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if is_concrete(self.cutoff[0]) and self.cutoff[0] == 0:
            raise ValueError("RingingOvershoot(cutoff=...) must begin above 0, which lets nothing pass.")

    def draw(self, rng: Draw, view: View) -> Symmetric:
        size, longest = odd_size(rng, self.blur_limit), self.blur_limit[1]
        weights = low_pass(size, rng.uniform("cutoff", self.cutoff), longest)
        return Symmetric(weights[longest // 2 :, longest // 2 :], jnp.array([0.0, 1.0]))
