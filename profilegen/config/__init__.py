"""Configuration: where every value came from, and where the program's own files lie."""
