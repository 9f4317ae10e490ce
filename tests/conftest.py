"""Two cores, no accelerator, no network: what all tests share."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the time goes into compiling: code of small pictures need not be fast. The notebook, a second run of
# some tests in .ci/run and the one with the oldest jax use the compiler's own settings.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false")

import jax
import pytest

jax.config.update("jax_numpy_dtype_promotion", "standard")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests that share compiled programs side by side, because workers take stretches of the list."""

    def group(item: pytest.Item) -> str:
        return " ".join(str(mark.args[0]) for mark in item.iter_markers("xdist_group"))

    items.sort(key=group)
