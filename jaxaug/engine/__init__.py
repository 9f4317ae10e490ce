"""One traversal of a sample: ops move pictures, annotations and choices of them."""
