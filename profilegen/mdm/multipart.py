"""Forms with a file in them (RFC 7578)."""

import hashlib
from collections.abc import Sequence


def multipart(fields: Sequence[tuple[str, str]], *, file_field: str, file_name: str, data: bytes) -> tuple[bytes, str]:
    """Return body and Content-Type of a form; names are ours, values must hold no line ends."""
    boundary = f"profilegen{hashlib.sha256(data).hexdigest()[:32]}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_one_line(value)}\r\n'.encode()
        for name, value in fields
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{file_name}"\r\n'
        "Content-Type: application/x-apple-aspen-config\r\n\r\n"
    ).encode()
    body = b"".join(parts) + head + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _one_line(value: str) -> str:
    return " ".join(value.splitlines())
