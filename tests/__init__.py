"""The test suite: rooms mirror the package, `lab` starts real servers."""
