"""Plans: what a pipeline does to one sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core.transform import Ops
from jaxaug.ops.families import FAMILIES

#: Numbers of one array that a plan prints.
SHOWN = 9


@struct.struct
class Plan:
    """What a pipeline does to one sample: its ops, in order, with the names of what drew them.

    A plan is a pytree of small arrays. Store its leaves or pickle it, print it, replay it with `Compose.apply`, undo
    its geometry with `Compose.invert`, or differentiate through it.
    """

    ops: Ops

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.ops)

    def names(self) -> list[str]:
        """What drew each op."""
        return [op.name for op in self.ops]

    def moving(self) -> list[Any]:
        """The ops that may change where a picture is kept."""
        return [op for op in self.ops if FAMILIES[op.family].moves]

    def __str__(self) -> str:
        return "\n".join(_line(op) for op in self.ops) or "(nothing)"


def read_plan(plan: Any) -> Plan:
    """A plan that a user has, perhaps stored and read again.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(plan, Plan):
        raise TypeError(f"plan must come from augment.sample(key, sample), got {type(plan).__name__}.")
    return jax.tree.map(jnp.asarray, plan)


def _line(op: Any) -> str:
    """An op as its name, its family and its numbers."""
    numbers = [
        f"{_label(path)}={_shown(leaf)}" for path, leaf in jax.tree_util.tree_leaves_with_path(op) if jnp.size(leaf)
    ]
    return f"{op.name} ({', '.join([op.family, *numbers])})"


def _label(path: tuple[Any, ...]) -> str:
    keys = [str(getattr(key, "name", getattr(key, "key", getattr(key, "idx", key)))) for key in path]
    return ".".join(keys)


def _shown(leaf: Any) -> str:
    if not is_concrete(leaf):
        return f"{jnp.result_type(leaf)}{list(jnp.shape(leaf))}"
    value = np.asarray(leaf)
    if value.size > SHOWN:
        return f"{value.dtype}{list(value.shape)}"
    if value.dtype.kind == "f":
        return str(np.round(value.astype(np.float64), 4).tolist())
    return str(value.tolist())
