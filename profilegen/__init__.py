"""From a mail address to a verified, signed Apple mail profile."""

__version__ = "0.1.0"
