"""One file per device management server we can talk to."""
