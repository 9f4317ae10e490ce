"""Pure functions of arrays, by subject; `jaxaug.functional` re-exports those for users."""
