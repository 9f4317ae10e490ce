"""What a pipeline says about targets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jaxaug.core.kinds import ANNOTATIONS
from jaxaug.core.layout import Leaf


@dataclasses.dataclass(frozen=True)
class Settings:
    """Formats and limits of annotations, and how pictures are read.

    Args:
        params: (kind, params) of each kind that the pipeline says something about.
        mask_interpolation: how masks are read, in place of each warp's own setting.
        fuse: neighbouring ops run together.
        max_value: full brightness of images of floats.
    """

    params: tuple[tuple[str, Any], ...] = ()
    mask_interpolation: str | None = None
    fuse: bool = True
    max_value: float = 1.0

    def params_of(self, leaf: Leaf) -> Any:
        """The params of an annotation.

        Raises:
            ValueError: its kind needs some, and there are none.
        """
        kind = ANNOTATIONS[leaf.kind]
        found = dict(self.params).get(kind.params_kind or leaf.kind)
        if found is None and kind.params_type is not None:
            if kind.params_needed:
                raise ValueError(
                    f"The sample holds {kind.kind} ({leaf.label!r}), but their format is not known: "
                    f"pass {kind.params_argument}={kind.params_type.__name__}(format=...) to Compose."
                )
            return kind.params_type()
        return found

    def label_fields(self, leaf: Leaf) -> tuple[str, ...]:
        """Names of the entries that are labels of an annotation."""
        kind = ANNOTATIONS[leaf.kind]
        params = dict(self.params).get(kind.params_kind or leaf.kind)
        return fields_of(getattr(params, "label_fields", None), leaf.name, kind.params_kind or leaf.kind)

    @property
    def all_label_fields(self) -> frozenset[str]:
        """Names of the entries that are labels of any annotation."""
        said = [field for _, params in self.params for field in getattr(params, "label_fields", None) or ()]
        return frozenset(name for field in said for name in (field[1] if isinstance(field, tuple) else (field,)))


def hashable_fields(fields: Any) -> Any:
    """Label fields as tuples: `(("bboxes", ("labels",)),)` from a dict or pairs, `("labels",)` from a list."""
    if isinstance(fields, list | tuple) and any(isinstance(field, list | tuple) for field in fields):
        fields = dict(fields)
    if isinstance(fields, Mapping):
        return tuple((k, tuple([v] if isinstance(v, str) else v)) for k, v in sorted(fields.items()))
    return None if fields is None else tuple([fields] if isinstance(fields, str) else fields)


def fields_of(fields: Any, name: str, default: str) -> tuple[str, ...]:
    """The label fields of one set of rows; a plain list belongs to the set of the default name."""
    if not fields:
        return ()
    if isinstance(fields[0], tuple):
        return dict(fields).get(name, ())
    return fields if name == default else ()
