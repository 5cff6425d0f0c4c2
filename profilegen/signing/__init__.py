"""Signing identities and CMS SignedData."""
