"""Matrices and maps, the search for their inverse, and the warps that they make."""
