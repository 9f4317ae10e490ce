"""Documentation of arguments that many transforms share, written once."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What an argument of that name means where a docstring does not say something else.
SHARED = {
    "interpolation": "how images are read.",
    "mask_interpolation": "how masks are read.",
    "border_mode": "what shows outside the picture.",
    "fill": "value of images there under a constant border.",
    "fill_mask": "value of masks there.",
    "keypoint_remapping_method": "accepted for compatibility; points always follow the exact inverse.",
    "p": "how often it is applied.",
}


def documented(doc: str, names: Sequence[str]) -> str:
    r"""A docstring whose section `Args` tells of all arguments, in their order.

    Args:
        doc: the docstring, with whatever is particular.
        names: of the arguments; those that it leaves out and that are shared are filled in.

    Example:
        >>> print(documented("Turns.\n\n    Args:\n        limit: of the angle.\n    ", ["limit", "p"]))
        Turns.
        <BLANKLINE>
            Args:
                limit: of the angle.
                p: how often it is applied.
        <BLANKLINE>
    """
    section = re.search(r"\n    Args:\n((?:        .*\n)+)", doc)
    told: dict[str, str] = {}
    for entry in re.findall(r"        \w.*\n(?:          .*\n)*", section.group(1) if section else ""):
        for name in entry.split(":")[0].split(","):
            told[name.strip()] = entry
    lines = [told.get(name, f"        {name}: {SHARED[name]}\n" if name in SHARED else "") for name in names]
    entries = "".join(dict.fromkeys(lines))
    if section:
        return doc[: section.start(1)] + entries + doc[section.end(1) :]
    head, mark, tail = doc.partition("\n\n")
    return f"{head}\n\n    Args:\n{entries}{mark[1:]}{tail}" if entries else doc
