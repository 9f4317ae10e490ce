"""What samples, kinds, canvases, ops, views, draws and transforms are; arguments and their messages."""
