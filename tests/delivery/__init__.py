"""Tests of files brought to where they belong."""
