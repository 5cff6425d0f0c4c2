"""Bringing finished profiles to where they belong."""
