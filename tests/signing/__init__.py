"""Tests of signing identities, CMS and the key store."""
