"""Modules that only an extra of the package installs."""

from __future__ import annotations

import importlib
from typing import Any


def require(module: str, extra: str) -> Any:
    """Imports a module that only an extra of the package installs.

    Args:
        module: its dotted name.
        extra: the extra that brings it, such as `plot`.

    Returns:
        The module.

    Raises:
        ImportError: it cannot be imported; the message says what to install.

    Example:
        >>> require("json", "plot").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{module} cannot be imported ({error}): pip install "jaxaug[{extra}]"') from error
