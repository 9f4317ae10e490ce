"""What compilers and pytrees need; knows no picture."""
