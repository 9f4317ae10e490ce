"""Targets that are no pictures, one kind a file: boxes, points, polygons, cameras, and how each follows warps."""

# A kind is registered by being imported.
from jaxaug.annotations import boxes as boxes
from jaxaug.annotations import cameras as cameras
from jaxaug.annotations import keypoints as keypoints
from jaxaug.annotations import oriented_boxes as oriented_boxes
from jaxaug.annotations import polygons as polygons
