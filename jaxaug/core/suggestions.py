"""What a mistaken name was perhaps meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: object, known: Iterable[str]) -> str:
    """' Did you mean X?' for the known word nearest to a mistaken one, or nothing."""
    match = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.5)
    return f" Did you mean {match[0]!r}?" if match else ""
