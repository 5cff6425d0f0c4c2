"""Tests of the home and the state file."""
