"""Pictures as printers and old screens show them: few levels, or dots."""

from __future__ import annotations

import jax.numpy as jnp

from jaxaug.core import arguments as args
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Range, Scalar
from jaxaug.core.view import View
from jaxaug.kernels.dithering import ERROR_DIFFUSION, diffuse_error, dither_by_noise, dither_by_pattern
from jaxaug.kernels.halftone import halftone
from jaxaug.ops.tone import Tone, tone


@transform
class Dithering(Transform):
    """Leaves few levels, scattered so that the brightness stays about the same from afar.

    Args:
        method: `random` adds noise before rounding, `ordered` compares with the thresholds of Bayer's matrix,
            `error_diffusion` passes what rounding loses on to neighbours.
        n_colors: levels that are left, evenly from black to white, 2 to 256.
        color_mode: `grayscale` dithers the brightness and shows it in all channels, `per_channel` each by itself.
        error_diffusion_algorithm: which neighbours take how much: `floyd_steinberg`, `jarvis` (Jarvis, Judice and
            Ninke), `stucki`, `atkinson`, which passes on three quarters only, `burkes`, `sierra`, `sierra_2row`,
            `sierra_lite`.
        bayer_matrix_size: side of the matrix: 2, 4, 8 or 16.
        serpentine: every other row of `error_diffusion` runs from right to left; then one pixel after another is worked
            on, which takes far longer on accelerators.
        noise_range: range of the noise of `random`, as a fraction of the difference of neighbouring levels, within
            [-1, 1].

    Raises:
        ValueError: fewer than 2 or more than 256 colours, or a matrix of another size.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> dither = ja.Compose([ja.Dithering("ordered", bayer_matrix_size=2, p=1)])
        >>> dither(jax.random.key(0), image=jnp.full((2, 4), 100, jnp.uint8))["image"]
        Array([[255,   0, 255,   0],
               [  0, 255,   0, 255]], dtype=uint8)

    After Bayer, "An optimum method for two-level rendition of continuous-tone pictures", 1973, Floyd and Steinberg, "An
    adaptive algorithm for spatial grey scale", 1976, and the weights of those named. Gradients do not pass.
    """

    needs_range = True

    method: str = args.choice("error_diffusion", ("random", "ordered", "error_diffusion"))
    n_colors: int = args.option(2, int, 2)
    color_mode: str = args.choice("grayscale", ("grayscale", "per_channel"))
    error_diffusion_algorithm: str = args.choice("floyd_steinberg", tuple(ERROR_DIFFUSION))
    bayer_matrix_size: int = args.choice(4, (2, 4, 8, 16))
    serpentine: bool = args.option(False, bool)
    noise_range: Range = args.pair((-0.5, 0.5), None, -1, 1)
    p: Scalar = args.probability(0.5)

    def check(self) -> None:
        if self.n_colors > 256:
            raise ValueError(f"Dithering(n_colors=...) must be at most 256, got {self.n_colors}.")

    def draw(self, rng: Draw, view: View) -> Tone:
        shared = (("count", self.n_colors), ("grey", self.color_mode == "grayscale"))
        if self.method == "random":
            low, high = (jnp.asarray(end, jnp.float32) for end in self.noise_range)
            return tone(dither_by_noise, options=shared, key=rng.key("noise"), low=low, high=high)
        if self.method == "ordered":
            return tone(dither_by_pattern, options=(*shared, ("side", self.bayer_matrix_size)))
        how = (("algorithm", self.error_diffusion_algorithm), ("serpentine", self.serpentine))
        return tone(diffuse_error, options=(*shared, *how))


@transform
class Halftone(Transform):
    """Shows a picture as dots of ink on a grid, the larger the darker it is there, as newspapers print it.

    Args:
        dot_size_range: range of the distance of neighbouring dots in whole pixels, at least 2. Its lower end fixes how
            many there may be.
        blend_range: range of the weight of the picture itself beside the dots, in [0, 1].

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> dots = ja.Compose([ja.Halftone((8, 8), (0, 0), p=1)])
        >>> printed = dots(jax.random.key(0), image=jnp.full((64, 64), 0.7))["image"]
        >>> round(float(printed.mean()), 2), round(float(printed[0, 0]), 2), round(float(printed[3, 3]), 2)
        (0.7, 1.0, 0.0)

    Each dot is a disc that covers as much of its square as the square is dark, so that the brightness stays the same
    from afar (amplitude modulation, Ulichney, "Digital halftoning", 1987). Each channel has dots of its own.
    """

    needs_range = True

    dot_size_range: Range = args.pair((4, 10), None, 2, static=True)
    blend_range: Range = args.pair((0.0, 0.5), None, 0, 1)
    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Tone:
        side, blend = rng.integer("side", self.dot_size_range), rng.uniform("blend", self.blend_range)
        return tone(halftone, options=(("smallest", self.dot_size_range[0]),), side=side, blend=blend)
