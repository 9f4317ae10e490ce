"""What connects pipelines to other libraries and to loaders of data."""
