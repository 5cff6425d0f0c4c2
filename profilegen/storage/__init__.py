"""The home: what was issued, and how many logins failed."""
