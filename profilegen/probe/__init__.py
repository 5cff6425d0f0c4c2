"""Talking to real mail servers: looking without a credential, and the test-send."""
