"""Mail settings: what a file says, what we are willing to write, and which of several answers wins."""
