"""Steps of a pipeline as HTML, for notebooks: a tree of names, probabilities and what is not by default."""

from __future__ import annotations

import html
from typing import Any

from jaxaug.core.step_text import value_text

#: Characters of one argument that are shown.
LONGEST = 80


def step_html(step: Any) -> str:
    """A step and all that it is made of, as nested lists.

    Args:
        step: a transform or a composition.

    Example:
        >>> import jaxaug as ja
        >>> print(step_html(ja.Rotate(30, p=0.25)))
        <b>Rotate</b> <span>p = 0.25</span> <code>limit=(-30.0, 30.0)</code>
    """
    said = {name: value for name, value in step.arguments().items() if name not in ("transforms", "p")}
    parts = [f"<b>{html.escape(type(step).__name__)}</b>", f"<span>p = {html.escape(value_text(step.p))}</span>"]
    parts += [f"<code>{html.escape(_short(f'{name}={value_text(value)}'))}</code>" for name, value in said.items()]
    inside = "".join(f"<li>{step_html(child)}</li>" for child in step.steps)
    return " ".join(parts) + (f"<ul>{inside}</ul>" if inside else "")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
