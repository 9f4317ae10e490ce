"""Compose and its relatives, plans, batches, serialisation."""
