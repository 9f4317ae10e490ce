"""One walk through the steps of a pipeline: what is drawn, chosen (OneOf) and applied to every target of a sample."""

# The kinds of annotations are registered by being imported.
from jaxaug import annotations as annotations
