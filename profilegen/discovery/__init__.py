"""Finding settings: one file per place that may know them, and the engine that asks them all at once."""
