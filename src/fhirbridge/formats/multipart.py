"""Several bodies in one: multipart/form-data, each part with its own media type.

Source: https://www.rfc-editor.org/rfc/rfc7578
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MEDIA_TYPE = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the field's name, its media type, its bytes, and a file name where it is one."""

    name: str
    media_type: str
    body: bytes
    file: str = ""


def format(parts: Sequence[Part], name: str) -> tuple[str, bytes]:
    """Return (media type with boundary, body); the same parts and name give the same bytes.

    Args:
        name: a word of letters, digits and hyphens from which the boundary is made.
    """
    boundary = name
    while any(boundary.encode() in part.body for part in parts):
        boundary += "-"
    lines = b"".join(_part(part, boundary) for part in parts)
    return f"{MEDIA_TYPE}; boundary={boundary}", lines + f"--{boundary}--\r\n".encode()


def _part(part: Part, boundary: str) -> bytes:
    file = f'; filename="{part.file}"' if part.file else ""
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{part.name}"{file}\r\n'
        f"Content-Type: {part.media_type}\r\n\r\n"
    )
    return head.encode() + part.body + b"\r\n"
