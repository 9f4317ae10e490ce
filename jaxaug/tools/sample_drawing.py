"""Samples as pictures: which of their pictures are shown, and what is drawn over each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxaug.annotations.box_formats import BboxParams, to_edges
from jaxaug.annotations.keypoints import FORMATS, KeypointParams
from jaxaug.backend.settings_of_jax import own_settings
from jaxaug.backend.struct import is_concrete
from jaxaug.core.kinds import ANNOTATIONS, names_of
from jaxaug.core.layout import Leaf, SampleLayout, input_canvas
from jaxaug.core.picture import canonical
from jaxaug.core.sample import leaf_at
from jaxaug.core.settings import Settings
from jaxaug.core.transform import Node
from jaxaug.core.types import Path
from jaxaug.pipeline.compose import Compose
from jaxaug.pipeline.inputs import one_sample_of
from jaxaug.tools.drawing import (
    COLOURS,
    brightness,
    draw_box,
    draw_dot,
    draw_motion,
    draw_oriented,
    draw_polygon,
    tinted,
)
from jaxaug.tools.target_colours import target_colours

#: Kinds of pictures that others are drawn over, in the order in which they are shown.
GROUNDS = ("image", "depth", "normals", "flow")
#: Kinds that are drawn over them, in the order in which they are.
OVERLAYS = ("mask", "bboxes", "polygons", "obboxes", "flow", "keypoints")
#: Entries that are shown as labels where a pipeline does not say which are.
LABELS = ("labels", "label")
#: Columns that tell where a row is.
NEEDED = {"bboxes": 4, "polygons": 2, "obboxes": 5, "keypoints": 2}


@dataclasses.dataclass(frozen=True)
class Panel:
    """One picture of a sample that is shown.

    Args:
        group: keys of the dict whose targets are drawn over it.
        ground: the picture; None where there is none, and black is shown.
        frame: which of the pictures of a clip or volume.
        title: its place in the sample.
    """

    group: Path
    ground: Leaf | None = None
    frame: tuple[int, ...] = ()
    title: str = ""


@dataclasses.dataclass(frozen=True)
class DrawnSample:
    """A sample of known values, as a pipeline reads it, to be drawn.

    Args:
        layout: what its leaves are.
        values: its leaves.
        settings: formats of boxes and keypoints, and names of labels.
        labels: what lies under names that are no targets, by (group, name).
    """

    layout: SampleLayout
    values: list[Any]
    settings: Settings
    labels: Mapping[tuple[Path, str], list[Any]]

    @classmethod
    def read(cls, sample: Any, augment: Any = None) -> DrawnSample:
        """Reads a sample.

        Args:
            sample: a pytree of concrete targets.
            augment: the pipeline that says what its names and formats are; see `pipeline_of`.

        Raises:
            ValueError: values that are not known, under `jit`.
            TypeError: something that is no sample.
        """
        augment, sample = pipeline_of(augment), one_sample_of(sample, {})
        if not all(is_concrete(leaf) for leaf in jax.tree.leaves(sample)):
            raise ValueError("Under jit and vmap values are not known: return the sample, and draw it outside.")
        layout, values = augment.parsed(augment.arrays(sample).sample, on_host=True, check_shapes=False)
        labels: dict[tuple[Path, str], list[Any]] = {}
        table = names_of(dict(augment.additional_targets or ()))
        for index, (path, value) in enumerate(jax.tree_util.tree_flatten_with_path(sample)[0]):
            leaf = leaf_at(index, path, table, frozenset())
            if leaf.kind == "other":
                labels.setdefault((leaf.group, leaf.name), []).append(value)
        return cls(layout, values, augment.settings, labels)

    def panels(self, frames: int = 4) -> list[Panel]:
        """The pictures to show, dict by dict, images first.

        Args:
            frames: of a clip or volume at most so many, evenly spread from the first to the last.
        """
        found: list[Panel] = []
        shown = [leaf for leaf in self.layout.leaves if leaf.kind in GROUNDS + OVERLAYS]
        for group in dict.fromkeys(self._group_of(leaf) for leaf in shown):
            grounds = [leaf for leaf in shown if leaf.group == group and leaf.kind in GROUNDS]
            for leaf in sorted(grounds, key=lambda leaf: GROUNDS.index(leaf.kind)):
                shape = self.values[leaf.index].shape[: leaf.leading]
                count = int(np.prod(shape))
                chosen = np.unique(np.linspace(0, count - 1, min(frames, count)).round().astype(int))
                for place in chosen if shape else ():
                    frame = tuple(int(i) for i in np.unravel_index(place, shape))
                    found.append(Panel(group, leaf, frame, f"{leaf.label}[{', '.join(map(str, frame))}]"))
                found += [] if shape else [Panel(group, leaf, (), leaf.label)]
            if not grounds:
                found.append(Panel(group, title="/".join(map(str, group))))
        return found

    def panel(self, show: str = "image") -> Panel:
        """The picture of that name, and without one the first image, depth, normals or flow."""
        panels = self.panels(1)
        return next((panel for panel in panels if panel.ground and panel.ground.name == show), panels[0])

    def size(self, group: Path) -> tuple[int, int]:
        """(height, width) of a dict's pictures, without what a padded buffer adds."""
        height, width = np.asarray(input_canvas(self.layout, self.values, group).measured()).round().astype(int)
        return int(height), int(width)

    def kinds(self, panel: Panel) -> list[str]:
        """The kinds that are drawn over a panel."""
        return [kind for kind in OVERLAYS if any(self._is_drawn(leaf, panel) for leaf in self._over(panel, kind))]

    def picture(self, panel: Panel, *, alpha: float = 0.45, scale: int = 1) -> np.ndarray:
        """Draws a panel.

        Args:
            panel: one of `panels`.
            alpha: strength of the tint in [0, 1].
            scale: side of the square that shows one pixel.

        Returns:
            (height * scale, width * scale, 3) uint8.
        """
        canvas = self._ground(panel)
        drawn = {kind: [leaf for leaf in self._over(panel, kind) if self._is_drawn(leaf, panel)] for kind in OVERLAYS}
        for position, leaf in enumerate(drawn["mask"]):
            mask = self._cut(leaf, canonical(*self._at(leaf, panel)))
            first = leaf.path[-1] if isinstance(leaf.path[-1], int) else 5 * position
            planes = None if self._by_frame(leaf, panel) else self._planes(leaf)
            canvas = tinted(canvas, mask if planes is None else mask * planes[:, None, None, None], first, alpha)
        canvas = np.repeat(np.repeat(canvas.round().astype(np.uint8), scale, axis=0), scale, axis=1)
        line = max(1, round(max(canvas.shape) / 250))
        for kind in OVERLAYS[1:]:
            for leaf in drawn[kind]:
                if kind == "flow":
                    flow = canonical(self.values[leaf.index], leaf.leading)
                    draw_motion(canvas, self._cut(leaf, flow)[0].astype(np.float64), line)
                else:
                    self._draw_rows(canvas, leaf, panel, line)
        return canvas

    def texts(self, panel: Panel) -> list[tuple[float, float, str, tuple[float, ...]]]:
        """The labels of a panel: x and y in pixels, what is written there, and its colour in [0, 1]."""
        found = []
        for leaf in self._over(panel, "bboxes", "obboxes", "polygons", "keypoints"):
            said = self.settings.label_fields(leaf)
            names = said or (() if leaf.kind == "keypoints" else LABELS)
            shape = ANNOTATIONS[leaf.kind].rows_shape(self.values[leaf.index].shape)
            found_columns = (self._label_column(leaf.group, name, shape) for name in names)
            columns = [column for column in found_columns if column is not None]
            y_zoom, x_zoom = np.array(self.size(panel.group)) / self.size(leaf.group)
            for index, i, row in self._rows(leaf, panel):
                text = ", ".join(str(column[index]) for column in columns)
                x, y = self._corner(leaf, row)
                if text and np.isfinite([x, y]).all():
                    found.append((float(x * x_zoom), float(y * y_zoom), text, tuple(COLOURS[i % len(COLOURS)] / 255)))
        return found

    def _group_of(self, leaf: Leaf) -> Path:
        """The dict over whose pictures a leaf is drawn: its own, an outer one, or that of the reference."""
        groups = {ground.group for ground in self.layout.kind(*GROUNDS)}
        outer = (leaf.group[:end] for end in range(len(leaf.group), -1, -1))
        own = next((group for group in outer if group in groups), None)
        if own is not None:
            return own
        alone = leaf.group in dict(self.layout.sizes) or self.layout.reference_group not in groups
        return leaf.group if alone else self.layout.reference_group

    def _over(self, panel: Panel, *kinds: str) -> list[Leaf]:
        return [leaf for leaf in self.layout.kind(*kinds) if self._group_of(leaf) == panel.group]

    def _is_drawn(self, leaf: Leaf, panel: Panel) -> bool:
        """Whether anything of a leaf is drawn; tints and motion would hide colours that stand for something."""
        if leaf.is_picture:
            return panel.ground is None or panel.ground.kind == "image"
        return bool(self._rows(leaf, panel))

    def _by_frame(self, leaf: Leaf, panel: Panel) -> bool:
        """Whether a leaf has a part for each frame of the panel's clip."""
        if not panel.frame or panel.ground is None:
            return False
        frames = self.values[panel.ground.index].shape[: len(panel.frame)]
        least = 2 if leaf.is_picture else ANNOTATIONS[leaf.kind].rank
        value = self.values[leaf.index]
        told = leaf.is_annotation and self.layout.beside(leaf, "valid")
        return not told and value.ndim >= least + len(frames) and value.shape[: len(frames)] == frames

    def _at(self, leaf: Leaf, panel: Panel) -> tuple[Any, int]:
        """What of a picture belongs to a panel, and how many leading axes that has."""
        value = np.asarray(self.values[leaf.index])
        if leaf == panel.ground or self._by_frame(leaf, panel):
            return value[panel.frame], leaf.leading - len(panel.frame)
        return value, leaf.leading

    def _cut(self, leaf: Leaf, pictures: Any) -> np.ndarray:
        """Pictures (frames, height, width, channels) without what a padded buffer adds."""
        pictures = np.asarray(pictures)
        buffer, size = np.array(self.layout.size_of(leaf.group)), np.array(self.size(leaf.group))
        height, width = np.ceil(np.array(pictures.shape[1:3]) * size / buffer).astype(int)
        return pictures[:, :height, :width]

    def _ground(self, panel: Panel) -> np.ndarray:
        """The picture to draw on, (height, width, 3) floats in [0, 255]; black if there is none."""
        if panel.ground is None:
            return np.zeros((*self.size(panel.group), 3))
        picture = self._cut(panel.ground, canonical(*self._at(panel.ground, panel)))[0]
        return brightness(picture) if panel.ground.kind == "image" else target_colours(panel.ground.kind, picture)

    def _planes(self, leaf: Leaf) -> np.ndarray | None:
        """Which masks of a stack are valid; None if nothing tells."""
        for other in self.layout.beside(leaf, "valid"):
            flags = np.asarray(self.values[other.index]).astype(bool)
            if leaf.leading == 1 and len(flags) == self.values[leaf.index].shape[0]:
                return flags
            if isinstance(leaf.path[-1], int) and leaf.path[-1] < len(flags):
                return flags[leaf.path[-1] :][:1]
        return None

    def _rows(self, leaf: Leaf, panel: Panel) -> list[tuple[tuple[int, ...], int, np.ndarray]]:
        """The rows to draw: where each is in its entry, its number among those of the panel, and itself.

        A row of zeros stands for a dead one where no validity entry tells.
        """
        value = np.asarray(self.values[leaf.index], np.float64)
        shape = ANNOTATIONS[leaf.kind].rows_shape(value.shape)
        alive, told = np.ones(shape, bool), False
        for other in self.layout.beside(leaf, "rows_valid", "valid"):
            if other.kind == "valid" or other.of == leaf.name:
                flags = np.asarray(self.values[other.index]).astype(bool)
                alive &= flags.reshape(flags.shape + (1,) * (len(shape) - flags.ndim))
                told = True
        if not told:
            alive &= value.reshape(*shape, -1).any(axis=-1)
        frame = panel.frame if self._by_frame(leaf, panel) else ()
        inside = shape[len(frame) :]
        places = [tuple(int(i) for i in place) for place in np.argwhere(alive[frame])]
        return [(frame + at, int(np.ravel_multi_index(at, inside)), value[frame + at]) for at in places]

    def _edges(self, leaf: Leaf, row: np.ndarray) -> np.ndarray:
        """Edges of a box in pixels."""
        form = self.settings.params_of(leaf).format
        with own_settings():
            return np.asarray(to_edges(jnp.asarray(row[None], jnp.float32), form, self.size(leaf.group)))[0]

    def _point(self, leaf: Leaf, row: np.ndarray) -> np.ndarray:
        """A keypoint in edge coordinates."""
        columns = FORMATS[self.settings.params_of(leaf).format]
        return row[[columns.x, columns.y]] + 0.5

    def _corner(self, leaf: Leaf, row: np.ndarray) -> np.ndarray:
        """Where the label of a row stands."""
        if leaf.kind == "bboxes":
            return self._edges(leaf, row)[:2]
        if leaf.kind == "keypoints":
            return self._point(leaf, row)
        return row[:2] if leaf.kind == "obboxes" else row[np.argmin(row[:, 1])]

    def _draw_rows(self, canvas: np.ndarray, leaf: Leaf, panel: Panel, line: int) -> None:
        height, width = self.size(leaf.group)
        zoom = np.array([canvas.shape[1] / width, canvas.shape[0] / height])
        # Points of one instance share its colour where a `valid` entry tells which instance that is.
        together = 1
        if leaf.kind == "keypoints" and self.layout.beside(leaf, "valid"):
            together = int(np.prod(self.values[leaf.index].shape[1:-1]))
        for _, i, row in self._rows(leaf, panel):
            colour = COLOURS[i // together % len(COLOURS)]
            if not np.isfinite(row[..., : NEEDED[leaf.kind]]).all():
                continue
            if leaf.kind == "bboxes":
                draw_box(canvas, self._edges(leaf, row) * np.tile(zoom, 2), colour, line)
            elif leaf.kind == "obboxes":
                draw_oriented(canvas, row, zoom, colour, line)
            elif leaf.kind == "polygons":
                draw_polygon(canvas, row * zoom, colour, line)
            else:
                draw_dot(canvas, self._point(leaf, row) * zoom, colour, line)

    def _label_column(self, group: Path, name: str, shape: tuple[int, ...]) -> np.ndarray | None:
        """Labels of rows of a shape, as an array of that shape; None if there are none."""
        found = self.labels.get((group, name), [])
        values = np.asarray(found[0]) if len(found) == 1 and np.ndim(found[0]) else np.array(found, object)
        if not found or values.shape not in (shape[: values.ndim], shape[len(shape) - values.ndim :]):
            return None
        if values.shape == shape[: values.ndim]:
            values = values.reshape(values.shape + (1,) * (len(shape) - values.ndim))
        return np.broadcast_to(values, shape)


def pipeline_of(augment: Any) -> Compose:
    """The pipeline that reads samples to draw.

    Args:
        augment: a pipeline or a transform; None for pascal_voc boxes and xy keypoints, as `Compose` reads them.

    Raises:
        TypeError: it is neither.

    Example:
        >>> pipeline_of(None).settings.params[0][1].format
        'pascal_voc'
    """
    if augment is None:
        return Compose([], bbox_params=BboxParams("pascal_voc"), keypoint_params=KeypointParams("xy"))
    if not isinstance(augment, Node):
        raise TypeError(f"augment must be a pipeline, such as Compose([...]), got {type(augment).__name__}.")
    return augment if isinstance(augment, Compose) else Compose([augment])
