"""What the command line runs: files, plots, the gallery."""
