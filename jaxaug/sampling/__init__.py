"""Reading pixels through chains of warps: interpolation, borders, whole pixels, tiles, vectors."""
