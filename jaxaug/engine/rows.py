"""The annotations of a sample under way: ops wait until one is looked at, and chains of matrix warps go at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from jaxaug.core.annotation import Annotation
from jaxaug.core.op import Op
from jaxaug.geometry.matrix_chain import MatrixChain


class Rows:
    """All annotations of a sample under way.

    Args:
        started: each by the place of its leaf, as it came in.
    """

    def __init__(self, started: dict[int, Annotation]) -> None:
        self._states = started
        self._ops: list[Any] = []

    def fork(self) -> Rows:
        """A copy that goes its own way."""
        other = copy.copy(self)
        other._ops = list(self._ops)
        return other

    def paired(self, other: Rows, join: Callable[[int, Annotation, Annotation], Annotation]) -> Rows:
        """The annotations, each joined with that of another sample.

        Args:
            other: those of a sample of the same layout.
            join: takes the place of a leaf, and both of its sets of rows.
        """
        theirs = other.now()
        return Rows({i: join(i, rows, theirs[i]) for i, rows in self.now().items()})

    def push(self, op: Op) -> None:
        """Lets an op, prepared for the sample, wait until somebody looks."""
        if self._states and op.moves_annotations:
            self._ops.append(op)

    def now(self) -> dict[int, Annotation]:
        """All annotations with all ops so far applied."""
        ops, self._ops = self._ops, []
        while ops:
            length = next((i for i, op in enumerate(ops) if not op.joins_chains), len(ops))
            if length:
                chain = MatrixChain.of(ops[:length])
                self._states = {i: rows.follow(chain) for i, rows in self._states.items()}
            else:
                self._states = {i: ops[0].on_annotation(rows) for i, rows in self._states.items()}
            ops = ops[max(length, 1) :]
        return self._states
