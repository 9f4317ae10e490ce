"""Plans: what a pipeline does to one sample."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.backend import struct
from jaxaug.backend.struct import is_concrete
from jaxaug.core.transform import Ops
from jaxaug.ops.axes import ChannelsFirst
from jaxaug.ops.families import FAMILIES
from jaxaug.pipeline.plain_data import from_plain, to_plain


@struct.struct
class Plan:
    """What a pipeline does to one sample: its ops, in order, with the names of what drew them.

    A plan is a pytree of small arrays. Print it, replay it with `Compose.apply`, undo its geometry with
    `Compose.invert`, differentiate through it. To keep it, pickle it, or write it as JSON or as arrays, from which it
    comes back to the bit and by reading alone: nothing that a file says is run.

    Example:
        >>> import jax, jax.numpy as jnp, jaxaug as ja
        >>> augment = ja.Compose([ja.HorizontalFlip(p=1), ja.Crop(1, 0, 7, 4), ja.InvertImg(p=0)])
        >>> plan = augment.sample(jax.random.key(0), image=jnp.zeros((4, 8, 3)))
        >>> print(plan)
        HorizontalFlip: mirrored left and right
        Crop: shows x 1 to 7, y 0 to 4
        >>> print(ja.Plan.from_json(plan.to_json()).names())
        ['HorizontalFlip', 'Crop']
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

    def axes(self) -> list[ChannelsFirst]:
        """The ops that put axes in another order."""
        return [op for op in self.ops if isinstance(op, ChannelsFirst)]

    def __str__(self) -> str:
        return "\n".join(f"{op.name}: {_described(op)}" for op in self.ops) or "(nothing)"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        """A table of what was drawn, which notebooks show; what is off is grey."""
        rows = []
        for op in self.ops:
            words = _described(op)
            style = ' style="opacity: 0.5"' if words == "off" else ""
            rows.append(f"<tr{style}><th>{html.escape(op.name)}</th><td>{html.escape(words)}</td></tr>")
        return f"<table>{''.join(rows)}</table>" if rows else "(nothing)"

    def to_json(self) -> str:
        """The plan as JSON.

        Raises:
            TypeError: it holds what is no data, such as tracers or objects of a user's own.
        """
        structure, arrays = to_plain(self)
        return json.dumps({"plan": structure, "arrays": [_listed(array) for array in arrays]}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, *, modules: Iterable[str] = ()) -> Plan:
        """Reads what `to_json` wrote.

        Args:
            text: the JSON.
            modules: names of modules of your own that ops and kernels of the plan come from; of others, functions
                and classes of this package alone are taken.

        Raises:
            ValueError: it is no plan, or names what is not known.
        """
        try:
            found = json.loads(text)
            arrays = [_unlisted(array) for array in found["arrays"]]
            structure = found["plan"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"Plan.from_json reads what plan.to_json wrote, an object with 'plan' and 'arrays', and got "
                f"{str(text)[:60]!r}: {error}."
            ) from error
        return _plan(from_plain(structure, arrays, modules))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The plan as arrays by name, for `np.savez(path, **plan.to_arrays())`.

        Raises:
            TypeError: it holds what is no data, such as tracers or objects of a user's own.
        """
        structure, arrays = to_plain(self)
        named = {f"array{i}": array for i, array in enumerate(arrays)}
        return {"plan": np.array(json.dumps([structure, [str(array.dtype) for array in arrays]])), **named}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], *, modules: Iterable[str] = ()) -> Plan:
        """Reads what `to_arrays` made, such as `np.load(path)` of what `np.savez` wrote.

        Args:
            arrays: by name.
            modules: as in `from_json`.

        Raises:
            ValueError: it is no plan, or names what is not known.
        """
        if "plan" not in arrays:
            raise ValueError(f"Plan.from_arrays reads what plan.to_arrays made; there is no 'plan' in {list(arrays)}.")
        structure, dtypes = json.loads(str(arrays["plan"]))
        # Files of NumPy know no bfloat16, of which they keep the bits.
        found = [np.asarray(arrays[f"array{i}"]).view(jnp.dtype(dtype)) for i, dtype in enumerate(dtypes)]
        return _plan(from_plain(structure, found, modules))


def applied_transforms(plan: Plan) -> list[tuple[str, str]]:
    """The names of the ops that are applied, each with what was drawn, in words.

    Raises:
        ValueError: under `jit`, where numbers are not known.
    """
    if not all(is_concrete(leaf) for leaf in jax.tree.leaves(plan)):
        raise ValueError(
            "save_applied_params=True tells what was drawn in words, which no program of jit can hold: call the "
            "pipeline outside jit, or take augment.sample(key, sample), which is what is applied, and "
            "augment.apply(plan, sample)."
        )
    return [(op.name, op.describe()) for op in plan.ops if bool(np.all(op.active))]


def read_plan(plan: Any) -> Plan:
    """A plan that a user has, perhaps stored and read again.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(plan, Plan):
        raise TypeError(f"plan must come from augment.sample(key, sample), got {type(plan).__name__}.")
    return jax.tree.map(jnp.asarray, plan)


def _plan(found: Any) -> Plan:
    if not isinstance(found, Plan):
        raise ValueError(f"This holds {type(found).__name__} and no plan: write plan.to_json() or plan.to_arrays().")
    return found


def _described(op: Any) -> str:
    """What an op does, in a short line."""
    unknown = [leaf for leaf in jax.tree.leaves(op) if not is_concrete(leaf)]
    if unknown or jnp.ndim(op.active):
        shapes = [f"{jnp.result_type(leaf)}{list(jnp.shape(leaf))}" for leaf in jax.tree.leaves(op)]
        return f"{op.family} of {', '.join(shapes) or 'nothing drawn'}"
    return op.describe() if bool(op.active) else "off"


def _listed(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON: its numbers, exactly; those that JSON has not as their bits."""
    words = array.astype(np.float64) if array.dtype.kind not in "biu" else array
    if np.isfinite(words).all() and array.dtype.itemsize <= 8:
        return {"dtype": str(array.dtype), "shape": list(array.shape), "numbers": words.ravel().tolist()}
    return {"dtype": str(array.dtype), "shape": list(array.shape), "bits": array.tobytes().hex()}


def _unlisted(stored: Mapping[str, Any]) -> np.ndarray:
    dtype = jnp.dtype(stored["dtype"])
    if "bits" in stored:
        return np.frombuffer(bytes.fromhex(stored["bits"]), dtype).reshape(stored["shape"])
    return (
        np.array(stored["numbers"], np.float64 if dtype.kind not in "biu" else dtype)
        .astype(dtype)
        .reshape(stored["shape"])
    )
