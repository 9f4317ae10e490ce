"""Pytrees, the loop over the samples of a batch, and what compilers must be told; knows no picture."""
