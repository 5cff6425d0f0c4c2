"""Repairing with many machines: batches of seats wait in PostgreSQL, and workers run the engine's own coroutines."""
