"""Two cores, no accelerator, no network: what all tests share."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the time goes into compiling: code of small pictures need not be fast. The run with the oldest jax optimises.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import jax

jax.config.update("jax_numpy_dtype_promotion", "standard")
