"""The operations that transforms return, one family a file, and the table of families."""
