"""Two cores, no accelerator, no network: what all tests share."""

import gc
import importlib.metadata
import importlib.util
import itertools
import os
import pathlib
from collections.abc import Iterator

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the time goes into tracing and compiling: code of small pictures need not be fast. The notebook, a second run
# of some tests in .ci/run and the one with the oldest jax use the compiler's own settings.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0"
    # An unknown flag ends the process, and jax 0.11 has only one kind of loops.
    + " --xla_cpu_use_fusion_emitters=false"
    * ([int(part) for part in importlib.metadata.version("jax").split(".")[:2]] < [0, 11]),
)

import jax
import pytest

from jaxaug.backend.settings_of_jax import own_settings

# The strictest settings of a user: pipelines and public functions work under them. Where numbers have 64 bits, what
# tests write would have to be cast to 32 everywhere.
jax.config.update("jax_numpy_dtype_promotion", "standard" if jax.config.read("jax_enable_x64") else "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
# Tracing makes many objects that live on: looking through them all so often takes a tenth of the time.
gc.set_threshold(200_000, 20, 50)


@pytest.fixture
def as_in_a_pipeline() -> Iterator[None]:
    """The settings under which pipelines trace their parts, for tests that call a part by itself."""
    with own_settings():
        yield


# Each compiled program holds some memory mappings and Linux ends a process at 65530 of them, within the compiler.
MAPPINGS = pathlib.Path("/proc/self/maps")
MOST_MAPPINGS = 40_000
tests_done = itertools.count(1)
#: What examples of some files need beyond what the package does.
NEEDED = {"to_albumentations": "albumentations", "plot": "matplotlib"}


def pytest_runtest_logfinish() -> None:
    """Forgets the compiled programs where a long sweep has made too many for one process."""
    if next(tests_done) % 20 or not MAPPINGS.exists():
        return
    if MAPPINGS.read_bytes().count(b"\n") > MOST_MAPPINGS:
        jax.clear_caches()
        gc.collect()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests that share compiled programs side by side, because workers take stretches of the list.

    Examples run outside `jit`, where everything is compiled by itself: they are slow.
    """

    def group(item: pytest.Item) -> str:
        return " ".join(str(mark.args[0]) for mark in item.iter_markers("xdist_group"))

    for item in items:
        if isinstance(item, pytest.DoctestItem):
            item.add_marker(pytest.mark.slow)
        if isinstance(item, pytest.DoctestItem) and item.path.stem in NEEDED:
            needed = NEEDED[item.path.stem]
            missing = importlib.util.find_spec(needed) is None
            item.add_marker(pytest.mark.skipif(missing, reason=f"needs {needed}, which an extra brings"))
    items.sort(key=group)
