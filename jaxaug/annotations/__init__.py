"""Targets that are no pictures, one kind a file: how each follows warps and cut-outs."""
