"""Pure functions of arrays, one subject a file: tones, colour, filters, noise, weather, compression to come."""
