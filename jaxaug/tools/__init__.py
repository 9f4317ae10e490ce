"""The command line, plots and the gallery."""
