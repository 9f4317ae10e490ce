"""Pipelines of other libraries: read, translated, built here or printed as code, and written back."""
