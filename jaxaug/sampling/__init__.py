"""Reading pixels through warps: interpolation, borders, whole pixels, tiles, vectors."""
