"""The story that runs through the whole program; `story.py` reads from the address to the file."""
