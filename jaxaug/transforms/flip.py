"""Flips and quarter turns: they move whole pixels and never interpolate."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxaug.backend.outside_jit import look
from jaxaug.core import arguments as args
from jaxaug.core.canvas import Canvas
from jaxaug.core.op import Op
from jaxaug.core.random import Draw
from jaxaug.core.transform import Transform, transform
from jaxaug.core.types import Scalar
from jaxaug.core.view import View
from jaxaug.geometry.maps import Structure
from jaxaug.geometry.matrices import compose3, stack3
from jaxaug.geometry.warp import Warp, enlarged, matrix_warp


@transform
class NoOp(Transform):
    """Does nothing.

    Example:
        >>> import jaxaug as ja
        >>> ja.NoOp()
        NoOp(p=0.5)

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> tuple[Op, ...]:
        return ()


@transform
class HorizontalFlip(Transform):
    """Mirrors left and right.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> flip = ja.Compose([ja.HorizontalFlip(p=1)])
        >>> flip(jax.random.key(0), image=jnp.array([[1.0, 2.0, 3.0]]))["image"]
        Array([[3., 2., 1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        rows = [[-1, 0, view.width], [0, 1, 0], [0, 0, 1]]
        return matrix_warp(rows, view.canvas, view.canvas, Structure.FLIP_X, reads_inside=True)


@transform
class TimeReverse(HorizontalFlip):
    """Plays a spectrogram backwards: another name of `HorizontalFlip`, with draws of its own.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> reverse = ja.Compose([ja.TimeReverse(p=1)])
        >>> reverse(jax.random.key(0), image=jnp.array([[1.0, 2.0]]))["image"]
        Array([[2., 1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """


@transform
class VerticalFlip(Transform):
    """Mirrors top and bottom.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> flip = ja.Compose([ja.VerticalFlip(p=1)])
        >>> flip(jax.random.key(0), image=jnp.array([[1.0], [2.0]]))["image"]
        Array([[2.],
               [1.]], dtype=float32)

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        rows = [[1, 0, 0], [0, -1, view.height], [0, 0, 1]]
        return matrix_warp(rows, view.canvas, view.canvas, Structure.FLIP_Y, reads_inside=True)


@transform
class Transpose(Transform):
    """Exchanges rows and columns.

    A picture that is not square changes its size: under `jit` and `vmap` that needs p=1, or a `size` beside it.

    Raises:
        ValueError: a picture that is not square, without a `size`, p neither 0 nor 1, under `jit` or `vmap`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> transpose = ja.Compose([ja.Transpose(p=1)])
        >>> transpose(jax.random.key(0), image=jnp.zeros((4, 6, 3)))["image"].shape
        (6, 4, 3)

    Follows the meaning of Albumentations 2.0.8; keypoint angles stay counter-clockwise on screen.
    """

    p: Scalar = args.probability(0.5)

    def draw(self, rng: Draw, view: View) -> Warp:
        rows = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
        return matrix_warp(rows, view.canvas, view.canvas.turned(), Structure.SWAP, reads_inside=True)


@transform
class RandomRotate90(Transform):
    """Turns by 0, 90, 180 or 270 degrees, counter-clockwise.

    A picture that is not square changes its size at random: outside `jit` and `vmap` it comes out exactly, and under
    them, with a `size` beside it, in a square buffer.

    Raises:
        ValueError: a picture that is not square, without a `size`, under `jit` or `vmap`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> turn = ja.Compose([ja.RandomRotate90(p=1)])
        >>> turn(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8; keypoint angles stay counter-clockwise on screen.
    """

    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> tuple[Warp, ...]:
        return _symmetry("RandomRotate90", rng.integer("turns", (0, 3)), view)


@transform
class D4(Transform):
    """Turns by 0, 90, 180 or 270 degrees and mirrors or not: one of the eight symmetries of the square.

    A picture that is not square changes its size at random: outside `jit` and `vmap` it comes out exactly, and under
    them, with a `size` beside it, in a square buffer.

    Raises:
        ValueError: a picture that is not square, without a `size`, under `jit` or `vmap`.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> symmetry = ja.Compose([ja.D4()])
        >>> symmetry(jax.random.key(0), image=jnp.zeros((8, 8, 3)))["image"].shape
        (8, 8, 3)

    Follows the meaning of Albumentations 2.0.8.
    """

    p: Scalar = args.probability(1.0)

    def draw(self, rng: Draw, view: View) -> tuple[Warp, ...]:
        return _symmetry(type(self).__name__, rng.integer("element", (0, 7)), view)


@transform
class SquareSymmetry(D4):
    """Another name of `D4`, with draws of its own.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> symmetry = ja.Compose([ja.SquareSymmetry()])
        >>> symmetry(jax.random.key(0), image=jnp.zeros((8, 8)))["image"].shape
        (8, 8)

    Follows the meaning of Albumentations 2.0.8.
    """


def _symmetry(name: str, element: Any, view: View) -> tuple[Warp, ...]:
    """One of the eight symmetries: `element % 4` quarter turns counter-clockwise, mirrored first from 4 on."""
    height, width = view.size
    before = after = view.canvas
    rows, columns = before.buffer
    room: tuple[Warp, ...] = ()
    if before.extent is not None:
        if rows != columns:
            room = (enlarged(before, (max(rows, columns),) * 2),)
            before = room[0].canvas_out
        after = Canvas(before.buffer, jnp.where(element % 2 == 1, before.extent[::-1], before.extent))
    elif rows != columns:
        if not look(element):
            raise ValueError(
                f"{name} on {view.picture_name} of {rows} x {columns} changes the size at random, and under jit or "
                "vmap shapes cannot be random. Call the pipeline outside jit, add 'size': jnp.array([height, width]) "
                "to the sample, which tells how much of its buffer a picture fills, give it square pictures "
                "(PadIfNeeded, CenterCrop or Resize before it), or use Rotate((-180, 180))."
            )
        if int(element) % 2:
            after = before.turned()
    # Output (x, y) of a counter-clockwise turn by k quarters reads here.
    turns = jnp.stack(
        [
            stack3([[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
            stack3([[0, -1, width], [1, 0, 0], [0, 0, 1]]),
            stack3([[-1, 0, width], [0, -1, height], [0, 0, 1]]),
            stack3([[0, 1, 0], [-1, 0, height], [0, 0, 1]]),
        ]
    )
    mirror = stack3([[-1, 0, width], [0, 1, 0], [0, 0, 1]])
    turn = turns[element % 4]
    matrix = jnp.where(element >= 4, compose3(mirror, turn), turn)
    structure = Structure.SWAP | Structure.FLIP_X | Structure.FLIP_Y
    return (*room, matrix_warp(matrix, before, after, structure, reads_inside=True))
