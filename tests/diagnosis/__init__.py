"""The pure part of diagnosis."""
