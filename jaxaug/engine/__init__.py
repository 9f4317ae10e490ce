"""One traversal of a sample: ops move pictures, annotations and choices of them."""

# The kinds of annotations are registered by being imported.
from jaxaug import annotations as annotations
