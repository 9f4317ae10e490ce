"""What a run was made on."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any


def now() -> str:
    """The time of day, with its zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="minutes")


def describe(device: str) -> dict[str, Any]:
    """Name, cores, system and Python of this machine.

    Args:
        device: `cpu` or `gpu`; the name says which GPU.
    """
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*:\s*(.+)", info.read_text())):
        name = found[1]
    if device == "gpu":
        name += f", {nvidia('name')}"
    return {"name": name, "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def nvidia(fields: str) -> str:
    """What `nvidia-smi` says of the first GPU, empty where there is no such program.

    Args:
        fields: such as `name,driver_version`.
    """
    if shutil.which("nvidia-smi") is None:
        return ""
    query = ["nvidia-smi", "-i", "0", f"--query-gpu={fields}", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
