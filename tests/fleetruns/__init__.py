"""The fleet's story from end to end: the command line, its memory, a server, and devices that answer."""
