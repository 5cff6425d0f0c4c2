"""The fleet as values: what is wanted on every device, what was seen there, what follows from the difference."""
