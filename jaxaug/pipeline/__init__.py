"""Compose and other compositions, plans, serialisation, and stages of a batch that mix samples."""
