"""What declarations and sets are called: a name says which profile and which device they belong to."""

import hashlib


def base_of(identifier: str, enrollment: str) -> str:
    """Return what begins the identifiers of a profile's declarations on one enrollment, and names their set."""
    return f"{identifier}.{_mark(enrollment)}"


def is_base_of(name: str, enrollment: str) -> bool:
    """Return whether a set is one of ours for an enrollment."""
    return name.endswith(f".{_mark(enrollment)}")


def _mark(enrollment: str) -> str:
    return hashlib.sha256(enrollment.encode()).hexdigest()[:12]
