"""Contracts that other folders share: samples, kinds, canvases, ops, transforms, their arguments, random draws."""
