"""The arguments of one call while they are translated, each of which ends up honoured, noted or refused."""

from __future__ import annotations

import dataclasses
from typing import Any

from jaxaug.interop.calls import Report

MISSING = object()


@dataclasses.dataclass
class Arguments:
    """Arguments of a call by name; a translation takes old ones and puts new ones in their place.

    Args:
        name: of the class as it was written.
        given: what is left of the arguments.
        report: where notes go.
    """

    name: str
    given: dict[str, Any]
    report: Report

    def __contains__(self, argument: str) -> bool:
        return argument in self.given

    def any(self, *names: str) -> bool:
        """Whether any of some arguments is given."""
        return any(name in self.given for name in names)

    def take(self, argument: str, default: Any = None) -> Any:
        """Removes an argument and returns it."""
        return self.given.pop(argument, default)

    def put(self, argument: str, value: Any, *, was: str = "") -> None:
        """Adds an argument in place of older ones.

        Args:
            argument: the new one.
            value: its value.
            was: the older ones, for the note.
        """
        self.given[argument] = value
        if was:
            self.report.note(f"{self.name}: {was} is {argument}={value!r} here.")

    def rename(self, old: str, new: str) -> None:
        """Gives an argument its new name, unless the new one is given too."""
        if old in self.given and new not in self.given:
            self.put(new, self.take(old), was=old)

    def drop(self, argument: str, why: str) -> None:
        """Leaves out an argument that changes nothing.

        Args:
            argument: its name.
            why: it changes nothing.
        """
        if argument in self.given:
            self.report.note(f"{self.name}: {argument}={self.take(argument)!r} is left out: {why}.")

    def refuse(self, argument: str, why: str) -> None:
        """Refuses an argument.

        Args:
            argument: its name.
            why: it cannot be honoured.
        """
        if argument in self.given:
            self.report.refuse(f"{self.name}({argument}={self.take(argument)!r}): {why}.")

    def join(self, new: str, low: str, high: str, defaults: tuple[Any, Any]) -> None:
        """Makes a range of two arguments for its ends.

        Args:
            new: the range.
            low, high: its ends.
            defaults: of the ends.
        """
        if self.any(low, high) and new not in self.given:
            ends = self.take(low, MISSING), self.take(high, MISSING)
            first, second = (default if end is MISSING else end for end, default in zip(ends, defaults, strict=True))
            if ends[1] is MISSING and _above(first, second):
                second = first
            if ends[0] is MISSING and _above(first, second):
                first = second
            self.put(new, (first, second), was=f"{low}, {high}")


def _above(first: Any, second: Any) -> bool:
    return isinstance(first, int | float) and isinstance(second, int | float) and first > second


def as_pair(value: Any, low: Any = MISSING) -> tuple[Any, Any]:
    """A range from a number or a pair.

    Args:
        value: the number or pair.
        low: where a range of one number begins; by default at the number.
    """
    if isinstance(value, list | tuple) and len(value) == 2:
        return (value[0], value[1])
    return (value if low is MISSING else low, value)
