"""Names for what arguments and results are."""

from __future__ import annotations

from typing import Any, TypeAlias

import chex

#: One number, plain or traced.
Scalar: TypeAlias = chex.Numeric
#: An argument that is a range (low, high), plain or traced; users may give one number, which is made a pair.
Range: TypeAlias = Any
#: An argument that is a number, one per channel, or the name of a way to fill.
Fill: TypeAlias = Any
#: An argument that names a way of reading, or is OpenCV's number for it; it is made a name.
Reading: TypeAlias = Any
#: (height, width) in pixels, known while tracing.
Size: TypeAlias = tuple[int, int]
#: Keys from the root of a sample to an entry.
Path: TypeAlias = tuple[Any, ...]
