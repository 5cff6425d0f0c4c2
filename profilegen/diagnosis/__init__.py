"""From what a server said to the cause behind it."""
