"""The settings of JAX under which pipelines are traced, whatever a program has set for its own code."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import jax
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def _x64(enabled: bool) -> Any:
    """The context in which numbers have 64 bits or not, which has moved between versions of JAX."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(enabled)
    return importlib.import_module("jax.experimental").enable_x64(enabled)


@contextlib.contextmanager
def own_settings() -> Iterator[None]:
    """Types and shapes are promoted as usual, so that strict settings complain about a user's own code only."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"), _x64(False):
        yield


def with_own_settings(fn: F) -> F:
    """A function that is run, or traced, under these settings; numbers of its first argument have 32 bits there."""

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        wide = jax.config.jax_enable_x64  # type: ignore[attr-defined]
        with own_settings():
            return fn(*jax.tree.map(_narrow, args[:1]), *args[1:], **kwargs) if wide else fn(*args, **kwargs)

    return cast(F, run)


def _narrow(leaf: Any) -> Any:
    if isinstance(leaf, jax.Array) and leaf.dtype == np.float64:
        return jax.lax.convert_element_type(leaf, np.float32)
    return leaf
