"""How a pipeline reads samples: what their leaves are, whether their values are right, which of them may change."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from jaxaug.backend.compiler import opaque_constant
from jaxaug.core.host_data import HostData, host_data
from jaxaug.core.kinds import names_of
from jaxaug.core.layout import Leaf, SampleLayout
from jaxaug.core.sample import check_labels, parse
from jaxaug.core.settings import Settings
from jaxaug.engine.traversal import Traversal
from jaxaug.engine.value_checks import check_range, check_rows
from jaxaug.pipeline.compositions import Composition
from jaxaug.pipeline.value_range import needing_range


class Reader(Composition):
    """A composition that says how the targets of a sample are to be read."""

    settings: Settings
    additional_targets: Any
    is_check_shapes: bool
    strict: bool

    def arrays(self, sample: Any) -> HostData:
        """A sample whose lists of rows and labels are arrays."""
        params = dict(self.settings.params)
        mappings = [(said, getattr(said, "label_mapping", None) or ()) for said in params.values()]
        words = {field: said.words(field) for said, mapping in mappings for field, _ in mapping}
        return host_data(sample, names_of(dict(self.additional_targets or ())), params=params, vocabularies=words)

    def looked_at(self, sample: Any, *, look: bool = True) -> tuple[SampleLayout, Any]:
        """A sample of known values as arrays, numbers that are no sizes among them, so that one program serves all.

        Args:
            sample: the sample.
            look: refuse values that are wrong.
        """
        layout, values = self.parsed(sample, on_host=True)
        if look:
            self.look_at(layout, values)
        for leaf in layout.kind("other", "entry"):
            value = values[leaf.index]
            values[leaf.index] = np.asarray(value) if isinstance(value, bool | int | float) else value
        return layout, jax.tree.unflatten(layout.treedef, values)

    def look_at(self, layout: SampleLayout, values: list[Any], *, batched: bool = False) -> None:
        """Refuses values that are wrong."""
        check_rows(layout, values, self.settings, batched=batched)
        check_range(layout, values, self.settings, needing_range(self.transforms))

    def touches(self, layout: SampleLayout, leaf: Leaf) -> bool:
        """Whether a leaf may come out changed."""
        if leaf.kind != "other":
            return leaf.kind != "entry"
        return any(leaf.name in dict(self._mapping_of(rows)) for rows in layout.rows_beside(leaf))

    def _mapping_of(self, rows: Leaf) -> Any:
        return getattr(self.settings.params_of(rows), "label_mapping", None) or ()

    def parsed(
        self, sample: Any, *, on_host: bool = False, check_shapes: bool = True
    ) -> tuple[SampleLayout, list[Any]]:
        """What the leaves of a sample are, and their values.

        Args:
            sample: the sample.
            on_host: arrays of NumPy stay such.
            check_shapes: pictures of one dict must share their size, if the pipeline says so.
        """
        additional = dict(self.additional_targets or ())
        entries = self.entries()
        layout, values = parse(
            sample,
            additional,
            entries=entries,
            labels=self.settings.all_label_fields,
            strict=self.strict,
            check_shapes=check_shapes and self.is_check_shapes,
            on_host=on_host,
        )
        for leaf in layout.rows:
            check_labels(layout, values, leaf, self.settings.label_fields(leaf))
        return layout, values

    def layout_of(self, sample: Any) -> SampleLayout:
        """What the leaves of a sample are, of arrays or of their shapes and dtypes."""
        found: list[SampleLayout] = []
        jax.eval_shape(lambda sample: found.append(self.parsed(sample)[0]), sample)
        return found[0]

    def start(self, sample: Any, given: Any) -> Traversal:
        """A sample before the first step.

        Args:
            sample: a pytree of targets.
            given: what comes beside it and is not known while tracing, so that no compiler looks into the sample.
        """
        layout, values = self.parsed(jax.tree.map(lambda leaf: opaque_constant(leaf, given), sample))
        return Traversal(layout, values, self.settings)
