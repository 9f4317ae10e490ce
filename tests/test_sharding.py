"""A batch spread over devices: what one device gives, spread alike, and no device asks another for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap

import pytest

COMMON = """
import re

import jax, jax.numpy as jnp, numpy as np, jaxaug as ja
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P

try:
    from jax import shard_map
except ImportError:
    from jax.experimental.shard_map import shard_map

assert jax.device_count() == 8
augment = ja.Compose([ja.HorizontalFlip(), ja.OneOf([ja.Rotate(), ja.GaussNoise()], p=1)])
B = 16
batch = {
    "image": jnp.arange(B * 16 * 16 * 3, dtype=jnp.uint8).reshape(B, 16, 16, 3),
    "label": jnp.arange(B),
}
key = jax.random.key(0)
alone = jax.jit(augment.batch)(key, batch)
keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(B))

def mesh_of(kind, shape=(8,), names=("data",)):
    devices = jax.devices()[: int(np.prod(shape))]
    return jax.make_mesh(shape, names, axis_types=(getattr(AxisType, kind),) * len(names), devices=devices)

def check(fn, sharding, *arguments, alone=alone):
    "Equal to the bit, sharded alike, and nothing is exchanged."
    program = jax.jit(fn).lower(*arguments).compile()
    out = program(*arguments)
    for one, other in zip(jax.tree.leaves(alone), jax.tree.leaves(out), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
        assert other.sharding.is_equivalent_to(sharding, other.ndim), other.sharding
    found = re.findall("all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter", program.as_text())
    assert not found, found
"""
BATCH = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
check(augment.batch, sharding, key, jax.device_put(batch, sharding))
"""
VMAP = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
there = jax.device_put((keys, batch), sharding)
check(jax.vmap(augment), sharding, *there)
"""
SHARD_MAP = """
mesh = mesh_of({mesh})
sharding = NamedSharding(mesh, P("data"))

def part(key, batch):
    return augment.batch(key, batch, start=jax.lax.axis_index("data") * len(batch["label"]))

spread = shard_map(part, mesh=mesh, in_specs=(P(), P("data")), out_specs=P("data"))
check(spread, sharding, key, jax.device_put(batch, sharding))
"""
PLANS = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
there = jax.device_put((keys, batch), sharding)
plans = jax.jit(jax.vmap(augment.sample))(*there)
check(jax.vmap(augment.apply), sharding, plans, there[1])
"""
CONSTRAINED = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))

def spread(key, batch):
    return augment.batch(key, jax.lax.with_sharding_constraint(batch, sharding))

check(spread, sharding, key, batch)
"""
OUTSIDE = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
out = augment.batch(key, jax.device_put(batch, sharding))
for one, other in zip(jax.tree.leaves(augment.batch(key, batch)), jax.tree.leaves(out), strict=True):
    np.testing.assert_array_equal(one, other)
    assert other.sharding.is_equivalent_to(sharding, other.ndim), other.sharding
"""
MAGNITUDES = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
fn = lambda augment, key, batch: augment.batch(key, batch)
check(fn, sharding, augment, key, jax.device_put(batch, sharding), alone=jax.jit(fn)(augment, key, batch))
"""
MIXED = """
sharding = NamedSharding(mesh_of({mesh}), P("data"))
mix = ja.Compose([ja.HorizontalFlip(), ja.CutMix(p=1)])
images = {{"image": batch["image"]}}
out = jax.jit(mix.batch)(key, jax.device_put(images, sharding))["image"]
np.testing.assert_array_equal(out, jax.jit(mix.batch)(key, images)["image"])
assert out.sharding.is_equivalent_to(sharding, out.ndim), out.sharding
"""
SET_MESH = """
mesh = mesh_of({mesh})
sharding = NamedSharding(mesh, P("data"))
with jax.set_mesh(mesh):
    check(augment.batch, sharding, key, jax.device_put(batch, sharding))
"""
slow = pytest.mark.slow


def on_eight_devices(code: str) -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", COMMON + textwrap.dedent(code)],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, re.sub(r"(?s)\A.*(.{3000})\Z", r"\1", done.stderr)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            BATCH.format(mesh="'Explicit'") + BATCH.format(mesh="'Auto'") + SHARD_MAP.format(mesh="'Explicit'"),
            id="all axes, shard_map",
        ),
        *(
            pytest.param(code.format(mesh=mesh), marks=slow, id=name)
            for name, code, mesh in [
                ("one device", BATCH, "'Explicit', (1,)"),
                ("one device, automatic", BATCH, "'Auto', (1,)"),
                ("two explicit axes", BATCH, "'Explicit', (4, 2), ('data', 'model')"),
                ("two automatic axes", BATCH, "'Auto', (4, 2), ('data', 'model')"),
                ("sharded keys", VMAP, "'Explicit'"),
                ("sharded keys, automatic", VMAP, "'Auto'"),
                ("sharded keys, one device", VMAP, "'Explicit', (1,)"),
                ("shard_map over automatic axes", SHARD_MAP, "'Auto'"),
                ("plans", PLANS, "'Explicit'"),
                ("a constraint inside jit", CONSTRAINED, "'Auto'"),
                ("outside jit", OUTSIDE, "'Explicit'"),
                ("outside jit, automatic", OUTSIDE, "'Auto'"),
                ("magnitudes as arguments", MAGNITUDES, "'Explicit'"),
                ("mixing", MIXED, "'Auto'"),
            ]
        ),
    ],
)
def test_each_device_does_its_part(code: str) -> None:
    on_eight_devices(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(MIXED.format(mesh="'Explicit'"), id="mixing"),
        pytest.param(SET_MESH.format(mesh="'Explicit'"), id="explicit axes"),
        pytest.param(SET_MESH.format(mesh="'Auto'"), id="automatic axes"),
    ],
)
def test_a_mesh_is_set_for_the_program(code: str) -> None:
    import jax

    if not hasattr(jax, "set_mesh"):
        pytest.skip("this jax has no jax.set_mesh")
    on_eight_devices(code)
