"""Real servers for the tests: loopback only, started by fixtures in seconds, stopped by their pid."""
