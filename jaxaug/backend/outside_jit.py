"""Outside `jit`: a function compiles once for a structure of its arguments, and later calls run the program.

Op by op, the many small functions of a pipeline would be compiled one by one and started one by one.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxaug.backend.struct import is_concrete

#: Structures that are remembered to have no program.
MOST_REFUSED = 1024

_tracing: contextvars.ContextVar[bool] = contextvars.ContextVar("tracing_outside_jit", default=False)
_refused: dict[Any, type[Exception]] = {}


class LooksAtValuesError(Exception):
    """A program that is traced for use outside `jit` comes to where a value has to be looked at."""


def look(*values: Any) -> bool:
    """Whether values can be looked at now.

    Raises:
        LooksAtValuesError: they cannot, but could if the function were run op by op, as it will be then.
    """
    known = all(is_concrete(value) for value in values)
    if not known and _tracing.get():
        raise LooksAtValuesError
    return known


@dataclasses.dataclass(frozen=True)
class Unread:
    """Stands for a leaf that no program can hold, such as words, as long as nobody looks at more than its shape."""

    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise LooksAtValuesError


@jax.tree_util.register_static
@dataclasses.dataclass(frozen=True)
class Fixed:
    """A hashable value among the arguments of a program, as part of their structure."""

    value: Any


@dataclasses.dataclass(frozen=True)
class _Recipe:
    """How arguments are made of arrays and of what is known while tracing."""

    tree: Any
    known: tuple[Any, ...]

    def arguments(self, arrays: list[Any]) -> Any:
        given = iter(arrays)
        leaves = [next(given) if leaf is _GIVEN else leaf for leaf in self.known]
        return jax.tree.unflatten(self.tree, leaves)


class _Given:
    """Marks where an array goes."""


_GIVEN = _Given()


def run_compiled(fn: Callable[..., Any], owner: Any, *arguments: Any) -> Any:
    """A function of pytrees, compiled once for their structure, shapes and dtypes.

    Where any leaf is traced already, the function is simply called. Where it has to look at a value, or refuses what it
    is given, it runs op by op, so that results and errors are those of the function itself.

    Args:
        fn: at the top of a module, from pytrees to a pytree of arrays.
        owner: its first argument, whose numbers may change without compiling again, unless the function looks at them.
        *arguments: pytrees of arrays, and of numbers, which count as part of the structure; other leaves may not be
            looked at.
    """
    known = all(is_concrete(leaf) for leaf in jax.tree.leaves((owner, arguments)))
    done = try_compiled(fn, owner, *arguments) if known else ValueError
    return fn(owner, *arguments) if isinstance(done, type) else done


def try_compiled(fn: Callable[..., Any], owner: Any, *arguments: Any) -> Any:
    """What `run_compiled` does with known values, or why there is no program: the class of an error.

    That is `LooksAtValuesError` where a value has to be looked at, and another one where the function refuses its
    arguments.
    """
    why: type[Exception] = LooksAtValuesError
    for changing in (len(jax.tree.leaves(owner)), 0):
        recipe, arrays = _split((owner, *arguments), changing)
        done = _unless_refused(_program, fn, recipe, arrays)
        if not isinstance(done, type):
            return done
        why = done
    return why


class Prepared(NamedTuple):
    """A function that is traced and not yet run.

    Args:
        traced: its program, which takes a list of arrays.
        arrays_of: those arrays, for arguments of the same structure, the owner first.
    """

    traced: Any
    arrays_of: Callable[..., list[Any]]


def prepared(fn: Callable[..., Any], owner: Any, *arguments: Any) -> Prepared | None:
    """What `run_compiled` would run for known values, if it would compile it for all numbers of the owner."""
    changing = len(jax.tree.leaves(owner))
    recipe, arrays = _split((owner, *arguments), changing)
    traced = _unless_refused(_program.trace, fn, recipe, arrays)
    if isinstance(traced, type):
        return None
    return Prepared(traced, lambda *others: _split(others, changing)[1])


def _unless_refused(run: Callable[..., Any], fn: Callable[..., Any], recipe: _Recipe, arrays: list[Any]) -> Any:
    """Something done with a function and arguments, or the class of the error with which it refuses their shapes."""
    structure = (fn, recipe, tuple((np.shape(leaf), getattr(leaf, "dtype", type(leaf))) for leaf in arrays))
    if structure in _refused:
        return _refused[structure]
    try:
        return run(fn, recipe, arrays)
    except (LooksAtValuesError, ValueError, TypeError) as error:
        while len(_refused) >= MOST_REFUSED:
            _refused.pop(next(iter(_refused)))
        _refused[structure] = type(error)
        return type(error)


def refuses(fn: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a function refuses arguments of such shapes; nothing is compiled."""
    recipe, arrays = _split(arguments)
    try:
        with _marked():
            jax.eval_shape(lambda arrays: fn(*recipe.arguments(arrays)), arrays)
    except LooksAtValuesError:
        return False
    except (ValueError, TypeError):
        return True
    return False


def _split(arguments: Any, changing: int = 0) -> tuple[_Recipe, list[Any]]:
    """The arrays among the leaves of arguments, the first few leaves whatever they are, and how to put them back."""
    leaves, tree = jax.tree.flatten(arguments)
    given = [i < changing or _is_array(leaf) for i, leaf in enumerate(leaves)]
    known = tuple(_GIVEN if is_given else _known(leaf) for leaf, is_given in zip(leaves, given, strict=True))
    return _Recipe(tree, known), [leaf for leaf, is_given in zip(leaves, given, strict=True) if is_given]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _program(fn: Callable[..., Any], recipe: _Recipe, arrays: list[Any]) -> Any:
    with _marked():
        return fn(*recipe.arguments(arrays))


@contextlib.contextmanager
def _marked() -> Iterator[None]:
    token = _tracing.set(True)
    try:
        yield
    finally:
        _tracing.reset(token)


def _is_array(leaf: Any) -> bool:
    if isinstance(leaf, jax.Array):
        return True
    numbers = isinstance(leaf, np.ndarray | np.generic)
    # The narrow floats of ml_dtypes are of a kind of their own.
    return numbers and (leaf.dtype.kind in "biufc" or jax.dtypes.issubdtype(leaf.dtype, np.floating))


def _known(leaf: Any) -> Any:
    return leaf if leaf is None or isinstance(leaf, bool | int | float) else Unread(getattr(leaf, "shape", ()))
