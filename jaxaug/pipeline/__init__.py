"""Compose and other compositions, plans, what both are written as, and stages of a batch that mix samples."""
