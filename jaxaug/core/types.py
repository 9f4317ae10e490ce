"""Names for what arguments and results are."""

from __future__ import annotations

from typing import Any, TypeAlias

import chex

#: One number, plain or traced.
Scalar: TypeAlias = chex.Numeric
#: The ends (low, high) of a range, plain or traced.
Range: TypeAlias = tuple[Any, Any]
#: A number, or one per channel.
Fill: TypeAlias = chex.Numeric | tuple[chex.Numeric, ...]
#: (height, width) in pixels, known while tracing.
Size: TypeAlias = tuple[int, int]
#: Keys from the root of a sample to an entry.
Path: TypeAlias = tuple[Any, ...]
