"""One module per library: how it does a case. Each imports its library, so import only the one you need."""
