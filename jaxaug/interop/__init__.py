"""What connects pipelines to other libraries: pipelines of theirs, and loaders of data."""
